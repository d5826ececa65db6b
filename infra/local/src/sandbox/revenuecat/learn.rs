//! What a delivery of RevenueCat tells of the objects of its API, which are others.

use crate::sandbox::{Disked, Row, Sandbox};
use domain::id::digest;
use rust_decimal::Decimal;
use serde_json::{Value, json};

pub fn learn(sandbox: &Sandbox, delivery: &Value) -> Disked<()> {
    let event = if delivery["event"].is_object() { &delivery["event"] } else { delivery };
    let customer = event["original_app_user_id"].as_str().or(event["app_user_id"].as_str());
    let (Some(kind), Some(customer), Some(at)) =
        (event["type"].as_str(), customer, event["event_timestamp_ms"].as_i64())
    else {
        return Ok(());
    };
    let mut told = Told { sandbox, event, kind, customer, at, rows: Vec::new() };
    told.who()?;
    match event["original_transaction_id"].as_str() {
        // What has no end is no subscription.
        Some(_) if kind == "NON_RENEWING_PURCHASE" || event["expiration_at_ms"].is_null() => told.purchase()?,
        Some(original) => told.subscription(original)?,
        None => {}
    }
    sandbox.keep_all("revenuecat", &told.rows)
}

struct Told<'a> {
    sandbox: &'a Sandbox,
    event: &'a Value,
    kind: &'a str,
    customer: &'a str,
    at: i64,
    rows: Vec<Row>,
}

impl Told<'_> {
    fn keep(&mut self, id: String, object: Value) {
        self.rows.push((id, self.at, object));
    }

    fn low(&self, name: &str) -> String {
        self.event[name].as_str().unwrap_or_default().to_lowercase()
    }

    fn is_refund(&self) -> bool {
        self.kind == "CANCELLATION" && self.event["cancel_reason"] == "CUSTOMER_SUPPORT"
    }

    fn who(&mut self) -> Disked<()> {
        let id = format!("customers:{}", self.customer);
        let known = self.sandbox.object("revenuecat", &id)?;
        let first_seen_at = known.and_then(|known| known["first_seen_at"].as_i64()).unwrap_or(self.at).min(self.at);
        let shown = json!({
            "object": "customer",
            "id": self.customer,
            "project_id": "sandbox",
            "first_seen_at": first_seen_at,
            "last_seen_at": self.at,
            "last_seen_app_version": null,
            "last_seen_country": null,
            "last_seen_platform": null,
            "last_seen_platform_version": null,
            "experiment": null,
        });
        self.keep(id, shown);
        if let Some(attributes) = self.event["subscriber_attributes"].as_object() {
            let items: Vec<_> = attributes.iter().map(|(name, told)| attribute(name, told)).collect();
            self.keep(format!("attributes:{}", self.customer), json!({"customer_id": self.customer, "items": items}));
        }
        Ok(())
    }

    fn purchase(&mut self) -> Disked<()> {
        let Some(transaction) = self.event["transaction_id"].as_str() else { return Ok(()) };
        let id = format!("purchases:{transaction}");
        if self.is_refund() {
            let Some(mut known) = self.sandbox.object("revenuecat", &id)? else { return Ok(()) };
            known["status"] = json!("refunded");
            self.keep(id, known);
            return Ok(());
        }
        let shown = json!({
            "object": "purchase",
            "id": format!("purch{}", digest(&[transaction], 10)),
            "customer_id": self.customer,
            "original_customer_id": self.customer,
            "product_id": product(self.event),
            "purchased_at": self.event["purchased_at_ms"],
            "revenue_in_usd": null,
            "revenue_in_local_currency": revenue(self.event),
            "quantity": 1,
            "status": "owned",
            "presented_offering_id": null,
            "environment": self.low("environment"),
            "store": self.low("store"),
            "store_purchase_identifier": transaction,
            "ownership": "purchased",
            "country": self.event["country_code"],
        });
        self.keep(id, shown);
        Ok(())
    }

    fn subscription(&mut self, original: &str) -> Disked<()> {
        let own = format!("sub{}", digest(&[original], 12));
        self.transaction(&own, original)?;
        let Some((status, renewal)) = self.state() else { return Ok(()) };
        let id = format!("subscriptions:{own}");
        let (from, to) = (self.event["purchased_at_ms"].as_i64(), self.event["expiration_at_ms"].as_i64());
        let known = self.sandbox.object("revenuecat", &id)?;
        let starts_at = known.and_then(|known| known["starts_at"].as_i64()).into_iter().chain(from).min();
        let ends_at = if self.is_refund() { to.map(|to| to.min(self.at)) } else { to };
        let shown = json!({
            "object": "subscription",
            "id": own,
            "customer_id": self.customer,
            "original_customer_id": self.customer,
            "product_id": product(self.event),
            "starts_at": starts_at,
            "current_period_starts_at": from,
            "current_period_ends_at": to,
            "ends_at": ends_at,
            "gives_access": matches!(status, "active" | "trialing" | "in_grace_period"),
            "pending_payment": false,
            "auto_renewal_status": renewal,
            "status": status,
            "total_revenue_in_usd": null,
            "presented_offering_id": null,
            "environment": self.low("environment"),
            "store": self.low("store"),
            "store_subscription_identifier": self.latest(original),
            "ownership": "purchased",
            "country": self.event["country_code"],
            "management_url": managed_at(&self.low("store")),
        });
        self.keep(id, shown);
        Ok(())
    }

    /// How a subscription stands after a delivery, and whether it will go on.
    fn state(&self) -> Option<(&'static str, &'static str)> {
        let running = if self.event["period_type"] == "TRIAL" { "trialing" } else { "active" };
        let tried =
            if self.event["grace_period_expiration_at_ms"].is_null() { "in_billing_retry" } else { "in_grace_period" };
        Some(match (self.kind, self.event["cancel_reason"].as_str(), self.event["expiration_reason"].as_str()) {
            ("INITIAL_PURCHASE" | "RENEWAL" | "UNCANCELLATION" | "SUBSCRIPTION_EXTENDED" | "REFUND_REVERSED", ..) => {
                (running, "will_renew")
            }
            ("BILLING_ISSUE", ..) | ("CANCELLATION", Some("BILLING_ERROR"), _) => (tried, "will_renew"),
            ("CANCELLATION", Some("CUSTOMER_SUPPORT"), _) => ("expired", "will_not_renew"),
            ("CANCELLATION", ..) => (running, "will_not_renew"),
            ("SUBSCRIPTION_PAUSED", ..) => (running, "will_pause"),
            ("EXPIRATION", _, Some("SUBSCRIPTION_PAUSED")) => ("paused", "will_pause"),
            ("EXPIRATION", ..) => ("expired", "will_not_renew"),
            _ => return None,
        })
    }

    /// What the store calls it by now: Apple the latest transaction, Google the first with the count of renewals.
    fn latest(&self, original: &str) -> String {
        let transaction = self.event["transaction_id"].as_str().unwrap_or(original);
        match self.low("store").as_str() {
            "play_store" if transaction.split("..").next() != Some(original) => format!("{original}..0"),
            "app_store" | "mac_app_store" | "play_store" => transaction.to_owned(),
            _ => original.to_owned(),
        }
    }

    /// A payment, or that it was given back; and that there was a first one, of which the store knows.
    fn transaction(&mut self, own: &str, original: &str) -> Disked<()> {
        let transaction = self.event["transaction_id"].as_str().unwrap_or(original);
        let (from, to) = (self.event["purchased_at_ms"].as_i64(), self.event["expiration_at_ms"].as_i64());
        let first = format!("transactions:{own}:{original}");
        if transaction != original && self.sandbox.object("revenuecat", &first)?.is_none() {
            let before = from.zip(to).map(|(from, to)| from.saturating_sub(to.saturating_sub(from)));
            self.rows.push((first, 0, self.paid(original, before, from, Value::Null)));
        }
        let revenue = match self.kind {
            "INITIAL_PURCHASE" | "RENEWAL" | "REFUND_REVERSED" => revenue(self.event),
            _ if self.is_refund() => {
                json!({"currency": self.event["currency"], "gross": 0, "commission": 0, "tax": 0, "proceeds": 0})
            }
            _ => return Ok(()),
        };
        self.keep(format!("transactions:{own}:{transaction}"), self.paid(transaction, from, to, revenue));
        Ok(())
    }

    fn paid(&self, id: &str, from: Option<i64>, to: Option<i64>, revenue: Value) -> Value {
        json!({
            "object": "subscription_transaction",
            "id": id,
            "purchased_at": from,
            "product_store_identifier": self.event["product_id"],
            "revenue_in_local_currency": revenue,
            "revenue_in_usd": null,
            "expiration_date": to,
            "effective_expiration_date": to,
        })
    }
}

fn attribute(name: &str, told: &Value) -> Value {
    json!({"object": "customer.attribute", "name": name, "value": told["value"], "updated_at": told["updated_at_ms"]})
}

/// RevenueCat's own id of what was sold.
fn product(event: &Value) -> String {
    format!("prod{}", digest(&[event["product_id"].as_str().unwrap_or_default()], 10))
}

/// What came in. The numbers are written as they came: no float is computed with.
fn revenue(event: &Value) -> Value {
    let number = |value: &Value| value.to_string().parse::<Decimal>().ok();
    let Some(gross) = number(&event["price_in_purchased_currency"]).filter(|_| event["currency"].is_string()) else {
        return Value::Null;
    };
    let tax = (gross * number(&event["tax_percentage"]).unwrap_or_default()).round_dp(2);
    let written = |amount: Decimal| serde_json::from_str::<Value>(&amount.normalize().to_string()).unwrap_or_default();
    json!({
        "currency": event["currency"],
        "gross": event["price_in_purchased_currency"],
        "commission": 0,
        "tax": written(tax),
        "proceeds": written(gross - tax),
    })
}

/// Where a store's customers manage what they bought there.
fn managed_at(store: &str) -> Option<&'static str> {
    Some(match store {
        "app_store" | "mac_app_store" => "https://apps.apple.com/account/subscriptions",
        "play_store" => "https://play.google.com/store/account/subscriptions",
        "amazon" => "https://www.amazon.com/gp/mas/your-account/myapps/yoursubscriptions",
        _ => return None,
    })
}
