//! What is known of a source as a whole: what is usual there, and which incidents it has or had.

use super::policy::Measure;
use super::{IncidentPolicy, Outcome, Pulse, Sign, Signs, Trouble};
use crate::book::{Head, Invoice};
use crate::decline::Declines;
use crate::id::IncidentId;
use crate::policy::{Versions, stored_bytes};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many signs of a day are counted: a source with a price for every customer must not outgrow its item.
const SIGNS_MAX: usize = 150;
/// How many bytes they may take: there are as many of them as days, for each kind of trouble.
const SIGNS_BYTES_MAX: usize = 5_000;
/// How long a fold takes at most from its look at the clock to its commit: what it tells so shortly before the alarm rings
/// may be stored only after somebody has looked.
const FOLD_TAKES: SignedDuration = SignedDuration::from_secs(10);

/// One item for each source, with the alarm for the next look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    pub provider: String,
    pub source: String,
    pub wake_at: Option<Timestamp>,
    /// A trouble was told while the alarm rang, or just before: whoever looks then may not have seen it, and looks once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Up to when pulses are counted into `days`.
    pub summed_until: BTreeMap<Trouble, Timestamp>,
    /// Troubles that were told so late that the window had passed over them.
    pub late: BTreeMap<Trouble, Late>,
    pub days: BTreeMap<Date, BTreeMap<Trouble, Counts>>,
    pub lines: Vec<Line>,
}

/// By sign.
pub type Counts = BTreeMap<String, Count>;

/// How many pulses bore a sign, and how many of them were in trouble.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub tries: u64,
    pub troubles: u64,
}

/// One incident, as far as it decides whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub incident: IncidentId,
    pub trouble: Trouble,
    pub sign: Sign,
    pub began_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// It lasted so long that it counts as usual.
    pub usual: bool,
}

/// From when on late troubles are weighed, and when the last of them was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    pub from: Timestamp,
    pub told_at: Timestamp,
}

/// A stretch of time, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Line {
    pub(super) fn concerns(&self, trouble: Trouble, at: Timestamp, signs: &Signs, policy: &IncidentPolicy) -> bool {
        let while_open = at >= self.began_at && self.ended_at.is_none_or(|ended_at| at <= ended_at);
        self.trouble == trouble && while_open && speaks(trouble, signs, &self.sign, policy)
    }
}

/// Whether a trouble with these signs speaks for an incident by one of them: what customers bring about by themselves
/// does not, unless it is one bank or one plan that they share.
fn speaks(trouble: Trouble, signs: &Signs, sign: &Sign, policy: &IncidentPolicy) -> bool {
    let own = signs.family.as_ref().is_some_and(|family| policy.own.families.contains(family));
    let alone = trouble == Trouble::Failure && own && matches!(sign, Sign::Source | Sign::Family(_));
    signs.bear(sign) && !alone
}

pub(super) fn tells(pulse: &Pulse, sign: &Sign, policy: &IncidentPolicy) -> bool {
    pulse.is_trouble() && speaks(pulse.trouble, &pulse.signs, sign, policy)
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

impl Watch {
    /// A source where nothing has happened: no alarm is set.
    pub fn new(provider: &str, source: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            source: source.to_owned(),
            wake_at: None,
            again: false,
            summed_until: BTreeMap::new(),
            late: BTreeMap::new(),
            days: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// The incident that a trouble belongs to; of several, the first that lasts.
    pub fn incident_of(
        &self,
        trouble: Trouble,
        at: Timestamp,
        signs: &Signs,
        policy: &IncidentPolicy,
    ) -> Option<&Line> {
        let mut concerning: Vec<_> =
            self.lines.iter().filter(|line| line.concerns(trouble, at, signs, policy)).collect();
        // What lasts counts before what is over.
        concerning.sort_by_key(|line| line.ended_at.is_some());
        concerning.into_iter().next()
    }

    /// The incident that a due item belongs to.
    pub fn concerning(
        &self,
        invoice: &Invoice,
        head: &Head,
        declines: &Versions<Declines>,
        policy: &IncidentPolicy,
    ) -> Option<&Line> {
        let signs = Signs::of_invoice(invoice, head, declines);
        self.incident_of(Trouble::Failure, invoice.first_failed_at?, &signs, policy)
    }

    pub(super) fn knows(&self, pulse: &Pulse, policy: &IncidentPolicy) -> bool {
        pulse.is_trouble() && self.incident_of(pulse.trouble, pulse.at, &pulse.signs, policy).is_some()
    }

    /// Sees that somebody looks soon after a trouble of some time; whether that changes anything.
    ///
    /// Nothing is written while an alarm is set, and once while it rings or is about to: a storm must not write one item a thousand times.
    pub fn arm(&mut self, trouble: Trouble, at: Timestamp, now: Timestamp, policy: &IncidentPolicy) -> bool {
        let before = self.clone();
        let soon = now + SignedDuration::from_mins(policy.look_minutes);
        if self.wake_at.is_none_or(|at| at > soon) {
            self.wake_at = Some(soon);
        }
        self.again |= self.wake_at.is_some_and(|at| at <= now + FOLD_TAKES);
        // By the time somebody looks, the window has moved on.
        let look = SignedDuration::from_mins(2 * policy.look_minutes);
        let window = SignedDuration::from_mins(policy.measure(trouble).window_minutes);
        if at < now - window + look && at >= now - hours(24 * policy.history_days) {
            // The window is open at its beginning.
            let from = at - SignedDuration::from_secs(1);
            let late = self.late.entry(trouble).or_insert(Late { from, told_at: now });
            if now.duration_since(late.told_at) >= window {
                *late = Late { from, told_at: now };
            }
            late.from = late.from.min(from);
            // Not at every one of a thousand.
            if now.duration_since(late.told_at) >= look {
                late.told_at = now;
            }
        }
        *self != before
    }

    /// The watch of a source as new troubles of one of its accounts arm it, where they change anything.
    pub fn armed(standing: Option<Self>, news: &[Pulse], now: Timestamp, policy: &IncidentPolicy) -> Option<Self> {
        let first = news.first()?;
        let mut watch = standing.unwrap_or_else(|| Self::new(&first.provider, &first.source));
        let changes = news.iter().filter(|pulse| watch.arm(pulse.trouble, pulse.at, now, policy)).count();
        (changes > 0).then_some(watch)
    }

    /// From when on troubles are weighed.
    pub(super) fn window(&self, trouble: Trouble, now: Timestamp, policy: &IncidentPolicy) -> Timestamp {
        let window = now - SignedDuration::from_mins(policy.measure(trouble).window_minutes);
        self.late.get(&trouble).map_or(window, |late| window.min(late.from))
    }

    /// What is to be read for a look: the window, and all of what goes on.
    pub fn lately(&self, trouble: Trouble, now: Timestamp, policy: &IncidentPolicy) -> Stretch {
        let measure = policy.measure(trouble);
        // Two windows, to know whether it has been quiet.
        let quiet = now - SignedDuration::from_mins(measure.quiet_minutes.max(2 * measure.window_minutes));
        let open = self
            .lines
            .iter()
            .filter(|line| line.trouble == trouble && line.ended_at.is_none())
            .map(|line| line.began_at);
        let since = open.fold(self.window(trouble, now, policy).min(quiet), Timestamp::min);
        Stretch { since: since.max(now - hours(24 * policy.history_days)), until: now }
    }

    /// What is not counted as usual yet, oldest first, in stretches of at most a day.
    pub fn uncounted(
        &self,
        trouble: Trouble,
        now: Timestamp,
        policy: &IncidentPolicy,
    ) -> impl Iterator<Item = Stretch> + use<> {
        let oldest = now - hours(24 * policy.history_days);
        let mut since = self.summed_until.get(&trouble).map_or(oldest, |until| oldest.max(*until));
        let end = now - SignedDuration::from_mins(policy.measure(trouble).window_minutes);
        std::iter::from_fn(move || {
            let stretch = Stretch { since, until: end.min(since + hours(24)) };
            since = stretch.until;
            (stretch.since < end).then_some(stretch)
        })
    }

    /// Counts a stretch into its days. What belongs to an incident is not usual.
    pub(super) fn count(
        &mut self,
        trouble: Trouble,
        stretch: Stretch,
        pulses: &[Pulse],
        now: Timestamp,
        policy: &IncidentPolicy,
    ) {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let inside =
            |pulse: &&Pulse| pulse.at >= stretch.since && pulse.at < stretch.until && pulse.outcome != Outcome::Moved;
        let usual: Vec<_> = pulses.iter().filter(inside).filter(|pulse| !self.knows(pulse, policy)).collect();
        for pulse in usual {
            let counts = self.days.entry(day(pulse.at)).or_default().entry(trouble).or_default();
            for sign in pulse.signs.all() {
                let count = counts.entry(sign.name()).or_default();
                count.tries += 1;
                count.troubles += u64::from(tells(pulse, &sign, policy));
            }
        }
        // A day without any trouble is a day too.
        self.days.entry(day(stretch.since)).or_default();
        let oldest = day(now - hours(24 * policy.history_days));
        self.days.retain(|day, _| *day >= oldest);
        self.days.values_mut().flat_map(BTreeMap::values_mut).for_each(keep_the_most_frequent);
        self.summed_until.insert(trouble, stretch.until);
    }

    /// Over all days that are remembered.
    pub fn counted(&self, trouble: Trouble, sign: &Sign) -> Count {
        let name = sign.name();
        let counts = self.days.values().filter_map(|day| day.get(&trouble)?.get(&name));
        counts.fold(Count::default(), |sum, count| Count {
            tries: sum.tries + count.tries,
            troubles: sum.troubles + count.troubles,
        })
    }

    /// How often it is usual: of tries for failures, a day for disputes.
    pub(super) fn rate(&self, trouble: Trouble, sign: &Sign, measure: &Measure) -> Decimal {
        let own = self.counted(trouble, sign);
        let base = match sign {
            Sign::Source => measure.rate,
            Sign::Family(_) => measure.family_rate,
            Sign::Issuer(_) | Sign::Plan(_) => self.rate(trouble, &Sign::Source, measure),
        };
        let of = match (trouble, sign) {
            (Trouble::Dispute, _) => self.days.len() as u64,
            (Trouble::Failure, Sign::Family(_)) => self.counted(trouble, &Sign::Source).tries,
            (Trouble::Failure, _) => own.tries,
        };
        let weight = Decimal::from(measure.weight);
        (Decimal::from(own.troubles) + weight * base) / (Decimal::from(of) + weight)
    }
}

fn keep_the_most_frequent(counts: &mut Counts) {
    let mut order: Vec<_> = counts.iter().map(|(name, count)| (Reverse(count.tries), name.clone())).collect();
    order.sort();
    while counts.len() > SIGNS_MAX || stored_bytes(counts) > SIGNS_BYTES_MAX {
        let Some((_, rarest)) = order.pop() else { return };
        counts.remove(&rarest);
    }
}
