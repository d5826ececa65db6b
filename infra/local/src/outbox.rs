//! Messages to people stay on this machine, to be looked at. Large bodies are kept here, too.

use crate::disk::Disk;
use crate::sandbox::Sandbox;
use app::fault::Fault;
use app::ports::{Archive, Channel, Clock, Letter, NoReply, Post, Unsent};
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::Arc;

pub struct Outbox {
    pub disk: Disk,
    pub clock: Arc<dyn Clock>,
    /// Where Slack's part is played.
    pub sandbox: Arc<Sandbox>,
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
        Ok(self.numbered()?.into_iter().map(|(_, at, letter)| (at, letter)).collect())
    }

    /// The same, each with its number.
    pub fn numbered(&self) -> rusqlite::Result<Vec<(i64, Timestamp, Letter)>> {
        let sql = "SELECT number, at, json FROM letter ORDER BY number DESC LIMIT 1000";
        let rows: Vec<(i64, String, String)> =
            self.disk.rows(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows
            .into_iter()
            .filter_map(|(number, at, json)| Some((number, at.parse().ok()?, serde_json::from_str(&json).ok()?)))
            .collect())
    }
}

impl Outbox {
    /// Keeps a message, and says as which one.
    fn keep(&self, letter: &Letter) -> rusqlite::Result<i64> {
        let sql = "INSERT INTO letter (at, json) VALUES (?1, ?2) RETURNING number";
        let numbers: Vec<i64> =
            self.disk.rows(sql, [&self.clock.now().to_string(), &text(letter)], |row| row.get(0))?;
        numbers.first().copied().ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Asks the stand-in for Slack; `done` is what it then does.
    fn slack(
        &self,
        method: &str,
        letter: &Letter,
        done: impl FnOnce() -> rusqlite::Result<i64>,
    ) -> Result<Option<String>, Unsent> {
        match self.sandbox.slack(method, (&letter.to, &letter.subject), done).map_err(Unsent::refused)? {
            Ok(posted) => Unsent::unless_posted(posted),
            Err(NoReply::NotSent | NoReply::NoKey) => Err(Unsent::refused("Slack could not be reached")),
            Err(NoReply::Unknown) => Err(Unsent::Unknown("Slack does not answer".to_owned())),
        }
    }
}

fn text(letter: &Letter) -> String {
    serde_json::to_string(letter).expect("a letter is plain data")
}

#[async_trait]
impl Post for Outbox {
    async fn send(&self, letter: &Letter) -> Result<Option<String>, Unsent> {
        match letter.channel {
            Channel::Mail | Channel::Sms => self.keep(letter).map(|_| None).map_err(Unsent::refused),
            Channel::Slack => self.slack("chat.postMessage", letter, || self.keep(letter)),
        }
    }

    async fn change(&self, place: &str, letter: &Letter) -> Result<(), Unsent> {
        let number = place.rsplit_once('/').map_or(place, |(_, number)| number).parse::<i64>().unwrap_or(0);
        let written =
            || self.disk.write("UPDATE letter SET json = ?2 WHERE number = ?1", (number, text(letter))).map(|_| number);
        self.slack("chat.update", letter, written).map(drop)
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

    async fn find(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.disk.row("SELECT bytes FROM body WHERE name = ?1", [name], |row| row.get(0)).map_err(Fault::retry)
    }
}
