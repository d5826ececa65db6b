//! What do the codes of a file mean? It is answered without a service, by the shipped policies.

use super::Failed;
use domain::decline::{as_csv, classed};
use domain::policies::Policies;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Declines {
    /// A .csv file, one code a line
    #[arg(long)]
    file: PathBuf,
    #[arg(long, default_value = "csv", value_parser = ["csv", "json"])]
    format: String,
}

pub(super) fn declines(options: &Declines) -> Result<(), Failed> {
    let name = options.file.display();
    let text = std::fs::read_to_string(&options.file).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let policies = Policies::shipped().map_err(|refused| refused.to_string())?;
    let rows = classed(policies.declines.current(), &text).map_err(|refused| format!("{name}: {refused}"))?;
    if options.format == "json" {
        println!("{}", serde_json::json!({"items": rows}));
    } else {
        print!("{}", as_csv(&rows));
    }
    Ok(())
}
