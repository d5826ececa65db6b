//! What RevenueCat changes when it is asked to: Web Billing in its own books, the rest in those of the stores.

use super::{missing, plain};
use crate::sandbox::listed::{Asked, answer};
use crate::sandbox::{Disked, Sandbox};
use domain::id::digest;
use jiff::SignedDuration;
use providers::{Call, Reply};
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub(in crate::sandbox) fn change(sandbox: &Sandbox, source: &str, call: &Call) -> Disked<Reply> {
    let asked = Asked::of(call);
    let parts: Vec<String> = asked.path.trim_start_matches('/').split('/').map(plain).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (["subscriptions" | "purchases", id, ..], "POST") = (&parts[..], call.method.as_str()) else {
        return Ok(missing());
    };
    if let ["purchases", _, "actions", "refund"] = parts[..] {
        return refund_purchase(sandbox, source, id);
    }
    let Some(subscription) = sandbox.object("revenuecat", &format!("subscriptions:{id}"))? else {
        return Ok(missing());
    };
    let changed = Changed { sandbox, source, own: id, subscription };
    match parts[2..] {
        ["actions", "cancel"] => changed.cancel(),
        ["actions", "extend"] => changed.extend(&serde_json::from_str(&call.body).unwrap_or_default()),
        ["actions", "refund"] => changed.refund_latest(),
        ["transactions", transaction, "actions", "refund"] => changed.refund(transaction),
        _ => Ok(missing()),
    }
}

struct Changed<'a> {
    sandbox: &'a Sandbox,
    source: &'a str,
    /// RevenueCat's own id.
    own: &'a str,
    subscription: Value,
}

const DAY: i64 = 86_400_000;

impl Changed<'_> {
    fn now(&self) -> i64 {
        self.sandbox.clock.now().as_millisecond()
    }

    fn says(&self, field: &str) -> &str {
        self.subscription[field].as_str().unwrap_or_default()
    }

    fn keep(&self) -> Disked<Reply> {
        self.sandbox.replace("revenuecat", &format!("subscriptions:{}", self.own), &self.subscription)?;
        Ok(answer(200, &self.subscription))
    }

    /// To the end of the period; of one that is past due it is over.
    fn cancel(mut self) -> Disked<Reply> {
        if self.says("store") != "rc_billing" {
            return Ok(unprocessable("Only Web Billing subscriptions can be canceled"));
        }
        if self.says("status") == "expired" || self.says("auto_renewal_status") == "will_not_renew" {
            return Ok(unprocessable("The subscription is not active"));
        }
        let is_over = matches!(self.says("status"), "in_grace_period" | "in_billing_retry");
        let latest = self.newest()?;
        self.subscription["auto_renewal_status"] = json!("will_not_renew");
        self.tell("CANCELLATION", &latest, &json!({"cancel_reason": "DEVELOPER_INITIATED"}))?;
        if is_over {
            self.subscription["status"] = json!("expired");
            self.subscription["gives_access"] = json!(false);
            self.tell("EXPIRATION", &latest, &json!({"expiration_reason": "BILLING_ERROR"}))?;
        }
        self.keep()
    }

    fn extend(mut self, asked: &Value) -> Disked<Reply> {
        let is_apple = matches!(self.says("store"), "app_store" | "mac_app_store");
        if !is_apple && !matches!(self.says("store"), "play_store" | "rc_billing") {
            return Ok(unprocessable("Subscriptions of this store cannot be extended"));
        }
        if self.says("status") == "expired" {
            return Ok(unprocessable("The subscription is not active"));
        }
        let Some(until) = asked["extend_until_ms"].as_i64() else {
            return Ok(parameter(400, "extend_until_ms is required"));
        };
        if is_apple && !asked["extend_reason_code"].is_string() {
            return Ok(parameter(400, "extend_reason_code is required"));
        }
        let end = self.subscription["current_period_ends_at"].as_i64().unwrap_or_else(|| self.now());
        if until <= end {
            return Ok(parameter(422, "Date must be later than the end of the current period"));
        }
        if is_apple && until - end > 90 * DAY {
            return Ok(parameter(422, "A subscription can be extended by 90 days at most"));
        }
        let latest = self.newest()?;
        self.subscription["current_period_ends_at"] = json!(until);
        self.subscription["ends_at"] = json!(until);
        self.tell("SUBSCRIPTION_EXTENDED", &latest, &Value::Null)?;
        self.keep()
    }

    /// Web Billing gives the latest payment back, and the subscription ends with it.
    fn refund_latest(mut self) -> Disked<Reply> {
        if self.says("store") != "rc_billing" {
            return Ok(unprocessable("Only Web Billing subscriptions can be refunded"));
        }
        let latest = self.newest()?;
        if self.says("status") == "expired" || !brought_in(&latest) {
            return Ok(unprocessable("There is no payment that could be refunded"));
        }
        let now = self.now();
        for (field, value) in [
            ("status", json!("expired")),
            ("auto_renewal_status", json!("will_not_renew")),
            ("gives_access", json!(false)),
            ("current_period_ends_at", json!(now)),
            ("ends_at", json!(now)),
        ] {
            self.subscription[field] = value;
        }
        self.give_back(&latest)?;
        self.keep()
    }

    /// Google gives one payment back, whichever it is.
    fn refund(self, id: &str) -> Disked<Reply> {
        if self.says("store") != "play_store" {
            return Ok(unprocessable("Only transactions of the Play Store can be refunded"));
        }
        let known = self.sandbox.object("revenuecat", &format!("transactions:{}:{id}", self.own))?;
        let Some(transaction) = known else { return Ok(missing()) };
        if !brought_in(&transaction) {
            return Ok(unprocessable("The transaction was refunded already"));
        }
        Ok(answer(200, &self.give_back(&transaction)?))
    }

    /// Only of the latest payment does a webhook tell.
    fn give_back(&self, transaction: &Value) -> Disked<Value> {
        let is_latest = self.newest()?["id"] == transaction["id"];
        let mut returned = transaction.clone();
        returned["revenue_in_local_currency"] = nothing(&transaction["revenue_in_local_currency"]);
        let id = transaction["id"].as_str().unwrap_or_default();
        self.sandbox.replace("revenuecat", &format!("transactions:{}:{id}", self.own), &returned)?;
        if is_latest {
            let mut more = negative(&transaction["revenue_in_local_currency"]);
            more["cancel_reason"] = json!("CUSTOMER_SUPPORT");
            self.tell("CANCELLATION", transaction, &more)?;
        }
        Ok(returned)
    }

    fn transactions(&self) -> Disked<Vec<Value>> {
        self.sandbox.objects("revenuecat", &format!("transactions:{}:", self.own))
    }

    fn newest(&self) -> Disked<Value> {
        Ok(self.transactions()?.into_iter().max_by_key(|it| it["purchased_at"].as_i64()).unwrap_or_default())
    }

    /// How webhooks call the subscription: by its first transaction.
    fn original(&self) -> Disked<String> {
        let identifier = self.says("store_subscription_identifier");
        Ok(match self.says("store") {
            "play_store" => identifier.split("..").next().unwrap_or_default().to_owned(),
            "app_store" | "mac_app_store" => {
                let first =
                    self.transactions()?.into_iter().min_by_key(|it| it["purchased_at"].as_i64()).unwrap_or_default();
                first["id"].as_str().unwrap_or(identifier).to_owned()
            }
            _ => identifier.to_owned(),
        })
    }

    /// Sends the webhook of a change that was made.
    fn tell(&self, kind: &str, transaction: &Value, more: &Value) -> Disked<()> {
        let subscription = &self.subscription;
        let id = transaction["id"].as_str().unwrap_or_else(|| self.says("store_subscription_identifier"));
        let mut event = outside(self.now(), kind, id, subscription);
        let is_trial = self.says("status") == "trialing";
        for (field, value) in [
            ("original_transaction_id", json!(self.original()?)),
            ("period_type", json!(if is_trial { "TRIAL" } else { "NORMAL" })),
            ("product_id", transaction["product_store_identifier"].clone()),
            ("purchased_at_ms", subscription["current_period_starts_at"].clone()),
            ("expiration_at_ms", subscription["current_period_ends_at"].clone()),
        ] {
            event[field] = value;
        }
        send(self.sandbox, self.source, event, more)
    }
}

fn refund_purchase(sandbox: &Sandbox, source: &str, own: &str) -> Disked<Reply> {
    let purchases = sandbox.objects("revenuecat", "purchases:")?;
    let Some(mut purchase) = purchases.into_iter().find(|purchase| purchase["id"] == own) else { return Ok(missing()) };
    if purchase["store"] != "rc_billing" {
        return Ok(unprocessable("Only Web Billing purchases can be refunded"));
    }
    if purchase["status"] == "refunded" {
        return Ok(unprocessable("The purchase was refunded already"));
    }
    purchase["status"] = json!("refunded");
    let transaction = purchase["store_purchase_identifier"].as_str().unwrap_or(own).to_owned();
    // A webhook's purchase is kept by its transaction, the dashboard's by its id.
    for id in [own, transaction.as_str()] {
        sandbox.replace("revenuecat", &format!("purchases:{id}"), &purchase)?;
    }
    let now = sandbox.clock.now().as_millisecond();
    let mut event = outside(now, "CANCELLATION", &transaction, &purchase);
    event["original_transaction_id"] = json!(transaction);
    event["period_type"] = json!("NORMAL");
    event["purchased_at_ms"] = purchase["purchased_at"].clone();
    event["expiration_at_ms"] = Value::Null;
    let mut more = negative(&purchase["revenue_in_local_currency"]);
    more["cancel_reason"] = json!("CUSTOMER_SUPPORT");
    send(sandbox, source, event, &more)?;
    Ok(answer(200, &purchase))
}

/// What all events say of the object that they are about.
fn outside(now: i64, kind: &str, transaction: &str, object: &Value) -> Value {
    let upper = |field: &str, otherwise: &str| object[field].as_str().unwrap_or(otherwise).to_uppercase();
    json!({
        "id": format!("evt_{}", digest(&[kind, transaction, &now.to_string()], 24)),
        "type": kind,
        "event_timestamp_ms": now,
        "app_user_id": object["customer_id"],
        "original_app_user_id": object["customer_id"],
        "aliases": [object["customer_id"]],
        "environment": upper("environment", "production"),
        "store": upper("store", ""),
        "transaction_id": transaction,
        "country_code": object["country"],
    })
}

fn send(sandbox: &Sandbox, source: &str, mut event: Value, more: &Value) -> Disked<()> {
    for (field, value) in more.as_object().into_iter().flatten() {
        event[field.as_str()] = value.clone();
    }
    sandbox.send_back(
        "revenuecat",
        source,
        SignedDuration::from_secs(2),
        &json!({"api_version": "1.0", "event": event}),
    )
}

fn brought_in(transaction: &Value) -> bool {
    let gross = transaction["revenue_in_local_currency"]["gross"].to_string();
    gross.parse::<Decimal>().is_ok_and(|gross| gross > Decimal::ZERO)
}

fn nothing(revenue: &Value) -> Value {
    json!({"currency": revenue["currency"], "gross": 0, "commission": 0, "tax": 0, "proceeds": 0})
}

/// The price of a refund, as webhooks write it. No float is computed with.
fn negative(revenue: &Value) -> Value {
    let price = serde_json::from_str::<Value>(&format!("-{}", revenue["gross"])).unwrap_or_default();
    json!({"currency": revenue["currency"], "price": null, "price_in_purchased_currency": price})
}

fn unprocessable(message: &str) -> Reply {
    error(422, "unprocessable_entity_error", message)
}

fn parameter(status: u16, message: &str) -> Reply {
    error(status, "parameter_error", message)
}

fn error(status: u16, kind: &str, message: &str) -> Reply {
    let doc_url = format!("https://errors.rev.cat/{}", kind.replace('_', "-"));
    answer(
        status,
        &json!({"object": "error", "type": kind, "message": message, "retryable": false, "doc_url": doc_url}),
    )
}
