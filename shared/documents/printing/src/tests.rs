//! A page is printed the same each time, with its e-invoice inside, whatever stands on it.

use crate::NotPrinted;
use crate::page::Page;
use domain::document::{DocumentPolicy, DocumentRefusal, Sound, Tax, TaxDocument};
use domain::policies::{Policies, SHIPPED};
use domain::policy::Versions;
use en16931_formats::zugferd::{Limits, extract};
use jiff::civil::date;
use std::sync::LazyLock;

#[path = "../../examples/thousand/made.rs"]
mod made;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());

fn sound(document: TaxDocument) -> Sound<'static> {
    Sound::of(document, POLICIES.documents.current()).unwrap()
}

fn first(wanted: impl Fn(&TaxDocument) -> bool) -> TaxDocument {
    (0..1000).map(made::document).find(wanted).expect("the thousand hold every kind")
}

fn words(document: TaxDocument) -> String {
    serde_json::to_string(&Page::of(&sound(document))).unwrap()
}

#[test]
fn the_e_invoice_inside_a_page_is_the_one_that_was_checked() {
    for seed in 0..12 {
        let sound = sound(made::document(seed));
        let pdf = crate::pdf(&sound).unwrap_or_else(|fault| panic!("{seed}: {fault}"));
        let inside = extract(&pdf, &Limits::default()).unwrap();
        let expected = documents::EInvoice::of(&sound).unwrap().cii().xml;
        assert_eq!(String::from_utf8(inside.xml).unwrap(), expected, "{seed}");
        assert_eq!(inside.divergence, vec![], "{seed}");
        assert_eq!(inside.filename, "factur-x.xml", "{seed}");
    }
}

#[test]
fn a_page_is_printed_alike_every_time() {
    let printed = || crate::pdf(&sound(made::document(3))).unwrap();
    assert!(printed() == printed());
}

#[test]
fn what_was_issued_is_printed_by_the_law_of_its_day() {
    const FIRST: &str = "shared/policy/documents/v1.toml";
    let (_, shipped) = SHIPPED.iter().find(|(file, _)| *file == FIRST).unwrap();
    let second = [
        ("version = 1", "version = 2"),
        ("effective = \"2026-01-01\"", "effective = \"2200-01-01\""),
        ("lines_at_most = 500", "lines_at_most = 1"),
    ];
    let second = second.into_iter().fold((*shipped).to_owned(), |text, (from, to)| text.replacen(from, to, 1));
    let laws: Versions<DocumentPolicy> =
        Versions::load(&[(FIRST, *shipped), ("shared/policy/documents/v2.toml", second.as_str())]).unwrap();
    let mut document = first_of_lines(2);
    assert!(crate::document(document.clone(), &laws).unwrap() == crate::pdf(&sound(document.clone())).unwrap());
    document.issued_on = date(2200, 1, 1);
    let refused = crate::document(document, &laws);
    assert_eq!(refused, Err(NotPrinted::Refused(DocumentRefusal::TooManyLines(2, 1))));
}

fn first_of_lines(lines: usize) -> TaxDocument {
    first(|document| document.lines.len() == lines)
}

#[test]
fn a_page_says_what_its_law_wants() {
    let taxed = |tax: fn(&Tax) -> bool| move |document: &TaxDocument| document.taxes().any(tax);
    let at_home = |country: &'static str| move |document: &TaxDocument| document.issuer.country == country;
    let rows: [(&str, TaxDocument, &[&str], &[&str]); 6] = [
        (
            "reverse charge",
            first(taxed(|tax| matches!(tax, Tax::ReverseCharge))),
            &["Reverse charge: the customer accounts for the VAT", "VAT ID: IT12345678901"],
            &["MWST"],
        ),
        ("UK", first(at_home("GB")), &["VAT registration number: GB123456789"], &["EIN", "MWST"]),
        ("US", first(at_home("US")), &["Sales tax", "EIN: 12-3456789", "us-letter"], &["VAT", "MWST", "everse charge"]),
        ("Switzerland", first(at_home("CH")), &["MWST-Nr.: CHE-123.456.789 MWST"], &["EIN", "VAT ID"]),
        (
            "a credit note",
            first(|it| it.corrects.is_some()),
            &["Credit note", "This corrects", "Owed to you"],
            &["To be paid"],
        ),
        ("another currency", first(|it| it.books.is_some()), &[" (ECB, "], &[]),
    ];
    for (name, document, expected, never) in rows {
        let words = words(document);
        for part in expected {
            assert!(words.contains(part), "{name}: `{part}` is not in {words}");
        }
        for part in never {
            assert!(!words.contains(part), "{name}: `{part}` is in {words}");
        }
    }
}

#[test]
fn whatever_a_customer_is_called_there_is_a_page() {
    let tag = "<script>alert(1)</script> #panic() $x$ *b* @ref //";
    for (name, text, is_whole) in [
        ("Greek", "Ελληνική Εταιρεία", true),
        ("Cyrillic", "Общество", true),
        ("Polish", "Zażółć gęślą jaźń", true),
        ("Japanese", "株式会社", false),
        ("Arabic", "شركة", false),
        ("a rocket", "🚀", false),
        ("controls", "a\u{0}b\u{7}c\u{1b}", true),
        ("markup", tag, true),
    ] {
        let mut document = first(|document| document.issuer.country == "DE" && document.discounts.is_empty());
        document.customer.street = vec!["A street".into()];
        document.lines.iter_mut().for_each(|line| line.name = "Team plan".into());
        text.clone_into(&mut document.customer.name);
        let words = words(document.clone());
        assert_eq!(!words.contains("cannot show"), is_whole, "{name}: {words}");
        crate::pdf(&sound(document)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    }
}

#[test]
fn a_long_address_does_not_break_the_page() {
    let mut document = made::document(0);
    document.customer.name = "W".repeat(500);
    document.customer.street = vec!["A street of many words that goes on ".repeat(13); 12];
    document.lines[0].name = "x".repeat(500);
    let pdf = crate::pdf(&sound(document)).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
}
