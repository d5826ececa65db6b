//! The overview: what waits for whom, how it ended, what went wrong, and how little is read for it.

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use crate::tasks::left_to_a_person;
use crate::tickets::{Told, known, tell, ticket};
use app::ports::Clock;
use app::store::Commit;
use domain::ticket::Ticket;
use http::{Method, StatusCode};
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::Counted;
use tests::world::{ask, get, open_at};

async fn overview(service: &Service, staff: &str) -> String {
    let (status, page) = ask(service, staff, Method::GET, "/", None, None).await;
    assert_eq!(status, StatusCode::OK, "{staff}: {page}");
    page.as_str().unwrap().to_owned()
}

/// A part of it, by its heading.
fn part<'a>(page: &'a str, heading: &str) -> &'a str {
    let behind = page.split_once(&format!("<h2>{heading}</h2>")).map_or("", |(_, behind)| behind);
    behind.split("</section>").next().unwrap_or_default()
}

/// Luis asks for a refund that a billing specialist decides.
async fn asked(service: &Service) -> Value {
    let body = json!({"account": "stripe:cus_1", "kind": "refund", "reason_code": "other", "note": "two seats were gone",
        "params": {"payment": "ch_1", "amount": {"amount": "60.00", "currency": "USD"}}});
    let (status, action) = ask(service, "luis", Method::POST, "/api/actions", Some(&body), Some("k")).await;
    assert_eq!((status, &action["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{action}");
    action
}

#[test]
fn a_request_waits_for_whoever_may_decide_it_and_its_asker_hears_how_it_ended() {
    run(async {
        let service = with_a_payment().await;
        let action = asked(&service).await;
        let waits = async |staff: &str| {
            let page = overview(&service, staff).await;
            let word = part(&page, "Waits for your word").to_owned();
            ["60.00 USD", "Customer cus_1", "two seats were gone", "needs billing specialist"]
                .map(|it| word.contains(it))
        };
        for (staff, expected) in [
            ("bea", true),
            ("mara", true),
            ("vera", true),
            ("lena", false),
            ("luis", false),
            ("leo", false),
            ("ana", false),
        ] {
            assert_eq!(waits(staff).await, [expected; 4], "{staff}");
        }
        let own = overview(&service, "luis").await;
        assert!(part(&own, "What you asked for").contains("It waits for billing specialist"), "{own}");

        // Whoever stands in for somebody sees what waits for them.
        let away = json!({"to": "lena", "until": "2026-03-05T00:00:00Z"});
        let (status, answer) = ask(&service, "bea", Method::POST, "/api/delegations", Some(&away), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(waits("lena").await, [true; 4], "in the place of bea");

        let path = format!("/api/actions/{}/decision", action["id"].as_str().unwrap());
        let no = json!({"decision": "deny", "preview_digest": action["preview"]["digest"], "note": "they are in use"});
        let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&no), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(waits("bea").await, [false; 4], "it is decided");
        let own = overview(&service, "luis").await;
        let ended = part(&own, "What you asked for");
        assert!(ended.contains("Bea said no") && ended.contains("they are in use"), "{own}");
        let other = overview(&service, "lena").await;
        assert!(!other.contains("they are in use"), "{other}");
    });
}

#[test]
fn a_ticket_stands_with_whoever_has_it_and_says_who_waits() {
    run(async {
        let service = known().await;
        tell(&service, Told { subject: "<Twice>", ..Told::default() }).await;
        let told = ticket(&service, "t_1").await;
        let has_it = told["assignee"].as_str().unwrap();
        let page = overview(&service, has_it).await;
        let own = part(&page, "Your tickets");
        for shown in ["Customer cus_1: &lt;Twice&gt;", "They wait for an answer since", "/tickets/t_1"] {
            assert!(own.contains(shown), "{shown}: {page}");
        }
        let other = if has_it == "vera" { "mara" } else { "vera" };
        assert!(!part(&overview(&service, other).await, "Your tickets").contains("Twice"));
    });
}

#[test]
fn a_ticket_shows_what_was_asked_for_because_of_it_and_the_steps_of_its_playbook() {
    run(async {
        let service = with_a_payment().await;
        charged_twice(&service).await;
        tell(&service, Told::default()).await;
        let waiting = get(&service, "/api/actions?state=waiting_approval").await;
        let action = waiting["items"][0]["id"].as_str().unwrap();
        let (status, page) = ask(&service, "lena", Method::GET, "/tickets/t_1", None, None).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let next = part(page.as_str().unwrap(), "What comes next");
        let asked = format!("/actions/{action}");
        for shown in ["They wait for an answer since", asked.as_str(), "waiting approval", "<ol>"] {
            assert!(next.contains(shown), "{shown}: {page}");
        }
    });
}

#[test]
fn what_needs_a_person_is_said_with_why_until_somebody_has_it() {
    run(async {
        let (service, _, task) = left_to_a_person().await;
        let page = overview(&service, "bea").await;
        assert!(part(&page, "What went wrong").contains("Lemon Squeezy keeps no credit"), "{page}");
        let untaken = part(&page, "Needs a person, and nobody has it");
        assert!(untaken.contains(&task) && untaken.contains("5.00 USD"), "{page}");
        assert!(!overview(&service, "ana").await.contains(&task), "who only reads has no tasks");
        let word = json!({"assign": "bea"});
        let (status, answer) =
            ask(&service, "mara", Method::POST, &format!("/api/tasks/{task}"), Some(&word), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let page = overview(&service, "bea").await;
        assert!(part(&page, "Your tasks").contains(&task), "{page}");
        assert!(!page.contains("Needs a person, and nobody has it"), "{page}");
    });
}

#[test]
fn however_many_tickets_wait_the_overview_looks_at_so_many_and_opens_few() {
    run(async {
        let mut service = open_at("2026-03-04T09:00:00Z").await;
        for some in (0..1_600).collect::<Vec<u32>>().chunks(90) {
            let mut commit = Commit::default();
            for number in some {
                let mut ticket = Ticket::new("ticket", "default", &format!("t_{number}"));
                ticket.opened_at = Some(service.clock.now());
                ticket.handling.assigned_to = Some("lena".to_owned());
                commit.create(&ticket);
            }
            commit.run(&service.context).await.unwrap();
        }
        let counts = Counted::over(&mut service);
        let page = overview(&service, "lena").await;
        let costs = counts.take();
        assert!(
            page.contains(">1000+</a>") && part(&page, "Your tickets").matches("/tickets/t_").count() == 8,
            "{page}"
        );
        assert!(costs.items <= 1_050 && costs.queries <= 120, "{costs:?}");
        assert!(costs.keys <= 120 && costs.batches <= 15, "{costs:?}");
        assert_eq!(costs.commits, 0);
    });
}
