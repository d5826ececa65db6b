//! What people see before and after they decide: whose, how much and why; what was asked for already, and what is out
//! of date; and nobody denies without a reason.

use crate::channels::{form, letters, slack_says, state, token, waiting};
use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use ::http::{Method, Request, StatusCode};
use app::ports::{Channel, Clock};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get};

const NAME: &str = "<b>Juniper</b> 株式会社 & Co";
const AS_TEXT: &str = "&lt;b&gt;Juniper&lt;/b&gt; 株式会社 &amp; Co";
const WHY: &str = "say why you deny it, in the note: whoever asked is told your reason";

struct Seen {
    status: StatusCode,
    /// Where it leads on to, and after how many seconds it is asked for again.
    location: String,
    refresh: Option<String>,
    body: String,
}

async fn send(service: &Service, method: Method, path: &str, cookie: &str, body: &str) -> Seen {
    let request = Request::builder().method(method).uri(path).header("cookie", cookie);
    let request = request.header("sec-fetch-site", "same-origin").body(body.to_owned().into()).unwrap();
    let answer = dispatch(service, &request).await;
    let header = |name: &str| answer.headers().get(name).map(|it| it.to_str().unwrap().to_owned());
    Seen {
        status: answer.status(),
        location: header("location").unwrap_or_default(),
        refresh: header("refresh"),
        body: String::from_utf8(answer.body().to_vec()).unwrap(),
    }
}

async fn signed_in(service: &Service, staff: &str) -> String {
    let request = Request::post("/local/login").body(format!("staff={staff}").into()).unwrap();
    let answer = dispatch(service, &request).await;
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn page(service: &Service, cookie: &str, path: &str) -> Seen {
    let seen = send(service, Method::GET, path, cookie, "").await;
    assert_eq!(seen.status, StatusCode::OK, "{path}: {}", seen.body);
    seen
}

fn csrf(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
}

/// What Slack posts when somebody presses a button, with what stands in the field above it.
fn pressed(user: &str, button: &str, value: &str, note: Option<&str>) -> Vec<u8> {
    let payload = json!({
        "type": "block_actions", "team": {"id": "T_DEMO"}, "user": {"id": user, "team_id": "T_DEMO"},
        "actions": [{"action_id": button, "type": "button", "value": value, "action_ts": "1.2"}],
        "state": {"values": {"why": {"note": {"type": "plain_text_input", "value": note}}}},
    });
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish().into_bytes()
}

async fn decide(service: &Service, staff: &str, id: &str, ballot: &Value) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, &format!("/api/actions/{id}/decision"), Some(ballot), None).await
}

/// From then on the customer is called this.
async fn called(service: &Service, name: &str) {
    service.advance("2026-03-01T09:05:00Z".parse().unwrap()).await.unwrap();
    let now = service.clock.now();
    let mut customer = stripe::customer("cus_1", now);
    customer["name"] = json!(name);
    deliver(service, &stripe::event("evt_called", "customer.updated", now, &customer)).await;
    service.work().await.unwrap();
}

#[test]
fn nobody_denies_without_a_reason_on_any_way() {
    run(async {
        let service = with_a_payment().await;
        let (id, digest) = waiting(&service, "k1", "10.00").await;

        // By a program.
        for note in [json!(""), json!(" \n ")] {
            let ballot = json!({"decision": "deny", "preview_digest": digest, "note": note});
            let (status, answer) = decide(&service, "bea", &id, &ballot).await;
            assert_eq!((status, answer["error"]["message"].as_str()), (StatusCode::BAD_REQUEST, Some(WHY)), "{note}");
        }
        let ballot = json!({"decision": "deny", "preview_digest": digest});
        assert_eq!(decide(&service, "bea", &id, &ballot).await.0, StatusCode::BAD_REQUEST);

        // In the console.
        let cookie = signed_in(&service, "bea").await;
        let path = format!("/actions/{id}");
        let own = page(&service, &cookie, &path).await.body;
        let body = format!("csrf={}&decision=deny&preview_digest={digest}&note=", csrf(&own));
        let answer = send(&service, Method::POST, &format!("{path}/decision"), &cookie, &body).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert!(page(&service, &cookie, &answer.location).await.body.contains(WHY), "{}", answer.location);

        // By the mailed link.
        let link = token(&service, "bea");
        form(&service, &[("token", &link), ("send_code", "yes")]).await;
        let code = letters(&service, Channel::Slack, "U_BEA").remove(0).text[..6].to_owned();
        let opened = form(
            &service,
            &[("token", &link), ("code", &code), ("preview_digest", &digest), ("decision", "deny"), ("note", "")],
        )
        .await;
        assert!(opened.contains(WHY) && opened.contains("value=\"deny\""), "it can still be said: {opened}");

        // At Slack.
        let (now, value) = (service.clock.now(), format!("{id}|{digest}"));
        for note in [None, Some("  ")] {
            slack_says(&service, "test_slack_secret", now, pressed("U_BEA", "deny", &value, note)).await;
            assert!(letters(&service, Channel::Slack, "U_BEA").remove(0).text.starts_with(WHY));
        }
        assert_eq!(state(&service, &id).await, "waiting_approval");

        // With a reason it is denied, and whoever asked reads it.
        slack_says(&service, "test_slack_secret", now, pressed("U_BEA", "deny", &value, Some("it was no error"))).await;
        assert_eq!(state(&service, &id).await, "denied");
        let told = letters(&service, Channel::Mail, "lena@demo.example").remove(0);
        assert!(told.text.contains("It was denied by Bea: it was no error"), "{}", told.text);
    });
}

#[test]
fn the_page_shows_by_itself_how_it_ended() {
    run(async {
        let service = with_a_payment().await;
        let (id, digest) = waiting(&service, "k1", "10.00").await;
        let (cookie, path) = (signed_in(&service, "bea").await, format!("/actions/{id}"));
        let before = page(&service, &cookie, &path).await;
        assert_eq!(before.refresh, None, "nobody loses what they write");
        let body = format!("csrf={}&decision=approve&preview_digest={digest}&note=", csrf(&before.body));
        let answer = send(&service, Method::POST, &format!("{path}/decision"), &cookie, &body).await;
        assert_eq!((answer.status, answer.location), (StatusCode::SEE_OTHER, format!("{path}#now")));

        let meanwhile = page(&service, &cookie, &path).await;
        assert_eq!(meanwhile.refresh.as_deref(), Some("2"));
        assert!(meanwhile.body.contains("id=\"now\"") && meanwhile.body.contains("looks again by itself"));
        service.work().await.unwrap();
        let after = page(&service, &cookie, &path).await;
        assert_eq!(after.refresh, None);
        assert!(after.body.contains("executed") && !after.body.contains("looks again by itself"), "{}", after.body);
    });
}

#[test]
fn a_second_request_for_a_payment_is_warned_about_and_what_the_first_made_out_of_date_says_so() {
    run(async {
        let service = with_a_payment().await;
        let (first, digest) = waiting(&service, "k1", "10.00").await;
        let (second, seen) = waiting(&service, "k2", "95.00").await;
        let notices = async |id: &str| get(&service, &format!("/api/actions/{id}")).await["preview"]["notices"].clone();
        assert_eq!(notices(&first).await, Value::Null);
        let warned =
            "Asked for already, by Lena on 1 Mar 2026: Refund 10.00 USD to the customer; it waits for a decision";
        assert_eq!(notices(&second).await, json!([warned]));
        let asked = letters(&service, Channel::Slack, "#billing-approvals").remove(0).blocks.unwrap().to_string();
        assert!(asked.contains("*Look twice*") && asked.contains(warned), "{asked}");

        let (cookie, path) = (signed_in(&service, "mara").await, format!("/actions/{second}"));
        assert!(!page(&service, &cookie, &path).await.body.contains("It is out of date"));
        let ballot = json!({"decision": "approve", "preview_digest": digest, "note": "seen"});
        assert_eq!(decide(&service, "mara", &first, &ballot).await.0, StatusCode::OK);
        service.work().await.unwrap();
        let stale = page(&service, &cookie, &path).await.body;
        assert!(stale.contains("It is out of date: only 90.00 USD"), "{stale}");
        let ballot = json!({"decision": "approve", "preview_digest": seen, "note": "seen"});
        let (status, answer) = decide(&service, "mara", &second, &ballot).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("stale_preview")), "{answer}");
    });
}

#[test]
fn whoever_decides_reads_whose_it_is_and_no_record_keeps_the_name() {
    run(async {
        let service = with_a_payment().await;
        called(&service, NAME).await;
        let (id, _) = waiting(&service, "k1", "10.00").await;
        let said = |name: &str| format!("Refund 10.00 USD to {name}: billed wrongly, payment of 1 Mar, Visa 4242");

        let mail = letters(&service, Channel::Mail, "bea@demo.example").remove(0);
        assert_eq!(mail.subject, format!("Approval needed: {}", said(NAME)));
        assert!(mail.text.contains(&said(NAME)) && mail.html.contains(&said(AS_TEXT)), "{}", mail.html);
        let slack = letters(&service, Channel::Slack, "#billing-approvals").remove(0).blocks.unwrap();
        let section = slack["blocks"].as_array().unwrap().iter().find(|block| block["type"] == "section").unwrap();
        assert_eq!(section["text"]["text"], format!("*{}*", said(AS_TEXT)));
        let link = token(&service, "bea");
        let (lena, path) = (signed_in(&service, "lena").await, format!("/actions/{id}"));
        let shown = async || {
            let mut pages = vec![("linked page", form(&service, &[("token", &link)]).await)];
            for path in ["/approvals", "/actions", path.as_str()] {
                pages.push(("page", page(&service, &lena, path).await.body));
            }
            pages
        };
        for (place, body) in shown().await {
            assert!(body.contains(&said(AS_TEXT)) && !body.contains("<b>Juniper"), "{place}: {body}");
        }

        // It stands beside the action and not in it: neither the request nor its receipt has to be erased.
        let receipt = get(&service, &format!("/api/actions/{id}/receipt")).await.to_string();
        assert!(receipt.contains("Visa 4242") && !receipt.contains("Juniper"), "{receipt}");
        let wish = json!({"account": "stripe:cus_1", "kind": "erase_person", "params": {}, "reason_code": "other",
            "note": "asked by mail"});
        let (_, erase) = ask(&service, "mara", Method::POST, "/api/actions", Some(&wish), Some("key")).await;
        let ballot = json!({"decision": "approve", "preview_digest": erase["preview"]["digest"], "note": ""});
        assert_eq!(decide(&service, "marc", erase["id"].as_str().unwrap(), &ballot).await.0, StatusCode::OK);
        service.work().await.unwrap();
        for (place, body) in shown().await {
            assert!(body.contains(&said("a customer whose data was erased")), "{place}: {body}");
            assert!(!body.contains("Juniper"), "{place}: {body}");
        }
    });
}

#[test]
fn what_recoup_asks_for_comes_with_its_evidence_and_lists_name_the_customer() {
    run(async {
        let service = with_a_payment().await;
        called(&service, NAME).await;
        let case = charged_twice(&service).await;
        let asked = get(&service, "/api/actions?state=waiting_approval").await["items"][0].clone();
        let said = format!("to {NAME}: charged a second time on 1 Mar, Visa 4242");
        let note = asked["note"].as_str().unwrap();
        assert!(note.starts_with("100.00 USD was charged at 2026-03-01 09:") && !note.contains("ch_"), "{note}");
        let evidence = get(&service, &format!("/api/cases/{case}")).await["evidence"].to_string();
        assert!(evidence.contains("100.00 USD at 2026-03-01 09:00 UTC") && !evidence.contains("T09:"), "{evidence}");
        let asked_by_mail = |to: &str| letters(&service, Channel::Mail, &format!("{to}@demo.example"));
        let mail = ["bea", "mara"].into_iter().flat_map(asked_by_mail).next().unwrap();
        assert!(mail.subject.ends_with(&said), "{}", mail.subject);
        for part in
            ["\n\nAsked by Recoup 0 minutes ago", "\n\nWhat it rests on:\n- ", "\n\nAfter yes: ", "the case stays open"]
        {
            assert!(mail.text.contains(part), "{part}: {}", mail.text);
        }
        let cookie = signed_in(&service, "bea").await;
        let own = format!("/actions/{}", asked["id"].as_str().unwrap());
        let case = format!("/cases/{case}");
        for path in ["/approvals", "/actions", "/cases", "/tasks", own.as_str(), case.as_str()] {
            let body = page(&service, &cookie, path).await.body;
            assert!(path == "/tasks" || body.contains(AS_TEXT), "{path}: {body}");
            assert!(!body.contains("<b>Juniper"), "{path}: {body}");
        }
        let own = page(&service, &cookie, &own).await.body;
        assert!(own.contains("What it rests on") && own.contains("After no"), "{own}");
    });
}

#[test]
fn only_what_is_possible_is_offered_and_the_rest_says_why_not() {
    run(async {
        let service = with_a_payment().await;
        let cookie = signed_in(&service, "lena").await;
        let body = page(&service, &cookie, "/accounts/stripe:cus_1/ask").await.body;
        for (kind, offered) in [("refund", true), ("credit", true), ("resume", false), ("payment_link", false)] {
            assert_eq!(body.contains(&format!("ask?kind={kind}\"")), offered, "{kind}: {body}");
        }
        for why in ["resume: nothing of theirs is paused", "payment link: no invoice of theirs is open"] {
            assert!(body.contains(why), "{why}: {body}");
        }
    });
}
