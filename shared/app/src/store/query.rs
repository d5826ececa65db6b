//! Queries: a page of what lies under a prefix or stands on a list, or one page after the other to the end.

use super::keys::{self, Prefix};
use super::{Stored, open};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Item, Listed, Order, Range};

/// How many items are read at once where all are wanted.
const AT_ONCE: u32 = 500;

/// One page, and behind which place the next one goes on.
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// Reads everything under a prefix, by key.
pub async fn all_of<T: Stored>(context: &Context, prefix: &Prefix) -> Result<Vec<T>, Fault> {
    rest_of(context, prefix, None).await
}

/// Reads everything under a prefix that lies behind a sort key.
pub async fn rest_of<T: Stored>(
    context: &Context,
    prefix: &Prefix,
    mut after: Option<String>,
) -> Result<Vec<T>, Fault> {
    let mut found = Vec::new();
    loop {
        let read = items(context, prefix, after, AT_ONCE, Order::Ascending).await?;
        for item in &read {
            found.push(open(item)?);
        }
        match read.last().filter(|_| read.len() == AT_ONCE as usize) {
            Some(last) => after = Some(last.key.sk.clone()),
            None => return Ok(found),
        }
    }
}

/// Reads the first items under a prefix, and no more than the limit.
pub async fn first_of<T: Stored>(
    context: &Context,
    prefix: &Prefix,
    limit: u32,
    order: Order,
) -> Result<Vec<T>, Fault> {
    items(context, prefix, None, limit, order).await?.iter().map(open).collect()
}

/// Reads a page of what lies under a prefix.
pub async fn page_of<T: Stored>(
    context: &Context,
    prefix: &Prefix,
    after: Option<String>,
    limit: u32,
    order: Order,
) -> Result<Page<T>, Fault> {
    let found = items(context, prefix, after, limit + 1, order).await?;
    cut(found, limit, |item| item.key.sk.clone())
}

/// Reads items under a prefix and leaves them unopened.
pub async fn items(
    context: &Context,
    prefix: &Prefix,
    after: Option<String>,
    limit: u32,
    order: Order,
) -> Result<Vec<Item>, Fault> {
    let Prefix { table, pk, sk } = prefix.clone();
    context.store.range(&Range { table, pk, prefix: sk, after, limit, order }).await
}

/// Reads everything on a list that fits.
pub async fn all_listed<T: Stored>(context: &Context, list: &str, fits: impl Fn(&T) -> bool) -> Result<Vec<T>, Fault> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let read = page::<T>(context, list, after, AT_ONCE, Order::Ascending).await?;
        found.extend(read.items.into_iter().filter(&fits));
        match read.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Reads a page of a list across its shards.
pub async fn page<T: Stored>(
    context: &Context,
    list: &str,
    after: Option<String>,
    limit: u32,
    order: Order,
) -> Result<Page<T>, Fault> {
    let mut found = Vec::new();
    for shard in keys::list_shards(list) {
        let listed = Listed { list: shard, after: after.clone(), limit: limit + 1, order };
        found.extend(context.store.listed(&listed).await?);
    }
    let place = |item: &Item| item.list.as_ref().map(|place| place.sort.clone()).unwrap_or_default();
    found.sort_by_key(place);
    if order == Order::Descending {
        found.reverse();
    }
    cut(found, limit, place)
}

/// Opens no more than a page. One further item says that there is a next one.
fn cut<T: Stored>(mut found: Vec<Item>, limit: u32, place: impl Fn(&Item) -> String) -> Result<Page<T>, Fault> {
    let limit = usize::try_from(limit).expect("a page fits into memory");
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(place);
    Ok(Page { items: found.iter().map(open).collect::<Result<_, _>>()?, next })
}
