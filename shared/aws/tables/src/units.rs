//! What requests are paid by: the units of DynamoDB's price list, as it rounds them.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>, and for sizes
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.

use crate::dynamo::attributes;
use app::ports::{Item, instant};
use aws_sdk_dynamodb::types::AttributeValue;

const WRITE_UNIT: usize = 1024;
const READ_UNIT: usize = 4096;
/// A transaction prepares and then does, and is paid for both; its indexes are written afterwards, once.
const TRANSACTION: u64 = 2;
/// Reads are counted by the half: what may lag behind costs that.
const CONSISTENT: u64 = 2;

/// A row of an index: where the item stands, and where in the index. The template projects nothing else.
type Row = [String; 4];
const ROW_NAMES: usize = "pkskwpkwsk".len();

/// The write units of an item and of each index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    pub item: u64,
    pub wakes: u64,
    pub lists: u64,
}

/// The bytes of an item as they are paid: names and values, the body as it is laid down.
pub fn stored_bytes(item: &Item) -> usize {
    attributes(item).iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

/// What a transaction pays to put an item, or to take it away: by the larger of what was there and what will be.
pub fn written(before: Option<&Item>, after: Option<&Item>) -> Written {
    Written {
        item: checked(before).max(checked(after)),
        wakes: moved(before.and_then(alarm), after.and_then(alarm)),
        lists: moved(before.and_then(place), after.and_then(place)),
    }
}

/// What a transaction pays to look at an item that it does not write; nothing there costs as much as the smallest.
pub fn checked(item: Option<&Item>) -> u64 {
    TRANSACTION * write_units(item.map_or(0, stored_bytes))
}

/// What a claim pays that moves an alarm. It is no transaction.
pub fn claimed(item: Option<&Item>) -> Written {
    let row = item.and_then(alarm).map_or(0, |row| write_units(row_bytes(&row)));
    Written { item: write_units(item.map_or(0, stored_bytes)), wakes: 2 * row, lists: 0 }
}

/// Half units to read one item of a batch: each is rounded up, and so is one that is not there.
pub fn got(item: Option<&Item>, may_lag: bool) -> u64 {
    halves(may_lag) * read_units(item.map_or(0, stored_bytes))
}

/// Half units to read a stretch: the sum is rounded up.
pub fn ranged(items: &[Item], may_lag: bool) -> u64 {
    halves(may_lag) * read_units(items.iter().map(stored_bytes).sum())
}

fn halves(may_lag: bool) -> u64 {
    if may_lag { 1 } else { CONSISTENT }
}

/// Half units to read the rows of a list, that may lag behind; the items are read beside them.
pub fn rows(items: &[Item]) -> u64 {
    read_units(items.iter().filter_map(place).map(|row| row_bytes(&row)).sum())
}

/// An index is written where a row comes, goes, or moves: then the old one goes and a new one comes.
fn moved(before: Option<Row>, after: Option<Row>) -> u64 {
    if before == after {
        return 0;
    }
    before.iter().chain(&after).map(|row| write_units(row_bytes(row))).sum()
}

fn alarm(item: &Item) -> Option<Row> {
    let wake = item.wake.as_ref()?;
    Some([item.key.pk.clone(), item.key.sk.clone(), wake.shard.clone(), instant(wake.at)])
}

fn place(item: &Item) -> Option<Row> {
    let place = item.list.as_ref()?;
    Some([item.key.pk.clone(), item.key.sk.clone(), place.list.clone(), place.sort.clone()])
}

fn row_bytes(row: &Row) -> usize {
    ROW_NAMES + row.iter().map(String::len).sum::<usize>()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        // A byte for two digits, zeros at the ends apart, and one more.
        AttributeValue::N(number) => number.trim_matches('0').len().div_ceil(2) + 1,
        // An item has no others.
        _ => 0,
    }
}

fn write_units(bytes: usize) -> u64 {
    bytes.div_ceil(WRITE_UNIT).max(1) as u64
}

fn read_units(bytes: usize) -> u64 {
    bytes.div_ceil(READ_UNIT).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::ports::{Key, Place, Table, Wake};

    /// Names: pk, sk, rev, v, body. Values: the partition that fills up, one letter, and two numbers of one digit.
    const LEAST: usize = 2 + 2 + 3 + 1 + 4 + 1 + 2 + 2;

    fn of_bytes(bytes: usize) -> Item {
        let key = Key { table: Table::Accounts, pk: "p".repeat(bytes - LEAST), sk: "s".to_owned() };
        Item { key, rev: 1, version: 1, body: String::new(), wake: None, list: None }
    }

    fn waking(at: &str) -> Item {
        let wake = Wake { shard: "WAKE#1".to_owned(), at: at.parse().unwrap() };
        Item { wake: Some(wake), ..of_bytes(100) }
    }

    fn listed(list: &str) -> Item {
        let place = Place { list: list.to_owned(), sort: "1".to_owned() };
        Item { list: Some(place), ..of_bytes(100) }
    }

    #[test]
    fn an_item_is_its_names_and_values() {
        assert_eq!(stored_bytes(&of_bytes(100)), 100);
        for (rev, more) in [(7, 0), (10, 0), (12, 0), (100, 0), (101, 1), (1234, 1), (12345, 2)] {
            assert_eq!(stored_bytes(&Item { rev, ..of_bytes(100) }), 100 + more, "rev {rev}");
        }
        let wakes = "wpkwskWAKE#12026-03-01T09:00:00.000Z".len();
        assert_eq!(stored_bytes(&waking("2026-03-01T09:00:00Z")), 100 + wakes);
        assert_eq!(stored_bytes(&listed("CASES#open#1")), 100 + "lpklskCASES#open#11".len());
        let long = Item { body: "a".repeat(10_000), ..of_bytes(100) };
        assert!(stored_bytes(&long) < 1_000, "a long body counts as it is laid down");
    }

    #[test]
    fn a_write_is_paid_by_the_kilobyte_twice() {
        for (name, before, after, units) in [
            ("the smallest", None, Some(100), 2),
            ("just a kilobyte", None, Some(1024), 2),
            ("a byte more", None, Some(1025), 4),
            ("by what is larger now", Some(100), Some(2049), 6),
            ("by what was larger", Some(2049), Some(100), 6),
            ("taken away", Some(1025), None, 4),
            ("taken away where nothing is", None, None, 2),
        ] {
            let (before, after) = (before.map(of_bytes), after.map(of_bytes));
            let paid = written(before.as_ref(), after.as_ref());
            assert_eq!(paid, Written { item: units, wakes: 0, lists: 0 }, "{name}");
        }
        assert_eq!((checked(None), checked(Some(&of_bytes(1024))), checked(Some(&of_bytes(1025)))), (2, 2, 4));
    }

    #[test]
    fn an_index_is_paid_where_a_row_comes_goes_or_moves() {
        let (one, other) = (waking("2026-03-01T09:00:00Z"), waking("2026-03-02T09:00:00Z"));
        let (here, there, off) = (listed("CASES#open#1"), listed("CASES#resolved#1"), of_bytes(100));
        let changed = Item { rev: 2, ..one.clone() };
        for (name, before, after, wakes, lists) in [
            ("it is set", None, Some(&one), 1, 0),
            ("it stays", Some(&one), Some(&changed), 0, 0),
            ("it moves", Some(&one), Some(&other), 2, 0),
            ("it is silent", Some(&one), Some(&off), 1, 0),
            ("it goes", Some(&one), None, 1, 0),
            ("it comes onto a list", Some(&off), Some(&here), 0, 1),
            ("it changes lists", Some(&here), Some(&there), 0, 2),
            ("from an alarm to a list", Some(&one), Some(&here), 1, 1),
        ] {
            assert_eq!(written(before, after), Written { item: 2, wakes, lists }, "{name}");
        }
        assert_eq!(claimed(Some(&one)), Written { item: 1, wakes: 2, lists: 0 });
        assert_eq!(claimed(None), Written { item: 1, wakes: 0, lists: 0 });
    }

    #[test]
    fn a_read_is_paid_by_four_kilobytes() {
        for (may_lag, units) in [(false, (2, 2, 4)), (true, (1, 1, 2))] {
            let got = |item: Option<Item>| got(item.as_ref(), may_lag);
            assert_eq!((got(None), got(Some(of_bytes(4096))), got(Some(of_bytes(4097)))), units, "{may_lag}");
        }
        let three = [of_bytes(1500), of_bytes(1500), of_bytes(1500)];
        assert_eq!((ranged(&[], false), ranged(&three[..2], false), ranged(&three, false)), (2, 2, 4));
        assert_eq!((ranged(&[], true), ranged(&three[..2], true), ranged(&three, true)), (1, 1, 2));
        let forty: Vec<_> = (0..40).map(|_| listed("CASES#open#1")).collect();
        assert_eq!((rows(&[]), rows(&forty[..1]), rows(&forty)), (1, 1, 2));
    }
}
