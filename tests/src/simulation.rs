//! One seed, one history: a storm of duplicates, reorderings, crashes, troubles at the provider and days passing, and
//! people who decide in the middle of it. Afterwards the books must agree.

mod invariants;

use crate::faults::{Fate, inject};
use crate::{stripe, world};
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::demo::Dice;
use local::service::Service;
use serde_json::{Value, json};
use shared::app::ports::{Clock, QueueName};
use shared::providers::{ALL, Provider, Reading};
use std::collections::{BTreeMap, BTreeSet};

pub use invariants::check;

/// What a history did, for counting and comparing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub acknowledged: usize,
    pub crashes: u64,
    pub refunds: usize,
    /// What else was changed at the provider, links apart.
    pub changes: usize,
    pub letters: usize,
    pub hits: BTreeMap<String, u64>,
    /// A digest of everything that stands in the end.
    pub state: String,
}

const START: &str = "2026-03-01T09:00:00Z";
/// Months in which facts of a history can lie.
pub const MONTHS: &[&str] = &["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"];

/// Runs one history and checks what must hold.
pub async fn run(seed: u64) -> Result<Outcome, String> {
    let mut dice = Dice::new(seed);
    let mut service = world::open_at(START).await;
    let per_mille = 5 + dice.roll(60);
    let fate = Fate::new(seed ^ 0xFA7E, per_mille);
    inject(&mut service, &fate);
    let mut storm = Storm { service, dice, crashes: 0, acknowledged: Vec::new(), backlog: Vec::new(), asked: 0, refused: BTreeSet::new() };
    storm.write_histories();
    storm.blow(&fate).await?;
    fate.calm();
    storm.settle().await?;
    let state = check(&storm.service, &storm.acknowledged, &storm.refused, &mut storm.dice).await?;
    let refunds = storm.service.sandbox.refunds().map_err(|error| error.to_string())?.len();
    let changes = invariants::changes(&storm.service)?.iter().filter(|call| call.path != "/v1/refunds").count();
    let letters = storm.service.outbox.letters().map_err(|error| error.to_string())?.len();
    Ok(Outcome { acknowledged: storm.acknowledged.len(), crashes: storm.crashes, refunds, changes, letters, hits: fate.counts(), state })
}

pub const CUSTOMERS: &[&str] = &["cus_1", "cus_2"];

struct Storm {
    service: Service,
    dice: Dice,
    crashes: u64,
    /// What was answered with 200.
    acknowledged: Vec<Sent>,
    /// What providers still have to send, with the earliest time.
    backlog: Vec<(Timestamp, Sent)>,
    asked: u32,
    /// Who was refused what must not be tried, and with which word.
    refused: BTreeSet<(String, String)>,
}

/// What is counted as an unsafe action.
const UNSAFE: &[&str] = &["not_permitted", "own_request", "not_eligible", "disputed", "too_much"];

/// One delivery, and the event that it must become if it is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub provider: &'static str,
    pub body: Vec<u8>,
    pub event: Option<String>,
}

impl Sent {
    fn stripe(event: &Value) -> Self {
        Self { provider: "stripe", body: event.to_string().into_bytes(), event: event["id"].as_str().map(str::to_owned) }
    }

    /// A recorded delivery; one that is ignored, or only a hint, becomes no event of its own name.
    fn recorded(provider: &'static Provider, body: Vec<u8>) -> Self {
        let told = match (provider.read)(&body, "default").unwrap() {
            Reading::Events(events) => Some(events),
            Reading::Ask { events, .. } => Some(events),
            Reading::Ignored(_) => None,
        };
        Self { provider: provider.name, event: told.and_then(|events| events.first().map(|event| event.id.clone())), body }
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl Storm {
    /// What happens at the provider, whatever reaches us of it.
    fn write_histories(&mut self) {
        let start: Timestamp = START.parse().unwrap();
        for customer in CUSTOMERS {
            let mut number = 0;
            let mut tell = |backlog: &mut Vec<(Timestamp, Sent)>, kind: &str, at: Timestamp, object: Value| {
                number += 1;
                backlog.push((at, Sent::stripe(&stripe::event(&format!("evt_{customer}_{number}"), kind, at, &object))));
            };
            let mut at = start + SignedDuration::from_mins(self.minutes(600));
            tell(&mut self.backlog, "customer.created", at, stripe::customer(customer, at));
            for bill in 0..1 + self.dice.roll(3) {
                let (invoice, total) = (format!("in_{customer}_{bill}"), 1000 + i64::try_from(self.dice.roll(200_000)).unwrap());
                at += SignedDuration::from_mins(self.minutes(60 * 24 * 4));
                tell(&mut self.backlog, "invoice.finalized", at, stripe::invoice(customer, &invoice, "open", total, total, "usd", 0, at));
                let tries = self.dice.roll(3);
                for attempt in 0..tries {
                    at += SignedDuration::from_mins(1 + self.minutes(60 * 24 * 3));
                    let code = *self.dice.pick(&["insufficient_funds", "expired_card", "card_declined", "never_heard_of"]);
                    let charge = format!("ch_{customer}_{bill}_{attempt}");
                    tell(
                        &mut self.backlog,
                        "charge.failed",
                        at,
                        stripe::charge(customer, &charge, Some(&invoice), total, "usd", Some(code), at),
                    );
                    let count = u32::try_from(attempt).unwrap() + 1;
                    tell(
                        &mut self.backlog,
                        "invoice.payment_failed",
                        at,
                        stripe::invoice(customer, &invoice, "open", total, total, "usd", count, at),
                    );
                }
                at += SignedDuration::from_mins(1 + self.minutes(60 * 24 * 3));
                match self.dice.roll(5) {
                    0 => {}
                    1 => tell(
                        &mut self.backlog,
                        "invoice.voided",
                        at,
                        stripe::invoice(customer, &invoice, "void", total, total, "usd", 1, at),
                    ),
                    ending => {
                        let charge = format!("ch_{customer}_{bill}_paid");
                        tell(
                            &mut self.backlog,
                            "charge.succeeded",
                            at,
                            stripe::charge(customer, &charge, Some(&invoice), total, "usd", None, at),
                        );
                        tell(&mut self.backlog, "invoice.paid", at, stripe::invoice(customer, &invoice, "paid", total, 0, "usd", 1, at));
                        if ending > 2 {
                            let again_at = at + SignedDuration::from_mins(1 + self.minutes(60 * 30));
                            let again = format!("ch_{customer}_{bill}_again");
                            tell(
                                &mut self.backlog,
                                "charge.succeeded",
                                again_at,
                                stripe::charge(customer, &again, None, total, "usd", None, again_at),
                            );
                        }
                    }
                }
            }
        }
        self.add_another_provider(start);
        self.backlog.sort_by_key(|(at, _)| *at);
    }

    /// Everything that was recorded of one other provider, in any order, within a few days.
    fn add_another_provider(&mut self, start: Timestamp) {
        if self.dice.roll(2) == 0 {
            return;
        }
        let others: Vec<&'static Provider> = ALL.iter().copied().filter(|provider| provider.name != "stripe").collect();
        let provider = *self.dice.pick(&others);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name);
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let at = start + SignedDuration::from_mins(self.minutes(60 * 24 * 5));
            self.backlog.push((at, Sent::recorded(provider, std::fs::read(file).unwrap())));
        }
        let payment = json!({"resource": "payment", "id": "tr_7UhSN1zuXS", "mode": "live", "createdAt": "2026-03-01T09:00:00+00:00", "status": "paid",
            "amount": {"value": "10.00", "currency": "EUR"}, "paidAt": "2026-03-01T09:01:00+00:00", "customerId": "cst_1", "sequenceType": "recurring"});
        self.service.sandbox.teach("mollie", &payment).unwrap();
    }

    fn minutes(&mut self, below: u64) -> i64 {
        i64::try_from(self.dice.roll(below)).unwrap()
    }

    /// Days pass; deliveries come late, twice and out of order; people decide; the process dies.
    async fn blow(&mut self, fate: &Fate) -> Result<(), String> {
        for _ in 0..400 {
            if self.backlog.is_empty() && self.dice.roll(4) == 0 {
                return Ok(());
            }
            match self.dice.roll(13) {
                0..=4 => self.some_delivery(fate).await,
                5 | 6 => {
                    let hours = i64::try_from(self.dice.roll(30)).unwrap();
                    let to = self.service.clock.now() + SignedDuration::from_hours(hours);
                    self.service.clock.advance(to).map_err(|error| error.to_string())?;
                    self.work(fate).await;
                }
                7 => self.somebody_decides(fate).await,
                8 => self.somebody_asks(fate).await,
                9 => self.somebody_imports(fate).await,
                12 => self.somebody_asks_for_anything(fate).await,
                10 => self.somebody_fills_the_book(fate).await,
                _ => {
                    let trouble = *self.dice.pick(&["500", "409", "429", "timeout_done", "timeout_not_done", "400"]);
                    self.service.sandbox.trouble("stripe", trouble).map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(())
    }

    /// Sends one of the next few events; what is not answered with 200 is sent again later.
    async fn some_delivery(&mut self, fate: &Fate) {
        let now = self.service.clock.now();
        let ready = self.backlog.iter().take_while(|(at, _)| *at <= now).count();
        if ready == 0 {
            if let Some((next, _)) = self.backlog.first() {
                let _ = self.service.clock.advance(*next);
            }
            return;
        }
        let place = usize::try_from(self.dice.roll(u64::try_from(ready.min(6)).unwrap())).unwrap();
        let sent = if self.dice.roll(8) == 0 && !self.acknowledged.is_empty() {
            self.dice.pick(&self.acknowledged).clone()
        } else {
            self.backlog[place].1.clone()
        };
        let taken = self.alive(fate, async |service| world::deliver_to(service, sent.provider, &sent.body).await.0 == StatusCode::OK).await;
        if taken == Some(true) {
            self.backlog.retain(|(_, waiting)| *waiting != sent);
            if !self.acknowledged.contains(&sent) {
                self.acknowledged.push(sent);
            }
        }
        if self.dice.roll(3) > 0 {
            self.work(fate).await;
        }
    }

    async fn work(&mut self, fate: &Fate) {
        self.alive(fate, async |service| service.work().await.is_ok()).await;
    }

    /// Does something unless the process dies on the way; then it starts again, at once or after a while.
    async fn alive<T>(&mut self, fate: &Fate, act: impl AsyncFnOnce(&Service) -> T) -> Option<T> {
        let ended = tokio::select! {
            biased;
            ended = act(&self.service) => Some(ended),
            () = fate.crashed.notified() => None,
        };
        if ended.is_none() {
            self.crashes += 1;
            if self.dice.roll(2) == 0 {
                self.service.queue.restart().unwrap();
            }
        }
        ended
    }

    async fn somebody_decides(&mut self, fate: &Fate) {
        let Some(Ok(waiting)) = self.alive(fate, async |service| shared::app::report::waiting(&service.context).await).await else {
            return;
        };
        if waiting.is_empty() {
            return;
        }
        let (id, digest, _) = self.dice.pick(&waiting).clone();
        let staff = *self.dice.pick(&["mara", "marc", "bea", "vera", "lena", "leo", "ana"]);
        let decision = if self.dice.roll(4) == 0 { "deny" } else { "approve" };
        let digest = if self.dice.roll(10) == 0 { "another".to_owned() } else { digest };
        let body = json!({"decision": decision, "preview_digest": digest, "note": ""});
        let path = format!("/api/actions/{id}/decision");
        let answer = self.alive(fate, async |service| world::ask(service, staff, Method::POST, &path, Some(&body), None).await).await;
        self.remember(staff, answer);
    }

    fn remember(&mut self, staff: &str, answer: Option<(StatusCode, Value)>) {
        if let Some(code) = answer.as_ref().and_then(|(_, answer)| answer["error"]["code"].as_str()).filter(|code| UNSAFE.contains(code)) {
            self.refused.insert((staff.to_owned(), code.to_owned()));
        }
    }

    /// Any kind of action, for what was told so far; what does not fit is refused with its reason.
    async fn somebody_asks_for_anything(&mut self, fate: &Fate) {
        let bills = self.told("invoice.finalized");
        let Some((customer, invoice)) = (!bills.is_empty()).then(|| self.dice.pick(&bills).clone()) else { return };
        let credit = json!({"amount": {"amount": format!("{}.00", 1 + self.dice.roll(600)), "currency": "USD"}});
        let of_invoice = json!({"invoice": invoice});
        let days = json!({"invoice": invoice, "days": 1 + self.dice.roll(20)});
        let kinds = [
            ("credit", credit.clone()),
            ("payment_link", of_invoice.clone()),
            ("resend_invoice", of_invoice.clone()),
            ("tax_invoice", of_invoice.clone()),
            ("retry_payment", of_invoice.clone()),
            ("mark_paid", of_invoice.clone()),
            ("write_off", of_invoice.clone()),
            ("void_invoice", of_invoice.clone()),
            ("extend_grace", days.clone()),
            ("defer", days),
            ("update_payment_method", json!({})),
            ("erase_person", json!({})),
            ("cancel", json!({"customer_requested": true})),
            ("bundle", json!({"actions": [{"kind": "write_off", "params": of_invoice}, {"kind": "credit", "params": credit}]})),
        ];
        let (kind, params) = self.dice.pick(&kinds).clone();
        let staff = *self.dice.pick(&["mara", "bea", "luis", "vera"]);
        self.asked += 1;
        let key = format!("key-{}", self.asked);
        let body = json!({"account": format!("stripe:{customer}"), "kind": kind, "params": params, "reason_code": "billing_error", "note": "asked"});
        let answer =
            self.alive(fate, async |service| world::ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(&key)).await).await;
        self.remember(staff, answer);
    }

    /// Customer and object of each acknowledged event of a kind.
    fn told(&self, kind: &str) -> Vec<(String, String)> {
        let own = self.acknowledged.iter().filter(|sent| sent.provider == "stripe").map(Sent::json).filter(|body| body["type"] == kind);
        own.map(|body| {
            let object = &body["data"]["object"];
            (object["customer"].as_str().unwrap().to_owned(), object["id"].as_str().unwrap().to_owned())
        })
        .collect()
    }

    async fn somebody_asks(&mut self, fate: &Fate) {
        let paid = self.told("charge.succeeded");
        if paid.is_empty() {
            return;
        }
        let (customer, charge) = self.dice.pick(&paid).clone();
        let amount = shared::domain::money::Money::from_minor(
            100 + i64::try_from(self.dice.roll(60_000)).unwrap(),
            shared::domain::money::Currency::USD,
        );
        let staff = *self.dice.pick(&["mara", "bea", "luis", "vera"]);
        // Now and then a key is used again: for the same, or for something else.
        self.asked += u32::from(self.dice.roll(4) > 0);
        let body = json!({"account": format!("stripe:{customer}"), "kind": "refund", "params": {"payment": charge, "amount": amount}, "reason_code": *self.dice.pick(&["billing_error", "other", "service_outage"]), "note": "asked"});
        let key = format!("key-{}", self.asked);
        let answer =
            self.alive(fate, async |service| world::ask(service, staff, Method::POST, "/api/actions", Some(&body), Some(&key)).await).await;
        self.remember(staff, answer);
    }

    /// A file that says the same of every customer, so that half of it would show.
    async fn somebody_imports(&mut self, fate: &Fate) {
        let owner = *self.dice.pick(&["mara", "marc", "luis"]);
        let rows: Vec<_> = CUSTOMERS.iter().map(|customer| format!("stripe:{customer},{owner}")).collect();
        let csv = format!("account,owner\n{}\n", rows.join("\n"));
        let dry_run = self.dice.roll(5) == 0;
        self.alive(fate, async |service| world::import(service, "mara", "customers", &csv, dry_run).await).await;
    }

    /// The provider's lists are read beside its webhooks, and may know what those have not told yet.
    async fn somebody_fills_the_book(&mut self, fate: &Fate) {
        let path = format!("/api/backfill/stripe/default?dry_run={}", self.dice.roll(3) == 0);
        self.alive(fate, async |service| world::ask(service, "mara", Method::POST, &path, None, None).await).await;
        self.work(fate).await;
    }

    /// The weather clears: everything is delivered, dead letters are redriven, and a few weeks pass.
    async fn settle(&mut self) -> Result<(), String> {
        let text = |error: shared::app::fault::Fault| error.to_string();
        self.service.queue.restart().map_err(|error| error.to_string())?;
        for (at, sent) in std::mem::take(&mut self.backlog) {
            self.service.advance(at).await.map_err(text)?;
            let (status, answer) = world::deliver_to(&self.service, sent.provider, &sent.body).await;
            if status != StatusCode::OK {
                return Err(format!("a good delivery was answered {status} {answer}"));
            }
            self.acknowledged.push(sent);
        }
        let decided = self.service.clock.now();
        for days in [1, 2, 5, 20] {
            for queue in QueueName::ALL {
                self.service.queue.redrive(queue).map_err(|error| error.to_string())?;
            }
            self.service.advance(decided + SignedDuration::from_hours(24 * days)).await.map_err(text)?;
        }
        Ok(())
    }
}
