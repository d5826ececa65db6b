//! What an account expects to be told by its provider, once something was approved.

use super::Kind;
use crate::book::{Head, UnderWay};
use crate::id::ActionId;
use jiff::{SignedDuration, Timestamp};

/// How long a confirmation is waited for.
const UNDER_WAY_DAYS: i64 = 90;

impl Head {
    /// Notes an approved action whose effect the provider will tell of.
    pub fn expects(&mut self, action: &ActionId, kind: &Kind, now: Timestamp) {
        let forgotten = now - SignedDuration::from_hours(24 * UNDER_WAY_DAYS);
        self.under_way.retain(|_, line| line.since > forgotten);
        if kind.is_told() {
            self.under_way.insert(action.clone(), UnderWay { target: kind.target().id(), since: now });
        }
    }
}
