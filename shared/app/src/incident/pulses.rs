//! The pulses of a source: one for each due item and dispute.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, keys};
use domain::incident::{Pulse, Stretch, Trouble};
use jiff::civil::Date;
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
    let mut all = Vec::new();
    for date in day(since).series(1.day()).take_while(|date| *date <= day(until)) {
        let after = (date == day(since)).then(|| keys::pulses_since(since));
        let pulses = keys::pulses(provider, source, trouble, date);
        all.extend(store::rest_of::<Pulse>(context, &pulses, after).await?);
    }
    Ok(all)
}

/// The pulses of a source some while back, stretch after stretch: a day in which one ends and the next begins is read
/// once.
pub struct Past<'a> {
    context: &'a Context,
    watched: (&'a str, &'a str, Trouble),
    /// The day that was read last, from where a stretch began in it.
    last: Option<(Date, Vec<Pulse>)>,
}

impl<'a> Past<'a> {
    pub fn of(context: &'a Context, provider: &'a str, source: &'a str, trouble: Trouble) -> Self {
        Self { context, watched: (provider, source, trouble), last: None }
    }

    /// The pulses of a stretch that begins where the one before ended. What was told a moment ago may be missing.
    pub async fn go_on(&mut self, Stretch { since, until }: Stretch) -> Result<Vec<Pulse>, Fault> {
        let mut all = Vec::new();
        for date in day(since).series(1.day()).take_while(|date| *date <= day(until)) {
            let pulses = match self.last.take().filter(|(last, _)| *last == date) {
                Some((_, pulses)) => pulses,
                None => self.read(date, since).await?,
            };
            all.extend(pulses.iter().filter(|pulse| pulse.at >= since).cloned());
            self.last = Some((date, pulses));
        }
        Ok(all)
    }

    async fn read(&self, date: Date, since: Timestamp) -> Result<Vec<Pulse>, Fault> {
        let (provider, source, trouble) = self.watched;
        let after = (date == day(since)).then(|| keys::pulses_since(since));
        store::past_of(self.context, &keys::pulses(provider, source, trouble, date), after).await
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
