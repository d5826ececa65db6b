//! Every story in `tests/scenarios`, told and compared. `BLESS=1` writes down what comes of them; the diff is the review.

use std::path::{Path, PathBuf};
use tests::story::tell;

const LINE: &str = "---\n";

fn stories(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { stories(&path) } else { vec![path] }
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_story_ends_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let stories = stories(&folder);
    assert!(stories.len() >= 6, "the stories are in {}", folder.display());
    let mut different = Vec::new();
    for path in stories {
        let text = std::fs::read_to_string(&path).unwrap();
        let (story, expected) = text.split_once(LINE).unwrap_or((&text, ""));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let told = runtime.block_on(tell(story)).join("\n") + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, format!("{story}{LINE}{told}")).unwrap();
        } else if told != expected {
            different.push(format!("{}\n--- written\n{expected}--- told\n{told}", path.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(different.is_empty(), "{}\nIf this is right, run again with BLESS=1.", different.join("\n"));
}
