//! What customers are told of their cards, outside of any recovery: before one expires, and when one could not be saved.

use crate::http::run;
use app::ports::{Clock, Letter};
use app::web::Answer;
use http::{Method, Request, StatusCode};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::faults::{Fate, Hit, deafen, inject};
use tests::stripe;
use tests::world::{ask, at, deliver, get, open_at};

const CUSTOMER: &str = "cus_1@shop.example";

async fn tell(service: &Service, kind: &str, object: &Value) {
    let now = service.clock.now();
    let id = format!("evt_{kind}_{}_{}", object["id"].as_str().unwrap(), now.as_second());
    let (status, answer) = deliver(service, &stripe::event(&id, kind, now, object)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn given(service: &Service, id: &str, last4: &str, month: u8, year: u16) {
    let card = json!({"brand": "visa", "last4": last4, "exp_month": month, "exp_year": year});
    let method = json!({"id": id, "object": "payment_method", "type": "card", "customer": "cus_1", "card": card,
        "created": service.clock.now().as_second()});
    tell(service, "payment_method.attached", &method).await;
}

async fn renews(service: &Service, until: &str) {
    let mut subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "active", service.clock.now());
    subscription["current_period_end"] = json!(at(until).as_second());
    tell(service, "customer.subscription.updated", &subscription).await;
}

/// A customer of a country whose card ends with April, and whose next invoice is of May.
async fn begun(now: &str, customer: &Value) -> Service {
    let service = open_at(now).await;
    let mut own = stripe::customer("cus_1", service.clock.now());
    for (name, value) in customer.as_object().unwrap() {
        own[name] = value.clone();
    }
    tell(&service, "customer.created", &own).await;
    given(&service, "pm_1", "4242", 4, 2026).await;
    renews(&service, "2026-05-10T00:00:00Z").await;
    service
}

/// What the customer was sent, the oldest first.
fn letters(service: &Service) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    let mut own: Vec<_> = all.filter(|letter| letter.to == CUSTOMER).collect();
    own.reverse();
    own
}

fn subjects(service: &Service) -> Vec<String> {
    letters(service).into_iter().map(|letter| letter.subject).collect()
}

const FIRST: &str = "Your card expires at the end of 04/2026";
const SECOND: &str = "Your card expires in a few days";

async fn asked(service: &Service, method: Method, path: &str, body: &str) -> (StatusCode, String, Answer) {
    let request = Request::builder().method(method).uri(path).body(body.to_owned().into()).unwrap();
    let answer = dispatch(service, &request).await;
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap(), answer)
}

fn path(address: &str) -> &str {
    address.strip_prefix("http://recoup.test").unwrap()
}

#[test]
fn a_card_that_ends_before_the_next_invoice_is_announced_twice_and_no_more() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        for (now, expected) in [
            ("2026-04-01T08:30:00Z", vec![]),
            ("2026-04-01T09:10:00Z", vec![FIRST]),
            ("2026-04-24T08:30:00Z", vec![FIRST]),
            ("2026-04-24T09:10:00Z", vec![FIRST, SECOND]),
        ] {
            service.advance(at(now)).await.unwrap();
            assert_eq!(subjects(&service), expected, "{now}");
            // Whatever else is told of the same card begins nothing anew.
            given(&service, "pm_1", "4242", 4, 2026).await;
            renews(&service, &format!("2026-05-10T00:00:{:02}Z", subjects(&service).len())).await;
        }
        service.advance(at("2026-06-01T09:00:00Z")).await.unwrap();
        assert_eq!(subjects(&service).len(), 2);
        let [first, second] = &letters(&service)[..] else { panic!("two letters") };
        assert_ne!(first.id, second.id);
        for letter in [first, second] {
            assert!(letter.text.contains("Visa •••• 4242") && letter.text.contains("04/2026"), "{}", letter.text);
            assert!(letter.text.contains(&letter.links[0]) && letter.html.contains(">Give another card</a>"));
            assert_eq!(letter.html.matches(">Give another card</a>").count(), 1, "{}", letter.html);
        }
    });
}

#[test]
fn a_card_that_goes_on_or_pays_for_nothing_more_is_not_announced() {
    run(async {
        for (name, month, year, until) in [
            ("it goes on", 5, 2026, "2026-05-10T00:00:00Z"),
            ("the invoice comes before its end", 4, 2026, "2026-04-30T23:00:00Z"),
        ] {
            let service = open_at("2026-03-01T09:00:00Z").await;
            tell(&service, "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
            given(&service, "pm_1", "4242", month, year).await;
            renews(&service, until).await;
            service.advance(at("2026-04-30T12:00:00Z")).await.unwrap();
            assert_eq!(subjects(&service), Vec::<String>::new(), "{name}");
        }
        let service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        let mut ends = stripe::subscription("cus_1", "sub_1", "price_pro", 4900, 1, "active", service.clock.now());
        ends["cancel_at_period_end"] = json!(true);
        ends["current_period_end"] = json!(at("2026-05-10T00:00:00Z").as_second());
        ends["cancel_at"] = ends["current_period_end"].clone();
        service.advance(at("2026-03-02T09:00:00Z")).await.unwrap();
        tell(&service, "customer.subscription.updated", &ends).await;
        service.advance(at("2026-04-30T12:00:00Z")).await.unwrap();
        assert_eq!(subjects(&service), Vec::<String>::new(), "it ends");
    });
}

#[test]
fn who_has_given_another_card_is_told_nothing_more() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        service.advance(at("2026-04-01T09:10:00Z")).await.unwrap();
        assert_eq!(subjects(&service), [FIRST]);
        given(&service, "pm_2", "1881", 4, 2030).await;
        service.advance(at("2026-04-30T12:00:00Z")).await.unwrap();
        assert_eq!(subjects(&service), [FIRST]);
    });
}

#[test]
fn a_renewal_that_brings_the_end_near_is_answered_at_once() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        tell(&service, "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        given(&service, "pm_1", "4242", 4, 2026).await;
        renews(&service, "2026-04-15T09:00:00Z").await;
        service.advance(at("2026-04-15T09:00:00Z")).await.unwrap();
        assert_eq!(subjects(&service), Vec::<String>::new(), "the invoice of April is paid with it");
        renews(&service, "2026-05-15T09:00:00Z").await;
        service.advance(at("2026-04-15T09:05:00Z")).await.unwrap();
        assert_eq!(subjects(&service), [FIRST]);
        service.advance(at("2026-04-30T12:00:00Z")).await.unwrap();
        assert_eq!(subjects(&service), [FIRST, SECOND]);
    });
}

#[test]
fn where_the_provider_writes_nothing_is_sent() {
    run(async {
        for wish in [json!({"messages": "provider", "retries": "provider"}), json!({"acting": "observe"})] {
            let service = begun("2026-03-01T09:00:00Z", &json!({})).await;
            let path = "/api/sources/stripe/default";
            let (status, answer) = ask(&service, "mara", Method::POST, path, Some(&wish), None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            service.advance(at("2026-04-30T12:00:00Z")).await.unwrap();
            assert_eq!(subjects(&service), Vec::<String>::new(), "{wish}");
        }
    });
}

#[test]
fn it_is_written_in_the_customers_language_by_their_day() {
    run(async {
        let spanish = json!({"preferred_locales": ["es"], "address": {"country": "US"}});
        let service = begun("2026-03-01T09:00:00Z", &spanish).await;
        service.advance(at("2026-04-01T17:30:00Z")).await.unwrap();
        assert_eq!(subjects(&service), Vec::<String>::new(), "it is night in Honolulu");
        service.advance(at("2026-04-01T18:10:00Z")).await.unwrap();
        assert_eq!(subjects(&service), ["Su tarjeta caduca a finales de 04/2026"]);
    });
}

#[test]
fn what_is_refused_is_sent_later_and_what_is_stopped_waits() {
    run(async {
        let mut service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        let stop = json!({"segment": "cards", "note": "the words are wrong"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        service.advance(at("2026-04-01T12:00:00Z")).await.unwrap();
        assert_eq!(subjects(&service), Vec::<String>::new());
        let release = json!({"segment": "cards", "release": true});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&release), None).await.0, StatusCode::OK);
        let post = service.context.post.clone();
        deafen(&mut service, CUSTOMER);
        service.advance(at("2026-04-01T13:00:00Z")).await.unwrap();
        service.context.post = post;
        assert_eq!(subjects(&service), Vec::<String>::new());
        service.advance(at("2026-04-02T13:00:00Z")).await.unwrap();
        assert_eq!(subjects(&service), [FIRST]);
    });
}

#[test]
fn a_card_is_announced_a_day_beside_a_letter_about_an_invoice() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        let mut due = stripe::invoice("cus_1", "in_1", "open", 49_000, 49_000, "eur", 0, service.clock.now());
        due["due_date"] = json!(at("2026-03-29T00:00:00Z").as_second());
        tell(&service, "invoice.finalized", &due).await;
        for (now, sent) in [
            ("2026-04-01T08:30:00Z", 0),
            ("2026-04-01T09:30:00Z", 1),
            ("2026-04-02T08:30:00Z", 1),
            ("2026-04-02T09:30:00Z", 2),
            ("2026-04-20T09:30:00Z", 2),
        ] {
            service.advance(at(now)).await.unwrap();
            assert_eq!(subjects(&service).len(), sent, "{now}: {:?}", subjects(&service));
        }
        let told = subjects(&service);
        assert!(told.contains(&FIRST.to_owned()), "{told:?}");
        assert!(told.contains(&"Invoice IN_1 over 490.00 EUR was due".to_owned()), "{told:?}");
    });
}

#[test]
fn its_link_leads_to_the_page_on_which_a_card_is_given_and_looking_changes_nothing() {
    run(async {
        let mut service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        service.advance(at("2026-04-01T09:10:00Z")).await.unwrap();
        let link = letters(&service)[0].links[0].clone();
        let own = path(&link);
        let fate = Fate::at(u64::MAX, Hit::CrashBefore);
        inject(&mut service, &fate);
        let (status, page, answer) = asked(&service, Method::GET, own, "").await;
        assert!(status == StatusCode::OK && page.contains(&format!("action=\"{own}\"")), "{page}");
        assert_eq!(answer.headers()["x-robots-tag"], "noindex, nofollow");
        for part in ["<script", "cus_1", "4242", "stripe.com", "/login"] {
            assert!(!page.contains(part), "{part}: {page}");
        }
        assert_eq!(fate.changes(), 0, "nothing was written, sent or asked for");
        let (status, page, answer) = asked(&service, Method::POST, own, "").await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        let first = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(first.starts_with("https://billing.stripe.com/p/session/"), "{first}");
        let (_, _, again) = asked(&service, Method::POST, own, "").await;
        assert_eq!(again.headers()["location"], first.as_str(), "twice within a minute is once");
        for other in [format!("{own}0"), own.replace("/card/", "/pay/"), "/card/x".to_owned()] {
            assert_eq!(asked(&service, Method::GET, &other, "").await.0, StatusCode::NOT_FOUND, "{other}");
        }
        let stop = json!({"kind": "update_payment_method", "note": "their page is broken"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        assert_eq!(asked(&service, Method::POST, own, "").await.0, StatusCode::SERVICE_UNAVAILABLE);
    });
}

#[test]
fn one_click_ends_it_and_another_begins_it_again() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        service.advance(at("2026-04-01T09:10:00Z")).await.unwrap();
        let letter = letters(&service).remove(0);
        let address = letter.unsubscribe.clone().unwrap();
        assert!(letter.text.contains(&address), "{}", letter.text);
        let headers = [
            ("List-Unsubscribe", format!("<{address}>")),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
        ];
        assert_eq!(letter.headers(), headers);
        let own = path(&address);
        let since = async || get(&service, "/api/accounts/stripe:cus_1").await["account"]["unsubscribed_at"].clone();
        let (status, page, _) = asked(&service, Method::GET, own, "").await;
        assert!(status == StatusCode::OK && page.contains(">Do not tell me</button>"), "{page}");
        assert_eq!(since().await, Value::Null, "whoever looks, or a scanner, changes nothing");
        let (status, page, _) = asked(&service, Method::POST, own, "List-Unsubscribe=One-Click").await;
        assert!(status == StatusCode::OK && page.contains(">Tell me again</button>"), "{page}");
        assert_eq!(since().await, "2026-04-01T09:10:00Z");
        let (status, shown) = ask(&service, "ana", Method::GET, "/accounts/stripe:cus_1", None, None).await;
        assert!(status == StatusCode::OK && shown.as_str().unwrap().contains("no messages before the card expires"));
        assert_eq!(asked(&service, Method::POST, own, "").await.0, StatusCode::OK, "twice is once");
        service.advance(at("2026-04-24T09:10:00Z")).await.unwrap();
        assert_eq!(subjects(&service), [FIRST], "and nothing more is sent");
        assert_eq!(asked(&service, Method::POST, own, "again=yes").await.0, StatusCode::OK);
        assert_eq!(since().await, Value::Null);
        assert_eq!(asked(&service, Method::POST, "/messages/x", "").await.0, StatusCode::NOT_FOUND);
    });
}

#[test]
fn each_link_opens_its_own_and_a_card_is_given_by_it_for_some_days_only() {
    run(async {
        let service = begun("2026-03-01T09:00:00Z", &json!({})).await;
        service.advance(at("2026-04-24T09:10:00Z")).await.unwrap();
        let [first, second] = &letters(&service)[..] else { panic!("two letters") };
        let (old, new) = (path(&first.links[0]), path(&second.links[0]));
        let wishes = path(first.unsubscribe.as_deref().unwrap());
        assert_ne!(old, new, "each letter has a link of its own");
        assert_eq!(Some(wishes), second.unsubscribe.as_deref().map(path), "what is declined stays where it is");
        assert!(first.text.starts_with("recoup.test\n\nHello "), "{}", first.text);
        // Programs that read mail know where it is declined, and must not be led to the card.
        let token = |own: &str| own.rsplit('/').next().unwrap().to_owned();
        for wrong in
            [format!("/card/{}", token(wishes)), format!("/messages/{}", token(old)), format!("/pay/{}", token(old))]
        {
            for method in [Method::GET, Method::POST] {
                assert_eq!(asked(&service, method, &wrong, "").await.0, StatusCode::NOT_FOUND, "{wrong}");
            }
        }
        for (now, expected) in
            [("2026-05-01T23:00:00Z", StatusCode::OK), ("2026-05-02T00:30:00Z", StatusCode::NOT_FOUND)]
        {
            service.advance(at(now)).await.unwrap();
            assert_eq!(asked(&service, Method::GET, old, "").await.0, expected, "{now}");
            assert_eq!(asked(&service, Method::GET, new, "").await.0, StatusCode::OK, "{now}");
            assert_eq!(asked(&service, Method::GET, wishes, "").await.0, StatusCode::OK, "{now}");
        }
        let (status, page, _) = asked(&service, Method::POST, old, "").await;
        assert!(status == StatusCode::NOT_FOUND && page.contains("it is no longer good"), "{page}");
    });
}

fn setup(reason: &str) -> Value {
    json!({"id": "seti_1", "object": "setup_intent", "customer": "cus_1", "payment_method": null,
        "status": "requires_payment_method", "created": 1,
        "last_setup_error": {"code": "card_declined", "decline_code": reason, "message": format!("It is {reason}.")}})
}

const NOT_SAVED: &str = "Your new card could not be saved";

#[test]
fn a_card_that_was_not_saved_is_told_without_a_reason_while_a_payment_waits() {
    run(async {
        let service = open_at("2026-03-03T09:00:00Z").await;
        tell(&service, "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        let failed = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "eur", 1, service.clock.now());
        tell(&service, "invoice.payment_failed", &failed).await;
        for _ in 0..2 {
            service.advance(service.clock.now() + jiff::SignedDuration::from_mins(1)).await.unwrap();
            tell(&service, "setup_intent.setup_failed", &setup("stolen_card")).await;
        }
        assert_eq!(subjects(&service), Vec::<String>::new(), "most try another one at once");
        service.advance(at("2026-03-03T10:00:00Z")).await.unwrap();
        let own: Vec<_> = letters(&service).into_iter().filter(|letter| letter.subject == NOT_SAVED).collect();
        let [letter] = &own[..] else { panic!("one letter: {:?}", subjects(&service)) };
        for part in ["stolen", "declined", "bank"] {
            assert!(!letter.text.contains(part) && !letter.html.contains(part), "{part}: {}", letter.text);
        }
        assert!(letter.links[0].contains("/card/") && letter.unsubscribe.is_none(), "{letter:?}");
        assert_eq!(letter.headers(), []);
    });
}

#[test]
fn who_gives_another_card_or_misses_none_is_not_told_that_one_was_not_saved() {
    run(async {
        let (now, later) = ("2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z");
        let service = open_at(now).await;
        tell(&service, "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        tell(&service, "setup_intent.setup_failed", &setup("stolen_card")).await;
        service.advance(at(later)).await.unwrap();
        assert_eq!(subjects(&service), Vec::<String>::new(), "nothing waits for it");
        let timeline = get(&service, "/api/accounts/stripe:cus_1/timeline").await;
        let kinds: Vec<_> = timeline["items"].as_array().unwrap().iter().map(|line| line["kind"].clone()).collect();
        assert!(kinds.contains(&json!("card_not_saved")), "{kinds:?}");

        let service = open_at(now).await;
        tell(&service, "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
        let failed = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "eur", 1, service.clock.now());
        tell(&service, "invoice.payment_failed", &failed).await;
        tell(&service, "setup_intent.setup_failed", &setup("stolen_card")).await;
        service.advance(at("2026-03-03T09:10:00Z")).await.unwrap();
        given(&service, "pm_2", "1881", 4, 2030).await;
        service.advance(at(later)).await.unwrap();
        assert!(!subjects(&service).contains(&NOT_SAVED.to_owned()), "they have given another one");
    });
}
