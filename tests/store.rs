//! The one store, on the embedded engine: what the handlers rely on.

use app::fault::Fault;
use app::ports::{Claim, CommitError, Due, Expect, Item, Key, Listed, Order, Place, Range, Store, Table, Wake, Write};
use local::engine;
use tests::world::at;

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn key(sk: &str) -> Key {
    Key { table: Table::Accounts, pk: "ACCOUNT#a".to_owned(), sk: sk.to_owned() }
}

fn item(sk: &str, rev: u64) -> Item {
    Item { key: key(sk), rev, version: 1, body: format!("{{\"sk\":\"{sk}\",\"rev\":{rev}}}"), wake: None, list: None }
}

fn put(item: Item, expect: Expect) -> Write {
    Write::Put { item, expect }
}

#[test]
fn a_transaction_is_whole_or_not_there() {
    run(async {
        let store = engine::open(None).unwrap();
        store.commit(vec![put(item("A", 1), Expect::Absent), put(item("B", 1), Expect::Absent)]).await.unwrap();
        let conflict = store
            .commit(vec![
                put(item("C", 1), Expect::Absent),
                put(item("B", 1), Expect::Absent),
                put(item("A", 3), Expect::Rev(2)),
            ])
            .await;
        assert_eq!(conflict, Err(CommitError::Conflict(vec![1, 2])));
        assert_eq!(store.read(&[key("C"), key("A")]).await.unwrap(), [None, Some(item("A", 1))]);
        store
            .commit(vec![put(item("A", 2), Expect::Rev(1)), Write::Check { key: key("B"), expect: Expect::Rev(1) }])
            .await
            .unwrap();
        let checked = store
            .commit(vec![put(item("A", 3), Expect::Rev(2)), Write::Check { key: key("B"), expect: Expect::Rev(9) }])
            .await;
        assert_eq!(checked, Err(CommitError::Conflict(vec![1])));
        let absent = store
            .commit(vec![put(item("A", 3), Expect::Rev(2)), Write::Check { key: key("Z"), expect: Expect::Absent }])
            .await;
        assert_eq!(absent, Ok(()));
    });
}

#[test]
fn a_transaction_has_a_hundred_places_and_no_more() {
    run(async {
        let store = engine::open(None).unwrap();
        let writes = |count: usize| (0..count).map(move |n| put(item(&format!("T#{count}#{n:03}"), 1), Expect::Absent));
        assert_eq!(store.commit(writes(100).collect()).await, Ok(()));
        let refused = store.commit(writes(101).collect()).await;
        assert!(matches!(refused, Err(CommitError::Fault(Fault::Park(_)))), "{refused:?}");
        assert_eq!(store.read(&[key("T#101#000")]).await.unwrap(), [None]);
    });
}

#[test]
fn more_keys_than_one_batch_come_back_in_their_order() {
    run(async {
        let store = engine::open(None).unwrap();
        for chunk in (0..230).collect::<Vec<_>>().chunks(50) {
            store
                .commit(chunk.iter().map(|n| put(item(&format!("I#{n:03}"), 1), Expect::Absent)).collect())
                .await
                .unwrap();
        }
        let keys: Vec<_> = (0..240).rev().map(|n| key(&format!("I#{n:03}"))).collect();
        let found = store.read(&keys).await.unwrap();
        assert_eq!(found.iter().filter(|item| item.is_none()).count(), 10);
        assert!(found.iter().zip(&keys).all(|(item, key)| item.as_ref().is_none_or(|item| item.key == *key)));
    });
}

#[test]
fn a_stretch_goes_through_another_prefix_and_no_further() {
    run(async {
        let store = engine::open(None).unwrap();
        let names = ["ACTION#a", "ASK#a", "CASE#a", "CASE#b", "CLIMB#a", "TASK#a"];
        store.commit(names.iter().map(|name| put(item(name, 1), Expect::Absent)).collect()).await.unwrap();
        for (prefix, through, limit, expected) in [
            ("ACTION#", Some("CASE#"), 10, &names[..4]),
            ("ACTION#", Some("CASE#"), 3, &names[..3]),
            ("ASK#", Some("CASE#"), 10, &names[1..4]),
            ("ACTION#", None, 10, &names[..1]),
        ] {
            let range = Range {
                table: Table::Accounts,
                pk: "ACCOUNT#a".to_owned(),
                prefix: prefix.to_owned(),
                through: through.map(str::to_owned),
                after: None,
                limit,
                order: Order::Ascending,
                may_lag: false,
            };
            let found: Vec<_> = store.range(&range).await.unwrap().into_iter().map(|item| item.key.sk).collect();
            assert_eq!(found, expected, "{prefix} {through:?} {limit}");
        }
    });
}

#[test]
fn a_stretch_goes_on_behind_its_last_key_in_both_directions() {
    run(async {
        let store = engine::open(None).unwrap();
        let names = ["LEDGER", "LEDGER#000000000001", "LEDGER#000000000002", "LEDGER#000000000010", "TIME#1"];
        store.commit(names.iter().map(|name| put(item(name, 1), Expect::Absent)).collect()).await.unwrap();
        for order in [Order::Ascending, Order::Descending] {
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let range = Range {
                    table: Table::Accounts,
                    pk: "ACCOUNT#a".to_owned(),
                    prefix: "LEDGER#".to_owned(),
                    through: None,
                    after: after.clone(),
                    limit: 1,
                    order,
                    may_lag: false,
                };
                let Some(found) = store.range(&range).await.unwrap().pop() else { break };
                after = Some(found.key.sk.clone());
                seen.push(found.key.sk);
            }
            let mut expected = names[1..4].to_vec();
            if order == Order::Descending {
                expected.reverse();
            }
            assert_eq!(seen, expected);
        }
    });
}

#[test]
fn an_alarm_rings_for_one_and_counts() {
    run(async {
        let store = engine::open(None).unwrap();
        let wake = Wake { shard: "WAKE#1".to_owned(), at: at("2026-03-01T00:00:00Z") };
        store.commit(vec![put(Item { wake: Some(wake), ..item("PLAN#1", 1) }, Expect::Absent)]).await.unwrap();
        assert_eq!(store.due("WAKE#1", at("2026-02-28T23:59:59Z"), 10).await.unwrap(), []);
        assert_eq!(store.due("WAKE#2", at("2026-03-02T00:00:00Z"), 10).await.unwrap(), []);
        let due = store.due("WAKE#1", at("2026-03-01T00:00:00Z"), 10).await.unwrap();
        assert_eq!(due, [Due { key: key("PLAN#1"), at: "2026-03-01T00:00:00.000Z".to_owned() }]);
        assert_eq!(store.claim(&due[0], at("2026-03-01T00:05:00Z")).await.unwrap(), Claim::Won { tries: 1 });
        assert_eq!(store.claim(&due[0], at("2026-03-01T00:05:00Z")).await.unwrap(), Claim::Lost);
        let again = store.due("WAKE#1", at("2026-03-01T00:05:00Z"), 10).await.unwrap();
        assert_eq!(store.claim(&again[0], at("2026-03-01T00:10:00Z")).await.unwrap(), Claim::Won { tries: 2 });
        // Whoever rewrites the item begins to count anew, and one that no longer waits is not found.
        store.commit(vec![put(item("PLAN#1", 2), Expect::Rev(1))]).await.unwrap();
        assert_eq!(store.due("WAKE#1", at("2026-04-01T00:00:00Z"), 10).await.unwrap(), []);
    });
}

#[test]
fn a_list_is_read_page_by_page_and_items_leave_it() {
    run(async {
        let store = engine::open(None).unwrap();
        let on_list = |n: u32| Item {
            list: Some(Place { list: "CASES#open#0".to_owned(), sort: format!("2026-03-0{n}#case") }),
            ..item(&format!("CASE#{n}"), 1)
        };
        store.commit((1..=5).map(|n| put(on_list(n), Expect::Absent)).collect()).await.unwrap();
        store.commit(vec![put(item("CASE#4", 2), Expect::Rev(1))]).await.unwrap();
        let page = |after: Option<&str>| Listed {
            list: "CASES#open#0".to_owned(),
            after: after.map(str::to_owned),
            limit: 2,
            order: Order::Descending,
        };
        let names = |items: Vec<Item>| items.into_iter().map(|item| item.key.sk).collect::<Vec<_>>();
        assert_eq!(names(store.listed(&page(None)).await.unwrap()), ["CASE#5", "CASE#3"]);
        assert_eq!(names(store.listed(&page(Some("2026-03-03#case"))).await.unwrap()), ["CASE#2", "CASE#1"]);
    });
}
