//! Keys of a source: how it is set up, what it sent, and what is known of it as a whole.

use super::Prefix;
use crate::ports::{Key, Table};
use domain::book::ResourceId;
use domain::id::IncidentId;
use domain::incident::{Pulse, Trouble};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub(super) const EXTERNAL: &str = "EXT#";
pub(super) const PROBE: &str = "PROBE#";
pub(super) const BACKFILL: &str = "BACKFILL#";
pub(super) const WATCH: &str = "WATCH#";
pub(super) const COHORTS: &str = "COHORTS#";
pub(super) const ANSWER: &str = "ANSWER#";
pub(super) const TICKET: &str = "TICKET#";
/// What anybody outside may have written by filling in a form begins so, and nothing else does.
pub(super) const FORM: &str = "FORM#";
const FORMS: &str = "FORMS#";

/// How a source is set up.
pub fn source(provider: &str, source: &str) -> Key {
    Key { table: Table::Config, pk: "SOURCE".to_owned(), sk: format!("SOURCE#{provider}#{source}") }
}

/// Every source that was set up.
pub fn sources() -> Prefix {
    Prefix { table: Table::Config, pk: "SOURCE".to_owned(), sk: "SOURCE#".to_owned() }
}

/// The dedupe key of one provider event.
pub fn receipt(provider: &str, source: &str, event: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("EVENT#{provider}#{source}#{event}"), sk: "EVENT".to_owned() }
}

/// Whose is this external id? It holds the kind of resource: some providers number each kind from one.
pub fn external(provider: &str, source: &str, id: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{EXTERNAL}{provider}#{source}#{id}"), sk: "EXT".to_owned() }
}

/// The external key of a resource; a person is known by the customer's id.
pub fn external_of(provider: &str, source: &str, resource: &ResourceId) -> Option<Key> {
    let id = match resource {
        ResourceId::Person => return None,
        ResourceId::Card(id) => format!("card:{id}"),
        ResourceId::Invoice(id) => format!("invoice:{id}"),
        ResourceId::Payment(id) => format!("payment:{id}"),
        ResourceId::Subscription(id) => format!("subscription:{id}"),
    };
    Some(external(provider, source, &id))
}

/// One support ticket.
pub fn ticket(provider: &str, source: &str, id: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{TICKET}{provider}#{source}#{id}"), sk: "TICKET".to_owned() }
}

/// What a person said that a ticket is.
pub fn correction(provider: &str, source: &str, id: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("CORRECTION#{provider}#{source}#{id}"), sk: "CORRECTION".to_owned() }
}

/// Which ticket was the first with these words of this person, of which only the digest is kept.
pub fn wrote(digest: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("WROTE#{digest}"), sk: "WROTE".to_owned() }
}

/// A filled-in refund request form, found by the hash of the token that its sender is mailed.
pub fn requested(hash: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{FORM}{hash}"), sk: "FORM".to_owned() }
}

/// How many forms somebody has sent within a window, or were sent to somebody: found by what their name was made into.
pub fn knocks(who: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{FORMS}{who}"), sk: "FORMS".to_owned() }
}

/// The answer to a ticket that is on its way.
pub fn dispatch(provider: &str, source: &str, id: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{ANSWER}{provider}#{source}#{id}"), sk: "ANSWER".to_owned() }
}

/// How an address, of which only the digest is kept, was answered by itself of late.
pub fn greeted(digest: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("GREETED#{digest}"), sk: "GREETED".to_owned() }
}

/// When an object was last fetched that an unsigned delivery named.
pub fn probe(provider: &str, source: &str, path: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{PROBE}{provider}#{source}#{path}"), sk: "PROBE".to_owned() }
}

/// How many objects were fetched for a source within a minute.
pub fn probes(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("PROBES#{provider}#{source}"), sk: "PROBES".to_owned() }
}

/// How far the filling of a source's book has come.
pub fn backfill(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{BACKFILL}{provider}#{source}"), sk: "BACKFILL".to_owned() }
}

/// What is known of a source as a whole.
pub fn watch(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{WATCH}{provider}#{source}"), sk: "WATCH".to_owned() }
}

/// How far what a source found while it observed has been asked for.
pub fn cohorts(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{COHORTS}{provider}#{source}"), sk: "COHORTS".to_owned() }
}

/// That approved actions wait for a source's API key.
pub fn locked(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("KEY#{provider}#{source}"), sk: "KEY".to_owned() }
}

/// One due item or dispute of a source, in the order of time within its day.
pub fn pulse(pulse: &Pulse) -> Key {
    let pk = pulse_partition(&pulse.provider, &pulse.source, pulse.trouble, pulse.at.to_zoned(TimeZone::UTC).date());
    Key { table: Table::Accounts, pk, sk: format!("{}#{}#{}", pulses_since(pulse.at), pulse.about, pulse.account) }
}

/// What lies behind this in a source's day is of this moment or later.
pub fn pulses_since(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The pulses of a source's day.
pub fn pulses(provider: &str, source: &str, trouble: Trouble, day: Date) -> Prefix {
    Prefix::whole(Table::Accounts, pulse_partition(provider, source, trouble, day))
}

fn pulse_partition(provider: &str, source: &str, trouble: Trouble, day: Date) -> String {
    format!("PULSE#{provider}#{source}#{}#{day}", trouble.name())
}

/// One trouble of many accounts.
pub fn incident(incident: &IncidentId) -> Key {
    Key { table: Table::Accounts, pk: format!("INCIDENT#{incident}"), sk: "INCIDENT".to_owned() }
}

/// What went live lately.
pub fn releases() -> Key {
    Key { table: Table::Config, pk: "RELEASES".to_owned(), sk: "RELEASES".to_owned() }
}
