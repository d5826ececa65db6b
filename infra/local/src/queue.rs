//! A durable queue with SQS's habits: a received message is hidden for a while, comes back if nobody deletes it, and
//! dies when it has come back too often.

use crate::disk::Disk;
use app::fault::Fault;
use app::ports::{Clock, Queue, QueueName};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::Notify;

pub struct LocalQueue {
    disk: Disk,
    clock: Arc<dyn Clock>,
    pub arrived: Arc<Notify>,
}

/// A message in the hands of a handler.
#[derive(Debug, Clone)]
pub struct Received {
    pub id: i64,
    pub body: String,
    pub receives: u32,
}

/// How full a queue is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    pub name: &'static str,
    pub depth: i64,
    pub in_flight: i64,
    pub delayed: i64,
    pub dead: i64,
}

impl LocalQueue {
    pub fn open(disk: Disk, clock: Arc<dyn Clock>) -> rusqlite::Result<Self> {
        let queue = Self { disk, clock, arrived: Arc::new(Notify::new()) };
        queue.restart()?;
        Ok(queue)
    }

    /// Makes ready what a process had in hand that is gone.
    pub fn restart(&self) -> rusqlite::Result<()> {
        self.disk.write("UPDATE message SET state = 'ready', visible_at = 0 WHERE state = 'in_flight'", []).map(drop)
    }

    /// Hands out messages and hides them until the visibility time is over.
    pub fn receive(&self, queue: QueueName, limit: u32, visibility_secs: i64) -> rusqlite::Result<Vec<Received>> {
        let now = self.clock.now().as_millisecond();
        let sql = "UPDATE message SET state = 'in_flight', receives = receives + 1, visible_at = ?2 WHERE id IN
            (SELECT id FROM message WHERE queue = ?1 AND state IN ('ready', 'in_flight') AND visible_at <= ?3 \
             ORDER BY id LIMIT ?4)
            RETURNING id, body, receives";
        let read = |row: &rusqlite::Row<'_>| Ok(Received { id: row.get(0)?, body: row.get(1)?, receives: row.get(2)? });
        let mut received = self.disk.rows(sql, (queue.name(), now + visibility_secs * 1000, now, limit), read)?;
        received.sort_by_key(|message| message.id);
        Ok(received)
    }

    pub fn delete(&self, id: i64) -> rusqlite::Result<()> {
        self.disk.write("DELETE FROM message WHERE id = ?1", [id]).map(drop)
    }

    /// Puts a message back for later.
    pub fn delay(&self, id: i64, until: Timestamp) -> rusqlite::Result<()> {
        self.disk
            .write("UPDATE message SET state = 'ready', visible_at = ?2 WHERE id = ?1", (id, until.as_millisecond()))
            .map(drop)
    }

    /// Sets a message aside with its reason.
    pub fn bury(&self, id: i64, reason: &str) -> rusqlite::Result<()> {
        self.disk.write("UPDATE message SET state = 'dead', reason = ?2 WHERE id = ?1", (id, reason)).map(drop)
    }

    /// Makes dead messages new ones; says how many.
    pub fn redrive(&self, queue: QueueName) -> rusqlite::Result<usize> {
        let revived = self.disk.write(
            "UPDATE message SET state = 'ready', visible_at = 0, receives = 0, reason = NULL \
             WHERE queue = ?1 AND state = 'dead'",
            [queue.name()],
        )?;
        self.arrived.notify_one();
        Ok(revived)
    }

    pub fn depths(&self) -> rusqlite::Result<Vec<Depth>> {
        let now = self.clock.now().as_millisecond();
        let sql = "SELECT count(*) FILTER (WHERE state = 'ready' AND visible_at <= ?2), \
            count(*) FILTER (WHERE state = 'in_flight'),
            count(*) FILTER (WHERE state = 'ready' AND visible_at > ?2), count(*) FILTER (WHERE state = 'dead') \
            FROM message WHERE queue = ?1";
        let depth = |queue: QueueName| {
            let read = |row: &rusqlite::Row<'_>| {
                Ok(Depth {
                    name: queue.name(),
                    depth: row.get(0)?,
                    in_flight: row.get(1)?,
                    delayed: row.get(2)?,
                    dead: row.get(3)?,
                })
            };
            self.disk.row(sql, (queue.name(), now), read).map(Option::unwrap_or_default)
        };
        QueueName::ALL.into_iter().map(depth).collect()
    }

    /// When the next hidden message comes back.
    pub fn next_at(&self, after: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
        let sql = "SELECT min(visible_at) FROM message WHERE state <> 'dead' AND visible_at > ?1";
        let next: Option<Option<i64>> = self.disk.row(sql, [after.as_millisecond()], |row| row.get(0))?;
        Ok(next.flatten().and_then(|millis| Timestamp::from_millisecond(millis).ok()))
    }

    /// The dead messages of a queue: id, body, reason.
    pub fn dead(&self, queue: QueueName) -> rusqlite::Result<Vec<(i64, String, Option<String>)>> {
        let sql = "SELECT id, body, reason FROM message WHERE queue = ?1 AND state = 'dead' ORDER BY id";
        self.disk.rows(sql, [queue.name()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }
}

#[async_trait]
impl Queue for LocalQueue {
    async fn send(&self, queue: QueueName, body: &str) -> Result<(), Fault> {
        let sent =
            self.disk.write("INSERT INTO message (queue, body, visible_at) VALUES (?1, ?2, 0)", [queue.name(), body]);
        sent.map_err(|error| Fault::Retry(format!("the queue does not answer: {error}")))?;
        self.arrived.notify_one();
        Ok(())
    }

    async fn set_aside(&self, queue: QueueName, body: &str, reason: &str) -> Result<(), Fault> {
        let sql = "INSERT INTO message (queue, body, visible_at, state, reason) VALUES (?1, ?2, 0, 'dead', ?3)";
        let set = self.disk.write(sql, (queue.name(), body, reason));
        set.map(drop).map_err(|error| Fault::Retry(format!("the queue does not answer: {error}")))
    }
}
