//! What the document of a bill comes to, which is what the provider told, and why there is none.

mod chance;
mod stated;

use super::entity::{entity, rate};
use super::{currency, decimal, money, policy};
use crate::book::Invoice;
use crate::document::{Books, DocumentPolicy, Draft, LegalEntity, Sound, TaxDocument};
use crate::event::Line;
use crate::import::{Address, Customer};
use crate::money::Rate;
use jiff::civil::Date;
use serde_json::{Value, json};

/// A bill with what is known around it.
struct Scene {
    entity: LegalEntity,
    customer: Customer,
    invoice: Invoice,
    card_last4: Option<&'static str>,
    rate: Option<Books>,
}

impl Scene {
    fn draft(&self) -> Draft<'_> {
        Draft {
            entity: &self.entity,
            customer: &self.customer,
            person_name: None,
            invoice: &self.invoice,
            card_last4: self.card_last4,
            rate: self.rate.clone(),
            issued_on: Date::constant(2026, 3, 2),
        }
    }

    fn made(&self, policy: &DocumentPolicy) -> TaxDocument {
        self.draft().document(policy).unwrap()
    }

    /// Net, tax, gross and due with the taxes, or the refusal.
    fn outcome(&self, policy: &DocumentPolicy) -> String {
        let document = match self.draft().document(policy) {
            Ok(document) => document,
            Err(refusal) => return refusal.to_string(),
        };
        assert_eq!(document.number, "", "a number is given later");
        let sound = Sound::of(TaxDocument { number: "R-1".into(), ..document }, policy).unwrap();
        let totals = sound.totals();
        let sums = [totals.net, totals.tax, totals.gross, totals.due].map(|sum| sum.amount().to_string()).join(" ");
        let taxes = totals.groups.iter().map(|group| format!("{} {}", group.tax.name(), group.tax.rate()));
        format!("{sums} {}", taxes.collect::<Vec<_>>().join(", "))
    }
}

/// February's line: what it comes to, and what of it is the tax, where that is told.
fn billed(amount: &str, tax: &str) -> Line {
    Line {
        id: "il_1".into(),
        price: Some("price_1".into()),
        text: Some("Team plan".into()),
        role: None,
        unit: None,
        quantity: None,
        amount: money(amount),
        tax: (!tax.is_empty()).then(|| money(tax)),
        discount: None,
        proration: false,
        from: Some("2026-02-01T00:00:00Z".parse().unwrap()),
        to: Some("2026-03-01T00:00:00Z".parse().unwrap()),
        subscription: None,
    }
}

fn of(quantity: &str, price: &str, line: Line) -> Line {
    let unit = Rate::new(decimal(price), line.amount.currency());
    Line { quantity: Some(decimal(quantity)), unit: Some(unit), ..line }
}

fn seen(value: impl Into<Value>) -> Value {
    json!([["2026-03-02T00:00:00Z", 0, "evt_1"], value.into()])
}

fn bill(lines: &[Line], tax: &str, total: &str) -> Invoice {
    let amount = |text: &str| seen(serde_json::to_value(money(text)).unwrap());
    let tax = if tax.is_empty() { Value::Null } else { amount(tax) };
    let lines = seen(serde_json::to_value(lines).unwrap());
    let told = json!({"id": "in_1", "number": seen("A-17"), "status": seen("open"), "total": amount(total), "tax": tax,
        "remaining": amount(total), "lines": lines, "created_at": "2026-03-01T08:00:00Z", "due_on": seen("2026-03-16")});
    serde_json::from_value(told).unwrap()
}

fn customer(country: &str, tax_id: &str) -> Customer {
    let region = if country == "US" { json!("CA") } else { Value::Null };
    let address = json!({"street": ["1 Long Street"], "city": "Town", "post_code": "12345", "region": region,
        "country": country});
    let tax_id = if tax_id.is_empty() { Value::Null } else { json!(tax_id) };
    let said = json!({"provider": "stripe", "source": "default", "customer": "cus_1", "name": "Client",
        "strategic": false, "metadata": {}, "address": address, "tax_id": tax_id});
    serde_json::from_value(said).unwrap()
}

fn scene(issuer: &str, customer_in: &str, lines: &[Line], tax: &str, total: &str) -> Scene {
    let (entity, customer) = (entity(issuer), customer(customer_in, ""));
    Scene { entity, customer, invoice: bill(lines, tax, total), card_last4: None, rate: None }
}

fn exempt(scene: Scene, reason: &str) -> Scene {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    let customer = Customer { tax_exempt: Some(true), tax_exempt_reason: reason, ..scene.customer };
    Scene { customer, ..scene }
}

fn with_id(scene: Scene, tax_id: &str) -> Scene {
    Scene { customer: Customer { tax_id: Some(tax_id.into()), ..scene.customer }, ..scene }
}

fn at_home(tax: &str, total: &str) -> Scene {
    scene("DE", "DE", &[billed("100.00 EUR", "")], tax, total)
}

fn euros(rate: &str) -> Option<Books> {
    let rate_on = Date::constant(2026, 3, 2);
    Some(Books { currency: currency("EUR"), rate: decimal(rate), source: "ECB".into(), rate_on })
}

#[test]
fn a_document_comes_to_what_the_provider_told() {
    let policy = policy();
    let one = |amount: &str| [billed(amount, "")];
    let french = || scene("DE", "FR", &one("100.00 EUR"), "0.00 EUR", "100.00 EUR");
    let american = |tax: &str, total: &str| scene("US", "US", &one("100.00 USD"), tax, total);
    let less = Line { discount: Some(money("15.00 EUR")), ..of("3", "50", billed("150.00 EUR", "")) };
    let back = [billed("-20.00 EUR", ""), billed("50.00 EUR", "")];
    let two = [billed("100.00 EUR", "19.00 EUR"), billed("100.00 EUR", "7.00 EUR")];
    let gross_two = [billed("119.00 EUR", "19.00 EUR"), billed("107.00 EUR", "7.00 EUR")];
    let free = [billed("100.00 EUR", "19.00 EUR"), billed("0.00 EUR", "0.00 EUR"), two[1].clone()];
    let mut yen = scene("DE", "DE", &one("1005 JPY"), "191 JPY", "1196 JPY");
    yen.rate = euros("0.0061");
    let mut oregon = american("0.00 USD", "100.00 USD");
    oregon.customer.address.as_mut().unwrap().region = Some("OR".into());
    let mut near = scene(
        "DE",
        "DE",
        &[billed("100.00 EUR", "19.00 EUR"), billed("-99.50 EUR", "-18.90 EUR")],
        "0.10 EUR",
        "0.60 EUR",
    );
    near.entity.rates.push(rate("20", "", ""));
    let rows = [
        ("EU at home", at_home("19.00 EUR", "119.00 EUR"), "100.00 19.00 119.00 119.00 standard 19"),
        ("the lower rate", at_home("7.00 EUR", "107.00 EUR"), "100.00 7.00 107.00 107.00 standard 7"),
        ("EU, reverse charge", with_id(french(), "FR12345678901"), "100.00 0.00 100.00 100.00 reverse_charge 0"),
        (
            "a VAT ID as people write it",
            with_id(french(), "fr 12 345-678.901"),
            "100.00 0.00 100.00 100.00 reverse_charge 0",
        ),
        ("EU, export", scene("DE", "US", &one("100.00 EUR"), "", "100.00 EUR"), "100.00 0.00 100.00 100.00 export 0"),
        ("exempt at home", exempt(at_home("", "100.00 EUR"), "Article 151"), "100.00 0.00 100.00 100.00 exempt 0"),
        (
            "exempt and next door",
            exempt(with_id(french(), "FR12345678901"), "Article 151"),
            "100.00 0.00 100.00 100.00 reverse_charge 0",
        ),
        ("exempt next door, without an id", exempt(french(), "Article 151"), "100.00 0.00 100.00 100.00 exempt 0"),
        (
            "UK at home",
            scene("GB", "GB", &one("100.00 GBP"), "20.00 GBP", "120.00 GBP"),
            "100.00 20.00 120.00 120.00 standard 20",
        ),
        (
            "UK, zero-rated",
            scene("GB", "GB", &one("100.00 GBP"), "0.00 GBP", "100.00 GBP"),
            "100.00 0.00 100.00 100.00 zero 0",
        ),
        ("sales tax of the state", american("7.25 USD", "107.25 USD"), "100.00 7.25 107.25 107.25 sales_tax 7.25"),
        ("exempt in the US", exempt(american("", "100.00 USD"), "reseller"), "100.00 0.00 100.00 100.00 outside 0"),
        ("a state without a rate", oregon, "100.00 0.00 100.00 100.00 outside 0"),
        (
            "outside of the US",
            scene("US", "DE", &one("100.00 USD"), "", "100.00 USD"),
            "100.00 0.00 100.00 100.00 outside 0",
        ),
        (
            "Swiss coins",
            scene("CH", "CH", &one("99.98 CHF"), "8.10 CHF", "108.08 CHF"),
            "99.98 8.10 108.08 108.10 standard 8.1",
        ),
        (
            "Liechtenstein",
            scene("CH", "LI", &one("100.00 CHF"), "8.10 CHF", "108.10 CHF"),
            "100.00 8.10 108.10 108.10 standard 8.1",
        ),
        ("a currency without digits", yen, "1005 191 1196 1196 standard 19"),
        ("a discount", scene("DE", "DE", &[less], "25.65 EUR", "160.65 EUR"), "135.00 25.65 160.65 160.65 standard 19"),
        ("some given back", scene("DE", "DE", &back, "5.70 EUR", "35.70 EUR"), "30.00 5.70 35.70 35.70 standard 19"),
        (
            "prices with the tax in them",
            scene("DE", "DE", &one("119.00 EUR"), "19.00 EUR", "119.00 EUR"),
            "100.00 19.00 119.00 119.00 standard 19",
        ),
        (
            "two rates, told apart",
            scene("DE", "DE", &two, "26.00 EUR", "226.00 EUR"),
            "200.00 26.00 226.00 226.00 standard 19, standard 7",
        ),
        (
            "two rates, told apart by the lines alone",
            scene("DE", "DE", &two, "", "226.00 EUR"),
            "200.00 26.00 226.00 226.00 standard 19, standard 7",
        ),
        (
            "two rates in the prices",
            scene("DE", "DE", &gross_two, "26.00 EUR", "226.00 EUR"),
            "200.00 26.00 226.00 226.00 standard 19, standard 7",
        ),
        (
            "two rates, and a line of nothing",
            scene("DE", "DE", &free, "26.00 EUR", "226.00 EUR"),
            "200.00 26.00 226.00 226.00 standard 19, standard 7",
        ),
        ("two rates that come to the same, and lines that tell which", near, "0.50 0.10 0.60 0.60 standard 19"),
    ];
    for (name, scene, expected) in rows {
        assert_eq!(scene.outcome(&policy), expected, "{name}");
    }
}

type Change = fn(&mut Scene);

#[test]
fn what_cannot_be_made_says_what_to_do() {
    let policy = policy();
    let rows: [(&str, Change, &str); 33] = [
        ("not final", |it| it.invoice = told_with("status", "draft"), "not final yet"),
        ("never seen", |it| it.invoice = Invoice::new("in_1"), "not final yet"),
        ("voided", |it| it.invoice = told_with("status", "void"), "was voided"),
        (
            "a credit note stands",
            |it| drop(it.invoice.credit_notes.insert("cn_1".into(), crate::book::CreditNote::default())),
            "send the provider's two documents",
        ),
        ("more credit notes", |it| it.invoice.more_credit_notes = true, "send the provider's two documents"),
        ("no lines", |it| it.invoice = bill(&[], "19.00 EUR", "119.00 EUR"), "its lines are not known"),
        ("no total", |it| it.invoice.total = Default::default(), "its total is not known"),
        ("two currencies", |it| it.invoice.tax = bill(&[], "1 USD", "1 USD").tax, "amounts in two currencies"),
        ("a line in another", |it| it.invoice = bill(&[billed("1 USD", "")], "", "1 EUR"), "amounts in two currencies"),
        ("three digits", |it| it.invoice = bill(&[billed("1 KWD", "")], "", "1 KWD"), "`KWD` has three digits"),
        (
            "too large",
            |it| it.invoice = bill(&[billed("1000000000001 EUR", "")], "", "1000000000001 EUR"),
            "too large to be added up",
        ),
        ("a credit", |it| it.invoice = bill(&[billed("-1 EUR", "")], "", "-1 EUR"), "gives more back than it charges"),
        (
            "not adding up",
            |it| it.invoice = bill(&[billed("100 EUR", "")], "19 EUR", "118.99 EUR"),
            "its lines come to 100.00 EUR and its tax to 19.00 EUR, which is not its total of 118.99 EUR",
        ),
        (
            "a credit at one rate",
            |it| {
                let lines = [billed("100 EUR", "19 EUR"), billed("-20 EUR", "-1.40 EUR")];
                it.invoice = bill(&lines, "17.60 EUR", "97.60 EUR");
            },
            "gives more back than it charges",
        ),
        ("no tax number of ours", |it| it.entity.party.tax_id = None, "the issuer's tax number is missing"),
        ("no law", |it| it.entity.party.country = "BR".into(), "no documents are made by the law of `BR`"),
        ("no name", |it| it.customer.name = None, "the customer's name is missing"),
        ("no address", |it| it.customer.address = None, "the customer's address is missing"),
        ("no street", |it| address(it).street = vec![" ".into()], "the customer's address is missing"),
        ("no city", |it| address(it).city = None, "the customer's address is missing"),
        ("no country", |it| address(it).country = Some("Germany".into()), "the customer's country is missing"),
        ("two countries", |it| it.customer.tax_country = Some("FR".into()), "address is in DE, and FR taxes them"),
        ("nameless", |it| it.invoice = bill(&[nameless()], "19 EUR", "119 EUR"), "line 1 does not say what it is for"),
        (
            "no rate of exchange",
            |it| it.invoice = bill(&[billed("100 USD", "")], "19 USD", "119 USD"),
            "there is no rate from USD of 2026-03-02: import the rates of that day",
        ),
        (
            "a rate into another currency",
            |it| {
                it.invoice = bill(&[billed("100 USD", "")], "19 USD", "119 USD");
                it.rate = euros("0.92").map(|books| Books { currency: currency("CHF"), ..books });
            },
            "import the rates of that day",
        ),
        (
            "no state",
            |it| {
                *it = scene("US", "US", &[billed("100 USD", "")], "7.25 USD", "107.25 USD");
                address(it).region = None;
            },
            "the customer's state is missing",
        ),
        ("no VAT ID", |it| *it = untaxed("DE", "FR", ""), "no tax was taken from a customer in FR, which needs"),
        ("another's VAT ID", |it| *it = untaxed("DE", "FR", "DE123456788"), "which needs their VAT ID"),
        ("exempt, and no reason", |it| *it = exempt(untaxed("DE", "DE", ""), " "), "import `tax_exempt_reason`"),
        ("untaxed at home", |it| *it = untaxed("DE", "DE", ""), "nothing says why: import `tax_exempt`"),
        ("untaxed where tax is charged", |it| *it = untaxed("US", "US", ""), "nothing says why: import `tax_exempt`"),
        (
            "a cent too much",
            |it| it.invoice = bill(&[billed("100 EUR", "")], "19.01 EUR", "119.01 EUR"),
            "none of the legal entity's rates comes to a tax of 19.01 EUR on 100.00 EUR: add the rate",
        ),
        (
            "two rates, not told apart",
            |it| it.invoice = bill(&[billed("100 EUR", ""), billed("100 EUR", "")], "26 EUR", "226 EUR"),
            "the provider's own document has them apart: send that one",
        ),
    ];
    for (name, change, expected) in rows {
        let mut scene = at_home("19.00 EUR", "119.00 EUR");
        change(&mut scene);
        let outcome = scene.outcome(&policy);
        assert!(outcome.contains(expected), "{name}: {outcome}");
    }
}

fn told_with(field: &str, word: &str) -> Invoice {
    let mut told = serde_json::to_value(at_home("19.00 EUR", "119.00 EUR").invoice).unwrap();
    told[field] = seen(word);
    serde_json::from_value(told).unwrap()
}

fn address(scene: &mut Scene) -> &mut Address {
    scene.customer.address.as_mut().unwrap()
}

fn nameless() -> Line {
    Line { text: Some(" \n".into()), price: None, ..billed("100 EUR", "") }
}

fn untaxed(issuer: &str, customer: &str, tax_id: &str) -> Scene {
    let amount = if issuer == "US" { "100 USD" } else { "100 EUR" };
    let scene = scene(issuer, customer, &[billed(amount, "")], "", amount);
    if tax_id.is_empty() { scene } else { with_id(scene, tax_id) }
}
