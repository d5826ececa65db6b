//! What `domain` says: of no provider by name, and of everything that others use, in a line.

use crate::product;
use crate::rust::{code, code_and_literals};

const FOLDER: &str = "shared/domain";

/// How the providers are called, in small letters.
const PROVIDERS: &[&str] = &[
    "chargebee",
    "lemon squeezy",
    "lemon_squeezy",
    "lemonsqueezy",
    "mollie",
    "rc_billing",
    "revenuecat",
    "stripe",
    "zendesk",
];

/// Where a name may stand all the same: the file, the words around it, and why.
const ALLOWED: &[(&str, &str, &str)] =
    &[("import/row.rs", "`stripe/default:cus_1`", "a complaint shows how an account is written, by an example")];

/// A sixth provider would silently behave like one of the five.
#[test]
fn domain_names_no_provider() {
    let (mut found, mut used) = (Vec::new(), Vec::new());
    for (file, text) in product(FOLDER) {
        for (line, number) in code_and_literals(&text).lines().zip(1..) {
            let small = line.to_lowercase();
            let Some(name) = PROVIDERS.iter().find(|name| small.contains(**name)) else { continue };
            match ALLOWED.iter().find(|(of, words, _)| *of == file && line.contains(words)) {
                Some(allowed) => used.push(allowed),
                None => found.push(format!("{file}:{number} names `{name}`: {}", line.trim())),
            }
        }
    }
    assert!(
        found.is_empty(),
        "{FOLDER}/src: what is peculiar to a provider is a value of its `PROVIDER`, without a default:\n{}",
        found.join("\n")
    );
    for allowed @ (file, words, why) in ALLOWED {
        assert!(used.contains(&allowed), "{file} does not say {words} ({why}): take it off the list");
    }
}

#[test]
fn every_public_item_of_domain_has_a_line() {
    let missing = product(FOLDER).into_iter().flat_map(|(file, text)| {
        undocumented(&text).into_iter().map(move |item| format!("{file}:{item}")).collect::<Vec<_>>()
    });
    let missing: Vec<String> = missing.collect();
    assert!(
        missing.is_empty(),
        "{FOLDER}/src: say above each what its name does not (the question, the why, the unit), in one `///`:\n{}",
        missing.join("\n")
    );
}

const ITEMS: &[&str] = &["const", "enum", "fn", "static", "struct", "trait", "type", "union"];

/// The public items, and those of public traits, above which no doc stands: each with the number of its line.
fn undocumented(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut within: Option<usize> = None;
    let mut missing = Vec::new();
    for (place, line) in code(text).lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        if within.is_some_and(|within| indent <= within && line == "}") {
            within = None;
        }
        let public = line.strip_prefix("pub ");
        let item = public.or((within.map(|within| within + 4) == Some(indent)).then_some(line));
        let mut words =
            item.unwrap_or_default().split_whitespace().skip_while(|word| ["async", "unsafe"].contains(word));
        let Some(kind) = words.next().filter(|word| ITEMS.contains(word)) else { continue };
        if !has_doc(&lines[..place]) {
            missing.push(format!("{}: {line}", place + 1));
        }
        if kind == "trait" && !line.ends_with('}') {
            within = Some(indent);
        }
    }
    missing
}

/// Whether a doc stands right above, attributes left out. What a macro passes on is one.
fn has_doc(above: &[&str]) -> bool {
    let lines = above.iter().rev().map(|line| line.trim());
    let mut own =
        lines.take_while(|line| line.starts_with("///") || !(line.is_empty() || line.ends_with(['{', '}', ';'])));
    own.any(|line| line.trim_start_matches('/').len() > 1 && line.starts_with("///") || line.contains("#[$doc]"))
}

#[test]
fn what_needs_a_line_and_has_none_is_seen() {
    for (name, text, expected) in [
        ("a function", "\npub fn a() {}\n", 1),
        ("with a line", "/// Why.\npub fn a() {}\n", 0),
        ("with an empty line", "///\npub fn a() {}\n", 1),
        ("attributes between", "/// Why.\n#[derive(Debug)]\n#[serde(\n    default\n)]\npub struct A;\n", 0),
        ("the line of another", "/// Why.\npub struct A;\npub struct B;\n", 1),
        ("a method", "impl A {\n    pub async fn a(&self) {}\n}\n", 1),
        ("a constant function", "pub const fn a() {}\n", 1),
        ("a constant", "pub const A: u32 = 1;\n", 1),
        ("what a trait asks", "/// Why.\npub trait A {\n    fn a(&self);\n}\nfn b() {}\n", 1),
        ("what only the crate sees", "pub(crate) fn a() {}\nfn b() {}\n", 0),
        ("a field", "/// Why.\npub struct A {\n    pub const_ness: u32,\n}\n", 0),
        ("a module and a use", "pub mod a;\npub use a::b;\n", 0),
        ("tests", "#[cfg(test)]\nmod tests {\n    pub fn a() {}\n}\n", 0),
    ] {
        assert_eq!(undocumented(text).len(), expected, "{name}");
    }
}
