//! Text stories that a billing clerk can check: what happens above the line, what comes of it below.
//!
//! Each line above is a time and one of:
//! `customer ID` · `invoice ID CUSTOMER AMOUNT CURRENCY` · `payment_failed INVOICE CODE` · `paid INVOICE` · `void INVOICE` ·
//! `subscription ID CUSTOMER PRICE AMOUNT SEATS STATUS` · `line INVOICE PRICE AMOUNT SEATS TOTAL FROM TO SUBSCRIPTION` ·
//! `dispute ID CHARGE STATUS` · `charge_for INVOICE CHARGE` · `hold CHARGE CUSTOMER AMOUNT CURRENCY` · `address CUSTOMER EMAIL` · `late_invoice ID CUSTOMER AMOUNT CURRENCY MADE_AT` ·
//! `play STAFF PLAYBOOK FIELD=VALUE …` · `release NAME` (something goes live) · `drafts INVOICE` (advice and reply) · `import KIND HEADER ROW …` (CSV without blanks) · `cases` (what they say) ·
//! `charge ID CUSTOMER AMOUNT CURRENCY` · `refund STAFF CHARGE AMOUNT REASON` · `ask STAFF ACCOUNT REASON KIND FIELD=VALUE …` (several kinds are a bundle) · `approve STAFF` · `deny STAFF` · `withdraw STAFF` ·
//! `stop STAFF FIELD=VALUE …` · `delegate STAFF FIELD=VALUE …` ·
//! `refund_fails CHARGE` · `provider TROUBLE [NAME]` · `again` (the delivery before is sent once more) · `wait` ·
//! `deliver PROVIDER FILE` (a recorded delivery from `tests/fixtures`) · `show PROVIDER:CUSTOMER` (the sidebar) · `tickets`.

use crate::{stripe, world};
use http::{Method, StatusCode};
use jiff::Timestamp;
use local::service::Service;
use serde_json::{Value, json};
use shared::app::ports::{Channel, Clock, Order};
use shared::app::report::waiting;
use shared::app::store::{self, Page, keys};
use shared::domain::action::Action;
use shared::domain::book::Head;
use shared::domain::case::{Case, State};
use shared::domain::dunning::{Plan, PlanState};
use shared::domain::id::AccountId;
use shared::domain::ledger::Entry;
use shared::domain::money::{Currency, Money};
use std::collections::BTreeMap;

/// An invoice as the story's provider knows it.
#[derive(Clone)]
struct Bill {
    customer: String,
    minor: i64,
    currency: String,
    attempts: u32,
    made_at: Timestamp,
    lines: Vec<Value>,
    subscription: Option<String>,
}

struct Telling {
    service: Service,
    bills: BTreeMap<String, Bill>,
    customers: Vec<String>,
    charges: BTreeMap<String, String>,
    begun: BTreeMap<String, Timestamp>,
    amounts: BTreeMap<String, i64>,
    last: Option<Value>,
    told: u32,
    seen: BTreeMap<String, String>,
    letters: usize,
    lines: Vec<String>,
}

/// Tells a story and returns what came of it, line by line.
pub async fn tell(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let first = lines.first().map_or("2026-01-01", |line| &line[..10]);
    let service = world::open_at(&format!("{first}T00:00:00Z")).await;
    let mut telling = Telling {
        service,
        bills: BTreeMap::new(),
        customers: Vec::new(),
        charges: BTreeMap::new(),
        begun: BTreeMap::new(),
        amounts: BTreeMap::new(),
        last: None,
        told: 0,
        seen: BTreeMap::new(),
        letters: 0,
        lines: Vec::new(),
    };
    for line in lines {
        telling.line(line).await;
    }
    telling.receipts().await;
    telling.lines
}

impl Telling {
    async fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at: Timestamp =
            format!("{}T{}:00Z", words[0], words[1]).parse().unwrap_or_else(|_| panic!("`{line}` does not begin with a time"));
        // Day by day, so that what is due in between shows in its own line.
        self.pass_until(at).await;
        match &words[2..] {
            ["customer", id] => {
                self.customers.push((*id).to_owned());
                self.deliver("customer.created", at, stripe::customer(id, at)).await;
            }
            ["invoice", id, customer, amount, currency] => {
                let bill = Bill {
                    customer: (*customer).to_owned(),
                    minor: minor(amount, currency),
                    currency: (*currency).to_owned(),
                    attempts: 0,
                    made_at: at,
                    lines: Vec::new(),
                    subscription: None,
                };
                self.bills.insert((*id).to_owned(), bill.clone());
                self.deliver("invoice.finalized", at, self.invoice(id, "open", bill.minor)).await;
            }
            ["address", id, email] => {
                let mut customer = stripe::customer(id, at);
                customer["email"] = json!(email);
                self.deliver("customer.updated", at, customer).await;
            }
            ["import", kind, rows @ ..] => {
                let (status, answer) = world::import(&self.service, "mara", kind, &rows.join("\n"), false).await;
                let error = answer["error"]["message"].as_str().unwrap_or_default();
                match status {
                    StatusCode::OK => self.say(&format!("imported {kind}: {} new, {} different", answer["added"], answer["changed"])),
                    _ => self.say(&format!("the import is refused: {error}")),
                }
            }
            ["late_invoice", id, customer, amount, currency, time] => {
                let made_at: Timestamp = format!("{}T{time}:00Z", words[0]).parse().unwrap();
                let late = stripe::invoice(customer, id, "open", minor(amount, currency), minor(amount, currency), currency, 0, made_at);
                self.deliver("invoice.finalized", made_at, late).await;
            }
            ["payment_failed", id, code] => {
                let bill = self.bills.get_mut(*id).unwrap_or_else(|| panic!("the story has no invoice {id}"));
                bill.attempts += 1;
                let bill = bill.clone();
                let charge = format!("ch_{id}_{}", bill.attempts);
                self.deliver(
                    "charge.failed",
                    at,
                    stripe::charge(&bill.customer, &charge, Some(id), bill.minor, &bill.currency, Some(code), at),
                )
                .await;
                self.deliver("invoice.payment_failed", at, self.invoice(id, "open", bill.minor)).await;
            }
            ["paid", id] => {
                let bill = self.bills[*id].clone();
                let charge = format!("ch_{id}_paid");
                self.charges.insert(charge.clone(), bill.customer.clone());
                self.amounts.insert(charge.clone(), bill.minor);
                self.deliver(
                    "charge.succeeded",
                    at,
                    stripe::charge(&bill.customer, &charge, Some(id), bill.minor, &bill.currency, None, at),
                )
                .await;
                let mut paid = self.invoice(id, "paid", 0);
                paid["status_transitions"]["paid_at"] = json!(at.as_second());
                self.deliver("invoice.paid", at, paid).await;
            }
            ["void", id] => self.deliver("invoice.voided", at, self.invoice(id, "void", self.bills[*id].minor)).await,
            ["charge", id, customer, amount, currency] => {
                self.charges.insert((*id).to_owned(), (*customer).to_owned());
                self.amounts.insert((*id).to_owned(), minor(amount, currency));
                let charge = stripe::charge(customer, id, None, minor(amount, currency), currency, None, at);
                self.deliver("charge.succeeded", at, charge).await;
            }
            ["subscription", id, customer, price, amount, seats, status] => {
                let (unit, seats) = (minor(amount, "USD"), seats.parse().unwrap());
                let kind = if *status == "canceled" { "customer.subscription.deleted" } else { "customer.subscription.updated" };
                self.begun.entry((*id).to_owned()).or_insert(at);
                let object = stripe::subscription(customer, id, price, unit, seats, status, self.begun[*id]);
                self.deliver(kind, at, object).await;
            }
            ["line", invoice, price, amount, seats, total, from, to, subscription] => {
                let day = |text: &str| format!("{text}T00:00:00Z").parse::<Timestamp>().unwrap();
                let (unit, total) = (minor(amount, "USD"), minor(total, "USD"));
                let bill = self.bills.get_mut(*invoice).unwrap_or_else(|| panic!("the story has no invoice {invoice}"));
                let id = format!("il_{invoice}_{}", bill.lines.len());
                let seats = seats.parse().unwrap();
                let part = unit * i64::from(seats) != total && total.abs() < unit * i64::from(seats);
                bill.subscription = Some((*subscription).to_owned());
                bill.lines.push(stripe::line(&id, price, unit, seats, total, part, day(from), day(to), Some(subscription)));
                self.deliver("invoice.updated", at, self.invoice(invoice, "open", self.bills[*invoice].minor)).await;
            }
            ["dispute", id, charge, status] => {
                let kind = if matches!(*status, "won" | "lost") { "charge.dispute.closed" } else { "charge.dispute.created" };
                let made_at = *self.begun.entry((*id).to_owned()).or_insert(at);
                let dispute = stripe::dispute(id, charge, self.amounts[*charge], status, made_at);
                self.deliver(kind, at, dispute).await;
            }
            ["charge_for", invoice, id] => {
                let bill = self.bills[*invoice].clone();
                let charge = stripe::charge(&bill.customer, id, Some(invoice), bill.minor, &bill.currency, None, at);
                self.deliver("charge.succeeded", at, charge).await;
            }
            ["hold", id, customer, amount, currency] => {
                let mut charge = stripe::charge(customer, id, None, minor(amount, currency), currency, None, at);
                charge["captured"] = json!(false);
                charge["amount_captured"] = json!(0);
                self.deliver("charge.succeeded", at, charge).await;
            }
            ["cases"] => {
                self.service.work().await.unwrap();
                for account in self.accounts().await {
                    for case in world::records::<Case>(&self.service, &account, "CASE#").await {
                        let evidence = case.evidence.iter().map(|it| format!("{} {}", it.label.to_lowercase(), it.value));
                        let missing = case.missing.iter().map(|it| format!("not known: {it}"));
                        let told = evidence.chain(missing).collect::<Vec<_>>().join("; ");
                        self.say(&format!("about {} {}: {} {told}", case.class.name(), case.about, case.advice));
                    }
                }
            }
            ["drafts", id] => {
                let cases = world::get(&self.service, "/api/cases?state=open&class=payment_failed").await;
                for case in cases["items"].as_array().into_iter().flatten().filter(|case| case["about"] == *id) {
                    let case = world::get(&self.service, &format!("/api/cases/{}", case["id"].as_str().unwrap_or_default())).await;
                    let (advice, reply) = (&case["preview"]["advice"], &case["preview"]["reply"]["body"]);
                    let reply = reply.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
                    self.say(&format!("for {id}: {} Draft: {reply}", advice.as_str().unwrap_or_default()));
                }
            }
            ["play", staff, name, fields @ ..] => {
                let mut body = json!({});
                for (field, value) in fields.iter().map(|field| field.split_once('=').expect("fields are written name=value")) {
                    body[field] = match field {
                        "amount" => json!(Money::parse(value, Currency::USD).unwrap()),
                        "case" => {
                            let cases = world::get(&self.service, "/api/cases").await;
                            let found = cases["items"].as_array().into_iter().flatten().find(|case| case["about"] == value);
                            found.unwrap_or_else(|| panic!("there is no case about {value}"))["id"].clone()
                        }
                        _ => json!(value),
                    };
                }
                let text = world::post_text(&self.service, staff, &format!("/api/playbooks/{name}"), &body).await;
                self.say(&text.split('\n').collect::<Vec<_>>().join("\n    "));
            }
            ["release", name] => {
                let body = json!({"name": name});
                world::ask(&self.service, "luis", Method::POST, "/api/releases", Some(&body), None).await;
            }
            ["ask", staff, account, reason, wish @ ..] => self.ask(staff, account, reason, wish).await,
            ["delegate", staff, fields @ ..] => self.delegate(staff, fields).await,
            ["stop", staff, fields @ ..] => self.stop(staff, fields).await,
            ["withdraw", staff] => self.withdraw(staff).await,
            ["refund", staff, charge, amount, reason] => self.refund(staff, charge, amount, reason).await,
            [decision @ ("approve" | "deny"), staff] => self.decide(decision, staff).await,
            ["refund_fails", charge] => {
                let refunds = self.service.sandbox.refunds().unwrap();
                let mut refund = refunds.into_iter().find(|refund| refund["charge"] == *charge).expect("the story has no such refund");
                refund["status"] = json!("failed");
                self.deliver("refund.failed", at, refund).await;
            }
            ["provider", trouble, name] => self.service.sandbox.trouble(name, trouble).unwrap(),
            ["provider", trouble] => self.service.sandbox.trouble("stripe", trouble).unwrap(),
            ["again"] => {
                let body = self.last.clone().expect("nothing was delivered before");
                self.post(&body).await;
            }
            ["deliver", provider, file] => {
                let path = format!("{}/fixtures/{provider}/{file}.json", env!("CARGO_MANIFEST_DIR"));
                let body = std::fs::read(&path).unwrap_or_else(|_| panic!("there is no {path}"));
                let (status, answer) = world::deliver_to(&self.service, provider, &body).await;
                if status != StatusCode::OK {
                    self.say(&format!("the delivery is answered {status}: {answer}"));
                }
            }
            ["show", account] => {
                self.service.work().await.unwrap();
                let sidebar = world::ask_text(&self.service, "lena", &format!("/api/accounts/{account}")).await;
                let shown = sidebar.lines().filter(|line| !line.ends_with("not known")).collect::<Vec<_>>().join("; ");
                self.say(&format!("{account} shows {shown}"));
            }
            ["tickets"] => {
                self.service.work().await.unwrap();
                let tickets = world::get(&self.service, "/api/tickets").await;
                for ticket in tickets["items"].as_array().into_iter().flatten() {
                    let accounts = ticket["accounts"].as_array().map_or(0, Vec::len);
                    self.say(&format!("ticket {} {}: {}, of {accounts} known account(s)", ticket["id"], ticket["status"], ticket["body"]));
                }
            }
            ["wait"] => {}
            _ => panic!("no story knows `{line}`"),
        }
        self.service.work().await.unwrap();
        self.look().await;
    }

    async fn pass_until(&mut self, at: Timestamp) {
        while self.service.clock.now() < at {
            let tomorrow = self.service.clock.now() + jiff::SignedDuration::from_hours(1);
            self.service.advance(tomorrow.min(at)).await.unwrap();
            self.look().await;
        }
    }

    fn invoice(&self, id: &str, status: &str, remaining: i64) -> Value {
        let bill = &self.bills[id];
        let mut invoice = stripe::invoice(&bill.customer, id, status, bill.minor, remaining, &bill.currency, bill.attempts, bill.made_at);
        if !bill.lines.is_empty() {
            invoice["lines"] = json!({"object": "list", "has_more": false, "data": bill.lines});
            invoice["subscription"] = json!(bill.subscription);
        }
        invoice
    }

    async fn deliver(&mut self, kind: &str, at: Timestamp, object: Value) {
        self.told += 1;
        let body = stripe::event(&format!("evt_{}", self.told), kind, at, &object);
        self.post(&body).await;
        self.last = Some(body);
        self.service.work().await.unwrap();
    }

    async fn post(&mut self, body: &Value) {
        let (status, answer) = world::deliver(&self.service, body).await;
        if status != StatusCode::OK {
            self.say(&format!("the delivery is answered {status}: {answer}"));
        }
    }

    async fn refund(&mut self, staff: &str, charge: &str, amount: &str, reason: &str) {
        let customer = self.charges.get(charge).cloned().unwrap_or_else(|| self.customers[0].clone());
        let amount = Money::parse(amount, Currency::USD).unwrap();
        let body = json!({"account": format!("stripe:{customer}"), "kind": "refund", "params": {"payment": charge, "amount": amount}, "reason_code": reason, "note": "asked in a story"});
        self.told += 1;
        let (status, answer) =
            world::ask(&self.service, staff, Method::POST, "/api/actions", Some(&body), Some(&format!("key-{}", self.told))).await;
        if status != StatusCode::CREATED {
            self.say(&format!("{staff} is refused: {}", answer["error"]["message"].as_str().unwrap_or_default()));
        }
    }

    /// Asks for an action by its kind and its fields; several kinds are a bundle.
    async fn ask(&mut self, staff: &str, account: &str, reason: &str, words: &[&str]) {
        let mut wishes: Vec<Value> = Vec::new();
        for word in words {
            match (word.split_once('='), wishes.last_mut()) {
                (Some((field, value)), Some(wish)) => wish["params"][field] = told(field, value),
                _ => wishes.push(json!({"kind": word, "params": {}})),
            }
        }
        let mut body = if wishes.len() == 1 { wishes.remove(0) } else { json!({"kind": "bundle", "params": {"actions": wishes}}) };
        body["account"] = json!(if account.contains(':') { account.to_owned() } else { format!("stripe:{account}") });
        body["reason_code"] = json!(reason);
        body["note"] = json!("asked in a story");
        self.told += 1;
        let key = format!("key-{}", self.told);
        let (status, answer) = world::ask(&self.service, staff, Method::POST, "/api/actions", Some(&body), Some(&key)).await;
        if status != StatusCode::CREATED {
            self.say(&format!("{staff} is refused: {}", answer["error"]["message"].as_str().unwrap_or_default()));
            return;
        }
        for line in answer["preview"]["lines"].as_array().into_iter().flatten() {
            let shown = |side: &Value| match (side["amount"].as_str(), side.as_str()) {
                (Some(amount), _) => format!("{amount} {}", side["currency"].as_str().unwrap_or_default()),
                (None, Some(text)) => text.to_owned(),
                _ => "?".to_owned(),
            };
            self.say(&format!(
                "    {}: {} → {}",
                line["label"].as_str().unwrap_or_default(),
                shown(&line["before"]),
                shown(&line["after"])
            ));
        }
    }

    async fn stop(&mut self, staff: &str, fields: &[&str]) {
        let mut body = json!({});
        for (field, value) in fields.iter().map(|field| field.split_once('=').expect("fields are written name=value")) {
            body[field] = told(field, value);
        }
        let (status, answer) = world::ask(&self.service, staff, Method::POST, "/api/stop", Some(&body), None).await;
        match status {
            StatusCode::OK => {
                let count = |held: bool| answer["waiting"].as_array().into_iter().flatten().filter(|line| line["held"] == held).count();
                let standing = answer["stops"]["standing"].as_array().map_or(0, Vec::len);
                self.say(&format!("{standing} stops stand, {} actions wait behind them, {} go", count(true), count(false)));
            }
            _ => self.say(&format!("{staff} is refused: {}", answer["error"]["message"].as_str().unwrap_or_default())),
        }
    }

    async fn delegate(&mut self, staff: &str, fields: &[&str]) {
        let fields = fields.iter().map(|field| field.split_once('=').expect("fields are written name=value"));
        let body: BTreeMap<_, _> = fields.collect();
        let (status, answer) = world::ask(&self.service, staff, Method::POST, "/api/delegations", Some(&json!(body)), None).await;
        match status {
            StatusCode::OK => self.say(&format!("{} decides in somebody's place", body["to"])),
            _ => self.say(&format!("{staff} is refused: {}", answer["error"]["message"].as_str().unwrap_or_default())),
        }
    }

    async fn withdraw(&mut self, staff: &str) {
        let waiting = waiting(&self.service.context).await.unwrap();
        let Some((id, ..)) = waiting.first() else { return self.say("nothing waits for a decision") };
        let (status, answer) = world::ask(&self.service, staff, Method::POST, &format!("/api/actions/{id}/withdraw"), None, None).await;
        if status != StatusCode::OK {
            self.say(&format!("{staff} is refused: {}", answer["error"]["message"].as_str().unwrap_or_default()));
        }
    }

    async fn decide(&mut self, decision: &str, staff: &str) {
        let waiting = waiting(&self.service.context).await.unwrap();
        let Some((id, digest, _)) = waiting.first() else { return self.say("nothing waits for a decision") };
        let body = json!({"decision": decision, "preview_digest": digest, "note": ""});
        let (status, answer) =
            world::ask(&self.service, staff, Method::POST, &format!("/api/actions/{id}/decision"), Some(&body), None).await;
        if status != StatusCode::OK {
            self.say(&format!("{staff} is refused: {}", answer["error"]["message"].as_str().unwrap_or_default()));
        }
    }

    fn say(&mut self, what: &str) {
        self.lines.push(format!("{}  {what}", self.service.clock.now().strftime("%Y-%m-%d %H:%M")));
    }

    /// Says what is different since the last look.
    async fn look(&mut self) {
        for account in self.accounts().await {
            for case in world::records::<Case>(&self.service, &account, "CASE#").await {
                let text = match case.state {
                    State::Open => format!("case {} {}: open, rule {}", case.class.name(), case.about, case.rule),
                    State::Resolved => {
                        format!("case {} {}: {}", case.class.name(), case.about, case.resolution.clone().unwrap_or_default())
                    }
                };
                self.once(case.id.as_str(), text);
            }
            for plan in world::records::<Plan>(&self.service, &account, "PLAN#").await {
                let steps: Vec<_> =
                    plan.steps.iter().map(|step| format!("{} {}", step.due_at.strftime("%m-%d"), step.kind.name())).collect();
                self.once(
                    &format!("plan {}", plan.invoice),
                    format!("plan {}: segment {}, {}", plan.invoice, plan.segment, steps.join(", ")),
                );
                if let Some(until) = plan.held_until {
                    self.once(
                        &format!("held {}", plan.invoice),
                        format!("plan {} waits for the incident until {}", plan.invoice, until.strftime("%m-%d %H:%M")),
                    );
                }
                if plan.state == PlanState::Stopped {
                    self.once(
                        &format!("stop {}", plan.invoice),
                        format!("plan {} stops: {}", plan.invoice, plan.reason.clone().unwrap_or_default()),
                    );
                }
            }
            for action in world::records::<Action>(&self.service, &account, "ACTION#").await {
                let needs = action.required.iter().map(|role| role.name()).collect::<Vec<_>>().join("+");
                let needs = if needs.is_empty() { "within the limit of its asker".to_owned() } else { format!("needs {needs}") };
                let confirmed = if action.confirmed_at.is_some() { ", confirmed by the provider" } else { "" };
                self.once(
                    action.id.as_str(),
                    format!(
                        "action {} of {} ({needs}): {}{confirmed}",
                        action.kind.name(),
                        action.kind.target().id().unwrap_or_else(|| "the account".to_owned()),
                        action.state.name()
                    ),
                );
            }
        }
        let incidents = world::get(&self.service, "/api/incidents").await;
        for incident in incidents["items"].as_array().into_iter().flatten() {
            let text = format!(
                "incident {}: {}, {} customers, {} by rule {}",
                incident["title"].as_str().unwrap_or_default(),
                incident["state"].as_str().unwrap_or_default(),
                incident["accounts"],
                incident["cause"].as_str().unwrap_or_default(),
                incident["rule"].as_str().unwrap_or_default()
            );
            self.once(incident["id"].as_str().unwrap_or_default(), text);
        }
        let letters = self.service.outbox.letters().unwrap();
        for (_, letter) in letters.iter().rev().skip(self.letters) {
            let to = if letter.channel == Channel::Mail { letter.to.clone() } else { format!("Slack {}", letter.to) };
            self.lines.push(format!("{}  sent to {to}: {}", self.service.clock.now().strftime("%Y-%m-%d %H:%M"), letter.subject));
        }
        self.letters = letters.len();
    }

    /// The story's own customers in the order in which they came, then everybody else.
    async fn accounts(&self) -> Vec<AccountId> {
        let mut accounts: Vec<_> = self.customers.iter().map(|customer| AccountId::of("stripe", "default", customer)).collect();
        let all: Page<Head> = store::page(&self.service.context, "ACCOUNTS", None, 1000, Order::Ascending).await.unwrap();
        let mut others = all.items;
        others.sort_by(|one, other| (&one.provider, &one.customer).cmp(&(&other.provider, &other.customer)));
        accounts.extend(others.into_iter().map(|head| head.account).filter(|account| !accounts.contains(account)).collect::<Vec<_>>());
        accounts
    }

    fn once(&mut self, what: &str, text: String) {
        if self.seen.get(what) != Some(&text) {
            self.seen.insert(what.to_owned(), text.clone());
            self.say(&text);
        }
    }

    /// The ledger in one line an account, and what the provider was asked.
    async fn receipts(&mut self) {
        for customer in self.customers.clone() {
            let account = AccountId::of("stripe", "default", &customer);
            let entries: Vec<Entry> = world::records(&self.service, &account, keys::LEDGER_PREFIX).await;
            if !entries.is_empty() {
                let steps: Vec<_> = entries.iter().map(|entry| format!("{:?} by {}", entry.step, entry.by).to_lowercase()).collect();
                self.lines.push(format!("ledger of {customer}: {}", steps.join(", ")));
            }
        }
        let providers = [
            ("Stripe", "stripe"),
            ("Chargebee", "chargebee"),
            ("Lemon Squeezy", "lemonsqueezy"),
            ("Mollie", "mollie"),
            ("RevenueCat", "revenuecat"),
        ];
        let mut calls = Vec::new();
        for (name, provider) in providers {
            let own = self.service.sandbox.calls(provider).unwrap().into_iter();
            calls.extend(own.filter(|call| provider != "mollie" || call.method != "GET").map(|call| (name, call)));
        }
        for (name, call) in calls {
            self.lines.push(format!(
                "{name} was asked: {} {}: {}",
                call.method,
                call.path.split('?').next().unwrap_or_default(),
                call.status.to_string().trim_matches('"')
            ));
        }
    }
}

/// A field's value as the API takes it.
fn told(field: &str, value: &str) -> Value {
    match field {
        "amount" => {
            let (amount, currency) = value.split_at(value.len() - 3);
            json!(Money::parse(amount, Currency::parse(currency).unwrap()).unwrap())
        }
        "days" | "seats" => json!(value.parse::<u32>().unwrap()),
        "customer_requested" | "release" => json!(value == "true"),
        "addons" => value
            .split(',')
            .map(|addon| {
                let (price, quantity) = addon.split_once('*').expect("add-ons are written price*quantity");
                json!({"price": price, "quantity": quantity.parse::<u32>().unwrap()})
            })
            .collect(),
        _ => json!(value),
    }
}

fn minor(amount: &str, currency: &str) -> i64 {
    Money::parse(amount, Currency::parse(currency).unwrap()).unwrap().minor().unwrap()
}
