//! A field that remembers when it was last seen, so that late sightings cannot move it backwards.

use crate::event::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When a sighting was made, in an order without ties.
///
/// Providers stamp whole seconds: within one, the further state wins (`rank`), then the event id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp(Timestamp, u8, String);

impl Stamp {
    /// The provider's version of the resource counts; where it numbers none, the event's time.
    pub fn of(event: &Event, as_of: Option<Timestamp>, rank: u8) -> Self {
        Self(as_of.unwrap_or(event.at), rank, event.id.clone())
    }

    /// When, by the provider's time.
    pub(super) fn when(&self) -> Timestamp {
        self.0
    }

    pub(super) fn at(at: Timestamp, event: &str) -> Self {
        Self(at, 0, event.to_owned())
    }
}

/// The latest sighting of a field, if there was any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latest<T>(Option<(Stamp, T)>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Latest<T> {
    /// Takes a sighting if it is newer than the one that stands; what was not sent changes nothing.
    pub fn see(&mut self, stamp: &Stamp, value: Option<T>) {
        let newer = self.0.as_ref().is_none_or(|(standing, _)| stamp > standing);
        if let (true, Some(value)) = (newer, value) {
            self.0 = Some((stamp.clone(), value));
        }
    }

    /// Whether no sighting ever showed it.
    pub fn is_unseen(&self) -> bool {
        self.0.is_none()
    }

    /// When it was seen, by the provider's time.
    pub fn seen_at(&self) -> Option<Timestamp> {
        self.0.as_ref().map(|(stamp, _)| stamp.0)
    }

    /// Whether it was seen after another field, or that one never.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.0.as_ref().map(|(stamp, _)| stamp) > other.0.as_ref().map(|(stamp, _)| stamp)
    }

    /// What was seen last; nothing if it never was.
    pub fn value(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

impl<T: Copy> Latest<T> {
    /// The same for what is small enough to be copied.
    pub fn copied(&self) -> Option<T> {
        self.value().copied()
    }
}
