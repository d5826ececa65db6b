//! Who may have the weights of tickets looked through? Only whoever reads or answers tickets, so that no other function's
//! start pays for it: they are parsed when they are first asked for.

use crate::rust::{code, words};
use crate::{product, root, sources};
use std::collections::BTreeSet;

/// A module, what it has that looks the weights through, and the files that may ask for that.
const ASKED: &[(&str, &str, &[&str])] = &[
    ("wording", "shipped", &["shared/domain/src/ticket/letters.rs", "shared/domain/src/ticket/reading.rs"]),
    ("reading", "read", &["shared/domain/src/ticket.rs"]),
    ("letters", "read_letters", &["shared/domain/src/ticket.rs"]),
    ("ticket", "read", &["shared/app/src/classify/ticket.rs", "shared/app/src/report/api/tickets.rs"]),
    ("ticket", "read_letters", &["infra/local/src/commands/classify.rs"]),
];

#[test]
fn only_whoever_reads_or_answers_tickets_looks_the_weights_through() {
    let files = sources(&root()).into_iter().filter(|(file, _)| is_built(file));
    let files: Vec<(String, String)> = files.map(|(file, text)| (file, code(&text))).collect();
    assert!(files.len() > 500, "the sources are elsewhere: {}", files.len());
    for (module, item, allowed) in ASKED {
        let asking = files.iter().filter(|(_, code)| names(code, module, item));
        let asking: BTreeSet<&str> = asking.map(|(file, _)| file.as_str()).collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert_eq!(asking, allowed, "`{module}::{item}` parses the weights, and every function that asks pays for it");
    }
}

/// They are parsed behind a lock that waits for the first question, and nowhere else.
#[test]
fn the_weights_are_parsed_in_one_place_and_not_before_they_are_asked_for() {
    let files = product("shared/domain/wording").into_iter().map(|(file, text)| (file, code(&text)));
    let including: Vec<(String, String)> = files.filter(|(_, code)| names(code, "include_bytes", "!")).collect();
    let names: Vec<&str> = including.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(names, ["lib.rs"]);
    let (lock, bytes) = (including[0].1.find("LazyLock::new("), including[0].1.find("include_bytes!"));
    assert!(lock.is_some() && lock < bytes, "the weights are parsed when they are first asked for");
}

/// What is built into functions: no tests, and not the weights' own crate, which trains and measures.
fn is_built(file: &str) -> bool {
    let is_test = file.starts_with("tests/") || file.contains("/tests/") || file.ends_with("/tests.rs");
    file.contains("/src/") && !is_test && !file.starts_with("shared/domain/wording/")
}

/// Whether code names an item of a module: by its path, in a list, as one of all, or under another name of the module.
/// A sign may stand behind a name as well.
fn names(code: &str, module: &str, item: &str) -> bool {
    let words = words(code);
    let is_named = |place: usize| match &words[place + 1..] {
        [":", ":", "{", listed @ ..] => {
            let listed = &listed[..end(listed)];
            let renamed = listed.windows(2).any(|pair| pair == ["self", "as"]);
            renamed || listed.iter().any(|word| [item, "*"].contains(word))
        }
        [":", ":", next, ..] => [item, "*"].contains(next),
        [next, ..] => [item, "as"].contains(next),
        [] => false,
    };
    (0..words.len()).filter(|place| words[*place] == module).any(is_named)
}

/// Where a list ends whose brace stands before it.
fn end(listed: &[&str]) -> usize {
    let mut open = 1;
    let closes = |word: &&str| {
        match *word {
            "{" => open += 1,
            "}" => open -= 1,
            _ => {}
        }
        open == 0
    };
    listed.iter().position(closes).unwrap_or(listed.len())
}

#[test]
fn whoever_asks_is_seen_however_it_is_written() {
    for (name, text, expected) in [
        ("by its path", "let weights = wording::shipped();", true),
        ("from the beginning", "::wording::shipped()", true),
        ("in a use", "use wording::shipped;", true),
        ("in a list", "use wording::{Guess, shipped};", true),
        ("in a list of lists", "use {jiff::Timestamp, wording::{evaluation::{Figures}, shipped}};", true),
        ("under another name", "use wording::shipped as weights;", true),
        ("as one of all", "use wording::*;", true),
        ("as one of all in a list", "use wording::{*};", true),
        ("of a module with another name", "use wording as words;", true),
        ("of one with another name in a list", "use wording::{self as words, Guess};", true),
        ("something else of it", "use wording::{Guess, newest};", false),
        ("behind its list", "use wording::{Guess}; use other::{shipped};", false),
        ("of another module", "Policies::shipped()", false),
        ("in a longer name", "wording::shipped_by()", false),
    ] {
        assert_eq!(names(text, "wording", "shipped"), expected, "{name}");
    }
}
