//! Whoever refuses what they are told is left alone for a while and keeps nobody else from being told. Nobody is told twice.

use crate::http::{run, with_a_payment};
use app::approval;
use app::context::Context;
use app::message::Message;
use app::ports::{Channel, Clock, Letter, Post, QueueName, Unsent};
use app::store::{self, keys};
use async_trait::async_trait;
use domain::book::Head;
use domain::id::ActionId;
use http::{Method, StatusCode};
use jiff::SignedDuration;
use local::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::faults::deafen;
use tests::stripe;
use tests::world::{ask, deliver, deliver_to, get, tries_given_back};

/// How often something is tried within an hour, by the shipped policy: at once and after 1, 3, 7, 15 and 31 minutes.
const TRIES_AN_HOUR: usize = 6;

/// A refund that lena asks for: bea must decide.
async fn waiting(service: &Service) -> (String, Value) {
    let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1", "amount": {"amount": "10.00", "currency": "USD"}}, "reason_code": "billing_error", "note": "asked"});
    let (status, answer) = ask(service, "lena", Method::POST, "/api/actions", Some(&body), Some("key")).await;
    assert_eq!((status, &answer["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{answer}");
    (answer["id"].as_str().unwrap().to_owned(), answer["preview"]["digest"].clone())
}

async fn decide(service: &Service, staff: &str, id: &str, decision: &str, digest: &Value) {
    let ballot = json!({"decision": decision, "preview_digest": digest, "note": "as it is"});
    let path = format!("/api/actions/{id}/decision");
    let (status, answer) = ask(service, staff, Method::POST, &path, Some(&ballot), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

async fn minutes(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

async fn state(service: &Service, id: &str) -> Value {
    get(service, &format!("/api/actions/{id}")).await["state"].clone()
}

/// Slack answers so, more often than it is asked.
fn slack_answers(service: &Service, trouble: &str) {
    for _ in 0..1000 {
        service.sandbox.trouble("slack", trouble).unwrap();
    }
}

/// How often something was posted or tried to be.
fn posts(service: &Service) -> usize {
    let calls = service.sandbox.calls("slack").unwrap();
    calls.iter().filter(|call| call.path == "/api/chat.postMessage").count()
}

/// The subjects of what somebody was sent, newest first.
fn sent(service: &Service, channel: Channel, to: &str) -> Vec<String> {
    let all = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    all.filter(|letter| letter.channel == channel && letter.to == to).map(|letter| letter.subject).collect()
}

fn mails(service: &Service, to: &str) -> usize {
    sent(service, Channel::Mail, &format!("{to}@demo.example")).len()
}

fn posted(service: &Service) -> usize {
    sent(service, Channel::Slack, "#billing-approvals").len()
}

fn nothing_is_dead(service: &Service) {
    for queue in QueueName::ALL {
        assert!(service.queue.dead(queue).unwrap().is_empty(), "{queue:?}");
    }
}

#[test]
fn slack_refuses_for_an_hour_and_each_approver_is_mailed_once() {
    run(async {
        let service = with_a_payment().await;
        slack_answers(&service, "channel_not_found");
        let (id, digest) = waiting(&service).await;
        minutes(&service, 60).await;
        assert_eq!(mails(&service, "bea"), 1, "one mail for one telling");
        assert_eq!((posts(&service), posted(&service)), (TRIES_AN_HOUR, 0), "Slack is left alone between two tries");
        nothing_is_dead(&service);

        // It works again, and hears of it once, at its own time.
        service.sandbox.untroubled("slack").unwrap();
        minutes(&service, 10).await;
        assert_eq!((posts(&service), posted(&service), mails(&service, "bea")), (TRIES_AN_HOUR + 1, 1, 1));

        decide(&service, "bea", &id, "approve", &digest).await;
        minutes(&service, 60).await;
        assert_eq!(state(&service, &id).await, "executed");
    });
}

#[test]
fn what_follows_from_an_end_does_not_wait_for_slack() {
    run(async {
        let service = with_a_payment().await;
        let (id, digest) = waiting(&service).await;
        slack_answers(&service, "is_archived");
        service.sandbox.trouble("stripe", "400").unwrap();
        decide(&service, "bea", &id, "approve", &digest).await;
        let before = posts(&service);
        minutes(&service, 60).await;
        assert_eq!(state(&service, &id).await, "failed");
        assert_eq!(mails(&service, "lena"), 1, "whoever asked is told, and once");
        assert_eq!(posts(&service) - before, TRIES_AN_HOUR);
        nothing_is_dead(&service);
    });
}

/// RevenueCat ends no subscription: a person does, and the customer has left all the same.
#[test]
fn who_leaves_has_left_whatever_slack_says() {
    run(async {
        let service = with_a_payment().await;
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/revenuecat/INITIAL_PURCHASE.json");
        let bought = std::fs::read(file).unwrap();
        assert_eq!(deliver_to(&service, "revenuecat", &bought).await.0, StatusCode::OK);
        service.work().await.unwrap();
        slack_answers(&service, "not_in_channel");
        let body = json!({"account": "revenuecat:user_1", "kind": "cancel", "params": {"customer_requested": true}, "reason_code": "other", "note": ""});
        let (status, asked) = ask(&service, "bea", Method::POST, "/api/actions", Some(&body), Some("key")).await;
        assert_eq!(status, StatusCode::CREATED, "{asked}");
        let id = asked["id"].as_str().unwrap();
        minutes(&service, 30).await;
        assert_eq!(state(&service, id).await, "needs_person");
        assert_eq!((mails(&service, "bea"), posted(&service)), (1, 0));
        let own = keys::head(&ActionId::parse(id).unwrap().account());
        let head: Head = store::read(&service.context, &own).await.unwrap().unwrap();
        assert_eq!(head.left.len(), 1, "the wish to leave is known");
        nothing_is_dead(&service);
    });
}

#[test]
fn what_slack_may_have_posted_is_not_posted_again() {
    for trouble in ["timeout_done", "timeout_not_done", "rubbish", "500", "503", "internal_error", "cosmic_ray"] {
        run(async {
            let service = with_a_payment().await;
            service.sandbox.trouble("slack", trouble).unwrap();
            let (id, digest) = waiting(&service).await;
            minutes(&service, 90).await;
            assert_eq!((posts(&service), mails(&service, "bea")), (1, 1), "{trouble}: the mail carries it");
            nothing_is_dead(&service);

            // A reminder is something new.
            minutes(&service, 60).await;
            assert_eq!((posts(&service), mails(&service, "bea")), (2, 1), "{trouble}");
            decide(&service, "bea", &id, "approve", &digest).await;
        });
    }
}

#[test]
fn slack_is_left_alone_for_as_long_as_it_asks() {
    run(async {
        let service = with_a_payment().await;
        service.sandbox.trouble("slack", "429 1200").unwrap();
        waiting(&service).await;
        minutes(&service, 19).await;
        assert_eq!((posts(&service), posted(&service)), (1, 0), "it asked for twenty minutes");
        minutes(&service, 2).await;
        assert_eq!((posts(&service), posted(&service), mails(&service, "bea")), (2, 1, 1));
    });
}

#[test]
fn one_who_cannot_be_reached_keeps_nobody_else_from_being_told() {
    run(async {
        let mut service = with_a_payment().await;
        let refused = deafen(&mut service, "mara@demo.example");
        waiting(&service).await;
        // Nobody decides: on Monday at noon it goes up to mara and marc.
        minutes(&service, 29 * 60).await;
        let escalated = sent(&service, Channel::Mail, "marc@demo.example");
        assert_eq!(escalated.len(), 1, "{escalated:?}");
        let posts = sent(&service, Channel::Slack, "#billing-approvals");
        assert_eq!(posts.iter().filter(|subject| subject.starts_with("Nobody has decided")).count(), 1, "{posts:?}");
        assert!(refused.load(Ordering::SeqCst) > 1, "she is tried again");
        assert!(refused.load(Ordering::SeqCst) < 24, "and not all the time");
    });
}

#[test]
fn who_could_not_be_mailed_before_the_reminder_is_mailed_after_it() {
    run(async {
        let mut service = with_a_payment().await;
        let post = service.context.post.clone();
        let refused = deafen(&mut service, "bea@demo.example");
        waiting(&service).await;
        minutes(&service, 119).await;
        let before = refused.load(Ordering::SeqCst);
        assert_eq!((before > 1, posted(&service)), (true, 1), "she is tried again until the reminder");
        minutes(&service, 2).await;
        assert_eq!(refused.load(Ordering::SeqCst), before, "the reminder leaves her alone for as long as before");
        assert_eq!((posted(&service), mails(&service, "bea")), (2, 0));

        service.context.post = post;
        minutes(&service, 60).await;
        assert_eq!((posted(&service), mails(&service, "bea")), (2, 1), "she is mailed at her own time, once");
        nothing_is_dead(&service);
    });
}

/// Six customers whose payments fail within the hour, for a reason that is not theirs.
async fn many_fail(service: &Service, time: usize) {
    for n in (0..6).map(|n| 10 * time + n) {
        let (now, customer, invoice) = (service.clock.now(), format!("cus_f{n}"), format!("in_f{n}"));
        let failed = Some("processing_error");
        let charge = stripe::charge(&customer, &format!("ch_f{n}"), Some(&invoice), 2000, "usd", failed, now);
        let open = stripe::invoice(&customer, &invoice, "open", 2000, 2000, "usd", 1, now);
        for (kind, object) in [
            ("customer.created", stripe::customer(&customer, now)),
            ("charge.failed", charge),
            ("invoice.payment_failed", open),
        ] {
            deliver(service, &stripe::event(&format!("evt_f{n}_{kind}"), kind, now, &object)).await;
        }
    }
    service.work().await.unwrap();
}

/// How often an incident was posted, and how often that it is over.
fn incidents(service: &Service) -> (usize, usize) {
    let posts = sent(service, Channel::Slack, "#billing-approvals");
    let begin = |word: &str| posts.iter().filter(|subject| subject.starts_with(word)).count();
    (begin("Incident: "), begin("Over: "))
}

#[test]
fn an_incident_is_told_once_slack_listens_again() {
    run(async {
        let service = with_a_payment().await;
        slack_answers(&service, "channel_not_found");
        many_fail(&service, 0).await;
        minutes(&service, 40).await;
        many_fail(&service, 1).await;
        minutes(&service, 20).await;
        assert_eq!((posts(&service), incidents(&service)), (TRIES_AN_HOUR, (0, 0)), "Slack is left alone");
        nothing_is_dead(&service);

        service.sandbox.untroubled("slack").unwrap();
        minutes(&service, 20).await;
        assert_eq!(incidents(&service).0, 1, "once, at its own time");
        minutes(&service, 24 * 60).await;
        assert_eq!(incidents(&service), (1, 1));
        nothing_is_dead(&service);
    });
}

/// While Slack thinks about the first bulletin, another worker looks at it, and goes; then Slack refuses.
struct Meeting {
    other: Context,
    has_met: AtomicBool,
}

#[async_trait]
impl Post for Meeting {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        if letter.channel != Channel::Slack || self.has_met.swap(true, Ordering::SeqCst) {
            return self.other.post.send(letter).await;
        }
        let (bulletin, _round) = letter.id.rsplit_once('_').unwrap();
        let message = Message::Tell { bulletin: bulletin.to_owned(), trace: "other".to_owned() };
        approval::handle(&self.other, &message).await.unwrap();
        Err(Unsent::NotSent { reason: "429".to_owned(), after_secs: None })
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        self.other.post.change(place, letter).await
    }
}

#[test]
fn what_slack_refuses_is_tried_again_though_another_worker_came_by() {
    run(async {
        let mut service = with_a_payment().await;
        let meeting = Arc::new(Meeting { other: service.context.clone(), has_met: AtomicBool::new(false) });
        service.context.post = meeting.clone();
        many_fail(&service, 0).await;
        minutes(&service, 40).await;
        many_fail(&service, 1).await;
        minutes(&service, 60).await;
        assert!(meeting.has_met.load(Ordering::SeqCst));
        assert_eq!(incidents(&service).0, 1, "once");
        nothing_is_dead(&service);
    });
}

#[test]
fn of_an_incident_that_is_over_before_slack_listens_only_its_end_is_told() {
    run(async {
        let service = with_a_payment().await;
        slack_answers(&service, "is_archived");
        many_fail(&service, 0).await;
        minutes(&service, 6 * 60).await;
        service.sandbox.untroubled("slack").unwrap();
        minutes(&service, 2 * 60).await;
        assert_eq!(incidents(&service), (0, 1), "nobody is called to what is mended");
    });
}

#[test]
fn an_incident_that_may_have_been_posted_is_not_posted_again() {
    for trouble in ["timeout_done", "timeout_not_done", "rubbish", "503"] {
        run(async {
            let service = with_a_payment().await;
            service.sandbox.trouble("slack", trouble).unwrap();
            many_fail(&service, 0).await;
            minutes(&service, 30).await;
            assert_eq!(posts(&service), 1, "{trouble}");
            nothing_is_dead(&service);
        });
    }
}

/// A customer who owes 2,000.00: they are reminded after a day, and a person is told after three.
async fn owes(service: &Service) {
    tries_given_back(service, "stripe").await;
    let now = service.clock.now();
    let failed = Some("insufficient_funds");
    let charge = stripe::charge("cus_d", "ch_d", Some("in_d"), 200_000, "usd", failed, now);
    for (kind, object) in [
        ("customer.created", stripe::customer("cus_d", now)),
        ("charge.failed", charge),
        ("invoice.payment_failed", stripe::invoice("cus_d", "in_d", "open", 200_000, 200_000, "usd", 1, now)),
    ] {
        deliver(service, &stripe::event(&format!("evt_d_{kind}"), kind, now, &object)).await;
    }
    service.work().await.unwrap();
}

/// How often the customer who owes was reminded, and how often people were told to look after them.
fn asked_for(service: &Service) -> (usize, usize) {
    let posts = sent(service, Channel::Slack, "#billing-approvals");
    let mails = sent(service, Channel::Mail, "cus_d@shop.example").len();
    (mails, posts.iter().filter(|subject| *subject == "Invoice in_d needs a person").count())
}

#[test]
fn an_invoice_that_needs_a_person_is_told_once_slack_listens_again() {
    run(async {
        let service = with_a_payment().await;
        owes(&service).await;
        minutes(&service, 3 * 24 * 60 - 30).await;
        assert_eq!(asked_for(&service), (1, 0));
        // Slack refuses while the invoice is due for a person and many payments fail.
        slack_answers(&service, "channel_not_found");
        many_fail(&service, 0).await;
        minutes(&service, 40).await;
        many_fail(&service, 1).await;
        minutes(&service, 20).await;
        assert_eq!((asked_for(&service), incidents(&service)), ((1, 0), (0, 0)), "nobody is mailed again");
        nothing_is_dead(&service);

        service.sandbox.untroubled("slack").unwrap();
        minutes(&service, 30).await;
        assert_eq!((asked_for(&service), incidents(&service).0), ((1, 1), 1), "each is posted once");
        // The next reminder goes out at its day.
        minutes(&service, 4 * 24 * 60).await;
        assert_eq!(asked_for(&service), (2, 1));
        nothing_is_dead(&service);
    });
}

#[test]
fn a_refusal_of_slack_keeps_no_later_reminder_from_the_customer() {
    run(async {
        let service = with_a_payment().await;
        owes(&service).await;
        slack_answers(&service, "token_revoked");
        minutes(&service, 7 * 24 * 60 + 10).await;
        assert_eq!(asked_for(&service), (2, 0), "after a day and after seven");
        let dead = service.queue.dead(QueueName::Approval).unwrap();
        assert_eq!(dead.len(), 1, "somebody looks why Slack refuses for days");
    });
}

#[test]
fn an_invoice_that_is_paid_before_slack_listens_needs_nobody() {
    run(async {
        let service = with_a_payment().await;
        owes(&service).await;
        minutes(&service, 3 * 24 * 60 - 1).await;
        slack_answers(&service, "is_archived");
        minutes(&service, 10).await;
        let now = service.clock.now();
        let paid = stripe::invoice("cus_d", "in_d", "paid", 200_000, 0, "usd", 1, now);
        deliver(&service, &stripe::event("evt_d_paid", "invoice.paid", now, &paid)).await;
        service.work().await.unwrap();
        service.sandbox.untroubled("slack").unwrap();
        minutes(&service, 120).await;
        assert_eq!(asked_for(&service), (1, 0));
    });
}

#[test]
fn what_slack_may_have_posted_of_an_invoice_is_not_posted_again() {
    for trouble in ["timeout_done", "timeout_not_done", "rubbish", "503"] {
        run(async {
            let service = with_a_payment().await;
            owes(&service).await;
            minutes(&service, 3 * 24 * 60 - 1).await;
            service.sandbox.trouble("slack", trouble).unwrap();
            let before = posts(&service);
            minutes(&service, 24 * 60).await;
            assert_eq!(posts(&service) - before, 1, "{trouble}");
            nothing_is_dead(&service);
        });
    }
}

#[test]
fn a_reminder_that_the_mail_service_refuses_is_sent_once_it_is_taken() {
    run(async {
        let mut service = with_a_payment().await;
        owes(&service).await;
        let post = service.context.post.clone();
        let refused = deafen(&mut service, "cus_d@shop.example");
        minutes(&service, 25 * 60).await;
        let tries = usize::try_from(refused.load(Ordering::SeqCst)).unwrap();
        assert_eq!((tries, asked_for(&service).0), (TRIES_AN_HOUR, 0), "it is left alone between two tries");
        nothing_is_dead(&service);
        service.context.post = post;
        minutes(&service, 10).await;
        assert_eq!(asked_for(&service).0, 1);
    });
}

#[test]
fn a_reminder_that_is_refused_for_a_day_is_skipped_and_the_plan_goes_on() {
    run(async {
        let mut service = with_a_payment().await;
        owes(&service).await;
        let refused = deafen(&mut service, "cus_d@shop.example");
        minutes(&service, 3 * 24 * 60 + 1).await;
        let most = service.context.policies.limits.current().telling.tries_max;
        assert_eq!(refused.load(Ordering::SeqCst), u64::from(most));
        assert_eq!(asked_for(&service), (0, 1), "a person is told at their day");
        let dead = service.queue.dead(QueueName::Dunning).unwrap();
        let reasons: Vec<_> = dead.into_iter().filter_map(|(_, _, reason)| reason).collect();
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].contains("step 1 of in_d could not be sent"), "{reasons:?}");
    });
}

#[test]
fn who_refuses_for_days_is_left_to_a_person() {
    run(async {
        let service = with_a_payment().await;
        let (id, digest) = waiting(&service).await;
        slack_answers(&service, "token_revoked");
        service.sandbox.trouble("stripe", "400").unwrap();
        decide(&service, "bea", &id, "approve", &digest).await;
        let before = posts(&service);
        minutes(&service, 3 * 24 * 60).await;
        let most = service.context.policies.limits.current().telling.tries_max;
        assert_eq!(posts(&service) - before, usize::try_from(most).unwrap());
        let dead = service.queue.dead(QueueName::Approval).unwrap();
        let reasons: Vec<_> = dead.into_iter().filter_map(|(_, _, reason)| reason).collect();
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].contains("token_revoked"), "{reasons:?}");
        // Nothing is left to be done: sent again, it sends nothing.
        service.queue.redrive(QueueName::Approval).unwrap();
        minutes(&service, 60).await;
        nothing_is_dead(&service);
        assert_eq!(mails(&service, "lena"), 1);
    });
}
