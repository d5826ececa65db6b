//! Documents of every kind, made of a number: the same number makes the same document.

use domain::document::{Books, Discount, DocumentLine, Original, Party, Payment, Supplied, Tax, TaxDocument, Unit};
use domain::money::{Currency, Money, Rate};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Numbers that look random and follow from the first (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let most = u64::try_from(all.len()).expect("a list is short");
        &all[usize::try_from(self.below(most)).expect("a list is short")]
    }

    fn one_in(&mut self, most: u64) -> bool {
        self.below(most) == 0
    }

    fn decimal(&mut self, most: u64, digits: u32) -> Decimal {
        Decimal::new(i64::try_from(self.below(most)).expect("a small number") + 1, digits)
    }
}

/// The issuer's country, its tax number, its rates in per cent, and its currency.
const ISSUERS: [(&str, &str, &[&str], &str); 8] = [
    ("DE", "DE123456789", &["19", "7"], "EUR"),
    ("FR", "FR12345678901", &["20", "10", "5.5", "2.1"], "EUR"),
    ("GR", "EL123456789", &["24", "13", "6"], "EUR"),
    ("PL", "PL1234567890", &["23", "8", "5"], "PLN"),
    ("SE", "SE123456789001", &["25", "12", "6"], "SEK"),
    ("GB", "GB123456789", &["20", "5"], "GBP"),
    ("CH", "CHE-123.456.789 MWST", &["8.1", "2.6", "3.8"], "CHF"),
    ("US", "12-3456789", &["7.25", "8.875", "6"], "USD"),
];

const CUSTOMERS: [(&str, &str); 10] = [
    ("Kunde & Söhne <GmbH>", "Straße der Einheit 1"),
    ("Ελληνική Εταιρεία ΑΕ", "Οδός Ερμού 5"),
    ("ООО «Ромашка»", "улица Ленина, 7"),
    ("株式会社テスト", "千代田区一丁目"),
    ("شركة المثال", "شارع الملك"),
    ("Łódź Żółć Sp. z o.o.", "ul. Święta 3"),
    ("\"Quotes\" 'n' \u{7}bells Ltd", "1 Control\u{0}Street"),
    ("O'Brien \\ #set text(red) $x$", "*Bold* _Lane_ @ref"),
    ("Muster AG 🚀", "Bahnhofstrasse 1"),
    (
        "A company whose name is so very long that nobody would ever write it on one line of any paper at all",
        "A street",
    ),
];

pub fn document(seed: u64) -> TaxDocument {
    let numbers = &mut Numbers(seed);
    let (country, tax_id, rates, home) = *numbers.of(&ISSUERS);
    let currency =
        if country == "US" || !numbers.one_in(5) { home } else { *numbers.of(&["USD", "JPY", "EUR", "NOK"]) };
    let currency = Currency::parse(currency).expect("a currency");
    let home = Currency::parse(home).expect("a currency");
    let kind = numbers.below(6);
    let customer = customer(numbers, country, kind);
    let issued_on = Date::constant(2026, 1, 1)
        .saturating_add(jiff::Span::new().days(numbers.of(&[0_i64, 31, 58, 180, 364]).to_owned()));
    let count = if numbers.one_in(20) { 60 + numbers.below(200) } else { 1 + numbers.below(6) };
    let lines: Vec<DocumentLine> = (0..count).map(|_| line(numbers, currency, country, kind, rates)).collect();
    let discounts = if numbers.one_in(4) { discount(numbers, &lines, currency) } else { vec![] };
    let number = format!("{country}-2026-{:06}", seed + 1);
    let supplied = match numbers.below(2) {
        0 => Supplied::On(issued_on),
        _ => Supplied::Between(issued_on.saturating_sub(jiff::Span::new().days(30)), issued_on),
    };
    let corrects = numbers.one_in(5).then(|| Original {
        number: format!("{country}-2025-{:06}", seed + 1),
        issued_on: issued_on.saturating_sub(jiff::Span::new().days(20)),
        reason: "charged twice".into(),
    });
    let books = (currency != home).then(|| Books {
        currency: home,
        rate: numbers.decimal(200_000, 4),
        source: "ECB".into(),
        rate_on: issued_on,
    });
    TaxDocument {
        number,
        issued_on,
        due_on: (!numbers.one_in(4)).then(|| issued_on.saturating_add(jiff::Span::new().days(14))),
        corrects,
        supplied: Some(supplied),
        issuer: issuer(country, tax_id),
        customer,
        currency,
        lines,
        discounts,
        paid: numbers.one_in(6).then(|| Money::from_minor(1, currency)),
        payment: payment(numbers),
        books,
    }
}

fn issuer(country: &str, tax_id: &str) -> Party {
    Party {
        name: format!("Recoup {country} Ltd"),
        street: vec!["1 Harbour Street".into()],
        city: "Port".into(),
        post_code: "10115".into(),
        region: (country == "US").then(|| "DE".into()),
        country: country.into(),
        tax_id: Some(tax_id.into()),
        registration: (country == "DE").then(|| "HRB 12345".into()),
        email: Some("billing@example.com".into()),
    }
}

fn customer(numbers: &mut Numbers, issuer: &str, kind: u64) -> Party {
    let (name, street) = *numbers.of(&CUSTOMERS);
    let is_eu = !["GB", "US", "CH"].contains(&issuer);
    let (country, tax_id) = match (issuer, kind) {
        ("US", _) => ("US", None),
        (_, 0) if is_eu && issuer != "IT" => ("IT", Some("IT12345678901")),
        (_, 1) => *numbers.of(&[("US", Some("98-7654321")), ("NO", None), ("JP", Some("T1234567890123"))]),
        _ => (issuer, None),
    };
    let name = if numbers.one_in(40) { "Unbreakable".repeat(45) } else { name.to_owned() };
    let mut lines = vec![street.to_owned()];
    if numbers.one_in(5) {
        lines.extend((1..6).map(|floor| format!("{floor}. floor, at the end of a corridor that is rather long")));
    }
    Party {
        name,
        street: lines,
        city: "Ville".into(),
        post_code: if numbers.one_in(3) { String::new() } else { "20095".into() },
        region: (country == "US").then(|| "CA".into()),
        country: country.into(),
        tax_id: tax_id.map(Into::into),
        registration: None,
        email: None,
    }
}

fn line(numbers: &mut Numbers, currency: Currency, country: &str, kind: u64, rates: &[&str]) -> DocumentLine {
    let is_eu = !["GB", "US", "CH"].contains(&country);
    let rate: Decimal = numbers.of(rates).parse().expect("a rate");
    let tax = match kind {
        _ if country == "US" => match kind {
            0 => Tax::Outside { reason: "Software as a service is not taxed in California".into() },
            _ => Tax::SalesTax { rate, reason: "California, Alameda County".into() },
        },
        0 if is_eu => Tax::ReverseCharge,
        1 => Tax::Export,
        2 if numbers.one_in(3) => Tax::Exempt { reason: (*numbers.of(&["Education", "Insurance"])).into() },
        3 if numbers.one_in(3) => Tax::Zero,
        _ => Tax::Standard { rate },
    };
    let digits = currency.digits() + u32::try_from(numbers.below(3)).expect("a small number");
    let price = Rate::new(numbers.decimal(5_000_000, digits), currency);
    let quantity_digits = *numbers.of(&[0, 0, 0, 2, 3]);
    let quantity = numbers.decimal(5_000, quantity_digits);
    let full = Money::rounded(quantity * price.amount(), currency);
    let off = Money::rounded(full.amount() * Decimal::new(1, 1), currency);
    DocumentLine {
        name: (*numbers.of(&["Team plan", "Plätze — Überschuss", "API calls, per 1,000", "Πρόγραμμα", "席"])).into(),
        quantity,
        unit: *numbers.of(&[Unit::Piece, Unit::Hour, Unit::Day, Unit::Month, Unit::Year]),
        price,
        discount: numbers.one_in(4).then_some(off),
        tax,
        period: numbers.one_in(4).then(|| (Date::constant(2025, 12, 1), Date::constant(2025, 12, 31))),
    }
}

fn discount(numbers: &mut Numbers, lines: &[DocumentLine], currency: Currency) -> Vec<Discount> {
    let line = numbers.of(lines);
    let amount = Money::rounded(line.net().amount() * Decimal::new(25, 2), currency);
    vec![Discount { amount, reason: "Loyal customer".into(), tax: line.tax.clone() }]
}

fn payment(numbers: &mut Numbers) -> Payment {
    match numbers.below(3) {
        0 => Payment::Transfer {
            iban: "DE02120300000000202051".into(),
            bic: numbers.one_in(2).then(|| "BYLADEM1001".into()),
            reference: "RF18 5390 0754 7034".into(),
        },
        1 => Payment::Card { last4: "4242".into() },
        _ => Payment::Other("Paid through the provider's page".into()),
    }
}
