//! Are the policies in order? It is answered without a service.

use super::Failed;
use domain::policies::{Policies, SHIPPED};
use std::path::PathBuf;

pub(super) fn check(files: &[PathBuf]) -> Result<(), Failed> {
    let shipped = SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let mut all: Vec<(String, String)> = shipped.collect();
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| format!("{name} cannot be read: {error}"))?;
        all.retain(|(known, _)| *known != name);
        all.push((name, text));
    }
    let borrowed: Vec<_> = all.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Policies::load(&borrowed).map_err(|refused| refused.to_string())?;
    println!("{} policy files are in order.", all.len());
    Ok(())
}
