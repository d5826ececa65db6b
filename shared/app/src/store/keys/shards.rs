//! Over how many partitions the two indexes and the facts are spread, and which of them is whose.

use super::Prefix;
use super::source::{FORM, PROBE};
use crate::ports::{Key, Table};
use domain::id::digest;
use domain::report::fact::Row;
use jiff::Timestamp;

/// How many partitions the alarm index is spread over.
pub const WAKE_SHARDS: u8 = 8;
/// How many partitions the alarms of unsigned deliveries and of forms have: their own, since anybody can set them.
pub const PROBE_SHARDS: u8 = 2;
/// How many partitions each list is spread over.
pub const LIST_SHARDS: u8 = 4;
/// How many partitions a month of facts is spread over.
pub const FACT_SHARDS: u8 = 8;

/// The shard of the alarm index that an item rings in.
pub fn wake_shard(key: &Key) -> String {
    if [PROBE, FORM].iter().any(|own| key.pk.starts_with(own)) {
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

/// One change of a month's figures, by the time of its commit.
pub fn fact(at: Timestamp, row: &Row) -> Key {
    let Row { month, account, commit, number, .. } = row;
    let shard = shard_of(account.as_str(), FACT_SHARDS);
    Key { table: Table::Facts, pk: format!("{month}#{shard}"), sk: format!("{at:.3}#{account}#{commit}#{number}") }
}

/// That an attempt was counted.
pub fn counted(attempt: &str) -> Key {
    Key { table: Table::Facts, pk: format!("BLOCKED#{attempt}"), sk: "BLOCKED".to_owned() }
}

/// The changes of a month's figures, shard by shard.
pub fn facts(month: &str) -> impl Iterator<Item = Prefix> {
    (0..FACT_SHARDS).map(move |shard| Prefix::whole(Table::Facts, format!("{month}#{shard}")))
}

fn shard_of(text: &str, shards: u8) -> u8 {
    let first = digest(&[text], 2);
    first.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % shards
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_all_used() {
        let mut used: Vec<_> = (0..200).map(|n| shard_of(&format!("acc_{n}"), FACT_SHARDS)).collect();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), usize::from(FACT_SHARDS));
    }
}
