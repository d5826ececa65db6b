//! A customer writes before the trouble is found: the case that is found later takes over what the ticket told of, so
//! that one trouble is one case, whichever came first.

use crate::http::{run, with_a_payment};
use ::http::{Method, Request, StatusCode};
use app::ports::Clock;
use app::store::{Batch, Commit, keys};
use bytes::Bytes;
use domain::action::{Action, Clause, Kind, Preview, Reason};
use domain::case::Case;
use domain::id::{ActionId, CaseId};
use domain::money::{Currency, Money};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::Counted;
use tests::stripe;
use tests::world::{ask, deliver, deliver_to, get, tries_given_back};

const TWICE: &str = "I was charged twice this month";

/// The customer of the account writes a ticket.
async fn writes(service: &Service, event: &str, id: &str, body: &str) {
    let kind = if event.starts_with("again") { "ticket.commented" } else { "ticket.created" };
    let told = json!({"id": event, "type": kind, "created_at": service.clock.now(), "ticket": {"id": id,
        "subject": "A question", "body": body, "status": "open", "csat": null,
        "requester": {"email": "cus_1@shop.example", "name": "Ada"}}});
    assert_eq!(deliver_to(service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
}

/// The customer has paid 100.00 a second time.
async fn charged_again(service: &Service) {
    let now = service.clock.now();
    let again = stripe::charge("cus_1", "ch_2", None, 10_000, "usd", None, now);
    deliver(service, &stripe::event("evt_3", "charge.succeeded", now, &again)).await;
    service.work().await.unwrap();
    let dead = app::ports::QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
    assert!(dead.iter().all(Vec::is_empty), "{dead:?}");
}

async fn post(service: &Service, staff: &str, path: &str, body: &Value, key: Option<&str>) -> (u16, Value) {
    let (status, answer) = ask(service, staff, Method::POST, path, Some(body), key).await;
    service.work().await.unwrap();
    (status.as_u16(), answer)
}

async fn case_of(service: &Service, ticket: &str) -> String {
    get(service, &format!("/api/tickets/{ticket}")).await["case"].as_str().unwrap().to_owned()
}

async fn items(service: &Service, path: &str) -> Vec<Value> {
    get(service, path).await["items"].as_array().unwrap().clone()
}

/// What there is to see of the trouble once both have come.
async fn outcome(service: &Service) -> Value {
    let open = items(service, "/api/cases?state=open").await;
    let waiting = items(service, "/api/actions?state=waiting_approval").await;
    let ticket = get(service, "/api/tickets/t_1").await;
    let cases = get(service, "/api/reports/2026-03").await["cases"].clone();
    let [case] = open.as_slice() else { panic!("one trouble, one open case: {open:?}") };
    let fields = ["id", "class", "about", "rule", "recommended", "evidence", "tickets", "actions", "opened_at"];
    let shown: Vec<&Value> = fields.iter().map(|field| &case[*field]).collect();
    let asked: Vec<_> = waiting.iter().map(|action| (&action["id"], &action["preview"]["summary"])).collect();
    let told: Vec<_> = ["case", "class", "role", "assignee", "due_at", "state"].map(|field| &ticket[field]).to_vec();
    json!({"case": shown, "asked": asked, "ticket": told, "counted": [cases["total"], cases["resolved"]]})
}

#[test]
fn whichever_comes_first_the_trouble_is_one_case() {
    run(async {
        let mut outcomes = Vec::new();
        for writes_first in [false, true] {
            let service = with_a_payment().await;
            if writes_first {
                writes(&service, "e_1", "t_1", TWICE).await;
                charged_again(&service).await;
            } else {
                charged_again(&service).await;
                writes(&service, "e_1", "t_1", TWICE).await;
            }
            let outcome = outcome(&service).await;
            assert_eq!(outcome["counted"], json!([1, 0]), "writes first: {writes_first}");
            assert_eq!(outcome["asked"].as_array().unwrap().len(), 1, "{outcome}");
            assert_eq!(
                (&outcome["ticket"][0], &outcome["case"][6]),
                (&outcome["case"][0], &json!(["t_1"])),
                "{outcome}"
            );
            outcomes.push(outcome);
        }
        assert_eq!(outcomes[0], outcomes[1]);
    });
}

#[test]
fn the_case_that_a_ticket_opened_says_where_it_goes_on_and_nothing_is_done_there_any_more() {
    run(async {
        let service = with_a_payment().await;
        writes(&service, "e_1", "t_1", TWICE).await;
        writes(&service, "e_2", "t_2", "I was charged twice for this month").await;
        let told = case_of(&service, "t_1").await;
        assert_eq!(case_of(&service, "t_2").await, told);
        charged_again(&service).await;

        let found = case_of(&service, "t_1").await;
        assert_ne!(found, told);
        assert_eq!(case_of(&service, "t_2").await, found, "every ticket of it goes on there");
        let (ended, case) =
            (get(&service, &format!("/api/cases/{told}")).await, get(&service, &format!("/api/cases/{found}")).await);
        assert_eq!((&ended["state"], &ended["went_on_in"]), (&json!("resolved"), &json!(found)), "{ended}");
        assert!(ended["playbook"]["verdict"].as_str().unwrap().contains(&format!("It goes on in {found}.")), "{ended}");
        assert_eq!((&case["took_over"], &case["tickets"]), (&json!([told]), &json!(["t_1", "t_2"])), "{case}");
        let history = get(&service, "/api/tickets/t_1").await["history"].to_string();
        assert!(history.contains("its case goes on in one that was found: duplicate charge"), "{history}");

        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=bea".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let look = async |case: &str| {
            let request = Request::get(format!("/cases/{case}")).header("cookie", &cookie).body(Bytes::new()).unwrap();
            String::from_utf8(dispatch(&service, &request).await.body().to_vec()).unwrap()
        };
        let page = look(&told).await;
        assert!(page.contains("Goes on in") && page.contains(&format!("href=\"/cases/{found}\"")), "{page}");
        assert!(!page.contains("Is this right?") && !page.contains("Ask for something else"), "{page}");
        let page = look(&found).await;
        assert!(page.contains(&format!("href=\"/cases/{told}\"")) && page.contains("Is this right?"), "{page}");

        let refund = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1"},
            "reason_code": "billing_error", "note": "", "case": told});
        for (path, body, key) in [
            (format!("/api/cases/{told}/class"), json!({"class": "overcharge", "note": "rather"}), None),
            (format!("/api/cases/{told}/resolve"), json!({"note": "over"}), None),
            ("/api/actions".to_owned(), refund, Some("k")),
        ] {
            let (status, answer) = post(&service, "lena", &path, &body, key).await;
            assert_eq!((status, &answer["error"]["code"]), (409, &json!("went_on")), "{path}: {answer}");
        }
    });
}

#[test]
fn what_people_did_and_asked_for_goes_with_it_and_is_neither_lost_nor_asked_twice() {
    run(async {
        let service = with_a_payment().await;
        writes(&service, "e_1", "t_1", TWICE).await;
        let told = case_of(&service, "t_1").await;
        let says = json!({"class": "duplicate_charge", "note": "she has sent a statement"});
        assert_eq!(post(&service, "lena", &format!("/api/cases/{told}/class"), &says, None).await.0, 200);
        assert_eq!(post(&service, "lena", "/api/tickets/t_1/assign", &json!({"to": "lena"}), None).await.0, 200);
        let refund = json!({"account": "stripe:cus_1", "kind": "refund", "reason_code": "billing_error", "note": "twice",
            "params": {"payment": "ch_1", "amount": {"amount": "10.00", "currency": "USD"}}, "case": told});
        let (status, asked) = post(&service, "lena", "/api/actions", &refund, Some("k")).await;
        assert_eq!((status, &asked["state"]), (201, &json!("waiting_approval")), "{asked}");
        charged_again(&service).await;

        let found = case_of(&service, "t_1").await;
        let case = get(&service, &format!("/api/cases/{found}")).await;
        assert_eq!((&case["about"], &case["actions"]), (&json!("ch_2"), &json!([asked["id"]])), "{case}");
        assert_eq!((&case["handled"][0]["by"], &case["handled"][0]["note"]), (&json!("lena"), &says["note"]), "{case}");
        assert_eq!(get(&service, "/api/tickets/t_1").await["assignee"], "lena", "whoever has it keeps it");
        let path = format!("/api/actions/{}", asked["id"].as_str().unwrap());
        assert_eq!(get(&service, &path).await["case"], json!(found));
        let waiting = items(&service, "/api/actions?state=waiting_approval").await;
        assert_eq!(waiting.len(), 1, "one payment is to go back, and not both: {waiting:?}");
        assert_eq!(waiting[0]["id"], asked["id"]);

        let denied =
            json!({"decision": "deny", "preview_digest": waiting[0]["preview"]["digest"], "note": "the other one"});
        let (status, answer) = post(&service, "mara", &format!("{path}/decision"), &denied, None).await;
        assert_eq!(status, 200, "{answer}");
        let history = get(&service, "/api/tickets/t_1").await["history"].to_string();
        assert!(history.contains("what was asked for was denied"), "the ticket hears of it: {history}");
        service.advance(service.clock.now() + SignedDuration::from_hours(25)).await.unwrap();
        let waiting = items(&service, "/api/actions?state=waiting_approval").await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!(
            (&waiting[0]["requested_by"], &waiting[0]["case"]),
            (&json!("recoup"), &json!(found)),
            "{waiting:?}"
        );
        let report = get(&service, "/api/reports/2026-03").await;
        assert_eq!(report["cases"]["total"], 1, "{report}");
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{report}");
    });
}

#[test]
fn a_case_that_a_person_has_closed_is_neither_opened_nor_taken_over() {
    run(async {
        let service = with_a_payment().await;
        writes(&service, "e_1", "t_1", TWICE).await;
        let told = case_of(&service, "t_1").await;
        let over = json!({"note": "she was wrong"});
        assert_eq!(post(&service, "lena", &format!("/api/cases/{told}/resolve"), &over, None).await.0, 200);
        charged_again(&service).await;
        let ended = get(&service, &format!("/api/cases/{told}")).await;
        assert_eq!((&ended["state"], &ended["resolution"]), (&json!("resolved"), &json!("by a person")), "{ended}");
        assert_eq!(ended["went_on_in"], Value::Null, "{ended}");
        let open = items(&service, "/api/cases?state=open").await;
        assert_eq!((open.len(), &open[0]["about"], &open[0]["tickets"]), (1, &json!("ch_2"), &json!([])), "{open:?}");
        assert_eq!(case_of(&service, "t_1").await, told);
        service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
        writes(&service, "again_1", "t_1", "It really was charged twice!").await;
        assert_eq!(json!(case_of(&service, "t_1").await), open[0]["id"], "whoever writes again is led to what is open");
    });
}

#[test]
fn it_costs_two_batches_and_only_where_a_ticket_has_told_of_the_same() {
    run(async {
        let mut batches = Vec::new();
        for body in [None, Some("Which VAT rate is on my invoice, and why is there tax?"), Some(TWICE)] {
            let mut service = with_a_payment().await;
            if let Some(body) = body {
                writes(&service, "e_1", "t_1", body).await;
            }
            let counts = Counted::over(&mut service);
            charged_again(&service).await;
            batches.push(counts.take().batches);
        }
        println!("{batches:?}");
        assert!(batches[1] <= batches[0], "a case of another trouble is not read: {batches:?}");
        assert_eq!(batches[2], batches[1] + 2, "the case, and then what belongs to it: {batches:?}");
    });
}

/// As much as ever moves with one case: its ticket, and fifteen refunds that people asked for because of it.
async fn asked_for_much(service: &Service, case: &str) {
    let (key, now) = (keys::case(&CaseId::parse(case).unwrap()), service.clock.now());
    let batch = Batch::read(&service.context, vec![key.clone()]).await.unwrap();
    let mut case = batch.get::<Case>(&key).unwrap().unwrap();
    let mut commit = Commit::default();
    for number in case.actions.len()..15 {
        let clause = Clause { rule: "r".to_owned(), policy_version: 1, why: "w".to_owned() };
        let (summary, digest) = ("a refund".to_owned(), number.to_string());
        let preview = Preview { summary, about: String::new(), lines: Vec::new(), clause, notices: Vec::new(), digest };
        let kind = Kind::Refund { payment: "ch_1".to_owned(), amount: Money::from_minor(100, Currency::USD) };
        let id = ActionId::of(&case.account, "lena", &format!("much_{number}"));
        let mut action = Action::new(id, kind, Reason::Other, preview, "lena", now);
        action.case = Some(case.id.clone());
        case.actions.push(action.id.clone());
        commit.create(&action);
    }
    commit.over(&batch, &case);
    commit.run(&service.context).await.unwrap();
}

#[test]
fn beside_many_recoveries_that_end_a_case_stays_as_it_is_so_that_one_commit_has_room() {
    for (many, goes_on) in [(20, true), (40, false)] {
        run(async {
            let mut service = with_a_payment().await;
            tries_given_back(&service, "stripe").await;
            for number in 0..many {
                let now = service.clock.now();
                let bill = stripe::invoice("cus_1", &format!("in_{number}"), "open", 4_900, 4_900, "usd", 1, now);
                deliver(&service, &stripe::event(&format!("evt_f{number}"), "invoice.payment_failed", now, &bill))
                    .await;
                service.work().await.unwrap();
            }
            service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
            writes(&service, "e_1", "t_1", "xqzt wv").await;
            let says = json!({"class": "chargeback", "note": "their bank wrote"});
            assert_eq!(post(&service, "lena", "/api/tickets/t_1/class", &says, None).await.0, 200, "{many}");
            let told = case_of(&service, "t_1").await;
            asked_for_much(&service, &told).await;

            let (counts, now) = (Counted::over(&mut service), service.clock.now());
            let claim = stripe::dispute("dp_1", "ch_1", 10_000, "needs_response", now);
            deliver(&service, &stripe::event("evt_bank", "charge.dispute.created", now, &claim)).await;
            service.work().await.unwrap();
            let dead = app::ports::QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
            assert!(dead.iter().all(Vec::is_empty), "{many}: {dead:?}");
            let costs = counts.take();
            assert!(costs.most <= 100, "{many}: {costs:?}");
            let claims = items(&service, "/api/cases?state=open&class=chargeback").await;
            assert_eq!(case_of(&service, "t_1").await != told, goes_on, "{many}: {claims:?}");
            assert_eq!(claims.len(), if goes_on { 1 } else { 2 }, "{many}: both stay open: {claims:?}");
            let plans = items(&service, "/api/accounts/stripe:cus_1/dunning").await;
            assert!(plans.iter().all(|plan| plan["state"] != "running"), "{many}: the bank stops all");
        });
    }
}
