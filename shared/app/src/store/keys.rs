//! Every key of the three tables, in one place. Keys are for ever: `docs/decisions/0002-keys.md` shows an example of each.

use crate::ports::{Key, Table};
use domain::book::ResourceId;
use domain::id::{AccountId, ActionId, CaseId, DecisionId, IncidentId, TaskId, digest};
use domain::incident::{Pulse, Trouble};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How many partitions the alarm index is spread over.
pub const WAKE_SHARDS: u8 = 8;
/// How many partitions each list is spread over.
pub const LIST_SHARDS: u8 = 4;
/// How many partitions a month of facts is spread over.
pub const FACT_SHARDS: u8 = 8;

fn account(account: &AccountId, sk: impl Into<String>) -> Key {
    Key { table: Table::Accounts, pk: format!("ACCOUNT#{account}"), sk: sk.into() }
}

pub fn head(id: &AccountId) -> Key {
    account(id, "HEAD")
}

pub fn person(id: &AccountId) -> Key {
    account(id, "PERSON")
}

pub fn invoice(id: &AccountId, invoice: &str) -> Key {
    account(id, format!("INVOICE#{invoice}"))
}

pub fn payment(id: &AccountId, payment: &str) -> Key {
    account(id, format!("PAYMENT#{payment}"))
}

pub fn subscription(id: &AccountId, subscription: &str) -> Key {
    account(id, format!("SUBSCRIPTION#{subscription}"))
}

pub fn card(id: &AccountId, card: &str) -> Key {
    account(id, format!("CARD#{card}"))
}

pub fn resource(id: &AccountId, resource: &ResourceId) -> Key {
    match resource {
        ResourceId::Person => person(id),
        ResourceId::Card(name) => card(id, name),
        ResourceId::Invoice(name) => invoice(id, name),
        ResourceId::Payment(name) => payment(id, name),
        ResourceId::Subscription(name) => subscription(id, name),
    }
}

pub fn case(case: &CaseId) -> Key {
    account(&case.account(), format!("CASE#{case}"))
}

/// Which other accounts are the same customer.
pub fn group(id: &AccountId) -> Key {
    account(id, "GROUP")
}

pub fn decision(decision: &DecisionId) -> Key {
    account(&decision.account(), format!("DECISION#{decision}"))
}

pub fn action(action: &ActionId) -> Key {
    account(&action.account(), format!("ACTION#{action}"))
}

pub fn task(task: &TaskId) -> Key {
    account(&task.account(), format!("TASK#{task}"))
}

pub const ACTION_PREFIX: &str = "ACTION#";

pub fn plan(id: &AccountId, invoice: &str) -> Key {
    account(id, format!("PLAN#{invoice}"))
}

pub fn ledger_head(id: &AccountId) -> Key {
    account(id, "LEDGER")
}

/// Numbers are padded, so that the order of keys is the order of entries.
pub fn ledger_entry(id: &AccountId, number: u64) -> Key {
    account(id, format!("LEDGER#{number:012}"))
}

pub const LEDGER_PREFIX: &str = "LEDGER#";

pub fn timeline(id: &AccountId, at: jiff::Timestamp, event: &str) -> Key {
    account(id, format!("TIME#{at:.3}#{event}"))
}

pub const TIMELINE_PREFIX: &str = "TIME#";

/// The partition of everything about one account.
pub fn account_partition(id: &AccountId) -> String {
    head(id).pk
}

/// The dedupe key of one provider event.
pub fn receipt(provider: &str, source: &str, event: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("EVENT#{provider}#{source}#{event}"), sk: "EVENT".to_owned() }
}

/// Whose is this external id? It holds the kind of resource: some providers number each kind from one.
pub fn external(provider: &str, source: &str, id: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("EXT#{provider}#{source}#{id}"), sk: "EXT".to_owned() }
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

pub fn fact(month: &str, account: &AccountId, commit: &str, number: usize) -> Key {
    let shard = shard_of(account.as_str(), FACT_SHARDS);
    Key { table: Table::Facts, pk: format!("{month}#{shard}"), sk: format!("{account}#{commit}#{number}") }
}

pub fn fact_partitions(month: &str) -> impl Iterator<Item = String> {
    (0..FACT_SHARDS).map(move |shard| format!("{month}#{shard}"))
}

pub fn staff(id: &str) -> Key {
    Key { table: Table::Config, pk: "STAFF".to_owned(), sk: format!("STAFF#{id}") }
}

/// That an account is found by a word, of which only the digest is kept.
pub fn found_by(digest: &str, account: &AccountId) -> Key {
    Key { table: Table::Accounts, pk: format!("FIND#{digest}"), sk: account.to_string() }
}

/// The partition of all accounts that are found by a word.
pub fn found_partition(term: &str) -> String {
    format!("FIND#{}", term_digest(term))
}

pub fn term_digest(term: &str) -> String {
    digest(&[term], 26)
}

/// One support ticket.
pub fn ticket(provider: &str, source: &str, id: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("TICKET#{provider}#{source}#{id}"), sk: "TICKET".to_owned() }
}

/// Which imports of a kind count.
pub fn imports(kind: &str) -> Key {
    Key { table: Table::Config, pk: "IMPORT".to_owned(), sk: format!("IMPORT#{kind}") }
}

/// What imports of a kind said about an account.
pub fn imported_of(id: &AccountId, kind: &str) -> Key {
    account(id, format!("IMPORTED#{kind}"))
}

/// What imports said about a price.
pub fn price(provider: &str, source: &str, price: &str) -> Key {
    Key { table: Table::Config, pk: "PRICE".to_owned(), sk: format!("PRICE#{provider}#{source}#{price}") }
}

/// What imports said about the card networks.
pub fn network_rules() -> Key {
    Key { table: Table::Config, pk: "NETWORK_RULES".to_owned(), sk: "NETWORK_RULES".to_owned() }
}

/// The key under which imported records lie.
pub fn imported(pk: &str, sk: &str) -> Key {
    let table = if pk.starts_with("ACCOUNT#") { Table::Accounts } else { Table::Config };
    Key { table, pk: pk.to_owned(), sk: sk.to_owned() }
}

/// How a source is set up.
pub fn source(provider: &str, source: &str) -> Key {
    Key { table: Table::Config, pk: "SOURCE".to_owned(), sk: format!("SOURCE#{provider}#{source}") }
}

pub const SOURCE_PARTITION: &str = "SOURCE";

/// How far the filling of a source's book has come.
pub fn backfill(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("BACKFILL#{provider}#{source}"), sk: "BACKFILL".to_owned() }
}

/// What is known of a source as a whole.
pub fn watch(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("WATCH#{provider}#{source}"), sk: "WATCH".to_owned() }
}

/// One due item or dispute of a source, in the order of time within its day.
pub fn pulse(pulse: &Pulse) -> Key {
    let pk = pulse_partition(&pulse.provider, &pulse.source, pulse.trouble, pulse.at.to_zoned(TimeZone::UTC).date());
    Key { table: Table::Accounts, pk, sk: format!("{:.3}#{}#{}", pulse.at, pulse.about, pulse.account) }
}

/// The partition of a source's day.
pub fn pulse_partition(provider: &str, source: &str, trouble: Trouble, day: Date) -> String {
    format!("PULSE#{provider}#{source}#{}#{day}", trouble.name())
}

/// One trouble of many accounts.
pub fn incident(incident: &IncidentId) -> Key {
    Key { table: Table::Accounts, pk: format!("INCIDENT#{incident}"), sk: "INCIDENT".to_owned() }
}

/// Who stands in for whom.
pub fn delegations() -> Key {
    Key { table: Table::Config, pk: "DELEGATIONS".to_owned(), sk: "DELEGATIONS".to_owned() }
}

/// A mailed link, found by the hash of its token.
pub fn link(hash: &str) -> Key {
    Key { table: Table::Config, pk: "LINK".to_owned(), sk: hash.to_owned() }
}

/// The partition of the changes to the staff table.
pub const STAFF_CHANGES: &str = "STAFF_CHANGES";

/// One change to the staff table, by its time.
pub fn staff_change(at: Timestamp, staff: &str) -> Key {
    Key { table: Table::Config, pk: STAFF_CHANGES.to_owned(), sk: format!("{at:.3}#{staff}") }
}

/// What is stopped by hand.
pub fn stops() -> Key {
    Key { table: Table::Config, pk: "STOPS".to_owned(), sk: "STOPS".to_owned() }
}

/// What went live lately.
pub fn releases() -> Key {
    Key { table: Table::Config, pk: "RELEASES".to_owned(), sk: "RELEASES".to_owned() }
}

/// When an object was last fetched that an unsigned delivery named.
pub fn probe(provider: &str, source: &str, path: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("PROBE#{provider}#{source}#{path}"), sk: "PROBE".to_owned() }
}

/// How many objects were fetched for a source within a minute.
pub fn probes(provider: &str, source: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("PROBES#{provider}#{source}"), sk: "PROBES".to_owned() }
}

/// How many partitions the alarms of unsigned deliveries have: their own, since anybody can set them.
pub const PROBE_SHARDS: u8 = 2;

/// The shard of the alarm index that an item rings in.
pub fn wake_shard(key: &Key) -> String {
    if key.pk.starts_with("PROBE#") {
        return format!("PROBE#{}", shard_of(&key.pk, PROBE_SHARDS));
    }
    format!("WAKE#{}", shard_of(&format!("{}{}", key.pk, key.sk), WAKE_SHARDS))
}

pub fn wake_shards() -> impl Iterator<Item = String> {
    let probes = (0..PROBE_SHARDS).map(|shard| format!("PROBE#{shard}"));
    (0..WAKE_SHARDS).map(|shard| format!("WAKE#{shard}")).chain(probes)
}

/// The shard of a list that an item stands in.
pub fn list_shard(list: &str, key: &Key) -> String {
    format!("{list}#{}", shard_of(&format!("{}{}", key.pk, key.sk), LIST_SHARDS))
}

pub fn list_shards(list: &str) -> impl Iterator<Item = String> {
    (0..LIST_SHARDS).map(move |shard| format!("{list}#{shard}"))
}

fn shard_of(text: &str, shards: u8) -> u8 {
    let first = digest(&[text], 2);
    first.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % shards
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::incident::{Outcome, Signs};

    #[test]
    fn keys_are_what_the_decision_record_says() {
        let id = AccountId::of("stripe", "default", "cus_1");
        let record = include_str!("../../../../docs/decisions/0002-keys.md");
        let case_id = CaseId::of(&id, "payment_failed", "in_1");
        let action_id = ActionId::of(&id, "mara", "key");
        let due = Pulse {
            provider: "stripe".to_owned(),
            source: "default".to_owned(),
            account: id.clone(),
            about: "in_1".to_owned(),
            trouble: Trouble::Failure,
            at: "2026-01-31T12:00:00Z".parse().unwrap(),
            outcome: Outcome::Trouble,
            signs: Signs::default(),
            amount: None,
        };
        let keys = [
            head(&id),
            person(&id),
            group(&id),
            invoice(&id, "in_1"),
            payment(&id, "ch_1"),
            subscription(&id, "sub_1"),
            case(&case_id),
            decision(&DecisionId::of(&id, case_id.as_str(), "evt_1")),
            action(&action_id),
            plan(&id, "in_1"),
            ledger_head(&id),
            ledger_entry(&id, 1),
            timeline(&id, "2026-01-31T12:00:00Z".parse().unwrap(), "evt_1"),
            receipt("stripe", "default", "evt_1"),
            card(&id, "pm_1"),
            external("stripe", "default", "invoice:in_1"),
            idempotency("mara", "key"),
            alone("mara", "2026-01-31".parse().unwrap()),
            fact("2026-01", &id, "evt_1", 0),
            staff("mara"),
            found_by(&term_digest("email:ada@shop.example"), &id),
            ticket("zendesk", "default", "123"),
            source("stripe", "default"),
            imports("contracts"),
            imported_of(&id, "contracts"),
            price("stripe", "default", "price_pro"),
            network_rules(),
            probe("mollie", "default", "/v2/payments/tr_1"),
            probes("mollie", "default"),
            backfill("mollie", "default"),
            watch("stripe", "default"),
            pulse(&due),
            incident(&IncidentId::of("stripe", "default", "failure", "source", "2026-01-31T12:00:00Z")),
            releases(),
            stops(),
            delegations(),
            link("9f86d081884c7d65"),
            staff_change("2026-01-31T12:00:00Z".parse().unwrap(), "mara"),
        ];
        let row = |key: &Key| format!("| {} | `{}` | `{}` |", key.table.name(), key.pk, key.sk);
        let missing: Vec<_> = keys.iter().map(row).filter(|row| !record.contains(row)).collect();
        assert_eq!(missing, Vec::<String>::new(), "docs/decisions/0002-keys.md lacks these rows");
    }

    #[test]
    fn shards_are_all_used() {
        let mut used: Vec<_> = (0..200).map(|n| shard_of(&format!("acc_{n}"), FACT_SHARDS)).collect();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), usize::from(FACT_SHARDS));
    }
}
