//! What are the letters of a file about? It is answered without a service, by the shipped weights and policy.

use super::Failed;
use domain::policies::Policies;
use domain::ticket::{corrections, letters, read_letters};
use providers::masked;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Classify {
    /// A .csv file, one letter a row, with the names of the columns in the first
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// `text` prints a line for each letter, or with classes the figures; `json` prints both; `corrections` prints
    /// letters with a class as lines of tests/tickets/corrections.tsv
    #[arg(long, default_value = "text", value_parser = ["corrections", "json", "text"])]
    format: String,
}

pub(super) fn classify(options: &Classify) -> Result<(), Failed> {
    let name = options.file.display();
    let text = std::fs::read_to_string(&options.file).map_err(|error| format!("{name} cannot be read: {error}"))?;
    let mut letters = letters(&text).map_err(|wrong| format!("{name}: {wrong}"))?;
    // As tickets are: what they hold of cards and banks is gone before they are read.
    for letter in &mut letters {
        letter.subject = masked(&letter.subject).into_owned();
        letter.body = masked(&letter.body).into_owned();
    }
    if options.format == "corrections" {
        print!("{}", corrections(&letters));
        return Ok(());
    }
    let policies = Policies::shipped().map_err(|refused| refused.to_string())?;
    let read = read_letters(&letters, policies.tickets.current());
    if options.format == "json" {
        println!("{}", read.as_json());
    } else {
        print!("{}", read.as_text());
    }
    Ok(())
}
