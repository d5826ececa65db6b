//! The next try: the first of the best moments that are left, as many as there are tries left.

use crate::adviser::View;
use crate::belief::chance;
use crate::calendar::Calendar;
use jiff::{SignedDuration, Timestamp};

/// What tries may be, whatever anybody thinks of them. Hours count from the failure on.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Spans in which tries may be: later than the beginning, at the end at the latest.
    pub windows: Vec<(i64, i64)>,
    /// How many hours lie between two, from the first pair on; the last counts for all that follow.
    pub gaps: Vec<i64>,
    pub most: usize,
    /// Where each would speak for itself with less, in log-odds, there is none.
    pub least: f64,
}

/// What has become of a failed payment so far.
#[derive(Debug, Clone, Copy)]
pub struct SoFar<'a> {
    pub failed_at: Timestamp,
    /// When it was tried again, each time in vain.
    pub tries: &'a [Timestamp],
    /// No try is before that: it is now, or what an advice asks to wait for.
    pub not_before: Timestamp,
}

/// A try that was chosen, and what else it could have been.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    pub at: Timestamp,
    /// How likely it is thought to succeed.
    pub chance: f64,
    /// The best moment of each of the best days, in the order of time, the chosen one among them.
    pub candidates: Vec<Candidate>,
}

/// A moment that could have been chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub at: Timestamp,
    pub chance: f64,
}

/// How many candidates are told.
const CANDIDATES_MAX: usize = 8;
const HOUR: i64 = 3600;
/// An hour after a failure, and what speaks for it.
type Scored = (i64, f64);

impl Limits {
    /// When the next try is, if one is worth it. `allows` says whether a network's rules let it be then.
    pub fn next(
        &self,
        view: &View,
        calendar: &Calendar,
        so_far: &SoFar<'_>,
        allows: &dyn Fn(Timestamp) -> bool,
    ) -> Option<Timestamp> {
        let hour = self.best(&mut self.scored(view, calendar, so_far), so_far, allows)?;
        Some(at(so_far, hour))
    }

    /// The same, with what else it could have been.
    pub fn choose(
        &self,
        view: &View,
        calendar: &Calendar,
        so_far: &SoFar<'_>,
        allows: &dyn Fn(Timestamp) -> bool,
    ) -> Option<Chosen> {
        let scored = self.scored(view, calendar, so_far);
        let hour = self.best(&mut scored.clone(), so_far, allows)?;
        let (_, score) = scored.iter().copied().find(|(other, _)| *other == hour)?;
        Some(Chosen { at: at(so_far, hour), chance: chance(score), candidates: candidates(&scored, hour, so_far) })
    }

    fn gap(&self, tries_before: usize) -> i64 {
        let gap = self.gaps.get(tries_before.saturating_sub(1)).or(self.gaps.last());
        gap.copied().unwrap_or_default().max(1)
    }

    fn first_hour(&self, so_far: &SoFar<'_>) -> i64 {
        let since = |at: Timestamp| at.duration_since(so_far.failed_at).as_secs();
        let up = |secs: i64| secs.div_euclid(HOUR) + i64::from(secs.rem_euclid(HOUR) > 0);
        let after_last = so_far.tries.last().map_or(0, |at| up(since(*at)) + self.gap(so_far.tries.len()));
        after_last.max(up(since(so_far.not_before))).max(1)
    }

    fn scored(&self, view: &View, calendar: &Calendar, so_far: &SoFar<'_>) -> Vec<Scored> {
        let (first, tries) = (self.first_hour(so_far), so_far.tries.len());
        let mut all = Vec::with_capacity(1024);
        for (from, to) in &self.windows {
            for (hour, places) in calendar.hours(so_far.failed_at, (first.max(from + 1), *to), tries) {
                all.push((hour, view.score(&places)));
            }
        }
        all
    }

    fn best(&self, scored: &mut [Scored], so_far: &SoFar<'_>, allows: &dyn Fn(Timestamp) -> bool) -> Option<i64> {
        let made = so_far.tries.len();
        let gap = self.gap(made + 1);
        let mut next: Option<i64> = None;
        for _ in made..self.most {
            // Plain loops: the chains of the standard library are shared among crates that are built less quick.
            let mut best = (0, f64::NEG_INFINITY);
            for hour in &*scored {
                if hour.1 > best.1 {
                    best = *hour;
                }
            }
            let (hour, score) = best;
            if score < self.least || score == f64::NEG_INFINITY {
                break;
            }
            if allows(at(so_far, hour)) {
                next = Some(next.map_or(hour, |next| next.min(hour)));
            }
            for other in &mut *scored {
                if other.0 > hour - gap && other.0 < hour + gap {
                    other.1 = f64::NEG_INFINITY;
                }
            }
        }
        next
    }
}

fn candidates(scored: &[Scored], chosen: i64, so_far: &SoFar<'_>) -> Vec<Candidate> {
    let mut best: Vec<Scored> = Vec::new();
    for (hour, score) in scored {
        match best.last_mut().filter(|(other, _)| (other - 1) / 24 == (hour - 1) / 24) {
            Some(day) if (*score > day.1 && day.0 != chosen) || *hour == chosen => *day = (*hour, *score),
            Some(_) => {}
            None => best.push((*hour, *score)),
        }
    }
    best.sort_by(|one, other| (other.0 == chosen).cmp(&(one.0 == chosen)).then(other.1.total_cmp(&one.1)));
    best.truncate(CANDIDATES_MAX);
    best.sort_by_key(|(hour, _)| *hour);
    let of = |(hour, score)| Candidate { at: at(so_far, hour), chance: chance(score) };
    best.into_iter().map(of).collect()
}

fn at(so_far: &SoFar<'_>, hour: i64) -> Timestamp {
    so_far.failed_at + SignedDuration::from_hours(hour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adviser::{Adviser, Leaning, Priors};
    use crate::belief::log_odds;
    use crate::calendar::Place;
    use jiff::tz::TimeZone;

    /// Knows that the first of a month and six in the morning are good.
    fn view() -> View {
        let leaning = |place, speaks| Leaning { group: "funds".to_owned(), place, speaks };
        let leanings = vec![leaning(Place::Day(1), 1.0), leaning(Place::Hour(6), 0.5)];
        let priors = Priors { first: -1.7, spread: 0.3, groups_max: 9, deviations: [[0.1; 3]; 3], leanings };
        Adviser::new(priors).view(&[String::new(), "funds".to_owned(), "funds/a".to_owned()], None)
    }

    fn limits() -> Limits {
        Limits { windows: vec![(0, 240)], gaps: vec![20], most: 3, least: log_odds(0.05) }
    }

    fn day(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_of_the_best_moments_is_next() {
        let (view, calendar) = (view(), Calendar::new(TimeZone::UTC));
        let failed_at = day("2026-03-26T12:30:00Z");
        let tried = [day("2026-04-01T06:30:00Z")];
        let allows = |_: Timestamp| true;
        let so_far = SoFar { failed_at, tries: &[], not_before: failed_at };
        let next = |limits: &Limits, so_far: &SoFar<'_>| limits.next(&view, &calendar, so_far, &allows);
        for (name, limits, so_far, expected) in [
            ("of the only one", Limits { most: 1, ..limits() }, so_far, Some("2026-04-01T06:30:00Z")),
            ("of three", limits(), so_far, Some("2026-03-27T06:30:00Z")),
            ("in a window", Limits { windows: vec![(48, 72)], ..limits() }, so_far, Some("2026-03-29T06:30:00Z")),
            (
                "after an advice",
                limits(),
                SoFar { not_before: day("2026-04-01T06:31:00Z"), ..so_far },
                Some("2026-04-01T07:30:00Z"),
            ),
            ("after a try", limits(), SoFar { tries: &tried, ..so_far }, Some("2026-04-02T06:30:00Z")),
            (
                "with a wide gap",
                Limits { gaps: vec![60], ..limits() },
                SoFar { tries: &tried, ..so_far },
                Some("2026-04-04T06:30:00Z"),
            ),
            ("where nothing is worth it", Limits { least: log_odds(0.9), ..limits() }, so_far, None),
            ("when all are used up", Limits { most: 1, ..limits() }, SoFar { tries: &tried, ..so_far }, None),
        ] {
            assert_eq!(next(&limits, &so_far), expected.map(day), "{name}");
        }
        let not_on_the_first = |at: Timestamp| at < day("2026-04-01T00:00:00Z") || at > day("2026-04-02T00:00:00Z");
        let one = Limits { most: 1, ..limits() };
        assert_eq!(one.next(&view, &calendar, &so_far, &not_on_the_first), None, "a network forbids the only one");
    }

    #[test]
    fn what_else_it_could_have_been_is_told() {
        let (view, calendar) = (view(), Calendar::new(TimeZone::UTC));
        let failed_at = day("2026-03-26T12:30:00Z");
        let so_far = SoFar { failed_at, tries: &[], not_before: failed_at };
        let chosen = Limits { most: 1, ..limits() }.choose(&view, &calendar, &so_far, &|_| true).unwrap();
        assert_eq!(chosen.at, day("2026-04-01T06:30:00Z"));
        assert!((chosen.chance - chance(-1.7 + 1.5)).abs() < 1e-9);
        assert_eq!(chosen.candidates.len(), CANDIDATES_MAX);
        assert!(chosen.candidates.windows(2).all(|pair| pair[0].at < pair[1].at));
        assert!(chosen.candidates.iter().any(|it| it.at == chosen.at));
        assert!(chosen.candidates.iter().all(|it| it.chance <= chosen.chance));
    }
}
