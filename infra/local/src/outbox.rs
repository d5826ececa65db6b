//! Messages to people stay on this machine, to be looked at. Large bodies are kept here, too.

use crate::disk::Disk;
use app::fault::Fault;
use app::ports::{Archive, Channel, Clock, Letter, Post, Unsent};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;

pub struct Outbox {
    pub disk: Disk,
    pub clock: Arc<dyn Clock>,
}

/// A raw delivery as it was kept.
pub struct Kept {
    pub at: i64,
    pub name: String,
    pub packed: Vec<u8>,
}

impl Outbox {
    /// Raw deliveries behind a place in their order, oldest first.
    pub fn kept(&self, after: (i64, &str), limit: u32) -> rusqlite::Result<Vec<Kept>> {
        let sql = "SELECT at, name, bytes FROM body WHERE (at, name) > (?1, ?2) AND name GLOB 'bodies/*' \
            ORDER BY at, name LIMIT ?3";
        self.disk.rows(sql, (after.0, after.1, limit), |row| {
            Ok(Kept { at: row.get(0)?, name: row.get(1)?, packed: row.get(2)? })
        })
    }

    /// Forgets raw deliveries that were kept long enough; on AWS, the bucket's own rule does.
    pub fn forget(&self, older_than: Timestamp) -> rusqlite::Result<usize> {
        self.disk.write("DELETE FROM body WHERE at < ?1 AND name GLOB 'bodies/*'", [older_than.as_millisecond()])
    }

    /// What was sent, newest first.
    pub fn letters(&self) -> rusqlite::Result<Vec<(Timestamp, Letter)>> {
        let rows: Vec<(String, String)> =
            self.disk.rows("SELECT at, json FROM letter ORDER BY number DESC LIMIT 1000", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(rows
            .into_iter()
            .filter_map(|(at, json)| Some((at.parse().ok()?, serde_json::from_str(&json).ok()?)))
            .collect())
    }
}

#[async_trait]
impl Post for Outbox {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        let refused = |error: &dyn std::fmt::Display| Unsent::NotSent(error.to_string());
        let json = serde_json::to_string(letter).map_err(|error| refused(&error))?;
        let sql = "INSERT INTO letter (at, json) VALUES (?1, ?2) RETURNING number";
        let placed: Vec<i64> = self
            .disk
            .rows(sql, [&self.clock.now().to_string(), &json], |row| row.get(0))
            .map_err(|error| refused(&error))?;
        Ok(placed.first().map(i64::to_string).filter(|_| letter.channel == Channel::Slack))
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        let json = serde_json::to_string(letter).map_err(|error| Unsent::NotSent(error.to_string()))?;
        let written = self
            .disk
            .write("UPDATE letter SET json = ?2 WHERE number = ?1", (place.parse::<i64>().unwrap_or(0), &json));
        written.map(drop).map_err(|error| Unsent::NotSent(error.to_string()))
    }
}

#[async_trait]
impl Archive for Outbox {
    async fn put(&self, name: &str, body: &[u8]) -> Result<(), Fault> {
        let at = self.clock.now().as_millisecond();
        let written = self.disk.write(
            "INSERT INTO body VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET bytes = ?3",
            (name, at, body),
        );
        written.map(drop).map_err(Fault::retry)
    }

    async fn take(&self, name: &str) -> Result<Vec<u8>, Fault> {
        let found =
            self.disk.row("SELECT bytes FROM body WHERE name = ?1", [name], |row| row.get(0)).map_err(Fault::retry)?;
        found.ok_or_else(|| Fault::Park(format!("the archive has no {name}")))
    }
}
