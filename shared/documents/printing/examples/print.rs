//! Prints one document of your own: `print DOCUMENT.json PAGE.pdf`.

use domain::document::TaxDocument;
use domain::policies::Policies;
use std::error::Error;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args_os().skip(1);
    let (Some(from), Some(to)) = (words.next(), words.next()) else {
        return Err("say which document, and into which file".into());
    };
    let document: TaxDocument = serde_json::from_str(&fs::read_to_string(from)?)?;
    let policies = Policies::shipped()?;
    fs::write(to, printing::document(document, &policies.documents)?)?;
    Ok(())
}
