//! What each kind becomes at revenuecat, and what its answers mean.

use super::*;
use crate::{Found, Look, example};
use domain::action::{Action, Addon};
use domain::approval::Approved;
use domain::book::{Subscription, Touched};
use domain::id::AccountId;
use domain::money::Currency;
use serde_json::{Value, json};

const PLAY: &str = "GPA.3335-6339-1997-53484";
const FROM: i64 = 1_770_000_000_000; // 2026-02-02
const TO: i64 = 1_772_400_000_000; // 2026-03-01

fn waiting(kind: Kind) -> Approved<Action> {
    example::decided(
        &AccountId::of("revenuecat", "proj1", "user_1"),
        kind,
        Reason::ServiceOutage,
        Timestamp::UNIX_EPOCH,
    )
}

fn asked<T>(kind: &Kind, records: &Touched, before: Option<&str>, ask: impl FnOnce(&Order<'_>) -> T) -> T {
    let action = waiting(kind.clone());
    let (since, now) = ("2026-02-20T12:00:00Z".parse().unwrap(), "2026-02-20T12:00:05Z".parse().unwrap());
    ask(&Order { action: &action, customer: "$RC:1", records, key: "key", before, webhook: None, since, now })
}

fn latest(value: impl Into<Value>) -> Value {
    let value: Value = value.into();
    json!([["2026-02-02T12:00:00Z", 0, "evt_1"], value])
}

fn paid(id: &str, store: &str, subscription: Option<&str>) -> Touched {
    let mut payment = json!({
        "id": id, "method": latest(store), "status": latest("succeeded"), "amount": latest(json!({"amount": "9.99", "currency": "EUR"})),
        "at": "2026-02-02T12:00:00Z",
    });
    if let Some(subscription) = subscription {
        payment["subscription"] = latest(subscription);
    }
    let payment: Payment = serde_json::from_value(payment).unwrap();
    Touched { payments: [(id.to_owned(), payment)].into(), ..Touched::default() }
}

fn bought(id: &str) -> Touched {
    Touched { subscriptions: [(id.to_owned(), Subscription::new(id))].into(), ..Touched::default() }
}

fn eur(amount: &str) -> Money {
    Money::parse(amount, Currency::parse("EUR").unwrap()).unwrap()
}

fn give_back(payment: &str, amount: &str) -> Kind {
    Kind::Refund { payment: payment.into(), amount: eur(amount) }
}

fn end(subscription: &str, when: When) -> Kind {
    Kind::Cancel { subscription: subscription.into(), when, asked_at: Timestamp::UNIX_EPOCH }
}

fn longer(subscription: &str) -> Kind {
    let until = Timestamp::from_millisecond(TO + 7 * 86_400_000).unwrap();
    Kind::ExtendTrial { subscription: subscription.into(), days: 7, until }
}

fn note(store: &str, id: Option<&str>, standing: Standing) -> String {
    let note = Note { store: store.into(), id: id.map(str::to_owned), standing, from: Some(FROM), to: Some(TO) };
    serde_json::to_string(&note).unwrap()
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, body: body.to_string() }
}

fn list(items: &[Value]) -> Reply {
    reply(200, &json!({"object": "list", "items": items, "next_page": null, "url": "/v2/x"}))
}

fn subscription(store: &str, identifier: &str, status: &str, renewal: &str, to: i64) -> Value {
    json!({
        "object": "subscription", "id": "sub1", "customer_id": "$RC:1", "store": store, "store_subscription_identifier": identifier,
        "status": status, "auto_renewal_status": renewal, "current_period_starts_at": FROM, "current_period_ends_at": to, "ends_at": to,
        "management_url": "https://store.example/manage",
    })
}

fn transaction(id: &str, gross: &Value) -> Value {
    json!({"object": "subscription_transaction", "id": id, "revenue_in_local_currency": {"currency": "EUR", "gross": gross}})
}

fn sent(act: Act) -> (String, String, String) {
    match act {
        Act::Send(call) => {
            assert_eq!(call.idempotency_key, None);
            assert!(call.patient);
            (call.method.to_string(), call.path, call.body)
        }
        Act::Ended(ended) => panic!("{ended:?}"),
    }
}

#[test]
fn each_store_is_asked_in_its_way() {
    let first = format!("{PLAY}..1");
    let play = paid(&first, "play_store", Some(PLAY));
    let web = paid("txn_1", "rc_billing", Some("web_1"));
    let once = paid("txn_2", "rc_billing", None);
    let later = r#"{"extend_until_ms":1773004800000,"extend_reason_code":"service_issue_or_outage"}"#;
    let (sold, over_due) = (Standing::Paid, Standing::PastDue);
    let play_path = format!("/subscriptions/sub1/transactions/{first}/actions/refund");
    let rows: [(&str, Kind, &Touched, String, &str, &str); 8] = [
        (
            "a renewal at Google",
            give_back(&first, "9.99"),
            &play,
            note("play_store", Some("sub1"), sold),
            play_path.as_str(),
            "",
        ),
        (
            "Web Billing",
            give_back("txn_1", "9.99"),
            &web,
            note("rc_billing", Some("sub1"), sold),
            "/subscriptions/sub1/actions/refund",
            "",
        ),
        (
            "once",
            give_back("txn_2", "9.99"),
            &once,
            note("rc_billing", Some("purch1"), sold),
            "/purchases/purch1/actions/refund",
            "",
        ),
        (
            "cancel",
            end("web_1", When::PeriodEnd),
            &web,
            note("rc_billing", Some("sub1"), sold),
            "/subscriptions/sub1/actions/cancel",
            "",
        ),
        (
            "cancel what is past due",
            Kind::ForceCancel { subscription: "web_1".into() },
            &web,
            note("rc_billing", Some("sub1"), over_due),
            "/subscriptions/sub1/actions/cancel",
            "",
        ),
        (
            "extend at Apple",
            longer("1000"),
            &web,
            note("app_store", Some("sub1"), sold),
            "/subscriptions/sub1/actions/extend",
            later,
        ),
        (
            "extend at Google",
            longer(PLAY),
            &web,
            note("play_store", Some("sub1"), sold),
            "/subscriptions/sub1/actions/extend",
            later,
        ),
        (
            "extend",
            longer("web_1"),
            &web,
            note("rc_billing", Some("sub1"), sold),
            "/subscriptions/sub1/actions/extend",
            later,
        ),
    ];
    for (name, kind, records, before, path, body) in rows {
        assert!(looks_first(&kind), "{name}");
        let call = sent(asked(&kind, records, Some(&before), |order| act(order, &[])));
        assert_eq!(call, ("POST".to_owned(), path.to_owned(), body.to_owned()), "{name}");
    }
}

#[test]
fn what_the_api_cannot_do_a_person_does() {
    let web = paid("txn_1", "rc_billing", Some("web_1"));
    let mut older = web.clone();
    older.payments.get_mut("txn_1").unwrap().at = Some("2026-01-02T12:00:00Z".parse().unwrap());
    let google = paid("GPA.1", "play_store", None);
    let (sold, untold) = (Standing::Paid, Standing::Untold);
    let whole = note("rc_billing", Some("sub1"), sold);
    let nothing = Touched::default();
    let (invoice, subscription) = ("web_1:2026-02-02".to_owned(), "web_1".to_owned());
    let at = Timestamp::UNIX_EPOCH;
    let rows: [(Kind, &Touched, Option<String>, &str); 22] = [
        (give_back("txn_1", "5.00"), &web, Some(whole.clone()), "refund 5.00 EUR of payment txn_1 in RevenueCat"),
        (give_back("txn_1", "9.99"), &older, Some(whole.clone()), "only the latest payment"),
        (
            give_back("txn_1", "9.99"),
            &web,
            Some(note("rc_billing", Some("sub1"), Standing::Ended)),
            "only the latest payment",
        ),
        (give_back("GPA.1", "9.99"), &google, Some(note("play_store", None, untold)), "Google Play Console"),
        (
            give_back("100", "9.99"),
            &paid("100", "app_store", Some("100")),
            Some(note("app_store", None, untold)),
            "reportaproblem.apple.com",
        ),
        (give_back("txn_1", "9.99"), &nothing, None, "the customer's page in RevenueCat names it"),
        (end("web_1", When::Now), &web, Some(whole), "or at once together with a refund"),
        (
            end(PLAY, When::PeriodEnd),
            &nothing,
            Some(note("play_store", Some("sub1"), sold)),
            "to the end of its period in the Google Play Console",
        ),
        (
            end("1000", When::PeriodEnd),
            &nothing,
            Some(note("app_store", Some("sub1"), sold)),
            "Only the customer can cancel",
        ),
        (longer("sub_1"), &nothing, Some(note("stripe", Some("sub1"), sold)), "in the Stripe dashboard"),
        (Kind::ResendInvoice { invoice: invoice.clone() }, &nothing, None, "download the invoice"),
        (Kind::TaxInvoice { invoice: invoice.clone() }, &nothing, None, "download the invoice"),
        (Kind::Credit { amount: eur("5.00") }, &nothing, None, "grant the entitlement"),
        (Kind::RetryPayment { invoice: invoice.clone(), amount: None, card: None }, &nothing, None, "try again"),
        (Kind::MarkPaid { invoice: invoice.clone(), amount: eur("9.99") }, &nothing, None, "cannot record 9.99 EUR"),
        (Kind::WriteOff { invoice: invoice.clone(), amount: eur("9.99") }, &nothing, None, "keep no debts"),
        (Kind::VoidInvoice { invoice: invoice.clone(), amount: eur("9.99") }, &nothing, None, "keep no debts"),
        (Kind::Defer { invoice, days: 7, until: "2026-03-08".parse().unwrap() }, &nothing, None, "until 2026-03-08"),
        (Kind::Pause { subscription: subscription.clone() }, &nothing, None, "Google Play can pause"),
        (Kind::Resume { subscription: subscription.clone() }, &nothing, None, "resume subscription web_1"),
        (
            Kind::Upgrade { subscription: subscription.clone(), plan: "pro".into(), price: eur("19.99"), at },
            &nothing,
            None,
            "to pro, in the app",
        ),
        (
            Kind::ChangeAddons {
                subscription,
                addons: vec![Addon { price: "sso".into(), quantity: 1 }],
                price: None,
                at,
            },
            &nothing,
            None,
            "no add-ons",
        ),
    ];
    for (kind, records, before, expected) in rows {
        match asked(&kind, records, before.as_deref(), |order| act(order, &[])) {
            Act::Ended(Answer::Unsupported { instead }) => assert!(instead.contains(expected), "{kind:?}: {instead}"),
            other => panic!("{kind:?}: {other:?}"),
        }
    }
    let again = asked(
        &give_back("txn_1", "9.99"),
        &web,
        Some(&note("rc_billing", Some("sub1"), Standing::GivenBack)),
        |order| act(order, &[]),
    );
    assert!(matches!(again, Act::Ended(Answer::Refused { code, .. }) if code == "already_refunded"));
}

#[test]
fn answers_mean_what_they_say() {
    let web = paid("txn_1", "rc_billing", Some("web_1"));
    let changed = subscription("rc_billing", "web_1", "expired", "will_not_renew", TO);
    let error = |kind: &str, retryable: bool| json!({"object": "error", "type": kind, "message": "No.", "retryable": retryable});
    let refused = |code: &str| Answer::Refused { code: code.into(), message: "No.".into() };
    for (status, body, expected) in [
        (200, changed, Answer::Done(refunded("txn_1"))),
        (200, json!([]), Answer::Unknown),
        (400, error("parameter_error", false), refused("parameter_error")),
        (404, error("resource_missing", false), refused("resource_missing")),
        (409, error("resource_already_exists", false), refused("resource_already_exists")),
        (422, error("unprocessable_entity_error", false), refused("unprocessable_entity_error")),
        (422, error("store_error", true), Answer::Unknown),
        (423, error("resource_locked_error", true), Answer::NotNow),
        (429, error("rate_limit_error", true), Answer::NotNow),
        (500, error("server_error", true), Answer::Unknown),
    ] {
        let reply = reply(status, &body);
        let ended = asked(&give_back("txn_1", "9.99"), &web, None, |order| act(order, std::slice::from_ref(&reply)));
        assert_eq!(ended, Act::Ended(expected), "{status} {body}");
    }
    let nameless = Reply { status: 403, body: "<html>".into() };
    let ended = asked(&end("web_1", When::PeriodEnd), &web, None, |order| act(order, std::slice::from_ref(&nameless)));
    assert!(matches!(ended, Act::Ended(Answer::Refused { code, .. }) if code == "http_403"));
    let canceled = reply(200, &subscription("rc_billing", "web_1", "active", "will_not_renew", TO));
    let ended = asked(&end("web_1", When::PeriodEnd), &web, None, |order| act(order, std::slice::from_ref(&canceled)));
    let effect = Effect { reference: "sub1".into(), status: "will_not_renew".into(), ..Effect::default() };
    assert_eq!(ended, Act::Ended(Answer::Done(effect)));
}

#[test]
fn a_link_leads_to_where_the_subscription_is_managed() {
    let done = |act| match act {
        Act::Ended(Answer::Done(effect)) => (effect.reference, effect.link.unwrap_or_default()),
        other => panic!("{other:?}"),
    };
    let kind = Kind::PaymentLink { invoice: format!("{PLAY}:2026-02-02"), amount: None };
    let nothing = Touched::default();
    let asks = |kind: &Kind, records, replies: &[Reply]| asked(kind, records, None, |order| act(order, replies));
    let customers = "/customers/%24RC%3A1/subscriptions?limit=100";
    assert_eq!(sent(asks(&kind, &nothing, &[])), ("GET".to_owned(), customers.to_owned(), String::new()));
    let google = list(&[subscription("play_store", &format!("{PLAY}..4"), "in_billing_retry", "will_renew", TO)]);
    let manage = ("sub1".to_owned(), "https://store.example/manage".to_owned());
    assert_eq!(done(asks(&kind, &nothing, &[google])), manage);

    let (kind, records) = (Kind::UpdatePaymentMethod {}, bought("web_1"));
    let web = list(&[subscription("rc_billing", "web_1", "active", "will_renew", TO)]);
    let path = "/subscriptions/sub1/authenticated_management_url";
    assert_eq!(sent(asks(&kind, &records, std::slice::from_ref(&web))).1, path);
    let magic =
        reply(200, &json!({"object": "authenticated_management_url", "management_url": "https://billing.example/1"}));
    let link = ("sub1".to_owned(), "https://billing.example/1".to_owned());
    assert_eq!(done(asks(&kind, &records, &[web.clone(), magic])), link);
    let none = reply(200, &json!({"object": "authenticated_management_url", "management_url": null}));
    assert_eq!(done(asks(&kind, &nothing, &[web, none])), manage, "any that runs, and the page for all");
    assert!(matches!(asks(&kind, &nothing, &[list(&[])]), Act::Ended(Answer::Unsupported { .. })));
    assert_eq!(asks(&kind, &nothing, &[Reply { status: 500, body: String::new() }]), Act::Ended(Answer::Unknown));
    assert_eq!(
        asked(&kind, &nothing, None, |order| look::look(order, &[])),
        Look::Found(Found::NotThere { note: None })
    );
}

fn looked(kind: &Kind, records: &Touched, before: Option<&str>, replies: &[Reply]) -> Look {
    asked(kind, records, before, |order| look::look(order, replies))
}

fn noted(look: Look) -> String {
    match look {
        Look::Found(Found::NotThere { note }) => note.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_renewal_at_google_is_looked_up_among_its_transactions() {
    let first = format!("{PLAY}..1");
    let (kind, records) = (give_back(&first, "9.99"), paid(&first, "play_store", Some(PLAY)));
    let Look::Ask(call) = looked(&kind, &records, None, &[]) else { panic!("a question") };
    assert_eq!(call, Call::list("/customers/%24RC%3A1/subscriptions?limit=100"));
    let subscriptions = list(&[subscription("play_store", &format!("{PLAY}..4"), "active", "will_renew", TO)]);
    let Look::Ask(call) = looked(&kind, &records, None, std::slice::from_ref(&subscriptions)) else {
        panic!("a question")
    };
    assert_eq!(call, Call::list("/subscriptions/sub1/transactions?limit=100&sort=purchased_at&direction=desc"));
    let look = |before: Option<&str>, transactions: &[Value]| {
        looked(&kind, &records, before, &[subscriptions.clone(), list(transactions)])
    };
    let other = transaction(&format!("{PLAY}..2"), &json!(9.99));
    let (whole, back) =
        ([other.clone(), transaction(&first, &json!(9.99))], [other.clone(), transaction(&first, &json!(0))]);
    let before = noted(look(None, &whole));
    assert_eq!(before, note("play_store", Some("sub1"), Standing::Paid));
    assert_eq!(noted(look(None, &back)), note("play_store", Some("sub1"), Standing::GivenBack), "not by us");
    assert_eq!(noted(look(None, std::slice::from_ref(&other))), note("play_store", Some("sub1"), Standing::Untold));
    assert_eq!(noted(look(Some(&before), &whole)), before);
    assert_eq!(look(Some(&before), &back), Look::Found(Found::Done(refunded(&first))));
    assert!(matches!(look(Some(&before), &[other]), Look::Found(Found::Unclear { .. })));
    assert!(
        matches!(look(Some("?"), &back), Look::Found(Found::Unclear { .. })),
        "what cannot be read compares with nothing"
    );
    let error = Reply { status: 500, body: String::new() };
    assert_eq!(looked(&kind, &records, Some(&before), &[error]), Look::Found(Found::Unknown));
}

#[test]
fn at_web_billing_what_ends_before_its_time_was_given_back() {
    let (kind, records) = (give_back("txn_1", "9.99"), paid("txn_1", "rc_billing", Some("web_1")));
    let look = |before: Option<&str>, object: Value| looked(&kind, &records, before, &[list(&[object])]);
    let running = subscription("rc_billing", "web_1", "active", "will_renew", TO);
    let before = noted(look(None, running.clone()));
    assert_eq!(before, note("rc_billing", Some("sub1"), Standing::Paid));
    assert_eq!(noted(look(Some(&before), running)), before);
    let ended = |to| subscription("rc_billing", "web_1", "expired", "will_not_renew", to);
    assert_eq!(look(Some(&before), ended(TO - 1)), Look::Found(Found::Done(refunded("txn_1"))));
    assert!(matches!(look(Some(&before), ended(TO)), Look::Found(Found::Unclear { .. })), "the period was over");
    let mut renewed = subscription("rc_billing", "web_1", "active", "will_renew", TO + 1);
    renewed["current_period_starts_at"] = json!(TO);
    assert!(
        matches!(look(Some(&before), renewed), Look::Found(Found::Unclear { .. })),
        "the latest payment is another one"
    );
}

#[test]
fn a_purchase_says_whether_it_was_given_back() {
    let (kind, records) = (give_back("txn_2", "9.99"), paid("txn_2", "rc_billing", None));
    let Look::Ask(call) = looked(&kind, &records, None, &[]) else { panic!("a question") };
    assert_eq!(call, Call::list("/customers/%24RC%3A1/purchases?limit=100"));
    let look = |before: Option<&str>, status: &str| {
        let purchase =
            json!({"id": "purch1", "store": "rc_billing", "status": status, "store_purchase_identifier": "txn_2"});
        looked(&kind, &records, before, &[list(&[purchase])])
    };
    let before = noted(look(None, "owned"));
    assert!(before.contains("purch1"), "{before}");
    assert_eq!(noted(look(Some(&before), "owned")), before);
    assert_eq!(look(Some(&before), "refunded"), Look::Found(Found::Done(refunded("txn_2"))));
    let apple = paid("100", "app_store", Some("100"));
    let by_hand = noted(looked(&give_back("100", "9.99"), &apple, None, &[]));
    assert!(by_hand.contains("app_store"), "nothing is asked: {by_hand}");
}

#[test]
fn a_change_is_done_when_the_subscription_is_as_wanted() {
    let nothing = Touched::default();
    let force = Kind::ForceCancel { subscription: "web_1".into() };
    let week = TO + 7 * 86_400_000;
    for (name, kind, status, renewal, to, is_done) in [
        ("runs", end("web_1", When::PeriodEnd), "active", "will_renew", TO, false),
        ("stops", end("web_1", When::PeriodEnd), "active", "will_not_renew", TO, true),
        ("over", end("web_1", When::PeriodEnd), "expired", "will_not_renew", TO, true),
        ("not at once", end("web_1", When::Now), "active", "will_not_renew", TO, false),
        ("past due", force.clone(), "in_grace_period", "will_renew", TO, false),
        ("not tried again", force, "in_billing_retry", "will_not_renew", TO, true),
        ("short", longer("web_1"), "trialing", "will_renew", TO, false),
        ("long", longer("web_1"), "trialing", "will_renew", week, true),
        ("by whole days", longer("web_1"), "trialing", "will_renew", week - ROUNDED, true),
        ("a day short", longer("web_1"), "trialing", "will_renew", week - 86_400_000, false),
    ] {
        let object = subscription("rc_billing", "web_1", status, renewal, to);
        let found = looked(&kind, &nothing, None, &[list(&[object])]);
        assert_eq!(matches!(found, Look::Found(Found::Done(_))), is_done, "{name}: {found:?}");
    }
    let kind = end("web_1", When::PeriodEnd);
    assert!(noted(looked(&kind, &nothing, None, &[list(&[])])).contains("untold"));
    let before = note("rc_billing", Some("sub1"), Standing::Paid);
    assert!(matches!(looked(&kind, &nothing, Some(&before), &[list(&[])]), Look::Found(Found::Unclear { .. })));
}

const ROUNDED: i64 = 6 * 3_600_000;

#[test]
fn apples_subscriptions_are_told_apart_by_their_first_transaction() {
    let nothing = Touched::default();
    let mut second = subscription("app_store", "2000", "trialing", "will_renew", TO);
    second["id"] = json!("sub2");
    let subscriptions = list(&[subscription("app_store", "900", "expired", "will_not_renew", TO), second]);
    let first = |id: &str| list(&[transaction(id, &json!(null))]);
    let Look::Ask(call) = looked(&longer("1000"), &nothing, None, &[subscriptions.clone(), first("500")]) else {
        panic!("a question")
    };
    assert_eq!(call, Call::list("/subscriptions/sub2/transactions?limit=1&sort=purchased_at&direction=asc"));
    let found = noted(looked(&longer("1000"), &nothing, None, &[subscriptions.clone(), first("500"), first("1000")]));
    assert_eq!(found, note("app_store", Some("sub2"), Standing::Paid));
    let none = noted(looked(&longer("1000"), &nothing, None, &[subscriptions, first("500"), first("700")]));
    assert!(none.contains("untold"), "{none}");
}
