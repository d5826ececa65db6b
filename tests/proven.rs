//! A case that proves money waits for its approver, and shows issue, account, evidence, policy, recommended action and
//! the approval that is required.

use crate::http::run;
use crate::raised::tell;
use ::http::StatusCode;
use app::ports::Clock;
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask_text, at, get, import, open_at};

/// How somebody comes to be owed money.
enum Story {
    ChargedTwice,
    BilledOverContract,
    AskedByTheBank,
    BilledOtherPlan,
}

/// What a case of it shows.
struct Shown {
    issue: &'static str,
    rule: &'static str,
    evidence: [&'static str; 2],
    kind: &'static str,
    amount: &'static str,
    role: &'static str,
    summary: &'static str,
}

async fn customer(service: &Service) {
    tell(service, "evt_c", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
}

async fn pays(service: &Service, charge: &str, minor: i64) {
    let paid = stripe::charge("cus_1", charge, None, minor, "usd", None, service.clock.now());
    tell(service, &format!("evt_{charge}"), "charge.succeeded", &paid).await;
}

async fn minutes(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

async fn imports(service: &Service, kind: &str, csv: &str) {
    let (status, answer) = import(service, "mara", kind, csv, false).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// So many seats at a price in cents are bought, and billed for March.
async fn is_billed(service: &Service, price: &str, unit: i64, seats: u32) {
    let (now, total) = (service.clock.now(), unit * i64::from(seats));
    let bought = stripe::subscription("cus_1", "sub_1", price, unit, seats, "active", now);
    tell(service, "evt_s", "customer.subscription.updated", &bought).await;
    let mut bill = stripe::invoice("cus_1", "in_1", "open", total, total, "usd", 0, now);
    tell(service, "evt_i", "invoice.finalized", &bill).await;
    let (from, to) = (at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let line = stripe::line("il_1", price, unit, seats, total, false, from, to, Some("sub_1"));
    bill["lines"] = json!({"object": "list", "has_more": false, "data": [line]});
    bill["subscription"] = json!("sub_1");
    tell(service, "evt_l", "invoice.updated", &bill).await;
}

async fn happens(service: &Service, story: &Story) {
    match story {
        Story::ChargedTwice => {
            customer(service).await;
            pays(service, "ch_1", 2_400).await;
            minutes(service, 9).await;
            pays(service, "ch_2", 2_400).await;
        }
        Story::BilledOverContract => {
            let contract = "account,reference,subscription,price,unit,currency,seats,starts_on\n\
                stripe:cus_1,C-7,sub_1,price_pro,45.00,USD,3,2026-01-01\n";
            imports(service, "contracts", contract).await;
            customer(service).await;
            is_billed(service, "price_pro", 4_900, 3).await;
        }
        Story::AskedByTheBank => {
            customer(service).await;
            pays(service, "ch_1", 6_000).await;
            minutes(service, 60 * 24).await;
            let question = stripe::dispute("dp_1", "ch_1", 6_000, "warning_needs_response", service.clock.now());
            tell(service, "evt_d", "charge.dispute.created", &question).await;
        }
        Story::BilledOtherPlan => {
            let catalogue = "provider,price,plan,unit,currency,interval\n\
                stripe,price_pro,pro,49.00,USD,month\n\
                stripe,price_team,team,99.00,USD,month\n";
            imports(service, "catalogue", catalogue).await;
            let contract = "account,reference,subscription,price,starts_on\n\
                stripe:cus_1,C-7,sub_1,price_pro,2026-01-01\n";
            imports(service, "contracts", contract).await;
            customer(service).await;
            is_billed(service, "price_team", 9_900, 1).await;
        }
    }
}

async fn items(service: &Service, path: &str) -> Vec<Value> {
    get(service, path).await["items"].as_array().unwrap().clone()
}

#[test]
fn what_a_case_proves_waits_for_its_approver_in_six_parts() {
    let refund = |issue, rule, evidence, amount, summary| Shown {
        issue,
        rule,
        evidence,
        kind: "refund",
        amount,
        role: "billing_specialist",
        summary,
    };
    let twice = refund(
        "Duplicate charge: ch_2",
        "same-amount-same-day",
        ["0 h 9 min", "24.00 USD at 2026-03-01 09:09 UTC"],
        "24.00",
        "Refund 24.00 USD of payment ch_2 to the original payment method",
    );
    let inquiry = refund(
        "Chargeback: dp_1",
        "inquiry-opened",
        ["fraudulent", "15.00 USD"],
        "60.00",
        "Refund 60.00 USD of payment ch_1 to the original payment method",
    );
    let over = Shown {
        issue: "Overcharge: in_1",
        rule: "billed-over-agreed",
        evidence: ["147.00 USD", "12.00 USD"],
        kind: "credit",
        amount: "12.00",
        role: "l2",
        summary: "Credit 12.00 USD to the account",
    };
    let plan = Shown {
        issue: "Plan mismatch: in_1",
        rule: "other-plan-than-agreed",
        evidence: ["pro", "team"],
        kind: "bundle",
        amount: "50.00",
        role: "l2",
        summary: "1. Downgrade subscription sub_1 to price_pro, from the next period on; 2. Credit 50.00 USD to the \
            account, in this order",
    };
    for (story, shown) in [
        (Story::ChargedTwice, twice),
        (Story::BilledOverContract, over),
        (Story::AskedByTheBank, inquiry),
        (Story::BilledOtherPlan, plan),
    ] {
        run(async {
            let service = open_at("2026-03-01T09:00:00Z").await;
            happens(&service, &story).await;
            is_shown(&service, &shown).await;
        });
    }
}

async fn is_shown(service: &Service, shown: &Shown) {
    let issue = shown.issue;
    let cases = items(service, "/api/cases?state=open").await;
    assert_eq!(cases.len(), 1, "{issue}: {cases:?}");
    let path = format!("/api/cases/{}", cases[0]["id"].as_str().unwrap());
    let case = get(service, &path).await;
    let preview = &case["preview"];
    let account = get(service, "/api/accounts/stripe:cus_1").await["account"]["id"].clone();
    assert_eq!((&preview["issue"], &preview["account"]), (&json!(issue), &account), "{preview}");
    let evidence: Vec<_> = preview["evidence"].as_array().unwrap().iter().map(|it| &it["value"]).collect();
    for value in shown.evidence {
        assert!(evidence.contains(&&json!(value)), "{issue}: {value}: {preview}");
    }
    let policy = &preview["policy"];
    assert_eq!(policy["rule"], shown.rule, "{issue}: {preview}");
    assert!(policy["why"].as_str().is_some_and(|why| !why.is_empty()), "{issue}: {preview}");
    let proposed = &preview["recommended"][0];
    assert_eq!((&proposed["kind"], &proposed["impossible"]), (&json!(shown.kind), &Value::Null), "{issue}: {preview}");
    assert_eq!(proposed["amount"], json!({"amount": shown.amount, "currency": "USD"}), "{issue}: {preview}");
    assert_eq!(proposed["summary"], shown.summary, "{issue}: {preview}");
    assert_eq!(proposed["approvals_required"], json!([shown.role]), "{issue}: {preview}");

    // The same for whoever reads plain text.
    let text = ask_text(service, "ana", &path).await;
    let needs = format!("Proposed: {}; needs {}\n", shown.summary, shown.role);
    let whose = format!("{issue}\nAccount: {}\n", account.as_str().unwrap());
    let policy = format!("\nPolicy: {} ", shown.rule);
    for part in [whose.as_str(), "\nEvidence\n", shown.evidence[0], policy.as_str(), needs.as_str()] {
        assert!(text.contains(part), "{issue}: {part}: {text}");
    }

    // Nobody has to ask for it: it waits for whoever may approve it, and for nobody else.
    let waiting = items(service, "/api/actions?state=waiting_approval").await;
    assert_eq!(waiting.len(), 1, "{issue}: {waiting:?}");
    let asked = &waiting[0];
    assert_eq!((&asked["requested_by"], &asked["case"]), (&json!("recoup"), &case["id"]), "{issue}: {asked}");
    assert_eq!(asked["preview"]["summary"], shown.summary, "{issue}: {asked}");
}
