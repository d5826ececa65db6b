//! What must stand on a document by whose law, what is refused, and how sums are rounded.

mod draft;
mod entity;
mod filed;
mod series;

use super::*;
use crate::policy::{Rules, read};

const SHIPPED: &str = include_str!("../../../policy/documents/v1.toml");

fn policy() -> DocumentPolicy {
    read("documents", SHIPPED, DocumentPolicy::lint).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn money(text: &str) -> Money {
    let (amount, code) = text.split_once(' ').unwrap();
    Money::parse(amount, currency(code)).unwrap()
}

fn party(name: &str, country: &str, tax_id: &str) -> Party {
    Party {
        name: name.into(),
        street: vec!["1 Long Street".into()],
        city: "Town".into(),
        post_code: "12345".into(),
        region: (country == "US").then(|| "CA".into()),
        country: country.into(),
        tax_id: (!tax_id.is_empty()).then(|| tax_id.into()),
        ..Party::default()
    }
}

fn standard(rate: &str) -> Tax {
    Tax::Standard { rate: decimal(rate) }
}

fn line(price: &str, quantity: &str, tax: Tax) -> DocumentLine {
    let (amount, code) = price.split_once(' ').unwrap();
    DocumentLine {
        name: "Team plan".into(),
        quantity: decimal(quantity),
        unit: Unit::Month,
        price: Rate::new(decimal(amount), currency(code)),
        discount: None,
        tax,
        period: None,
    }
}

fn document(issuer: Party, customer: Party, lines: Vec<DocumentLine>) -> TaxDocument {
    let day = Date::constant(2026, 3, 2);
    TaxDocument {
        number: "R-2026-0001".into(),
        issued_on: day,
        corrects: None,
        supplied: Some(Supplied::On(day)),
        due_on: Some(Date::constant(2026, 3, 16)),
        issuer,
        customer,
        currency: lines.first().map_or(Currency::EUR, |line| line.price.currency()),
        lines,
        discounts: vec![],
        paid: None,
        payment: Payment::Other("as agreed".into()),
        books: None,
    }
}

fn german() -> Party {
    party("Recoup GmbH", "DE", "DE123456789")
}

fn at_home() -> TaxDocument {
    document(german(), party("Kunde AG", "DE", ""), vec![line("100 EUR", "1", standard("19"))])
}

fn reverse() -> TaxDocument {
    let customer = party("Client SARL", "FR", "FR12345678901");
    document(german(), customer, vec![line("100 EUR", "1", Tax::ReverseCharge)])
}

fn british() -> TaxDocument {
    let issuer = party("Recoup Ltd", "GB", "GB123456789");
    document(issuer, party("Client Ltd", "GB", ""), vec![line("100 GBP", "1", standard("20"))])
}

fn american() -> TaxDocument {
    let tax = Tax::SalesTax { rate: decimal("7.25"), reason: "California".into() };
    let issuer = party("Recoup Inc.", "US", "12-3456789");
    document(issuer, party("Client LLC", "US", ""), vec![line("100 USD", "1", tax)])
}

fn swiss() -> TaxDocument {
    let issuer = party("Recoup AG", "CH", "CHE-123.456.789 MWST");
    document(issuer, party("Kundin AG", "CH", ""), vec![line("99.98 CHF", "1", standard("8.1"))])
}

fn in_dollars() -> TaxDocument {
    let mut document = at_home();
    document.currency = Currency::USD;
    document.lines = vec![line("100 USD", "1", standard("19"))];
    document.books = Some(Books {
        currency: Currency::EUR,
        rate: decimal("0.9215"),
        source: "ECB".into(),
        rate_on: Date::constant(2026, 3, 2),
    });
    document
}

fn credit() -> TaxDocument {
    let corrects =
        Original { number: "R-1".into(), issued_on: Date::constant(2026, 2, 1), reason: "charged twice".into() };
    TaxDocument { corrects: Some(corrects), ..at_home() }
}

type Change = fn(&mut TaxDocument);

#[test]
fn what_the_law_wants_must_stand_there() {
    let policy = policy();
    let fine: [(&str, TaxDocument); 7] = [
        ("EU at home", at_home()),
        ("EU reverse charge", reverse()),
        ("UK", british()),
        ("US", american()),
        ("Switzerland", swiss()),
        ("EU in dollars", in_dollars()),
        ("credit note", credit()),
    ];
    for (name, document) in fine {
        assert!(Sound::of(document.clone(), &policy).is_ok(), "{name}: {:?}", Sound::of(document, &policy).err());
    }
    let rows: [(&str, TaxDocument, Change, &str); 28] = [
        ("no number", at_home(), |it| it.number = " ".into(), "it has no number (Article 226"),
        ("no issuer", at_home(), |it| it.issuer.name.clear(), "the issuer's name is missing"),
        ("no address", at_home(), |it| it.issuer.street.clear(), "the issuer's address is missing"),
        ("no VAT id", at_home(), |it| it.issuer.tax_id = None, "the issuer's tax number is missing"),
        ("another's VAT id", at_home(), |it| it.issuer.tax_id = Some("FR12345678901".into()), "another country's form"),
        ("no customer", at_home(), |it| it.customer.name.clear(), "the customer's name is missing"),
        ("no city", at_home(), |it| it.customer.city.clear(), "the customer's address is missing"),
        ("no date of supply", at_home(), |it| it.supplied = None, "it does not say when it was supplied"),
        ("no lines", at_home(), |it| it.lines.clear(), "it has no lines"),
        (
            "no VAT id of the customer",
            reverse(),
            |it| it.customer.tax_id = None,
            "ask for it, or charge the tax (Article 226 (4)",
        ),
        (
            "a VAT id that is none",
            reverse(),
            |it| it.customer.tax_id = Some("12345".into()),
            "ask for it, or charge the tax",
        ),
        ("reversed at home", reverse(), |it| it.customer = party("K", "DE", "DE123456788"), "not in another country"),
        ("reversed abroad", reverse(), |it| it.customer = party("K", "US", "US12"), "not in another country"),
        ("exported inside", reverse(), |it| it.lines[0].tax = Tax::Export, "not outside the tax area"),
        (
            "exempt without a reason",
            at_home(),
            |it| it.lines[0].tax = Tax::Exempt { reason: String::new() },
            "why it is taxed so",
        ),
        (
            "sales tax in the EU",
            at_home(),
            |it| it.lines[0].tax = american().lines[0].tax.clone(),
            "`sales_tax` is not taxed in European Union",
        ),
        ("no rate of exchange", in_dollars(), |it| it.books = None, "in the issuer's own currency is missing"),
        (
            "another's currency",
            in_dollars(),
            |it| it.books.as_mut().unwrap().currency = currency("SEK"),
            "own currency is missing",
        ),
        (
            "nothing corrected",
            credit(),
            |it| it.corrects.as_mut().unwrap().number.clear(),
            "does not name the document",
        ),
        ("UK without a number", british(), |it| it.issuer.tax_id = None, "(regulation 14"),
        ("UK reverse charge", british(), |it| it.lines[0].tax = Tax::ReverseCharge, "is not taxed in United Kingdom"),
        (
            "UK in euros",
            british(),
            |it| {
                it.currency = Currency::EUR;
                it.lines = at_home().lines;
            },
            "own currency is missing",
        ),
        ("US with VAT", american(), |it| it.lines[0].tax = standard("19"), "`standard` is not taxed in United States"),
        (
            "US with VAT's words",
            american(),
            |it| it.lines[0].tax = Tax::Outside { reason: "no VAT".into() },
            "`VAT` is no word",
        ),
        ("US without a state", american(), |it| it.customer.region = None, "the customer's state is missing"),
        (
            "Swiss with another form",
            swiss(),
            |it| it.issuer.tax_id = Some("CHE123456789".into()),
            "another country's form",
        ),
        ("no law", at_home(), |it| it.issuer.country = "BR".into(), "no documents are made by the law of `BR`"),
        ("three digits", at_home(), |it| it.currency = currency("KWD"), "three digits after the point"),
    ];
    for (name, mut document, change, expected) in rows {
        change(&mut document);
        let refusal = Sound::of(document, &policy).map(|_| ()).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{name}: {refusal}");
    }
}

#[test]
fn what_cannot_be_added_up_is_refused() {
    let policy = policy();
    let rows: [(&str, Change, &str); 15] = [
        ("two currencies", |it| it.lines.push(line("1 USD", "1", standard("19"))), "line 2 is in another currency"),
        ("paid in another", |it| it.paid = Some(money("1 USD")), "the amount that was paid"),
        ("nothing of it", |it| it.lines[0].quantity = Decimal::ZERO, "line 1 has a quantity"),
        ("below zero", |it| it.lines[0].price = Rate::new(decimal("-1"), Currency::EUR), "line 1 has a quantity"),
        ("only given back", |it| it.lines[0].quantity = decimal("-1"), "more than everything together"),
        (
            "given back, and less",
            |it| {
                it.lines.push(line("10 EUR", "-1", standard("19")));
                it.lines[1].discount = Some(money("1.00 EUR"));
            },
            "line 2 has a quantity",
        ),
        ("more off than there is", |it| it.lines[0].discount = Some(money("100.01 EUR")), "line 1 has a quantity"),
        ("more paid than due", |it| it.paid = Some(money("119.01 EUR")), "more than everything together"),
        ("backwards", |it| it.lines[0].period = Some((it.issued_on, Date::MIN)), "line 1 ends before it begins"),
        (
            "to no account",
            |it| it.payment = Payment::Transfer { iban: " ".into(), bic: None, reference: String::new() },
            "to which account",
        ),
        (
            "a whole card",
            |it| it.payment = Payment::Card { last4: "4242424242424242".into() },
            "by its last four digits",
        ),
        ("too large", |it| it.lines[0].quantity = decimal("1000000000000"), "too large"),
        ("more than all of it", |it| it.lines[0].tax = standard("101"), "a tax of 101 %"),
        ("too long", |it| it.customer.name = "x".repeat(501), "too long; at most 500 letters"),
        ("too many", |it| it.lines = vec![it.lines[0].clone(); 501], "501 lines are too many"),
    ];
    for (name, change, expected) in rows {
        let mut document = at_home();
        change(&mut document);
        let refusal = Sound::of(document, &policy).map(|_| ()).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{name}: {refusal}");
    }
}

#[test]
fn a_tax_is_rounded_once_over_all_that_is_taxed_alike() {
    let policy = policy();
    let sums = |document: TaxDocument| {
        let sound = Sound::of(document, &policy).unwrap();
        let totals = sound.totals();
        [totals.net, totals.tax, totals.gross, totals.rounding, totals.due]
            .map(|sum| sum.amount().to_string())
            .join(" ")
    };
    // Three lines of 0.13 at 19 % are 0.0247 each: line by line 0.06, together 0.0741.
    let mut small = at_home();
    small.lines = vec![line("0.13 EUR", "1", standard("19")); 3];
    let mut fine = at_home();
    fine.lines = vec![line("0.0033 EUR", "1000", standard("19")), line("10 EUR", "1", standard("7.0"))];
    fine.lines.push(line("5 EUR", "2", standard("7")));
    let mut less = at_home();
    less.discounts = vec![Discount { amount: money("10.00 EUR"), reason: "loyal".into(), tax: standard("19") }];
    less.paid = Some(money("7.10 EUR"));
    let mut back = at_home();
    back.lines.push(line("20 EUR", "-1.5", standard("19")));
    let mut by_card = swiss();
    by_card.payment = Payment::Card { last4: "4242".into() };
    let mut yen = at_home();
    yen.currency = currency("JPY");
    yen.lines = vec![line("1005 JPY", "1", standard("19"))];
    yen.books = Some(Books { rate: decimal("0.0061"), ..in_dollars().books.unwrap() });
    let rows = [
        ("at home", at_home(), "100.00 19.00 119.00 0.00 119.00"),
        ("reverse charge", reverse(), "100.00 0.00 100.00 0.00 100.00"),
        ("small amounts", small, "0.39 0.07 0.46 0.00 0.46"),
        ("prices finer than a coin, two rates", fine, "23.30 2.03 25.33 0.00 25.33"),
        ("a discount, and some paid", less, "90.00 17.10 107.10 0.00 100.00"),
        ("some given back", back, "70.00 13.30 83.30 0.00 83.30"),
        ("Swiss coins", swiss(), "99.98 8.10 108.08 0.02 108.10"),
        ("no coins in a card", by_card, "99.98 8.10 108.08 0.00 108.08"),
        ("sales tax", american(), "100.00 7.25 107.25 0.00 107.25"),
        ("a currency without digits", yen, "1005 191 1196 0 1196"),
    ];
    for (name, document, expected) in rows {
        assert_eq!(sums(document), expected, "{name}");
    }
    let sound = Sound::of(in_dollars(), &policy).unwrap();
    assert_eq!(sound.totals().own_tax, Some(money("17.51 EUR")));
    assert_eq!(sound.totals().groups.len(), 1);
}

#[test]
fn a_policy_that_would_forget_something_is_refused() {
    for (from, to, expected) in [
        ("why = \"What the law", "why = \"\" # ", "it has no `why`"),
        ("lines_at_most = 500", "lines_at_most = 0", "`lines_at_most` is 1 to 1000"),
        ("\"zero\", \"exempt\", \"reverse_charge\"", "\"nought\"", "no tax is called `nought`"),
        ("GB = \"GBP\"", "FR = \"EUR\"", "`FR` has two laws"),
        ("reverse_charge = \"Reverse", "# ", "a reverse charge has no sentence"),
        ("step = \"0.05\"", "step = \"0\"", "a coin is above zero"),
        ("when = \"credit_note\"", "when = \"exempt\"", "a credit note must name what it corrects"),
        ("id = \"uk\"", "id = \"eu\"", "`eu` is used twice"),
    ] {
        let refused = read("documents", &SHIPPED.replacen(from, to, 1), DocumentPolicy::lint).err();
        assert_eq!(refused.map(|refused| refused.message).as_deref(), Some(expected), "{from}");
    }
}

#[test]
fn a_document_is_stored_as_it_was_made() {
    let document =
        TaxDocument { supplied: Some(Supplied::Between(at_home().issued_on, at_home().issued_on)), ..credit() };
    let json = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<TaxDocument>(&json).unwrap(), document);
}
