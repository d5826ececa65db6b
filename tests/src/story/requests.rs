//! What people ask for, and what they decide.

use super::words::{each, text, value};
use super::{Telling, Verb};
use crate::world;
use app::report::waiting;
use domain::money::{Currency, Money};
use http::{Method, StatusCode};
use serde_json::{Value, json};

pub(super) const VERBS: &[Verb] = &[
    ("ask", "STAFF ACCOUNT REASON KIND [FIELD=VALUE …] …", "Somebody asks for an action; several are a bundle."),
    ("refund", "STAFF CHARGE AMOUNT REASON", "Somebody asks for a refund in USD; its preview is not shown."),
    ("approve", "STAFF", "Somebody approves what waits for a decision, the newest first."),
    ("deny", "STAFF", "Somebody denies what waits for a decision, the newest first."),
    ("withdraw", "STAFF", "Somebody withdraws what waits for a decision, the newest first."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["ask", staff, account, reason, wish @ ..] => telling.ask(staff, account, reason, wish).await,
        ["refund", staff, charge, amount, reason] => telling.refund(staff, charge, amount, reason).await,
        [decision @ ("approve" | "deny"), staff] => telling.decide(decision, staff).await,
        ["withdraw", staff] => telling.withdraw(staff).await,
        _ => return false,
    }
    true
}

impl Telling {
    async fn ask(&mut self, staff: &str, account: &str, reason: &str, words: &[&str]) {
        let Some(answer) = self.request(staff, account, reason, wish(words)).await else { return };
        for line in each(&answer["preview"]["lines"]) {
            let (before, after) = (side(&line["before"]), side(&line["after"]));
            self.say(&format!("    {}: {before} → {after}", text(&line["label"])));
        }
    }

    async fn refund(&mut self, staff: &str, charge: &str, amount: &str, reason: &str) {
        let known = self.charges.get(charge).map(|charge| &charge.customer);
        let customer = known.unwrap_or_else(|| &self.customers[0]).clone();
        let amount = Money::parse(amount, Currency::USD).unwrap();
        let wish = json!({"kind": "refund", "params": {"payment": charge, "amount": amount}});
        self.request(staff, &customer, reason, wish).await;
    }

    async fn request(&mut self, staff: &str, account: &str, reason: &str, mut wish: Value) -> Option<Value> {
        wish["account"] = json!(if account.contains(':') { account.to_owned() } else { format!("stripe:{account}") });
        wish["reason_code"] = json!(reason);
        wish["note"] = json!("asked in a story");
        let key = format!("key-{}", self.next_number());
        let answer = world::ask(&self.service, staff, Method::POST, "/api/actions", Some(&wish), Some(&key)).await;
        self.unless_refused(staff, StatusCode::CREATED, answer)
    }

    async fn decide(&mut self, decision: &str, staff: &str) {
        let Some((id, digest)) = self.newest_waiting().await else { return };
        let note = if decision == "deny" { "not this time" } else { "" };
        let body = json!({"decision": decision, "preview_digest": digest, "note": note});
        self.post_as(staff, &format!("/api/actions/{id}/decision"), Some(&body)).await;
    }

    async fn withdraw(&mut self, staff: &str) {
        let Some((id, _)) = self.newest_waiting().await else { return };
        self.post_as(staff, &format!("/api/actions/{id}/withdraw"), None).await;
    }

    /// What is answered, unless it is a refusal.
    pub(super) async fn post_as(&mut self, staff: &str, path: &str, body: Option<&Value>) -> Option<Value> {
        let answer = world::ask(&self.service, staff, Method::POST, path, body, None).await;
        self.unless_refused(staff, StatusCode::OK, answer)
    }

    /// What is answered with this status; any other is said as a refusal.
    pub(super) fn unless_refused(&mut self, who: &str, good: StatusCode, reply: (StatusCode, Value)) -> Option<Value> {
        let (status, answer) = reply;
        if status == good {
            return Some(answer);
        }
        self.say(&format!("{who} is refused: {}", text(&answer["error"]["message"])));
        None
    }

    /// The action's id, and the digest of what its decider sees.
    async fn newest_waiting(&mut self) -> Option<(String, String)> {
        let newest = waiting(&self.service.context).await.unwrap().into_iter().next();
        if newest.is_none() {
            self.say("nothing waits for a decision");
        }
        newest.map(|(id, digest, _)| (id.to_string(), digest))
    }
}

/// What a request says: a word without a value begins an action, and several actions are a bundle.
fn wish(words: &[&str]) -> Value {
    let mut wishes: Vec<Value> = Vec::new();
    for word in words {
        match (word.split_once('='), wishes.last_mut()) {
            (Some((field, text)), Some(wish)) => wish["params"][field] = value(field, text),
            _ => wishes.push(json!({"kind": word, "params": {}})),
        }
    }
    match wishes.len() {
        1 => wishes.remove(0),
        _ => json!({"kind": "bundle", "params": {"actions": wishes}}),
    }
}

/// One side of a line of a preview.
fn side(side: &Value) -> String {
    match (side["amount"].as_str(), side.as_str()) {
        (Some(amount), _) => format!("{amount} {}", text(&side["currency"])),
        (None, Some(text)) => text.to_owned(),
        _ => "?".to_owned(),
    }
}
