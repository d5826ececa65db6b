//! Prints documents of every kind into a folder, to be looked at and to be checked by `tests/documents/check.py`.

#[path = "../../examples/thousand/made.rs"]
mod made;

use domain::document::Sound;
use domain::policies::Policies;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args_os().skip(1);
    let folder = PathBuf::from(words.next().ok_or("say into which folder, and how many")?);
    let many: u64 = words.next().and_then(|many| many.to_str()?.parse().ok()).unwrap_or(40);
    fs::create_dir_all(&folder)?;
    let policies = Policies::shipped()?;
    for seed in 0..many {
        let sound = Sound::of(made::document(seed), policies.documents.current())?;
        fs::write(folder.join(format!("{seed:04}.pdf")), printing::pdf(&sound)?)?;
    }
    println!("{many} pages in {}", folder.display());
    Ok(())
}
