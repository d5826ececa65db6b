//! How long people were at something: what they do is timed, what they look at is not.

use super::MACHINE;
use crate::policy::fitting;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Two acts of one person further apart belong to two sittings.
const GAP: SignedDuration = SignedDuration::from_mins(10);

/// How many bytes of sittings are kept: the newest.
const SITTINGS_BYTES_MAX: usize = 2_000;

/// How long people were at it: each of them from act to act, as long as no more than ten minutes lie between two.
/// Whoever did one thing alone was at it for no time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AtWork {
    /// All sittings together, with those that are not kept any more.
    pub secs: i64,
    pub last_at: Option<Timestamp>,
    /// In the order of their ends. Two of one person are further apart than what makes them one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sittings: Vec<Sitting>,
    /// The end of the last one that is not kept any more: what was before is counted, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    forgotten_until: Option<Timestamp>,
}

/// What one person did without a long pause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Sitting {
    to: Timestamp,
    from: Timestamp,
    by: String,
}

impl AtWork {
    /// Somebody did something; of what Recoup does nothing is timed.
    pub fn act(&mut self, by: &str, at: Timestamp) {
        if by != MACHINE {
            self.sit(Sitting { by: by.to_owned(), from: at, to: at });
        }
    }

    /// What people did elsewhere that belongs to it. What is in both is counted once, so that it may be joined again.
    pub fn join(&mut self, other: &Self) {
        if self.is_nothing() {
            self.clone_from(other);
            return;
        }
        other.sittings.iter().for_each(|sitting| self.sit(sitting.clone()));
    }

    /// With one digit, as it is shown.
    pub fn minutes(&self) -> Decimal {
        let mut minutes = (Decimal::from(self.secs) / Decimal::from(60)).round_dp(1);
        minutes.rescale(1);
        minutes
    }

    /// Whether nobody has done anything.
    pub fn is_nothing(&self) -> bool {
        self.last_at.is_none()
    }

    fn sit(&mut self, mut new: Sitting) {
        if let Some(until) = self.forgotten_until {
            if new.to <= until {
                return;
            }
            new.from = new.from.max(until);
        }
        let standing = std::mem::take(&mut self.sittings);
        let (same, others): (Vec<_>, Vec<_>) = standing.into_iter().partition(|old| old.is_one_with(&new));
        for old in &same {
            self.secs -= old.secs();
            (new.from, new.to) = (new.from.min(old.from), new.to.max(old.to));
        }
        self.secs += new.secs();
        self.last_at = self.last_at.max(Some(new.to));
        self.sittings = others;
        self.sittings.push(new);
        self.sittings.sort();
        self.forget();
    }

    /// The oldest are forgotten, and their time is not.
    fn forget(&mut self) {
        let kept = fitting(self.sittings.iter().rev(), SITTINGS_BYTES_MAX).max(1);
        let forgotten = self.sittings.len().saturating_sub(kept);
        let last = self.sittings.drain(..forgotten).next_back();
        self.forgotten_until = last.map(|sitting| sitting.to).or(self.forgotten_until);
    }
}

impl Sitting {
    fn secs(&self) -> i64 {
        self.to.duration_since(self.from).as_secs()
    }

    /// Whether no long pause lies between two of one person.
    fn is_one_with(&self, other: &Self) -> bool {
        let is_near = |end: Timestamp, begin: Timestamp| begin.duration_since(end) <= GAP;
        self.by == other.by && is_near(self.to, other.from) && is_near(other.to, self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::stored_bytes;

    type Act = (&'static str, i64);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn done(acts: &[Act]) -> AtWork {
        let mut at_work = AtWork::default();
        acts.iter().for_each(|(by, second)| at_work.act(by, at(*second)));
        at_work
    }

    /// The same in the words of the definition: of each person the pauses that are short enough.
    fn by_definition(acts: &[Act]) -> i64 {
        let mut acts: Vec<Act> = acts.iter().copied().filter(|(by, _)| *by != MACHINE).collect();
        acts.sort_unstable();
        let pauses = acts.windows(2).filter(|two| two[0].0 == two[1].0).map(|two| two[1].1 - two[0].1);
        pauses.filter(|pause| *pause <= 600).sum()
    }

    #[test]
    fn time_at_work_is_each_persons_from_act_to_act_and_a_long_pause_ends_a_sitting() {
        for (what, acts, expected) in [
            ("nothing", vec![], 0),
            ("one act", vec![("lena", 0)], 0),
            ("two in a sitting", vec![("lena", 0), ("lena", 240)], 240),
            ("exactly ten minutes", vec![("lena", 0), ("lena", 600)], 600),
            ("ten minutes and a second", vec![("lena", 0), ("lena", 601)], 0),
            ("two sittings", vec![("lena", 0), ("lena", 180), ("lena", 840), ("lena", 960)], 300),
            ("one after the other", vec![("lena", 0), ("bea", 60), ("luis", 120)], 0),
            ("two at a time count twice", vec![("lena", 0), ("bea", 60), ("lena", 120), ("bea", 240)], 300),
            ("the machine does not work", vec![("lena", 0), (MACHINE, 300), ("lena", 660)], 0),
            ("an act that came late", vec![("lena", 300), ("lena", 180), ("lena", 360)], 180),
            ("one that came late makes two sittings one", vec![("lena", 0), ("lena", 900), ("lena", 450)], 900),
            ("the same moment twice", vec![("lena", 0), ("lena", 0)], 0),
        ] {
            assert_eq!((done(&acts).secs, by_definition(&acts)), (expected, expected), "{what}");
            let last = acts.iter().filter(|(by, _)| *by != MACHINE).map(|(_, second)| at(*second)).max();
            assert_eq!(done(&acts).last_at, last, "{what}");
        }
    }

    #[test]
    fn what_belongs_to_one_case_is_counted_as_if_it_had_been_done_at_one_place() {
        for (what, case, ticket) in [
            ("nothing on the case", vec![], vec![("lena", 0), ("lena", 60)]),
            ("nothing on the ticket", vec![("lena", 0), ("lena", 60)], vec![]),
            ("by turns", vec![("lena", 0), ("lena", 800)], vec![("lena", 400), ("lena", 1_200)]),
            ("one inside the other", vec![("lena", 0), ("lena", 500)], vec![("lena", 100), ("lena", 200)]),
            ("exactly ten minutes", vec![("lena", 0)], vec![("lena", 600)]),
            ("ten minutes and a second", vec![("lena", 0)], vec![("lena", 601)]),
            ("one makes two of the other one", vec![("lena", 0), ("lena", 1_000)], vec![("lena", 500)]),
            ("two people", vec![("bea", 100), ("lena", 0)], vec![("lena", 500), ("bea", 650)]),
            (
                "asked, watched, approved, answered",
                vec![("luis", 60), ("bea", 1_140)],
                vec![("luis", 0), ("luis", 1_500)],
            ),
        ] {
            let (mut one, mut other) = (done(&case), done(&ticket));
            one.join(&done(&ticket));
            other.join(&done(&case));
            let together = [case, ticket.clone()].concat();
            assert_eq!((one.secs, &one), (by_definition(&together), &other), "{what}: either way round");
            one.join(&done(&ticket));
            assert_eq!(one, other, "{what}: it may be joined again");
        }
    }

    #[test]
    fn a_storm_of_acts_comes_to_what_the_definition_says_however_it_is_spread() {
        let people = ["bea", "lena", "luis"];
        let mut seed = 7_u64;
        let mut next = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from((seed >> 33) % most).unwrap()
        };
        for round in 0..300 {
            let (mut case, mut ticket, mut acts, mut second) = (AtWork::default(), AtWork::default(), Vec::new(), 0);
            for _ in 0..next(10) {
                second += next(900);
                let by = people[usize::try_from(next(3)).unwrap()];
                acts.push((by, second));
                if next(2) == 0 {
                    case.act(by, at(second))
                } else {
                    ticket.act(by, at(second))
                }
                if next(3) == 0 {
                    case.join(&ticket);
                }
            }
            case.join(&ticket);
            assert_eq!(case.secs, by_definition(&acts), "round {round}: {acts:?}");
        }
    }

    #[test]
    fn of_many_sittings_the_newest_are_kept_and_all_are_counted_once() {
        let (mut case, mut ticket) = (AtWork::default(), AtWork::default());
        for number in 0..500 {
            ticket.act("lena", at(2_000 * number));
            ticket.act("lena", at(2_000 * number + 60));
            case.join(&ticket);
            let bytes = stored_bytes(&case);
            assert!(bytes < SITTINGS_BYTES_MAX + 200, "{number}: {bytes}");
            assert_eq!((ticket.secs, case.secs), (60 * (number + 1), 60 * (number + 1)), "{number}");
        }
        case.act("lena", at(0));
        case.join(&ticket);
        assert_eq!(case.secs, 60 * 500, "what is forgotten is not counted again");
        let mut other = AtWork::default();
        other.join(&case);
        assert_eq!(other, case, "all of it goes on where nothing was done yet");
    }
}
