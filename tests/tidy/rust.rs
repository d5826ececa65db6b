//! Rust as text: what is code, what a literal, what a comment, and what is only there for tests.

use std::ops::Range;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Literal,
    Comment,
}

/// The product's code alone. Whatever else stands there is blank, so that every line stays where it was.
pub fn code(text: &str) -> String {
    only(text, &[Part::Code])
}

/// The same, with its literals.
pub fn code_and_literals(text: &str) -> String {
    only(text, &[Part::Code, Part::Literal])
}

/// Identifiers and signs, one by one.
pub fn words(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(name.max(if name == 0 { first.len_utf8() } else { 0 }));
        words.push(word);
        rest = after.trim_start();
    }
    words
}

fn only(text: &str, kept: &[Part]) -> String {
    let chars: Vec<char> = text.chars().collect();
    let parts = parts(&chars);
    let blanked = |kept: &[Part], tests: &[Range<usize>]| -> Vec<char> {
        let stays = |place: usize| kept.contains(&parts[place]) && !tests.iter().any(|test| test.contains(&place));
        let blank = |(place, char): (usize, &char)| if *char == '\n' || stays(place) { *char } else { ' ' };
        chars.iter().enumerate().map(blank).collect()
    };
    let tests = tests(&blanked(&[Part::Code], &[]));
    blanked(kept, &tests).into_iter().collect()
}

fn parts(chars: &[char]) -> Vec<Part> {
    let mut parts = Vec::with_capacity(chars.len());
    while parts.len() < chars.len() {
        let (part, length) = next(&chars[parts.len()..]);
        parts.resize((parts.len() + length).min(chars.len()), part);
    }
    parts
}

/// What a text begins with, and how far that goes.
fn next(rest: &[char]) -> (Part, usize) {
    let hashes = rest.iter().skip(1).take_while(|char| **char == '#').count();
    match rest {
        ['/', '/', ..] => (Part::Comment, rest.iter().take_while(|char| **char != '\n').count()),
        ['/', '*', ..] => (Part::Comment, 2 + behind(&rest[2..], &['*', '/'])),
        ['"', ..] => (Part::Literal, quoted(rest, '"')),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (Part::Literal, quoted(rest, '\'')),
        ['r', ..] if rest.get(1 + hashes) == Some(&'"') => {
            let end: Vec<char> = ['"'].into_iter().chain(std::iter::repeat_n('#', hashes)).collect();
            (Part::Literal, 2 + hashes + behind(&rest[2 + hashes..], &end))
        }
        _ => (Part::Code, 1),
    }
}

/// The place behind the first `end`.
fn behind(rest: &[char], end: &[char]) -> usize {
    rest.windows(end.len()).position(|window| window == end).map_or(rest.len(), |place| place + end.len())
}

/// The place behind a quotation; what a backslash stands before does not end it.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut place = 1;
    while place < rest.len() && rest[place] != quote {
        place += if rest[place] == '\\' { 2 } else { 1 };
    }
    place + 1
}

/// Where items stand that are compiled for tests only.
fn tests(code: &[char]) -> Vec<Range<usize>> {
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let begins = code.windows(mark.len()).enumerate().filter(|(_, window)| *window == mark).map(|(place, _)| place);
    begins.map(|begin| begin..begin + item(&code[begin..])).collect()
}

/// How far an item goes: to its semicolon, or to the end of its braces.
fn item(code: &[char]) -> usize {
    let mut open = 0;
    for (place, char) in code.iter().enumerate() {
        match char {
            '{' => open += 1,
            '}' if open == 1 => return place + 1,
            '}' => open -= 1,
            ';' if open == 0 => return place + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn code_is_told_from_what_only_looks_like_it() {
    for (name, text, code_alone, with_literals) in [
        ("a comment", "a(); // b()", "a();", "a();"),
        ("a comment in between", "a(/* b */ c)", "a(        c)", "a(        c)"),
        ("a text", r#"a("b", c)"#, "a(   , c)", r#"a("b", c)"#),
        ("a text that quotes", r#"a("\"b", c)"#, "a(     , c)", r#"a("\"b", c)"#),
        ("a raw text", r###"a(r#"b" // "#, c)"###, "a(           , c)", r###"a(r#"b" // "#, c)"###),
        ("no comment", r#"a("//", c)"#, "a(    , c)", r#"a("//", c)"#),
        ("a sign", r#"a('"', c) // '"'"#, "a(   , c)", r#"a('"', c)"#),
        ("a lifetime", "fn a<'a>(b: &'a str)", "fn a<'a>(b: &'a str)", "fn a<'a>(b: &'a str)"),
        ("tests", "a();\n#[cfg(test)]\nmod t { b(\"}\"); }\nc();", "a();\n\n\nc();", "a();\n\n\nc();"),
        ("tests elsewhere", "#[cfg(test)]\nmod tests;\nmod c;", "\n\nmod c;", "\n\nmod c;"),
    ] {
        let lines = |text: String| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(code(text)), code_alone, "{name}");
        assert_eq!(lines(code_and_literals(text)), with_literals, "{name}");
    }
    assert_eq!(words("use crate::{a_1, b};"), ["use", "crate", ":", ":", "{", "a_1", ",", "b", "}", ";"]);
}
