//! Keys of who works here, and of what they asked, decided and stopped.

use super::Prefix;
use crate::ports::{Key, Table};
use domain::id::digest;
use jiff::Timestamp;
use jiff::civil::Date;

pub fn staff(id: &str) -> Key {
    Key { table: Table::Config, pk: "STAFF".to_owned(), sk: format!("STAFF#{id}") }
}

/// Everybody who works here.
pub fn all_staff() -> Prefix {
    Prefix::of(staff(""))
}

const STAFF_CHANGES: &str = "STAFF_CHANGES";

/// One change to the staff table, by its time.
pub fn staff_change(at: Timestamp, staff: &str) -> Key {
    Key { table: Table::Config, pk: STAFF_CHANGES.to_owned(), sk: format!("{at:.3}#{staff}") }
}

/// All changes to the staff table.
pub fn staff_changes() -> Prefix {
    Prefix::whole(Table::Config, STAFF_CHANGES.to_owned())
}

const STAFF_PROPOSALS: &str = "STAFF_PROPOSALS";

/// A change of who may approve that waits, or waited, for a second person.
pub fn staff_proposal(number: u64) -> Key {
    Key { table: Table::Config, pk: STAFF_PROPOSALS.to_owned(), sk: format!("{number:012}") }
}

/// All of them, in the order in which they were made.
pub fn staff_proposals() -> Prefix {
    Prefix::whole(Table::Config, STAFF_PROPOSALS.to_owned())
}

pub(super) const BULLETIN: &str = "BULLETIN#";

/// What the staff are told of something.
pub fn bulletin(id: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{BULLETIN}{id}"), sk: "BULLETIN".to_owned() }
}

/// Who stands in for whom.
pub fn delegations() -> Key {
    Key { table: Table::Config, pk: "DELEGATIONS".to_owned(), sk: "DELEGATIONS".to_owned() }
}

/// The lists that somebody keeps by names.
pub fn views(staff: &str) -> Key {
    Key { table: Table::Config, pk: "VIEWS".to_owned(), sk: format!("VIEWS#{staff}") }
}

/// Which pages may show an account within a frame.
pub fn embeds() -> Key {
    Key { table: Table::Config, pk: "EMBEDS".to_owned(), sk: "EMBEDS".to_owned() }
}

/// The companies of ours that sell.
pub fn entities() -> Key {
    Key { table: Table::Config, pk: "ENTITIES".to_owned(), sk: "ENTITIES".to_owned() }
}

/// Where the product is told.
pub fn endpoints() -> Key {
    Key { table: Table::Config, pk: "ENDPOINTS".to_owned(), sk: "ENDPOINTS".to_owned() }
}

pub(super) const ENDPOINT: &str = "ENDPOINT#";

/// Whether an endpoint takes what it is sent.
pub fn reach(endpoint: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{ENDPOINT}{endpoint}"), sk: "ENDPOINT".to_owned() }
}

/// A mailed link, found by the hash of its token.
pub fn link(hash: &str) -> Key {
    Key { table: Table::Config, pk: "LINK".to_owned(), sk: hash.to_owned() }
}

/// What a staff member asked for under an `Idempotency-Key`.
pub fn idempotency(staff: &str, key: &str) -> Key {
    Key {
        table: Table::Accounts,
        pk: format!("IDEMPOTENCY#{staff}#{}", digest(&[key], 26)),
        sk: "IDEMPOTENCY".to_owned(),
    }
}

/// What somebody decided alone on a day.
pub fn alone(staff: &str, day: Date) -> Key {
    Key { table: Table::Accounts, pk: format!("ALONE#{staff}#{day}"), sk: "ALONE".to_owned() }
}

/// What is stopped by hand.
pub fn stops() -> Key {
    Key { table: Table::Config, pk: "STOPS".to_owned(), sk: "STOPS".to_owned() }
}
