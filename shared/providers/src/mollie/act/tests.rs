//! What each kind becomes at mollie, and what its answers mean.

use super::*;
use crate::{Found, Look, example};
use domain::action::{Action, Addon, Reason, When};
use domain::approval::Approved;
use domain::book::Touched;
use domain::id::{AccountId, ActionId};

const NOW: &str = "2026-03-10T12:00:00Z";
const SUBSCRIPTION: &str = "/v2/customers/cst_1/subscriptions/sub_1";

fn euros(amount: &str) -> Money {
    Money::parse(amount, Currency::parse("EUR").unwrap()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn action(kind: &Kind) -> Approved<Action> {
    example::decided(&AccountId::of("mollie", "default", "cst_1"), kind.clone(), Reason::BillingError, at(NOW))
}

fn order<'a>(action: &'a Approved<Action>, records: &'a Touched, customer: &'a str) -> Order<'a> {
    Order { action, customer, records, key: "key-1", before: None, webhook: None, since: at(NOW), now: at(NOW) }
}

/// A due item, a sales invoice, and another of which the link is known.
fn records() -> Touched {
    let mut records = Touched::default();
    let seen = |value: Value| json!([[NOW, 0, "event_1"], value]);
    for (id, remaining, link) in [
        ("tr_1", euros("25.00"), Value::Null),
        ("invoice_1", euros("107.69"), Value::Null),
        ("invoice_2", euros("9.00"), seen(json!("https://m/2"))),
    ] {
        let invoice = json!({"id": id, "remaining": seen(json!(remaining)), "pay_link": link});
        records.invoices.insert(id.to_owned(), serde_json::from_value(invoice).unwrap());
    }
    records
}

fn asked(kind: &Kind) -> Act {
    let (action, records) = (action(kind), records());
    act(&order(&action, &records, "cst_1"), &[])
}

fn answered(kind: &Kind, status: u16, body: &str) -> Act {
    let (action, records) = (action(kind), records());
    act(&order(&action, &records, "cst_1"), &[Reply { status, body: body.to_owned() }])
}

fn looked(kind: &Kind, status: u16, body: &str) -> Look {
    let (action, records) = (action(kind), records());
    look::look(
        &order(&action, &records, "cst_1"),
        &[Reply { status, body: body.replace("OURS", action.inner().id.as_str()) }],
    )
}

fn refund() -> Kind {
    Kind::Refund { payment: "tr_1".into(), amount: euros("24.00") }
}

fn retry() -> Kind {
    Kind::RetryPayment { invoice: "tr_1".into(), amount: None, card: None }
}

fn upgrade() -> Kind {
    Kind::Upgrade { subscription: "sub_1".into(), plan: "Pro".into(), price: euros("49.00"), at: at(NOW) }
}

fn cancel() -> Kind {
    Kind::Cancel { subscription: "sub_1".into(), when: When::PeriodEnd, asked_at: at(NOW) }
}

fn void(invoice: &str) -> Kind {
    Kind::VoidInvoice { invoice: invoice.into(), amount: euros("107.69") }
}

fn tax(invoice: &str) -> Kind {
    Kind::TaxInvoice { invoice: invoice.into() }
}

#[test]
fn each_action_is_one_request() {
    let id = ActionId::of(&AccountId::of("mollie", "default", "cst_1"), "luis", "k");
    let trial = |until: &str| Kind::ExtendTrial { subscription: "sub_1".into(), days: 7, until: at(until) };
    let seats = Kind::AdjustSeats { subscription: "sub_1".into(), seats: 3, price: Some(euros("30.00")), at: at(NOW) };
    let discount = Kind::Discount { subscription: "sub_1".into(), percent: 10.into(), price: Some(euros("22.50")) };
    let addons = vec![Addon { price: "SSO".into(), quantity: 1 }];
    let addons = Kind::ChangeAddons { subscription: "sub_1".into(), addons, price: Some(euros("30.00")), at: at(NOW) };
    let downgrade =
        Kind::Downgrade { subscription: "sub_1".into(), plan: "Basic".into(), price: euros("9.00"), at: at(NOW) };
    let paid = Kind::MarkPaid { invoice: "invoice_1".into(), amount: euros("107.69") };
    let link = Kind::PaymentLink { invoice: "tr_1".into(), amount: None };
    let amount = |value: &str| json!({"currency": "EUR", "value": value});
    let cancelled = json!({"status": "cancelled"});
    let written_off = Kind::WriteOff { invoice: "invoice_1".into(), amount: euros("107.69") };
    let force = Kind::ForceCancel { subscription: "sub_1".into() };
    let rows = [
        (
            refund(),
            "POST /v2/payments/tr_1/refunds",
            json!({"amount": amount("24.00"), "description": "Refund of tr_1", "metadata": {"recoup_action": id}}),
        ),
        (
            retry(),
            "POST /v2/customers/cst_1/payments",
            json!({
                "sequenceType": "recurring", "amount": amount("25.00"), "description": "Open payment (tr_1)",
                "metadata": {"recoup_action": id, "recoup_invoice": "tr_1"},
            }),
        ),
        (
            Kind::RetryPayment { invoice: "tr_1".into(), amount: None, card: Some("mdt_2".into()) },
            "POST /v2/customers/cst_1/payments",
            json!({
                "sequenceType": "recurring", "amount": amount("25.00"), "description": "Open payment (tr_1)",
                "metadata": {"recoup_action": id, "recoup_invoice": "tr_1"}, "mandateId": "mdt_2",
            }),
        ),
        (
            link,
            "POST /v2/payment-links",
            json!({"amount": amount("25.00"), "description": "Open payment (tr_1)", "sequenceType": "first", "customerId": "cst_1"}),
        ),
        (
            Kind::UpdatePaymentMethod {},
            "POST /v2/payment-links",
            json!({
                "amount": amount("0.01"), "description": "New payment method (0.01 EUR, charged once)", "sequenceType": "first",
                "customerId": "cst_1",
            }),
        ),
        (trial("2026-04-01T00:00:00Z"), "PATCH", json!({"startDate": "2026-04-01"})),
        (trial("2026-04-01T08:00:00Z"), "PATCH", json!({"startDate": "2026-04-02"})),
        (upgrade(), "PATCH", json!({"amount": amount("49.00"), "description": "Pro"})),
        (downgrade, "PATCH", json!({"amount": amount("9.00"), "description": "Basic"})),
        (seats, "PATCH", json!({"amount": amount("30.00")})),
        (addons, "PATCH", json!({"amount": amount("30.00")})),
        (discount, "PATCH", json!({"amount": amount("22.50")})),
        (cancel(), "DELETE", Value::Null),
        (force, "DELETE", Value::Null),
        (
            paid,
            "PATCH /v2/sales-invoices/invoice_1",
            json!({"status": "paid", "paymentDetails": {"source": "manual", "sourceReference": id}}),
        ),
        (written_off, "PATCH /v2/sales-invoices/invoice_1", cancelled.clone()),
        (void("invoice_1"), "PATCH /v2/sales-invoices/invoice_1", cancelled),
    ];
    for (kind, line, body) in rows {
        let Act::Send(call) = asked(&kind) else { panic!("{kind:?} sends nothing") };
        let line = if line.contains(' ') { line.to_owned() } else { format!("{line} {SUBSCRIPTION}") };
        assert_eq!(format!("{} {}", call.method, call.path), line, "{kind:?}");
        assert_eq!(serde_json::from_str(&call.body).unwrap_or(Value::Null), body, "{kind:?}");
        assert_eq!((call.idempotency_key.as_deref(), call.patient), (Some("key-1"), true), "{kind:?}");
    }
    let page = Kind::PaymentLink { invoice: "invoice_1".into(), amount: None };
    for kind in [page, Kind::ResendInvoice { invoice: "invoice_1".into() }, tax("invoice_1")] {
        assert_eq!(asked(&kind), Act::Send(Call::list("/v2/sales-invoices/invoice_1")), "{kind:?}");
    }
}

#[test]
fn what_mollie_cannot_do_a_person_does() {
    let subscription = || "sub_1".to_owned();
    let until = "2026-04-01".parse().unwrap();
    for (kind, words) in [
        (Kind::Credit { amount: euros("5.00") }, "lower the next amount"),
        (Kind::Pause { subscription: subscription() }, "cannot pause"),
        (Kind::Resume { subscription: subscription() }, "cannot resume"),
        (Kind::Defer { invoice: "tr_1".into(), days: 7, until }, "no due date"),
        (Kind::Defer { invoice: "invoice_1".into(), days: 7, until }, "drafts only"),
        (Kind::ResendInvoice { invoice: "tr_1".into() }, "makes no invoice"),
        (tax("tr_1"), "makes no invoice"),
        (Kind::RetryPayment { invoice: "invoice_1".into(), amount: None, card: None }, "send a payment link"),
        (Kind::RetryPayment { invoice: "tr_9".into(), amount: None, card: None }, "ask again with an amount"),
        (Kind::MarkPaid { invoice: "tr_1".into(), amount: euros("25.00") }, "in your bookkeeping"),
        (Kind::MarkPaid { invoice: "invoice_1".into(), amount: euros("7.00") }, "only as a whole"),
        (void("tr_1"), "nothing stands open"),
        (Kind::AdjustSeats { subscription: subscription(), seats: 2, price: None, at: at(NOW) }, "amounts only"),
        (Kind::Discount { subscription: subscription(), percent: 10.into(), price: None }, "no discounts"),
        (Kind::ExtendGrace { invoice: "tr_1".into(), days: 3 }, "Recoup does this itself."),
        (Kind::Refund { payment: "tr_1/../x".into(), amount: euros("1.00") }, "knows nothing under"),
    ] {
        let Act::Ended(Answer::Unsupported { instead }) = asked(&kind) else { panic!("{kind:?} is sent") };
        assert!(instead.contains(words), "{kind:?}: {instead}");
        if !matches!(kind, Kind::Refund { .. } | Kind::RetryPayment { .. } | Kind::MarkPaid { .. }) {
            assert_eq!(looked(&kind, 200, "{}"), Look::Found(Found::NotThere { note: None }), "{kind:?}");
        }
    }
    let (action, records) = (action(&upgrade()), records());
    let guest = act(&order(&action, &records, "guest:tr_1"), &[]);
    assert!(matches!(guest, Act::Ended(Answer::Unsupported { .. })), "{guest:?}");
}

#[test]
fn a_link_that_is_known_is_not_asked_for() {
    let kind = Kind::PaymentLink { invoice: "invoice_2".into(), amount: None };
    let link = Some("https://m/2".to_owned());
    let effect = Effect { reference: "invoice_2".into(), status: "open".into(), made_at: None, link, seen: Vec::new() };
    assert_eq!(asked(&kind), Act::Ended(Answer::Done(effect)));
}

#[test]
fn answers_mean_what_mollie_means() {
    let done = |reference: &str, status: &str, made_at: Option<&str>, link: Option<&str>| {
        Answer::Done(Effect {
            reference: reference.into(),
            status: status.into(),
            made_at: made_at.map(at),
            link: link.map(str::to_owned),
            seen: Vec::new(),
        })
    };
    let refused = |code: &str, message: &str| Answer::Refused { code: code.into(), message: message.into() };
    let made = r#""createdAt":"2026-03-10T12:00:00+00:00""#;
    let invoice = r#"{"id":"invoice_1","status":"issued","_links":{"pdfLink":{"href":"https://m/pdf"},
        "invoicePayment":{"href":"https://m/pay"}}}"#;
    let rows = [
        (
            refund(),
            201,
            format!(r#"{{"id":"re_1","status":"queued",{made}}}"#),
            done("re_1", "queued", Some(NOW), None),
        ),
        (
            refund(),
            201,
            format!(r#"{{"id":"re_1","status":"failed",{made}}}"#),
            refused("refund_failed", "re_1 is failed"),
        ),
        (refund(), 201, "<html>".to_owned(), Answer::Unknown),
        (
            refund(),
            422,
            r#"{"status":422,"title":"Unprocessable Entity","detail":"The amount is too high","field":"amount"}"#
                .to_owned(),
            refused("unprocessable_entity", "The amount is too high"),
        ),
        (refund(), 404, String::new(), refused("http_404", "Mollie gave no reason")),
        (refund(), 409, String::new(), Answer::NotNow),
        (refund(), 429, String::new(), Answer::NotNow),
        (refund(), 500, String::new(), Answer::Unknown),
        (
            retry(),
            201,
            format!(r#"{{"id":"tr_2","status":"failed",{made},"details":{{"failureReason":"card_expired"}}}}"#),
            refused("card_expired", "tr_2 is failed"),
        ),
        (
            retry(),
            201,
            format!(r#"{{"id":"tr_2","status":"pending",{made}}}"#),
            done("tr_2", "pending", Some(NOW), None),
        ),
        (upgrade(), 200, format!(r#"{{"id":"sub_1","status":"active",{made}}}"#), done("sub_1", "active", None, None)),
        (
            cancel(),
            200,
            format!(r#"{{"id":"sub_1","status":"canceled",{made},"canceledAt":"2026-03-10T12:00:00+00:00"}}"#),
            done("sub_1", "canceled", Some(NOW), None),
        ),
        (tax("invoice_1"), 200, invoice.to_owned(), done("invoice_1", "issued", None, Some("https://m/pdf"))),
        (
            Kind::ResendInvoice { invoice: "invoice_1".into() },
            200,
            invoice.to_owned(),
            done("invoice_1", "issued", None, Some("https://m/pay")),
        ),
        (
            Kind::UpdatePaymentMethod {},
            201,
            format!(r#"{{"id":"pl_1",{made},"_links":{{"paymentLink":{{"href":"https://m/pl"}}}}}}"#),
            done("pl_1", "open", Some(NOW), Some("https://m/pl")),
        ),
        (
            tax("invoice_1"),
            200,
            r#"{"id":"invoice_1","status":"draft","_links":{}}"#.to_owned(),
            refused("no_link", "Mollie shows no page for invoice_1, which is draft"),
        ),
    ];
    for (kind, status, body, expected) in rows {
        assert_eq!(answered(&kind, status, &body), Act::Ended(expected), "{kind:?} {status} {body}");
    }
}

#[test]
fn payments_and_refunds_are_found_by_our_id() {
    let list = |name: &str, objects: &str| format!(r#"{{"_embedded":{{"{name}":[{objects}]}}}}"#);
    let theirs = r#"{"id":"re_0","status":"refunded","metadata":{"bookkeeping_id":1}}"#;
    let ours = |status: &str| format!(r#"{{"id":"re_1","status":"{status}","metadata":{{"recoup_action":"OURS"}}}}"#);
    let not_there = Look::Found(Found::NotThere { note: None });
    assert_eq!(looked(&refund(), 200, &list("refunds", theirs)), not_there);
    let Look::Found(Found::Done(effect)) =
        looked(&refund(), 200, &list("refunds", &format!("{theirs},{}", ours("pending"))))
    else {
        panic!("not found")
    };
    assert_eq!((effect.reference.as_str(), effect.status.as_str()), ("re_1", "pending"));
    assert!(matches!(looked(&refund(), 200, &list("refunds", &ours("failed"))), Look::Found(Found::Failed { .. })));
    let both = format!("{},{}", ours("failed"), ours("paid"));
    assert!(matches!(looked(&retry(), 200, &list("payments", &both)), Look::Found(Found::Done(_))));
    for (status, body) in [(200, "<html>"), (404, "{}"), (500, "")] {
        assert_eq!(looked(&refund(), status, body), Look::Found(Found::Unknown), "{status} {body}");
    }
    let (action, records) = (action(&retry()), records());
    let question = look::look(&order(&action, &records, "cst_1"), &[]);
    assert_eq!(question, Look::Ask(Call::list("/v2/customers/cst_1/payments?limit=250")));
}

#[test]
fn what_changed_shows_in_the_object() {
    let costs = |value: &str, description: &str| {
        format!(
            r#"{{"id":"sub_1","status":"active","amount":{{"value":"{value}","currency":"EUR"}},"description":"{description}"}}"#
        )
    };
    let invoice = |status: &str| format!(r#"{{"id":"invoice_1","status":"{status}"}}"#);
    let trial = Kind::ExtendTrial { subscription: "sub_1".into(), days: 7, until: at("2026-04-01T00:00:00Z") };
    for (kind, body, done) in [
        (upgrade(), costs("49.00", "Pro"), true),
        (upgrade(), costs("49.00", "Basic"), false),
        (upgrade(), costs("25.00", "Pro"), false),
        (cancel(), r#"{"id":"sub_1","status":"canceled"}"#.to_owned(), true),
        (cancel(), r#"{"id":"sub_1","status":"active"}"#.to_owned(), false),
        (trial.clone(), r#"{"id":"sub_1","startDate":"2026-04-01"}"#.to_owned(), true),
        (trial, r#"{"id":"sub_1","startDate":"2026-03-25"}"#.to_owned(), false),
        (void("invoice_1"), invoice("canceled"), true),
        (void("invoice_1"), invoice("cancelled"), true),
        (void("invoice_1"), invoice("issued"), false),
        (Kind::MarkPaid { invoice: "invoice_1".into(), amount: euros("107.69") }, invoice("paid"), true),
    ] {
        let found = looked(&kind, 200, &body);
        assert_eq!(matches!(found, Look::Found(Found::Done(_))), done, "{kind:?} {body}");
        assert!(done || found == Look::Found(Found::NotThere { note: None }), "{kind:?} {body}");
    }
}

#[test]
fn what_is_to_be_paid_is_told_to_the_address_of_its_source() {
    let link = Kind::PaymentLink { invoice: "tr_1".into(), amount: None };
    for (kind, told) in
        [(retry(), true), (link, true), (Kind::UpdatePaymentMethod {}, true), (refund(), false), (upgrade(), false)]
    {
        let (action, records) = (action(&kind), records());
        for webhook in [Some("https://recoup.example/webhooks/mollie/default"), None] {
            let order = Order { webhook, ..order(&action, &records, "cst_1") };
            let Act::Send(call) = act(&order, &[]) else { panic!("{}", kind.name()) };
            let body: Value = serde_json::from_str(&call.body).unwrap();
            assert_eq!(body["webhookUrl"].as_str(), webhook.filter(|_| told), "{}", kind.name());
        }
    }
}
