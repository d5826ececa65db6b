//! What an e-invoice says of a document, and what it refuses to say.

use crate::EInvoice;
use domain::document::{Sound, Tax, TaxDocument};
use domain::policies::Policies;
use rust_decimal::Decimal;

#[path = "../examples/thousand/made.rs"]
mod made;

fn first(wanted: impl Fn(&TaxDocument) -> bool) -> TaxDocument {
    (0..1000).map(made::document).find(wanted).expect("the thousand hold every kind")
}

fn invoice(document: TaxDocument) -> EInvoice {
    let policies = Policies::shipped().unwrap();
    EInvoice::of(&Sound::of(document, policies.documents.current()).unwrap()).unwrap()
}

#[test]
fn what_stands_in_a_document_stands_in_its_e_invoice() {
    let has = |tax: fn(&Tax) -> bool| move |document: &TaxDocument| document.taxes().any(tax);
    let reverse = first(has(|tax| matches!(tax, Tax::ReverseCharge)));
    let american = first(has(|tax| matches!(tax, Tax::SalesTax { .. })));
    let credit = first(|document| document.corrects.is_some());
    let in_another_currency = first(|document| document.books.is_some());
    let swiss = first(|document| document.issuer.country == "CH" && document.currency.code() == "CHF");
    let rows: [(&str, TaxDocument, &[&str]); 5] = [
        ("reverse charge", reverse, &["VATEX-EU-AE", "IT12345678901", "Reverse charge: the customer accounts"]),
        ("sales tax", american, &["Sales tax", "California, Alameda County", "Not subject to VAT"]),
        ("credit note", credit.clone(), &["CreditNote", ">381<", "-2025-", "charged twice"]),
        ("another currency", in_another_currency, &["TaxCurrencyCode", "(ECB, 2026-"]),
        ("Switzerland", swiss, &["CHE-123.456.789 MWST"]),
    ];
    for (name, document, expected) in rows {
        let number = document.number.clone();
        let written = invoice(document).ubl();
        for part in expected.iter().chain([&number.as_str()]) {
            assert!(written.xml.contains(part), "{name}: {part} is not in {}", written.xml);
        }
    }
    assert_eq!(invoice(credit).ubl().lost, Vec::<String>::new());
}

/// EN 16931 knows no price below zero.
#[test]
fn what_is_given_back_has_a_quantity_below_zero() {
    let mut document = first(|document| document.corrects.is_none());
    let (mut more, mut back) = (document.lines[0].clone(), document.lines[0].clone());
    (more.quantity, more.discount) = (Decimal::TWO, None);
    (back.quantity, back.discount) = (Decimal::NEGATIVE_ONE, None);
    document.lines.extend([more, back]);
    let invoice = invoice(document);
    assert!(invoice.ubl().xml.contains(">-1</cbc:InvoicedQuantity>"), "{}", invoice.ubl().xml);
    let [ubl, cii] =
        [invoice.ubl(), invoice.cii()].map(|written| en16931_formats::read(written.xml.as_bytes()).unwrap().invoice);
    assert_eq!((ubl.totals, ubl.lines), (cii.totals, cii.lines));
}

#[test]
fn both_forms_say_the_same() {
    for seed in 0..40 {
        let invoice = invoice(made::document(seed));
        let [ubl, cii] = [invoice.ubl(), invoice.cii()]
            .map(|written| en16931_formats::read(written.xml.as_bytes()).unwrap().invoice);
        assert_eq!(ubl.totals, cii.totals, "{seed}");
        assert_eq!((ubl.vat_breakdown, ubl.lines), (cii.vat_breakdown, cii.lines), "{seed}");
        assert_eq!((ubl.seller, ubl.buyer), (cii.seller, cii.buyer), "{seed}");
    }
}

#[test]
fn a_document_is_written_alike_every_time() {
    for seed in 0..20 {
        assert_eq!(invoice(made::document(seed)).ubl(), invoice(made::document(seed)).ubl(), "{seed}");
    }
}
