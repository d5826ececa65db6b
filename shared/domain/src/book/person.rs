//! Who the customer is: the one erasable item of an account.

use super::{Contacts, Latest, Stamp};
use crate::event::{CustomerSeen, Event};
use crate::import::Customer;
use crate::policy::{Reader, Texts};
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
    pub locale: Latest<String>,
    pub country: Latest<String>,
    pub created_at: Latest<Timestamp>,
    /// What stood in each of these until now: who changed it lately is looked at twice.
    #[serde(skip_serializing_if = "Contacts::is_empty")]
    pub emails: Contacts,
    #[serde(skip_serializing_if = "Contacts::is_empty")]
    pub phones: Contacts,
    #[serde(skip_serializing_if = "Contacts::is_empty")]
    pub addresses: Contacts,
    /// From then on nothing that a provider tells of them is taken in.
    pub erased_at: Option<Timestamp>,
}

impl Person {
    /// Forgets all of it for good: what a provider tells afterwards is not taken in.
    pub fn erase(&mut self, at: Timestamp) {
        *self = Self { erased_at: Some(at), ..Self::default() };
    }

    /// How they are written to. What the company's own file says of them counts before what the provider does.
    pub fn reader<'a>(&self, said: Option<&Customer>, texts: &'a Texts) -> Reader<'a> {
        let own = said.and_then(|customer| customer.locale.as_deref());
        texts.reader(own.or(self.locale.value().map(String::as_str)), self.country(said))
    }

    /// Where they live. The country that taxes them is the best guess where nobody said it.
    pub fn country<'a>(&'a self, said: Option<&'a Customer>) -> Option<&'a str> {
        let taxed = || said.and_then(|customer| customer.tax_country.as_deref());
        self.country.value().map(String::as_str).or_else(taxed)
    }

    pub(super) fn fold(&mut self, seen: &CustomerSeen, event: &Event) {
        if self.erased_at.is_some() {
            return;
        }
        let stamp = Stamp::of(event, seen.as_of, 0);
        self.emails.see(&stamp, seen.email.as_ref());
        self.phones.see(&stamp, seen.phone.as_ref());
        self.addresses.see(&stamp, seen.address.as_ref());
        self.name.see(&stamp, seen.name.clone());
        self.email.see(&stamp, seen.email.clone());
        self.phone.see(&stamp, seen.phone.clone());
        self.address.see(&stamp, seen.address.clone());
        self.locale.see(&stamp, seen.locale.clone());
        self.country.see(&stamp, seen.country.clone());
        self.created_at.see(&stamp, seen.created_at);
    }
}
