//! Public tables of codes, as they class them themselves, held against what we make of them.

use crate::http::run;
use crate::raised::tell;
use app::ports::Clock;
use domain::decline::{Classed, Retry, classed};
use domain::policies::Policies;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::stripe;
use tests::world::{get, open_at};

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

/// The reason of one failed charge, as its case, its recovery and the route say it.
#[test]
fn a_case_its_recovery_and_the_route_read_a_failure_alike() {
    for (code, network, retry, rule) in [
        ("insufficient_funds", None, "later", "no-funds"),
        ("generic_decline", None, "later", "temporary"),
        ("generic_decline", Some("43"), "never", "never-again"),
        ("stolen_card", None, "never", "never-again"),
        ("expired_card", None, "after_customer", "card-expired"),
        ("authentication_required", None, "after_customer", "needs-customer"),
    ] {
        run(async {
            let service = open_at("2026-03-02T10:00:00Z").await;
            let now = service.clock.now();
            tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", now)).await;
            let mut charge = stripe::charge("cus_1", "ch_1", Some("in_1"), 4_900, "usd", Some(code), now);
            charge["outcome"]["network_decline_code"] = json!(network);
            tell(&service, "evt_2", "charge.failed", &charge).await;
            let bill = stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", 1, now);
            tell(&service, "evt_3", "invoice.payment_failed", &bill).await;

            let name = format!("{code} {network:?}");
            let told = network.map(|network| format!("?network=visa:{network}")).unwrap_or_default();
            let judged = get(&service, &format!("/api/declines/stripe/{code}{told}")).await;
            assert_eq!(judged["retry"], retry, "{name}: {judged}");
            let cases = get(&service, "/api/cases?state=open").await;
            assert_eq!(cases["items"][0]["rule"], rule, "{name}: {cases}");
            let tries = get(&service, "/api/accounts/stripe:cus_1/dunning").await["items"][0]["tries"].clone();
            let family = judged["family"].as_str().unwrap();
            let why = match retry {
                "never" => json!(format!("{} is never tried again with the same card", family.replace('_', " "))),
                "after_customer" => {
                    json!(format!("{} is tried again once the customer has acted", family.replace('_', " ")))
                }
                _ => Value::Null,
            };
            assert_eq!((tries["next"].is_object(), &tries["why_none"]), (why.is_null(), &why), "{name}: {tries}");
        });
    }
}
