//! Writes a thousand e-invoices in both forms, for the official rules to judge: `tests/documents/check.py`.

mod made;

use documents::EInvoice;
use domain::document::Sound;
use domain::policies::Policies;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

const MANY: u64 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or("say into which folder")?);
    fs::create_dir_all(&folder)?;
    let policies = Policies::shipped()?;
    let mut lost = BTreeMap::new();
    for seed in 0..MANY {
        let document = made::document(seed);
        let failed = |why: &dyn Error| format!("document {seed}: {why}");
        let sound = Sound::of(document, policies.documents.current()).map_err(|refusal| failed(&refusal))?;
        let invoice = EInvoice::of(&sound).map_err(|fault| failed(&fault))?;
        for (form, written) in [("ubl", invoice.ubl()), ("cii", invoice.cii())] {
            for part in written.lost {
                *lost.entry(part).or_insert(0) += 1;
            }
            fs::write(folder.join(format!("{seed:04}.{form}.xml")), written.xml)?;
        }
    }
    for (part, times) in lost {
        println!("{times} times: {part}");
    }
    println!("{MANY} documents, each as UBL and CII, in {}", folder.display());
    Ok(())
}
