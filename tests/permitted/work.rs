//! Whole work: each queue is worked by the function that has it, with no more than that one may do.

use super::{Permitted, rights};
use crate::http::{run, with_a_payment};
use app::dunning::alarm;
use app::fault::Fault;
use app::intake;
use app::ports::{Channel, Clock, QueueName, Store};
use app::store::{self, keys};
use domain::book::Head;
use domain::id::AccountId;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tests::stripe;
use tests::world::{ask, deliver, deliver_to, get, open_at};

const QUEUES: [(QueueName, &str); 4] = [
    (QueueName::Events, "ClassifyFunction"),
    (QueueName::Dunning, "DunningFunction"),
    (QueueName::Approval, "ApprovalWorkFunction"),
    (QueueName::Report, "ReportFunction"),
];
const WEBHOOKS: &str = "IntakeFunction";
const CLOCK: &str = "DunningFunction";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A service whose functions are as far apart as they are deployed.
struct Stack {
    service: Service,
    whole: Arc<dyn Store>,
    /// The store as each of them has it.
    own: BTreeMap<&'static str, Arc<dyn Store>>,
}

impl Stack {
    fn of(service: Service) -> Self {
        let whole = service.context.store.clone();
        let of = |function: &'static str| -> (&'static str, Arc<dyn Store>) {
            (function, Arc::new(Permitted { store: whole.clone(), function, rights: rights(function) }))
        };
        let own = QUEUES.iter().map(|(_, function)| *function).chain([WEBHOOKS]).map(of).collect();
        Self { service, whole, own }
    }

    fn is(&mut self, function: &str) {
        self.service.context.store = self.own[function].clone();
    }

    /// Works until nothing is ready.
    async fn work(&mut self) {
        loop {
            let mut worked = self.hears().await;
            for (queue, function) in QUEUES {
                self.is(function);
                worked |= self.works(queue).await;
            }
            self.is(CLOCK);
            if !worked && alarm::sweep(&self.service.context).await.unwrap().rung == 0 {
                break;
            }
        }
        self.service.context.store = self.whole.clone();
    }

    /// What the provider tells.
    async fn hears(&mut self) -> bool {
        self.is(WEBHOOKS);
        let due = self.service.sandbox.due().unwrap();
        for webhook in &due {
            let (provider, source) = (webhook.provider.as_str(), webhook.source.as_str());
            let request = self.service.signed(provider, source, webhook.body.clone().into_bytes()).await.unwrap();
            let answer = intake::handle(&self.service.context, provider, source, &request).await;
            assert!(answer.status().is_success(), "{provider}: {}", answer.status());
            self.service.sandbox.delivered(webhook).unwrap();
        }
        !due.is_empty()
    }

    async fn works(&self, queue: QueueName) -> bool {
        let received = self.service.queue.receive(queue, 10, 30).unwrap();
        for message in &received {
            match self.service.handle(queue, &message.body).await {
                Ok(()) => self.service.queue.delete(message.id).unwrap(),
                Err(Fault::Retry(_)) => {
                    let later = self.service.clock.now() + SignedDuration::from_secs(30);
                    self.service.queue.delay(message.id, later).unwrap();
                }
                Err(fault) => panic!("{}: {fault}: {}", queue.name(), message.body),
            }
        }
        !received.is_empty()
    }

    async fn pass(&mut self, time: SignedDuration) {
        let to = self.now() + time;
        self.work().await;
        while let Some(next) = self.service.next_due(to).await.unwrap() {
            self.service.clock.advance(next).unwrap();
            self.work().await;
        }
        self.service.clock.advance(to).unwrap();
        self.work().await;
    }

    async fn tells(&mut self, event: &str, kind: &str, object: &Value) {
        let event = stripe::event(event, kind, self.now(), object);
        let (status, answer) = deliver(&self.service, &event).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.work().await;
    }

    /// What somebody says; whatever comes of it is done as well.
    async fn says(&mut self, staff: &str, path: &str, body: &Value, status: StatusCode) -> Value {
        let (found, answer) = ask(&self.service, staff, Method::POST, path, Some(body), Some(path)).await;
        assert_eq!(found, status, "{staff} {path}: {answer}");
        self.work().await;
        answer
    }

    fn now(&self) -> Timestamp {
        self.service.clock.now()
    }

    fn letters(&self, channel: Channel) -> usize {
        let letters = self.service.outbox.letters().unwrap();
        letters.iter().filter(|(_, letter)| letter.channel == channel).count()
    }

    async fn head(&self) -> Head {
        let account = AccountId::of("stripe", "default", "cus_1");
        store::read(&self.service.context, &keys::head(&account)).await.unwrap().unwrap()
    }

    /// A bill that was made and not paid.
    async fn fails(&mut self, number: usize) {
        let (now, id, charge) = (self.now(), format!("in_{number}"), format!("ch_f{number}"));
        let bill = |attempts| stripe::invoice("cus_1", &id, "open", 4_900, 4_900, "usd", attempts, now);
        let declined = stripe::charge("cus_1", &charge, Some(&id), 4_900, "usd", Some("insufficient_funds"), now);
        for (kind, object) in
            [("invoice.finalized", bill(0)), ("charge.failed", declined), ("invoice.payment_failed", bill(1))]
        {
            self.tells(&format!("evt_{number}_{kind}"), kind, &object).await;
        }
    }
}

#[test]
fn more_recoveries_of_one_account_than_its_head_names_go_on() {
    run(async {
        let mut stack = Stack::of(open_at("2026-03-02T10:00:00Z").await);
        let (shown, now) = (stack.service.context.policies.limits.current().recoveries_shown_max, stack.now());
        stack.tells("evt_c", "customer.created", &stripe::customer("cus_1", now)).await;
        for number in 0..=shown {
            stack.pass(HOUR).await;
            stack.fails(number).await;
        }
        assert!(stack.head().await.more_dunning > 0, "they are more than the head names");
        stack.pass(HOUR * 24 * 10).await;
        assert!(stack.letters(Channel::Mail) > 0, "its customer is asked");
        let word = json!({"stop": {"note": "they called"}});
        stack.says("mara", "/api/accounts/stripe:cus_1/dunning", &word, StatusCode::OK).await;
        let head = stack.head().await;
        assert_eq!((head.dunning.len(), head.more_dunning), (0, 0));
    });
}

#[test]
fn what_is_tried_told_of_cards_and_climbs_the_ladder_is_permitted() {
    run(async {
        let mut stack = Stack::of(open_at("2026-03-02T10:00:00Z").await);
        let now = stack.now();
        stack.tells("evt_c", "customer.created", &stripe::customer("cus_1", now)).await;
        stack.fails(1).await;
        let setup = json!({"id": "seti_1", "object": "setup_intent", "customer": "cus_1", "payment_method": null,
            "status": "requires_payment_method", "created": now.as_second(),
            "last_setup_error": {"code": "card_declined", "decline_code": "stolen_card", "message": "It is stolen."}});
        stack.tells("evt_s", "setup_intent.setup_failed", &setup).await;
        stack.pass(HOUR * 24 * 70).await;
        let calls = stack.service.sandbox.calls("stripe").unwrap();
        assert!(calls.iter().any(|call| call.method == "POST" && call.path.ends_with("/in_1/pay")), "it was tried");
        assert!(stack.letters(Channel::Mail) > 0);
    });
}

#[test]
fn what_a_ticket_leads_to_is_permitted() {
    run(async {
        let mut stack = Stack::of(open_at("2026-03-02T09:00:00Z").await);
        let now = stack.now();
        stack.tells("evt_1", "customer.created", &stripe::customer("cus_1", now)).await;
        let bill = |status: &str, left| stripe::invoice("cus_1", "in_1", status, 4_900, left, "usd", 0, now);
        stack.tells("evt_2", "invoice.finalized", &bill("open", 4_900)).await;
        for (id, from) in [("t1", "cus_1@shop.example"), ("t2", "cus_1@shop.example"), ("t3", "eve@else.example")] {
            let body = json!({"id": format!("tkt_{id}"), "type": "ticket.created", "created_at": stack.now(),
                "ticket": {"id": id, "subject": format!("About {id}"), "body": "What do I owe?", "status": "open",
                    "csat": null, "requester": {"email": from, "name": "Ada"}}});
            let (status, answer) = deliver_to(&stack.service, "ticket", body.to_string().as_bytes()).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            stack.work().await;
        }
        let text = json!({"text": "We look into it."});
        stack.says("lena", "/api/tickets/t2/reply", &text, StatusCode::OK).await;
        let whose = json!({"account": "stripe:cus_1", "note": "called the number on file"});
        stack.says("lena", "/api/tickets/t3/account", &whose, StatusCode::OK).await;
        let request = stack.says("lena", "/api/tickets/t1/payment-request", &json!({}), StatusCode::CREATED).await;
        let written = stack.letters(Channel::Mail);
        assert!(written > 1, "an answer, and what is asked for: {written}");

        let mut paid = stripe::charge("cus_1", "ch_1", Some("in_1"), 4_900, "usd", None, stack.now());
        paid["metadata"] = json!({"recoup_request": request["id"]});
        stack.tells("evt_3", "charge.succeeded", &paid).await;
        stack.tells("evt_4", "invoice.paid", &bill("paid", 0)).await;
        stack.pass(HOUR * 24 * 8).await;
        let all = get(&stack.service, "/api/payment-requests").await;
        assert_eq!(all["items"][0]["state"], "paid", "{all}");
    });
}

#[test]
fn what_people_approve_is_carried_out_with_what_is_permitted() {
    run(async {
        let mut stack = Stack::of(with_a_payment().await);
        let refund = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1"},
            "reason_code": "billing_error", "note": ""});
        let erasure = json!({"account": "stripe:cus_1", "kind": "erase_person", "params": {}, "reason_code": "other",
            "note": "asked by mail"});
        for (asker, approver, wish) in [("luis", "mara", refund), ("mara", "marc", erasure)] {
            let (status, asked) =
                ask(&stack.service, asker, Method::POST, "/api/actions", Some(&wish), Some(asker)).await;
            assert_eq!((status, &asked["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{asked}");
            stack.work().await;
            let path = format!("/api/actions/{}", asked["id"].as_str().unwrap());
            let ballot = json!({"decision": "approve", "preview_digest": asked["preview"]["digest"], "note": ""});
            stack.says(approver, &format!("{path}/decision"), &ballot, StatusCode::OK).await;
            stack.pass(HOUR).await;
            let done = get(&stack.service, &path).await;
            assert_eq!(done["state"], "executed", "{done}");
        }
        assert!(stack.letters(Channel::Slack) > 0, "people were asked");
    });
}

#[test]
fn an_incident_is_found_and_ends_with_what_is_permitted() {
    run(async {
        let mut stack = Stack::of(open_at("2026-03-01T09:00:00Z").await);
        for number in 0..52 {
            // Of forty the first try succeeds, and then of twelve, by cards of another country, it fails.
            let (code, country) = if number < 40 { (None, "US") } else { (Some("insufficient_funds"), "BR") };
            let (now, customer, id) = (stack.now(), format!("cus_{number}"), format!("in_{number}"));
            let charge = format!("ch_{number}");
            let mut charge = stripe::charge(&customer, &charge, Some(&id), 2_000, "usd", code, now);
            charge["payment_method_details"]["card"]["country"] = json!(country);
            let (status, left) = if code.is_none() { ("paid", 0) } else { ("open", 2_000) };
            let bill = stripe::invoice(&customer, &id, status, 2_000, left, "usd", 1, now);
            let (tried, told) = match code {
                None => ("charge.succeeded", "invoice.paid"),
                Some(_) => ("charge.failed", "invoice.payment_failed"),
            };
            let customer = stripe::customer(&customer, now);
            for (kind, object) in [("customer.created", customer), (tried, charge), (told, bill)] {
                let event = stripe::event(&format!("evt_{number}_{kind}"), kind, now, &object);
                deliver(&stack.service, &event).await;
            }
        }
        stack.pass(SignedDuration::from_mins(6)).await;
        let open = get(&stack.service, "/api/incidents?state=open").await;
        assert_eq!(open["items"].as_array().map(Vec::len), Some(1), "{open}");
        stack.pass(HOUR * 24 * 2).await;
    });
}
