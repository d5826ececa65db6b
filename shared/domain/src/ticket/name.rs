//! How a ticket is named: in records, and in addresses.

use super::{FORM, Ticket};
use crate::id::AccountId;
use std::fmt;

/// The desk whose tickets are named by their id alone, and the source that needs no name.
const OWN_DESK: &str = "ticket";
const ONLY_SOURCE: &str = "default";

/// What stands in the place of an id in the addresses of tickets, and is none.
const RESERVED: &[&str] = &["corrections"];

/// A ticket by its help desk, the source there, and the id that the help desk gave it. Records have it as
/// `provider/source/id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TicketName {
    pub provider: String,
    pub source: String,
    pub id: String,
}

impl TicketName {
    /// The name of a ticket.
    pub fn of(ticket: &Ticket) -> Self {
        Self::new(&ticket.provider, &ticket.source, &ticket.id)
    }

    /// Put together from its parts.
    pub fn new(provider: &str, source: &str, id: &str) -> Self {
        Self { provider: provider.to_owned(), source: source.to_owned(), id: id.to_owned() }
    }

    /// What stands in the place of an account where the ticket is of nobody who is known. No billing provider has the
    /// name of a help desk, so that it is no account's id.
    pub fn in_place_of_an_account(&self) -> AccountId {
        AccountId::of(&self.provider, &self.source, &self.id)
    }

    /// The source by whose setting something leaves because of it: of a form the one whose customers fill it in.
    pub fn set_up_as(&self) -> (&str, &str) {
        match self.source.split_once('.') {
            Some(own) if self.provider == FORM => own,
            _ => (self.provider.as_str(), self.source.as_str()),
        }
    }

    /// Reads a name as records have it; only the id may hold what separates the parts.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(3, '/').collect();
        let &[provider, source, id] = parts.as_slice() else { return None };
        (!provider.is_empty() && !source.is_empty() && !id.is_empty()).then(|| Self::new(provider, source, id))
    }

    /// As it stands in addresses and in JSON: what is not plain there is written as its bytes. The company's own desk
    /// is not named, and neither is a source where a desk has only one.
    pub fn address(&self) -> String {
        let id = plain(&self.id);
        match (self.provider == OWN_DESK, self.source == ONLY_SOURCE) {
            (true, true) if !RESERVED.contains(&id.as_str()) => id,
            (_, true) => format!("{}:{id}", plain(&self.provider)),
            (_, false) => format!("{}:{}:{id}", plain(&self.provider), plain(&self.source)),
        }
    }

    /// Reads an address back; a name as records have it is one as well.
    pub fn at(address: &str) -> Option<Self> {
        if address.contains('/') {
            return Self::parse(address);
        }
        let parts: Vec<String> = address.split(':').map(read).collect::<Option<_>>()?;
        let (provider, source, id) = match parts.as_slice() {
            [id] => (OWN_DESK, ONLY_SOURCE, id.as_str()),
            [provider, id] => (provider.as_str(), ONLY_SOURCE, id.as_str()),
            [provider, source, id] => (provider.as_str(), source.as_str(), id.as_str()),
            _ => return None,
        };
        (!provider.is_empty() && !source.is_empty() && !id.is_empty()).then(|| Self::new(provider, source, id))
    }
}

impl fmt::Display for TicketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.provider, self.source, self.id)
    }
}

/// A point stands for itself only inside, so that no name is a way up.
fn plain(text: &str) -> String {
    let mut written = String::new();
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    for (place, byte) in text.bytes().enumerate() {
        let (before, after) = text.as_bytes().split_at(place);
        let is_inside = byte == b'.' && is_letter(before.last()) && is_letter(after.get(1));
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || is_inside {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("~{byte:02x}"));
        }
    }
    written
}

fn read(written: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = written.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'~' {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            bytes.push(digit(rest.next()?)? * 16 + digit(rest.next()?)?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_from_its_address_and_is_plain_in_one() {
        for (provider, source, id, address) in [
            ("ticket", "default", "42", "42"),
            ("ticket", "default", "T-1.b", "T-1.b"),
            ("ticket", "eu", "42", "ticket:eu:42"),
            ("desk", "default", "42", "desk:42"),
            ("desk", "eu", "42", "desk:eu:42"),
            ("ticket", "default", "corrections", "ticket:corrections"),
            ("ticket", "default", "a/b#c:d e", "a~2fb~23c~3ad~20e"),
            ("ticket", "default", "..", "~2e~2e"),
            ("ticket", "default", "~1", "~7e1"),
            ("ticket", "default", "é", "~c3~a9"),
        ] {
            let name = TicketName::new(provider, source, id);
            assert_eq!(name.address(), address);
            assert_eq!(TicketName::at(address), Some(name.clone()), "{address}");
            assert_eq!(TicketName::parse(&name.to_string()), Some(name.clone()), "{name}");
            assert_eq!(TicketName::at(&name.to_string()), Some(name), "{address}");
        }
        assert_eq!(TicketName::new("form", "stripe.eu", "req_1").set_up_as(), ("stripe", "eu"));
        assert_eq!(TicketName::new("desk", "a.b", "1").set_up_as(), ("desk", "a.b"));
        for wrong in ["", ":", "desk:", "a:b:c:d", "~4", "~zz", "~ff", "a/b", "//x"] {
            assert_eq!(TicketName::at(wrong), None, "{wrong}");
        }
    }
}
