//! R24: the six playbooks act. Each is taken from its case, step by step, until nothing is left.

use crate::desk::charged_twice;
use crate::http::{run, with_a_payment};
use crate::raised::tell;
use ::http::{Method, Request, StatusCode};
use app::ports::{Channel, Clock};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, at, deliver_to, get, import, open_at, tries_given_back};

async fn post(service: &Service, staff: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> (u16, Value) {
    let (status, answer) = ask(service, staff, Method::POST, path, body, key).await;
    service.work().await.unwrap();
    (status.as_u16(), answer)
}

async fn pass(service: &Service, minutes: i64) {
    service.advance(service.clock.now() + SignedDuration::from_mins(minutes)).await.unwrap();
}

/// The case as somebody sees it.
async fn seen(service: &Service, case: &str, staff: &str) -> Value {
    ask(service, staff, Method::GET, &format!("/api/cases/{case}"), None, None).await.1
}

/// How the steps of a case stand, without what was only looked at, and how many are left.
async fn stands(service: &Service, case: &str) -> (Vec<String>, u64) {
    let play = get(service, &format!("/api/cases/{case}")).await["playbook"].clone();
    let steps = play["steps"].as_array().unwrap().iter().filter(|step| step["step"] != "look");
    let word = |step: &Value| {
        let (standing, by) = (&step["standing"], step["standing"]["by"].as_str().unwrap_or_default());
        let step = step["step"].as_str().unwrap();
        format!("{step} {} {by}", standing["state"].as_str().unwrap()).trim_end().to_owned()
    };
    (steps.map(word).collect(), play["left"].as_u64().unwrap())
}

fn words(all: &[&str], left: u64) -> (Vec<String>, u64) {
    (all.iter().map(|word| (*word).to_owned()).collect(), left)
}

/// One step of a play.
fn step(play: &Value, kind: &str) -> Value {
    let steps = play["steps"].as_array().unwrap_or_else(|| panic!("no play: {play}"));
    steps.iter().find(|step| step["step"] == kind).unwrap_or_else(|| panic!("no {kind}: {play}")).clone()
}

/// Posts what a step asks for, as it is.
async fn asks(service: &Service, staff: &str, step: &Value, key: &str) -> Value {
    let (status, answer) = post(service, staff, step["post"].as_str().unwrap(), Some(&step["action"]), Some(key)).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

/// Takes a step that only somebody's word tells of, where it says.
async fn takes(service: &Service, staff: &str, step: &Value) -> (u16, Value) {
    let body = json!({"step": step["id"], "note": "on the phone"});
    post(service, staff, step["post"].as_str().unwrap(), Some(&body), None).await
}

/// Decides what waits for a decision.
async fn decides(service: &Service, staff: &str, decision: &str) {
    let waiting = get(service, "/api/actions?state=waiting_approval").await["items"][0].clone();
    let body = json!({"decision": decision, "preview_digest": waiting["preview"]["digest"], "note": "as it is"});
    let path = format!("/api/actions/{}/decision", waiting["id"].as_str().unwrap());
    let (status, answer) = post(service, staff, &path, Some(&body), None).await;
    assert_eq!(status, 200, "{answer}");
}

/// How far a case has come.
async fn path(service: &Service, case: &str) -> String {
    let path = get(service, &format!("/api/cases/{case}")).await["path"].clone();
    let word = |it: &Value| {
        let text = |field: &str| it[field].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("stage"), text("state"), text("by")).trim_end().to_owned()
    };
    path.as_array().unwrap().iter().map(word).collect::<Vec<_>>().join(", ")
}

async fn corrected(service: &Service, case: &str, class: &str) {
    let body = json!({"class": class, "note": "says the customer"});
    assert_eq!(post(service, "lena", &format!("/api/cases/{case}/class"), Some(&body), None).await.0, 200);
}

async fn charged(service: &Service, number: u32) {
    let now = service.clock.now();
    let charge = stripe::charge("cus_1", &format!("ch_{number}"), None, 10_000, "usd", None, now);
    tell(service, &format!("evt_ch_{number}"), "charge.succeeded", &charge).await;
}

#[test]
fn charged_twice_is_given_back_told_and_watched() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        let asked = ["ask under_way recoup", "say not_possible", "watch open"];
        assert_eq!(stands(&service, &case).await, words(&asked, 3));
        pass(&service, 5).await;
        decides(&service, "bea", "approve").await;
        pass(&service, 1).await;
        assert_eq!(get(&service, &format!("/api/cases/{case}")).await["state"], "resolved");
        assert_eq!(stands(&service, &case).await, words(&["ask done bea", "say open", "watch done bea"], 1));

        let play = seen(&service, &case, "lena").await["playbook"].clone();
        assert!(play["verdict"].as_str().unwrap().starts_with("This case has ended: refunded"), "{play}");
        pass(&service, 1).await;
        for (staff, status) in [("ana", 403), ("lena", 200), ("lena", 200), ("luis", 200)] {
            assert_eq!(takes(&service, staff, &step(&play, "say")).await.0, status, "{staff}");
        }
        assert_eq!(stands(&service, &case).await, words(&["ask done bea", "say done lena", "watch done bea"], 0));
        let shown = seen(&service, &case, "lena").await;
        assert_eq!(shown["handled"].as_array().map(Vec::len), Some(1), "pressed again, nothing more is done");
        assert_eq!(shown["handling"], json!({"minutes": "0.0", "target": [2, 3]}), "two people did one thing each");
        let report = get(&service, "/api/reports/2026-03").await;
        let class = &report["cases"]["categories"][0];
        assert_eq!(
            (&class["avg_handling_minutes"], &class["handling_target"], &class["within_target"]),
            (&json!("0.0"), &json!([2, 3]), &json!("1.0000"))
        );
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{report}");
    });
}

/// The customer writes; the same ticket again is a further letter.
async fn writes(service: &Service, event: &str, (subject, body): (&str, &str)) {
    let kind = if event == "e_1" { "ticket.created" } else { "ticket.commented" };
    let told = json!({"id": event, "type": kind, "created_at": service.clock.now(), "ticket": {"id": "t_1",
        "subject": subject, "body": body, "status": "open", "csat": null,
        "requester": {"email": "cus_1@shop.example", "name": "Ada"}}});
    assert_eq!(deliver_to(service, "ticket", told.to_string().as_bytes()).await.0, StatusCode::OK);
    service.work().await.unwrap();
}

async fn says(service: &Service, staff: &str, what: &str, body: &Value) {
    let (status, answer) = post(service, staff, &format!("/api/tickets/t_1/{what}"), Some(body), None).await;
    assert!(status < 300, "{staff} {what}: {status} {answer}");
}

/// How long people were at a case by the words of its definition, from every act that any record of it names: what is
/// shown is added up act by act, and has to come to the same.
async fn by_its_records(service: &Service, case: &str) -> String {
    let case = get(service, &format!("/api/cases/{case}")).await;
    let mut acts: Vec<(String, Timestamp)> = Vec::new();
    let mut names = |list: &Value, by: &str, when: &str| {
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        acts.extend(list.as_array().unwrap().iter().map(|it| (word(&it[by]), at(&word(&it[when])))));
    };
    names(&case["handled"], "by", "at");
    for ticket in case["tickets"].as_array().unwrap() {
        let ticket = get(service, &format!("/api/tickets/{}", ticket.as_str().unwrap())).await;
        names(&ticket["history"], "by", "at");
    }
    for action in case["actions"].as_array().unwrap() {
        let action = get(service, &format!("/api/actions/{}", action.as_str().unwrap())).await;
        names(&json!([action]), "requested_by", "requested_at");
        names(&action["approvals"], "by", "at");
    }
    acts.retain(|(by, _)| by != "recoup");
    acts.sort();
    let pauses = acts.windows(2).filter(|two| two[0].0 == two[1].0).map(|two| two[1].1.duration_since(two[0].1));
    let secs: i64 = pauses.map(|pause| pause.as_secs()).filter(|secs| *secs <= 600).sum();
    format!("{}.{}", secs / 60, secs % 60 / 6)
}

#[test]
fn how_long_people_were_at_a_case_is_the_same_wherever_it_stands_and_whatever_of_it_they_did() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        writes(&service, "e_1", ("A question", "I was charged twice this month")).await;
        let until = async |time: &str| service.advance(at(&format!("2026-03-01T{time}Z"))).await.unwrap();
        let took = async |expected: &str, what: &str| {
            let shown = get(&service, &format!("/api/cases/{case}")).await["handling"]["minutes"].clone();
            assert_eq!(shown, expected, "{what}: the case");
            let ticket = get(&service, "/api/tickets/t_1").await;
            assert_eq!((&ticket["handling_minutes"], &ticket["case"]), (&json!(expected), &json!(case)), "{what}");
            let listed = get(&service, "/api/tickets").await["items"][0]["handling_minutes"].clone();
            assert_eq!(listed, expected, "{what}: the list of tickets");
            assert_eq!(by_its_records(&service, &case).await, expected, "{what}: act by act");
        };
        took("0.0", "nobody did anything").await;
        until("09:41:00").await;
        says(&service, "luis", "reply", &json!({"text": "A colleague decides about it."})).await;
        took("0.0", "one act takes no time").await;
        until("09:42:00").await;
        assert_eq!(post(&service, "luis", &format!("/api/cases/{case}/watch"), None, None).await.0, 200);
        took("1.0", "the answer to the ticket, and the watch of the case").await;
        until("10:00:00").await;
        decides(&service, "bea", "approve").await;
        took("1.0", "somebody else, once").await;
        until("10:06:00").await;
        assert_eq!(get(&service, &format!("/api/cases/{case}")).await["state"], "resolved");
        says(&service, "luis", "reply", &json!({"text": "It is on its way."})).await;
        took("1.0", "longer than ten minutes after the watch").await;
        until("10:07:00").await;
        says(&service, "lena", "reply", &json!({"text": "Please tell us if it does not come."})).await;
        took("1.0", "somebody else, a minute after that").await;
        until("10:16:00").await;
        says(&service, "luis", "assign", &json!({"to": "lena"})).await;
        took("11.0", "exactly ten minutes").await;
        until("10:17:00").await;
        says(&service, "lena", "class", &json!({"class": "duplicate_charge", "note": "as it was taken"})).await;
        took("21.0", "two people at a time count twice").await;
        until("10:26:01").await;
        says(&service, "luis", "close", &json!({})).await;
        took("21.0", "ten minutes and a second").await;
        // Looking is no work, however long it takes.
        for minute in 28..40 {
            until(&format!("10:{minute}:00")).await;
            took("21.0", "looked at").await;
        }
        let report = get(&service, "/api/reports/2026-03").await;
        let class = &report["cases"]["categories"][0];
        assert_eq!((&class["avg_handling_minutes"], &class["within_target"]), (&json!("21.0"), &json!("0.0000")));
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{report}");
    });
}

#[test]
fn what_is_asked_for_and_taken_back_is_work_on_its_case() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        decides(&service, "bea", "deny").await;
        corrected(&service, &case, "refund_request").await;
        let play = seen(&service, &case, "lena").await["playbook"].clone();
        pass(&service, 2).await;
        let asked = asks(&service, "lena", &step(&play, "ask"), "key-1").await;
        pass(&service, 5).await;
        let path = format!("/api/actions/{}/withdraw", asked["id"].as_str().unwrap());
        assert_eq!(post(&service, "lena", &path, None, None).await.0, 200);
        assert_eq!(seen(&service, &case, "lena").await["handling"]["minutes"], "7.0");
    });
}

#[test]
fn an_answer_after_the_end_of_its_case_opens_no_second_case_and_another_letter_does() {
    run(async {
        let (service, case) = failed(1).await;
        let letter = "Hello, my card was declined and I cannot pay my invoice. Please help. Thanks";
        writes(&service, "e_1", ("Payment declined", letter)).await;
        let stands = async |what: &str, count: usize| {
            let cases = get(&service, "/api/cases").await["items"].clone();
            assert_eq!(cases.as_array().map(Vec::len), Some(count), "{what}: {cases}");
            let own = get(&service, "/api/tickets/t_1").await["case"].clone();
            assert_eq!(own == json!(case), count == 1, "{what}: {own}");
        };
        stands("it is the trouble that was found", 1).await;
        says(&service, "lena", "reply", &json!({"text": "Please try once more."})).await;
        pass(&service, 60).await;
        bill(&service, "invoice.paid", "paid", 0).await;
        let ended = seen(&service, &case, "lena").await;
        assert_eq!((&ended["state"], &ended["resolution"]), (&json!("resolved"), &json!("paid")));
        says(&service, "lena", "reply", &json!({"text": "Thank you, your payment has arrived."})).await;
        stands("an answer", 1).await;
        says(&service, "lena", "assign", &json!({"to": "luis"})).await;
        stands("somebody else gets it", 1).await;
        says(&service, "luis", "class", &json!({"class": "payment_failed", "note": "so it was"})).await;
        stands("a person says the same", 1).await;
        says(&service, "luis", "close", &json!({})).await;
        stands("it is closed", 1).await;
        assert_eq!(seen(&service, &case, "lena").await["resolution"], "paid");
        pass(&service, 60).await;
        let again = format!("{letter}, it happened again");
        writes(&service, "e_2", ("Payment declined", again.as_str())).await;
        stands("the customer writes anew", 2).await;
    });
}

#[test]
fn what_is_watched_is_found_sooner_and_told_until_the_watch_ends() {
    run(async {
        let service = with_a_payment().await;
        let first = charged_twice(&service).await;
        let path = format!("/api/cases/{first}/watch");
        for (staff, status) in [("ana", 403), ("luis", 200), ("luis", 200)] {
            assert_eq!(post(&service, staff, &path, None, None).await.0, status, "{staff}");
        }
        pass(&service, 48 * 60).await;
        charged(&service, 3).await;
        let cases = get(&service, "/api/cases?state=open").await["items"].clone();
        let case = cases.as_array().unwrap().iter().find(|case| case["about"] == "ch_3").cloned().unwrap();
        assert_eq!(case["rule"], "same-amount-watched");
        let watched = case["evidence"].as_array().unwrap().iter().find(|it| it["label"] == "Watched").cloned().unwrap();
        let said = "this account is watched since 2026-03-01 because of an earlier case";
        assert_eq!((&watched["value"], &watched["source"]), (&json!(said), &json!(first)));
        let letters = service.outbox.letters().unwrap();
        let told: Vec<_> = letters.iter().filter(|(_, letter)| letter.id.starts_with("case_")).collect();
        let [(_, letter)] = told[..] else { panic!("one letter: {told:?}") };
        assert_eq!((letter.channel, letter.to.as_str()), (Channel::Mail, "luis@demo.example"));
        assert!(letter.text.contains(said), "{}", letter.text);

        // Whatever comes after 30 days is like anybody's.
        pass(&service, 40 * 24 * 60).await;
        charged(&service, 4).await;
        pass(&service, 48 * 60).await;
        charged(&service, 5).await;
        let cases = get(&service, "/api/cases").await["items"].clone();
        let is_found = |about: &str| cases.as_array().unwrap().iter().any(|case| case["about"] == about);
        assert!(is_found("ch_3") && !is_found("ch_4") && !is_found("ch_5"), "{cases}");
    });
}

/// A customer of Mara's whose payment failed so many times.
async fn failed(times: i64) -> (Service, String) {
    let service = open_at("2026-03-02T10:00:00Z").await;
    tries_given_back(&service, "stripe").await;
    let owner = "account,owner\nstripe:cus_1,mara\n";
    assert_eq!(import(&service, "mara", "customers", owner, false).await.0, StatusCode::OK);
    let now = service.clock.now();
    tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", now)).await;
    let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 1, "active", now);
    tell(&service, "evt_s", "customer.subscription.created", &subscription).await;
    for time in 1..=times {
        if time > 1 {
            pass(&service, 60).await;
        }
        let (id, now) = (format!("ch_{time}"), service.clock.now());
        let charge = stripe::charge("cus_1", &id, Some("in_1"), 4_900, "usd", Some("insufficient_funds"), now);
        tell(&service, &format!("evt_f{time}"), "charge.failed", &charge).await;
        bill(&service, "invoice.payment_failed", "open", 4_900).await;
    }
    let case = get(&service, "/api/cases?class=payment_failed").await["items"][0]["id"].as_str().unwrap().to_owned();
    (service, case)
}

async fn bill(service: &Service, kind: &str, status: &str, remaining: i64) {
    let now = service.clock.now();
    let mut bill = stripe::invoice("cus_1", "in_1", status, 4_900, remaining, "usd", 1, now);
    bill["subscription"] = json!("sub_1");
    tell(service, &format!("evt_{kind}_{now}"), kind, &bill).await;
}

#[test]
fn who_could_not_pay_gets_a_link_and_is_written_to() {
    run(async {
        let (service, case) = failed(1).await;
        assert_eq!(stands(&service, &case).await, words(&["ask open", "say open"], 2));
        let play = seen(&service, &case, "lena").await["playbook"].clone();
        let link = step(&play, "ask");
        assert_eq!(link["action"]["case"].as_str(), Some(case.as_str()));
        let action = asks(&service, "lena", &link, "key-1").await;
        assert_eq!(asks(&service, "lena", &link, "key-1").await["id"], action["id"], "pressed twice, asked for once");
        assert_eq!(stands(&service, &case).await, words(&["ask done lena", "say open"], 1));
        assert_eq!(takes(&service, "lena", &step(&play, "say")).await.0, 200);
        assert_eq!(stands(&service, &case).await, words(&["ask done lena", "say done lena"], 0));
        pass(&service, 60).await;
        bill(&service, "invoice.paid", "paid", 0).await;
        assert_eq!(stands(&service, &case).await, words(&["ask done lena"], 0), "what was done still stands");
    });
}

#[test]
fn after_three_failures_somebody_has_one_task_whoever_makes_it() {
    run(async {
        let (service, case) = failed(3).await;
        let (status, task) = post(&service, "lena", &format!("/api/cases/{case}/task"), None, None).await;
        assert_eq!((status, &task["about"]["kind"]), (200, &json!("failing")), "{task}");
        let (_, again) = post(&service, "luis", &format!("/api/cases/{case}/task"), None, None).await;
        assert_eq!(again["id"], task["id"]);
        pass(&service, 26 * 60).await;
        let tasks = get(&service, "/api/tasks").await["items"].clone();
        let of_invoice = |task: &&Value| task["about"]["invoice"] == "in_1";
        assert_eq!(tasks.as_array().unwrap().iter().filter(of_invoice).count(), 1, "{tasks}");
        let (standing, _) = stands(&service, &case).await;
        assert!(standing.contains(&"task under_way mara".to_owned()), "{standing:?}");
        bill(&service, "invoice.paid", "paid", 0).await;
        assert_eq!(get(&service, "/api/tasks").await["items"], json!([]), "it is done by being paid");
    });
}

const CATALOGUE: &str = "provider,price,plan,name,unit,currency,interval,features,rank\n\
    stripe,price_pro,pro,Pro,49.00,USD,month,reports,2\n\
    stripe,price_business,business,Business,99.00,USD,month,reports|audit-log,3\n";

#[test]
fn who_has_upgraded_is_told_and_called() {
    run(async {
        let service = with_a_payment().await;
        assert_eq!(import(&service, "mara", "catalogue", CATALOGUE, false).await.0, StatusCode::OK);
        let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 1, "active", service.clock.now());
        tell(&service, "evt_s", "customer.subscription.created", &subscription).await;
        let case = charged_twice(&service).await;
        corrected(&service, &case, "plan_change").await;
        let play = seen(&service, &case, "luis").await["playbook"].clone();
        assert_eq!((&play["playbook"], &play["verdict"]), (&json!("change_plan"), &json!("Say which plan is wanted.")));
        let wanted = json!({"case": case, "plan": "price_business"});
        let (_, play) = post(&service, "luis", "/api/playbooks/change_plan", Some(&wanted), None).await;
        assert_eq!(play["left"], 3, "{play}");
        asks(&service, "luis", &step(&play, "ask"), "key-1").await;
        pass(&service, 1).await;
        let done = ["ask done luis", "say open", "task under_way"];
        assert_eq!(stands(&service, &case).await, words(&done, 2));
        let play = seen(&service, &case, "luis").await["playbook"].clone();
        let letter = step(&play, "say")["reply"]["body"].as_str().unwrap().to_owned();
        assert!(letter.contains("from Pro at 49.00 USD to Business at 99.00 USD"), "{letter}");

        let tasks = get(&service, "/api/tasks").await["items"].clone();
        let calls: Vec<_> =
            tasks.as_array().unwrap().iter().filter(|task| task["about"]["kind"] == "onboarding").collect();
        let [call] = calls[..] else { panic!("one call: {tasks}") };
        let path = format!("/api/tasks/{}", call["id"].as_str().unwrap());
        assert_eq!(post(&service, "bea", &path, Some(&json!({"assign": "bea"})), None).await.0, 200);
        pass(&service, 4).await;
        assert_eq!(post(&service, "bea", &path, Some(&json!({"done": true})), None).await.0, 200);
        assert_eq!(takes(&service, "luis", &step(&play, "say")).await.0, 200);
        let took = seen(&service, &case, "luis").await["handling"]["minutes"].clone();
        assert_eq!(took, "9.0", "luis from asking to telling, and bea at its task");
        assert_eq!(stands(&service, &case).await, words(&["ask done luis", "say done luis", "task done bea"], 0));
        let (status, answer) = post(&service, "luis", &format!("/api/cases/{case}/task"), None, None).await;
        assert_eq!((status, &answer["error"]["code"]), (422, &json!("not_possible")), "it was made by itself");
    });
}

#[test]
fn a_refund_that_is_wanted_is_asked_for_and_told() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        decides(&service, "bea", "deny").await;
        corrected(&service, &case, "refund_request").await;
        let play = seen(&service, &case, "lena").await["playbook"].clone();
        assert_eq!((&play["playbook"], &play["left"]), (&json!("refund"), &json!(2)), "{play}");
        let wanted = step(&play, "ask");
        assert_eq!(wanted["action"]["params"]["payment"], "ch_2", "the payment that the case is about");
        asks(&service, "lena", &wanted, "key-1").await;
        assert_eq!(stands(&service, &case).await, words(&["ask under_way lena", "say not_possible"], 2));
        decides(&service, "bea", "approve").await;
        pass(&service, 1).await;
        assert_eq!(stands(&service, &case).await, words(&["ask done bea", "say open"], 1));
        let play = seen(&service, &case, "lena").await["playbook"].clone();
        assert_eq!(takes(&service, "lena", &step(&play, "say")).await.0, 200);
        assert_eq!(stands(&service, &case).await, words(&["ask done bea", "say done lena"], 0));
    });
}

#[test]
fn what_was_billed_too_much_is_corrected_and_explained() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let contract = "account,reference,subscription,price,unit,currency,seats,starts_on\n\
            stripe:cus_1,C-7,sub_1,price_pro,45.00,USD,3,2026-01-01\n";
        assert_eq!(import(&service, "mara", "contracts", contract, false).await.0, StatusCode::OK);
        let now = service.clock.now();
        tell(&service, "evt_c", "customer.created", &stripe::customer("cus_1", now)).await;
        let subscription = stripe::subscription("cus_1", "sub_1", "price_pro", 4_900, 3, "active", now);
        tell(&service, "evt_s", "customer.subscription.created", &subscription).await;
        let until = now + SignedDuration::from_hours(31 * 24);
        let line = stripe::line("il_1", "price_pro", 4_900, 3, 14_700, false, now, until, Some("sub_1"));
        let mut bill = stripe::invoice("cus_1", "in_1", "open", 14_700, 14_700, "usd", 0, now);
        bill["subscription"] = json!("sub_1");
        bill["lines"] = json!({"object": "list", "has_more": false, "data": [line]});
        tell(&service, "evt_i", "invoice.finalized", &bill).await;
        let case = get(&service, "/api/cases?class=overcharge").await["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(stands(&service, &case).await, words(&["ask under_way recoup", "say not_possible"], 2));
        decides(&service, "luis", "approve").await;
        pass(&service, 1).await;
        assert_eq!(stands(&service, &case).await, words(&["ask done luis", "say open"], 1));
        let play = seen(&service, &case, "lena").await["playbook"].clone();
        let letter = step(&play, "say")["reply"]["body"].as_str().unwrap().to_owned();
        assert!(letter.contains("12.00 USD"), "{letter}");
        assert_eq!(takes(&service, "lena", &step(&play, "say")).await.0, 200);
        assert_eq!(stands(&service, &case).await, words(&["ask done luis", "say done lena"], 0));
    });
}

#[test]
fn an_invoice_for_taxes_is_sent_by_being_asked_for() {
    run(async {
        let service = with_a_payment().await;
        let bill = stripe::invoice("cus_1", "in_9", "paid", 4_900, 0, "usd", 1, service.clock.now());
        tell(&service, "evt_i", "invoice.paid", &bill).await;
        let case = charged_twice(&service).await;
        corrected(&service, &case, "tax_question").await;
        let play = seen(&service, &case, "lena").await["playbook"].clone();
        let wanted = step(&play, "ask");
        assert_eq!((&play["playbook"], &wanted["target"]), (&json!("tax_invoice"), &json!("in_9")), "{play}");
        asks(&service, "lena", &wanted, "key-1").await;
        pass(&service, 1).await;
        assert_eq!(stands(&service, &case).await, words(&["ask done lena", "say done lena"], 0), "it was mailed");
    });
}

#[test]
fn the_case_of_an_event_and_that_of_a_ticket_go_one_way() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        let begins = "classify done recoup, gather done recoup, check done recoup, draft done recoup, \
            preview done recoup, ask done recoup";
        assert_eq!(path(&service, &case).await, format!("{begins}, record next"));
        decides(&service, "bea", "approve").await;
        pass(&service, 1).await;
        let shown = get(&service, &format!("/api/cases/{case}")).await;
        assert_eq!(shown["state"], "resolved", "{shown}");
        assert_eq!(path(&service, &case).await, format!("{begins}, record done bea"));
        assert_eq!(shown["path"][0]["at"], shown["opened_at"], "{shown}");

        writes(&service, "e_1", ("A question", "xqzt")).await;
        says(&service, "lena", "class", &json!({"class": "tax_question"})).await;
        let letter = get(&service, "/api/tickets/t_1").await["case"].as_str().unwrap().to_owned();
        let begins = "classify done lena, gather done recoup, check done recoup, draft done recoup";
        assert_eq!(path(&service, &letter).await, format!("{begins}, preview next, ask later, record later"));
        let over = json!({"note": "told on the phone"});
        assert_eq!(post(&service, "luis", &format!("/api/cases/{letter}/resolve"), Some(&over), None).await.0, 200);
        let ends = "preview not_needed, ask not_needed, record done luis";
        assert_eq!(path(&service, &letter).await, format!("{begins}, {ends}"));
    });
}

#[test]
fn the_page_has_a_button_for_each_open_step_and_for_who_may() {
    run(async {
        let service = with_a_payment().await;
        let case = charged_twice(&service).await;
        let path = format!("/cases/{case}");
        let signed_in = |staff: &'static str| {
            let request = Request::post("/local/login").body(Bytes::from(format!("staff={staff}"))).unwrap();
            let service = &service;
            async move {
                let answer = dispatch(service, &request).await;
                answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
            }
        };
        let look = async |cookie: &str| {
            let request = Request::get(&path).header("cookie", cookie).body(Bytes::new()).unwrap();
            String::from_utf8(dispatch(&service, &request).await.body().to_vec()).unwrap()
        };
        let cookie = signed_in("lena").await;
        let page = look(&cookie).await;
        assert!(page.contains("Watch the account") && page.contains("3 steps are left."), "{page}");
        assert!(!page.contains("Ask for it: refund"), "somebody asked for it already");
        assert!(page.contains("<li aria-current=\"step\">Record ") && page.contains("who looks after the account"));
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let press = async |path: &str, form: &str| {
            let request = Request::post(path)
                .header("cookie", &cookie)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded");
            let body = Bytes::from(format!("csrf={csrf}&{form}"));
            let answer = dispatch(&service, &request.body(body).unwrap()).await;
            (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
        };
        for _ in 0..2 {
            assert_eq!(press(&path, "say=watch").await.0, 303);
        }
        let page = look(&cookie).await;
        assert!(!page.contains("Watch the account<") && page.contains("2 steps are left."), "{page}");
        let analyst = look(&signed_in("ana").await).await;
        assert!(!analyst.contains("say=") && !analyst.contains("name=\"say\""), "an analyst reads");

        decides(&service, "bea", "deny").await;
        let page = look(&cookie).await;
        assert!(page.contains("Ask for it: refund") && page.contains(&format!("name=\"case\" value=\"{case}\"")));
        let form = format!(
            "kind=refund&payment=ch_2&amount=100.00&currency=USD&reason_code=duplicate_charge&key=k&case={case}&step="
        );
        let (status, shown) = press("/accounts/stripe:cus_1/ask", &format!("{form}preview")).await;
        assert!(status == 200 && shown.contains("Refund 100.00 USD") && shown.contains("this case"), "{shown}");
        for _ in 0..2 {
            assert_eq!(press("/accounts/stripe:cus_1/ask", &format!("{form}ask")).await.0, 303);
        }
        let asked = get(&service, "/api/actions?state=waiting_approval").await["items"].clone();
        assert_eq!((asked.as_array().map(Vec::len), &asked[0]["case"]), (Some(1), &json!(case)), "{asked}");
    });
}

#[test]
fn a_recovery_that_ends_with_a_person_is_a_task_of_whoever_looks_after_the_account() {
    run(async {
        let (service, _) = failed(1).await;
        let recovery = async |state: &str| {
            let tasks = get(&service, &format!("/api/tasks?state={state}")).await["items"].clone();
            tasks.as_array().unwrap().iter().find(|task| task["about"]["kind"] == "recovery").cloned()
        };
        pass(&service, 10 * 24 * 60).await;
        assert_eq!(recovery("open").await, None, "its letters may still help");
        pass(&service, 10 * 24 * 60).await;
        let task = recovery("open").await.expect("somebody has it");
        assert_eq!((&task["about"]["invoice"], &task["assigned_to"]), (&json!("in_1"), &json!("mara")), "{task}");
        let letters = service.outbox.letters().unwrap();
        let told = |to: &str| {
            let own = letters.iter().filter(|(_, letter)| letter.subject == "Invoice in_1 needs a person");
            own.filter(|(_, letter)| letter.to == to).count()
        };
        assert_eq!((told("mara@demo.example"), told("#billing-approvals")), (1, 1));
        bill(&service, "invoice.paid", "paid", 0).await;
        assert_eq!((recovery("open").await.is_some(), recovery("done").await.is_some()), (false, true));
    });
}

#[test]
fn a_plan_that_has_ended_unpaid_leaves_what_it_took() {
    run(async {
        let (service, _) = failed(1).await;
        let plan = async || get(&service, "/api/accounts/stripe:cus_1/dunning").await["items"][0].clone();
        let access = async || get(&service, "/api/entitlements/stripe:cus_1").await["state"].clone();
        pass(&service, 60 * 24 * 60).await;
        assert_eq!(plan().await["state"], "finished");
        let taken = access().await;
        assert_ne!(taken, "active");
        pass(&service, 60 * 24 * 60).await;
        assert_eq!(access().await, taken, "and leaves it as it is");
        bill(&service, "invoice.paid", "paid", 0).await;
        assert_eq!(access().await, "active");
    });
}
