//! Four eyes on who may approve: nobody makes themselves a second pair.

use crate::http::{run, with_a_payment};
use ::http::{Method, StatusCode};
use app::ports::Clock;
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get, import};

/// A file of one person.
fn file(id: &str, email: &str, role: &str) -> String {
    format!("id,name,email,role,slack_team,slack_user\n{id},{id},{email},{role},T_DEMO,U_{}\n", id.to_uppercase())
}

/// Somebody's word about a proposal: the status, and the state or the code of the refusal.
async fn say(service: &Service, by: &str, number: &str, decision: &str) -> (u16, String) {
    let body = json!({"decision": decision});
    let path = format!("/api/staff/proposals/{number}");
    let (status, answer) = ask(service, by, Method::POST, &path, Some(&body), None).await;
    let told = answer["state"].as_str().or(answer["error"]["code"].as_str());
    (status.as_u16(), told.unwrap_or_default().to_owned())
}

fn said(status: u16, told: &str) -> (u16, String) {
    (status, told.to_owned())
}

async fn person(service: &Service, id: &str) -> Value {
    let table = get(service, "/api/staff").await;
    table["items"].as_array().unwrap().iter().find(|one| one["id"] == id).cloned().unwrap_or_default()
}

/// The answer to Mara's file: whether it is done, and the proposal that it became.
async fn sent(service: &Service, csv: &str) -> (StatusCode, Value) {
    let (status, answer) = import(service, "mara", "staff", csv, false).await;
    (status, answer["proposal"].clone())
}

#[test]
fn a_manager_with_a_second_account_approves_no_refund_of_their_own() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let charge = stripe::charge("cus_1", "ch_9", None, 200_000, "usd", None, now);
        deliver(&service, &stripe::event("evt_9", "charge.succeeded", now, &charge)).await;
        service.work().await.unwrap();

        // Mara makes an account that is herself, lets it ask for what a manager approves, and approves it.
        let puppet = file("puppet", "mara@private.example", "l2");
        assert_eq!(sent(&service, &puppet).await, (StatusCode::ACCEPTED, json!(1)));
        assert_eq!(person(&service, "puppet").await, Value::Null, "it waits for somebody else");
        let amount = json!({"amount": "2000.00", "currency": "USD"});
        let refund = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_9", "amount": amount}, "reason_code": "billing_error", "note": ""});
        let (status, _) = ask(&service, "puppet", Method::POST, "/api/actions", Some(&refund), Some("k")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "nobody is called so");
        for (by, expected) in [
            ("mara", said(403, "own_request")),
            ("puppet", said(401, "not_signed_in")),
            ("lena", said(403, "not_permitted")),
            ("leo", said(403, "not_permitted")),
        ] {
            assert_eq!(say(&service, by, "1", "confirm").await, expected, "{by}");
        }

        // Or takes over an account that is there: the same mail, the same Slack user, the same power.
        let taken_over = file("luis", "mara@private.example", "l2");
        assert_eq!(sent(&service, &taken_over).await, (StatusCode::ACCEPTED, json!(2)));
        assert_eq!(person(&service, "luis").await["email"], "luis@demo.example");
        assert_eq!(say(&service, "marc", "2", "refuse").await, said(200, "refused"));
        assert_eq!(say(&service, "vera", "2", "confirm").await, said(409, "already_decided"));

        // Or makes an account that only reads, which takes one person, and promotes it.
        let reader = file("reader", "reader@private.example", "analyst");
        assert_eq!(sent(&service, &reader).await, (StatusCode::OK, Value::Null));
        let promoted = file("reader", "reader@private.example", "manager");
        assert_eq!(sent(&service, &promoted).await, (StatusCode::ACCEPTED, json!(3)));
        assert_eq!(say(&service, "reader", "3", "confirm").await, said(403, "not_permitted"));
        assert_eq!(person(&service, "reader").await["role"], "analyst");

        // Or lets somebody stand in for whoever must look.
        let stand_in = json!({"from": "bea", "to": "lena", "until": now + SignedDuration::from_hours(24)});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/delegations", Some(&stand_in), None).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::FORBIDDEN, &json!("not_permitted")), "{answer}");
    });
}

#[test]
fn what_two_people_want_of_the_staff_table_is_done_and_told() {
    run(async {
        let service = with_a_payment().await;
        let nia = file("nia", "nia@demo.example", "l2");
        let (status, tried) = import(&service, "mara", "staff", &nia, true).await;
        assert_eq!((status, &tried["needs_another"]), (StatusCode::OK, &json!(true)), "{tried}");
        assert_eq!(get(&service, "/api/staff").await["proposals"], json!([]), "a dry run proposes nothing");
        assert_eq!(sent(&service, &nia).await, (StatusCode::ACCEPTED, json!(1)));
        let (status, again) = import(&service, "marc", "staff", &nia, false).await;
        assert_eq!((status, &again["proposal"]), (StatusCode::ACCEPTED, &json!(1)), "the same waits already: {again}");
        let (_, page) = ask(&service, "marc", Method::GET, "/staff", None, None).await;
        let page = page.as_str().unwrap();
        for text in ["Waits for a second person", "nia: new, role l2", "e-mail nia@demo.example", "Slack T_DEMO U_NIA"]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert_eq!(say(&service, "marc", "1", "confirm").await, said(200, "confirmed"));
        assert_eq!(person(&service, "nia").await["role"], "l2");
        let table = get(&service, "/api/staff").await;
        let change = &table["changes"][0];
        assert_eq!((&change["by"], &change["confirmed_by"]), (&json!("mara"), &json!("marc")), "{change}");
        assert_eq!(table["proposals"][0]["ended"]["by"], "marc");

        // Two managers do not make the VP whose approval is wanted beside a manager's.
        assert_eq!(sent(&service, &file("eve", "eve@demo.example", "vp")).await, (StatusCode::ACCEPTED, json!(2)));
        assert_eq!(say(&service, "marc", "2", "confirm").await, said(403, "not_permitted"));
        assert_eq!(say(&service, "vera", "2", "confirm").await, said(200, "confirmed"));

        // What nobody confirms is over after three days.
        assert_eq!(sent(&service, &file("tim", "tim@demo.example", "l1")).await, (StatusCode::ACCEPTED, json!(3)));
        service.advance(service.clock.now() + SignedDuration::from_hours(72)).await.unwrap();
        assert_eq!(say(&service, "marc", "3", "confirm").await, said(409, "expired"));
        assert_eq!(get(&service, "/api/staff").await["proposals"][0]["state"], "expired");
        for (number, status) in [("4", 404), ("nonsense", 404)] {
            assert_eq!(say(&service, "marc", number, "confirm").await, said(status, "not_found"), "{number}");
        }
        assert_eq!(say(&service, "marc", "3", "perhaps").await, said(400, "malformed"));
    });
}

/// What somebody was told of a proposal: whom, by which way.
fn told(service: &Service, subject: &str) -> Vec<String> {
    let letters = service.outbox.letters().unwrap();
    let mut to: Vec<_> = letters.into_iter().filter(|(_, it)| it.subject == subject).map(|(_, it)| it.to).collect();
    to.sort();
    to
}

/// Whether the overview asks somebody for their word.
async fn is_asked(service: &Service, staff: &str, subject: &str) -> bool {
    let (status, page) = ask(service, staff, Method::GET, "/", None, None).await;
    assert_eq!(status, StatusCode::OK, "{staff}");
    page.as_str().unwrap().contains(&format!(r#"<a href="/staff">{subject}</a>"#))
}

#[test]
fn those_who_may_confirm_are_told_once_and_asked_on_their_overview() {
    run(async {
        let service = with_a_payment().await;
        let nia = file("nia", "nia@demo.example", "l2");
        for by in ["mara", "marc"] {
            assert_eq!(import(&service, by, "staff", &nia, false).await.0, StatusCode::ACCEPTED);
        }
        service.work().await.unwrap();
        let subject = "nia is proposed as l2 by Mara: confirm or refuse";
        assert_eq!(told(&service, subject), ["#billing-approvals", "marc@demo.example", "vera@demo.example"]);
        for (staff, asked) in [("marc", true), ("vera", true), ("mara", false), ("bea", false), ("ana", false)] {
            assert_eq!(is_asked(&service, staff, subject).await, asked, "{staff}");
        }
        assert_eq!(say(&service, "marc", "1", "confirm").await, said(200, "confirmed"));
        assert!(!is_asked(&service, "vera", subject).await, "it is done");

        // What only a VP confirms is nobody else's to look at.
        assert_eq!(sent(&service, &file("eve", "eve@demo.example", "vp")).await, (StatusCode::ACCEPTED, json!(2)));
        service.advance(service.clock.now() + SignedDuration::from_hours(24)).await.unwrap();
        let subject = "eve is proposed as vp by Mara: confirm or refuse";
        assert_eq!(told(&service, subject), ["#billing-approvals", "vera@demo.example"], "once, however long it waits");
        assert_eq!(
            (is_asked(&service, "vera", subject).await, is_asked(&service, "marc", subject).await),
            (true, false)
        );
    });
}

#[test]
fn nobody_is_called_to_a_proposal_that_has_ended() {
    run(async {
        let service = with_a_payment().await;
        for _ in 0..1000 {
            service.sandbox.trouble("slack", "channel_not_found").unwrap();
        }
        assert_eq!(sent(&service, &file("nia", "nia@demo.example", "l2")).await, (StatusCode::ACCEPTED, json!(1)));
        let later = async |minutes| {
            service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
        };
        later(30).await;
        let subject = "nia is proposed as l2 by Mara: confirm or refuse";
        assert_eq!(told(&service, subject), ["marc@demo.example", "vera@demo.example"], "Slack keeps nobody waiting");
        assert_eq!(say(&service, "vera", "1", "refuse").await, said(200, "refused"));
        service.sandbox.untroubled("slack").unwrap();
        later(120).await;
        assert_eq!(told(&service, subject).len(), 2, "it is not posted any more");
    });
}

#[test]
fn nobody_gets_the_address_that_somebody_has() {
    run(async {
        let service = with_a_payment().await;
        let head = "id,name,email,role";
        let swapped = format!("{head}\nlena,Lena,luis@demo.example,l1\nluis,Luis,lena@demo.example,l2\n");
        let (status, answer) = import(&service, "vera", "staff", &swapped, false).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (422, &json!("rows_refused")), "{answer}");
        let freed = format!("{head}\nluis,Luis,luis.new@demo.example,l2\n");
        assert_eq!(import(&service, "vera", "staff", &freed, false).await.0, StatusCode::OK);
        let taken = format!("{head}\nlena,Lena,luis@demo.example,l1\n");
        assert_eq!(import(&service, "vera", "staff", &taken, false).await.0, StatusCode::OK, "it is free by now");
    });
}
