//! How a recovery ends that nothing has helped, what it sends to phones, and when it is a matter of whoever looks after
//! the account.

use crate::http::run;
use crate::limits::with_limit;
use crate::raised::{tell, wish};
use app::context::Settings;
use app::message::Message;
use app::ports::{Channel, Clock, Letter};
use app::store::{Batch, Commit, Pressed, keys};
use bytes::Bytes;
use domain::debt::Paying;
use domain::id::{AccountId, ActionId};
use http::{Method, Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use std::sync::Arc;
use tests::stripe;
use tests::world::{ask, at, deliver, get, import, open_at};

const START: &str = "2026-03-02T10:00:00Z";
const PATH: &str = "/api/accounts/stripe:cus_1/dunning";

fn days(days: i64) -> Timestamp {
    at(START) + SignedDuration::from_hours(24 * days)
}

async fn advance(service: &Service, to: Timestamp) {
    service.advance(to).await.unwrap();
}

/// An invoice of a subscription, of which so many tries have failed by now.
async fn bill(service: &Service, kind: &str, status: &str, remaining: i64) {
    let now = service.clock.now();
    let mut bill = stripe::invoice("cus_1", "in_1", status, 4_900, remaining, "usd", 1, at(START));
    bill["subscription"] = json!("sub_1");
    tell(service, &format!("evt_{kind}_{now}"), kind, &bill).await;
}

/// A customer whose bill for a subscription could not be collected; who ends subscriptions is said.
async fn failed(cancels: &str) -> Service {
    let service = open_at(START).await;
    if cancels == "recoup" {
        for (staff, status) in [("mara", StatusCode::ACCEPTED), ("marc", StatusCode::OK)] {
            assert_eq!(wish(&service, staff, "", json!({"cancels": cancels})).await.0, status);
        }
    }
    let now = service.clock.now();
    tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", now)).await;
    let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 1, "active", now);
    tell(&service, "evt_s", "customer.subscription.created", &subscription).await;
    bill(&service, "invoice.payment_failed", "open", 4_900).await;
    service
}

/// One that has no subscription: its plan has a text message on the eighth day.
async fn without_subscription(phone: Option<&str>) -> Service {
    let service = open_at(START).await;
    let now = service.clock.now();
    let mut customer = stripe::customer("cus_1", now);
    customer["phone"] = json!(phone);
    tell(&service, "evt_c", "customer.created", &customer).await;
    let bill = stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", 1, now);
    tell(&service, "evt_f", "invoice.payment_failed", &bill).await;
    service
}

async fn plan(service: &Service) -> Value {
    get(service, PATH).await["items"][0].clone()
}

/// The state of a step, and why it stands so.
fn step(plan: &Value, kind: &str) -> (String, String) {
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {plan}"));
    let text = |field: &str| step[field].as_str().unwrap_or_default().to_owned();
    (text("state"), text("reason"))
}

async fn access(service: &Service) -> String {
    let told = get(service, "/api/entitlements/stripe:cus_1").await;
    told["state"].as_str().unwrap_or_default().to_owned()
}

/// What people were asked to end.
async fn requests(service: &Service) -> Vec<Value> {
    let all = get(service, "/api/actions?limit=100").await;
    let items = all["items"].as_array().unwrap().iter();
    items.filter(|action| action["kind"] == "force_cancel").cloned().collect()
}

fn letters(service: &Service, is_it: impl Fn(&Letter) -> bool) -> usize {
    service.outbox.letters().unwrap().iter().filter(|(_, letter)| is_it(letter)).count()
}

fn prompts(service: &Service) -> usize {
    letters(service, |letter| letter.subject.starts_with("Before your subscription ends"))
}

fn texts(service: &Service) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().map(|(_, letter)| letter);
    all.filter(|letter| letter.channel == Channel::Sms).collect()
}

fn ended_at_stripe(service: &Service) -> usize {
    let calls = service.sandbox.calls("stripe").unwrap();
    calls.iter().filter(|call| call.method == "DELETE" && call.path.starts_with("/v1/subscriptions/sub_1")).count()
}

async fn decide(service: &Service, request: &Value, decision: &str) -> (StatusCode, Value) {
    let path = format!("/api/actions/{}/decision", request["id"].as_str().unwrap());
    let ballot = json!({"decision": decision, "preview_digest": request["preview"]["digest"], "note": "as it is"});
    let answer = ask(service, "leo", Method::POST, &path, Some(&ballot), None).await;
    service.work().await.unwrap();
    answer
}

#[test]
fn after_its_hold_people_are_asked_and_what_they_approve_is_done_once() {
    run(async {
        let service = failed("recoup").await;
        advance(&service, days(30) + SignedDuration::from_hours(1)).await;
        assert_eq!(prompts(&service), 1, "the customer is told");
        advance(&service, days(33) - SignedDuration::from_hours(1)).await;
        assert_eq!((requests(&service).await.len(), access(&service).await.as_str()), (0, "suspended"), "it is held");
        let (state, why) = step(&plan(&service).await, "end");
        assert!(state == "waiting" && why.contains("can still pay"), "{state} {why}");

        advance(&service, days(33) + SignedDuration::from_hours(1)).await;
        let asked = requests(&service).await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        let request = &asked[0];
        assert_eq!(
            (&request["state"], &request["recovery"]),
            (&json!("waiting_approval"), &json!("in_1")),
            "{request}"
        );
        assert_eq!(request["approvals_required"], json!([{"role": "legal"}]), "{request}");
        assert!(request["note"].as_str().unwrap().starts_with("dunning v3/"), "{request}");
        let is_asked =
            |letter: &Letter| letter.to == "leo@demo.example" && letter.subject.starts_with("Approval needed: ");
        assert_eq!(letters(&service, is_asked), 1, "legal is asked");
        assert_eq!(step(&plan(&service).await, "end").0, "asked");
        assert_eq!((access(&service).await.as_str(), ended_at_stripe(&service)), ("suspended", 0));

        assert_eq!(decide(&service, request, "approve").await.0, StatusCode::OK);
        advance(&service, service.clock.now() + SignedDuration::from_hours(1)).await;
        let over = plan(&service).await;
        assert_eq!((step(&over, "end").0.as_str(), &over["state"]), ("sent", &json!("finished")), "{over}");
        assert_eq!((access(&service).await.as_str(), ended_at_stripe(&service)), ("ended", 1));
        advance(&service, days(60)).await;
        assert_eq!((requests(&service).await.len(), ended_at_stripe(&service), prompts(&service)), (1, 1, 1), "once");
    });
}

#[test]
fn what_is_paid_while_it_is_held_or_asked_for_ends_nothing() {
    for (name, hours, asked) in [("while it is held", 31 * 24, 0), ("while people are asked", 33 * 24 + 1, 1)] {
        run(async {
            let service = failed("recoup").await;
            advance(&service, at(START) + SignedDuration::from_hours(hours)).await;
            let request = requests(&service).await.into_iter().next();
            assert_eq!(usize::from(request.is_some()), asked, "{name}");
            bill(&service, "invoice.paid", "paid", 0).await;
            assert_eq!(step(&plan(&service).await, "end"), ("skipped".to_owned(), "paid".to_owned()), "{name}");
            if let Some(request) = &request {
                let (status, answer) = decide(&service, request, "approve").await;
                assert_eq!(
                    (status, &answer["error"]["code"]),
                    (StatusCode::CONFLICT, &json!("stale_preview")),
                    "{name}"
                );
            }
            advance(&service, days(50)).await;
            assert_eq!((requests(&service).await.len(), ended_at_stripe(&service)), (asked, 0), "{name}");
            assert_eq!(access(&service).await, "active", "{name}: what was taken is given back");
        });
    }
}

/// A transfer that came while people were asked: a person has said what it is for.
async fn transferred(service: &Service) {
    let charge = stripe::charge("cus_1", "ch_t", None, 4_900, "usd", None, service.clock.now());
    tell(service, "evt_t", "charge.succeeded", &charge).await;
    let waiting = get(service, "/api/payments/unmatched").await;
    let path = format!("/api/payments/unmatched/{}", waiting["items"][0]["id"].as_str().unwrap());
    let said = json!({"invoice": "in_1"});
    let (status, answer) = ask(service, "bea", Method::POST, &path, Some(&said), None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[test]
fn what_is_approved_after_the_money_came_past_the_provider_ends_nothing() {
    for (name, heard) in [("its recovery has not heard of it", false), ("its recovery has heard", true)] {
        run(async {
            let service = failed("recoup").await;
            advance(&service, days(33) + SignedDuration::from_hours(1)).await;
            let request = requests(&service).await.remove(0);
            transferred(&service).await;
            if heard {
                service.work().await.unwrap();
            }
            // Whoever approves it is quicker than its recovery, or not: nothing leaves.
            let path = format!("/api/actions/{}/decision", request["id"].as_str().unwrap());
            let digest = &request["preview"]["digest"];
            let ballot = json!({"decision": "approve", "preview_digest": digest, "note": ""});
            ask(&service, "leo", Method::POST, &path, Some(&ballot), None).await;
            let id = ActionId::parse(request["id"].as_str().unwrap()).unwrap();
            let message = Message::Act { action: id, trace: "t".to_owned() };
            app::approval::handle(&service.context, &message).await.unwrap();
            assert_eq!(ended_at_stripe(&service), 0, "{name}");
            advance(&service, days(40)).await;
            let found = get(&service, &format!("/api/actions/{}", request["id"].as_str().unwrap())).await;
            assert_eq!(ended_at_stripe(&service), 0, "{name}: {found}");
            assert!(heard || found["state"] == "stale", "{name}: {found}");
        });
    }
}

#[test]
fn who_is_let_wait_after_the_approval_keeps_what_they_have_and_people_are_asked_anew() {
    run(async {
        let service = failed("recoup").await;
        advance(&service, days(33) + SignedDuration::from_hours(1)).await;
        let first = requests(&service).await.remove(0);
        // It is approved while nothing may leave, and a promise comes in before it could.
        let stop = |release: bool| json!({"kind": "force_cancel", "note": "we look at it", "release": release});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(false)), None).await.0, StatusCode::OK);
        assert_eq!(decide(&service, &first, "approve").await.0, StatusCode::OK);
        let until = service.clock.now() + SignedDuration::from_hours(48);
        let pause = json!({"pause": {"until": until, "note": "they called"}});
        assert_eq!(ask(&service, "lena", Method::POST, PATH, Some(&pause), None).await.0, StatusCode::OK);
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(true)), None).await.0, StatusCode::OK);
        advance(&service, until - SignedDuration::from_hours(1)).await;
        let found = get(&service, &format!("/api/actions/{}", first["id"].as_str().unwrap())).await;
        assert_eq!((&found["state"], ended_at_stripe(&service)), (&json!("stale"), 0), "{found}");
        advance(&service, until + SignedDuration::from_hours(3)).await;
        let asked = requests(&service).await;
        let waiting = asked.iter().filter(|request| request["state"] == "waiting_approval").count();
        assert_eq!((asked.len(), waiting), (2, 1), "{asked:?}");
    });
}

#[test]
fn what_people_approved_to_end_waits_while_its_customer_may_be_paying() {
    run(async {
        let service = failed("recoup").await;
        advance(&service, days(33) + SignedDuration::from_hours(1)).await;
        let request = requests(&service).await.remove(0);
        // They were led on to pay what they owe.
        let paying = Paying::led_on(None, service.context.policies.limits.current(), service.clock.now());
        let pressed = Pressed { account: AccountId::of("stripe", "default", "cus_1"), paying };
        let batch = Batch::read(&service.context, vec![keys::pressed(&pressed.account)]).await.unwrap();
        let mut commit = Commit::default();
        commit.over(&batch, &pressed);
        commit.run(&service.context).await.unwrap();
        assert_eq!(decide(&service, &request, "approve").await.0, StatusCode::OK);
        for (minutes, ended) in [(1, 0), (29, 0), (60, 1)] {
            advance(&service, paying.since + SignedDuration::from_mins(minutes)).await;
            assert_eq!(ended_at_stripe(&service), ended, "after {minutes} minutes");
        }
        assert_eq!(access(&service).await, "ended");
    });
}

#[test]
fn what_is_denied_or_left_to_the_provider_is_skipped_with_its_reason() {
    run(async {
        let service = failed("recoup").await;
        advance(&service, days(33) + SignedDuration::from_hours(1)).await;
        let request = requests(&service).await.remove(0);
        assert_eq!(decide(&service, &request, "deny").await.0, StatusCode::OK);
        advance(&service, service.clock.now() + SignedDuration::from_hours(1)).await;
        let over = plan(&service).await;
        assert_eq!(step(&over, "end"), ("skipped".to_owned(), "it was denied".to_owned()), "{over}");
        assert_eq!((over["state"].as_str(), access(&service).await.as_str()), (Some("finished"), "suspended"));
    });
    run(async {
        let service = failed("provider").await;
        advance(&service, days(33) + SignedDuration::from_hours(1)).await;
        let over = plan(&service).await;
        let expected = ("skipped".to_owned(), "its provider ends subscriptions".to_owned());
        assert_eq!(step(&over, "end"), expected, "{over}");
        assert_eq!((requests(&service).await.len(), prompts(&service)), (0, 1), "its customer was told all the same");
        assert_eq!((over["state"].as_str(), access(&service).await.as_str()), (Some("finished"), "ended"));
    });
    run(async {
        let service = without_subscription(None).await;
        for (staff, status) in [("mara", StatusCode::ACCEPTED), ("marc", StatusCode::OK)] {
            assert_eq!(wish(&service, staff, "", json!({"cancels": "recoup"})).await.0, status);
        }
        advance(&service, days(33) + SignedDuration::from_hours(1)).await;
        let over = plan(&service).await;
        assert_eq!(step(&over, "end"), ("skipped".to_owned(), "it bills no subscription".to_owned()), "{over}");
        assert_eq!(requests(&service).await.len(), 0);
    });
}

#[test]
fn a_text_message_goes_to_the_phone_once_and_to_nobody_who_has_none_or_wants_none() {
    for (name, phone, file, sent, why) in [
        ("a phone", Some("+43123456789"), "", Some("+43123456789"), ""),
        (
            "one in the company's own file",
            None,
            "account,phone\nstripe:cus_1,+49 30 123456\n",
            Some("+49 30 123456"),
            "",
        ),
        ("no phone", None, "", None, "there is no phone number to write to"),
        ("no country's", Some("030 123456"), "", None, "the phone number does not begin with that of its country"),
        ("two in one", Some("+49 (0)170 12345"), "", None, "the phone number does not begin with that of its country"),
        ("from nowhere", Some("+99912345678"), "", None, "nobody knows when it is night where that phone is"),
        (
            "they want none",
            Some("+43123456789"),
            "account,no_sms\nstripe:cus_1,yes\n",
            None,
            "the customer wants no text messages",
        ),
    ] {
        run(async {
            let service = without_subscription(phone).await;
            if !file.is_empty() {
                assert_eq!(import(&service, "mara", "customers", file, false).await.0, StatusCode::OK, "{name}");
            }
            advance(&service, days(8) - SignedDuration::from_mins(5)).await;
            assert_eq!(texts(&service), [], "{name}: not before its day");
            advance(&service, days(9)).await;
            let found = texts(&service);
            assert_eq!(found.iter().map(|text| text.to.as_str()).collect::<Vec<_>>(), Vec::from_iter(sent), "{name}");
            for text in &found {
                assert!(text.text.contains("/pay/") && !text.text.contains("USD"), "{name}: {}", text.text);
                assert!(text.text.starts_with("recoup.test: "), "{name}: {}", text.text);
            }
            let state = if sent.is_some() { "sent" } else { "skipped" };
            assert_eq!(step(&plan(&service).await, "sms"), (state.to_owned(), why.to_owned()), "{name}");
            let sidebar = get(&service, "/api/accounts/stripe:cus_1").await;
            let said = if file.is_empty() { Value::Null } else { json!(file.contains("no_sms")) };
            assert_eq!(sidebar["account"]["no_sms"], said, "{name}");
            advance(&service, days(40)).await;
            assert_eq!(texts(&service).len(), found.len(), "{name}: once");
        });
    }
}

#[test]
fn where_text_messages_are_not_switched_on_their_steps_are_left_out_and_nothing_is_dead() {
    run(async {
        let mut service = without_subscription(Some("+43123456789")).await;
        let settings = &service.context.settings;
        service.context.settings = Arc::new(Settings {
            base_url: settings.base_url.clone(),
            approvals_channel: settings.approvals_channel.clone(),
            mail_from: settings.mail_from.clone(),
            texts: false,
            local: settings.local,
        });
        advance(&service, days(9)).await;
        let expected = ("skipped".to_owned(), "text messages are not switched on".to_owned());
        assert_eq!(step(&plan(&service).await, "sms"), expected);
        assert_eq!(texts(&service), []);
        let dead = get(&service, "/local/queues/dunning/dead").await;
        assert_eq!(dead["items"], json!([]), "{dead}");
    });
}

#[test]
fn a_name_that_no_phone_could_show_is_left_to_the_host() {
    for (name, expected) in [
        ("Juniper & Söhne", "Juniper & Söhne: "),
        ("The Very Long Name of a Small Company", "The Very Long Name of a Small: "),
        ("日本の店", "recoup.test: "),
    ] {
        run(async {
            let service = without_subscription(Some("+43123456789")).await;
            assert_eq!(wish(&service, "mara", "", json!({"name": name})).await.0, StatusCode::OK);
            advance(&service, days(9)).await;
            let found = texts(&service);
            assert!(found.iter().all(|text| text.text.starts_with(expected)) && found.len() == 1, "{name}: {found:?}");
        });
    }
}

#[test]
fn of_whom_only_a_number_is_known_is_texted_when_it_is_day_there() {
    run(async {
        let service = without_subscription(Some("+1 415 555 0100")).await;
        advance(&service, days(8) + SignedDuration::from_hours(7)).await;
        assert_eq!(texts(&service), [], "it is morning in New York, and night in Honolulu");
        assert_eq!(step(&plan(&service).await, "sms").0, "waiting");
        advance(&service, days(8) + SignedDuration::from_hours(9)).await;
        assert_eq!(texts(&service).len(), 1);
    });
}

#[test]
fn what_is_due_for_a_phone_at_night_waits_for_the_morning() {
    run(async {
        let service = without_subscription(Some("+81312345678")).await;
        let csv = "account,time_zone\nstripe:cus_1,Asia/Tokyo\n";
        assert_eq!(import(&service, "mara", "customers", csv, false).await.0, StatusCode::OK);
        // It would be due at seven in the evening there; paused for four hours, it is due at eleven.
        advance(&service, days(7)).await;
        let until = days(7) + SignedDuration::from_hours(4);
        let pause = json!({"pause": {"until": until}});
        assert_eq!(ask(&service, "lena", Method::POST, PATH, Some(&pause), None).await.0, StatusCode::OK);
        advance(&service, days(8) + SignedDuration::from_hours(5)).await;
        assert_eq!(texts(&service), [], "it is midnight there");
        advance(&service, days(9)).await;
        assert_eq!(texts(&service).len(), 1);
    });
}

/// One more try of the invoice that the provider made in vain.
async fn fails(service: &Service, number: u32) {
    fails_of(service, (1, 4_900), number).await;
}

/// The same of the invoice of some customer, by the number of both and what is due.
async fn fails_of(service: &Service, (own, minor): (u32, i64), number: u32) {
    fails_as(service, &format!("cus_{own}"), (own, minor), number).await;
}

/// The same of one of the invoices of a customer.
async fn fails_as(service: &Service, customer: &str, (own, minor): (u32, i64), number: u32) {
    let invoice = format!("in_{own}");
    let now = service.clock.now();
    let bill = |attempts| stripe::invoice(customer, &invoice, "open", minor, minor, "usd", attempts, at(START));
    if number == 1 {
        tell(service, &format!("evt_{invoice}_0"), "invoice.finalized", &bill(0)).await;
    }
    let charge = format!("ch_{own}_{number}");
    let charge = stripe::charge(customer, &charge, Some(&invoice), minor, "usd", Some("expired_card"), now);
    tell(service, &format!("evt_{own}_ch_{number}"), "charge.failed", &charge).await;
    tell(service, &format!("evt_{invoice}_{number}"), "invoice.payment_failed", &bill(number)).await;
    advance(service, now + SignedDuration::from_hours(1)).await;
}

async fn tasks(service: &Service) -> Vec<Value> {
    let all = get(service, "/api/tasks").await;
    let items = all["items"].as_array().unwrap().iter();
    items.filter(|task| task["about"]["kind"] == "failing").cloned().collect()
}

#[test]
fn the_third_failure_warns_and_is_a_task_once() {
    for (name, owner, to) in
        [("somebody looks after them", Some("luis"), "luis@demo.example"), ("nobody does", None, "#billing-approvals")]
    {
        run(async {
            let service = open_at(START).await;
            tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", at(START))).await;
            if let Some(owner) = owner {
                let csv = format!("account,owner\nstripe:cus_1,{owner}\n");
                assert_eq!(import(&service, "mara", "customers", &csv, false).await.0, StatusCode::OK);
            }
            fails(&service, 1).await;
            fails(&service, 2).await;
            advance(&service, days(2)).await;
            let warned = |plan: &Value| {
                let steps = plan["steps"].as_array().unwrap();
                steps.iter().find(|step| step["access"] == "warned").unwrap()["state"].clone()
            };
            assert_eq!((tasks(&service).await.len(), warned(&plan(&service).await)), (0, json!("waiting")), "{name}");
            let before = letters(&service, |letter| letter.to == "cus_1@shop.example");
            fails(&service, 3).await;
            let (found, third) = (tasks(&service).await, plan(&service).await);
            assert_eq!((found.len(), warned(&third)), (1, json!("sent")), "{name}: {third}");
            assert_eq!(found[0]["assigned_to"], json!(owner), "{name}: {found:?}");
            let after = letters(&service, |letter| letter.to == "cus_1@shop.example");
            assert_eq!(after, before + 1, "{name}: the warning has its letter");
            let is_told = |letter: &Letter| letter.to == to && letter.subject.contains("3 tries have failed");
            assert_eq!(letters(&service, is_told), 1, "{name}");
            fails(&service, 4).await;
            assert_eq!(tasks(&service).await, found, "{name}: four do not again");
            assert_eq!(plan(&service).await["escalated_at"], third["escalated_at"], "{name}");
            assert_eq!(letters(&service, |letter| letter.to == "cus_1@shop.example"), after, "{name}");
            let paid = stripe::invoice("cus_1", "in_1", "paid", 4_900, 0, "usd", 4, at(START));
            tell(&service, "evt_paid", "invoice.paid", &paid).await;
            assert_eq!(tasks(&service).await, Vec::<Value>::new(), "{name}: it ends when they pay");
        });
    }
}

/// What the customer was written, the first letter first.
fn written(service: &Service) -> Vec<Letter> {
    let all = service.outbox.letters().unwrap().into_iter().rev().map(|(_, letter)| letter);
    all.filter(|letter| letter.to == "cus_1@shop.example" && letter.channel == Channel::Mail).collect()
}

async fn plan_of(service: &Service, invoice: &str) -> Value {
    let all = get(service, PATH).await;
    let found = all["items"].as_array().unwrap().iter().find(|plan| plan["invoice"] == invoice).cloned();
    found.unwrap_or_else(|| panic!("{invoice} is not recovered: {all}"))
}

/// The state of the step that leaves a customer this much.
fn access_step(plan: &Value, access: &str) -> String {
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["access"] == access).unwrap_or_else(|| panic!("no {access}: {plan}"));
    step["state"].as_str().unwrap().to_owned()
}

#[test]
fn three_failures_of_an_account_are_one_warning_and_one_task_whatever_failed() {
    // Which invoices fail, and at which of their tries.
    let by_turns: &[(u32, u32)] = &[(1, 1), (2, 1), (1, 2)];
    let once_each: &[(u32, u32)] = &[(1, 1), (2, 1), (3, 1)];
    for (name, failures) in [("two by turns", by_turns), ("three once each", once_each)] {
        run(async {
            let service = open_at(START).await;
            tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", at(START))).await;
            let (last, before) = failures.split_last().unwrap();
            for (own, number) in before {
                fails_as(&service, "cus_1", (*own, 4_900), *number).await;
            }
            assert_eq!((tasks(&service).await.len(), written(&service).len()), (0, 0), "{name}: two are not three");
            fails_as(&service, "cus_1", (last.0, 4_900), last.1).await;
            let found = tasks(&service).await;
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            let about = json!({"kind": "failing", "invoice": format!("in_{}", last.0)});
            assert_eq!(found[0]["about"], about, "{name}: {found:?}");
            let steps = found[0]["steps"].as_str().unwrap();
            assert!(
                steps.contains("in_2") && found[0]["what"].as_str().unwrap().contains("3 tries"),
                "{name}: {steps}"
            );
            let [letter] = &written(&service)[..] else { panic!("{name}: {:?}", written(&service)) };
            let open: Vec<u32> = (1..=3).filter(|own| letter.text.contains(&format!("IN_{own}"))).collect();
            let mut all: Vec<u32> = failures.iter().map(|(own, _)| *own).collect();
            all.sort_unstable();
            all.dedup();
            assert_eq!(open, all, "{name}: one letter lists all that is open: {}", letter.text);
            let warned = plan_of(&service, &format!("in_{}", last.0)).await;
            let states = ["warned", "restricted", "suspended"].map(|access| access_step(&warned, access));
            assert_eq!(states, ["sent", "waiting", "waiting"], "{name}: before anything is taken");

            // A fourth is of the same row, whichever invoice it is of.
            fails_as(&service, "cus_1", (2, 4_900), 2).await;
            assert_eq!((tasks(&service).await, written(&service).len()), (found.clone(), 1), "{name}");
            // One of them is paid: the others are still a matter of whoever looks after the account.
            let pays = async |own: u32| {
                let invoice = format!("in_{own}");
                let now = service.clock.now();
                let paid = stripe::invoice("cus_1", &invoice, "paid", 4_900, 0, "usd", 3, now);
                tell(&service, &format!("evt_paid_{own}"), "invoice.paid", &paid).await;
            };
            for (place, own) in all.iter().enumerate() {
                pays(*own).await;
                let open = usize::from(place + 1 < all.len());
                assert_eq!(tasks(&service).await.len(), open, "{name}: after in_{own}");
            }
        });
    }
}

#[test]
fn what_was_paid_between_starts_the_count_anew_also_where_it_is_told_late() {
    for (name, is_late) in [("told at once", false), ("told after the third failure", true)] {
        run(async {
            let service = open_at(START).await;
            tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", at(START))).await;
            fails_as(&service, "cus_1", (1, 4_900), 1).await;
            fails_as(&service, "cus_1", (2, 4_900), 1).await;
            let now = service.clock.now();
            let bill = stripe::invoice("cus_1", "in_3", "open", 4_900, 4_900, "usd", 0, at(START));
            tell(&service, "evt_in_3_0", "invoice.finalized", &bill).await;
            let paid_at = now - SignedDuration::from_mins(30);
            let paid = stripe::charge("cus_1", "ch_ok", None, 900, "usd", None, paid_at);
            let failed = stripe::charge("cus_1", "ch_3_1", Some("in_3"), 4_900, "usd", Some("expired_card"), now);
            let mut told = [("evt_ok", "charge.succeeded", &paid), ("evt_3", "charge.failed", &failed)];
            if is_late {
                told.reverse();
            }
            for (id, kind, object) in told {
                assert_eq!(deliver(&service, &stripe::event(id, kind, now, object)).await.0, StatusCode::OK);
            }
            advance(&service, now + SignedDuration::from_hours(1)).await;
            assert_eq!(tasks(&service).await, Vec::<Value>::new(), "{name}: one since");
            fails_as(&service, "cus_1", (3, 4_900), 2).await;
            assert_eq!(tasks(&service).await, Vec::<Value>::new(), "{name}: two since");
            fails_as(&service, "cus_1", (3, 4_900), 3).await;
            assert_eq!(tasks(&service).await.len(), 1, "{name}: three since");
        });
    }
}

#[test]
fn the_task_of_a_high_amount_comes_before_the_others_of_its_day() {
    run(async {
        let service = open_at(START).await;
        for (own, minor) in [(1, 4_900), (2, 200_000)] {
            let customer = stripe::customer(&format!("cus_{own}"), service.clock.now());
            tell(&service, &format!("evt_c{own}"), "customer.created", &customer).await;
            for number in 1..=3 {
                fails_of(&service, (own, minor), number).await;
            }
        }
        let tasks = tasks(&service).await;
        let invoices: Vec<_> = tasks.iter().map(|task| task["about"]["invoice"].as_str().unwrap()).collect();
        assert_eq!(invoices, ["in_2", "in_1"], "{tasks:?}");
        assert!(tasks[0]["due_at"].as_str() > tasks[1]["due_at"].as_str(), "{tasks:?}");
    });
}

#[test]
fn an_end_that_somebody_asks_for_by_hand_waits_three_days_and_can_be_taken_back() {
    for (name, is_taken_back, state, ended) in
        [("nobody takes it back", false, "executed", 1), ("somebody does", true, "withdrawn", 0)]
    {
        run(async {
            let service = failed("provider").await;
            let body = json!({"account": "stripe:cus_1", "kind": "force_cancel", "params": {"subscription": "sub_1"},
                "reason_code": "other", "note": ""});
            let (status, asked) = ask(&service, "mara", Method::POST, "/api/actions", Some(&body), Some("key")).await;
            assert_eq!(status, StatusCode::CREATED, "{asked}");
            assert_eq!(decide(&service, &asked, "approve").await.0, StatusCode::OK);
            let path = format!("/api/actions/{}", asked["id"].as_str().unwrap());
            let until = at(START) + SignedDuration::from_hours(72);
            let approved = get(&service, &path).await;
            let waits = (&approved["state"], at(approved["executes_after"].as_str().unwrap()));
            assert_eq!(waits, (&json!("approved"), until), "{name}");
            advance(&service, until - SignedDuration::from_mins(1)).await;
            assert_eq!(ended_at_stripe(&service), 0, "{name}: it is held");
            if is_taken_back {
                let path = format!("{path}/withdraw");
                let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&json!({})), None).await;
                assert_eq!(status, StatusCode::OK, "{answer}");
            }
            advance(&service, until + SignedDuration::from_hours(1)).await;
            let done = get(&service, &path).await;
            assert_eq!((done["state"].as_str(), ended_at_stripe(&service)), (Some(state), ended), "{name}: {done}");
        });
    }
}

/// A customer who owes much, for a subscription or for something else.
async fn owes_much(subscription: Option<&str>) -> Service {
    let service = open_at(START).await;
    let now = service.clock.now();
    tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", now)).await;
    if let Some(id) = subscription {
        let bought = stripe::subscription("cus_1", id, "price_pro", 200_000, 1, "active", now);
        tell(&service, "evt_s", "customer.subscription.created", &bought).await;
    }
    let mut bill = stripe::invoice("cus_1", "in_1", "open", 200_000, 200_000, "usd", 1, now);
    bill["subscription"] = json!(subscription);
    tell(&service, "evt_f", "invoice.payment_failed", &bill).await;
    service
}

#[test]
fn what_may_be_offered_is_a_task_of_whoever_looks_after_the_account_and_is_written_to_nobody() {
    run(async {
        let service = owes_much(Some("sub_1")).await;
        let csv = "account,owner\nstripe:cus_1,luis\n";
        assert_eq!(import(&service, "mara", "customers", csv, false).await.0, StatusCode::OK);
        let offered = async || {
            let all = get(&service, "/api/tasks").await;
            let items = all["items"].as_array().unwrap().iter();
            items.filter(|task| task["about"]["kind"] == "offered").cloned().collect::<Vec<_>>()
        };
        advance(&service, days(14) - SignedDuration::from_hours(1)).await;
        assert_eq!((plan(&service).await["segment"].clone(), offered().await.len()), (json!("high_value"), 0));
        advance(&service, days(15)).await;
        let found = offered().await;
        let about = json!({"kind": "offered", "invoice": "in_1", "subscription": "sub_1", "asks": "extend_grace"});
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&found[0]["about"], &found[0]["assigned_to"]), (&about, &json!("luis")), "{found:?}");
        assert_eq!(found[0]["queue"], json!(1), "{found:?}");
        let steps = found[0]["steps"].as_str().unwrap();
        assert!(steps.contains("we can wait a few more days") && steps.contains("Promise nothing"), "{steps}");
        let is_told = |letter: &Letter| letter.to == "luis@demo.example" && letter.subject.contains("extend grace");
        assert_eq!(letters(&service, is_told), 1);
        let is_promised =
            |letter: &Letter| letter.to == "cus_1@shop.example" && letter.text.contains("a few more days");
        assert_eq!(letters(&service, is_promised), 0);
        assert_eq!(step(&plan(&service).await, "offer").0, "sent");

        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=luis".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let page = async |path: &str| {
            let request = Request::get(path).header("cookie", &cookie).body(Bytes::new()).unwrap();
            let answer = dispatch(&service, &request).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            String::from_utf8(answer.body().to_vec()).unwrap()
        };
        let task = page(&format!("/tasks/{}", found[0]["id"].as_str().unwrap())).await;
        assert!(task.contains("Ask for extend grace") && task.contains("value=\"extend_grace\""), "{task}");
        let form = page("/accounts/stripe:cus_1/ask?kind=extend_grace&invoice=in_1&subscription=sub_1").await;
        assert!(form.contains("value=\"in_1\" selected"), "{form}");

        advance(&service, days(20)).await;
        assert_eq!(offered().await, found, "once");
        let paid = stripe::invoice("cus_1", "in_1", "paid", 200_000, 0, "usd", 2, at(START));
        tell(&service, "evt_paid", "invoice.paid", &paid).await;
        assert_eq!(offered().await, Vec::<Value>::new(), "it ends when they pay");
    });
}

#[test]
fn where_nothing_fits_nothing_is_offered() {
    run(async {
        let service = owes_much(None).await;
        advance(&service, days(15)).await;
        let told = step(&plan(&service).await, "offer");
        assert_eq!(told, ("skipped".to_owned(), "nothing that may be offered fits this customer".to_owned()));
    });
}

#[test]
fn the_task_of_an_escalation_says_what_the_customer_knows() {
    for (name, email, expected) in [
        ("the letter leaves beside it", json!("cus_1@shop.example"), "The letter that warns them leaves next"),
        ("there is nowhere to write to", Value::Null, "there is no address"),
    ] {
        run(async {
            let service = open_at(START).await;
            let mut customer = stripe::customer("cus_1", at(START));
            customer["email"] = email;
            tell(&service, "evt_c", "customer.created", &customer).await;
            for number in 1..4 {
                fails(&service, number).await;
            }
            let found = tasks(&service).await;
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            let steps = found[0]["steps"].as_str().unwrap();
            assert!(steps.contains(expected) && !steps.contains("They were warned"), "{name}: {steps}");
        });
    }
}

#[test]
fn a_letter_counts_the_days_that_the_recovery_leaves() {
    run(async {
        let service = without_subscription(None).await;
        advance(&service, days(12)).await;
        let letters = service.outbox.letters().unwrap();
        // It is restricted on the tenth day, with the last of these.
        for (subject, expected) in [("Your payment", Some("9")), ("Reminder", Some("5")), ("Please act", None)] {
            let own = letters.iter().map(|(_, letter)| letter);
            let mut own = own.filter(|letter| letter.to == "cus_1@shop.example" && letter.subject.starts_with(subject));
            let letter = own.next().unwrap_or_else(|| panic!("no letter begins with {subject}"));
            let days = letter.text.lines().find_map(|line| line.strip_prefix("Days left to pay: "));
            assert_eq!((days, own.next()), (expected, None), "{subject}: {}", letter.text);
        }
    });
}

#[test]
fn after_a_long_stop_by_hand_letters_and_access_are_as_far_apart_as_before() {
    run(async {
        let mut service = without_subscription(None).await;
        with_limit(&mut service, "alarm_lease_secs", 21_600);
        let fell = async |access: &str| {
            let plan = plan(&service).await;
            let steps = plan["steps"].as_array().unwrap();
            steps.iter().find(|step| step["access"] == access).unwrap()["state"].as_str().unwrap().to_owned()
        };
        let sent = || letters(&service, |letter| letter.to == "cus_1@shop.example");
        advance(&service, days(4)).await;
        let stop = |release: bool| json!({"segment": "standard", "note": "the letters are wrong", "release": release});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(false)), None).await.0, StatusCode::OK);
        advance(&service, days(20)).await;
        assert_eq!((sent(), fell("warned").await.as_str()), (1, "waiting"), "it was stopped");
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(true)), None).await.0, StatusCode::OK);
        for (on, letters, warned, restricted) in
            [(21, 2, "waiting", "waiting"), (23, 2, "sent", "waiting"), (26, 3, "sent", "sent")]
        {
            advance(&service, days(on)).await;
            let found = (sent(), fell("warned").await, fell("restricted").await);
            assert_eq!(found, (letters, warned.to_owned(), restricted.to_owned()), "day {on}");
        }
    });
}
