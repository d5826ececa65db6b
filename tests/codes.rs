//! Public tables of codes, as they class them themselves, held against what we make of them.

use domain::decline::{Classed, Retry, classed};
use domain::policies::Policies;
use std::collections::BTreeMap;

/// Source, provider, gateway, network, code; what the source says; and why we knowingly differ, where we do.
const PUBLIC: &str = include_str!("fixtures/declines/public.csv");
const DOCUMENT: &str = include_str!("../docs/declines.md");

/// One line of the file, with what we say.
struct Row<'a> {
    source: &'a str,
    expected: &'a str,
    differs: &'a str,
    ours: Classed,
}

impl Row<'_> {
    fn is_right(&self) -> bool {
        allowed(self.expected).contains(&self.ours.retry)
    }

    /// Whether the source says that nobody may try it again by himself, and we would.
    fn is_tried_in_vain(&self) -> bool {
        matches!(self.expected, "never" | "hard" | "another") && self.ours.retry <= Retry::Later
    }

    fn told(&self) -> String {
        let Classed { provider, code, family, retry, source, .. } = &self.ours;
        format!(
            "{}: {provider} {code} is `{}` there, and {family} ({retry:?}) here: {source}",
            self.source, self.expected
        )
    }
}

/// Which of our answers a word of theirs allows; docs/declines.md explains the words.
fn allowed(expected: &str) -> &'static [Retry] {
    match expected {
        "never" => &[Retry::Never],
        "hard" => &[Retry::AfterCustomer, Retry::InternalReview, Retry::Never],
        "another" => &[Retry::AfterCustomer, Retry::Never],
        "customer" => &[Retry::AfterCustomer],
        "staff" => &[Retry::InternalReview],
        "retry" => &[Retry::Soon, Retry::Later],
        "later" => &[Retry::Later],
        "soon" => &[Retry::Soon],
        _ => panic!("`{expected}` is no class of theirs"),
    }
}

fn rows() -> Vec<Row<'static>> {
    let policies = Policies::shipped().unwrap();
    let ours = classed(policies.declines.current(), PUBLIC).unwrap();
    let lines: Vec<&str> = PUBLIC.lines().skip(1).collect();
    assert_eq!(lines.len(), ours.len());
    let rows = lines.into_iter().zip(ours).map(|(line, ours)| {
        let cells: Vec<&str> = line.split(',').collect();
        let [source, _, _, _, code, expected, differs] = cells[..] else { panic!("{line}: seven cells") };
        assert_eq!(code, ours.code);
        Row { source, expected, differs, ours }
    });
    rows.collect()
}

#[test]
fn public_tables_find_ours_right() {
    let rows = rows();
    let mut sources: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut misses = Vec::new();
    for row in rows.iter().filter(|row| row.differs.is_empty()) {
        let (right, all) = sources.entry(row.source).or_default();
        *all += 1;
        *right += usize::from(row.is_right());
        if !row.is_right() {
            misses.push(row.told());
        }
    }
    for (source, (right, all)) in &sources {
        println!("{source}: {right} of {all}");
    }
    println!("{}", misses.join("\n"));
    let all: usize = sources.values().map(|(_, all)| all).sum();
    assert!(all > 1_000 && sources.len() > 20, "{all} codes of {} sources are not many", sources.len());
    assert!(misses.len() * 100 <= all * 3, "{} of {all} are wrong:\n{}", misses.len(), misses.join("\n"));
}

#[test]
fn nothing_is_tried_that_a_public_table_forbids() {
    let tried: Vec<String> = rows().iter().filter(|row| row.is_tried_in_vain()).map(Row::told).collect();
    assert!(tried.is_empty(), "{}", tried.join("\n"));
}

/// Where we differ and mean it, we are the stricter ones, and the document says why.
#[test]
fn we_differ_knowingly_only_by_being_stricter() {
    let rows = rows();
    let differing: Vec<&Row<'_>> = rows.iter().filter(|row| !row.differs.is_empty()).collect();
    for row in &differing {
        let strictest = allowed(row.expected).iter().max().unwrap();
        assert!(row.ours.retry > *strictest, "not stricter: {}", row.told());
        assert!(
            DOCUMENT.contains(&format!("| `{}` |", row.differs)),
            "docs/declines.md does not explain {}",
            row.differs
        );
    }
    assert!(differing.len() * 100 <= rows.len() * 6, "{} of {} differ", differing.len(), rows.len());
}
