//! `recoup recorded`: the raw deliveries that the service still keeps, for another day or another service.

use super::ask::all;
use super::{Failed, Shared};
use std::path::Path;

/// Writes the raw deliveries that are still kept, as `replay` reads them.
pub(super) async fn recorded(shared: &Shared, out: &Path) -> Result<(), Failed> {
    let items = all(shared, "/local/deliveries?limit=200").await?;
    let lines: String = items.iter().map(|item| format!("{item}\n")).collect();
    std::fs::write(out, lines).map_err(|error| format!("{} cannot be written: {error}", out.display()))?;
    println!("{} deliveries written to {}", items.len(), out.display());
    Ok(())
}
