//! What one's own history tells: how tries ended, why a moment was chosen, and what is expected of what runs.

use crate::again::{declined, try_again};
use crate::http::run;
use crate::raised::tell;
use app::door::token;
use app::ports::Clock;
use bytes::Bytes;
use domain::dunning::{Ended, Outcome};
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, get, open_at};

const OUTCOMES: &str = "/api/dunning/outcomes";

/// A customer whose payment has failed.
async fn fails(service: &Service, number: u32) {
    let (customer, invoice) = (format!("cus_{number}"), format!("in_{number}"));
    let now = service.clock.now();
    tell(service, &format!("evt_c{number}"), "customer.created", &stripe::customer(&customer, now)).await;
    let bill = stripe::invoice(&customer, &invoice, "open", 4_900, 4_900, "usd", 1, now);
    tell(service, &format!("evt_f{number}"), "invoice.payment_failed", &bill).await;
}

/// The table of a page, and where the next one is.
async fn table(service: &Service, path: &str) -> (Vec<Outcome>, Option<String>) {
    let secret = service.context.vault.tokens().await.unwrap();
    let bearer = token::issue(&secret, "ana", service.clock.machine(), 1);
    let request = Request::get(path).header("authorization", format!("Bearer {bearer}")).header("accept", "text/csv");
    let answer = dispatch(service, &request.body(Bytes::new()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    let next = link.and_then(|link| Some(link.strip_prefix('<')?.split_once('>')?.0.to_owned()));
    (Outcome::read(std::str::from_utf8(answer.body()).unwrap()).unwrap(), next)
}

#[test]
fn how_tries_ended_is_told_as_it_was_chosen() {
    run(async {
        let service = declined().await;
        let chosen = get(&service, "/api/accounts/stripe:cus_1/dunning").await["items"][0]["tries"]["next"].clone();
        try_again(&service).await;
        let page = get(&service, OUTCOMES).await;
        let lines: Vec<Outcome> = serde_json::from_value(page["items"].clone()).unwrap();
        let [made, planned] = lines.as_slice() else { panic!("one was made, and one is planned: {page}") };
        assert_eq!((made.tries_before, made.succeeded, made.code.as_str()), (0, Some(false), "insufficient_funds"));
        assert_eq!((json!(made.moment), json!(made.likely)), (chosen["at"].clone(), chosen["likely"].clone()));
        assert!(made.tried_at >= made.moment && made.chosen_at.is_some(), "{page}");
        let advice = Some(service.context.policies.advice.current().version);
        assert_eq!((made.advice_version, &chosen["advice_version"]), (advice, &json!(advice)), "{page}");
        assert_eq!((planned.tries_before, planned.tried_at, planned.succeeded), (1, None, None), "{page}");
        assert!(planned.moment > made.moment && planned.likely.is_some(), "{page}");
        assert_eq!((made.ended, made.ended_at), (Some(Ended::Open), Some(service.clock.now())), "{page}");
        assert_eq!((&made.recovery, page["next"].clone()), (&planned.recovery, Value::Null));
        for secret in ["cus_1", "in_1", "4242", "acc_"] {
            assert!(!page.to_string().contains(secret), "{secret}: {page}");
        }
        assert_eq!(table(&service, OUTCOMES).await, (lines, None), "the same as a table");
    });
}

#[test]
fn payments_are_told_page_by_page_since_a_day_and_to_whom_it_concerns() {
    run(async {
        let service = open_at("2026-03-02T10:00:00Z").await;
        for number in 1..=3 {
            fails(&service, number).await;
            service.advance(service.clock.now() + SignedDuration::from_hours(24)).await.unwrap();
        }
        let count = async |query: &str| {
            let page = get(&service, &format!("{OUTCOMES}?{query}")).await;
            (page["items"].as_array().unwrap().len(), page["next"].clone())
        };
        let (all, end) = count("").await;
        assert!(all >= 3 && end == Value::Null, "{all} {end}");
        let since = get(&service, &format!("{OUTCOMES}?since=2026-03-04")).await;
        let names: Vec<_> = since["items"].as_array().unwrap().iter().map(|line| line["recovery"].clone()).collect();
        assert!(!names.is_empty() && names.iter().all(|name| *name == names[0]), "{since}");
        assert_eq!(count("since=2026-04-01").await, (0, Value::Null));

        let (mut path, mut found) = (Some(format!("{OUTCOMES}?limit=1")), Vec::new());
        let mut pages = 0;
        while let Some(next) = path {
            let (lines, more) = table(&service, &next).await;
            found.extend(lines);
            path = more;
            pages += 1;
        }
        assert_eq!((found.len(), pages), (all, 3), "one payment a page");

        for (who, status) in [("ana", 200), ("bea", 200), ("mara", 200), ("lena", 403), ("luis", 403), ("leo", 403)] {
            assert_eq!(ask(&service, who, Method::GET, OUTCOMES, None, None).await.0, status, "{who}");
        }
        for query in ["since=soon", "limit=0", "cursor=%21"] {
            let path = format!("{OUTCOMES}?{query}");
            assert_eq!(ask(&service, "ana", Method::GET, &path, None, None).await.0, 400, "{query}");
        }
    });
}

#[test]
fn why_that_moment_is_told_in_words() {
    run(async {
        let service = declined().await;
        let next = get(&service, "/api/accounts/stripe:cus_1/dunning").await["items"][0]["tries"]["next"].clone();
        let why: Vec<_> = next["why"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        assert_eq!((why.len(), next["reasons"].as_array().unwrap().len()), (6, 6), "{next}");
        assert!(
            why[0].starts_with("any try for this reason: it succeeds with ") && why[2].starts_with("on a "),
            "{why:?}"
        );
        let (status, page) = ask(&service, "ana", Method::GET, "/accounts/stripe:cus_1/dunning", None, None).await;
        let page = page.as_str().unwrap();
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Why then:") && why.iter().all(|word| page.contains(word)), "{page}");
    });
}

#[test]
fn what_is_expected_stands_on_the_first_page_of_the_board() {
    run(async {
        let service = open_at("2026-03-02T10:00:00Z").await;
        let none = get(&service, "/api/dunning").await["forecast"].clone();
        assert_eq!((&none["recoveries"], &none["currencies"]), (&json!(0), &json!([])), "{none}");
        for number in 1..=9 {
            fails(&service, number).await;
        }
        let few = get(&service, "/api/dunning").await["forecast"].clone();
        assert_eq!((&few["recoveries"], &few["currencies"][0]["amount"]), (&json!(9), &Value::Null), "{few}");
        fails(&service, 10).await;
        let enough = get(&service, "/api/dunning?limit=4").await;
        let forecast = &enough["forecast"];
        assert_eq!(
            (&forecast["days"], &forecast["complete"], &forecast["earlier"]),
            (&json!(30), &json!(true), &json!(0))
        );
        let known = ["by_segment", "by_all", "by_next_try", "unknown"].map(|by| forecast[by].as_u64().unwrap());
        assert_eq!(
            (known[0] + known[1], known.iter().sum::<u64>()),
            (0, 10),
            "nothing came of earlier ones: {forecast}"
        );
        let own = &forecast["currencies"][0];
        assert_eq!((&own["open"]["amount"], &own["recoveries"]), (&json!("490.00"), &json!(10)), "{own}");
        assert!(own["amount"]["amount"].is_string() && own["low"]["amount"].is_string(), "{own}");
        let second = format!("/api/dunning?limit=4&cursor={}", enough["next"].as_str().unwrap());
        assert_eq!(get(&service, &second).await["forecast"], Value::Null);
        let (_, page) = ask(&service, "ana", Method::GET, "/dunning", None, None).await;
        let page = page.as_str().unwrap();
        assert!(page.contains("The next 30 days") && page.contains("Of 10 recoveries"), "{page}");
    });
}
