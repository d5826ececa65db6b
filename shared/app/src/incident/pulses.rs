//! The pulses of a source: one for each due item and dispute.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Order, Range, Table};
use crate::store::{keys, open};
use domain::incident::{Pulse, Stretch, Trouble};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How many pulses are read at once.
pub const PAGE: u32 = 500;

/// The pulses of a source in a stretch of time, oldest first; the day it ends in is read to its end.
pub async fn pulses(
    context: &Context,
    provider: &str,
    source: &str,
    trouble: Trouble,
    stretch: Stretch,
) -> Result<Vec<Pulse>, Fault> {
    let Stretch { since, until } = stretch;
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let mut all = Vec::new();
    for date in day(since).series(1.day()).take_while(|date| *date <= day(until)) {
        let pk = keys::pulse_partition(provider, source, trouble, date);
        let mut after = (date == day(since)).then(|| format!("{since:.3}"));
        loop {
            let range = Range {
                table: Table::Accounts,
                pk: pk.clone(),
                prefix: String::new(),
                after,
                limit: PAGE,
                order: Order::Ascending,
            };
            let items = context.store.range(&range).await?;
            for item in &items {
                all.push(open::<Pulse>(item)?);
            }
            after = items.last().filter(|_| items.len() == PAGE as usize).map(|item| item.key.sk.clone());
            if after.is_none() {
                break;
            }
        }
    }
    Ok(all)
}
