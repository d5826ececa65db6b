//! What one request reads has a bound, however much there is; what is not read makes nothing laxer, and is said.

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use crate::limits::with_limit;
use ::http::{Method, StatusCode};
use app::ports::{Clock, QueueName};
use app::store::{Batch, Commit, keys};
use domain::id::AccountId;
use domain::ledger::{LedgerHead, Note};
use domain::report::fact::{Fact, Row};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::{Costs, Counted, Counts};
use tests::stripe;
use tests::world::{ask, deliver, get};

fn account() -> AccountId {
    AccountId::of("stripe", "default", "cus_1")
}

fn passes(service: &Service, hours: i64) {
    service.clock.advance(service.clock.now() + SignedDuration::from_hours(hours)).unwrap();
}

/// Somebody asks for a refund: the status, and the answer.
async fn refund(service: &Service, staff: &str, amount: &str) -> (u16, Value) {
    let body = json!({"account": "stripe:cus_1", "kind": "refund", "reason_code": "billing_error", "note": "",
        "params": {"payment": "ch_1", "amount": {"amount": amount, "currency": "USD"}}});
    let (status, answer) = ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(amount)).await;
    (status.as_u16(), answer)
}

/// What it takes to answer one request.
async fn costs(service: &Service, counts: &Counts, path: &str) -> (Value, Costs) {
    counts.take();
    let answer = get(service, path).await;
    (answer, counts.take())
}

/// So many entries of something else come into the ledger.
async fn entered(service: &Service, count: usize) {
    let (key, now) = (keys::ledger_head(&account()), service.clock.now());
    let mut left = count;
    while left > 0 {
        let some = left.min(90);
        let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
        let mut head: LedgerHead = batch.get(&key).unwrap().unwrap_or_else(|| LedgerHead::new(&account()));
        let note = |_| Note::of_recovery(now, "mara", [("word", "pause".to_owned())]);
        let mut commit = Commit::default();
        for entry in head.append((0..some).map(note).collect()) {
            commit.create(&entry);
        }
        commit.over(&batch, &head);
        commit.run(&service.context).await.unwrap();
        left -= some;
    }
}

#[test]
fn a_receipt_reads_few_entries_of_a_long_ledger() {
    run(async {
        let mut service = with_a_payment().await;
        with_limit(&mut service, "receipt_entries_max", 100);
        entered(&service, 900).await;
        passes(&service, 2);
        let (status, done) = refund(&service, "mara", "10.00").await;
        assert_eq!((status, &done["state"]), (201, &json!("approved")), "{done}");
        let (status, waiting) = refund(&service, "luis", "60.00").await;
        assert_eq!((status, &waiting["state"]), (201, &json!("waiting_approval")), "{waiting}");
        service.work().await.unwrap();
        let path = |action: &Value| format!("/api/actions/{}/receipt", action["id"].as_str().unwrap());
        let counts = Counted::over(&mut service);
        let (told, few) = costs(&service, &counts, &path(&done)).await;
        let steps: Vec<_> = told["entries"].as_array().unwrap().iter().map(|entry| entry["step"].clone()).collect();
        assert_eq!(steps[..2], [json!("requested"), json!("decided")], "{told}");
        assert!(told["entries"][0]["number"].as_u64() > Some(900), "{told}");
        assert_eq!(told["next"], Value::Null, "nothing stands behind it: {told}");

        passes(&service, 24);
        entered(&service, 2_700).await;
        let (later, many) = costs(&service, &counts, &path(&done)).await;
        assert_eq!(later["entries"], told["entries"]);
        // A page, and a step more for each time that the ledger is twice as long.
        assert!(few.items <= 100 + 1 + 6 * 65 && many.items <= few.items + 100 + 3 * 65, "{few:?} {many:?}");

        // What may still go on says from where: there nothing of it is left out.
        let (open, _) = costs(&service, &counts, &path(&waiting)).await;
        assert_eq!(open["entries"].as_array().unwrap().len(), 1, "{open}");
        let rest = get(&service, open["next"].as_str().unwrap()).await;
        let (first, own) = (rest["items"][0]["number"].as_u64(), open["entries"][0]["number"].as_u64());
        assert!(first > own && first < Some(1_050), "{first:?} {own:?}");
    });
}

/// So many rows of March.
async fn rows(service: &Service, count: usize) {
    for some in (0..count).collect::<Vec<_>>().chunks(90) {
        let mut commit = Commit::default();
        for number in some {
            let after = Fact::UnknownCode {
                item: format!("ch_{number}"),
                at: service.clock.now(),
                provider: "stripe".to_owned(),
                code: format!("code_{number}"),
            };
            commit.note(Row {
                month: "2026-03".to_owned(),
                commit: format!("evt_{number}"),
                number: 0,
                account: AccountId::of("stripe", "default", &format!("cus_{}", number % 97)),
                before: None,
                after: Some(after),
            });
        }
        commit.run(&service.context).await.unwrap();
    }
}

#[test]
fn a_month_of_very_many_rows_is_not_added_up_while_somebody_waits() {
    run(async {
        let mut service = with_a_payment().await;
        with_limit(&mut service, "report_rows_max", 300);
        rows(&service, 200).await;
        let (status, report) = ask(&service, "mara", Method::GET, "/api/reports/2026-03", None, None).await;
        assert_eq!(status, StatusCode::OK, "{report}");
        with_limit(&mut service, "report_rows_max", 100);
        let counts = Counted::over(&mut service);
        for path in ["/api/reports/2026-03", "/reports/2026-03"] {
            counts.take();
            let (status, refused) = ask(&service, "mara", Method::GET, path, None, None).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {refused}");
            assert!(refused.to_string().contains("/api/reports/2026-03/rows"), "{path} says where they are: {refused}");
            // Of each of the eight partitions as much as its part, one more, and one more to see that there is more.
            assert!(counts.take().items <= 100 + 2 * 8, "{path}");
        }
    });
}

#[test]
fn what_cannot_be_known_to_be_within_the_rules_is_not_asked_for() {
    run(async {
        let mut service = with_a_payment().await;
        let now = service.clock.now();
        let bought = stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "active", now);
        deliver(&service, &stripe::event("evt_s", "customer.subscription.created", now, &bought)).await;
        service.work().await.unwrap();
        with_limit(&mut service, "past_actions_max", 1);
        for (amount, status) in [("10.00", 201), ("11.00", 201), ("12.00", 422)] {
            assert_eq!(refund(&service, "mara", amount).await.0, status, "{amount}");
        }
        let counts = Counted::over(&mut service);
        let (status, refused) = refund(&service, "mara", "13.00").await;
        assert_eq!((status, &refused["error"]["code"]), (422, &json!("not_possible")), "{refused}");
        assert!(counts.take().items <= 2, "no more is read than shows that there is too much");
        // Nobody is kept from leaving.
        let body = json!({"account": "stripe:cus_1", "kind": "cancel", "params": {"customer_requested": true},
            "reason_code": "other", "note": "wrote a letter"});
        let (status, asked) = ask(&service, "lena", Method::POST, "/api/actions", Some(&body), Some("leave")).await;
        assert_eq!((status, &asked["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{asked}");
    });
}

/// Recoup asks to give back what a case proves, and then more is asked for on the account than is looked at.
#[test]
fn what_cannot_be_counted_waits_for_its_approver_who_denies_it_and_approves_nothing() {
    run(async {
        let mut service = with_a_payment().await;
        charged_twice(&service).await;
        let asked = get(&service, "/api/actions?state=waiting_approval").await["items"][0].clone();
        assert_eq!((&asked["kind"], &asked["requested_by"]), (&json!("refund"), &json!("recoup")), "{asked}");
        let (status, other) = refund(&service, "lena", "10.00").await;
        assert_eq!(status, 201, "{other}");
        with_limit(&mut service, "past_actions_max", 1);

        let own = format!("/api/actions/{}", asked["id"].as_str().unwrap());
        for hours in [3, 24, 72] {
            service.advance(service.clock.now() + SignedDuration::from_hours(hours)).await.unwrap();
            let dead = QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
            assert!(dead.iter().all(Vec::is_empty), "after {hours} hours: {dead:?}");
            assert_eq!(get(&service, &own).await["state"], "waiting_approval", "after {hours} hours");
        }

        let waiting = get(&service, &own).await;
        let decision = format!("{own}/decision");
        let ballot = |decision: &str| {
            let digest = &waiting["preview"]["digest"];
            json!({"decision": decision, "preview_digest": digest, "note": "given back at the provider"})
        };
        let (status, refused) = ask(&service, "bea", Method::POST, &decision, Some(&ballot("approve")), None).await;
        assert_eq!((status, &refused["error"]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("not_possible")));
        assert!(refused["error"]["message"].as_str().unwrap().contains("deny it here"), "{refused}");
        assert_eq!(get(&service, &own).await["state"], "waiting_approval");
        let (status, denied) = ask(&service, "bea", Method::POST, &decision, Some(&ballot("deny")), None).await;
        assert_eq!((status, &denied["state"]), (StatusCode::OK, &json!("denied")), "{denied}");
    });
}
