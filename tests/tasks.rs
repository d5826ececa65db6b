//! What only a person can do: their list, who has it, and how it ends together with what it is about.

use crate::http::run;
use app::ports::{Channel, Clock, Letter};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::faults::deafen;
use tests::world::{ask, deliver_to, get, open_at};

/// A customer of a provider that can hardly do anything, and a credit that it cannot.
pub async fn left_to_a_person() -> (Service, String, String) {
    let service = open_at("2026-03-04T11:00:00Z").await;
    for file in ["subscription_created", "subscription_payment_recovered"] {
        let path = format!("{}/fixtures/lemonsqueezy/{file}.json", env!("CARGO_MANIFEST_DIR"));
        let (status, answer) = deliver_to(&service, "lemonsqueezy", &std::fs::read(path).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        service.work().await.unwrap();
    }
    let action = credit(&service, "key").await;
    let task = get(&service, "/api/tasks").await["items"][0]["id"].as_str().unwrap().to_owned();
    (service, action, task)
}

async fn credit(service: &Service, key: &str) -> String {
    let body = json!({"account": "lemonsqueezy:77", "kind": "credit", "params": {"amount": {"amount": "5.00", "currency": "USD"}},
        "reason_code": "billing_error", "note": ""});
    let (status, answer) = ask(service, "mara", Method::POST, "/api/actions", Some(&body), Some(key)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    service.work().await.unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

async fn say(service: &Service, staff: &str, task: &str, word: &Value) -> (u16, Value) {
    let (status, answer) = ask(service, staff, Method::POST, &format!("/api/tasks/{task}"), Some(word), None).await;
    (status.as_u16(), answer)
}

async fn listed(service: &Service, query: &str) -> usize {
    get(service, &format!("/api/tasks{query}")).await["items"].as_array().unwrap().len()
}

#[test]
fn a_task_is_given_put_off_and_done_with_its_action() {
    run(async {
        let (service, action, id) = left_to_a_person().await;
        let task = get(&service, &format!("/api/tasks/{id}")).await;
        assert_eq!((&task["state"], &task["about"]["action"]), (&json!("open"), &json!(action)));
        assert!(task["steps"].as_str().unwrap().starts_with("Lemon Squeezy keeps no credit"), "{task}");
        assert_eq!(task["due_at"], "2026-03-05T11:00:00Z", "a day, says the policy");

        let (status, answer) = say(&service, "mara", &id, &json!({"assign": "bea"})).await;
        assert_eq!((status, &answer["assigned_to"]), (200, &json!("bea")), "{answer}");
        service.work().await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let told = letters.iter().find(|(_, letter)| letter.id.starts_with("task_")).map(|(_, letter)| letter).unwrap();
        assert_eq!((told.channel, told.to.as_str()), (Channel::Mail, "bea@demo.example"));
        assert_eq!((listed(&service, "?assigned_to=bea").await, listed(&service, "?assigned_to=luis").await), (1, 0));
        assert_eq!(
            (listed(&service, "?account=lemonsqueezy:77").await, listed(&service, "?account=lemonsqueezy:78").await),
            (1, 0)
        );

        let tomorrow = service.clock.now() + SignedDuration::from_hours(24);
        assert_eq!(say(&service, "luis", &id, &json!({"snooze_until": tomorrow})).await.0, 200);
        assert_eq!((listed(&service, "").await, listed(&service, "?state=snoozed").await), (0, 1));
        service.advance(tomorrow).await.unwrap();
        assert_eq!(
            (listed(&service, "").await, listed(&service, "?state=snoozed").await),
            (1, 0),
            "it comes back by itself"
        );

        let (status, answer) =
            say(&service, "bea", &id, &json!({"done": true, "reference": "disc_1", "note": "made a code"})).await;
        assert_eq!((status, &answer["state"], &answer["ended_by"]), (200, &json!("done"), &json!("bea")), "{answer}");
        let settled = get(&service, &format!("/api/actions/{action}")).await;
        assert_eq!((&settled["state"], &settled["outcome"]["reference"]), (&json!("executed"), &json!("disc_1")));
        assert_eq!((listed(&service, "").await, listed(&service, "?state=done").await), (0, 1));
    });
}

#[test]
fn whoever_is_given_a_task_is_mailed_once_whatever_the_mail_service_says_at_first() {
    run(async {
        let (mut service, _, id) = left_to_a_person().await;
        let mails = |service: &Service, to: &str| {
            let letters = service.outbox.letters().unwrap();
            let theirs = |letter: &Letter| letter.to == to && letter.subject.starts_with("A task for you");
            letters.iter().filter(|(_, letter)| theirs(letter)).count()
        };
        let post = service.context.post.clone();
        deafen(&mut service, "bea@demo.example");
        assert_eq!(say(&service, "mara", &id, &json!({"assign": "bea"})).await.0, 200, "the task is hers all the same");
        service.work().await.unwrap();
        service.context.post = post;
        assert_eq!(mails(&service, "bea@demo.example"), 0);
        for hours in [1, 24] {
            service.advance(service.clock.now() + SignedDuration::from_hours(hours)).await.unwrap();
            assert_eq!(mails(&service, "bea@demo.example"), 1, "after {hours} hours");
        }
        // Given to somebody else and back again, it is something new.
        for (to, expected) in [("luis", (1, 1)), ("bea", (2, 1)), ("mara", (2, 1))] {
            assert_eq!(say(&service, "mara", &id, &json!({"assign": to})).await.0, 200);
            service.work().await.unwrap();
            let all = (mails(&service, "bea@demo.example"), mails(&service, "luis@demo.example"));
            assert_eq!(all, expected, "{to}");
        }
        assert_eq!(mails(&service, "mara@demo.example"), 0, "who takes it knows");
    });
}

#[test]
fn an_action_that_is_settled_ends_its_task() {
    run(async {
        let (service, action, id) = left_to_a_person().await;
        let (status, answer) = ask(
            &service,
            "bea",
            Method::POST,
            &format!("/api/actions/{action}/settle"),
            Some(&json!({"done": false})),
            None,
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let task = get(&service, &format!("/api/tasks/{id}")).await;
        assert_eq!((&task["state"], &task["ended_by"]), (&json!("dropped"), &json!("bea")));
        let (status, answer) = say(&service, "bea", &id, &json!({"done": true})).await;
        assert_eq!((status, &answer["error"]["code"]), (409, &json!("already_decided")), "{answer}");
    });
}

#[test]
fn who_may_not_and_what_cannot_be_is_named() {
    run(async {
        let (service, _, id) = left_to_a_person().await;
        let far = service.clock.now() + SignedDuration::from_hours(24 * 31);
        for (staff, word, status, code) in [
            ("luis", json!({"done": true}), 403, "not_permitted"),
            ("ana", json!({"assign": "ana"}), 403, "not_permitted"),
            ("bea", json!({"assign": "nobody"}), 422, "not_possible"),
            ("bea", json!({"assign": "ana"}), 422, "not_possible"),
            ("bea", json!({"snooze_until": far}), 422, "not_possible"),
            ("bea", json!({}), 400, "malformed"),
            ("bea", json!({"assign": "bea", "done": true}), 400, "malformed"),
            ("bea", json!({"finished": true}), 400, "malformed"),
        ] {
            let (answered, answer) = say(&service, staff, &id, &word).await;
            assert_eq!((answered, &answer["error"]["code"]), (status, &json!(code)), "{staff} {word}: {answer}");
        }
        let (status, _) = say(&service, "bea", "task_x", &json!({"assign": "bea"})).await;
        assert_eq!(status, 404);
        assert_eq!(
            get(&service, &format!("/api/tasks/{id}")).await["assigned_to"],
            Value::Null,
            "nothing of it was taken"
        );
    });
}
