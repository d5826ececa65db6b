//! Queries: a page of what lies under a prefix or stands on a list, or one page after the other to the end.

use super::abreast::side_by_side;
use super::keys::{self, Prefix};
use super::{Stored, open};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Item, Listed, Order, Range};
use std::collections::VecDeque;

/// How many items are read at once where all are wanted.
const AT_ONCE: u32 = 500;
/// How many items of a list one request looks at to fill its page; whoever wants more goes on from there.
const LOOKED_MAX: usize = 2_000;

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
pub async fn rest_of<T: Stored>(context: &Context, prefix: &Prefix, after: Option<String>) -> Result<Vec<T>, Fault> {
    to_end(context, prefix, after, false).await
}

/// The same of what was written some while ago, for whoever writes nothing by it.
pub async fn past_of<T: Stored>(context: &Context, prefix: &Prefix, after: Option<String>) -> Result<Vec<T>, Fault> {
    to_end(context, prefix, after, true).await
}

async fn to_end<T: Stored>(
    context: &Context,
    prefix: &Prefix,
    mut after: Option<String>,
    may_lag: bool,
) -> Result<Vec<T>, Fault> {
    let mut found = Vec::new();
    loop {
        let read = context.store.range(&range(prefix, after, AT_ONCE, Order::Ascending, may_lag)).await?;
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

/// Several kinds of items of one partition, which were read in one query, by key.
pub struct Stretch {
    items: Vec<Item>,
    /// More lies behind the last item.
    is_cut: bool,
}

impl Stretch {
    /// Those under a prefix, as far as they were read.
    pub fn of<T: Stored>(&self, prefix: &Prefix) -> Result<Vec<T>, Fault> {
        self.items.iter().filter(|item| item.key.sk.starts_with(&prefix.sk)).map(open).collect()
    }

    /// Whether everything was read.
    pub fn is_whole(&self) -> bool {
        !self.is_cut
    }

    /// Whether all of those under the first prefix were read.
    pub fn has_all(&self, first: &Prefix) -> bool {
        self.is_whole() || self.items.last().is_some_and(|item| !item.key.sk.starts_with(&first.sk))
    }
}

/// Reads from the first item under one prefix through the last under another of the same partition, with what lies
/// between them, and no more than the limit.
pub async fn stretch(context: &Context, first: &Prefix, last: &Prefix, limit: u32) -> Result<Stretch, Fault> {
    let through = Some(last.sk.clone());
    let wanted = Range { through, ..range(first, None, limit.saturating_add(1), Order::Ascending, false) };
    let mut items = context.store.range(&wanted).await?;
    let limit = usize::try_from(limit).expect("a page fits into memory");
    let is_cut = items.len() > limit;
    items.truncate(limit);
    Ok(Stretch { items, is_cut })
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
    context.store.range(&range(prefix, after, limit, order, false)).await
}

fn range(prefix: &Prefix, after: Option<String>, limit: u32, order: Order, may_lag: bool) -> Range {
    let Prefix { table, pk, sk } = prefix.clone();
    Range { table, pk, prefix: sk, through: None, after, limit, order, may_lag }
}

/// Reads a page of a list across its shards.
pub async fn page<T: Stored>(
    context: &Context,
    list: &str,
    after: Option<String>,
    limit: u32,
    order: Order,
) -> Result<Page<T>, Fault> {
    pick(context, &[list.to_owned()], after, limit, order, |_| true).await
}

/// Reads a page of what fits on several lists: it is full, or the lists have ended, or enough was looked at.
pub async fn pick<T: Stored>(
    context: &Context,
    lists: &[String],
    after: Option<String>,
    limit: u32,
    order: Order,
    fits: impl Fn(&T) -> bool,
) -> Result<Page<T>, Fault> {
    let limit = usize::try_from(limit).expect("a page fits into memory");
    let mut merged = Merged::new(lists, after.as_deref(), order);
    let (mut items, mut looked, mut last) = (Vec::new(), 0, after);
    loop {
        // One further item says that there is a next page. The more is passed over, the more is read at once.
        let (still, passed) = (limit + 1 - items.len(), looked - items.len());
        let wanted = (still + passed).min(LOOKED_MAX + 1 - looked);
        let Some(item) = merged.next(context, wanted).await? else { return Ok(Page { items, next: None }) };
        if items.len() == limit || looked == LOOKED_MAX {
            return Ok(Page { items, next: last });
        }
        looked += 1;
        last = Some(place(&item).to_owned());
        let value: T = open(&item)?;
        if fits(&value) {
            items.push(value);
        }
    }
}

/// Walks along a list, place by place and shard by shard, without the items. Says whether it came to the end: of each
/// shard no more than its part of the most is read.
pub async fn walk(
    context: &Context,
    list: &str,
    after: Option<String>,
    most: u32,
    mut each: impl FnMut(&str),
) -> Result<bool, Fault> {
    let mut is_whole = true;
    for shard in keys::list_shards(list) {
        let mut rest = Listed { list: shard, after: after.clone(), limit: 0, order: Order::Ascending };
        let mut left = most / u32::from(keys::LIST_SHARDS);
        loop {
            rest.limit = left.min(AT_ONCE);
            let read = if rest.limit == 0 { Vec::new() } else { context.store.places(&rest).await? };
            read.iter().for_each(|(_, place)| each(&place.sort));
            let count = u32::try_from(read.len()).expect("a page fits into memory");
            let Some((_, last)) = read.last().filter(|_| count == rest.limit) else {
                is_whole &= left > 0;
                break;
            };
            rest.after = Some(last.sort.clone());
            left -= count;
        }
    }
    Ok(is_whole)
}

fn place(item: &Item) -> &str {
    item.list.as_ref().map_or("", |place| place.sort.as_str())
}

/// The shards of lists, read side by side in one order, and never further than the page may still want.
struct Merged {
    shards: Vec<Shard>,
    order: Order,
}

struct Shard {
    rest: Listed,
    read: VecDeque<Item>,
    is_over: bool,
}

impl Merged {
    fn new(lists: &[String], after: Option<&str>, order: Order) -> Self {
        let shard = |list: String| Shard {
            rest: Listed { list, after: after.map(str::to_owned), limit: 0, order },
            read: VecDeque::new(),
            is_over: false,
        };
        Self { shards: lists.iter().flat_map(|list| keys::list_shards(list)).map(shard).collect(), order }
    }

    /// The next item, of as many as are wanted: each shard that has more gives its part of them.
    async fn next(&mut self, context: &Context, wanted: usize) -> Result<Option<Item>, Fault> {
        let live = self.shards.iter().filter(|shard| !shard.is_over).count();
        let mut reading = Vec::new();
        for shard in self.shards.iter_mut().filter(|shard| shard.read.is_empty() && !shard.is_over) {
            reading.push(shard.read_on(context, wanted.div_ceil(live)));
        }
        side_by_side(reading).await?;
        let heads = self.shards.iter().enumerate().filter_map(|(at, shard)| Some((place(shard.read.front()?), at)));
        let next = match self.order {
            Order::Ascending => heads.min(),
            Order::Descending => heads.max(),
        };
        let next = next.map(|(_, at)| at);
        Ok(next.and_then(|at| self.shards[at].read.pop_front()))
    }
}

impl Shard {
    async fn read_on(&mut self, context: &Context, count: usize) -> Result<(), Fault> {
        self.rest.limit = u32::try_from(count).expect("a page fits into memory");
        let read = context.store.listed(&self.rest).await?;
        self.is_over = read.len() < count;
        if let Some(last) = read.last() {
            self.rest.after = Some(place(last).to_owned());
        }
        self.read = read.into();
        Ok(())
    }
}

/// Opens no more than a page. One further item says that there is a next one.
fn cut<T: Stored>(mut found: Vec<Item>, limit: u32, place: impl Fn(&Item) -> String) -> Result<Page<T>, Fault> {
    let limit = usize::try_from(limit).expect("a page fits into memory");
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(place);
    Ok(Page { items: found.iter().map(open).collect::<Result<_, _>>()?, next })
}
