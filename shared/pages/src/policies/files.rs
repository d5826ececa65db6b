//! The policies as they are written: their list, and each by itself, in parts that load quickly.

use crate::frame::{Viewer, frame, words};
use maud::{Markup, html};

/// How much of a policy stands on a page.
const PART_BYTES_MAX: usize = 20_000;

/// What all are called: the folder and the version.
fn short(file: &str) -> &str {
    let file = file.trim_end_matches(".toml");
    file.rsplit_once("policy/").map_or(file, |(_, short)| short)
}

/// As people say it: `approval/v2` is the approval policy's second version.
fn name(file: &str) -> String {
    short(file)
        .split_once("/v")
        .map_or_else(|| words(short(file)), |(policy, version)| format!("{}, version {version}", words(policy)))
}

pub(super) fn list(files: &[(&str, &str)]) -> Markup {
    html! {
        section {
            h2 { "As they are written" }
            ul { @for (file, _) in files { li { a href={ "/policies?policy=" (short(file)) } { (name(file)) } } } }
        }
    }
}

/// One of the shipped policies, found by how the list calls it; `part` counts from 1. Nothing where there is no such.
pub fn policy(viewer: &Viewer, files: &[(&str, &str)], wanted: &str, part: usize) -> Option<String> {
    let (file, text) = files.iter().find(|(file, _)| short(file) == wanted)?;
    let parts = parts(text);
    let shown = parts.get(part.checked_sub(1)?)?;
    let link = |part: usize| format!("/policies?policy={}&part={part}", short(file));
    Some(frame(
        &name(file),
        "/policies",
        Some(viewer),
        html! {
            h1 { "Policy: " (name(file)) }
            p { a href="/policies" { "All policies" } }
            section { pre { code { (shown) } } }
            @if parts.len() > 1 {
                p {
                    @if part > 1 { a href=(link(part - 1)) { "Before" } " · " }
                    "Part " (part) " of " (parts.len())
                    @if part < parts.len() { " · " a href=(link(part + 1)) { "More" } }
                }
            }
        },
    ))
}

/// Cut between lines.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut end) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if end > begin && end + line.len() - begin > PART_BYTES_MAX {
            parts.push(&text[begin..end]);
            begin = end;
        }
        end += line.len();
    }
    parts.push(&text[begin..end]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policies::SHIPPED;
    use domain::staff::Role;

    #[test]
    fn every_policy_is_there_in_full_in_parts_that_load_quickly() {
        let viewer = Viewer { id: "l".into(), name: "L".into(), role: Role::L1, csrf: None, local: false };
        assert_eq!(name("shared/policy/approval/v2.toml"), "approval, version 2");
        let list = list(SHIPPED).into_string();
        for (file, text) in SHIPPED {
            assert!(list.contains(&format!("policy={}\"", short(file))), "{file}: {list}");
            assert_eq!(parts(text).concat(), *text, "{file}");
            for part in 1..=parts(text).len() {
                let page = policy(&viewer, SHIPPED, short(file), part).expect(file);
                assert!(page.len() < 40_000, "{file} {part}: {}", page.len());
            }
            assert_eq!(policy(&viewer, SHIPPED, short(file), parts(text).len() + 1), None, "{file}");
            assert_eq!(policy(&viewer, SHIPPED, short(file), 0), None, "{file}");
        }
        assert_eq!(policy(&viewer, SHIPPED, "nonsense", 1), None);
        assert!(!list.contains(".toml</a>"), "{list}");
    }
}
