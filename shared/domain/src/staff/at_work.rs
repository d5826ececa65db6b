//! How long people were at something: what they do is timed, what they look at is not.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Two acts further apart belong to two sittings.
const GAP: SignedDuration = SignedDuration::from_mins(10);

/// How long people were at it: from act to act, as long as no more than ten minutes lie between two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AtWork {
    pub secs: i64,
    pub last_at: Option<Timestamp>,
}

impl AtWork {
    /// Somebody did something.
    pub fn act(&mut self, at: Timestamp) {
        if let Some(last) = self.last_at {
            let between = at.duration_since(last);
            if between.is_positive() && between <= GAP {
                self.secs += between.as_secs();
            }
        }
        self.last_at = self.last_at.max(Some(at));
    }

    /// What people did elsewhere about the same.
    pub fn add(&mut self, other: Self) {
        self.secs += other.secs;
        self.last_at = self.last_at.max(other.last_at);
    }

    /// Whether nobody has done anything.
    pub fn is_nothing(&self) -> bool {
        self.last_at.is_none()
    }
}
