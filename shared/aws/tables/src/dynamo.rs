//! The store, on DynamoDB.

use crate::body;
use app::fault::Fault;
use app::ports::{
    Claim, CommitError, Due, Expect, Item, Key, Listed, Order, Place, Range, Store, Table, Wake, Write, instant,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValue, TransactWriteItem,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What the three tables are called in this stack.
#[derive(Debug, Clone)]
pub struct TableNames(pub [String; 3]);

impl TableNames {
    fn of(&self, table: Table) -> &str {
        match table {
            Table::Accounts => &self.0[0],
            Table::Facts => &self.0[1],
            Table::Config => &self.0[2],
        }
    }

    fn table(&self, name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| self.of(*table) == name)
    }
}

pub struct Dynamo {
    client: Client,
    names: TableNames,
}

#[allow(clippy::disallowed_types, reason = "the SDK's own type; nothing iterates over it")]
mod sdk {
    pub type Map<V> = std::collections::HashMap<String, V>;
}

type Attributes = sdk::Map<AttributeValue>;

/// As many keys as DynamoDB takes in one batch.
const BATCH: usize = 100;

impl Dynamo {
    pub fn new(client: Client, names: TableNames) -> Self {
        Self { client, names }
    }

    async fn all(&self, keys: &[Key], may_lag: bool) -> Result<BTreeMap<Key, Item>, Fault> {
        let mut found = BTreeMap::new();
        for keys in keys.chunks(BATCH) {
            self.batch(keys, may_lag, &mut found).await?;
        }
        Ok(found)
    }

    async fn batch(&self, keys: &[Key], may_lag: bool, found: &mut BTreeMap<Key, Item>) -> Result<(), Fault> {
        let mut wanted: sdk::Map<KeysAndAttributes> = Table::ALL
            .into_iter()
            .filter_map(|table| {
                let own: Vec<_> = keys.iter().filter(|key| key.table == table).map(key_attributes).collect();
                let request =
                    KeysAndAttributes::builder().consistent_read(!may_lag).set_keys(Some(own.clone())).build().ok()?;
                (!own.is_empty()).then(|| (self.names.of(table).to_owned(), request))
            })
            .collect();
        // DynamoDB may answer a part and name the rest.
        while !wanted.is_empty() {
            let answer = self.client.batch_get_item().set_request_items(Some(wanted)).send().await.map_err(fault)?;
            for (name, items) in answer.responses.unwrap_or_default() {
                let table = self
                    .names
                    .table(&name)
                    .ok_or_else(|| Fault::Park(format!("an answer from an unknown table {name}")))?;
                for attributes in &items {
                    let item = item(table, attributes)?;
                    found.insert(item.key.clone(), item);
                }
            }
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if !wanted.is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// Who stands on a stretch of a list, and where.
    async fn rows(&self, listed: &Listed) -> Result<Vec<(Key, Place)>, Fault> {
        let (low, high) = bounds(("", ""), listed.after.as_deref(), listed.order);
        let query = self
            .query(Table::Accounts, listed.limit, listed.order)
            .index_name("lists")
            .key_condition_expression("lpk = :pk AND lsk BETWEEN :low AND :high")
            .expression_attribute_values(":pk", text(&listed.list))
            .expression_attribute_values(":low", text(low))
            .expression_attribute_values(":high", text(high));
        let row = |attributes: &Attributes| {
            let key = Key { table: Table::Accounts, pk: string(attributes, "pk")?, sk: string(attributes, "sk")? };
            Ok((key, Place { list: string(attributes, "lpk")?, sort: string(attributes, "lsk")? }))
        };
        whole(query, listed.limit).await?.iter().map(row).collect()
    }

    fn query(&self, table: Table, limit: u32, order: Order) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(self.names.of(table))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .scan_index_forward(order == Order::Ascending)
    }
}

#[async_trait]
impl Store for Dynamo {
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let mut found = self.all(keys, false).await?;
        Ok(keys.iter().map(|key| found.remove(key)).collect())
    }

    /// Two requests side by side: one request reads all of a table in one way.
    async fn read_beside(&self, keys: &[Key], may_lag: &[Key]) -> Result<Vec<Option<Item>>, Fault> {
        let (mut found, mut late) = tokio::try_join!(self.all(keys, false), self.all(may_lag, true))?;
        let late = may_lag.iter().map(|key| late.remove(key));
        Ok(keys.iter().map(|key| found.remove(key)).chain(late).collect())
    }

    async fn range(&self, range: &Range) -> Result<Vec<Item>, Fault> {
        let last = range.through.as_deref().unwrap_or(&range.prefix);
        let (low, high) = bounds((&range.prefix, last), range.after.as_deref(), range.order);
        let query = self
            .query(range.table, range.limit, range.order)
            .consistent_read(!range.may_lag)
            .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
            .expression_attribute_values(":pk", text(&range.pk))
            .expression_attribute_values(":low", text(low))
            .expression_attribute_values(":high", text(high));
        whole(query, range.limit).await?.iter().map(|attributes| item(range.table, attributes)).collect()
    }

    /// The index knows who stands where, and is written only when that changes; the items themselves are read beside
    /// it. One that stands elsewhere by now is passed over.
    async fn listed(&self, listed: &Listed) -> Result<Vec<Item>, Fault> {
        let mut rest = listed.clone();
        let mut found = Vec::new();
        loop {
            let rows = self.rows(&rest).await?;
            let keys: Vec<Key> = rows.iter().map(|(key, _)| key.clone()).collect();
            let items = self.read(&keys).await?;
            let still = |((_, place), item): (&(Key, Place), Option<Item>)| {
                item.filter(|item| item.list.as_ref() == Some(place))
            };
            found.extend(rows.iter().zip(items).filter_map(still));
            let is_over = rows.len() < usize::try_from(rest.limit).unwrap_or(usize::MAX);
            rest.limit = listed.limit - u32::try_from(found.len()).unwrap_or(listed.limit);
            match rows.last().filter(|_| !is_over && rest.limit > 0) {
                Some((_, place)) => rest.after = Some(place.sort.clone()),
                None => return Ok(found),
            }
        }
    }

    /// The index alone: what it says of the items is where they stand.
    async fn places(&self, listed: &Listed) -> Result<Vec<(Key, Place)>, Fault> {
        self.rows(listed).await
    }

    async fn due(&self, shard: &str, until: Timestamp, limit: u32) -> Result<Vec<Due>, Fault> {
        let query = self
            .query(Table::Accounts, limit, Order::Ascending)
            .index_name("wakes")
            .key_condition_expression("wpk = :pk AND wsk <= :until")
            .expression_attribute_values(":pk", text(shard))
            .expression_attribute_values(":until", text(instant(until)));
        let answer = query.send().await.map_err(fault)?;
        let due = |attributes: &Attributes| {
            let key = Key { table: Table::Accounts, pk: string(attributes, "pk")?, sk: string(attributes, "sk")? };
            Ok(Due { key, at: string(attributes, "wsk")? })
        };
        answer.items().iter().map(due).collect()
    }

    async fn claim(&self, due: &Due, silent_until: Timestamp) -> Result<Claim, Fault> {
        let claimed = self
            .client
            .update_item()
            .table_name(self.names.of(due.key.table))
            .key("pk", text(&due.key.pk))
            .key("sk", text(&due.key.sk))
            .condition_expression("wsk = :old")
            .update_expression("SET wsk = :new ADD tries :one")
            .expression_attribute_values(":old", text(&due.at))
            .expression_attribute_values(":new", text(instant(silent_until)))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match claimed {
            Ok(answer) => {
                Ok(Claim::Won { tries: answer.attributes().and_then(|new| number(new, "tries").ok()).unwrap_or(1) })
            }
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(Claim::Lost)
            }
            Err(error) => Err(fault(error)),
        }
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let parts =
            writes.iter().map(|write| self.part(write)).collect::<Result<Vec<_>, _>>().map_err(CommitError::Fault)?;
        match self.client.transact_write_items().set_transact_items(Some(parts)).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(cancelled(error)),
        }
    }
}

impl Dynamo {
    fn part(&self, write: &Write) -> Result<TransactWriteItem, Fault> {
        match write {
            Write::Put { item, expect } => {
                let put = Put::builder().table_name(self.names.of(item.key.table)).set_item(Some(attributes(item)));
                let put = match expect {
                    Expect::Absent => put.condition_expression("attribute_not_exists(pk)"),
                    Expect::Anything => put,
                    Expect::Rev(rev) => put
                        .condition_expression("rev = :rev")
                        .expression_attribute_values(":rev", AttributeValue::N(rev.to_string())),
                };
                Ok(TransactWriteItem::builder().put(put.build().map_err(Fault::park)?).build())
            }
            Write::Delete { key } => {
                let delete = Delete::builder().table_name(self.names.of(key.table)).set_key(Some(key_attributes(key)));
                Ok(TransactWriteItem::builder().delete(delete.build().map_err(Fault::park)?).build())
            }
            Write::Check { key, expect } => {
                let check =
                    ConditionCheck::builder().table_name(self.names.of(key.table)).set_key(Some(key_attributes(key)));
                let check = match expect {
                    Expect::Absent => check.condition_expression("attribute_not_exists(pk)"),
                    Expect::Anything => check.condition_expression("attribute_exists(pk) OR attribute_not_exists(pk)"),
                    Expect::Rev(rev) => check
                        .condition_expression("rev = :rev")
                        .expression_attribute_values(":rev", AttributeValue::N(rev.to_string())),
                };
                Ok(TransactWriteItem::builder().condition_check(check.build().map_err(Fault::park)?).build())
            }
        }
    }
}

/// Runs a query to its limit: DynamoDB ends a page at a megabyte and says where to go on.
async fn whole(query: QueryFluentBuilder, limit: u32) -> Result<Vec<Attributes>, Fault> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut from = None;
    loop {
        let answer = query.clone().set_exclusive_start_key(from).send().await.map_err(fault)?;
        found.extend(answer.items.unwrap_or_default());
        from = answer.last_evaluated_key;
        if from.is_none() || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}

/// The sort keys between which a stretch lies that goes from one prefix through another. `BETWEEN` includes its ends, so
/// a cursor is moved by the smallest step.
fn bounds((first, last): (&str, &str), after: Option<&str>, order: Order) -> (String, String) {
    const LAST: char = '\u{10FFFF}';
    let (low, high) = (if first.is_empty() { " ".to_owned() } else { first.to_owned() }, format!("{last}{LAST}"));
    match (after, order) {
        (None, _) => (low, high),
        (Some(after), Order::Ascending) => (format!("{after}\u{1}"), high),
        (Some(after), Order::Descending) => (low, before(after)),
    }
}

/// A key that sorts before `after` and behind every other key that is used: keys hold no characters above ASCII's last.
fn before(after: &str) -> String {
    let mut chars: Vec<char> = after.chars().collect();
    if let Some(last) = chars.pop() {
        chars.extend(char::from_u32((last as u32).saturating_sub(1)));
        chars.push('\u{10FFFF}');
    }
    chars.into_iter().collect()
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn key_attributes(key: &Key) -> Attributes {
    Attributes::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
}

pub(crate) fn attributes(item: &Item) -> Attributes {
    let mut attributes = key_attributes(&item.key);
    attributes.insert("rev".to_owned(), AttributeValue::N(item.rev.to_string()));
    attributes.insert("v".to_owned(), AttributeValue::N(item.version.to_string()));
    attributes.insert("body".to_owned(), body::laid(&item.body));
    if let Some(wake) = &item.wake {
        attributes.insert("wpk".to_owned(), text(&wake.shard));
        attributes.insert("wsk".to_owned(), text(instant(wake.at)));
    }
    if let Some(place) = &item.list {
        attributes.insert("lpk".to_owned(), text(&place.list));
        attributes.insert("lsk".to_owned(), text(&place.sort));
    }
    attributes
}

fn item(table: Table, attributes: &Attributes) -> Result<Item, Fault> {
    let key = Key { table, pk: string(attributes, "pk")?, sk: string(attributes, "sk")? };
    let wake = match (string(attributes, "wpk"), string(attributes, "wsk")) {
        (Ok(shard), Ok(at)) => at.parse().ok().map(|at| Wake { shard, at }),
        _ => None,
    };
    let list = match (string(attributes, "lpk"), string(attributes, "lsk")) {
        (Ok(list), Ok(sort)) => Some(Place { list, sort }),
        _ => None,
    };
    let laid = attributes.get("body").ok_or_else(|| Fault::Park("an item lacks `body`".to_owned()))?;
    let lifted = body::lifted(laid)?;
    Ok(Item { rev: number(attributes, "rev")?, version: number(attributes, "v")?, body: lifted, key, wake, list })
}

fn string(attributes: &Attributes, name: &str) -> Result<String, Fault> {
    let value = attributes.get(name).and_then(|value| value.as_s().ok());
    value.cloned().ok_or_else(|| Fault::Park(format!("an item lacks `{name}`")))
}

fn number<N: std::str::FromStr>(attributes: &Attributes, name: &str) -> Result<N, Fault> {
    let value = attributes.get(name).and_then(|value| value.as_n().ok()).and_then(|value| value.parse().ok());
    value.ok_or_else(|| Fault::Park(format!("an item lacks `{name}`")))
}

/// Conditions that failed and other writers are conflicts; what is not ours to mend is a fault.
fn cancelled(error: SdkError<TransactWriteItemsError>) -> CommitError {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return CommitError::Fault(fault(error));
    };
    let code =
        |place: usize| cancelled.cancellation_reasons().get(place).and_then(|reason| reason.code()).unwrap_or("None");
    let places = 0..cancelled.cancellation_reasons().len();
    let failed: Vec<usize> = places.clone().filter(|place| code(*place) == "ConditionalCheckFailed").collect();
    match places.map(code).find(|code| !matches!(*code, "None" | "ConditionalCheckFailed" | "TransactionConflict")) {
        Some("ValidationError") => CommitError::Fault(Fault::Park("DynamoDB refuses one of the items".to_owned())),
        Some(other) if failed.is_empty() => {
            CommitError::Fault(Fault::Retry(format!("DynamoDB could not write: {other}")))
        }
        _ => CommitError::Conflict(failed),
    }
}

/// A request that can never be right is parked; everything else may work later.
fn fault<E, R>(error: SdkError<E, R>) -> Fault
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let code = error.code().unwrap_or("no answer").to_owned();
    match code.as_str() {
        "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException" => {
            Fault::Park(format!("DynamoDB refuses: {code}: {}", error.message().unwrap_or_default()))
        }
        _ => Fault::Retry(format!("DynamoDB does not answer: {code}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leaves_its_own_key_out() {
        let (low, high) = bounds(("TIME#", "TIME#"), Some("TIME#2"), Order::Descending);
        assert!(high.as_str() < "TIME#2" && high.as_str() > "TIME#1~" && low == "TIME#");
        let (low, high) = bounds(("TIME#", "TIME#"), Some("TIME#2"), Order::Ascending);
        assert!(low.as_str() > "TIME#2" && low.as_str() < "TIME#2#" && high.as_str() > "TIME#~");
    }

    #[test]
    fn a_stretch_of_several_kinds_ends_with_the_last_of_them() {
        let (low, high) = bounds(("ACTION#", "CASE#"), None, Order::Ascending);
        assert!(low == "ACTION#" && high.as_str() > "CASE#~" && high.as_str() < "CLIMB#");
    }
}
