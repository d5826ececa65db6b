//! Is what the documents show and name there?

use crate::{entries, name, read, root, sources};
use std::collections::BTreeSet;

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
    let own: Vec<String> = entries(&root()).iter().map(|path| name(path, &root())).collect();
    // What changed may name what is gone, and so may a decision.
    let is_told = |name: &str| name.ends_with(".md") && name != "CHANGELOG.md" && !name.contains('/');
    let documents = own.iter().filter(|name| is_told(name.strip_prefix("docs/").unwrap_or(name)));
    let mut named = 0;
    for document in documents {
        // These two are for whoever does not know the crates yet.
        let may_shorten = document != "README.md" && document != "CONTRIBUTING.md";
        for path in paths(&read(document)) {
            named += 1;
            let short = format!("/{path}");
            let is_there = root().join(path).is_file() || may_shorten && own.iter().any(|name| name.ends_with(&short));
            assert!(is_there, "{document} names `{path}`, which is not there");
        }
    }
    assert!(named > 60, "the documents name hardly a file: {named}");
}

/// A proof names tests as `file::name`.
#[test]
fn what_a_proof_names_is_a_test_that_is_there() {
    let own: Vec<String> = entries(&root()).iter().map(|path| name(path, &root())).collect();
    for document in own.iter().filter(|name| name.starts_with("docs/proofs/")) {
        let text = read(document);
        let mut named = 0;
        for (file, test) in spans(&text).filter_map(|span| span.rsplit_once("::")) {
            if !root().join(file).is_file() {
                continue;
            }
            named += 1;
            assert!(read(file).contains(&format!("fn {test}(")), "{document} names {test}, which {file} lacks");
        }
        assert!(named > 100, "{document} names hardly a test: {named}");
    }
}

/// Of two that changed one paragraph a merge leaves both, and one of them is not so any more.
#[test]
fn no_document_says_the_same_twice() {
    let own = entries(&root()).into_iter().map(|path| name(&path, &root())).filter(|name| name.ends_with(".md"));
    let mut counted = 0;
    for document in own {
        counted += 1;
        let twice = said_twice(&read(&document));
        assert!(twice.is_empty(), "{document} says this twice: delete what is not so any more\n{}", twice.join("\n"));
    }
    assert!(counted > 20, "the documents are elsewhere: {counted}");
}

#[test]
fn what_a_story_shows_is_asked_for() {
    let asked = read("docs/requirements.md");
    let is_number =
        |word: &&str| word.strip_prefix('R').is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()));
    let mut shown = 0;
    for story in entries(&root().join("tests/scenarios")).iter().map(|path| name(path, &root())) {
        let text = if story.ends_with(".txt") { read(&story) } else { continue };
        let first = text.lines().next().unwrap_or_default();
        for number in first.split([' ', ',', '.', ':']).filter(is_number) {
            shown += 1;
            assert!(asked.contains(&format!("| {number} |")), "{story} shows {number}: docs/requirements.md lacks it");
        }
    }
    assert!(shown > 30, "the stories show hardly anything: {shown}");
}

#[test]
fn every_variable_is_told() {
    let places = [
        ("functions", "docs/operations.md"),
        ("infra", "docs/operations.md"),
        ("shared", "docs/operations.md"),
        ("tests", "CONTRIBUTING.md"),
    ];
    let mut read_anywhere = 0;
    for (folder, document) in places {
        let told = read(document);
        for (file, text) in sources(&root().join(folder)) {
            for variable in variables(&text) {
                read_anywhere += 1;
                assert!(told.contains(variable), "{folder}/{file} reads {variable}: say in {document} what it does");
            }
        }
    }
    assert!(read_anywhere > 20, "variables are read in another way: {read_anywhere}");
}

/// The variables of ours that a file names in literals.
fn variables(text: &str) -> Vec<&str> {
    let begun = text.match_indices("\"RECOUP_").map(|(place, _)| &text[place + 1..]);
    let ends = |char: char| char != '_' && !char.is_ascii_uppercase();
    begun.map(|rest| &rest[..rest.find(ends).unwrap_or(rest.len())]).collect()
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

/// So many words in a row are no turn of phrase.
const SAME_WORDS: usize = 10;
/// Nor is a line that is longer than this.
const SAME_LINE: usize = 60;

/// What stands in a document a second time: how a paragraph opens, a line, or a row of words over the ends of lines.
/// What is shown between fences and in tables may be alike.
fn said_twice(document: &str) -> Vec<String> {
    let prose = document.split("```").step_by(2).flat_map(str::lines).map(str::trim_end);
    let prose: Vec<&str> = prose.filter(|line| !line.trim_start().starts_with('|')).collect();
    let opens = prose.iter().filter_map(|line| line.strip_prefix("**")?.split_once("**"));
    let opens = opens.map(|(opening, _)| format!("**{opening}**"));
    let lines = prose.iter().filter(|line| line.chars().count() > SAME_LINE).map(|line| (*line).to_owned());
    let words: Vec<&str> = prose.iter().flat_map(|line| line.split_whitespace()).collect();
    let rows = words.windows(SAME_WORDS).map(|row| row.join(" "));
    // A line of ten words is a row as well.
    let all = opens.map(|it| ("opening", it)).chain(lines.map(|it| ("line", it))).chain(rows.map(|it| ("row", it)));
    let mut seen = BTreeSet::new();
    all.filter(|said| !seen.insert(said.clone())).map(|(_, said)| said).collect()
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
fn a_variable_ends_where_its_name_does() {
    let text = concat!("a(\"RECOU", "P_A_B\"); b(\"RECOU", "P_C is\"); // RECOU", "P_D");
    assert_eq!(variables(text), [concat!("RECOU", "P_A_B"), concat!("RECOU", "P_C")]);
}

#[test]
fn what_is_said_twice_is_found() {
    let (first, second) = ("one two three four five", "six seven eight nine ten");
    let long = "what-is-written-without-a-space-is-one-word-and-may-be-a-whole-line-of-sixty";
    for (name, document, is_twice) in [
        ("a row over the ends of lines", format!("{first}\n{second}\n\nzero {first} six\n{}", &second[4..]), true),
        ("a shorter row", format!("{first} {second}\n\n{first} six seven eight nine, ten"), false),
        ("an opening", "**A plan** is one.\n\n**A plan** is another.".to_owned(), true),
        ("an item of a list", "- **Why.** So.\n- **Why.** Otherwise.".to_owned(), false),
        ("a long line", format!("{long}\n\n{long}"), true),
        ("a long line of ten words", format!("{long} {first} six seven eight nine"), false),
        ("a table", format!("| {first} {second} |\n| {first} {second} |"), false),
        ("what is shown", format!("```\n{first} {second}\n{first} {second}\n```"), false),
    ] {
        assert_eq!(!said_twice(&document).is_empty(), is_twice, "{name}: {:?}", said_twice(&document));
    }
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
