//! Every story in `tests/scenarios`, told and compared. `BLESS=1` writes down what comes of them; the diff is the
//! review.
//! `RECOUP_STORY=expired-card` tells only those whose path holds the words.

use domain::policies::Policies;
use std::path::{Path, PathBuf};
use tests::story::{tell, verbs};

const LINE: &str = "---\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn stories(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { stories(&path) } else { vec![path] }
        })
        .collect();
    // The language's own page lies beside the stories.
    found.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    found.sort();
    found
}

#[test]
fn every_story_ends_as_it_is_written() {
    let only = std::env::var("RECOUP_STORY").unwrap_or_default();
    let stories: Vec<_> =
        stories(&folder()).into_iter().filter(|path| path.to_string_lossy().contains(&only)).collect();
    assert!(
        stories.len() >= 6 || !only.is_empty() && !stories.is_empty(),
        "no story is called `{only}` in {}",
        folder().display()
    );
    let mut different = Vec::new();
    for path in stories {
        let text = std::fs::read_to_string(&path).unwrap();
        let (story, expected) = text.split_once(LINE).unwrap_or((&text, ""));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let told = runtime.block_on(tell(story)).join("\n") + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, format!("{story}{LINE}{told}")).unwrap();
        } else if told != expected {
            different.push(format!(
                "{}\n--- written\n{expected}--- told\n{told}",
                path.file_name().unwrap().to_string_lossy()
            ));
        }
    }
    assert!(different.is_empty(), "{}\nIf this is right, run again with BLESS=1.", different.join("\n"));
}

/// Each segment of the shipped rules has a story in which nobody pays, followed until nothing more is taken.
#[test]
fn every_segment_has_a_story_over_its_whole_life() {
    let told: Vec<String> = stories(&folder().join("dunning"))
        .iter()
        .filter(|path| path.to_string_lossy().ends_with("nobody-pays.txt"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for segment in &Policies::shipped().unwrap().dunning.current().segment {
        let id = segment.id.get_ref();
        let (begun, over) = (format!("segment {id}, "), "next nothing");
        let is_whole = |text: &String| text.contains(&begun) && text.lines().any(|line| line.ends_with(over));
        assert!(told.iter().any(is_whole), "no story follows `{id}` to its end");
    }
}

/// Each verb has its words, its meaning and an example in the README, and the example stands in a story.
#[test]
fn every_verb_is_explained_by_a_line_of_a_story() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let told: Vec<String> = stories(&folder()).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let above = || told.iter().flat_map(|text| text.split_once(LINE).map_or(text.as_str(), |(above, _)| above).lines());
    for (verb, words, meaning) in verbs() {
        let written = format!("{verb} {words}");
        let row = format!("| `{}` | {meaning} | `", written.trim_end());
        let (_, rest) =
            readme.split_once(&row).unwrap_or_else(|| panic!("tests/scenarios/README.md has no line `{row}`"));
        let example = rest.split('`').next().unwrap_or_default();
        assert_eq!(example.split(' ').next(), Some(verb), "the example of `{verb}` is of another verb");
        assert!(
            above().any(|line| line.trim_end().ends_with(&format!(" {example}"))),
            "no story has the line `{example}`"
        );
    }
}
