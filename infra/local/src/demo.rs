//! The demo company: six months of its history, told by how long ago it was, through the doors that everybody uses.

mod cast;
mod company;
mod others;
mod script;
mod step;
mod stripe;
mod tickets;

use crate::server::dispatch;
use crate::service::Service;
use app::door::token;
use app::fault::Fault;
use app::ports::Clock;
use app::report;
use app::web::Answer;
use company::Company;
pub use company::Dice;
use http::{Method, Request};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use step::{Doing, Step};
pub use stripe::Delivery;

/// What was loaded.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    pub accounts: usize,
    pub deliveries: usize,
    /// What colleagues asked for and did not get.
    pub refused: Vec<String>,
}

/// Forty accounts at Stripe from their founding until then, in the order of its time. By them it is measured what an
/// event costs, so that they stay as they are.
pub fn history(founded: Timestamp, until: Timestamp) -> Vec<Delivery> {
    stripe::deliveries(&Company::founded(founded), until)
}

/// How often the clock stops on the way: what happens in between is told together.
const STOP_SECS: i64 = 1_800;
/// Who looks in the first days finds something to decide.
const UNDECIDED_HOURS: i64 = 5 * 24;

/// Loads the history that ends at `now`.
pub async fn load(service: &Service, now: Timestamp) -> Result<Loaded, Fault> {
    let _working = service.working.lock().await;
    let now = Timestamp::from_second(now.as_second()).map_err(Fault::park)?;
    let steps = script::until(now);
    let mut decided_at = steps.first().map_or(now, |step| step.at);
    service.clock.freeze(decided_at);
    let mut loaded = Loaded { accounts: accounts(&steps), ..Loaded::default() };
    for step in steps {
        let at = stop(step.at).min(now);
        if at > service.clock.now() {
            service.advance(at).await?;
            if at > decided_at + SignedDuration::from_hours(12)
                && at < now - SignedDuration::from_hours(UNDECIDED_HOURS)
            {
                decided_at = at;
                decide(service, &mut loaded).await?;
            }
        }
        take(service, step.doing, &mut loaded).await?;
    }
    service.advance(now).await?;
    Ok(loaded)
}

fn stop(at: Timestamp) -> Timestamp {
    let after = at.as_second().rem_euclid(STOP_SECS);
    at + SignedDuration::from_secs(if after == 0 { 0 } else { STOP_SECS - after })
}

/// How many customers there are, by the ids that providers tell them by.
fn accounts(steps: &[Step]) -> usize {
    let customers = steps.iter().filter_map(|step| {
        let Doing::Delivery { provider, body } = &step.doing else { return None };
        let id = match *provider {
            "stripe" => &body["data"]["object"]["customer"],
            "chargebee" => &body["content"]["customer"]["id"],
            "lemonsqueezy" => &body["data"]["attributes"]["customer_id"],
            "revenuecat" => &body["event"]["app_user_id"],
            "mollie" => &body["_embedded"]["entity"]["customerId"],
            _ => return None,
        };
        (!id.is_null()).then(|| (*provider, id.to_string()))
    });
    customers.collect::<BTreeSet<_>>().len()
}

async fn take(service: &Service, doing: Doing, loaded: &mut Loaded) -> Result<(), Fault> {
    match doing {
        Doing::Delivery { provider, body } => {
            loaded.deliveries += 1;
            deliver(service, provider, &body).await
        }
        Doing::Teach { provider, object } => service.sandbox.teach(provider, &object).map(drop).map_err(Fault::retry),
        Doing::Ask { who, path, body } => ask(service, who, &path, &body, loaded).await,
        Doing::Class { ticket, class } => {
            let path = format!("/api/tickets/{ticket}");
            let seen = read(&send(service, "lena", Method::GET, &path, &Value::Null).await?);
            if seen["class"] == class && seen["abstained"] != true {
                return Ok(());
            }
            ask(service, "lena", &format!("{path}/class"), &json!({"class": class}), loaded).await
        }
        Doing::PaysPart { customer, currency, minor } => {
            let requests = read(&send(service, "ana", Method::GET, "/api/payment-requests", &Value::Null).await?);
            let request = requests["items"].as_array().into_iter().flatten().find(|it| it["state"] == "open");
            let Some(request) = request.and_then(|request| request["id"].as_str()) else {
                loaded.refused.push("nobody was asked to pay".to_owned());
                return Ok(());
            };
            loaded.deliveries += 1;
            deliver(service, "stripe", &part(&customer, currency, minor, request, service.clock.now())).await
        }
    }
}

/// A payment that names what it is for.
fn part(customer: &str, currency: &str, minor: i64, request: &str, at: Timestamp) -> Value {
    let charge = json!({
        "id": format!("ch_part_{customer}"), "object": "charge", "customer": customer, "amount": minor,
        "currency": currency, "amount_captured": minor, "amount_refunded": 0, "captured": true, "refunded": false,
        "paid": true, "status": "succeeded", "created": at.as_second(), "failure_code": null, "invoice": null,
        "metadata": {"recoup_request": request},
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "1881", "exp_month": 9}},
    });
    stripe::event(at, "charge.succeeded", charge).body
}

async fn deliver(service: &Service, provider: &str, body: &Value) -> Result<(), Fault> {
    let request = service.signed(provider, "default", body.to_string().into_bytes()).await?;
    let answer = dispatch(service, &request).await;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(Fault::Park(format!("the demo's delivery of {provider} was answered {}", answer.status())))
}

async fn ask(service: &Service, who: &str, path: &str, body: &Value, loaded: &mut Loaded) -> Result<(), Fault> {
    let answer = send(service, who, Method::POST, path, body).await?;
    if !answer.status().is_success() {
        let why = read(&answer)["error"]["message"].to_string();
        loaded.refused.push(format!("{who} {path} {body}: {} {why}", answer.status()));
    }
    Ok(())
}

/// A colleague asks over HTTP, as they would in the console or by a program of their own.
async fn send(service: &Service, who: &str, method: Method, path: &str, body: &Value) -> Result<Answer, Fault> {
    let secret = service.context.vault.tokens().await?;
    let token = token::issue(&secret, who, service.clock.machine(), 1);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", format!("demo {path} {}", service.clock.now()))
        .body(body.into())
        .map_err(Fault::park)?;
    Ok(dispatch(service, &request).await)
}

fn read(answer: &Answer) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_default()
}

/// The managers do their work: they approve what has waited for some hours.
async fn decide(service: &Service, loaded: &mut Loaded) -> Result<(), Fault> {
    for (id, digest, requested_at) in report::waiting(&service.context).await? {
        if service.clock.now().duration_since(requested_at) < SignedDuration::from_hours(2) {
            continue;
        }
        let body = json!({"decision": "approve", "preview_digest": digest, "note": "The evidence is as it says."});
        let path = format!("/api/actions/{id}/decision");
        let answer = send(service, "mara", Method::POST, &path, &body).await?;
        // Some have to be decided by a VP, and some by nobody any more.
        if answer.status() == http::StatusCode::FORBIDDEN {
            ask(service, "vera", &path, &body, loaded).await?;
        }
        service.work().await?;
    }
    Ok(())
}
