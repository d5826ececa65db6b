//! Do the planted bugs still fit the tree? They are planted by hand before a release, and what they change changes every day.

use crate::{entries, name, read, root};

#[test]
fn each_planted_bug_fits_the_tree() {
    let files = entries(&root().join("tests/planted"));
    let patches: Vec<_> =
        files.iter().map(|file| name(file, &root())).filter(|name| name.ends_with(".patch")).collect();
    assert!(patches.len() >= 25, "fewer bugs are planted than before: {}", patches.len());
    for patch in patches {
        let text = read(&patch);
        assert!(text.starts_with("Plants: "), "{patch}: its first line says what it plants");
        let file = text.lines().find_map(|line| line.strip_prefix("--- a/")).unwrap_or_default();
        let own = read(file);
        for hunk in text.split("\n@@ ").skip(1) {
            let before = hunk.lines().skip(1).filter(|line| !line.starts_with('+'));
            let before: Vec<_> = before.map(|line| line.get(1..).unwrap_or_default()).collect();
            assert!(
                own.contains(&before.join("\n")),
                "{patch} does not fit {file} any more: write it anew, its first line and then `git diff`"
            );
        }
    }
}
