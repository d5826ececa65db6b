//! R20: one decision, three channels. Forged, replayed, expired and reused: each gets its named answer and changes
//! nothing.

use crate::http::{run, with_a_payment};
use app::ports::{Channel, Clock, Letter};
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use providers::{Secret, slack};
use serde_json::{Value, json};
use tests::world::{ask, get};

/// A refund that lena asks for: a billing specialist must decide.
pub async fn waiting(service: &Service, key: &str, amount: &str) -> (String, String) {
    let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1", "amount": {"amount": amount, "currency": "USD"}}, "reason_code": "billing_error", "note": "see <!channel>"});
    let (status, answer) = ask(service, "lena", Method::POST, "/api/actions", Some(&body), Some(key)).await;
    assert_eq!((status, &answer["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{answer}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&answer["id"]), text(&answer["preview"]["digest"]))
}

pub async fn state(service: &Service, id: &str) -> String {
    get(service, &format!("/api/actions/{id}")).await["state"].as_str().unwrap().to_owned()
}

pub fn letters(service: &Service, channel: Channel, to: &str) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap();
    all.into_iter().map(|(_, letter)| letter).filter(|letter| letter.channel == channel && letter.to == to).collect()
}

fn refunds_sent(service: &Service) -> usize {
    service
        .sandbox
        .calls("stripe")
        .unwrap()
        .iter()
        .filter(|call| call.method == "POST" && call.path == "/v1/refunds")
        .count()
}

/// What Slack posts when somebody presses a button.
fn press(user: &str, button: &str, value: &str) -> Vec<u8> {
    let payload = json!({
        "type": "block_actions", "team": {"id": "T_DEMO"}, "user": {"id": user, "team_id": "T_DEMO"}, "response_url": "https://hooks.slack.com/actions/T/1/x",
        "actions": [{"action_id": button, "type": "button", "value": value, "action_ts": "1.2"}],
    });
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish().into_bytes()
}

async fn post(service: &Service, path: &str, headers: &[(&str, String)], body: Vec<u8>) -> (StatusCode, String) {
    let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let answer = dispatch(service, &request.body(body.into()).unwrap()).await;
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap())
}

pub async fn slack_says(service: &Service, secret: &str, at: jiff::Timestamp, body: Vec<u8>) -> StatusCode {
    let headers = slack::sign(&Secret::new(secret), &body, at);
    let (status, text) = post(service, "/slack/interactions", &headers, body).await;
    assert!(status == StatusCode::OK || text.contains("not_authentic") || text.contains("malformed"), "{text}");
    service.work().await.unwrap();
    status
}

#[test]
fn a_button_at_slack_is_believed_by_its_signature_and_decides_once() {
    run(async {
        let service = with_a_payment().await;
        let (id, digest) = waiting(&service, "k1", "10.00").await;
        let asked = letters(&service, Channel::Slack, "#billing-approvals").remove(0);
        let blocks = asked.blocks.unwrap().to_string();
        assert!(
            blocks.contains(&format!("{id}|{digest}"))
                && blocks.contains("&lt;!channel&gt;")
                && !blocks.contains("<!channel>"),
            "{blocks}"
        );
        let value = format!("{id}|{digest}");
        let now = service.clock.now();

        // Forged, tampered with, too old, too new, and what is no interaction.
        assert_eq!(
            slack_says(&service, "another secret", now, press("U_BEA", "approve", &value)).await,
            StatusCode::UNAUTHORIZED
        );
        for minutes in [-6, 6] {
            let at = now + SignedDuration::from_mins(minutes);
            assert_eq!(
                slack_says(&service, "test_slack_secret", at, press("U_BEA", "approve", &value)).await,
                StatusCode::UNAUTHORIZED
            );
        }
        let good = slack::sign(&Secret::new("test_slack_secret"), &press("U_BEA", "deny", &value), now);
        assert_eq!(
            post(&service, "/slack/interactions", &good, press("U_BEA", "approve", &value)).await.0,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(
            slack_says(&service, "test_slack_secret", now, b"payload=%7B".to_vec()).await,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(state(&service, &id).await, "waiting_approval");

        // Strangers, whoever asked, and roles that do not reach: each is told why, alone.
        for (user, why) in [
            ("U_STRANGER", "staff table"),
            ("U_LENA", "your own request"),
            ("U_LUIS", "your role may not"),
            ("U_ANA", "your role may not"),
        ] {
            assert_eq!(
                slack_says(&service, "test_slack_secret", now, press(user, "approve", &value)).await,
                StatusCode::OK
            );
            let told = letters(&service, Channel::Slack, user).remove(0);
            assert!(told.text.contains(why), "{user}: {}", told.text);
        }
        // Another preview than the one that stands.
        slack_says(&service, "test_slack_secret", now, press("U_BEA", "approve", &format!("{id}|{}", "0".repeat(64))))
            .await;
        assert_eq!(state(&service, &id).await, "waiting_approval");

        // The same payload twice, as when Slack or somebody on the way repeats it.
        for _ in 0..2 {
            assert_eq!(
                slack_says(&service, "test_slack_secret", now, press("U_BEA", "approve", &value)).await,
                StatusCode::OK
            );
        }
        assert_eq!((state(&service, &id).await.as_str(), refunds_sent(&service)), ("executed", 1));
        assert!(
            letters(&service, Channel::Slack, "U_BEA").iter().any(|letter| letter.text.contains("has already decided"))
        );
        let settled = letters(&service, Channel::Slack, "#billing-approvals")
            .into_iter()
            .find(|letter| letter.id.starts_with("settled"));
        let blocks = settled.expect("the message lost its buttons").blocks.unwrap().to_string();
        assert!(!blocks.contains("\"approve\"") && blocks.contains("Approved by Bea"), "{blocks}");
    });
}

/// The token of the link that was mailed to somebody.
pub fn token(service: &Service, to: &str) -> String {
    let letter = letters(service, Channel::Mail, &format!("{to}@demo.example")).remove(0);
    letter.links[0].split_once('#').unwrap().1.to_owned()
}

/// A form as a browser sends it from our own page.
pub async fn form(service: &Service, fields: &[(&str, &str)]) -> String {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
    let (status, page) = post(service, "/approvals", &[("sec-fetch-site", "same-origin".to_owned())], body).await;
    assert!(!status.is_server_error(), "{status}: {page}");
    service.work().await.unwrap();
    page
}

#[test]
fn a_mailed_link_alone_decides_nothing_and_with_a_code_it_decides_once() {
    run(async {
        let service = with_a_payment().await;
        let (id, digest) = waiting(&service, "k1", "10.00").await;
        assert!(letters(&service, Channel::Mail, "lena@demo.example").is_empty(), "whoever asked is not asked");
        let link = token(&service, "bea");
        assert!(link.len() >= 32 && link.bytes().all(|b| b.is_ascii_hexdigit()));

        // What a mail scanner does: HEAD, GET, the script's POST, every button of the page.
        for method in ["HEAD", "GET"] {
            let request = Request::builder().method(method).uri("/approvals").body(bytes::Bytes::new()).unwrap();
            let answer = dispatch(&service, &request).await;
            assert_eq!(answer.status(), StatusCode::OK);
            let policy = answer.headers()["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("script-src 'sha256-") && policy.contains("frame-ancestors 'none'"), "{policy}");
        }
        let page = form(&service, &[("token", &link)]).await;
        assert!(page.contains(&digest) && page.contains("10.00 USD"), "{page}");
        for decision in ["approve", "deny"] {
            let page = form(&service, &[("token", &link), ("preview_digest", &digest), ("decision", decision)]).await;
            assert!(page.contains("This code is not right"), "{page}");
        }
        // From elsewhere, nothing at all.
        let body = format!("token={link}&preview_digest={digest}&decision=approve").into_bytes();
        let (status, _) = post(&service, "/approvals", &[("origin", "https://evil.example".to_owned())], body).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert_eq!(state(&service, &id).await, "waiting_approval");

        // A code comes by Slack; wrong ones do not open, and after five the right one does not either.
        form(&service, &[("token", &link), ("send_code", "yes")]).await;
        let sent = |service: &Service| letters(service, Channel::Slack, "U_BEA").remove(0).text[..6].to_owned();
        let code = sent(&service);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            let page = form(
                &service,
                &[("token", &link), ("code", wrong), ("preview_digest", &digest), ("decision", "approve")],
            )
            .await;
            assert!(page.contains("This code is not right"), "{page}");
        }
        let page =
            form(&service, &[("token", &link), ("code", &code), ("preview_digest", &digest), ("decision", "approve")])
                .await;
        assert!(page.contains("This code is not right"), "{page}");
        service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
        form(&service, &[("token", &link), ("send_code", "yes")]).await;
        let second = sent(&service);
        assert_ne!(code, second);
        // Another preview than the one the link was sent for.
        let page =
            form(&service, &[("token", &link), ("code", &second), ("preview_digest", "0"), ("decision", "approve")])
                .await;
        assert!(page.contains("changed since the link was sent"), "{page}");
        let spaced = format!("{} {}", &second[..3], &second[3..]);
        let page = form(
            &service,
            &[("token", &link), ("code", &spaced), ("preview_digest", &digest), ("decision", "approve")],
        )
        .await;
        assert!(page.contains("It is approved"), "{page}");
        assert_eq!((state(&service, &id).await.as_str(), refunds_sent(&service)), ("executed", 1));

        // Reused.
        for fields in [
            vec![("token", link.as_str())],
            vec![("token", &link), ("code", &second), ("preview_digest", &digest), ("decision", "deny")],
        ] {
            assert!(form(&service, &fields).await.contains("This link has been used"));
        }
        assert_eq!(refunds_sent(&service), 1);
    });
}

#[test]
fn a_link_expires_with_its_request_and_an_unknown_one_opens_nothing() {
    run(async {
        let service = with_a_payment().await;
        let (id, _) = waiting(&service, "k1", "10.00").await;
        let link = token(&service, "bea");
        let expired = service.clock.now() + SignedDuration::from_hours(72);
        assert!(form(&service, &[("token", &"ab".repeat(32))]).await.contains("This link is not known"));
        assert!(form(&service, &[]).await.contains("This link is not known"));
        service.advance(expired).await.unwrap();
        assert!(form(&service, &[("token", &link)]).await.contains("This link has expired"));
        // Our own error is asked for again, and by a link of its own.
        assert_eq!(state(&service, &id).await, "waiting_approval");
        assert_ne!(token(&service, "bea"), link);
    });
}

#[test]
fn of_two_who_decide_at_once_one_wins_and_the_other_learns_who() {
    run(async {
        let service = with_a_payment().await;
        for (number, pair) in [("approve", "approve"), ("approve", "deny"), ("deny", "approve")].into_iter().enumerate()
        {
            let (id, digest) = waiting(&service, &format!("k{number}"), "5.00").await;
            let path = format!("/api/actions/{id}/decision");
            let ballot = |decision: &str| json!({"decision": decision, "preview_digest": digest, "note": "as it is"});
            let (first, second) = (ballot(pair.0), ballot(pair.1));
            let (one, other) = tokio::join!(
                ask(&service, "mara", Method::POST, &path, Some(&first), None),
                ask(&service, "marc", Method::POST, &path, Some(&second), None)
            );
            let won = [&one, &other].iter().filter(|(status, _)| *status == StatusCode::OK).count();
            assert_eq!(won, 1, "{one:?} {other:?}");
            let (status, lost) = if one.0 == StatusCode::OK { &other } else { &one };
            let winner = if one.0 == StatusCode::OK { "mara" } else { "marc" };
            assert_eq!((*status, &lost["error"]["code"]), (StatusCode::CONFLICT, &json!("already_decided")), "{lost}");
            assert!(lost["error"]["message"].as_str().unwrap().starts_with(winner), "{lost}");
            // A double click.
            let (status, again) = ask(&service, winner, Method::POST, &path, Some(&first), None).await;
            assert_eq!((status, &again["error"]["code"]), (StatusCode::CONFLICT, &json!("already_decided")), "{again}");
            service.work().await.unwrap();
            service.advance(service.clock.now() + SignedDuration::from_mins(5)).await.unwrap();
        }
        let approved = get(&service, "/api/actions?state=executed").await["items"].as_array().unwrap().len();
        assert_eq!(refunds_sent(&service), approved);
    });
}
