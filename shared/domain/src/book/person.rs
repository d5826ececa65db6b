//! Who the customer is: the one erasable item of an account.

use super::{Latest, Stamp};
use crate::event::{CustomerSeen, Event};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a customer is called and reached, each as last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    pub name: Latest<String>,
    pub email: Latest<String>,
    pub phone: Latest<String>,
    pub address: Latest<String>,
    pub created_at: Latest<Timestamp>,
    /// From then on nothing that a provider tells of them is taken in.
    pub erased_at: Option<Timestamp>,
}

impl Person {
    /// Forgets all of it for good: what a provider tells afterwards is not taken in.
    pub fn erase(&mut self, at: Timestamp) {
        *self = Self { erased_at: Some(at), ..Self::default() };
    }

    pub(super) fn fold(&mut self, seen: &CustomerSeen, event: &Event) {
        if self.erased_at.is_some() {
            return;
        }
        let stamp = Stamp::of(event, seen.as_of, 0);
        self.name.see(&stamp, seen.name.clone());
        self.email.see(&stamp, seen.email.clone());
        self.phone.see(&stamp, seen.phone.clone());
        self.address.see(&stamp, seen.address.clone());
        self.created_at.see(&stamp, seen.created_at);
    }
}
