//! What is approved, for every kind at every provider, and what was told of each customer before.

use crate::matrix::shop;
use http::{Method, StatusCode};
use local::service::Service;
use serde_json::{Value, json};
use tests::world::{ask, deliver_to, import, open_at};

/// Something that is approved, at some provider.
pub struct Case {
    pub provider: &'static str,
    pub account: &'static str,
    pub kind: &'static str,
    pub params: Value,
    told: &'static [Told],
}

/// A recorded delivery, and what is different in it.
type Told = (&'static str, &'static [(&'static str, &'static str)]);

const CHARGEBEE: &[Told] = &[("subscription_created.pc1", &[]), ("invoice_generated", &[]), ("payment_succeeded", &[])];
const CHARGEBEE_DUE: &[Told] = &[("subscription_created.pc1", &[]), ("payment_failed", &[])];
const CHARGEBEE_NEW: &[Told] = &[("subscription_created.pc1", &[]), ("invoice_generated", &[])];
const CHARGEBEE_TRIAL: &[Told] = &[("subscription_trial_end_reminder", &[])];
const CHARGEBEE_PAUSED: &[Told] = &[("subscription_paused", &[])];
const LEMON: &[Told] = &[("subscription_created", &[]), ("subscription_payment_recovered", &[])];
const LEMON_DUE: &[Told] = &[("subscription_created", &[]), ("subscription_payment_failed", &[])];
const LEMON_TRIAL: &[Told] = &[(
    "subscription_created",
    &[("/data/attributes/status", "on_trial"), ("/data/attributes/trial_ends_at", "2026-03-20T10:00:00.000000Z")],
)];
const LEMON_PAUSED: &[Told] = &[("subscription_created", &[]), ("subscription_paused", &[])];
const MOLLIE: &[Told] = &[("payment.paid", &[]), ("payment.failed", &[]), ("sales-invoice.issued", &[])];
const CAT: &[Told] = &[("INITIAL_PURCHASE", &[("/event/store", "RC_BILLING")])];
const CAT_RUNNING: &[Told] =
    &[("INITIAL_PURCHASE", &[("/event/store", "RC_BILLING")]), ("RENEWAL", &[("/event/store", "RC_BILLING")])];
const CAT_RENEWED: &[Told] = &[("INITIAL_PURCHASE", &[]), ("RENEWAL", &[])];
const CAT_IN_STORE: &[Told] = &[("INITIAL_PURCHASE", &[])];
const CAT_DUE: &[Told] = &[("INITIAL_PURCHASE", &[]), ("BILLING_ISSUE", &[])];
const CAT_TRIAL: &[Told] = &[("INITIAL_PURCHASE.trial", &[])];

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

fn invoice(id: &str) -> Value {
    json!({"invoice": id})
}

pub fn all() -> Vec<Case> {
    [stripe(), chargebee(), lemonsqueezy(), mollie(), revenuecat()].into_iter().flatten().collect()
}

fn stripe() -> Vec<Case> {
    let stripe = |account, kind, params| Case { provider: "stripe", account, kind, params, told: &[] };
    vec![
        stripe("stripe:cus_1", "payment_link", invoice("in_1")),
        stripe("stripe:cus_1", "resend_invoice", invoice("in_1")),
        stripe("stripe:cus_1", "tax_invoice", invoice("in_1")),
        stripe("stripe:cus_1", "update_payment_method", json!({})),
        stripe("stripe:cus_1", "refund", json!({"payment": "ch_1", "amount": usd("24.00")})),
        stripe("stripe:cus_1", "credit", json!({"amount": usd("15.00")})),
        stripe("stripe:cus_1", "retry_payment", invoice("in_500")),
        stripe("stripe:cus_1", "mark_paid", invoice("in_500")),
        stripe("stripe:cus_1", "write_off", invoice("in_500")),
        stripe("stripe:cus_1", "void_invoice", invoice("in_500")),
        stripe("stripe:cus_1", "extend_grace", json!({"invoice": "in_1", "days": 5})),
        stripe("stripe:cus_1", "defer", json!({"invoice": "in_500", "days": 5})),
        stripe("stripe:cus_2", "extend_trial", json!({"days": 5})),
        stripe("stripe:cus_1", "pause", json!({})),
        stripe("stripe:cus_3", "resume", json!({})),
        stripe("stripe:cus_4", "upgrade", json!({"plan": "price_business"})),
        stripe("stripe:cus_4", "downgrade", json!({"plan": "price_basic"})),
        stripe("stripe:cus_4", "change_addons", json!({"addons": [{"price": "price_basic", "quantity": 1}]})),
        stripe("stripe:cus_4", "adjust_seats", json!({"seats": 9})),
        stripe("stripe:cus_4", "discount", json!({"percent": "10"})),
        stripe("stripe:cus_1", "cancel", json!({"customer_requested": true})),
        // With a bill that is open, and one that was paid since they asked.
        stripe("stripe:cus_5", "cancel", json!({"customer_requested": true, "asked_at": "2026-02-28T09:00:00Z"})),
        stripe("stripe:cus_1", "force_cancel", json!({})),
        stripe("stripe:cus_1", "erase_person", json!({})),
        stripe(
            "stripe:cus_1",
            "bundle",
            json!({"actions": [
                {"kind": "refund", "params": {"payment": "ch_1", "amount": usd("24.00")}},
                {"kind": "credit", "params": {"amount": usd("5.00")}},
                {"kind": "cancel", "params": {"when": "now", "customer_requested": true}},
            ]}),
        ),
    ]
}

fn chargebee() -> Vec<Case> {
    let case = |told, kind, params| Case { provider: "chargebee", account: "chargebee:cb_1", kind, params, told };
    vec![
        case(CHARGEBEE_DUE, "payment_link", invoice("6")),
        case(CHARGEBEE, "resend_invoice", invoice("6")),
        case(CHARGEBEE, "tax_invoice", invoice("6")),
        case(CHARGEBEE, "update_payment_method", json!({})),
        case(CHARGEBEE, "refund", json!({"payment": "txn_2", "amount": usd("10.00")})),
        case(CHARGEBEE, "credit", json!({"amount": usd("15.00")})),
        case(CHARGEBEE_NEW, "retry_payment", invoice("6")),
        case(CHARGEBEE_DUE, "mark_paid", invoice("6")),
        case(CHARGEBEE_DUE, "write_off", invoice("6")),
        case(CHARGEBEE_DUE, "void_invoice", invoice("6")),
        case(CHARGEBEE_DUE, "extend_grace", json!({"invoice": "6", "days": 5})),
        case(CHARGEBEE_DUE, "defer", json!({"invoice": "6", "days": 5})),
        case(CHARGEBEE_TRIAL, "extend_trial", json!({"days": 5})),
        case(CHARGEBEE, "pause", json!({})),
        case(CHARGEBEE_PAUSED, "resume", json!({})),
        case(CHARGEBEE, "upgrade", json!({"plan": "business"})),
        case(CHARGEBEE, "downgrade", json!({"plan": "basic"})),
        case(CHARGEBEE, "change_addons", json!({"addons": [{"price": "sso", "quantity": 2}]})),
        case(CHARGEBEE, "adjust_seats", json!({"seats": 9})),
        case(CHARGEBEE, "discount", json!({"percent": "10"})),
        case(CHARGEBEE, "cancel", json!({"customer_requested": true})),
        case(CHARGEBEE, "force_cancel", json!({})),
        case(CHARGEBEE, "erase_person", json!({})),
    ]
}

fn lemonsqueezy() -> Vec<Case> {
    let case = |told, kind, params| Case { provider: "lemonsqueezy", account: "lemonsqueezy:77", kind, params, told };
    vec![
        case(LEMON_DUE, "payment_link", invoice("1")),
        case(LEMON, "resend_invoice", invoice("1")),
        case(LEMON, "tax_invoice", invoice("1")),
        case(LEMON, "update_payment_method", json!({})),
        case(LEMON, "refund", json!({"payment": "subscription-invoices:1", "amount": usd("5.00")})),
        case(LEMON, "credit", json!({"amount": usd("5.00")})),
        case(LEMON_DUE, "retry_payment", invoice("1")),
        case(LEMON_DUE, "mark_paid", invoice("1")),
        case(LEMON_DUE, "write_off", invoice("1")),
        case(LEMON_DUE, "void_invoice", invoice("1")),
        case(LEMON_DUE, "extend_grace", json!({"invoice": "1", "days": 5})),
        case(LEMON_DUE, "defer", json!({"invoice": "1", "days": 5})),
        case(LEMON_TRIAL, "extend_trial", json!({"days": 5})),
        case(LEMON, "pause", json!({})),
        case(LEMON_PAUSED, "resume", json!({})),
        case(LEMON, "upgrade", json!({"plan": "303"})),
        case(LEMON, "downgrade", json!({"plan": "301"})),
        case(LEMON, "change_addons", json!({"addons": [{"price": "304", "quantity": 1}]})),
        case(LEMON, "adjust_seats", json!({"seats": 9})),
        case(LEMON, "discount", json!({"percent": "10"})),
        case(LEMON, "cancel", json!({"customer_requested": true})),
        case(LEMON, "force_cancel", json!({})),
        case(LEMON, "erase_person", json!({})),
    ]
}

fn mollie() -> Vec<Case> {
    let case = |kind, params| Case { provider: "mollie", account: "mollie:cst_1", kind, params, told: MOLLIE };
    let guest = |kind, params| Case { account: "mollie:customer-1", ..case(kind, params) };
    let eur = |amount: &str| json!({"amount": amount, "currency": "EUR"});
    vec![
        case("payment_link", invoice("tr_fail1")),
        guest("resend_invoice", invoice("invoice_1")),
        guest("tax_invoice", invoice("invoice_1")),
        case("update_payment_method", json!({})),
        case("refund", json!({"payment": "tr_7UhSN1zuXS", "amount": eur("5.00")})),
        case("credit", json!({"amount": eur("5.00")})),
        case("retry_payment", invoice("tr_fail1")),
        guest("mark_paid", invoice("invoice_1")),
        guest("write_off", invoice("invoice_1")),
        guest("void_invoice", invoice("invoice_1")),
        case("extend_grace", json!({"invoice": "tr_fail1", "days": 5})),
        case("defer", json!({"invoice": "tr_fail1", "days": 5})),
        case("pause", json!({})),
        case("upgrade", json!({"plan": "Large"})),
        case("downgrade", json!({"plan": "Small"})),
        case("change_addons", json!({"addons": [{"price": "Support", "quantity": 1}]})),
        case("adjust_seats", json!({"seats": 9})),
        case("discount", json!({"percent": "10"})),
        case("cancel", json!({"customer_requested": true})),
        case("force_cancel", json!({})),
        case("erase_person", json!({})),
    ]
}

fn revenuecat() -> Vec<Case> {
    let case = |told, kind, params| Case { provider: "revenuecat", account: "revenuecat:user_1", kind, params, told };
    vec![
        case(CAT_DUE, "payment_link", invoice("1000:2026-02-25")),
        case(CAT_DUE, "resend_invoice", invoice("1000:2026-02-25")),
        case(CAT_DUE, "tax_invoice", invoice("1000:2026-02-25")),
        case(CAT_DUE, "retry_payment", invoice("1000:2026-02-25")),
        case(CAT_DUE, "defer", json!({"invoice": "1000:2026-02-25", "days": 5})),
        case(CAT, "update_payment_method", json!({})),
        case(CAT_IN_STORE, "update_payment_method", json!({})),
        case(CAT_RUNNING, "refund", json!({"payment": "2001", "amount": usd("9.99")})),
        case(CAT_IN_STORE, "refund", json!({"payment": "1000", "amount": usd("9.99")})),
        case(CAT, "credit", json!({"amount": usd("5.00")})),
        case(CAT_TRIAL, "extend_trial", json!({"days": 5})),
        case(CAT, "pause", json!({})),
        case(CAT_RENEWED, "upgrade", json!({"plan": "com.app.pro"})),
        case(CAT_RENEWED, "downgrade", json!({"plan": "com.app.light"})),
        case(CAT_RENEWED, "change_addons", json!({"addons": [{"price": "com.app.more", "quantity": 1}]})),
        case(CAT_RENEWED, "adjust_seats", json!({"seats": 9})),
        case(CAT, "discount", json!({"percent": "10"})),
        case(CAT, "cancel", json!({"customer_requested": true})),
        case(CAT_IN_STORE, "cancel", json!({"customer_requested": true})),
        case(CAT, "force_cancel", json!({})),
        case(CAT, "erase_person", json!({})),
    ]
}

const PRICES: &str = "provider,price,plan,role,unit,currency,interval,rank
chargebee,basic,Basic,plan,1.00,USD,month,1
chargebee,business,Business,plan,99.00,USD,month,3
lemonsqueezy,301,Small,plan,9.00,USD,month,1
lemonsqueezy,3,Pro,plan,19.00,USD,month,2
lemonsqueezy,303,Large,plan,99.00,USD,month,3
lemonsqueezy,304,Support,addon,5.00,USD,month,
mollie,Small,Small,plan,5.00,EUR,month,1
mollie,Pro,Pro,plan,10.00,EUR,month,2
mollie,Large,Large,plan,25.00,EUR,month,3
mollie,Support,Support,addon,5.00,EUR,month,
revenuecat,com.app.light,Light,plan,4.99,USD,month,1
revenuecat,com.app.monthly,Pro,plan,9.99,USD,month,2
revenuecat,com.app.pro,Large,plan,19.99,USD,month,3
revenuecat,com.app.more,More,addon,1.99,USD,month,
";

/// A service in which the case can be asked for.
pub async fn prepared(case: &Case) -> Service {
    if case.provider == "stripe" {
        return shop().await;
    }
    let service = open_at("2026-03-04T11:00:00Z").await;
    for (file, changes) in case.told {
        let path = format!("{}/fixtures/{}/{file}.json", env!("CARGO_MANIFEST_DIR"), case.provider);
        let mut delivery: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for (place, value) in *changes {
            *delivery.pointer_mut(place).unwrap() = json!(value);
        }
        let (status, answer) = deliver_to(&service, case.provider, delivery.to_string().as_bytes()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.work().await.unwrap();
    }
    // No webhook tells of Mollie's subscriptions; they are listed.
    if case.provider == "mollie" {
        let subscription = json!({
            "resource": "subscription", "id": "sub_rVKGtNd6s3", "mode": "live", "createdAt": "2026-01-01T09:00:00+00:00", "status": "active",
            "amount": {"value": "10.00", "currency": "EUR"}, "description": "Pro", "interval": "1 month", "startDate": "2026-01-01",
            "nextPaymentDate": "2026-04-01", "customerId": "cst_1", "mandateId": "mdt_1",
        });
        service.sandbox.teach("mollie", &subscription).unwrap();
        let works = json!({"object": "card_state", "id": "card_state_cst_1", "customer": "cst_1", "works_from": 0});
        service.sandbox.teach("mollie", &works).unwrap();
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/backfill/mollie/default", None, None).await;
        assert!(status.is_success(), "{answer}");
        service.work().await.unwrap();
    }
    assert_eq!(import(&service, "mara", "catalogue", PRICES, false).await.0, StatusCode::OK);
    service
}
