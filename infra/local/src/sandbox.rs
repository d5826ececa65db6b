//! A stand-in for the providers' APIs, and for Slack's, that remembers: objects, idempotency keys, and what it was told
//! to get wrong.

mod chargebee;
mod fields;
mod lemonsqueezy;
mod listed;
mod mollie;
mod revenuecat;
mod slack;
mod stripe;
mod takes;
mod trouble;
mod zendesk;

use crate::disk::Disk;
use app::ports::{Clock, Http, NoReply};
use async_trait::async_trait;
use domain::id::sha256;
use domain::import::Price;
use jiff::{SignedDuration, Timestamp};
use providers::{Call, Reply};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
pub use takes::{Place, names_sent};

pub struct Sandbox {
    disk: Disk,
    clock: Arc<dyn Clock>,
    /// The table whose objects are shown.
    objects: &'static str,
}

/// One call that arrived.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    pub at: String,
    pub method: String,
    pub path: String,
    pub body: String,
    pub idempotency_key: Option<String>,
    /// Whether this request did something, and was not answered from memory: each is an effect of its own.
    #[serde(skip)]
    pub executed: bool,
    /// A number, or how the connection ended.
    pub status: Value,
    pub answer: String,
}

/// A webhook that is to be sent back.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub number: i64,
    pub provider: String,
    pub source: String,
    pub body: String,
}

type Disked<T> = rusqlite::Result<T>;

/// An object to keep: its id, when it was seen so, and its state.
type Row = (String, i64, Value);

impl Sandbox {
    pub fn new(disk: Disk, clock: Arc<dyn Clock>) -> Self {
        Self { disk, clock, objects: trouble::OBJECTS }
    }

    /// Remembers every object that an accepted delivery names, in the state that it shows.
    pub fn learn(&self, provider: &str, body: &[u8]) -> Disked<()> {
        let Ok(delivery) = serde_json::from_slice::<Value>(body) else { return Ok(()) };
        match provider {
            "chargebee" => chargebee::learn(self, &delivery),
            "lemonsqueezy" => lemonsqueezy::learn(self, &delivery["data"]),
            "mollie" => mollie::learn(self, &delivery),
            "revenuecat" => revenuecat::learn(self, &delivery),
            "stripe" => stripe::learn(self, &delivery),
            "zendesk" => zendesk::learn(self, &delivery),
            _ => Ok(()),
        }
    }

    /// Puts an object into a provider's books, as a dashboard would.
    pub fn teach(&self, provider: &str, object: &Value) -> Disked<bool> {
        let id = match provider {
            "chargebee" => object["object"].as_str().and_then(|resource| chargebee::name(resource, object)),
            "lemonsqueezy" => lemonsqueezy::name(object),
            "revenuecat" => revenuecat::name(object),
            _ => object["id"].as_str().map(str::to_owned),
        };
        let Some(id) = id else { return Ok(false) };
        // Each provider's objects are kept by the unit of its own times.
        let now = self.clock.now();
        let seen_at = if matches!(provider, "mollie" | "stripe") { now.as_second() } else { now.as_millisecond() };
        self.keep(provider, &id, seen_at, object)?;
        Ok(true)
    }

    /// Puts the prices of a catalogue into the providers' books, as somebody did there before they stood in a file.
    pub fn sells(&self, prices: &[Price]) -> Disked<()> {
        for price in prices {
            let Some((minor, currency)) = price.unit.and_then(|unit| Some((unit.money()?.minor()?, unit.currency())))
            else {
                continue;
            };
            let (unit, count) = price.interval.map_or(("month", 1), |interval| (interval.unit.name(), interval.count));
            let recurring = json!({"interval": unit, "interval_count": count, "usage_type": "licensed"});
            match price.provider.as_str() {
                "stripe" => {
                    let currency = currency.code().to_lowercase();
                    let object = json!({
                        "id": price.price,
                        "object": "price",
                        "active": true,
                        "currency": currency,
                        "unit_amount": minor,
                        "unit_amount_decimal": minor.to_string(),
                        "recurring": recurring,
                    });
                    self.keep("stripe", &price.price, self.clock.now().as_second(), &object)?;
                }
                "chargebee" => {
                    for resource in ["plan", "addon", "item_price"] {
                        let object = json!({
                            "id": price.price,
                            "object": resource,
                            "price": minor,
                            "currency_code": currency.code(),
                        });
                        self.keep(
                            "chargebee",
                            &format!("{resource}:{}", price.price),
                            self.clock.now().as_millisecond(),
                            &object,
                        )?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub fn calls(&self, provider: &str) -> Disked<Vec<Seen>> {
        let sql = "SELECT at, method, path, body, key, status, answer, executed FROM call WHERE provider = ?1 ORDER BY number";
        self.disk.rows(sql, [provider], |row| {
            let status: String = row.get(5)?;
            let status = status.parse::<u16>().map_or(Value::String(status), Value::from);
            Ok(Seen {
                at: row.get(0)?,
                method: row.get(1)?,
                path: row.get(2)?,
                body: row.get(3)?,
                idempotency_key: row.get(4)?,
                status,
                answer: row.get(6)?,
                executed: row.get(7)?,
            })
        })
    }

    /// The webhooks that are due.
    pub fn due(&self) -> Disked<Vec<Webhook>> {
        self.catch_up()?;
        let sql = "SELECT number, provider, source, body FROM webhook WHERE at <= ?1 ORDER BY at, number";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Webhook { number: row.get(0)?, provider: row.get(1)?, source: row.get(2)?, body: row.get(3)? })
        };
        self.disk.rows(sql, [self.clock.now().as_millisecond()], read)
    }

    /// When it does something by itself next.
    pub fn next_at(&self) -> Disked<Option<Timestamp>> {
        let sql = "SELECT min(at) FROM (SELECT at FROM webhook UNION ALL SELECT at FROM later)";
        let next: Option<Option<i64>> = self.disk.row(sql, [], |row| row.get(0))?;
        Ok(next.flatten().and_then(|millis| Timestamp::from_millisecond(millis).ok()))
    }

    pub fn delivered(&self, webhook: &Webhook) -> Disked<()> {
        self.disk.write("DELETE FROM webhook WHERE number = ?1", [webhook.number]).map(drop)
    }

    pub fn delay(&self, webhook: &Webhook, by: SignedDuration) -> Disked<()> {
        let at = self.clock.now() + by;
        self.disk.write("UPDATE webhook SET at = ?2 WHERE number = ?1", (webhook.number, at.as_millisecond())).map(drop)
    }

    fn object(&self, provider: &str, id: &str) -> Disked<Option<Value>> {
        let sql = format!("SELECT json FROM {} WHERE provider = ?1 AND id = ?2", self.objects);
        let text: Option<String> = self.disk.row(&sql, [provider, id], |row| row.get(0))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Keeps an object unless a newer state of it is known.
    fn keep(&self, provider: &str, id: &str, seen_at: i64, object: &Value) -> Disked<()> {
        let sql = "INSERT INTO object VALUES (?1, ?2, ?3, ?4) ON CONFLICT (provider, id) \
            DO UPDATE SET seen_at = ?3, json = ?4 WHERE seen_at <= ?3";
        self.disk.write(sql, (provider, id, seen_at, object.to_string())).map(drop)
    }

    /// Keeps the objects of one delivery, in one write.
    fn keep_all(&self, provider: &str, rows: &[Row]) -> Disked<()> {
        let rows: Vec<_> = rows.iter().map(|(id, seen_at, object)| json!([id, seen_at, object.to_string()])).collect();
        let sql = "INSERT INTO object
            SELECT ?1, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') \
            FROM json_each(?2) WHERE true
            ON CONFLICT (provider, id) DO UPDATE
            SET seen_at = excluded.seen_at, json = excluded.json WHERE object.seen_at <= excluded.seen_at";
        self.disk.write(sql, [provider, &Value::Array(rows).to_string()]).map(drop)
    }

    /// Changes an object that the provider itself changed: no delivery of an earlier state brings it back.
    fn replace(&self, provider: &str, id: &str, object: &Value) -> Disked<()> {
        let sql = "UPDATE object SET json = ?3, seen_at = max(seen_at, ?4) + 1 WHERE provider = ?1 AND id = ?2";
        self.disk.write(sql, (provider, id, object.to_string(), self.clock.now().as_second())).map(drop)
    }

    fn objects(&self, provider: &str, prefix: &str) -> Disked<Vec<Value>> {
        let sql = format!("SELECT json FROM {} WHERE provider = ?1 AND id GLOB ?2 ORDER BY id", self.objects);
        let texts: Vec<String> = self.disk.rows(&sql, [provider, &format!("{prefix}*")], |row| row.get(0))?;
        Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// The objects that say so of themselves.
    fn having(&self, provider: &str, field: &str, value: &str) -> Disked<Vec<Value>> {
        let own = "json_extract(json, ?2) = ?3";
        let sql = format!("SELECT json FROM {} WHERE provider = ?1 AND {own} ORDER BY id", self.objects);
        let texts: Vec<String> = self.disk.rows(&sql, [provider, &format!("$.{field}"), value], |row| row.get(0))?;
        Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// Whether it was taught that by now a customer's bank pays what is tried: a `card_state`, which no provider's API
    /// shows.
    fn pays(&self, provider: &str, customer: &str) -> Disked<bool> {
        let now = self.clock.now().as_second();
        let known = self.having(provider, "customer", customer)?;
        let mut states = known.iter().filter(|object| object["object"] == "card_state");
        Ok(states.any(|state| state["works_from"].as_i64().is_some_and(|from| from <= now)))
    }

    /// Every refund that was made, whoever asked.
    pub fn refunds(&self) -> Disked<Vec<Value>> {
        self.objects("stripe", "re_")
    }

    /// Every charge that was tried, whoever asked, and whether the bank took it or not.
    pub fn charges(&self) -> Disked<Vec<Value>> {
        self.objects("stripe", "ch_")
    }

    /// What a charge brought in, in minor units.
    pub fn captured(&self, charge: &str) -> Disked<i64> {
        Ok(self.object("stripe", charge)?.and_then(|charge| charge["amount_captured"].as_i64()).unwrap_or(0))
    }

    fn send_back(&self, provider: &str, source: &str, after: SignedDuration, body: &Value) -> Disked<()> {
        let at = self.clock.now() + after;
        let sql = "INSERT INTO webhook (provider, source, at, body) VALUES (?1, ?2, ?3, ?4)";
        self.disk.write(sql, (provider, source, at.as_millisecond(), body.to_string())).map(drop)
    }

    fn note(&self, provider: &str, call: &Call, status: &str, answer: &str, executed: bool) -> Disked<()> {
        let sql = "INSERT INTO call (provider, at, method, path, body, key, status, answer, executed) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let (at, method, key) = (self.clock.now().to_string(), call.method.as_str(), &call.idempotency_key);
        let row = (provider, at, method, &call.path, &call.body, key, status, answer, executed);
        self.disk.write(sql, row).map(drop)
    }

    /// Answers a request as it arrived: only what stands in it counts.
    pub fn arrives(
        &self,
        provider: &str,
        source: &str,
        (method, path): (http::Method, String),
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Reply, NoReply> {
        let key = headers.iter().find(|(name, _)| Some(*name) == key_header(provider));
        let idempotency_key = key.map(|(_, key)| (*key).to_owned());
        let call = Call { method, path, body, idempotency_key, patient: true };
        self.answer(provider, source, &call).unwrap_or(Err(NoReply::NotSent))
    }

    fn answer(&self, provider: &str, source: &str, call: &Call) -> Disked<Result<Reply, NoReply>> {
        self.catch_up()?;
        if call.method == http::Method::GET {
            let reply = self.as_shown(provider)?.show(provider, call)?;
            self.note(provider, call, &reply.status.to_string(), &reply.body, false)?;
            return Ok(Ok(reply));
        }
        let known = match self.still_at_it(provider, call)? {
            Some(busy) => Some(busy),
            None => self.replayed(provider, call)?,
        };
        if let Some(reply) = known {
            self.note(provider, call, &reply.status.to_string(), &reply.body, false)?;
            return Ok(Ok(reply));
        }
        self.meet(provider, source, call)
    }

    fn show(&self, provider: &str, call: &Call) -> Disked<Reply> {
        if let Some(refusal) = takes::refused(provider, call) {
            return Ok(refusal);
        }
        let shown = match provider {
            "chargebee" => chargebee::get(self, call),
            "lemonsqueezy" => lemonsqueezy::get(self, call),
            "mollie" => mollie::get(self, call),
            "revenuecat" => revenuecat::get(self, call),
            "stripe" => stripe::get(self, call),
            "zendesk" => zendesk::get(self, call),
            _ => Ok(Reply { status: 404, body: json!({"message": "the sandbox does not know this"}).to_string() }),
        };
        shown.map(|reply| fields::only(provider, reply))
    }

    fn change(&self, provider: &str, source: &str, call: &Call) -> Disked<Reply> {
        if let Some(refusal) = takes::refused(provider, call) {
            return Ok(refusal);
        }
        let changed = match provider {
            "chargebee" => chargebee::change(self, source, call),
            "lemonsqueezy" => lemonsqueezy::change(self, source, call),
            "mollie" => mollie::change(self, source, call),
            "revenuecat" => revenuecat::change(self, source, call),
            "zendesk" => zendesk::change(self, source, call),
            _ => stripe::change(self, source, call),
        };
        changed.map(|reply| fields::only(provider, reply))
    }

    /// The first answer under an idempotency key, while the provider still knows it.
    fn replayed(&self, provider: &str, call: &Call) -> Disked<Option<Reply>> {
        let Some(key) = &call.idempotency_key else { return Ok(None) };
        let since = (self.clock.now() - key_lives(provider)).as_millisecond();
        let sql = "SELECT request, status, body FROM key WHERE provider = ?1 AND key = ?2 AND at > ?3";
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, Reply { status: row.get(1)?, body: row.get(2)? }));
        let found = self.disk.row(sql, (provider, key, since), read)?;
        Ok(found.map(|(request, reply)| {
            if request == fingerprint(call) {
                return reply;
            }
            let message =
                "Keys for idempotent requests can only be used with the same parameters they were first used with.";
            let error = match provider {
                "stripe" => json!({"error": {"type": "idempotency_error", "message": message}}),
                "mollie" => json!({"status": 400, "title": "Bad Request", "detail": message}),
                _ => json!({"message": message, "api_error_code": "invalid_request", "http_status_code": 400}),
            };
            Reply { status: 400, body: error.to_string() }
        }))
    }

    fn remember(&self, provider: &str, call: &Call, reply: &Reply) -> Disked<()> {
        let Some(key) = &call.idempotency_key else { return Ok(()) };
        let at = self.clock.now().as_millisecond();
        self.disk
            .write(
                "INSERT OR REPLACE INTO key VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (provider, key, at, fingerprint(call), reply.status, &reply.body),
            )
            .map(drop)
    }
}

/// Where a provider looks for an idempotency key, by its own documentation; the others look nowhere.
fn key_header(provider: &str) -> Option<&'static str> {
    match provider {
        "stripe" | "mollie" => Some("idempotency-key"),
        "chargebee" => Some("chargebee-idempotency-key"),
        _ => None,
    }
}

/// How long a provider knows an idempotency key; the others know none.
fn key_lives(provider: &str) -> SignedDuration {
    match provider {
        "stripe" => SignedDuration::from_hours(24),
        "chargebee" => SignedDuration::from_mins(30),
        "mollie" => SignedDuration::from_hours(1),
        _ => SignedDuration::ZERO,
    }
}

fn fingerprint(call: &Call) -> String {
    sha256(format!("{} {}\n{}", call.method, call.path, call.body).as_bytes())
}

#[async_trait]
impl Http for Sandbox {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        let known = providers::named(provider).ok_or(NoReply::NotSent)?;
        let request = known.request("sandbox", source, call).ok_or(NoReply::NotSent)?;
        let base = known.base(source).ok_or(NoReply::NotSent)?;
        let path = request.url.strip_prefix(&base).ok_or(NoReply::NotSent)?.to_owned();
        let headers: Vec<_> = request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.arrives(provider, source, (request.method, path), &headers, request.body)
    }

    async fn call_and_rest(&self, provider: &str, source: &str, call: &Call) -> Result<(Reply, Option<i64>), NoReply> {
        let reply = self.call(provider, source, call).await?;
        let asked = if reply.status == 429 { self.asked_to_rest(provider).unwrap_or_default() } else { None };
        Ok((reply, asked))
    }
}
