//! One pulse for each due item and dispute of a source, and the watch that they arm.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Batch, Commit, keys};
use domain::classify::desk::Desk;
use domain::event::Origin;
use domain::incident::{Pulse, Stretch, Trouble, Watch};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

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
        let after = (date == day(since)).then(|| keys::pulses_since(since));
        let pulses = keys::pulses(provider, source, trouble, date);
        all.extend(store::rest_of::<Pulse>(context, &pulses, after).await?);
    }
    Ok(all)
}

/// Writes what a commit changed about due items and disputes, and sees that somebody looks soon after a trouble.
pub async fn put(
    context: &Context,
    commit: &mut Commit,
    before: &Desk,
    after: &Desk,
    origin: Origin,
) -> Result<(), Fault> {
    let declines = &context.policies.declines;
    let (old, new) =
        (Pulse::all(&before.touched, &before.head, declines), Pulse::all(&after.touched, &after.head, declines));
    // What has another time by now, or is open again, no longer beats where it did.
    let left = old
        .iter()
        .filter(|(about, before)| new.get(about).is_none_or(|pulse| keys::pulse(pulse) != keys::pulse(before)));
    left.for_each(|(_, before)| commit.put(&before.clone().moved()));
    let mut news = Vec::new();
    for (about, pulse) in &new {
        let standing = old.get(about);
        if standing == Some(pulse) {
            continue;
        }
        commit.put(pulse);
        if pulse.is_trouble() && standing.is_none_or(|standing| !standing.is_trouble()) {
            news.push(pulse);
        }
    }
    // What was only looked up tells what is usual, and is no news.
    match news.first().filter(|_| origin != Origin::Listed) {
        Some(first) => arm(context, commit, first, &news).await,
        None => Ok(()),
    }
}

/// Arms the watch of a source for the new troubles of one of its accounts.
async fn arm(context: &Context, commit: &mut Commit, first: &Pulse, news: &[&Pulse]) -> Result<(), Fault> {
    let key = keys::watch(&first.provider, &first.source);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let mut watch = batch.get::<Watch>(&key)?.unwrap_or_else(|| Watch::new(&first.provider, &first.source));
    let (now, policy) = (context.clock.now(), context.policies.incidents.current());
    let changes = news.iter().filter(|pulse| watch.arm(pulse.trouble, pulse.at, now, policy)).count();
    if changes > 0 {
        commit.over(&batch, &watch);
    }
    Ok(())
}
