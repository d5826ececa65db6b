//! How lines are stated on a document, who it is for, and how it is paid.

use super::{Scene, address, at_home, bill, billed, exempt, money, of, policy, scene, untaxed, with_id};
use crate::document::{NotDrafted, Payment, Supplied, Tax, TaxDocument};
use crate::event::Line;
use crate::import::Customer;
use jiff::civil::Date;

/// Quantity, price, discount and net of each line.
fn lines(scene: &Scene) -> Vec<String> {
    let stated = scene.made(&policy()).lines;
    let texts = stated.iter().map(|line| {
        let discount = line.discount.map(|discount| format!(" - {}", discount.amount())).unwrap_or_default();
        format!("{} x {}{discount} = {}", line.quantity, line.price.amount(), line.net().amount())
    });
    texts.collect()
}

#[test]
fn a_line_has_the_quantity_and_price_that_come_to_it() {
    let less = |line: Line, discount: &str| Line { discount: Some(money(discount)), ..line };
    let net = |line: Line, tax: &str, total: &str| scene("DE", "DE", &[line, billed("100.00 EUR", "")], tax, total);
    let plain = |amount: &str| billed(amount, "");
    let rows = [
        ("as told", net(of("3", "50", plain("150.00 EUR")), "47.50 EUR", "297.50 EUR"), "3 x 50 = 150.00"),
        (
            "finer than a coin",
            net(of("1001", "0.0015", plain("1.50 EUR")), "19.28 EUR", "120.78 EUR"),
            "1001 x 0.0015 = 1.50",
        ),
        ("without a quantity", net(plain("150.00 EUR"), "47.50 EUR", "297.50 EUR"), "1 x 150 = 150.00"),
        ("tiers", net(of("3", "60", plain("150.00 EUR")), "47.50 EUR", "297.50 EUR"), "1 x 150 = 150.00"),
        (
            "a discount",
            net(less(of("3", "50", plain("150.00 EUR")), "50.00 EUR"), "38.00 EUR", "238.00 EUR"),
            "3 x 50 - 50.00 = 100.00",
        ),
        ("given back", net(plain("-20.00 EUR"), "15.20 EUR", "95.20 EUR"), "-1 x 20 = -20.00"),
        ("three given back", net(of("3", "5", plain("-15.00 EUR")), "16.15 EUR", "101.15 EUR"), "-3 x 5 = -15.00"),
        (
            "given back, of what had a discount",
            net(less(plain("-20.00 EUR"), "-2.00 EUR"), "15.58 EUR", "97.58 EUR"),
            "-1 x 18 = -18.00",
        ),
        ("nothing", net(of("0", "5", plain("0.00 EUR")), "19.00 EUR", "119.00 EUR"), "1 x 0 = 0.00"),
    ];
    for (name, scene, expected) in rows {
        assert_eq!(lines(&scene)[0], expected, "{name}");
    }
    let gross = |all: &[Line], tax: &str, total: &str| lines(&scene("DE", "DE", all, tax, total));
    let of_units = of("3", "11.90", plain("35.70 EUR"));
    assert_eq!(gross(std::slice::from_ref(&of_units), "5.70 EUR", "35.70 EUR"), ["3 x 10 = 30.00"]);
    assert_eq!(gross(&[less(of_units, "11.90 EUR")], "3.80 EUR", "23.80 EUR"), ["3 x 6.6667 = 20.00"]);
    let three = [plain("10.00 EUR"), plain("10.00 EUR"), plain("10.00 EUR")];
    assert_eq!(gross(&three, "4.79 EUR", "30.00 EUR"), ["1 x 8.4 = 8.40", "1 x 8.41 = 8.41", "1 x 8.4 = 8.40"]);
}

#[test]
fn a_line_says_what_it_is_for_and_when() {
    let policy = policy();
    let once = Line { from: Some("2026-03-05T10:00:00Z".parse().unwrap()), text: None, ..billed("10.00 EUR", "") };
    let once = Line { to: once.from, ..once };
    let long = Line { text: Some("x\n".repeat(400)), from: None, ..billed("10.00 EUR", "") };
    let all = [billed("80.00 EUR", ""), once, long];
    let made = scene("DE", "DE", &all, "19.00 EUR", "119.00 EUR").made(&policy);
    let (first, last) = (Date::constant(2026, 2, 1), Date::constant(2026, 2, 28));
    let day = Date::constant(2026, 3, 5);
    assert_eq!(made.lines[0].period, Some((first, last)), "its last day is the one before the next period");
    assert_eq!((made.lines[1].period, made.lines[1].name.as_str()), (Some((day, day)), "price_1"));
    assert_eq!((made.lines[2].period, made.lines[2].name.chars().count()), (None, policy.text_at_most));
    assert_eq!(made.supplied, Some(Supplied::Between(first, day)));
    let timeless = Line { from: None, ..billed("100.00 EUR", "") };
    let made = scene("DE", "DE", &[timeless], "19.00 EUR", "119.00 EUR").made(&policy);
    assert_eq!(made.supplied, Some(Supplied::On(Date::constant(2026, 3, 1))), "it was billed that day");
}

#[test]
fn it_says_how_it_is_paid_or_was() {
    let policy = policy();
    let made = |change: fn(&mut Scene)| {
        let mut scene = at_home("19.00 EUR", "119.00 EUR");
        change(&mut scene);
        let TaxDocument { paid, payment, due_on, .. } = scene.made(&policy);
        assert_eq!(due_on, Some(Date::constant(2026, 3, 16)));
        (paid.map(|paid| paid.amount().to_string()), payment)
    };
    let transfer = Payment::Transfer { iban: "DE89370400440532013000".into(), bic: None, reference: "A-17".into() };
    let left = |it: &mut Scene, amount: &str| it.invoice.remaining = bill(&[], "", amount).remaining;
    assert_eq!(made(|_| {}), (None, transfer.clone()));
    let card = Payment::Card { last4: "4242".into() };
    assert_eq!(made(|it| it.card_last4 = Some("4242")), (None, card.clone()));
    assert_eq!(made(|it| it.card_last4 = Some("42")), (None, transfer.clone()));
    assert_eq!(made(|it| it.entity.payment = None), (None, Payment::Other("as agreed".into())));
    let mut part = at_home("19.00 EUR", "119.00 EUR");
    left(&mut part, "19.00 EUR");
    assert_eq!(part.outcome(&policy), "100.00 19.00 119.00 19.00 standard 19");
    assert_eq!(part.made(&policy).payment, transfer);
    let mut older = at_home("19.00 EUR", "119.00 EUR");
    left(&mut older, "150.00 EUR");
    assert_eq!(older.made(&policy).paid, None, "an older debt is none of this invoice");
    let paid = |it: &mut Scene| it.invoice.status = super::told_with("status", "paid").status;
    let mut settled = at_home("19.00 EUR", "119.00 EUR");
    paid(&mut settled);
    assert_eq!(settled.outcome(&policy), "100.00 19.00 119.00 0.00 standard 19");
    assert_eq!(settled.made(&policy).payment, Payment::Other("paid already".into()));
    settled.card_last4 = Some("4242");
    let document = settled.made(&policy);
    assert_eq!(
        (document.paid.map(|paid| paid.amount().to_string()), document.payment),
        (Some("119.00".to_owned()), card)
    );
}

#[test]
fn it_is_for_whom_the_company_s_file_names() {
    let policy = policy();
    let mut scene = with_id(at_home("19.00 EUR", "119.00 EUR"), " DE 987654321 ");
    scene.customer = Customer { legal_name: Some(" Client GmbH ".into()), ..scene.customer };
    address(&mut scene).country = Some("de".into());
    let party = scene.made(&policy).customer;
    assert_eq!((party.name.as_str(), party.country.as_str(), party.city.as_str()), ("Client GmbH", "DE", "Town"));
    assert_eq!((party.tax_id.as_deref(), party.street), (Some("DE987654321"), vec!["1 Long Street".to_owned()]));
    address(&mut scene).country = Some("Germany".into());
    scene.customer.tax_country = Some("DE".into());
    assert_eq!(scene.made(&policy).customer.country, "DE");
    (scene.customer.legal_name, scene.customer.name) = (None, None);
    assert_eq!(scene.draft().document(&policy), Err(NotDrafted::NoName));
    let draft = crate::document::Draft { person_name: Some("Ana Client"), ..scene.draft() };
    assert_eq!(draft.document(&policy).unwrap().customer.name, "Ana Client");
}

#[test]
fn what_is_not_taxed_says_why() {
    let policy = policy();
    let reason = |scene: Scene| {
        let lines = scene.made(&policy).lines;
        lines[0].tax.reason().map(str::to_owned)
    };
    let american = |customer_in: &str| scene("US", customer_in, &[billed("100.00 USD", "")], "", "100.00 USD");
    let mut oregon = american("US");
    address(&mut oregon).region = Some("OR".into());
    assert_eq!(reason(oregon).as_deref(), Some("no sales tax is charged in OR"));
    assert_eq!(reason(american("GB")).as_deref(), Some("the customer is outside the United States"));
    assert_eq!(reason(exempt(untaxed("DE", "DE", ""), " Article 151 ")).as_deref(), Some("Article 151"));
    let mut food = american("US");
    food.entity.rates = vec![super::rate("0", "CA", "software from afar is not taxed in California")];
    assert_eq!(reason(food).as_deref(), Some("software from afar is not taxed in California"));
    let taxed = scene("US", "US", &[billed("100.00 USD", "")], "7.25 USD", "107.25 USD").made(&policy);
    let tax = Tax::SalesTax { rate: "7.25".parse().unwrap(), reason: "California".into() };
    assert_eq!(taxed.lines[0].tax, tax);
}
