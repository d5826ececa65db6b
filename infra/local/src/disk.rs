//! One SQLite file for what AWS keeps elsewhere:
//! queues, sent messages, archived bodies, the sandbox's memory, the clock.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone)]
pub struct Disk(Arc<Mutex<Connection>>);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS message (\
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, visible_at INTEGER NOT NULL, \
    receives INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'ready', reason TEXT);
CREATE INDEX IF NOT EXISTS message_next ON message (queue, state, visible_at, id);
CREATE TABLE IF NOT EXISTS letter (number INTEGER PRIMARY KEY, at TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS body (name TEXT PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS body_age ON body (at, name);
CREATE TABLE IF NOT EXISTS object (\
    provider TEXT NOT NULL, id TEXT NOT NULL, seen_at INTEGER NOT NULL, json TEXT NOT NULL, \
    PRIMARY KEY (provider, id));
CREATE TABLE IF NOT EXISTS shown_before (\
    provider TEXT NOT NULL, id TEXT NOT NULL, seen_at INTEGER NOT NULL, json TEXT NOT NULL, \
    PRIMARY KEY (provider, id));
CREATE TABLE IF NOT EXISTS later (\
    number INTEGER PRIMARY KEY, provider TEXT NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL, \
    method TEXT NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL, key TEXT);
CREATE TABLE IF NOT EXISTS key (\
    provider TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, request TEXT NOT NULL, \
    status INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (provider, key));
CREATE TABLE IF NOT EXISTS call (\
    number INTEGER PRIMARY KEY, provider TEXT NOT NULL, at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, \
    body TEXT NOT NULL, key TEXT, status TEXT NOT NULL, answer TEXT NOT NULL, \
    executed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS trouble (number INTEGER PRIMARY KEY, provider TEXT NOT NULL, status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhook (\
    number INTEGER PRIMARY KEY, provider TEXT NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL, \
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
";

/// How a data folder is laid out by this version, its tables' items included. Counted up when an older one cannot be read.
const LAYOUT: u32 = 4;

impl Disk {
    pub fn open(file: Option<&Path>) -> rusqlite::Result<Self> {
        let connection = match file {
            Some(file) => Connection::open(file)?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000;")?;
        let is_new: bool = connection.query_row("SELECT count(*) = 0 FROM sqlite_master", [], |row| row.get(0))?;
        connection.execute_batch(TABLES)?;
        if is_new {
            connection.pragma_update(None, "user_version", LAYOUT)?;
        }
        let disk = Self(Arc::new(Mutex::new(connection)));
        disk.careful()?;
        Ok(disk)
    }

    /// Whether it was laid out by this version.
    pub fn is_current(&self) -> rusqlite::Result<bool> {
        let layout: u32 = self.connection().pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok(layout == LAYOUT)
    }

    /// Waits for the disk: an acknowledged webhook survives a crash of the machine, too, not only of the process.
    pub fn careful(&self) -> rusqlite::Result<()> {
        self.connection().execute_batch("PRAGMA synchronous = FULL")
    }

    /// Waits for nothing, while what is written could be made again.
    pub fn hurried(&self) -> rusqlite::Result<()> {
        self.connection().execute_batch("PRAGMA synchronous = OFF")
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while holding the lock leaves SQLite in order: each statement is whole or not there.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn write(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.connection().prepare_cached(sql)?.execute(params)
    }

    pub fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.connection().prepare_cached(sql)?.query_map(params, read)?.collect()
    }

    pub fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.connection().prepare_cached(sql)?.query_row(params, read).optional()
    }

    pub fn setting(&self, name: &str) -> rusqlite::Result<Option<String>> {
        self.row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
    }

    pub fn set(&self, name: &str, value: &str) -> rusqlite::Result<()> {
        self.write("INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", [name, value])
            .map(drop)
    }
}
