//! Looks over a source: what is usual there, which incidents go on, which are over, and which are new.

use super::policy::Measure;
use super::{Incident, IncidentPolicy, Outcome, Pulse, Releases, Seen, Sign, Signs, State, Trouble, odds};
use crate::book::{Head, Invoice};
use crate::decline::Declines;
use crate::id::IncidentId;
use crate::policy::Versions;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How long an incident that is over is remembered here: recoveries that it concerned may still be running.
const REMEMBERED_DAYS: i64 = 60;
/// While disputes are few: they come slowly, and are looked over by the hour.
const SLOWLY: SignedDuration = SignedDuration::from_hours(1);

/// What is known of a source as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    pub provider: String,
    pub source: String,
    pub wake_at: Option<Timestamp>,
    /// Up to when pulses are counted into `days`.
    pub summed_until: Option<Timestamp>,
    pub days: BTreeMap<Date, Tally>,
    pub lines: Vec<Line>,
}

/// One incident, as far as it decides whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub incident: IncidentId,
    pub trouble: Trouble,
    pub sign: Sign,
    pub began_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// The counts of a day, by sign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub failure: BTreeMap<String, Count>,
    pub dispute: BTreeMap<String, Count>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub tries: u64,
    pub troubles: u64,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub watch: Watch,
    /// The incidents that are new or changed.
    pub incidents: Vec<Incident>,
}

impl Line {
    fn concerns(&self, trouble: Trouble, at: Timestamp, signs: &Signs, policy: &IncidentPolicy) -> bool {
        let while_open = at >= self.began_at && self.ended_at.is_none_or(|ended_at| at <= ended_at);
        self.trouble == trouble && while_open && tell(trouble, signs, &self.sign, policy)
    }
}

impl Watch {
    pub fn new(provider: &str, source: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            source: source.to_owned(),
            wake_at: None,
            summed_until: None,
            days: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// The incident that a trouble belongs to; the first that was found.
    pub fn incident_of(&self, trouble: Trouble, at: Timestamp, signs: &Signs, policy: &IncidentPolicy) -> Option<&Line> {
        self.lines.iter().find(|line| line.concerns(trouble, at, signs, policy))
    }

    /// The incident that a due item belongs to.
    pub fn concerning(&self, invoice: &Invoice, head: &Head, declines: &Versions<Declines>, policy: &IncidentPolicy) -> Option<&Line> {
        let signs = Signs::of_invoice(invoice, head, declines);
        self.incident_of(Trouble::Failure, invoice.first_failed_at?, &signs, policy)
    }

    fn knows(&self, pulse: &Pulse, policy: &IncidentPolicy) -> bool {
        pulse.is_trouble() && self.incident_of(pulse.trouble, pulse.at, &pulse.signs, policy).is_some()
    }

    /// From when on pulses are needed for the next look.
    pub fn reads_since(&self, now: Timestamp, policy: &IncidentPolicy) -> Timestamp {
        let windows = Trouble::ALL.map(|trouble| policy.measure(trouble)).map(|it| it.window_minutes.max(it.quiet_minutes));
        let window = now - SignedDuration::from_mins(windows.into_iter().max().unwrap_or_default());
        let sums = self.summed_until.unwrap_or_else(|| now - SignedDuration::from_hours(24 * policy.history_days));
        self.lines.iter().filter(|line| line.ended_at.is_none()).map(|line| line.began_at).chain([sums]).fold(window, Timestamp::min)
    }

    /// Sees that somebody looks soon after a trouble; whether that is new.
    pub fn arm(&mut self, now: Timestamp, policy: &IncidentPolicy) -> bool {
        let soon = now + SignedDuration::from_mins(policy.look_minutes);
        let is_new = self.wake_at.is_none_or(|at| at > soon);
        if is_new {
            self.wake_at = Some(soon);
        }
        is_new
    }

    /// Counts what lies an hour back into its day. What belongs to an incident is not usual.
    fn sum(&mut self, pulses: &[Pulse], now: Timestamp, policy: &IncidentPolicy) {
        let until = now - SignedDuration::from_mins(policy.failure.window_minutes);
        let since = self.summed_until.unwrap_or(Timestamp::MIN);
        if until <= since {
            return;
        }
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let usual = |pulse: &&Pulse| pulse.at >= since && pulse.at < until && !self.knows(pulse, policy);
        let counted: Vec<_> = pulses.iter().filter(usual).collect();
        for pulse in counted {
            let tally = self.days.entry(day(pulse.at)).or_default();
            let counts = match pulse.trouble {
                Trouble::Failure => &mut tally.failure,
                Trouble::Dispute => &mut tally.dispute,
            };
            for sign in pulse.signs.all() {
                let count = counts.entry(sign.name()).or_default();
                count.tries += u64::from(pulse.outcome != Outcome::Moved);
                count.troubles += u64::from(tells(pulse, &sign, policy));
            }
        }
        let oldest = day(now - SignedDuration::from_hours(24 * policy.history_days));
        self.days.retain(|day, _| *day >= oldest);
        self.summed_until = Some(until);
    }

    fn count(&self, trouble: Trouble, sign: &Sign) -> Count {
        let name = sign.name();
        let days = self.days.values().map(|tally| match trouble {
            Trouble::Failure => &tally.failure,
            Trouble::Dispute => &tally.dispute,
        });
        days.filter_map(|counts| counts.get(&name))
            .fold(Count::default(), |sum, count| Count { tries: sum.tries + count.tries, troubles: sum.troubles + count.troubles })
    }

    /// How often it is usual: of tries for failures, a day for disputes.
    fn rate(&self, trouble: Trouble, sign: &Sign, measure: &Measure) -> Decimal {
        let own = self.count(trouble, sign);
        let base = match sign {
            Sign::Source => measure.rate,
            Sign::Family(_) => measure.family_rate,
            Sign::Issuer(_) | Sign::Plan(_) => self.rate(trouble, &Sign::Source, measure),
        };
        let of = match (trouble, sign) {
            (Trouble::Dispute, _) => self.days.len() as u64,
            (Trouble::Failure, Sign::Family(_)) => self.count(trouble, &Sign::Source).tries,
            (Trouble::Failure, _) => own.tries,
        };
        let weight = Decimal::from(measure.weight);
        (Decimal::from(own.troubles) + weight * base) / (Decimal::from(of) + weight)
    }
}

/// Whether a trouble with these signs speaks for an incident by one of them: what customers bring about by themselves
/// does not, unless it is one bank or one plan that they share.
fn tell(trouble: Trouble, signs: &Signs, sign: &Sign, policy: &IncidentPolicy) -> bool {
    let own = signs.family.as_ref().is_some_and(|family| policy.own.families.contains(family));
    let alone = trouble == Trouble::Failure && own && matches!(sign, Sign::Source | Sign::Family(_));
    signs.bear(sign) && !alone
}

fn tells(pulse: &Pulse, sign: &Sign, policy: &IncidentPolicy) -> bool {
    pulse.is_trouble() && tell(pulse.trouble, &pulse.signs, sign, policy)
}

/// Looks over everything since [`Watch::reads_since`].
pub fn look(
    mut watch: Watch,
    pulses: &[Pulse],
    standing: &BTreeMap<IncidentId, Incident>,
    releases: &Releases,
    now: Timestamp,
    policy: &IncidentPolicy,
) -> Looked {
    let mut incidents = Vec::new();
    for trouble in Trouble::ALL {
        let own: Vec<&Pulse> = pulses.iter().filter(|pulse| pulse.trouble == trouble && pulse.at <= now).collect();
        go_on(&mut watch, trouble, &own, standing, now, policy, &mut incidents);
        while let Some(incident) = find(&watch, trouble, &own, releases, now, policy) {
            watch.lines.push(Line {
                incident: incident.id.clone(),
                trouble,
                sign: incident.sign.clone(),
                began_at: incident.began_at,
                ended_at: None,
            });
            incidents.push(incident);
        }
    }
    watch.sum(pulses, now, policy);
    let forgotten = now - SignedDuration::from_hours(24 * REMEMBERED_DAYS);
    watch.lines.retain(|line| line.ended_at.is_none_or(|at| at > forgotten));
    watch.wake_at = next_look(&watch, pulses, now, policy);
    Looked { watch, incidents }
}

/// Soon while payments fail, slowly while there are only disputes, and not at all while all is well.
fn next_look(watch: &Watch, pulses: &[Pulse], now: Timestamp, policy: &IncidentPolicy) -> Option<Timestamp> {
    let stirs = |trouble: Trouble| {
        let since = now - SignedDuration::from_mins(policy.measure(trouble).window_minutes);
        watch.lines.iter().any(|line| line.trouble == trouble && line.ended_at.is_none())
            || pulses.iter().any(|pulse| pulse.trouble == trouble && pulse.is_trouble() && pulse.at > since)
    };
    if stirs(Trouble::Failure) {
        return Some(now + SignedDuration::from_mins(policy.look_minutes));
    }
    stirs(Trouble::Dispute).then(|| now + SLOWLY)
}

/// Counts the members of what is known already, and says what is over.
fn go_on(
    watch: &mut Watch,
    trouble: Trouble,
    own: &[&Pulse],
    standing: &BTreeMap<IncidentId, Incident>,
    now: Timestamp,
    policy: &IncidentPolicy,
    incidents: &mut Vec<Incident>,
) {
    let measure = policy.measure(trouble);
    let quiet = now - SignedDuration::from_mins(measure.quiet_minutes);
    for place in 0..watch.lines.len() {
        let line = &watch.lines[place];
        let Some(before) = standing.get(&line.incident).filter(|_| line.trouble == trouble && line.ended_at.is_none()) else { continue };
        let members: Vec<&Pulse> =
            own.iter().copied().filter(|pulse| pulse.at >= line.began_at && tells(pulse, &line.sign, policy)).collect();
        let lately: Vec<&Pulse> = own.iter().copied().filter(|pulse| pulse.at > quiet).collect();
        let weighed = weigh(watch, trouble, &line.sign, &lately, measure.quiet_minutes, policy);
        let over = weighed.is_none_or(|weighed| weighed.accounts < measure.accounts_min || weighed.odds < measure.odds_min);
        let mut incident = Incident { state: if over { State::Over } else { State::Open }, ..before.clone() };
        incident.ended_at = over.then_some(now);
        incident.count(&members);
        watch.lines[place].ended_at = incident.ended_at;
        if incident != *before {
            incidents.push(incident);
        }
    }
}

/// The least likely thing that is not an incident yet, if it is unlikely enough.
fn find(watch: &Watch, trouble: Trouble, own: &[&Pulse], releases: &Releases, now: Timestamp, policy: &IncidentPolicy) -> Option<Incident> {
    let measure = policy.measure(trouble);
    let since = now - SignedDuration::from_mins(measure.window_minutes);
    let lately: Vec<&Pulse> = own.iter().copied().filter(|pulse| pulse.at > since && !watch.knows(pulse, policy)).collect();
    let signs: BTreeSet<Sign> = lately.iter().filter(|pulse| pulse.is_trouble()).flat_map(|pulse| pulse.signs.all()).collect();
    let weighed = signs.into_iter().filter_map(|sign| Some((weigh(watch, trouble, &sign, &lately, measure.window_minutes, policy)?, sign)));
    let unlikely = weighed.filter(|(weighed, _)| weighed.accounts >= measure.accounts_min && weighed.odds >= measure.odds_min);
    let (weighed, sign) = unlikely.max_by_key(|(weighed, sign)| (weighed.odds, Reverse(sign.clone())))?;
    let members: Vec<&Pulse> = lately.iter().copied().filter(|pulse| tells(pulse, &sign, policy)).collect();
    let began_at = members.iter().map(|pulse| pulse.at).min()?;
    let release = releases.before(began_at, policy.release_minutes);
    let cause = policy.cause(trouble, &sign, release.is_some());
    let mut incident = Incident {
        id: IncidentId::of(&watch.provider, &watch.source, trouble.name(), &sign.name(), &began_at.to_string()),
        provider: watch.provider.clone(),
        source: watch.source.clone(),
        trouble,
        state: State::Open,
        began_at,
        found_at: now,
        ended_at: None,
        members: 0,
        accounts: 0,
        amounts: BTreeMap::new(),
        seen: Seen {
            window_minutes: measure.window_minutes,
            tries: weighed.tries,
            troubles: weighed.troubles,
            expected: weighed.expected.round_dp(2),
            odds: weighed.odds,
        },
        cause: cause.cause.clone(),
        owner: cause.owner.clone(),
        rule: cause.id.get_ref().clone(),
        why: cause.why.clone(),
        policy_version: policy.version,
        release: release.map(|release| format!("{} at {}", release.name, release.at)),
        told: None,
        sign,
    };
    incident.count(&members);
    Some(incident)
}

/// How a sign looks in a stretch of time.
struct Weighed {
    accounts: usize,
    tries: Option<u64>,
    troubles: u64,
    expected: Decimal,
    odds: Decimal,
}

/// Weighs a sign. A bank or a plan is only to blame if the others fare better, at the same time.
fn weigh(watch: &Watch, trouble: Trouble, sign: &Sign, lately: &[&Pulse], minutes: i64, policy: &IncidentPolicy) -> Option<Weighed> {
    let measure = policy.measure(trouble);
    let telling: Vec<_> = lately.iter().filter(|pulse| tells(pulse, sign, policy)).collect();
    let apart = matches!(sign, Sign::Issuer(_) | Sign::Plan(_));
    let tries = |bearing: bool| lately.iter().filter(|pulse| pulse.outcome != Outcome::Moved && pulse.signs.bear(sign) == bearing).count();
    let rest = lately.iter().filter(|pulse| pulse.is_trouble() && !pulse.signs.bear(sign)).count();
    let usual = watch.rate(trouble, sign, measure);
    let (tried, expected) = match trouble {
        Trouble::Failure => {
            let tried = if apart { tries(true) } else { lately.iter().filter(|pulse| pulse.outcome != Outcome::Moved).count() };
            let others = tries(false);
            if apart && others < measure.accounts_min {
                return None;
            }
            let theirs = if apart { Decimal::from(rest) / Decimal::from(others) } else { Decimal::ZERO };
            (Some(tried as u64), Decimal::from(tried) * usual.max(theirs))
        }
        Trouble::Dispute => {
            let usual = usual * Decimal::from(minutes) / Decimal::from(1440);
            (None, if apart { usual.max(Decimal::from(rest)) } else { usual })
        }
    };
    let troubles = telling.len() as u64;
    Some(Weighed {
        accounts: telling.iter().map(|pulse| &pulse.account).collect::<BTreeSet<_>>().len(),
        tries: tried,
        troubles,
        expected,
        odds: odds(troubles, expected),
    })
}

impl Incident {
    fn count(&mut self, members: &[&Pulse]) {
        self.members = members.len();
        self.accounts = members.iter().map(|pulse| &pulse.account).collect::<BTreeSet<_>>().len();
        self.amounts = BTreeMap::new();
        for amount in members.iter().filter_map(|pulse| pulse.amount) {
            *self.amounts.entry(amount.currency()).or_default() += amount.amount();
        }
    }

    /// Whether a pulse is one of its members.
    pub fn has(&self, pulse: &Pulse, policy: &IncidentPolicy) -> bool {
        pulse.trouble == self.trouble
            && pulse.at >= self.began_at
            && self.ended_at.is_none_or(|at| pulse.at <= at)
            && tells(pulse, &self.sign, policy)
    }
}

#[cfg(test)]
mod tests;
