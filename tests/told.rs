//! What a playbook writes is sent from its case to the ticket; and what only a ticket tells of has its steps as well.

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use crate::raised::tell;
use ::http::{Method, Request, StatusCode};
use app::dunning::pay::link;
use app::ports::{Clock, Letter};
use app::store::{self, PayLink, keys};
use bytes::Bytes;
use domain::book::{Head, Writer};
use domain::id::AccountId;
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver_to, get};

const ADA: &str = "cus_1@shop.example";

/// Ticket t1, of somebody who has the address of the account.
async fn wrote(service: &Service, subject: &str, body: &str) {
    let told = json!({"id": "evt_t1", "type": "ticket.created", "created_at": service.clock.now(), "ticket": {
        "id": "t1", "subject": subject, "body": body, "status": "open", "csat": null,
        "requester": {"email": ADA, "name": "Ada"}}});
    let (status, answer) = deliver_to(service, "ticket", told.to_string().as_bytes()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

async fn post(service: &Service, staff: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> (u16, Value) {
    let (status, answer) = ask(service, staff, Method::POST, path, body, key).await;
    service.work().await.unwrap();
    (status.as_u16(), answer)
}

/// What waits for an approval gets it, and is done.
async fn approve(service: &Service) {
    let waiting = get(service, "/api/actions?state=waiting_approval").await["items"][0].clone();
    let body = json!({"decision": "approve", "preview_digest": waiting["preview"]["digest"], "note": ""});
    let decision = format!("/api/actions/{}/decision", waiting["id"].as_str().unwrap());
    assert_eq!(post(service, "bea", &decision, Some(&body), None).await.0, 200);
}

async fn case_of_ticket(service: &Service) -> String {
    get(service, "/api/tickets/t1").await["case"].as_str().expect("it has a case").to_owned()
}

async fn signed_in(service: &Service, staff: &str) -> String {
    let request = Request::post("/local/login").body(Bytes::from(format!("staff={staff}"))).unwrap();
    let answer = dispatch(service, &request).await;
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn page(service: &Service, cookie: &str, path: &str) -> String {
    let request = Request::get(path).header("cookie", cookie).body(Bytes::new()).unwrap();
    String::from_utf8(dispatch(service, &request).await.body().to_vec()).unwrap()
}

async fn press(service: &Service, cookie: &str, path: &str, fields: &[(&str, &str)]) -> u16 {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path)
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    let status = dispatch(service, &request.body(Bytes::from(body)).unwrap()).await.status();
    service.work().await.unwrap();
    status.as_u16()
}

/// What the form of an answer would send, as the page has it.
fn prepared(page: &str) -> Vec<(&str, &str)> {
    let form = page.split("action=\"/tickets/t1/reply\"").nth(1).unwrap_or_else(|| panic!("no form: {page}"));
    let form = form.split("</form>").next().unwrap();
    let hidden = form.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        (name, rest.split('"').next().unwrap())
    });
    let area = form.split("<textarea").nth(1).unwrap().split_once('>').unwrap().1;
    let is_solved = form.contains("name=\"solved\" value=\"on\" checked");
    let written = ("text", area.split("</textarea>").next().unwrap());
    hidden.chain([written]).chain(is_solved.then_some(("solved", "on"))).collect()
}

#[test]
fn what_a_play_writes_is_sent_to_its_ticket_by_one_button_in_the_language_of_the_letter() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        wrote(&service, "Doppelt abgebucht", "Mir wurde der Betrag zweimal abgebucht.").await;
        assert_eq!(case_of_ticket(&service).await, case);
        let (cookie, path) = (signed_in(&service, "luis").await, format!("/cases/{case}"));
        assert!(!page(&service, &cookie, &path).await.contains("Send the answer"), "it is not done");

        approve(&service).await;
        let shown = page(&service, &cookie, &path).await;
        let (_, area) = shown.split_once("<textarea").unwrap_or_else(|| panic!("no text to send: {shown}"));
        let text = area.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
        assert!(text.starts_with("Guten Tag") && text.contains("100") && text.contains("Werktagen"), "{text}");
        assert!(shown.contains("action=\"/tickets/t1/reply\"") && shown.contains("name=\"answered\" value=\"0\""));

        let other = json!({"text": "Wir sehen nach."});
        assert_eq!(post(&service, "luis", "/api/tickets/t1/reply", Some(&other), None).await.0, 200);
        let shown = page(&service, &cookie, &path).await;
        assert!(shown.contains("Send the answer"), "something else was said: {shown}");

        let (edited, mut fields) = (format!("{text}\n\nViele Grüße, Luis"), prepared(&shown));
        fields.iter_mut().filter(|(name, _)| *name == "text").for_each(|field| field.1 = &edited);
        for _ in 0..2 {
            assert_eq!(press(&service, &cookie, "/tickets/t1/reply", &fields).await, 303);
        }
        let letters = service.outbox.letters().unwrap();
        let sent = letters.iter().filter(|(_, letter)| letter.to == ADA && letter.subject == "Re: Doppelt abgebucht");
        assert_eq!(sent.count(), 2, "pressed twice, sent once, beside what was said before");
        assert_eq!(get(&service, "/api/tickets/t1").await["state"], "resolved");
        assert!(!page(&service, &cookie, &path).await.contains("Send the answer"), "it was said");
    });
}

#[test]
fn what_a_play_writes_answers_no_letter_that_came_after_the_page_was_loaded() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        wrote(&service, "Charged twice", "I was charged twice for the same month.").await;
        approve(&service).await;
        let (cookie, path) = (signed_in(&service, "luis").await, format!("/cases/{case}"));
        let shown = page(&service, &cookie, &path).await;
        service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
        let told = json!({"id": "evt_t2", "type": "ticket.commented", "created_at": service.clock.now(), "ticket": {
            "id": "t1", "subject": "Charged twice", "body": "One thing more.", "status": "open",
            "csat": null, "requester": {"email": ADA, "name": "Ada"}}});
        assert_eq!(deliver_to(&service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
        service.work().await.unwrap();

        let fields = prepared(&shown);
        assert!(fields.contains(&("solved", "on")), "what is done ends the ticket: {fields:?}");
        assert_eq!(press(&service, &cookie, "/tickets/t1/reply", &fields).await, 303);
        let ticket = get(&service, "/api/tickets/t1").await;
        assert_eq!(ticket["answers"][0]["state"], "sent", "{ticket}");
        assert_eq!((&ticket["state"], &ticket["resolved_at"]), (&json!("investigating"), &Value::Null), "{ticket}");
        assert!(ticket["due_at"].is_string(), "nobody has read the second letter: {ticket}");
    });
}

#[test]
fn a_failed_payment_that_only_a_ticket_tells_of_has_its_steps_once_it_is_known() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let bill = stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", 0, now);
        tell(&service, "evt_i", "invoice.finalized", &bill).await;
        wrote(&service, "Payment declined", "My card was declined.").await;
        let said = json!({"class": "payment_failed", "note": "they say so"});
        assert_eq!(post(&service, "lena", "/api/tickets/t1/class", Some(&said), None).await.0, 200);
        let case = format!("/api/cases/{}", case_of_ticket(&service).await);
        let play = get(&service, &case).await["playbook"].clone();
        let verdict = "No open invoice of this customer has a payment that failed.";
        assert_eq!((&play["verdict"], &play["steps"]), (&json!(verdict), &json!([])), "{play}");
        let (status, answer) = post(&service, "lena", &format!("{case}/task"), None, None).await;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_possible")), "{answer}");

        let failed = stripe::charge("cus_1", "ch_9", Some("in_1"), 4_900, "usd", Some("insufficient_funds"), now);
        tell(&service, "evt_f", "charge.failed", &failed).await;
        let case = format!("/api/cases/{}", case_of_ticket(&service).await);
        let play = get(&service, &case).await["playbook"].clone();
        let link = play["steps"].as_array().unwrap().iter().find(|step| step["step"] == "ask").cloned().unwrap();
        assert_eq!((&link["kind"], &link["target"]), (&json!("payment_link"), &json!("in_1")), "{play}");
        let (status, answer) = post(&service, "lena", "/api/actions", Some(&link["action"]), Some("key-1")).await;
        assert_eq!(status, 201, "{answer}");
        let play = get(&service, &case).await["playbook"].clone();
        let link = play["steps"].as_array().unwrap().iter().find(|step| step["step"] == "ask").cloned().unwrap();
        assert_eq!(link["standing"]["state"], "done", "{play}");
        let (status, task) = post(&service, "lena", &format!("{case}/task"), None, None).await;
        assert_eq!((status, &task["about"]), (200, &json!({"kind": "failing", "invoice": "in_1"})), "{task}");
    });
}

/// The answers to Ada that were mailed.
fn answers(service: &Service) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    all.filter(|letter| letter.to == ADA && letter.subject.starts_with("Re: ")).collect()
}

async fn is_made(service: &Service, link: &PayLink) -> bool {
    store::read::<PayLink>(&service.context, &keys::pay_link(&link.hash)).await.unwrap().is_some()
}

#[test]
fn a_letter_about_a_failed_payment_has_our_link_which_is_made_once_as_it_is_sent() {
    run(async {
        let service = with_a_payment().await;
        let (now, account) = (service.clock.now(), AccountId::of("stripe", "default", "cus_1"));
        let failed = stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", 1, now);
        tell(&service, "evt_f", "invoice.payment_failed", &failed).await;
        wrote(&service, "Payment declined", "My card was declined.").await;
        let said = json!({"class": "payment_failed", "note": "they say so"});
        assert_eq!(post(&service, "lena", "/api/tickets/t1/class", Some(&said), None).await.0, 200);
        let case = case_of_ticket(&service).await;
        let (cookie, path) = (signed_in(&service, "luis").await, format!("/cases/{case}"));
        let ours = link::to(&service.context, &account, "in_1").await.unwrap();

        // Looking at it makes no link, and shows none of the provider's.
        let play = get(&service, &format!("/api{path}")).await["playbook"].clone();
        let step = play["steps"].as_array().unwrap().iter().find(|step| step["step"] == "say").cloned().unwrap();
        let body = step["reply"]["body"].as_str().unwrap();
        assert!(body.contains("http://recoup.test/pay/…") && !body.contains("stripe.com"), "{body}");
        let shown = page(&service, &cookie, &path).await;
        assert!(!shown.contains(&ours.address) && !is_made(&service, &ours.kept).await, "{shown}");

        let (_, area) = shown.split_once("<textarea").unwrap_or_else(|| panic!("no text to send: {shown}"));
        let text = area.split_once('>').unwrap().1.split("</textarea>").next().unwrap();
        let csrf = shown.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let fields = [("csrf", csrf), ("outcome", "free"), ("answered", "0"), ("text", text)];
        for _ in 0..2 {
            assert_eq!(press(&service, &cookie, "/tickets/t1/reply", &fields).await, 303);
        }
        let sent = answers(&service);
        let [letter] = &sent[..] else { panic!("pressed twice, sent once: {sent:?}") };
        assert_eq!(letter.links, std::slice::from_ref(&ours.address));
        for part in [&letter.text, &letter.html] {
            assert!(part.contains(&ours.address) && part.contains("/pay/"), "{part}");
            assert!(!part.contains("stripe.com") && !part.contains('…'), "{part}");
        }
        assert!(is_made(&service, &ours.kept).await);
        let opened = Request::get(&ours.address["http://recoup.test".len()..]).body(Bytes::new()).unwrap();
        assert_eq!(dispatch(&service, &opened).await.status(), StatusCode::OK);
        // What is kept of the answer opens nothing.
        let token = ours.address.rsplit('/').next().unwrap();
        assert!(!get(&service, "/api/tickets/t1").await.to_string().contains(token));
        // Whoever else writes to the account sees that it was asked.
        let head = store::read::<Head>(&service.context, &keys::head(&account)).await.unwrap().unwrap();
        let line = head.answered.unwrap();
        assert_eq!((line.writer, line.doubt_at, line.in_doubt), (Writer::Answer, None, false));

        // Nobody is asked for what is settled.
        let paid = stripe::invoice("cus_1", "in_1", "paid", 4_900, 0, "usd", 1, now);
        tell(&service, "evt_p", "invoice.paid", &paid).await;
        let again = json!({"text": "You can pay here: http://recoup.test/pay/…"});
        let (status, answer) = post(&service, "luis", "/api/tickets/t1/reply", Some(&again), None).await;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_possible")), "{answer}");
        assert_eq!(answers(&service).len(), 1);
    });
}
