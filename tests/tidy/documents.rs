//! Is what the documents show and name there?

use crate::{read, root};

/// An excerpt: the lines between two fences, the first of which names its file.
struct Excerpt<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
}

#[test]
fn the_excerpts_of_the_style_are_true() {
    let document = read("docs/style.md");
    let excerpts = excerpts(&document);
    assert!(excerpts.len() > 5, "docs/style.md has lost its excerpts");
    for Excerpt { file, lines } in excerpts {
        assert!(root().join(file).is_file(), "docs/style.md shows {file}, which is not there: show another place");
        let text = read(file);
        let mut rest = text.lines();
        for line in lines {
            // The ends of a line may be left out.
            assert!(
                rest.any(|own| own.contains(line)),
                "docs/style.md shows what {file} does not say, or says before the lines above it: copy it anew\n{line}"
            );
        }
    }
}

#[test]
fn the_files_that_people_are_sent_to_exist() {
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = read(document);
        let paths = paths(&text);
        assert!(paths.len() > 5, "{document} names hardly a file");
        for path in paths {
            assert!(root().join(path).is_file(), "{document} names `{path}`, which is not there");
        }
    }
}

fn excerpts(document: &str) -> Vec<Excerpt<'_>> {
    let excerpts = fenced(document).filter_map(|block| {
        // Behind the opening fence stands the language.
        let mut lines = block.lines().skip(1).map(str::trim).filter(|line| !line.is_empty());
        let file = told(lines.next()?).filter(|told| told.contains('/') && !told.contains(' '))?;
        Some(Excerpt { file, lines: lines.filter(|line| told(line) != Some("…")).collect() })
    });
    excerpts.collect()
}

/// What a comment says.
fn told(line: &str) -> Option<&str> {
    line.strip_prefix("// ").or(line.strip_prefix("# "))
}

const EXTENSIONS: &[&str] = &[".csv", ".json", ".lock", ".md", ".mjs", ".rs", ".sh", ".toml", ".txt", ".yaml"];

/// What stands in backticks, fences left out.
pub fn spans(document: &str) -> impl Iterator<Item = &str> {
    document.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

/// What stands between fences, the language first.
pub fn fenced(document: &str) -> impl Iterator<Item = &str> {
    document.split("```").skip(1).step_by(2)
}

/// The files that a document names in backticks; a gap such as `<name>` or `vN`, or a route, names none.
fn paths(document: &str) -> Vec<&str> {
    let words = spans(document).flat_map(str::split_whitespace);
    let is_path = |word: &&str| {
        let has_gap = word.contains(['<', '*', '…']) || word.ends_with("/vN.toml");
        word.contains('/') && !word.starts_with('/') && !has_gap && EXTENSIONS.iter().any(|end| word.ends_with(end))
    };
    words.filter(is_path).collect()
}

#[test]
fn a_document_is_read_as_it_is_meant() {
    let document = "Look at `a/b.rs`, at `cargo run c/d.toml`, `e.rs`, `/f/g.json` and `h/<name>.rs`.\n\
                    ```rust\n// a/b.rs\n    fn a() {\n    // …\n\n```\n`i/j.md`\n```sh\ncargo `k/l.rs`\n```\n";
    assert_eq!(paths(document), ["a/b.rs", "c/d.toml", "i/j.md"]);
    let excerpts = excerpts(document);
    assert_eq!(
        excerpts.iter().map(|it| (it.file, it.lines.clone())).collect::<Vec<_>>(),
        [("a/b.rs", vec!["fn a() {"])]
    );
}
