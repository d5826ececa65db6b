//! What a provider is told to get wrong, and how it does: a failure, a lost connection, an effect that comes late or is shown late.
//!
//! A trouble is a status, and seconds behind it are for how long it wants to be left alone; `500_done`, which did it;
//! `timeout_done` and `timeout_not_done`; or, with seconds behind it, `done_later`, which drops the connection and does it then,
//! and `shows_late`, which shows what follows only then and lets the next trouble come to the same call.

use super::{Disked, Sandbox};
use app::ports::NoReply;
use http::Method;
use jiff::SignedDuration;
use providers::{Call, Reply};
use serde_json::{Value, json};

/// Where the objects stand, and where they stand as they were before what is shown late.
pub(super) const OBJECTS: &str = "object";
const BEFORE: &str = "shown_before";

impl Sandbox {
    /// Tells what the next changing call to a provider meets.
    pub fn trouble(&self, provider: &str, trouble: &str) -> Disked<()> {
        self.disk.write("INSERT INTO trouble (provider, status) VALUES (?1, ?2)", [provider, trouble]).map(drop)
    }

    pub(super) fn next_trouble(&self, provider: &str) -> Disked<Option<String>> {
        let sql =
            "DELETE FROM trouble WHERE number = (SELECT min(number) FROM trouble WHERE provider = ?1) RETURNING status";
        Ok(self.disk.rows(sql, [provider], |row| row.get(0))?.pop())
    }

    /// Answers a call that is to change something, as well as it was told to.
    pub(super) fn meet(&self, provider: &str, source: &str, call: &Call) -> Disked<Result<Reply, NoReply>> {
        let mut trouble = self.next_trouble(provider)?;
        while let Some(("shows_late", secs)) = trouble.as_deref().map(words) {
            self.show_late(provider, secs)?;
            trouble = self.next_trouble(provider)?;
        }
        match trouble.as_deref().map(words) {
            None => {
                let reply = self.change(provider, source, call)?;
                self.remember(provider, call, &reply)?;
                self.note(provider, call, &reply.status.to_string(), &reply.body, reply.status < 300)?;
                Ok(Ok(reply))
            }
            Some(("timeout_not_done", _)) => {
                self.note(provider, call, "timeout_not_done", "", false)?;
                Ok(Err(NoReply::Unknown))
            }
            Some(("timeout_done", _)) => {
                let reply = self.change(provider, source, call)?;
                self.remember(provider, call, &reply)?;
                // What the provider would have refused was not done either.
                let done = reply.status < 300;
                let status = if done { "timeout_done" } else { "timeout_not_done" };
                self.note(provider, call, status, &reply.body, done)?;
                Ok(Err(NoReply::Unknown))
            }
            Some(("done_later", secs)) => {
                self.do_later(provider, source, call, secs)?;
                self.note(provider, call, "done_later", "", false)?;
                Ok(Err(NoReply::Unknown))
            }
            Some(("500_done", _)) => {
                let done = self.change(provider, source, call)?.status < 300;
                self.fail(provider, call, 500, done).map(Ok)
            }
            Some((status, secs)) => {
                self.disk.set(&rests(provider), &secs.to_string())?;
                self.fail(provider, call, status.parse().unwrap_or(500), false).map(Ok)
            }
        }
    }

    /// For how many seconds a provider wanted to be left alone when it refused last.
    pub(super) fn asked_to_rest(&self, provider: &str) -> Disked<Option<i64>> {
        Ok(self.disk.setting(&rests(provider))?.and_then(|secs| secs.parse().ok()).filter(|secs| *secs > 0))
    }

    /// Answers with a failure, whether it was done or not.
    fn fail(&self, provider: &str, call: &Call, status: u16, done: bool) -> Disked<Reply> {
        let reply = failure(provider, status);
        // As Stripe does: failures of its own are kept under the key; a conflict, a limit or a refused API key is not.
        if !matches!(status, 401 | 403 | 409 | 429) {
            self.remember(provider, call, &reply)?;
        }
        self.note(provider, call, &status.to_string(), &reply.body, done)?;
        Ok(reply)
    }

    fn do_later(&self, provider: &str, source: &str, call: &Call, secs: i64) -> Disked<()> {
        let at = (self.clock.now() + SignedDuration::from_secs(secs)).as_millisecond();
        let sql =
            "INSERT INTO later (provider, source, at, method, path, body, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let key = &call.idempotency_key;
        self.disk.write(sql, (provider, source, at, call.method.as_str(), &call.path, &call.body, key)).map(drop)
    }

    /// Does what was to be done by now, long after its connection was dropped.
    pub(super) fn catch_up(&self) -> Disked<()> {
        let sql = "DELETE FROM later WHERE at <= ?1 RETURNING number, provider, source, method, path, body, key";
        let read = |row: &rusqlite::Row<'_>| {
            let call = Call {
                method: row.get::<_, String>(3)?.parse().unwrap_or(Method::POST),
                path: row.get(4)?,
                body: row.get(5)?,
                idempotency_key: row.get(6)?,
                patient: true,
            };
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, call))
        };
        let mut due = self.disk.rows(sql, [self.clock.now().as_millisecond()], read)?;
        due.sort_by_key(|(number, ..)| *number);
        for (_, provider, source, call) in due {
            let reply = self.change(&provider, &source, &call)?;
            self.remember(&provider, &call, &reply)?;
            self.note(&provider, &call, &reply.status.to_string(), &reply.body, reply.status < 300)?;
        }
        Ok(())
    }

    /// The answer while the first request under the same key is still being worked on.
    pub(super) fn still_at_it(&self, provider: &str, call: &Call) -> Disked<Option<Reply>> {
        let Some(key) = &call.idempotency_key else { return Ok(None) };
        let sql = "SELECT count(*) FROM later WHERE provider = ?1 AND key = ?2";
        let waiting: Option<i64> = self.disk.row(sql, (provider, key), |row| row.get(0))?;
        Ok(waiting.filter(|waiting| *waiting > 0).map(|_| failure(provider, 409)))
    }

    /// From here on, and for so long, questions are answered by what stands now. While they are already, nothing is added, so
    /// that nothing is hidden for longer than somebody said.
    fn show_late(&self, provider: &str, secs: i64) -> Disked<()> {
        if self.is_late(provider)? {
            return Ok(());
        }
        let until = self.clock.now() + SignedDuration::from_secs(secs);
        self.disk.write("DELETE FROM shown_before WHERE provider = ?1", [provider])?;
        self.disk.write("INSERT INTO shown_before SELECT * FROM object WHERE provider = ?1", [provider])?;
        self.disk.set(&setting(provider), &until.as_millisecond().to_string())
    }

    fn is_late(&self, provider: &str) -> Disked<bool> {
        let until = self.disk.setting(&setting(provider))?.and_then(|until| until.parse().ok()).unwrap_or(i64::MIN);
        Ok(self.clock.now().as_millisecond() < until)
    }

    /// The provider's books as it shows them at this moment.
    pub(super) fn as_shown(&self, provider: &str) -> Disked<Self> {
        let objects = if self.is_late(provider)? { BEFORE } else { OBJECTS };
        Ok(Self { disk: self.disk.clone(), clock: self.clock.clone(), objects })
    }
}

/// A trouble's word, and the seconds behind it.
fn words(trouble: &str) -> (&str, i64) {
    let (word, secs) = trouble.split_once(' ').unwrap_or((trouble, ""));
    (word, secs.parse().unwrap_or(0))
}

fn rests(provider: &str) -> String {
    format!("rests {provider}")
}

fn setting(provider: &str) -> String {
    format!("shows_late {provider}")
}

/// What a provider answers when it was told to get something wrong, in its own shape.
fn failure(provider: &str, status: u16) -> Reply {
    let message = "the sandbox was told to answer this";
    let body: Value = match provider {
        "chargebee" => {
            json!({
                "message": message,
                "type": "operation_failed",
                "api_error_code": "sandbox",
                "http_status_code": status,
            })
        }
        "lemonsqueezy" => {
            json!({
                "jsonapi": {"version": "1.0"},
                "errors": [{"status": status.to_string(), "title": "Sandbox", "detail": message}],
            })
        }
        "mollie" => json!({"status": status, "title": "Sandbox", "detail": message}),
        "zendesk" => json!({"error": "Sandbox", "description": message}),
        "revenuecat" => json!({"object": "error", "type": "sandbox", "message": message, "retryable": status >= 500}),
        _ => json!({"error": {"type": "api_error", "code": "sandbox", "message": message}}),
    };
    Reply { status, body: body.to_string() }
}
