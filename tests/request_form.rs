//! The refund request form: it promises nothing, tells nobody who is a customer, and makes a ticket only of what its sender has
//! confirmed; strangers, whom somebody vouches for before anything of an account is said; and contacts that changed lately.

use crate::http::{run, with_a_payment};
use crate::limits::with_limits;
use app::ports::{Clock, Letter};
use app::store::{self, keys};
use domain::id::{AccountId, sha256};
use domain::ticket::Requested;
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tests::faults::deafen;
use tests::stripe;
use tests::world::{ask, at, deliver, deliver_to, get, open_at};

const FORM: &str = "/request/stripe";
const SENDER: &str = "203.0.113.7";

/// Comes as a browser does, without signing in.
async fn comes(service: &Service, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = dispatch(service, &request.body(body.to_owned().into()).unwrap()).await;
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store", "no-referrer"), "{path}");
    assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
    assert!(answer.headers().get("set-cookie").is_none(), "{path}");
    (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What somebody types who was charged twice.
fn typed(email: &str) -> Vec<(&str, &str)> {
    let text = "You charged me twice.";
    vec![("email", email), ("invoice", "IN_1"), ("reason", "duplicate_charge"), ("text", text)]
}

async fn sends(service: &Service, fields: &[(&str, &str)]) -> (u16, String) {
    sends_from(service, SENDER, fields).await
}

async fn sends_from(service: &Service, sender: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let answer = comes(service, Method::POST, FORM, &[("x-forwarded-for", sender)], &encoded(fields)).await;
    service.work().await.unwrap();
    answer
}

fn letters(service: &Service, to: &str) -> Vec<Letter> {
    let letters = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    letters.filter(|letter| letter.to == to).collect()
}

/// Where the link leads that somebody was mailed last.
fn path_for(service: &Service, to: &str) -> String {
    let letters = letters(service, to);
    let link = letters.iter().find_map(|letter| letter.links.first()).expect("a message with a link came");
    link.strip_prefix("http://recoup.test").unwrap().to_owned()
}

async fn confirms(service: &Service, path: &str) -> (u16, String) {
    let answer = comes(service, Method::POST, path, &[], "").await;
    service.work().await.unwrap();
    answer
}

async fn tickets(service: &Service) -> Vec<Value> {
    get(service, "/api/tickets").await["items"].as_array().unwrap().clone()
}

async fn kept(service: &Service, path: &str) -> Option<Requested> {
    let hash = sha256(path.rsplit('/').next().unwrap().as_bytes());
    store::read::<Requested>(&service.context, &keys::requested(&hash)).await.unwrap()
}

#[test]
fn the_form_is_there_for_each_source_in_the_browsers_language() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        for (languages, language, words) in [
            ("", "en", "Ask recoup.test for a refund"),
            ("de-CH, en;q=0.5", "de", "recoup.test um eine Erstattung bitten"),
            ("sv, fr;q=0.9, en;q=0.8", "fr", "Demander un remboursement à recoup.test"),
            ("es", "es", "Solicitar un reembolso a recoup.test"),
            ("sv", "en", "Ask recoup.test for a refund"),
        ] {
            let (status, page) = comes(&service, Method::GET, FORM, &[("accept-language", languages)], "").await;
            assert_eq!(status, 200, "{languages}: {page}");
            assert!(
                page.contains(&format!("<html lang=\"{language}\">")) && page.contains(words),
                "{languages}: {page}"
            );
            for part in ["<script", "/login", "<nav", "style=", "http://", "https://"] {
                assert!(!page.contains(part), "{part}: {page}");
            }
        }
        let name = json!({"name": "Juniper & Söhne"});
        ask(&service, "mara", Method::POST, "/api/sources/stripe/default", Some(&name), None).await;
        let (_, page) = comes(&service, Method::GET, "/request/stripe.default", &[], "").await;
        assert!(page.contains("Ask Juniper &amp; Söhne for a refund"), "{page}");
        for path in
            ["/request/nobody", "/request/stripe.eu", "/request/zendesk", "/request/stripe.", "/request/%3Cb%3E"]
        {
            assert_eq!(comes(&service, Method::GET, path, &[], "").await.0, 404, "{path}");
            assert_eq!(comes(&service, Method::POST, path, &[], "email=a").await.0, 404, "{path}");
        }
    });
}

#[test]
fn what_was_typed_stays_when_something_is_missing_and_nothing_is_sent() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let script = "<script>alert(1)</script> שלום 👩\u{200d}💻";
        let card = "my card:\n4242\n4242 4242\u{200b} 4242\nthanks";
        for (what, fields, shown) in [
            ("nothing", vec![], vec!["Please enter an e-mail address", "Please name the invoice"]),
            (
                "no address",
                vec![("invoice", "IN_1"), ("reason", "billing_error"), ("text", "Wrong")],
                vec!["value=\"IN_1\"", "<option value=\"billing_error\" selected>", ">Wrong</textarea>"],
            ),
            (
                "scripts everywhere",
                vec![("email", script), ("invoice", script), ("last4", script), ("amount", script), ("text", script)],
                vec!["&lt;script&gt;alert(1)&lt;/script&gt; שלום 👩\u{200d}💻", "exactly four digits"],
            ),
            ("a card", vec![("email", "ada@"), ("invoice", "4242424242424242"), ("text", card)], vec!["[masked]"]),
            (
                "other, and no words",
                [typed("ada@shop.example"), vec![("reason", "other"), ("text", " ")]].concat(),
                vec!["Please tell us what happened."],
            ),
        ] {
            let (status, page) = sends(&service, &fields).await;
            assert_eq!(status, 422, "{what}: {page}");
            for part in shown {
                assert!(page.contains(part), "{what}, {part}: {page}");
            }
            assert!(!page.contains("<script") && !page.contains("4242"), "{what}: {page}");
        }
        let long = "x".repeat(4_001);
        let (status, page) =
            sends(&service, &[typed("ada@shop.example"), vec![("text", long.as_str())]].concat()).await;
        assert!(status == 422 && page.contains("This is too long") && page.contains(&long), "{page}");
        let most = "x".repeat(1_000_000);
        let (status, page) = sends(&service, &[("text", most.as_str())]).await;
        assert!(status == 413 && page.len() < 5_000, "a megabyte is neither read nor sent back: {status}");
        assert_eq!(service.outbox.letters().unwrap().len(), 0);
        assert_eq!(tickets(&service).await, Vec::<Value>::new());
    });
}

#[test]
fn a_request_becomes_a_ticket_once_its_sender_has_confirmed_it() {
    run(async {
        let service = with_a_payment().await;
        let fields = [typed("CUS_1@shop.example"), vec![("last4", "4242"), ("amount", "49,00 €")]].concat();
        let (status, page) = sends(&service, &fields).await;
        assert!(status == 200 && page.contains("Please look into your mail"), "{page}");
        assert_eq!(sends(&service, &fields).await, (status, page), "sent twice");
        let mailed = letters(&service, "CUS_1@shop.example");
        assert_eq!(mailed.len(), 1, "one message: {mailed:?}");
        for part in ["charged", "IN_1", "49,00"] {
            assert!(!mailed[0].text.contains(part), "it repeats nothing that was typed: {}", mailed[0].text);
        }
        assert_eq!(tickets(&service).await, Vec::<Value>::new());

        let path = path_for(&service, "CUS_1@shop.example");
        for _ in 0..2 {
            let (status, page) = comes(&service, Method::GET, &path, &[], "").await;
            assert!(status == 200 && page.contains("<form method=\"post\""), "{page}");
            service.work().await.unwrap();
        }
        assert_eq!(tickets(&service).await, Vec::<Value>::new(), "a program that opens links confirms nothing");
        for _ in 0..2 {
            let (status, page) = confirms(&service, &path).await;
            assert!(status == 200 && page.contains("Thank you, we look at it"), "{page}");
        }
        let tickets = tickets(&service).await;
        assert_eq!(tickets.len(), 1, "{tickets:?}");
        let ticket = &tickets[0];
        assert_eq!((&ticket["provider"], &ticket["source"]), (&json!("form"), &json!("stripe.default")));
        assert_eq!((&ticket["class"], &ticket["verified"]), (&json!("refund_request"), &json!(true)));
        let account = json!(AccountId::of("stripe", "default", "cus_1"));
        assert_eq!((&ticket["account"], &ticket["unverified"]), (&account, &json!(false)), "{ticket}");
        let body = ticket["body"].as_str().unwrap();
        for part in ["You charged me twice.", "Invoice: IN_1", "Card ends in: 4242", "Amount: 49,00 €"] {
            assert!(body.contains(part), "{part}: {body}");
        }
        let gone = kept(&service, &path).await.unwrap();
        assert_eq!((gone.wanted, gone.again_at), (None, None), "what was written stands in the ticket alone");
        let (status, page) = comes(&service, Method::GET, &path, &[], "").await;
        assert!(status == 200 && page.contains("Thank you"), "{page}");
    });
}

#[test]
fn nobody_learns_from_it_who_is_a_customer() {
    run(async {
        let service = with_a_payment().await;
        let mut answers = Vec::new();
        for email in ["cus_1@shop.example", "nobody@else.example"] {
            let sent = sends(&service, &typed(email)).await;
            let letter = letters(&service, email).remove(0);
            let path = path_for(&service, email);
            let opened = comes(&service, Method::GET, &path, &[], "").await;
            let confirmed = confirms(&service, &path).await;
            let token = path.rsplit('/').next().unwrap();
            let plain = |text: String| text.replace(token, "TOKEN");
            answers.push((sent, (opened.0, plain(opened.1)), confirmed, letter.subject, plain(letter.text)));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(tickets(&service).await.len(), 2);
    });
}

#[test]
fn what_nobody_confirms_vanishes_and_no_other_token_opens_anything() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        sends(&service, &typed("ada@shop.example")).await;
        let path = path_for(&service, "ada@shop.example");
        let other = if path.ends_with('0') { '1' } else { '0' };
        let touched = format!("{}{other}", &path[..path.len() - 1]);
        for wrong in [touched.as_str(), &path[..path.len() - 1], "/request/confirm/x", "/request/confirm/%00"] {
            for method in [Method::GET, Method::POST] {
                let (status, page) = comes(&service, method, wrong, &[], "").await;
                assert!(status == 404 && page.contains("This link confirms nothing"), "{wrong}: {page}");
            }
        }
        service.advance(at("2026-03-02T08:59:59Z")).await.unwrap();
        assert_eq!(comes(&service, Method::GET, &path, &[], "").await.0, 200, "a second before its end");
        assert!(kept(&service, &path).await.unwrap().wanted.is_some());
        service.advance(at("2026-03-02T09:00:00Z")).await.unwrap();
        assert_eq!(comes(&service, Method::GET, &path, &[], "").await.0, 404, "at its end");
        assert_eq!(confirms(&service, &path).await.0, 404);
        service.advance(at("2026-03-02T12:00:00Z")).await.unwrap();
        let gone = kept(&service, &path).await.unwrap();
        assert_eq!((gone.wanted, gone.again_at), (None, None));
        assert_eq!(tickets(&service).await, Vec::<Value>::new());
        assert_eq!(letters(&service, "ada@shop.example").len(), 1);
    });
}

#[test]
fn a_message_that_is_refused_is_sent_again_and_leaves_once() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        let post = service.context.post.clone();
        let refused = deafen(&mut service, "ada@shop.example");
        assert_eq!(sends(&service, &typed("ada@shop.example")).await.0, 200, "the page knows nothing of it");
        service.advance(at("2026-03-01T09:30:00Z")).await.unwrap();
        assert!(refused.load(Ordering::SeqCst) > 1, "it was tried again");
        service.context.post = post;
        service.advance(at("2026-03-01T20:00:00Z")).await.unwrap();
        assert_eq!(letters(&service, "ada@shop.example").len(), 1);
    });
}

#[test]
fn an_address_and_a_sender_are_asked_only_so_often() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let limits = service.context.policies.limits.current().form.clone();
        let mut seen = Vec::new();
        for number in 0..=limits.per_address_max {
            let text = format!("request {number}");
            seen.push(sends(&service, &[typed("ada@shop.example"), vec![("text", text.as_str())]].concat()).await);
        }
        assert!(seen.iter().all(|answer| *answer == seen[0]), "one too many is told to nobody");
        assert_eq!(letters(&service, "ada@shop.example").len(), limits.per_address_max as usize);

        let mut statuses = Vec::new();
        for number in limits.per_address_max..=limits.per_sender_max {
            let email = format!("a{number}@shop.example");
            statuses.push(sends(&service, &typed(&email)).await.0);
        }
        assert_eq!(statuses.pop(), Some(429), "the sender has sent {} already", limits.per_sender_max);
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        let claimed = format!("198.51.100.1, {SENDER}");
        assert_eq!(sends_from(&service, &claimed, &typed("b@shop.example")).await.0, 429, "whatever it claims to be");
        assert_eq!(sends_from(&service, "198.51.100.2", &typed("b@shop.example")).await.0, 200, "another sender");
        service.advance(service.clock.now() + SignedDuration::from_mins(limits.window_minutes)).await.unwrap();
        assert_eq!(sends(&service, &typed("d@shop.example")).await.0, 200, "another hour");
    });
}

/// As many as it takes, each with all that one may send, and each with addresses of their own.
async fn fill(service: &Service, senders: u32) {
    let most = service.context.policies.limits.current().form.per_sender_max;
    for (sender, number) in (0..senders).flat_map(|sender| (0..most).map(move |number| (sender, number))) {
        let email = format!("m{sender}_{number}@shop.example");
        let (status, page) = sends_from(service, &format!("198.51.100.{sender}"), &typed(&email)).await;
        assert_eq!(status, 200, "{sender} {number}: {page}");
    }
}

#[test]
fn whoever_sends_very_many_closes_the_form_for_nobody_else() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let limits = service.context.policies.limits.current().form.clone();
        // The first of each is counted apart.
        let senders = limits.per_source_max / (limits.per_sender_max - 1) + 1;
        fill(&service, senders).await;
        let at_once = usize::try_from(limits.per_source_max + senders).unwrap();
        let sent = |service: &Service| service.outbox.letters().unwrap().len();
        assert_eq!(sent(&service), at_once, "no more leaves within an hour");

        let (one, same) = ("2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6");
        let first = sends_from(&service, one, &typed("ada@shop.example")).await;
        assert_eq!(
            (first.0, letters(&service, "ada@shop.example").len()),
            (200, 1),
            "another sender gets its mail at once"
        );
        let second = sends_from(&service, same, &typed("bob@shop.example")).await;
        assert_eq!(
            (&second, letters(&service, "bob@shop.example").len()),
            (&first, 0),
            "its next one waits, and hears nothing of it"
        );
        for number in 2..limits.per_sender_max {
            let email = format!("n{number}@shop.example");
            assert_eq!(
                sends_from(&service, &format!("2001:db8:1:2::{number:x}"), &typed(&email)).await.0,
                200,
                "{number}"
            );
        }
        assert_eq!(sends_from(&service, same, &typed("c@shop.example")).await.0, 429, "one network is one sender");

        let next = service.clock.now() + SignedDuration::from_mins(limits.window_minutes);
        service.advance(next - SignedDuration::from_secs(1)).await.unwrap();
        assert_eq!(sent(&service), at_once + 1);
        service.advance(next + SignedDuration::from_mins(2)).await.unwrap();
        assert_eq!(letters(&service, "bob@shop.example").len(), 1, "what was put off leaves with the next hour");
        let path = path_for(&service, "bob@shop.example");
        let end = next + SignedDuration::from_hours(limits.confirm_hours);
        service.advance(end - SignedDuration::from_secs(1)).await.unwrap();
        assert_eq!(confirms(&service, &path).await.0, 200, "its link is good for as long as any");
    });
}

#[test]
fn of_what_is_put_off_no_more_is_kept_than_there_is_room_for() {
    run(async {
        let mut service = open_at("2026-03-01T09:00:00Z").await;
        with_limits(&mut service, &[("per_sender_max", 4), ("per_source_max", 4), ("per_source_later_max", 2)]);
        fill(&service, 2).await;
        let again = sends_from(&service, "192.0.2.1", &typed("ada@shop.example")).await.0;
        let full = sends_from(&service, "192.0.2.1", &typed("bob@shop.example")).await.0;
        assert_eq!((again, full), (200, 429), "the first is counted apart, and of the others too many wait");
        service.advance(service.clock.now() + SignedDuration::from_mins(61)).await.unwrap();
        for email in ["cat@shop.example", "bob@shop.example"] {
            assert_eq!(
                sends_from(&service, "192.0.2.1", &typed(email)).await.0,
                200,
                "{email}: as many as pass have left"
            );
        }
    });
}

#[test]
fn a_stranger_hears_no_amount_and_a_person_says_whose_the_ticket_is() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let invoice = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
        deliver(&service, &stripe::event("evt_3", "invoice.payment_failed", now, &invoice)).await;
        let ticket = json!({"id": "d_1", "type": "ticket.created", "created_at": "2026-03-01T08:59:00Z", "ticket": {
            "id": "t_1", "subject": "What do we owe?", "body": "What is open of IN_1?",
            "requester": {"email": "stranger@else.example", "name": "Somebody"},
        }});
        deliver_to(&service, "ticket", ticket.to_string().as_bytes()).await;
        service.work().await.unwrap();
        sends(&service, &typed("stranger@else.example")).await;
        confirms(&service, &path_for(&service, "stranger@else.example")).await;

        let all = tickets(&service).await;
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|ticket| ticket["unverified"] == true), "{all:?}");
        let account = AccountId::of("stripe", "default", "cus_1");
        let letters = letters(&service, "stranger@else.example");
        let told: String =
            letters.iter().map(|letter| format!("{} {} {}", letter.subject, letter.text, letter.html)).collect();
        let shown: String = all.iter().map(Value::to_string).collect();
        for part in ["49.00", "100.00", "USD", "/pay/", "invoice.stripe.com"] {
            assert!(!told.contains(part) && !shown.contains(part), "{part}: {told} {shown}");
        }
        assert!(!told.contains(account.as_str()) && !told.contains("IN_1"), "{told}");

        let path = "/api/tickets/t_1/account";
        let word = |account: &str, note: &str| json!({"account": account, "note": note});
        let known = "called the number on file";
        for (who, body, expected) in [
            ("ana", word("stripe:cus_1", known), (403, "not_permitted")),
            ("lena", word("stripe:cus_1", " "), (400, "malformed")),
            ("lena", word("stripe:cus_9", known), (404, "not_found")),
            ("lena", json!({"account": "stripe:cus_1", "amount": "49.00"}), (400, "malformed")),
        ] {
            let (status, answer) = ask(&service, who, Method::POST, path, Some(&body), None).await;
            let code = answer["error"]["code"].as_str();
            assert_eq!((status.as_u16(), code), (expected.0, Some(expected.1)), "{who} {body}: {answer}");
        }
        let body = word("stripe:cus_1", known);
        let (status, answer) = ask(&service, "lena", Method::POST, path, Some(&body), None).await;
        assert_eq!((status, &answer["account"]), (StatusCode::OK, &json!(account)), "{answer}");
        let nowhere = ask(&service, "lena", Method::POST, "/api/tickets/t_9/account", Some(&body), None).await;
        assert_eq!(nowhere.0, StatusCode::NOT_FOUND);
        let ticket = tickets(&service).await.into_iter().find(|ticket| ticket["id"] == "t_1").unwrap();
        assert_eq!((&ticket["unverified"], &ticket["vouched_by"]), (&json!(false), &json!("lena")), "{ticket}");
        assert_eq!(ticket["accounts"], json!([account]));
    });
}

#[test]
fn of_two_customers_with_one_address_a_person_says_which() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let mut twin = stripe::customer("cus_2", now);
        twin["email"] = json!("CUS_1@shop.example");
        deliver(&service, &stripe::event("evt_4", "customer.created", now, &twin)).await;
        service.work().await.unwrap();
        sends(&service, &typed("cus_1@shop.example")).await;
        confirms(&service, &path_for(&service, "cus_1@shop.example")).await;
        let ticket = tickets(&service).await.remove(0);
        assert_eq!(ticket["accounts"].as_array().unwrap().len(), 2, "{ticket}");
        assert_eq!((&ticket["account"], &ticket["unverified"]), (&json!(null), &json!(true)), "{ticket}");
        let id = ticket["id"].as_str().unwrap();
        assert!(id.starts_with("form:stripe.default:req_"), "{id}");
        let path = format!("/api/tickets/{id}/account");
        let body = json!({"account": "stripe:cus_2", "note": "the last payment that they named"});
        let (status, answer) = ask(&service, "lena", Method::POST, &path, Some(&body), None).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(tickets(&service).await[0]["account"], json!(AccountId::of("stripe", "default", "cus_2")));
    });
}

#[test]
fn a_contact_that_changed_lately_is_shown_wherever_somebody_decides() {
    run(async {
        let service = with_a_payment().await;
        service.advance(at("2026-03-03T09:00:00Z")).await.unwrap();
        let now = service.clock.now();
        let mut moved = stripe::customer("cus_1", now);
        moved["email"] = json!("eve@else.example");
        deliver(&service, &stripe::event("evt_5", "customer.updated", now, &moved)).await;
        let again = stripe::charge("cus_1", "ch_2", None, 10_000, "usd", None, at("2026-03-01T10:00:00Z"));
        deliver(&service, &stripe::event("evt_6", "charge.succeeded", at("2026-03-01T10:00:00Z"), &again)).await;
        service.work().await.unwrap();
        sends(&service, &typed("eve@else.example")).await;
        confirms(&service, &path_for(&service, "eve@else.example")).await;

        let preview = |key: &'static str| {
            let amount = json!({"amount": "24.00", "currency": "USD"});
            let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1", "amount": amount},
                "reason_code": "customer_dissatisfaction", "note": "asked", "preview_only": true});
            let service = &service;
            async move {
                let (status, action) = ask(service, "mara", Method::POST, "/api/actions", Some(&body), Some(key)).await;
                assert_eq!(status, StatusCode::CREATED, "{action}");
                action["preview"].clone()
            }
        };
        let days = |days: &str| format!("E-mail changed {days} ago, on 2026-03-03 (from c…@…)");
        let first = preview("k1").await;
        assert_eq!(first["notices"], json!([days("less than a day")]), "{first}");
        let case = get(&service, "/api/cases").await["items"][0]["id"].as_str().unwrap().to_owned();
        let shown = get(&service, &format!("/api/cases/{case}")).await;
        assert_eq!(shown["preview"]["notices"], json!([days("less than a day")]), "{shown}");
        assert_eq!(tickets(&service).await[0]["notices"], json!([days("less than a day")]));

        service.advance(at("2026-03-10T09:00:00Z")).await.unwrap();
        assert_eq!(preview("k2").await["notices"], json!([days("7 days")]), "exactly seven days ago");
        service.advance(at("2026-03-10T09:00:01Z")).await.unwrap();
        let last = preview("k3").await;
        assert_eq!(last.get("notices"), None, "a second more: {last}");
        assert!(tickets(&service).await[0].get("notices").is_none());
    });
}

#[test]
fn a_ticket_in_any_script_is_shown_as_it_was_written() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let text = "أريد استرداد المال 👩\u{200d}👧 می\u{200c}خواهم\n<b>now</b> & 5 < 6 ok\n4242\n4242\n4242\n4242";
        sends(&service, &[typed("ada@shop.example"), vec![("text", text)]].concat()).await;
        confirms(&service, &path_for(&service, "ada@shop.example")).await;
        let body = tickets(&service).await[0]["body"].as_str().unwrap().to_owned();
        let written = "أريد استرداد المال 👩\u{200d}👧 می\u{200c}خواهم\nnow & 5 < 6 ok\n[masked]";
        assert!(body.starts_with(written), "{body}");
    });
}
