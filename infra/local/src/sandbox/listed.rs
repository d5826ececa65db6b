//! What the lists of all stand-ins have in common: a call taken apart, and objects in a provider's order.

use providers::{Call, Reply};
use serde_json::Value;
use std::cmp::Reverse;

/// What is asked for, and with which parameters.
pub(super) struct Asked {
    pub path: String,
    pub query: Vec<(String, String)>,
}

impl Asked {
    pub fn of(call: &Call) -> Self {
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        Self { path: path.to_owned(), query: form_urlencoded::parse(query.as_bytes()).into_owned().collect() }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// How many objects a page holds; what is out of bounds is brought within them, as the providers do.
    pub fn limit(&self, name: &str, default: usize, most: usize) -> usize {
        self.get(name).and_then(|limit| limit.parse().ok()).unwrap_or(default).clamp(1, most)
    }
}

/// Sorts objects as most providers list them; those of one instant by their ids.
pub(super) fn newest_first(objects: &mut [Value], made_at: impl Fn(&Value) -> i64) {
    objects.sort_by_cached_key(|object| Reverse((made_at(object), text(&object["id"]))));
}

/// The milliseconds of a time that is written as text; nothing is the beginning of all times.
pub(super) fn millis(time: &Value) -> i64 {
    let parsed = time.as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    parsed.map_or(0, jiff::Timestamp::as_millisecond)
}

/// A text or a number, as text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn answer(status: u16, body: &Value) -> Reply {
    Reply { status, body: body.to_string() }
}
