//! Looks over a source: which incidents go on, which are over, and which are new.

use super::watch::{Line, Stretch, Watch, tells};
use super::{Incident, IncidentPolicy, Outcome, Pulse, Releases, Seen, Sign, State, Trouble, odds};
use crate::id::IncidentId;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How long an incident that is over is remembered here: recoveries that it concerned may still be running.
const REMEMBERED_DAYS: i64 = 60;
/// While there are only disputes: they come slowly, and are looked over by the hour.
const SLOWLY: SignedDuration = SignedDuration::from_hours(1);

/// What was read for one kind of trouble.
#[derive(Debug, Clone)]
pub struct Read {
    pub trouble: Trouble,
    pub lately: Vec<Pulse>,
    /// What is counted as usual next, oldest first.
    pub past: Vec<(Stretch, Vec<Pulse>)>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    pub watch: Watch,
    /// The incidents that are new or changed.
    pub incidents: Vec<Incident>,
}

/// What a look goes by.
#[derive(Clone, Copy)]
struct Surroundings<'a> {
    trouble: Trouble,
    lately: &'a [Pulse],
    now: Timestamp,
    policy: &'a IncidentPolicy,
}

/// Goes through what was read, counts what is usual, and sets when to look again.
pub fn look(
    mut watch: Watch,
    reads: &[Read],
    standing: &BTreeMap<IncidentId, Incident>,
    releases: &Releases,
    now: Timestamp,
    policy: &IncidentPolicy,
) -> Looked {
    let mut incidents = Vec::new();
    for read in reads {
        let scene = Surroundings { trouble: read.trouble, lately: &read.lately, now, policy };
        scene.go_on(&mut watch, standing, &mut incidents);
        while let Some(incident) = scene.find(&watch, releases) {
            watch.lines.push(Line {
                incident: incident.id.clone(),
                trouble: read.trouble,
                sign: incident.sign.clone(),
                began_at: incident.began_at,
                ended_at: None,
                usual: false,
            });
            incidents.push(incident);
        }
    }
    for read in reads {
        for (stretch, past) in &read.past {
            watch.count(read.trouble, *stretch, past, now, policy);
        }
    }
    let forgotten = now - SignedDuration::from_hours(24 * REMEMBERED_DAYS);
    watch.lines.retain(|line| line.ended_at.is_none_or(|at| at > forgotten));
    // Late troubles come one after the other: they are weighed together until no more are told.
    watch.late.retain(|trouble, late| {
        now.duration_since(late.told_at) < SignedDuration::from_mins(policy.measure(*trouble).window_minutes)
    });
    watch.wake_at = next_look(&watch, reads, now, policy);
    watch.again = false;
    Looked { watch, incidents }
}

/// Soon while so many are in trouble that they may be an incident, or the days are not counted; slowly while that is so of
/// disputes only. Otherwise not at all: the next trouble sets the alarm.
fn next_look(watch: &Watch, reads: &[Read], now: Timestamp, policy: &IncidentPolicy) -> Option<Timestamp> {
    let stirs = |trouble: Trouble| {
        let since = watch.window(trouble, now, policy);
        let pulses = reads.iter().filter(|read| read.trouble == trouble).flat_map(|read| &read.lately);
        let troubled = pulses.filter(|pulse| pulse.is_trouble() && pulse.at > since).map(|pulse| &pulse.account);
        watch.lines.iter().any(|line| line.trouble == trouble && (line.ended_at.is_none() || line.usual))
            || troubled.collect::<BTreeSet<_>>().len() >= policy.measure(trouble).accounts_min
    };
    let is_behind = |trouble: Trouble| watch.uncounted(trouble, now, policy).next().is_some();
    if watch.again || stirs(Trouble::Failure) || Trouble::ALL.into_iter().any(is_behind) {
        return Some(now + SignedDuration::from_mins(policy.look_minutes));
    }
    stirs(Trouble::Dispute).then(|| now + SLOWLY)
}

impl Surroundings<'_> {
    /// Counts the members of what is known already, and says what is over: it is as usual again, or it has lasted for so
    /// long that it is usual by now.
    fn go_on(self, watch: &mut Watch, standing: &BTreeMap<IncidentId, Incident>, incidents: &mut Vec<Incident>) {
        let Self { trouble, lately, now, policy } = self;
        let measure = policy.measure(trouble);
        let quiet = now - SignedDuration::from_mins(measure.quiet_minutes);
        for place in 0..watch.lines.len() {
            let line = &watch.lines[place];
            if line.trouble == trouble
                && line.usual
                && !lately.iter().any(|pulse| pulse.at > quiet && tells(pulse, &line.sign, policy))
            {
                // It was mended after all: the next time is news again.
                watch.lines[place].usual = false;
                continue;
            }
            let Some(before) =
                standing.get(&line.incident).filter(|_| line.trouble == trouble && line.ended_at.is_none())
            else {
                continue;
            };
            let members: Vec<&Pulse> =
                lately.iter().filter(|pulse| pulse.at >= line.began_at && tells(pulse, &line.sign, policy)).collect();
            // What belongs to another incident, and not to this one, does not make this one look usual.
            let others = |pulse: &Pulse| {
                let mut lines = watch.lines.iter().enumerate().filter(|(other, _)| *other != place);
                let mut known = || lines.any(|(_, line)| line.concerns(trouble, pulse.at, &pulse.signs, policy));
                pulse.is_trouble() && !tells(pulse, &line.sign, policy) && known()
            };
            let recent: Vec<&Pulse> = lately.iter().filter(|pulse| pulse.at > quiet && !others(pulse)).collect();
            let is_quiet = match self.weigh(watch, &line.sign, &recent, quiet) {
                Some(weighed) => weighed.odds < measure.odds_end,
                // Too few others to compare with: only silence ends it.
                None => !recent.iter().any(|pulse| tells(pulse, &line.sign, policy)),
            };
            let is_usual = now.duration_since(before.found_at) >= SignedDuration::from_hours(24 * policy.days_max);
            let over = is_quiet || is_usual;
            let mut incident = Incident { state: if over { State::Over } else { State::Open }, ..before.clone() };
            incident.ended_at = over.then_some(now);
            incident.became_usual = is_usual && !is_quiet;
            incident.count(&members);
            watch.lines[place].ended_at = incident.ended_at;
            watch.lines[place].usual = incident.became_usual;
            if incident != *before {
                incidents.push(incident);
            }
        }
    }

    /// The least likely thing that is not an incident yet, if it is unlikely enough.
    fn find(self, watch: &Watch, releases: &Releases) -> Option<Incident> {
        let Self { trouble, lately, now, policy } = self;
        let measure = policy.measure(trouble);
        let since = watch.window(trouble, now, policy);
        // What has become usual is raised by no sign of it while the days learn it.
        let learned = now - SignedDuration::from_hours(24 * policy.history_days);
        let is_usual = |pulse: &Pulse| {
            let mut lines = watch
                .lines
                .iter()
                .filter(|line| line.usual && line.trouble == trouble && line.ended_at > Some(learned));
            lines.any(|line| tells(pulse, &line.sign, policy))
        };
        let is_new =
            |pulse: &&Pulse| pulse.at > since && pulse.at <= now && !watch.knows(pulse, policy) && !is_usual(pulse);
        let unknown: Vec<&Pulse> = lately.iter().filter(is_new).collect();
        let signs: BTreeSet<Sign> =
            unknown.iter().filter(|pulse| pulse.is_trouble()).flat_map(|pulse| pulse.signs.all()).collect();
        let weighed = signs.into_iter().filter_map(|sign| Some((self.weigh(watch, &sign, &unknown, since)?, sign)));
        let unlikely =
            weighed.filter(|(weighed, _)| weighed.accounts >= measure.accounts_min && weighed.odds >= measure.odds_min);
        let (weighed, sign) = unlikely.max_by_key(|(weighed, sign)| (weighed.odds, Reverse(sign.clone())))?;
        let members: Vec<&Pulse> = unknown.iter().copied().filter(|pulse| tells(pulse, &sign, policy)).collect();
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
            became_usual: false,
            members: 0,
            accounts: 0,
            amounts: BTreeMap::new(),
            seen: Seen {
                window_minutes: now.duration_since(since).as_secs() / 60,
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
            task: None,
            sign,
        };
        incident.count(&members);
        Some(incident)
    }

    /// Weighs a sign. A bank or a plan is only to blame if the others fare better, at the same time.
    fn weigh(self, watch: &Watch, sign: &Sign, pulses: &[&Pulse], since: Timestamp) -> Option<Weighed> {
        let Self { trouble, now, policy, .. } = self;
        let measure = policy.measure(trouble);
        let telling: Vec<_> = pulses.iter().filter(|pulse| tells(pulse, sign, policy)).collect();
        let apart = matches!(sign, Sign::Issuer(_) | Sign::Plan(_));
        let tries = |bearing: bool| {
            pulses.iter().filter(|pulse| pulse.outcome != Outcome::Moved && pulse.signs.bear(sign) == bearing).count()
        };
        let rest = pulses.iter().filter(|pulse| pulse.is_trouble() && !pulse.signs.bear(sign)).count();
        let usual = watch.rate(trouble, sign, measure);
        let (tried, expected) = match trouble {
            Trouble::Failure => {
                let others = tries(false);
                let tried = if apart {
                    tries(true)
                } else {
                    pulses.iter().filter(|pulse| pulse.outcome != Outcome::Moved).count()
                };
                if apart && others < measure.accounts_min {
                    return None;
                }
                let theirs = if apart { Decimal::from(rest) / Decimal::from(others) } else { Decimal::ZERO };
                (Some(tried as u64), Decimal::from(tried) * usual.max(theirs))
            }
            Trouble::Dispute => {
                let minutes = now.duration_since(since).as_secs() / 60;
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
}

/// How a sign looks in a stretch of time.
struct Weighed {
    accounts: usize,
    tries: Option<u64>,
    troubles: u64,
    expected: Decimal,
    odds: Decimal,
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
