//! Who wrote a ticket: asked at Zendesk where it names a number only, found out by a person where nobody knows. What
//! they wrote is text wherever it is shown, and how they rate the help stands on the ticket.

use crate::http::run;
use crate::tickets::{OWN, Told, known, later, say, tell, tell_json, ticket};
use ::http::{Method, StatusCode};
use app::ports::{Clock, Http, NoReply, QueueName};
use async_trait::async_trait;
use local::service::Service;
use providers::{Call, Reply};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use tests::world::{ask, deliver_to, get};
use tokio::sync::Notify;

/// A Zendesk that answers who wrote with a status of its own, while there is one.
struct Unwilling {
    http: Arc<dyn Http>,
    status: Arc<AtomicU16>,
}

#[async_trait]
impl Http for Unwilling {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        let status = self.status.load(Ordering::SeqCst);
        if provider == "zendesk" && call.path.ends_with("?include=users") && status != 200 {
            // A status that nobody has stands for no answer.
            return if status == 0 { Err(NoReply::Unknown) } else { Ok(Reply { status, body: "{}".to_owned() }) };
        }
        self.http.call(provider, source, call).await
    }
}

/// A service whose Zendesk knows somebody by number, and answers so when it is asked who wrote.
async fn at_zendesk(email: &str, status: u16) -> (Service, Arc<AtomicU16>) {
    let mut service = known().await;
    let user = json!({"type": "zen:event-type:user.created", "time": service.clock.now(),
        "detail": {"id": "555", "name": "Ada", "email": email}});
    service.sandbox.learn("zendesk", user.to_string().as_bytes()).unwrap();
    let status = Arc::new(AtomicU16::new(status));
    service.context.http = Arc::new(Unwilling { http: service.context.http.clone(), status: status.clone() });
    (service, status)
}

/// Zendesk tells that somebody wrote, by number only.
async fn writes_at_zendesk(service: &Service, kind: &str, change: Value) {
    let told = json!({"type": format!("zen:event-type:ticket.{kind}"), "id": format!("zd_{kind}"), "account_id": 1,
        "subject": "zen:ticket:42", "time": service.clock.now(), "zendesk_event_version": "2022-11-06",
        "detail": {"id": "42", "subject": "A question", "description": "I was charged twice this month", "status": "OPEN",
            "requester_id": "555"}, "event": change});
    assert_eq!(deliver_to(service, "zendesk", told.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
    let dead = QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
    assert!(dead.iter().all(Vec::is_empty), "{dead:?}");
}

/// How often Zendesk's stand-in was asked who wrote.
fn asked_who(service: &Service) -> usize {
    service.sandbox.calls("zendesk").unwrap().iter().filter(|call| call.path.ends_with("?include=users")).count()
}

#[test]
fn who_wrote_at_zendesk_is_asked_there_once_where_the_event_names_a_number_only() {
    run(async {
        let (service, _) = at_zendesk(OWN, 200).await;
        writes_at_zendesk(&service, "created", json!({})).await;
        let told = ticket(&service, "zendesk:42").await;
        assert_eq!(told["requester"], json!({"name": "Ada", "email": OWN}), "{told}");
        assert!(told["account"].is_string() && told["case"].is_string(), "{told}");
        assert_eq!((&told["known_contact"], &told["unverified"]), (&json!(true), &json!(false)), "{told}");
        assert_eq!(told["turns"], 1, "that it was asked is no letter");
        later(&service, 1).await;
        let comment = json!({"comment": {"body": "Please hurry", "is_public": true, "author": {"is_staff": false}}});
        writes_at_zendesk(&service, "comment_added", comment).await;
        writes_at_zendesk(&service, "created", json!({})).await;
        assert_eq!(asked_who(&service), 1, "it is known by now");
        let told = ticket(&service, "zendesk:42").await;
        assert_eq!((&told["latest"], &told["requester"]["name"]), (&json!("Please hurry"), &json!("Ada")), "{told}");
    });
    run(async {
        let (service, _) = at_zendesk("eve@else.example", 200).await;
        writes_at_zendesk(&service, "created", json!({})).await;
        let told = ticket(&service, "zendesk:42").await;
        assert_eq!(
            (&told["account"], &told["unverified"]),
            (&Value::Null, &json!(true)),
            "an address of nobody: {told}"
        );
    });
}

/// A worker that dies as it asks who wrote.
struct Dies {
    http: Arc<dyn Http>,
    died: Notify,
}

#[async_trait]
impl Http for Dies {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        if provider == "zendesk" && call.path.ends_with("?include=users") {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        self.http.call(provider, source, call).await
    }
}

#[test]
fn who_wrote_is_asked_though_whoever_was_to_ask_died_first() {
    run(async {
        let (mut service, _) = at_zendesk(OWN, 200).await;
        let http = service.context.http.clone();
        let dies = Arc::new(Dies { http: http.clone(), died: Notify::new() });
        service.context.http = dies.clone();
        tokio::select! {
            biased;
            () = writes_at_zendesk(&service, "created", json!({})) => panic!("it asks who wrote"),
            () = dies.died.notified() => service.queue.restart().unwrap(),
        }
        service.context.http = http;
        service.work().await.unwrap();
        assert_eq!((asked_who(&service), &ticket(&service, "zendesk:42").await["unverified"]), (0, &json!(true)));
        later(&service, 1).await;
        let told = ticket(&service, "zendesk:42").await;
        assert_eq!((asked_who(&service), &told["requester"]["email"]), (1, &json!(OWN)), "{told}");
        writes_at_zendesk(&service, "created", json!({})).await;
        later(&service, 24).await;
        assert_eq!(asked_who(&service), 1, "once");
    });
}

#[test]
fn where_zendesk_does_not_say_at_once_who_wrote_it_is_asked_again_and_meanwhile_nobody_is_guessed() {
    for (status, name) in [(0, "no answer"), (429, "too many"), (503, "down")] {
        run(async {
            let (service, says) = at_zendesk(OWN, status).await;
            writes_at_zendesk(&service, "created", json!({})).await;
            let told = ticket(&service, "zendesk:42").await;
            assert_eq!((&told["account"], &told["unverified"]), (&Value::Null, &json!(true)), "{name}: {told}");
            assert!(told["due_at"].is_string(), "{name}: it is a ticket all the same");
            later(&service, 1).await;
            assert_eq!(ticket(&service, "zendesk:42").await["requester"]["email"], Value::Null, "{name}");
            says.store(200, Ordering::SeqCst);
            later(&service, 3).await;
            let told = ticket(&service, "zendesk:42").await;
            assert_eq!(told["requester"]["email"], OWN, "{name}: {told}");
            assert!(told["account"].is_string() && asked_who(&service) == 1, "{name}: {told}");
        });
    }
    // It has no such ticket, or does not take the key: nothing to wait for, and nothing that is dead.
    for status in [401, 403, 404] {
        run(async {
            let (service, says) = at_zendesk(OWN, status).await;
            writes_at_zendesk(&service, "created", json!({})).await;
            says.store(200, Ordering::SeqCst);
            later(&service, 3).await;
            assert_eq!(asked_who(&service), 0, "{status}");
            assert_eq!(ticket(&service, "zendesk:42").await["unverified"], true, "{status}");
        });
    }
}

/// What people have to find out of tickets, by the ticket: the id of the task, its state, who has it and who ended it.
async fn to_verify(service: &Service, state: &str) -> BTreeMap<String, (String, Value, Value)> {
    let all = get(service, &format!("/api/tasks?state={state}")).await["items"].as_array().unwrap().clone();
    let verify = all.into_iter().filter(|task| task["about"]["kind"] == "verify");
    let part = |task: Value| {
        assert!(task["due_at"].as_str() > task["opened_at"].as_str(), "it has a time: {task}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&task["about"]["ticket"]), (text(&task["id"]), task["assigned_to"].clone(), task["ended_by"].clone()))
    };
    verify.map(part).collect()
}

#[test]
fn whose_a_strangers_ticket_is_is_a_task_whose_end_moves_the_ticket_on() {
    run(async {
        let service = known().await;
        for (event, id, body) in [
            ("e_1", "t_1", "xqzt one"),
            ("e_2", "t_2", "xqzt two"),
            ("e_3", "t_3", "xqzt three"),
            ("e_4", "t_4", "xqzt four"),
        ] {
            let email = Some("who@else.example");
            tell(&service, Told { event, id, body: Some(body), email, ..Told::default() }).await;
        }
        tell(&service, Told { event: "e_5", id: "t_5", body: Some("xqzt five"), ..Told::default() }).await;
        let open = to_verify(&service, "open").await;
        let names = |open: &BTreeMap<String, (String, Value, Value)>| open.keys().cloned().collect::<Vec<_>>();
        let all = ["ticket/default/t_1", "ticket/default/t_2", "ticket/default/t_3", "ticket/default/t_4"];
        assert_eq!(names(&open), all, "and none of whom we know");
        assert_eq!(open[all[0]].1, ticket(&service, "t_1").await["assignee"], "whoever has the ticket has it");
        let id = |number: usize| open[all[number - 1]].0.clone();
        let page = get(&service, &format!("/tasks/{}", id(1))).await;
        assert!(page.as_str().unwrap().contains("nobody knows yet"), "{page}");

        assert_eq!(say(&service, "mara", "t_1", "assign", &json!({"to": "luis"})).await.0, 200);
        assert_eq!(to_verify(&service, "open").await[all[0]].1, "luis", "it goes with its ticket");
        let theirs = json!({"account": "stripe:cus_1", "note": "called the number on file"});
        assert_eq!(say(&service, "lena", "t_1", "account", &theirs).await.0, 200);

        for (number, staff, word, status, code) in [
            (2, "ana", json!({"done": false, "note": "spam"}), 403, "not_permitted"),
            (2, "lena", json!({"done": true, "note": "called"}), 400, "malformed"),
            (2, "lena", json!({"done": true, "reference": "stripe:cus_9", "note": "called"}), 404, "not_found"),
            (2, "lena", json!({"done": true, "reference": "stripe:cus_1"}), 400, "malformed"),
            (2, "lena", json!({"done": true, "reference": "stripe:cus_1", "note": "called"}), 200, ""),
            (2, "lena", json!({"done": false, "note": "spam"}), 409, "already_decided"),
            (3, "lena", json!({"done": false}), 400, "malformed"),
            (3, "lena", json!({"done": false, "note": "they sell something"}), 200, ""),
        ] {
            let path = format!("/api/tasks/{}", id(number));
            let (found, answer) = ask(&service, staff, Method::POST, &path, Some(&word), None).await;
            let told = answer["error"]["code"].as_str().unwrap_or_default();
            assert_eq!((found.as_u16(), told), (status, code), "{staff} {number} {word}: {answer}");
        }
        let of = |told: &Value| ["unverified", "known_contact", "stranger_by"].map(|part| told[part].clone());
        for known in ["t_1", "t_2"] {
            let told = ticket(&service, known).await;
            assert_eq!(of(&told), [json!(false), json!(true), Value::Null], "{told}");
        }
        let told = ticket(&service, "t_3").await;
        assert_eq!(of(&told), [json!(false), json!(false), json!("lena")], "{told}");
        assert!(told["account"].is_null() && told["state"] != "resolved" && told["due_at"].is_string(), "{told}");
        assert!(told["history"].to_string().contains("no customer: they sell something"), "{told}");
        let (status, answer) = say(&service, "lena", "t_1", "stranger", &json!({"note": "no"})).await;
        assert_eq!((status, &answer["error"]["code"]), (409, &json!("already_known")), "{answer}");
        let done = to_verify(&service, "done").await;
        assert_eq!(names(&done), all[..3]);
        assert!(done.values().all(|(_, _, by)| by == "lena"), "{done:?}");

        assert_eq!(say(&service, "lena", "t_4", "close", &json!({})).await.0, 200);
        assert_eq!(names(&to_verify(&service, "dropped").await), all[3..]);
        assert_eq!(say(&service, "lena", "t_4", "reopen", &json!({"note": "too early"})).await.0, 200);
        assert_eq!(names(&to_verify(&service, "open").await), all[3..], "somebody has to find out again");
        // Whoever was none is a customer after all.
        assert_eq!(say(&service, "lena", "t_3", "account", &theirs).await.0, 200);
        let told = ticket(&service, "t_3").await;
        assert_eq!(of(&told), [json!(false), json!(true), Value::Null], "{told}");
    });
}

#[test]
fn what_stands_in_any_field_of_a_ticket_is_text_on_every_page_and_in_every_message() {
    run(async {
        let service = known().await;
        let hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>";
        let told = json!({"id": "e_1", "type": "ticket.created", "created_at": service.clock.now(), "ticket": {
            "id": "<i>t&1</i>", "subject": format!("About {hostile}"), "body": format!("xqzt wv {hostile}"),
            "status": "open", "csat": null, "tags": [hostile], "external_id": hostile,
            "requester": {"email": format!("{hostile}@else.example"), "name": hostile}}});
        tell_json(&service, &told).await;
        let id = get(&service, "/api/tickets").await["items"][0]["id"].as_str().unwrap().to_owned();
        let task = to_verify(&service, "open").await.into_values().next().unwrap().0;
        let is_text = |text: &str| !["<script>alert", "<img src", "<i>t"].iter().any(|part| text.contains(part));
        let pages = async |paths: &[&str]| {
            for path in paths {
                let page = get(&service, path).await;
                let page = page.as_str().unwrap();
                assert!(is_text(page), "{path}: {page}");
            }
        };
        let (own, its_task) = (format!("/tickets/{id}"), format!("/tasks/{task}"));
        pages(&["/", "/tickets", &own, "/tasks", &its_task]).await;
        let shown = get(&service, &own).await;
        assert!(shown.as_str().unwrap().matches("&lt;script&gt;").count() >= 4, "it is there, as text: {shown}");
        for (what, body) in [
            ("account", json!({"account": "stripe:cus_1", "note": hostile})),
            ("class", json!({"class": "duplicate_charge", "note": hostile})),
            ("assign", json!({"to": "luis"})),
        ] {
            let (status, answer) = say(&service, "lena", &id, what, &body).await;
            assert_eq!(status, 200, "{what}: {answer}");
        }
        let case = ticket(&service, &id).await["case"].as_str().unwrap().to_owned();
        let case = format!("/cases/{case}");
        pages(&["/", "/tickets", &own, "/tasks", "/tasks?state=done", &its_task, "/cases", &case]).await;
        pages(&["/accounts", "/accounts/stripe:cus_1"]).await;
        // Whoever has it is told, then whoever is above, and in the channel.
        later(&service, 72).await;
        let letters = service.outbox.letters().unwrap();
        assert!(letters.iter().any(|(_, letter)| letter.to == "luis@demo.example"), "{letters:?}");
        for (_, letter) in &letters {
            let blocks = letter.blocks.as_ref().map(Value::to_string).unwrap_or_default();
            for part in [&letter.text, &letter.html, &blocks] {
                assert!(is_text(part), "{letter:?}");
            }
        }
    });
}

#[test]
fn how_the_customer_rates_a_solved_ticket_stands_on_it_and_opens_nothing() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        let said = json!({"text": "It is done.", "solved": true});
        assert_eq!(say(&service, "lena", "t_1", "reply", &said).await.0, 200);
        service.work().await.unwrap();
        later(&service, 1).await;
        let letters = service.outbox.letters().unwrap();
        let left = letters.iter().filter(|(_, letter)| letter.to == OWN && letter.text.contains("It is done."));
        assert_eq!(left.count(), 1, "{letters:?}");
        assert_eq!(ticket(&service, "t_1").await["state"], "resolved");
        for (event, rated, stands) in [("e_2", 4, 4), ("e_3", 9, 4), ("e_4", 2, 2), ("e_2", 4, 2)] {
            let told = Told { event, kind: "ticket.updated", body: None, status: "solved", ..Told::default() };
            let mut told = told.json(&service);
            told["ticket"]["csat"] = json!(rated);
            tell_json(&service, &told).await;
            let told = ticket(&service, "t_1").await;
            let parts = (&told["csat"], &told["state"], &told["reopened"]);
            assert_eq!(parts, (&json!(stands), &json!("resolved"), &json!(0)), "{event}: {told}");
            later(&service, 1).await;
        }
        assert_eq!(get(&service, "/api/tickets").await["items"][0]["csat"], 2);
        let page = get(&service, "/tickets/t_1").await;
        assert!(page.as_str().unwrap().contains("rated 2 of 5"), "{page}");
    });
    run(async {
        let (service, _) = at_zendesk(OWN, 200).await;
        writes_at_zendesk(&service, "created", json!({})).await;
        let said = json!({"text": "It is done.", "solved": true});
        assert_eq!(say(&service, "lena", "zendesk:42", "reply", &said).await.0, 200);
        service.work().await.unwrap();
        later(&service, 1).await;
        assert_eq!(ticket(&service, "zendesk:42").await["state"], "resolved");
        let rated = json!({"type": "zen:event-type:ticket.satisfaction_rating_changed", "id": "zd_rated", "account_id": 1,
            "subject": "zen:ticket:42", "time": service.clock.now(), "zendesk_event_version": "2022-11-06",
            "detail": {"id": "42", "subject": "A question", "status": "SOLVED", "requester_id": "555"},
            "event": {"score": "bad"}});
        assert_eq!(deliver_to(&service, "zendesk", rated.to_string().as_bytes()).await.0, StatusCode::OK);
        service.work().await.unwrap();
        let told = ticket(&service, "zendesk:42").await;
        assert_eq!((&told["csat"], &told["state"]), (&json!(1), &json!("resolved")), "{told}");
    });
}
