//! The pulses of a source: one for each due item and dispute.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, keys};
use domain::incident::{Pulse, Stretch, Trouble};
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
