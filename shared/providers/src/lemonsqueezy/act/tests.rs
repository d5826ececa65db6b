//! Each action as it is sent, answered and looked up.

use super::*;
use crate::{Found, Look, example};
use domain::action::{Action, Addon, Reason, When};
use domain::approval::Approved;
use domain::book::{Invoice, Stamp, Touched};
use domain::event::{Item, Role};
use domain::id::{AccountId, ActionId};
use domain::money::Currency;
use jiff::Timestamp;

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn of(kind: Kind) -> Approved<Action> {
    example::decided(&AccountId::of("lemonsqueezy", "default", "77"), kind, Reason::BillingError, Timestamp::UNIX_EPOCH)
}

/// One subscription with an item, and its invoice over 22.61.
fn book() -> Touched {
    let stamp: Stamp = serde_json::from_str(r#"["1970-01-01T00:00:00Z",0,"e"]"#).unwrap();
    let item = Item {
        id: Some("8".into()),
        price: "3".into(),
        name: None,
        role: Role::Plan,
        unit: None,
        quantity: 5,
        interval: None,
    };
    let mut subscription = Subscription::new("5");
    subscription.items.see(&stamp, Some(vec![item]));
    let mut invoice = Invoice::new("1");
    invoice.subscription.see(&stamp, Some("5".to_owned()));
    invoice.remaining.see(&stamp, Some(usd("22.61")));
    Touched {
        invoices: [("1".to_owned(), invoice)].into(),
        subscriptions: [("5".to_owned(), subscription)].into(),
        ..Touched::default()
    }
}

fn ask<T>(kind: &Kind, records: &Touched, before: Option<&str>, question: impl FnOnce(&Order<'_>) -> T) -> T {
    let action = of(kind.clone());
    let now = at("2026-03-02T10:00:00Z");
    question(&Order { action: &action, customer: "77", records, key: "key", before, webhook: None, since: now, now })
}

fn acted(kind: &Kind, records: &Touched, replies: &[Reply]) -> Act {
    ask(kind, records, None, |order| act(order, replies))
}

fn looked(kind: &Kind, before: Option<&str>, replies: &[Reply]) -> Look {
    ask(kind, &book(), before, |order| look::look(order, replies))
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, body: body.to_string() }
}

fn shown(kind: &str, id: &str, attributes: Value) -> Reply {
    reply(200, &json!({"jsonapi": {"version": "1.0"}, "data": {"type": kind, "id": id, "attributes": attributes}}))
}

fn subscription(change: Value) -> Reply {
    let mut attributes = json!({
        "customer_id": 77, "variant_id": 9, "status": "active", "pause": null, "cancelled": false, "trial_ends_at": null,
        "first_subscription_item": {"id": 8, "subscription_id": 5, "price_id": 3, "quantity": 5},
        "urls": {"update_payment_method": "https://shop.example/pay", "customer_portal": "https://shop.example/portal"},
        "ends_at": null, "updated_at": "2026-03-02T10:00:00.000000Z",
    });
    for (name, value) in change.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    shown("subscriptions", "5", attributes)
}

fn price() -> Reply {
    shown("prices", "4", json!({"variant_id": 11, "unit_price": 4900, "updated_at": "2026-01-01T00:00:00.000000Z"}))
}

fn refund(payment: &str) -> Kind {
    Kind::Refund { payment: payment.into(), amount: usd("24.00") }
}

fn upgrade() -> Kind {
    Kind::Upgrade { subscription: "5".into(), plan: "4".into(), price: usd("49.00"), at: at("2026-03-02T10:00:00Z") }
}

fn downgrade() -> Kind {
    Kind::Downgrade { subscription: "5".into(), plan: "4".into(), price: usd("49.00"), at: at("2026-04-01T10:00:00Z") }
}

fn seats() -> Kind {
    Kind::AdjustSeats { subscription: "5".into(), seats: 7, price: None, at: at("2026-03-02T10:00:00Z") }
}

fn extend_trial() -> Kind {
    Kind::ExtendTrial { subscription: "5".into(), days: 7, until: at("2026-03-15T00:00:00Z") }
}

fn cancel(when: When) -> Kind {
    Kind::Cancel { subscription: "5".into(), when, asked_at: at("2026-03-01T00:00:00Z") }
}

fn pay_link(amount: Option<Money>) -> Kind {
    Kind::PaymentLink { invoice: "1".into(), amount }
}

#[test]
fn each_action_becomes_these_requests() {
    let (pause, resume) = (Kind::Pause { subscription: "5".into() }, Kind::Resume { subscription: "5".into() });
    let of_subscription =
        |attributes: Value| json!({"data": {"type": "subscriptions", "id": "5", "attributes": attributes}});
    let refunded = |kind: &str| json!({"data": {"type": kind, "id": "1", "attributes": {"amount": 2400}}});
    let of_item = json!({"data": {"type": "subscription-items", "id": "8", "attributes": {"quantity": 7, "invoice_immediately": true}}});
    let (none, sub, inv) = (Value::Null, "/v1/subscriptions/5", "/v1/subscription-invoices/1");
    let cancelled = subscription(json!({"status": "cancelled", "cancelled": true}));
    let paused = subscription(json!({"status": "paused", "pause": {"mode": "void", "resumes_at": null}}));
    let rows: Vec<(Kind, Vec<Reply>, &str, &str, Value)> = vec![
        (refund("orders:1"), vec![], "POST", "/v1/orders/1/refund", refunded("orders")),
        (
            refund("subscription-invoices:1"),
            vec![],
            "POST",
            "/v1/subscription-invoices/1/refund",
            refunded("subscription-invoices"),
        ),
        (pay_link(None), vec![], "GET", sub, none.clone()),
        (pay_link(Some(usd("22.61"))), vec![], "GET", sub, none.clone()),
        (Kind::ResendInvoice { invoice: "1".into() }, vec![], "GET", inv, none.clone()),
        (Kind::TaxInvoice { invoice: "1".into() }, vec![], "GET", inv, none.clone()),
        (Kind::UpdatePaymentMethod {}, vec![], "GET", sub, none.clone()),
        (extend_trial(), vec![], "PATCH", sub, of_subscription(json!({"trial_ends_at": "2026-03-15T00:00:00Z"}))),
        (pause, vec![], "PATCH", sub, of_subscription(json!({"pause": {"mode": "void"}}))),
        (resume.clone(), vec![], "GET", sub, none.clone()),
        (resume.clone(), vec![paused], "PATCH", sub, of_subscription(json!({"pause": null}))),
        (resume, vec![cancelled], "PATCH", sub, of_subscription(json!({"cancelled": false}))),
        (upgrade(), vec![], "GET", "/v1/prices/4", none.clone()),
        (
            upgrade(),
            vec![price()],
            "PATCH",
            sub,
            of_subscription(json!({"variant_id": 11, "invoice_immediately": true})),
        ),
        (
            downgrade(),
            vec![price()],
            "PATCH",
            sub,
            of_subscription(json!({"variant_id": 11, "disable_prorations": true})),
        ),
        (seats(), vec![], "PATCH", "/v1/subscription-items/8", of_item),
        (cancel(When::PeriodEnd), vec![], "DELETE", sub, none.clone()),
        (cancel(When::Now), vec![], "DELETE", sub, none.clone()),
        (Kind::ForceCancel { subscription: "5".into() }, vec![], "DELETE", sub, none),
    ];
    for (kind, replies, method, path, body) in rows {
        let name = format!("{kind:?} after {} answers", replies.len());
        let Act::Send(call) = acted(&kind, &book(), &replies) else { panic!("{name}: nothing is sent") };
        let sent: Value = serde_json::from_str(&call.body).unwrap_or_default();
        assert_eq!((call.method.as_str(), call.path.as_str(), sent), (method, path, body), "{name}");
        assert_eq!((call.idempotency_key, call.patient), (None, true), "{name}");
    }
}

#[test]
fn what_the_book_does_not_know_is_asked_first() {
    let empty = Touched::default();
    let Act::Send(call) = acted(&Kind::UpdatePaymentMethod {}, &empty, &[]) else { panic!("the portal") };
    assert_eq!(call.path, "/v1/customers/77");
    let Act::Send(call) = acted(&seats(), &empty, &[]) else { panic!("the item") };
    assert_eq!(call.path, "/v1/subscriptions/5");
    let Act::Send(call) = acted(&seats(), &empty, &[subscription(json!({}))]) else { panic!("the change") };
    assert_eq!(call.path, "/v1/subscription-items/8");
}

#[test]
fn what_its_api_cannot_do_a_person_does() {
    let (invoice, amount) = ("1".to_owned(), usd("22.61"));
    let addons = vec![Addon { price: "sso".into(), quantity: 2 }];
    let at = at("2026-03-02T10:00:00Z");
    for (kind, expected) in [
        (Kind::Credit { amount }, "Refund 22.61 USD"),
        (Kind::RetryPayment { invoice: invoice.clone(), amount: None, card: None }, "tries invoice 1 again"),
        (Kind::MarkPaid { invoice: invoice.clone(), amount }, "22.61 USD for invoice 1"),
        (Kind::WriteOff { invoice: invoice.clone(), amount }, "void invoice 1 over 22.61 USD"),
        (Kind::VoidInvoice { invoice: invoice.clone(), amount }, "void invoice 1 over 22.61 USD"),
        (
            Kind::Defer { invoice: invoice.clone(), days: 7, until: "2026-03-20".parse().unwrap() },
            "with 2026-03-20 as the day",
        ),
        (Kind::ChangeAddons { subscription: "5".into(), addons, price: None, at }, "checkout link for 2 of sso"),
        (
            Kind::Discount { subscription: "5".into(), percent: rust_decimal::Decimal::TEN, price: None },
            "Refund 10 % of each payment",
        ),
        (pay_link(Some(usd("10.00"))), "take 10.00 USD by other means"),
        (refund("re_1"), "Refund 24.00 USD of payment re_1"),
        (Kind::ExtendGrace { invoice, days: 3 }, "Recoup does this itself."),
        (Kind::Bundle { actions: vec![] }, "Recoup does this itself."),
    ] {
        let Act::Ended(Answer::Unsupported { instead }) = acted(&kind, &book(), &[]) else { panic!("{kind:?}") };
        assert!(instead.contains(expected), "{kind:?}: {instead}");
    }
}

#[test]
fn links_are_taken_fresh_from_the_object() {
    let paid = shown(
        "subscription-invoices",
        "1",
        json!({"status": "paid", "urls": {"invoice_url": "https://shop.example/pdf"}}),
    );
    let unpaid = shown("subscription-invoices", "1", json!({"status": "pending", "urls": {"invoice_url": null}}));
    let resend = Kind::ResendInvoice { invoice: "1".into() };
    for (kind, reply, reference, status, url) in [
        (pay_link(None), subscription(json!({"status": "past_due"})), "1", "past_due", "https://shop.example/pay"),
        (Kind::UpdatePaymentMethod {}, subscription(json!({})), "5", "active", "https://shop.example/pay"),
        (resend.clone(), paid.clone(), "1", "paid", "https://shop.example/pdf"),
        (Kind::TaxInvoice { invoice: "1".into() }, paid, "1", "paid", "https://shop.example/pdf"),
    ] {
        let effect = Effect {
            reference: reference.into(),
            status: status.into(),
            made_at: None,
            link: Some(url.into()),
            seen: Vec::new(),
        };
        assert_eq!(acted(&kind, &book(), &[reply]), Act::Ended(Answer::Done(effect)), "{kind:?}");
    }
    let Act::Ended(Answer::Unsupported { instead }) = acted(&resend, &book(), &[unpaid]) else {
        panic!("no document yet")
    };
    assert!(instead.contains("not paid"), "{instead}");
}

/// What a refund of ours is called.
fn own_name(payment: &str) -> String {
    let account = AccountId::of("lemonsqueezy", "default", "77");
    format!("{payment}:{}", ActionId::of(&account, "luis", "k"))
}

#[test]
fn answers_mean_this() {
    let refusal = json!({"jsonapi": {"version": "1.0"}, "errors": [{"status": "422", "title": "Unprocessable Entity", "detail": "Too much."}]});
    let refused = |code: &str, message: &str| Answer::Refused { code: code.into(), message: message.into() };
    let done = Answer::Done(Effect {
        reference: own_name("orders:1"),
        status: "partial_refund".into(),
        made_at: Some(at("2026-03-02T10:00:00Z")),
        link: None,
        seen: Vec::new(),
    });
    let order =
        json!({"status": "partial_refund", "refunded_amount": 2400, "updated_at": "2026-03-02T10:00:00.000000Z"});
    for (reply, expected) in [
        (shown("orders", "1", order), done),
        (reply(200, &json!({})), Answer::Unknown),
        (reply(408, &json!({})), Answer::Unknown),
        (reply(409, &json!({})), refused("http_409", "Lemon Squeezy gave no reason")),
        (reply(422, &refusal), refused("http_422", "Too much.")),
        (reply(429, &json!({})), Answer::NotNow),
        (reply(500, &json!({})), Answer::Unknown),
    ] {
        assert_eq!(
            acted(&refund("orders:1"), &book(), std::slice::from_ref(&reply)),
            Act::Ended(expected),
            "{reply:?}"
        );
    }
    // A question that fails has changed nothing; the change that follows it may have.
    let failed = || reply(500, &json!({}));
    assert_eq!(acted(&upgrade(), &book(), &[failed()]), Act::Ended(Answer::NotNow));
    assert_eq!(acted(&upgrade(), &book(), &[price(), failed()]), Act::Ended(Answer::Unknown));
    assert_eq!(
        acted(&upgrade(), &book(), &[reply(404, &json!({}))]),
        Act::Ended(refused("http_404", "Lemon Squeezy gave no reason"))
    );
    let gone = subscription(json!({"status": "cancelled", "ends_at": "2026-04-01T10:00:00.000000Z"}));
    let Act::Ended(Answer::Done(effect)) = acted(&cancel(When::Now), &book(), &[gone]) else { panic!("cancelled") };
    assert_eq!(
        (effect.reference.as_str(), effect.status.as_str()),
        ("5", "cancelled, runs until 2026-04-01T10:00:00Z")
    );
}

#[test]
fn a_refund_is_ours_when_the_total_grew_by_exactly_it() {
    let order = |refunded: Value, status: &str| {
        shown(
            "orders",
            "1",
            json!({"status": status, "total": 10_000, "refunded_amount": refunded, "updated_at": "2026-03-02T10:00:00Z"}),
        )
    };
    let noted = |note: &str| Some(Found::NotThere { note: Some(note.into()) });
    for (name, before, reply, expected) in [
        ("first, nothing yet", None, order(json!(0), "paid"), noted("0")),
        ("first, nothing said", None, order(Value::Null, "paid"), noted("0")),
        ("first, as much as ours by others", None, order(json!(2400), "partial_refund"), noted("2400")),
        ("an old order, all of it", None, order(Value::Null, "refunded"), noted("10000")),
        ("a part, and not how much", None, order(Value::Null, "partial_refund"), Some(Found::Unknown)),
        ("the same", Some("500"), order(json!(500), "partial_refund"), noted("500")),
        ("more than ours", Some("0"), order(json!(2401), "partial_refund"), None),
        ("less than ours", Some("0"), order(json!(2399), "partial_refund"), None),
        ("less than before", Some("500"), order(json!(0), "paid"), None),
        ("a note that is no number", Some("x"), order(json!(2400), "partial_refund"), None),
        ("not found", Some("0"), reply(404, &json!({})), Some(Found::Unknown)),
    ] {
        let found = looked(&refund("orders:1"), before, &[reply]);
        match expected {
            Some(expected) => assert_eq!(found, Look::Found(expected), "{name}"),
            None => assert!(matches!(found, Look::Found(Found::Unclear { .. })), "{name}: {found:?}"),
        }
    }
    let found = looked(&refund("orders:1"), Some("500"), &[order(json!(2900), "partial_refund")]);
    assert!(matches!(found, Look::Found(Found::Done(effect)) if effect.reference == own_name("orders:1")));
    let Look::Ask(call) = looked(&refund("subscription-invoices:1"), None, &[]) else {
        panic!("it is looked at first")
    };
    assert_eq!(call.path, "/v1/subscription-invoices/1");
    assert!(looks_first(&refund("orders:1")) && !looks_first(&upgrade()));
}

#[test]
fn what_a_subscription_shows_tells_whether_it_was_changed() {
    let (pause, resume) = (Kind::Pause { subscription: "5".into() }, Kind::Resume { subscription: "5".into() });
    let seven = json!({"first_subscription_item": {"id": 8, "price_id": 3, "quantity": 7}});
    for (kind, change, done) in [
        (pause.clone(), json!({"status": "paused", "pause": {"mode": "void", "resumes_at": null}}), true),
        (pause, json!({}), false),
        (resume.clone(), json!({}), true),
        (resume.clone(), json!({"status": "on_trial"}), true),
        (resume.clone(), json!({"status": "cancelled"}), false),
        (resume.clone(), json!({"status": "expired"}), false),
        (resume, json!({"status": "paused"}), false),
        (extend_trial(), json!({"trial_ends_at": "2026-03-15T00:00:00.000000Z"}), true),
        (extend_trial(), json!({"trial_ends_at": "2026-03-08T00:00:00.000000Z"}), false),
        (seats(), seven, true),
        (seats(), json!({}), false),
        (cancel(When::PeriodEnd), json!({"status": "cancelled"}), true),
        (cancel(When::Now), json!({"status": "expired"}), true),
        (Kind::ForceCancel { subscription: "5".into() }, json!({}), false),
    ] {
        let name = format!("{kind:?} {change}");
        let Look::Ask(call) = looked(&kind, None, &[]) else { panic!("{name}: nothing is asked") };
        assert_eq!(call.path, "/v1/subscriptions/5", "{name}");
        let found = looked(&kind, None, &[subscription(change)]);
        assert_eq!(matches!(found, Look::Found(Found::Done(_))), done, "{name}");
        assert_eq!(found == Look::Found(Found::NotThere { note: None }), !done, "{name}");
    }
    for (variant, done) in [(11, true), (9, false)] {
        let found = looked(&downgrade(), None, &[price(), subscription(json!({"variant_id": variant}))]);
        assert_eq!(matches!(found, Look::Found(Found::Done(_))), done, "{variant}");
    }
    assert_eq!(looked(&upgrade(), None, &[reply(500, &json!({}))]), Look::Found(Found::Unknown));
    assert_eq!(looked(&pay_link(None), None, &[]), Look::Found(Found::NotThere { note: None }));
}
