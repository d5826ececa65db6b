//! A card that is kept for the customer.

use super::{Latest, Stamp};
use crate::event::{Card, CardSeen, CardState, Event};
use serde::{Deserialize, Serialize};

/// Each side of it as last seen; one that was removed stays, and says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptCard {
    pub id: String,
    pub card: Latest<Card>,
    pub state: Latest<CardState>,
}

impl KeptCard {
    /// One of which nothing was seen yet.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    pub(super) fn fold(&mut self, seen: &CardSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.as_of, seen.state as u8);
        self.card.see(&stamp, seen.card.clone());
        self.state.see(&stamp, Some(seen.state));
    }
}
