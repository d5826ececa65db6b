//! Numbers without a gap, however many take them at once and wherever one of them stops.

use super::{at_home, credit, german, policy};
use crate::document::{DocumentPolicy, DocumentTotals, Issuer, LegalEntity, NotNumbered, Series, TaxDocument};
use crate::money::Currency;
use jiff::civil::Date;
use std::collections::BTreeSet;

fn entity(issuer: Issuer) -> LegalEntity {
    let (prefix, party, currency) = ("R-2026-".into(), german(), Currency::EUR);
    LegalEntity { id: "de".into(), issuer, prefix, party, currency, rates: vec![], payment: None }
}

fn series() -> Series {
    entity(Issuer::Recoup).series(false).unwrap()
}

/// What a store does: both items, or neither, and only if the series is as it was read.
#[derive(Clone)]
struct Store {
    series: Series,
    rev: u32,
    documents: Vec<String>,
}

/// Somebody who makes a document, between their steps.
#[derive(Clone)]
enum Maker {
    Begins,
    Read(Series, u32),
    Ended,
}

/// Every order of steps, and every place where one stops for good.
fn play(store: &Store, makers: &[Maker], policy: &DocumentPolicy, ends: &mut BTreeSet<usize>) {
    let mut is_over = true;
    for (at, maker) in makers.iter().enumerate() {
        if matches!(maker, Maker::Ended) {
            continue;
        }
        is_over = false;
        let (mut store, mut makers) = (store.clone(), makers.to_vec());
        makers[at] = Maker::Ended;
        play(&store, &makers, policy, ends);
        makers[at] = match maker {
            Maker::Begins => Maker::Read(store.series.clone(), store.rev),
            Maker::Read(_, rev) if *rev != store.rev => Maker::Begins,
            Maker::Read(read, _) => {
                let mut series = read.clone();
                let number = series.number(at_home(), policy).unwrap().document().number.clone();
                store.documents.push(number);
                (store.series, store.rev) = (series, store.rev + 1);
                Maker::Ended
            }
            Maker::Ended => unreachable!("whoever has ended was passed over"),
        };
        play(&store, &makers, policy, ends);
    }
    if is_over {
        let expected: Vec<String> = (1..=store.documents.len()).map(|place| format!("R-2026-{place:06}")).collect();
        assert_eq!(store.documents, expected);
        ends.insert(store.documents.len());
    }
}

#[test]
fn numbers_have_no_gap_whoever_is_first_and_whoever_stops() {
    let mut ends = BTreeSet::new();
    let store = Store { series: series(), rev: 0, documents: vec![] };
    play(&store, &[Maker::Begins, Maker::Begins, Maker::Begins], &policy(), &mut ends);
    assert_eq!(ends, BTreeSet::from([0, 1, 2, 3]));
}

#[test]
fn what_is_refused_takes_no_number() {
    let policy = policy();
    let mut series = series();
    let nameless = TaxDocument { lines: vec![], ..at_home() };
    assert!(matches!(series.number(nameless, &policy), Err(NotNumbered::Refused(_))));
    let first = series.number(at_home(), &policy).unwrap().document().clone();
    assert_eq!(first.number, "R-2026-000001");
    let before = TaxDocument { issued_on: Date::constant(2026, 3, 1), ..at_home() };
    assert_eq!(series.number(before, &policy).err(), Some(NotNumbered::Backwards(first.issued_on)));
    assert_eq!(series.number(credit(), &policy).unwrap().document().number, "R-2026-000002");
    let full = r#"{"entity":"de","prefix":"R-2026-","next":999999,"last_on":null}"#;
    let mut series: Series = serde_json::from_str(full).unwrap();
    assert_eq!(series.number(at_home(), &policy).unwrap().document().number, "R-2026-999999");
    assert_eq!(series.number(at_home(), &policy).err(), Some(NotNumbered::Full));
}

#[test]
fn an_invoice_has_one_issuer() {
    let refused = |issuer, sells| entity(issuer).series(sells).err();
    assert_eq!(refused(Issuer::Recoup, false), None);
    assert_eq!(refused(Issuer::Recoup, true), Some(NotNumbered::Sold));
    assert_eq!(refused(Issuer::Provider, false), Some(NotNumbered::NotOurs("Recoup GmbH".into())));
    let unsaid: LegalEntity = serde_json::from_value(serde_json::json!({
        "id": "de", "prefix": "R-", "currency": "EUR", "party": serde_json::to_value(german()).unwrap(),
    }))
    .unwrap();
    assert_eq!(unsaid.issuer, Issuer::Provider, "nobody numbers invoices because nothing was said");
}

#[test]
fn what_is_taken_back_is_all_of_the_original_and_names_it() {
    let policy = policy();
    let mut series = series();
    let invoice = series.number(at_home(), &policy).unwrap();
    let back = invoice.document().taken_back(Date::constant(2026, 3, 9), "charged twice");
    let note = series.number(back, &policy).unwrap();
    let original = note.document().corrects.as_ref().unwrap();
    assert_eq!((original.number.as_str(), note.document().number.as_str()), ("R-2026-000001", "R-2026-000002"));
    let sums = |totals: &DocumentTotals| (totals.net, totals.tax, totals.gross, totals.due);
    assert_eq!(sums(note.totals()), sums(invoice.totals()));
}
