//! What each kind becomes at chargebee, and what its answers mean.

use super::*;
use crate::{Found, Look, example};
use domain::action::Action;
use domain::approval::Approved;
use domain::book::{Invoice, Payment, Touched};
use domain::id::{AccountId, ActionId};
use domain::money::Currency;
use jiff::Timestamp;
use serde_json::json;

const ITEMS: &str = r#"{"subscription":{"id":"sub_1","status":"active","subscription_items":[
    {"item_price_id":"pro-usd","item_type":"plan","quantity":5},{"item_price_id":"sso-usd","item_type":"addon","quantity":1},
    {"item_price_id":"api-usd","item_type":"addon","metered_quantity":"12"}]}}"#;
const PLANS: &str = r#"{"subscription":{"id":"sub_1","status":"active","plan_id":"pro","plan_quantity":1,
    "addons":[{"id":"sso","quantity":1},{"id":"disk","quantity":3}]}}"#;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn account() -> AccountId {
    AccountId::of("chargebee", "acme", "cb_1")
}

fn id() -> ActionId {
    ActionId::of(&account(), "luis", "k")
}

fn approve(kind: Kind) -> Approved<Action> {
    example::decided(&account(), kind, Reason::ServiceOutage, Timestamp::UNIX_EPOCH)
}

/// Payment `txn_1` pays invoice `6`, payment `txn_2` pays none; 35.70 USD are due on invoice `6`.
fn records() -> Touched {
    let stamp = json!(["2026-03-01T00:00:00Z", 0, "ev_1"]);
    let payment = json!({"id": "txn_1", "invoice": [stamp, "6"]});
    let invoice = json!({"id": "6", "remaining": [stamp, usd(3570)]});
    let payment: Payment = serde_json::from_value(payment).unwrap();
    let invoice: Invoice = serde_json::from_value(invoice).unwrap();
    Touched {
        payments: [("txn_1".to_owned(), payment), ("txn_2".to_owned(), Payment::new("txn_2"))].into(),
        invoices: [("6".to_owned(), invoice)].into(),
        ..Touched::default()
    }
}

/// Asks with an order; `before` is what was noted.
fn with<T>(kind: &Kind, before: Option<&str>, ask: impl FnOnce(&Order<'_>) -> T) -> T {
    let (action, records) = (approve(kind.clone()), records());
    let now = time("2026-03-01T12:00:00Z");
    ask(&Order {
        action: &action,
        customer: "cb_1",
        records: &records,
        key: "key",
        before,
        webhook: None,
        since: now,
        now,
    })
}

fn ok(body: &str) -> Reply {
    Reply { status: 200, body: body.to_owned() }
}

fn failed(status: u16, code: &str) -> Reply {
    Reply { status, body: json!({"api_error_code": code, "message": "Sorry"}).to_string() }
}

fn asked(kind: &Kind, replies: &[Reply]) -> Act {
    with(kind, None, |order| act(order, replies))
}

/// A request on one line, with `ACT` for our id; or how it ended.
fn line(act: Act) -> String {
    match act {
        Act::Send(call) => {
            let pairs = form_urlencoded::parse(call.body.as_bytes()).map(|(name, value)| format!(" {name}={value}"));
            let key = call.idempotency_key.map(|key| format!(" ({key})")).unwrap_or_default();
            format!("{} {}{}{key}", call.method, call.path, pairs.collect::<String>()).replace(id().as_str(), "ACT")
        }
        Act::Ended(Answer::Unsupported { instead }) => instead,
        Act::Ended(answer) => format!("{answer:?}"),
    }
}

fn cancel(when: When) -> Kind {
    Kind::Cancel { subscription: "sub_1".into(), when, asked_at: Timestamp::UNIX_EPOCH }
}

fn addons(list: &[(&str, u32)]) -> Kind {
    let addons = list.iter().map(|(price, quantity)| Addon { price: (*price).into(), quantity: *quantity }).collect();
    Kind::ChangeAddons { subscription: "sub_1".into(), addons, price: None, at: Timestamp::UNIX_EPOCH }
}

fn plan(now: bool, plan: &str) -> Kind {
    let (subscription, plan, price, at) = ("sub_1".into(), plan.into(), usd(9900), Timestamp::UNIX_EPOCH);
    if now {
        Kind::Upgrade { subscription, plan, price, at }
    } else {
        Kind::Downgrade { subscription, plan, price, at }
    }
}

fn seats(seats: u32) -> Kind {
    Kind::AdjustSeats { subscription: "sub_1".into(), seats, price: None, at: Timestamp::UNIX_EPOCH }
}

fn discount() -> Kind {
    Kind::Discount { subscription: "sub_1".into(), percent: "12.50".parse().unwrap(), price: None }
}

fn refund(payment: &str) -> Kind {
    Kind::Refund { payment: payment.into(), amount: usd(2400) }
}

fn retry() -> Kind {
    Kind::RetryPayment { invoice: "6".into(), amount: None, card: None }
}

#[test]
fn what_takes_one_request_is_asked_for_at_once() {
    let (invoice, subscription) = (|| "6".to_owned(), || "sub_1".to_owned());
    for (kind, expected) in [
        (
            Kind::PaymentLink { invoice: invoice(), amount: None },
            "POST /api/v2/hosted_pages/collect_now customer[id]=cb_1 (key)",
        ),
        (
            Kind::PaymentLink { invoice: invoice(), amount: Some(usd(3570)) },
            "POST /api/v2/hosted_pages/collect_now customer[id]=cb_1 (key)",
        ),
        (Kind::UpdatePaymentMethod {}, "POST /api/v2/hosted_pages/manage_payment_sources customer[id]=cb_1 (key)"),
        (Kind::ResendInvoice { invoice: invoice() }, "POST /api/v2/invoices/6/pdf (key)"),
        (Kind::TaxInvoice { invoice: "a/b".into() }, "POST /api/v2/invoices/a%2Fb/pdf (key)"),
        (refund("txn_2"), "POST /api/v2/transactions/txn_2/refund comment=ACT amount=2400 (key)"),
        (
            Kind::Credit { amount: usd(500) },
            "POST /api/v2/promotional_credits/add customer_id=cb_1 amount=500 currency_code=USD description=Credit reference=ACT (key)",
        ),
        (retry(), "POST /api/v2/invoices/6/collect_payment comment=ACT (key)"),
        (
            Kind::RetryPayment { invoice: invoice(), amount: Some(usd(100)), card: None },
            "POST /api/v2/invoices/6/collect_payment comment=ACT amount=100 (key)",
        ),
        (
            Kind::RetryPayment { invoice: invoice(), amount: None, card: Some("pm_2".into()) },
            "POST /api/v2/invoices/6/collect_payment comment=ACT payment_source_id=pm_2 (key)",
        ),
        (
            Kind::RetryPayment { invoice: invoice(), amount: None, card: Some("cb_1".into()) },
            "POST /api/v2/invoices/6/collect_payment comment=ACT (key)",
        ),
        (
            Kind::MarkPaid { invoice: invoice(), amount: usd(3570) },
            "POST /api/v2/invoices/6/record_payment comment=ACT transaction[amount]=3570 transaction[payment_method]=other \
             transaction[reference_number]=ACT transaction[date]=0 (key)",
        ),
        (
            Kind::WriteOff { invoice: invoice(), amount: usd(3570) },
            "POST /api/v2/invoices/6/write_off comment=ACT (key)",
        ),
        (Kind::VoidInvoice { invoice: invoice(), amount: usd(3570) }, "POST /api/v2/invoices/6/void comment=ACT (key)"),
        (
            Kind::ExtendTrial { subscription: subscription(), days: 7, until: time("2026-03-08T12:00:00Z") },
            "POST /api/v2/subscriptions/sub_1/change_term_end term_ends_at=1772971200 prorate=false (key)",
        ),
        (
            Kind::Pause { subscription: subscription() },
            "POST /api/v2/subscriptions/sub_1/pause pause_option=immediately (key)",
        ),
        (
            Kind::Resume { subscription: subscription() },
            "POST /api/v2/subscriptions/sub_1/resume resume_option=immediately (key)",
        ),
    ] {
        assert_eq!(line(asked(&kind, &[])), expected, "{}", kind.name());
    }
}

/// An invoice as Chargebee shows it, paid so often.
fn paid_by(payments: usize) -> Reply {
    let linked: Vec<_> = (0..payments)
        .map(|number| format!(r#"{{"txn_id":"txn_{number}","txn_status":"success","txn_date":1}}"#))
        .collect();
    ok(&format!(
        r#"{{"invoice":{{"id":"6","status":"paid","amount_due":0,"linked_payments":[{}]}}}}"#,
        linked.join(",")
    ))
}

#[test]
fn a_refund_names_the_payment_where_the_invoice_was_paid_twice() {
    assert_eq!(line(asked(&refund("txn_1"), &[])), "GET /api/v2/invoices/6");
    let once = "POST /api/v2/invoices/6/refund comment=ACT refund_amount=2400 customer_notes=ACT \
                credit_note[create_reason_code]=Service Unsatisfactory (key)";
    assert_eq!(line(asked(&refund("txn_1"), &[paid_by(1)])), once);
    assert_eq!(
        line(asked(&refund("txn_1"), &[paid_by(2)])),
        "POST /api/v2/transactions/txn_1/refund comment=ACT amount=2400 (key)"
    );
    assert_eq!(asked(&refund("txn_1"), &[failed(500, "")]), Act::Ended(Answer::NotNow), "nothing was asked for yet");
}

#[test]
fn a_subscription_is_read_and_then_changed_as_its_catalogue_has_it() {
    const NOW: &str = " prorate=true invoice_immediately=true end_of_term=false (key)";
    for (kind, items, plans) in [
        (
            plan(true, "team"),
            "/update_for_items subscription_items[item_price_id][0]=team subscription_items[quantity][0]=5 prorate=true \
             invoice_immediately=true end_of_term=false (key)"
                .to_owned(),
            " plan_id=team prorate=true invoice_immediately=true end_of_term=false (key)".to_owned(),
        ),
        (
            plan(false, "basic"),
            "/update_for_items subscription_items[item_price_id][0]=basic subscription_items[quantity][0]=5 end_of_term=true (key)"
                .to_owned(),
            " plan_id=basic end_of_term=true (key)".to_owned(),
        ),
        (
            seats(8),
            format!("/update_for_items subscription_items[item_price_id][0]=pro-usd subscription_items[quantity][0]=8{NOW}"),
            format!(" plan_id=pro plan_quantity=8{NOW}"),
        ),
        (
            addons(&[("disk", 2)]),
            format!("/update_for_items subscription_items[item_price_id][0]=disk subscription_items[quantity][0]=2{NOW}"),
            format!(" addons[id][0]=disk addons[quantity][0]=2{NOW}"),
        ),
        (
            addons(&[("sso-usd", 0), ("sso", 0)]),
            "/update_for_items subscription_items[item_price_id][0]=pro-usd subscription_items[quantity][0]=5 \
             subscription_items[item_price_id][1]=api-usd replace_items_list=true prorate=true invoice_immediately=true end_of_term=false (key)"
                .to_owned(),
            " addons[id][0]=disk addons[quantity][0]=3 replace_addon_list=true prorate=true invoice_immediately=true end_of_term=false (key)".to_owned(),
        ),
        (cancel(When::PeriodEnd), "/cancel_for_items end_of_term=true (key)".to_owned(), "/cancel end_of_term=true (key)".to_owned()),
        (
            cancel(When::Now),
            "/cancel_for_items end_of_term=false credit_option_for_current_term_charges=none (key)".to_owned(),
            "/cancel end_of_term=false credit_option_for_current_term_charges=none (key)".to_owned(),
        ),
        (
            Kind::ForceCancel { subscription: "sub_1".into() },
            "/cancel_for_items end_of_term=false credit_option_for_current_term_charges=none (key)".to_owned(),
            "/cancel end_of_term=false credit_option_for_current_term_charges=none (key)".to_owned(),
        ),
    ] {
        assert_eq!(line(asked(&kind, &[])), "GET /api/v2/subscriptions/sub_1", "{}", kind.name());
        for (had, expected) in [(ITEMS, items), (PLANS, plans)] {
            assert_eq!(line(asked(&kind, &[ok(had)])), format!("POST /api/v2/subscriptions/sub_1{expected}"), "{}", kind.name());
            let ended = asked(&kind, &[ok(had), ok(had)]);
            assert!(matches!(ended, Act::Ended(Answer::Done(effect)) if effect.reference == "sub_1"), "{}", kind.name());
            assert_eq!(asked(&kind, &[ok(had), failed(500, "internal_error")]), Act::Ended(Answer::Unknown), "{}", kind.name());
        }
        assert_eq!(asked(&kind, &[failed(503, "")]), Act::Ended(Answer::NotNow), "nothing was sent: {}", kind.name());
    }
    assert!(line(asked(&seats(8), &[ok(r#"{"subscription":{"id":"sub_1"}}"#)])).contains("has no plan"));
}

#[test]
fn a_discount_is_a_coupon_and_then_the_subscription_that_has_it() {
    let coupon = "id=ACT name=Recoup ACT invoice_name=12.5% off discount_type=percentage discount_percentage=12.5 \
                  apply_on=invoice_amount duration_type=forever (key)";
    for (had, coupons, update) in [(ITEMS, "coupons/create_for_items", "/update_for_items"), (PLANS, "coupons", "")] {
        assert_eq!(line(asked(&discount(), &[])), "GET /api/v2/subscriptions/sub_1");
        assert_eq!(line(asked(&discount(), &[ok(had)])), format!("POST /api/v2/{coupons} {coupon}"));
        let expected = format!("POST /api/v2/subscriptions/sub_1{update} coupon_ids[0]=ACT end_of_term=false (key-2)");
        assert_eq!(line(asked(&discount(), &[ok(had), ok("{}")])), expected);
        assert_eq!(line(asked(&discount(), &[ok(had), failed(400, "duplicate_entry")])), expected, "it exists already");
        assert!(matches!(
            asked(&discount(), &[ok(had), failed(400, "param_wrong_value")]),
            Act::Ended(Answer::Refused { .. })
        ));
        assert!(matches!(asked(&discount(), &[ok(had), ok("{}"), ok(had)]), Act::Ended(Answer::Done(_))));
    }
}

#[test]
fn what_its_api_cannot_do_a_person_can() {
    let part = Kind::PaymentLink { invoice: "6".into(), amount: Some(usd(1000)) };
    assert!(line(asked(&part, &[])).contains("not for 10.00 USD of invoice 6"));
    let defer = Kind::Defer { invoice: "6".into(), days: 14, until: "2026-03-15".parse().unwrap() };
    assert!(line(asked(&defer, &[])).contains("open invoice 6, choose Pause dunning, and give 2026-03-15"));
    assert_eq!(line(asked(&Kind::Bundle { actions: vec![] }, &[])), "Recoup does this itself.");
    assert_eq!(line(asked(&Kind::ExtendGrace { invoice: "6".into(), days: 3 }, &[])), "Recoup does this itself.");
}

#[test]
fn each_answer_has_one_meaning() {
    let done = |reference: &str, status: &str| {
        Answer::Done(Effect {
            reference: reference.into(),
            status: status.into(),
            made_at: Some(time("2026-03-01T12:00:00Z")),
            link: None,
            seen: Vec::new(),
        })
    };
    let refused = |code: &str, message: &str| Answer::Refused { code: code.into(), message: message.into() };
    let transaction =
        |status: &str| ok(&format!(r#"{{"transaction":{{"id":"txn_9","status":"{status}","date":1772366400}}}}"#));
    for (name, reply, expected) in [
        ("done", transaction("success"), done("txn_9", "succeeded")),
        ("on its way", transaction("in_progress"), done("txn_9", "in_progress")),
        (
            "the gateway refused",
            transaction("failure"),
            refused("transaction_failed", "the payment gateway did not do it"),
        ),
        ("the gateway was silent", transaction("timeout"), Answer::Unknown),
        ("refused", failed(400, "payment_processing_failed"), refused("payment_processing_failed", "Sorry")),
        ("not there", failed(404, "resource_not_found"), refused("resource_not_found", "Sorry")),
        (
            "the state forbids it",
            failed(409, "invalid_state_for_request"),
            refused("invalid_state_for_request", "Sorry"),
        ),
        ("somebody else holds it", failed(409, "lock_timeout"), Answer::NotNow),
        ("too quick", failed(429, "api_request_limit_exceeded"), Answer::NotNow),
        (
            "refused without words",
            Reply { status: 403, body: "no".into() },
            refused("http_403", "Chargebee gave no reason"),
        ),
        ("broken", failed(500, "internal_error"), Answer::Unknown),
        ("unreadable", ok("<html>"), Answer::Unknown),
        ("something else", ok("{}"), Answer::Unknown),
    ] {
        assert_eq!(asked(&refund("txn_1"), &[paid_by(1), reply]), Act::Ended(expected), "{name}");
    }
}

#[test]
fn links_are_given_on() {
    let page =
        ok(r#"{"hosted_page":{"id":"hp_1","url":"https://acme.chargebee.com/pages/v3/hp_1/","state":"created"}}"#);
    let Act::Ended(Answer::Done(effect)) = asked(&Kind::UpdatePaymentMethod {}, &[page]) else { panic!("a page") };
    assert_eq!(
        (effect.reference.as_str(), effect.link.as_deref()),
        ("hp_1", Some("https://acme.chargebee.com/pages/v3/hp_1/"))
    );
    let pdf = ok(r#"{"download":{"download_url":"https://acme.chargebee.com/x.pdf","valid_till":1772370000}}"#);
    let Act::Ended(Answer::Done(effect)) = asked(&Kind::TaxInvoice { invoice: "6".into() }, &[pdf]) else {
        panic!("a document")
    };
    assert_eq!((effect.reference.as_str(), effect.link.as_deref()), ("6", Some("https://acme.chargebee.com/x.pdf")));
}

/// What a look-up ends with, in a word and what goes with it.
fn word(look: Look) -> String {
    match look {
        Look::Ask(call) => call.path,
        Look::Found(Found::Done(effect)) => format!("done {}", effect.reference),
        Look::Found(Found::Failed { code, .. }) => format!("failed {code}"),
        Look::Found(Found::NotThere { note }) => {
            format!("not there {}", note.unwrap_or_default()).trim_end().to_owned()
        }
        Look::Found(Found::Unclear { .. }) => "unclear".to_owned(),
        Look::Found(Found::Unknown) => "unknown".to_owned(),
    }
}

fn looked(kind: &Kind, before: Option<&str>, replies: &[Reply]) -> String {
    with(kind, before, |order| word(look::look(order, replies))).replace(id().as_str(), "ACT")
}

#[test]
fn a_refund_is_ours_if_more_went_back_and_the_credit_note_names_it() {
    let paid = |refunds: &str| {
        ok(&format!(r#"{{"transaction":{{"id":"txn_1","status":"success","linked_refunds":[{refunds}]}}}}"#))
    };
    let (old, new) = (
        r#"{"txn_id":"txn_5","txn_status":"success","txn_amount":100}"#,
        r#"{"txn_id":"txn_9","txn_status":"success","txn_amount":2400}"#,
    );
    let failed_one = r#"{"txn_id":"txn_8","txn_status":"failure","txn_amount":2400}"#;
    let note = |status: &str, note: &str, refunds: &str| {
        format!(
            r#"{{"credit_note":{{"id":"CN-1","status":"{status}","notes":[{{"note":"{note}"}}],"linked_refunds":[{refunds}]}}}}"#
        )
    };
    let listed = |notes: &[String]| ok(&format!(r#"{{"list":[{}]}}"#, notes.join(",")));
    let notes = |text: &str| listed(&[note("refunded", text, new)]);
    let ours = |status: &str, refunds: &str| note(status, id().as_str(), refunds);
    let tried = |status: &str, txn_date: i64| {
        format!(r#"{{"txn_id":"txn_8","txn_status":"{status}","txn_amount":2400,"txn_date":{txn_date}}}"#)
    };
    let since = time("2026-03-01T12:00:00Z").as_second();
    let both = format!("{old},{new}");
    let kind = refund("txn_1");
    assert!(looks_first(&kind) && looks_first(&retry()) && !looks_first(&Kind::Credit { amount: usd(1) }));
    let credit_notes = "/api/v2/credit_notes?limit=100&reference_invoice_id%5Bis%5D=6";
    for (name, before, replies, expected) in [
        ("asked", None, vec![], "/api/v2/transactions/txn_1"),
        ("before it is sent", None, vec![paid(old)], "not there 100"),
        ("nothing grew", Some("100"), vec![paid(old)], credit_notes),
        ("nothing happened", Some("100"), vec![paid(old), notes("act_other")], "not there 100"),
        ("it gave another payment back", Some("100"), vec![paid(old), notes(id().as_str())], "done txn_9"),
        ("a try failed", Some("100"), vec![paid(&format!("{old},{failed_one}")), notes("act_other")], "not there 100"),
        (
            "a try of another sum failed",
            Some("0"),
            vec![paid(&tried("failure", since).replace("2400", "2300")), notes("act_other")],
            "not there 0",
        ),
        (
            "a try of this sum failed before",
            Some("0"),
            vec![paid(&tried("failure", since - 3600)), notes("act_other")],
            "not there 0",
        ),
        (
            "a try of this sum failed since",
            Some("0"),
            vec![paid(&tried("failure", since)), notes("act_other")],
            "failed transaction_failed",
        ),
        (
            "nothing came back of it",
            Some("0"),
            vec![paid(&tried("timeout", since)), notes("act_other")],
            "failed transaction_failed",
        ),
        (
            "ours has failed",
            Some("100"),
            vec![paid(old), listed(&[ours("refund_due", &tried("failure", since))])],
            "failed transaction_failed",
        ),
        (
            "ours had no answer",
            Some("100"),
            vec![paid(old), listed(&[ours("refund_due", &tried("timeout", since))])],
            "failed transaction_failed",
        ),
        (
            "ours failed late",
            Some("100"),
            vec![paid(old), listed(&[ours("refund_due", &tried("late_failure", since))])],
            "failed transaction_failed",
        ),
        (
            "ours is on its way",
            Some("100"),
            vec![paid(&both), listed(&[ours("refund_due", &tried("in_progress", since))])],
            "done txn_8",
        ),
        (
            "ours failed and was done then",
            Some("100"),
            vec![paid(&both), listed(&[ours("refund_due", &format!("{},{new}", tried("failure", since)))])],
            "done txn_9",
        ),
        (
            "ours failed, and another of ours was done",
            Some("100"),
            vec![paid(&both), listed(&[ours("refund_due", &tried("failure", since)), ours("refunded", new)])],
            "done txn_9",
        ),
        ("ours was voided", Some("100"), vec![paid(old), listed(&[ours("voided", new)])], "not there 100"),
        ("ours waits", Some("100"), vec![paid(old), listed(&[ours("refund_due", "")])], "unclear"),
        ("ours says no more", Some("100"), vec![paid(old), listed(&[ours("refunded", "")])], "done CN-1"),
        ("something happened", Some("100"), vec![paid(&both)], credit_notes),
        ("it was ours", Some("100"), vec![paid(&both), notes(id().as_str())], "done txn_9"),
        ("it was somebody else's", Some("100"), vec![paid(&both), notes("act_other")], "unclear"),
        ("no answer", Some("100"), vec![failed(500, "")], "unknown"),
        ("no second answer", Some("100"), vec![paid(&both), failed(500, "")], "unknown"),
    ] {
        assert_eq!(looked(&kind, before, &replies), expected, "{name}");
    }
    assert_eq!(looked(&refund("txn_2"), Some("0"), &[paid(new)]), "unclear", "no invoice, no credit note");
    let failed = paid(&tried("failure", since));
    assert_eq!(looked(&refund("txn_2"), Some("0"), &[failed]), "failed transaction_failed", "no credit note either");
}

#[test]
fn a_retry_is_told_by_the_number_of_tries() {
    let invoice = |due: i64, last: &str| {
        ok(&format!(
            r#"{{"invoice":{{"id":"6","status":"payment_due","amount_due":{due},"linked_payments":[
            {{"txn_id":"txn_1","txn_status":"failure","txn_date":1}}{last}]}}}}"#
        ))
    };
    let (failure, success) = (
        r#",{"txn_id":"txn_2","txn_status":"failure","txn_date":2}"#,
        r#",{"txn_id":"txn_2","txn_status":"success","txn_date":2}"#,
    );
    for (name, before, replies, expected) in [
        ("asked", None, vec![], "/api/v2/invoices/6"),
        ("before it is sent", None, vec![invoice(0, "")], "not there 1"),
        ("nothing happened", Some("1"), vec![invoice(100, "")], "not there 1"),
        ("it failed", Some("1"), vec![invoice(100, failure)], "failed payment_processing_failed"),
        ("it worked", Some("1"), vec![invoice(0, success)], "done txn_2"),
        ("it worked for a part", Some("1"), vec![invoice(50, success)], "done txn_2"),
        ("no answer", Some("1"), vec![failed(404, "resource_not_found")], "unknown"),
    ] {
        assert_eq!(looked(&retry(), before, &replies), expected, "{name}");
    }
}

#[test]
fn our_id_in_a_list_says_that_it_was_done() {
    let credit = Kind::Credit { amount: usd(500) };
    let credits = |reference: &str| {
        ok(&format!(r#"{{"list":[{{"promotional_credit":{{"id":"pc_1","reference":"{reference}"}}}}]}}"#))
    };
    let path = "/api/v2/promotional_credits?limit=100&customer_id%5Bis%5D=cb_1&created_at%5Bafter%5D=1772366100";
    assert_eq!(looked(&credit, None, &[]), path);
    assert_eq!(looked(&credit, None, &[credits(id().as_str())]), "done pc_1");
    assert_eq!(looked(&credit, None, &[credits("act_other")]), "not there");
    let mark = Kind::MarkPaid { invoice: "6".into(), amount: usd(3570) };
    assert_eq!(looked(&mark, None, &[]), "/api/v2/transactions?limit=100&reference_number%5Bis%5D=ACT");
    let entry =
        format!(r#"{{"list":[{{"transaction":{{"id":"txn_9","status":"success","reference_number":"{}"}}}}]}}"#, id());
    assert_eq!(looked(&mark, None, &[ok(&entry)]), "done txn_9");
    assert_eq!(looked(&mark, None, &[ok(r#"{"list":[]}"#)]), "not there");
    assert_eq!(looked(&mark, None, &[failed(429, "api_request_limit_exceeded")]), "unknown");
}

#[test]
fn a_state_is_as_wanted_or_it_was_not_done() {
    let subscription = |fields: &str| ok(&format!(r#"{{"subscription":{{"id":"sub_1",{fields}}}}}"#));
    let invoice = |fields: &str| ok(&format!(r#"{{"invoice":{{"id":"6",{fields}}}}}"#));
    let trial = Kind::ExtendTrial { subscription: "sub_1".into(), days: 7, until: time("2026-03-08T12:00:00Z") };
    let (pause, resume) = (Kind::Pause { subscription: "sub_1".into() }, Kind::Resume { subscription: "sub_1".into() });
    let (write_off, void) = (
        Kind::WriteOff { invoice: "6".into(), amount: usd(1) },
        Kind::VoidInvoice { invoice: "6".into(), amount: usd(1) },
    );
    let coupon = format!(r#""coupons":[{{"coupon_id":"{}"}}]"#, id());
    for (name, kind, yes, no) in [
        (
            "trial",
            trial,
            subscription(r#""status":"in_trial","trial_end":1772971200"#),
            subscription(r#""status":"in_trial","trial_end":1"#),
        ),
        ("pause", pause, subscription(r#""status":"paused""#), subscription(r#""status":"active""#)),
        ("resume", resume, subscription(r#""status":"active""#), subscription(r#""status":"paused""#)),
        ("upgrade", plan(true, "pro"), ok(PLANS), ok(ITEMS)),
        ("seats", seats(5), ok(ITEMS), ok(PLANS)),
        ("add-ons", addons(&[("disk", 3), ("api", 0)]), ok(PLANS), ok(ITEMS)),
        ("discount", discount(), subscription(&coupon), ok(ITEMS)),
        ("cancel later", cancel(When::PeriodEnd), subscription(r#""status":"non_renewing""#), ok(ITEMS)),
        (
            "cancel now",
            cancel(When::Now),
            subscription(r#""status":"cancelled""#),
            subscription(r#""status":"non_renewing""#),
        ),
        (
            "write off",
            write_off,
            invoice(r#""status":"paid","write_off_amount":100"#),
            invoice(r#""status":"payment_due""#),
        ),
        ("void", void, invoice(r#""status":"voided""#), invoice(r#""status":"paid""#)),
    ] {
        assert!(looked(&kind, None, &[]).starts_with("/api/v2/"), "{name}");
        assert!(looked(&kind, None, &[yes]).starts_with("done "), "{name}");
        assert_eq!(looked(&kind, None, &[no]), "not there", "{name}");
        assert_eq!(looked(&kind, None, &[ok("{}")]), "unknown", "{name}");
    }
    assert_eq!(looked(&Kind::UpdatePaymentMethod {}, None, &[]), "not there");
}

#[test]
fn a_downgrade_may_wait_for_the_end_of_the_term() {
    let kind = plan(false, "basic");
    let waiting = ok(r#"{"subscription":{"id":"sub_1","plan_id":"pro","has_scheduled_changes":true}}"#);
    let basic = ok(r#"{"subscription":{"id":"sub_1","plan_id":"basic"}}"#);
    for (name, replies, expected) in [
        ("asked", vec![], "/api/v2/subscriptions/sub_1"),
        ("done already", vec![basic.clone()], "done sub_1"),
        ("nothing waits", vec![ok(PLANS)], "not there"),
        ("something waits", vec![waiting.clone()], "/api/v2/subscriptions/sub_1/retrieve_with_scheduled_changes"),
        ("it waits", vec![waiting.clone(), basic], "done sub_1"),
        ("something else waits", vec![waiting, ok(PLANS)], "not there"),
    ] {
        assert_eq!(looked(&kind, None, &replies), expected, "{name}");
    }
}
