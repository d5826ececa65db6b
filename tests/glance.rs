//! An account by itself: what was paid twice is seen at once, what is done about it stands there, and what happened is
//! told in sentences.

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use crate::tickets::{Told, tell};
use app::ports::Clock;
use app::store::{Commit, TicketOf};
use domain::id::AccountId;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use tests::counted::Counted;
use tests::rounds::Rounds;
use tests::stripe;
use tests::world::{ask, ask_text, deliver, get, visit};

const ACCOUNT: &str = "/api/accounts/stripe:cus_1";

async fn page(service: &Service, path: &str) -> String {
    let (status, page) = ask(service, "lena", Method::GET, path, None, None).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    page.as_str().unwrap().to_owned()
}

fn list<'a>(shown: &'a Value, name: &str) -> &'a [Value] {
    shown[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

#[test]
fn its_own_duplicate_charge_is_marked_beside_both_charges_wherever_it_is_looked_at() {
    run(async {
        let service = with_a_payment().await;
        assert!(list(&get(&service, ACCOUNT).await, "payments")[0]["marks"].as_array().unwrap().is_empty());
        let case = charged_twice(&service).await;

        let shown = get(&service, ACCOUNT).await;
        let payments = list(&shown, "payments");
        assert_eq!(payments.len(), 2, "{shown}");
        for line in payments {
            let mark = &line["marks"][0];
            assert_eq!((&mark["says"], &mark["case"]), (&json!("charged twice"), &json!(case)), "{shown}");
            assert_eq!(mark["recommended"]["says"], "give back 100.00 USD", "{shown}");
            assert_eq!(mark["recommended"]["state"], "waiting_approval", "{shown}");
        }
        assert_eq!(list(&shown, "cases")[0]["recommended"]["says"], "give back 100.00 USD", "{shown}");
        assert_eq!(list(&shown, "latest_actions")[0]["state"], "waiting_approval", "{shown}");

        let text = ask_text(&service, "lena", ACCOUNT).await;
        let twice = format!("charged twice ({case}), recommended: give back 100.00 USD, asked for: waiting approval");
        assert_eq!(text.matches(&twice).count(), 2, "{text}");
        let page = page(&service, "/accounts/stripe:cus_1").await;
        assert_eq!(page.matches(">charged twice</a>").count(), 2, "{page}");
        assert!(page.find("charged twice") < page.find("Plan and payment"), "it stands above what is as it should be");

        let action = list(&shown, "latest_actions")[0]["id"].as_str().unwrap().to_owned();
        let digest = get(&service, &format!("/api/actions/{action}")).await["preview"]["digest"].clone();
        let ballot = json!({"decision": "approve", "preview_digest": digest, "note": ""});
        let path = format!("/api/actions/{action}/decision");
        assert_eq!(ask(&service, "bea", Method::POST, &path, Some(&ballot), None).await.0, StatusCode::OK);
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        let after = get(&service, ACCOUNT).await;
        let marks: Vec<_> = list(&after, "payments").iter().map(|line| line["marks"][0]["says"].clone()).collect();
        assert_eq!(marks, vec![json!("charged twice, over: refunded"); 2], "nobody gives it back again: {after}");
        assert_eq!(list(&after, "past_cases")[0]["id"], json!(case), "{after}");
        assert!(list(&after, "cases").is_empty());
    });
}

#[test]
fn what_happened_is_told_in_sentences_page_by_page() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        for number in 0..30 {
            let failed =
                stripe::charge("cus_1", &format!("ch_f{number}"), None, 3800, "usd", Some("insufficient_funds"), now);
            deliver(&service, &stripe::event(&format!("evt_f{number:02}"), "charge.failed", now, &failed)).await;
        }
        service.work().await.unwrap();
        let timeline = get(&service, "/api/accounts/stripe:cus_1/timeline").await;
        let says: Vec<_> = timeline["items"].as_array().unwrap().iter().filter_map(|it| it["says"].as_str()).collect();
        let failed = "payment of 38.00 USD failed: the bank says there is not enough money";
        assert_eq!(says.iter().filter(|says| says.starts_with(failed)).count(), 30, "{says:?}");

        let first = page(&service, "/accounts/stripe:cus_1").await;
        assert_eq!(first.matches("<li><time").count(), 25, "{first}");
        let more = first.split("<a href=\"/accounts/").find(|rest| rest.contains("\">What happened before</a>"));
        let more = more.unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let second = page(&service, &format!("/accounts/{more}")).await;
        assert!(second.contains("payment of 100.00 USD came in"), "{second}");
        assert!(!second.contains("What happened before"), "there is no more: {second}");
        let shown = get(&service, ACCOUNT).await;
        assert!(list(&shown, "payments").len() <= 25, "whatever it has, a page is bounded");
    });
}

/// Charged twice, with a plan and a letter about it.
async fn with_everything() -> Service {
    let service = with_a_payment().await;
    charged_twice(&service).await;
    let now = service.clock.now();
    let bought = stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "active", now);
    deliver(&service, &stripe::event("evt_s", "customer.subscription.created", now, &bought)).await;
    tell(&service, Told::default()).await;
    service
}

#[test]
fn its_sidebar_waits_twice_for_four_requests_and_its_frame_and_its_text_for_one_more_beside_them() {
    run(async {
        let mut service = with_everything().await;
        let rounds = Rounds::over(&mut service);
        let counts = Counted::over(&mut service);
        // Whoever asks is looked up by a batch before.
        let (shown, waits) = rounds.of(get(&service, ACCOUNT)).await;
        let costs = counts.take();
        assert_eq!((costs.batches, costs.queries, waits.rounds), (1 + 2, 2, 1 + 2), "{costs:?} {waits:?}");
        for name in ["cases", "payments", "tickets", "latest_actions"] {
            assert!(!list(&shown, name).is_empty(), "{name}: {shown}");
        }

        let (_, waits) = rounds.of(ask_text(&service, "lena", ACCOUNT)).await;
        let costs = counts.take();
        assert_eq!((costs.batches, costs.queries, waits.rounds), (1 + 2, 2 + 1, 1 + 2), "{costs:?} {waits:?}");

        let origins = json!({"origins": ["https://shop.zendesk.com"]});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/embeds/origins", Some(&origins), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let whose = json!({"account": "stripe:cus_1"});
        let (status, made) = ask(&service, "lena", Method::POST, "/api/embeds", Some(&whose), None).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        let address = made["url"].as_str().unwrap().trim_start_matches("http://recoup.test").to_owned();
        counts.take();
        let ((status, _), waits) = rounds.of(visit(&service, Method::GET, &address)).await;
        let costs = counts.take();
        assert_eq!(status, StatusCode::OK);
        // Which pages may frame it is read before, and who made its address beside the account.
        assert_eq!((costs.batches, costs.queries, waits.rounds), (1 + 1 + 2, 2 + 1, 1 + 2), "{costs:?} {waits:?}");
    });
}

#[test]
fn of_more_tickets_than_one_query_brings_the_newest_are_asked_for_by_themselves() {
    run(async {
        let mut service = with_everything().await;
        let account = AccountId::of("stripe", "default", "cus_1");
        for some in (0..320).collect::<Vec<u32>>().chunks(90) {
            let mut commit = Commit::default();
            for number in some {
                let (provider, source, id) = ("ticket".to_owned(), "default".to_owned(), format!("a_{number}"));
                commit.create(&TicketOf { account: account.clone(), provider, source, id });
            }
            commit.run(&service.context).await.unwrap();
        }
        let counts = Counted::over(&mut service);
        let shown = get(&service, ACCOUNT).await;
        let costs = counts.take();
        assert_eq!((costs.batches, costs.queries), (1 + 2, 2 + 1), "{costs:?}");
        assert_eq!(list(&shown, "tickets").len(), 1, "the newest by their names are looked at: {shown}");
        assert!(costs.items <= 101 + 100 + 20 && costs.keys <= 150, "{costs:?}");
    });
}
