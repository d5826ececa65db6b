//! What is believed of tries, at several levels.

use crate::belief::{Belief, Step, chance};
use crate::calendar::{CELLS, Place};
use crate::dice::Dice;
use std::collections::BTreeMap;

/// From all tries to those that share everything: the names of what a try has in common with others, the widest first.
pub type Groups = [String; 3];

/// What there is before the first try was seen.
#[derive(Debug, Clone)]
pub struct Priors {
    /// The chance of a try of which nothing is known, in log-odds.
    pub first: f64,
    /// By how many deviations a belief is taken to be off, up or down, when a moment is chosen.
    pub spread: f64,
    /// How many groups are told apart; what comes later leans on its family.
    pub groups_max: usize,
    /// How wide beliefs are at each level: in a try at all, in a moment, in age and number.
    pub deviations: [[f64; 3]; 3],
    /// What reasons say before any data.
    pub leanings: Vec<Leaning>,
}

/// What speaks for a place from the first, in log-odds, in a group of the second level.
#[derive(Debug, Clone)]
pub struct Leaning {
    pub group: String,
    pub place: Place,
    pub speaks: f64,
}

/// A belief that has been learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learned {
    pub place: Place,
    /// In log-odds.
    pub speaks: f64,
    /// Its deviation.
    pub give_or_take: f64,
}

/// What is believed of tries.
#[derive(Debug, Clone)]
pub struct Adviser {
    priors: Priors,
    groups: BTreeMap<String, Beliefs>,
}

/// A belief for each cell.
type Beliefs = Vec<Belief>;

/// What is believed of one failure, with all levels in it: the score of a try is the sum of its cells.
#[derive(Debug, Clone)]
pub struct View(Vec<f64>);

impl Adviser {
    /// Knows nothing but what reasons say.
    pub fn new(priors: Priors) -> Self {
        Self { priors, groups: BTreeMap::new() }
    }

    /// Takes over what was learned of a group elsewhere.
    pub fn knows(&mut self, level: usize, group: &str, learned: impl IntoIterator<Item = Learned>) {
        let mut beliefs = self.fresh(level, group);
        for it in learned {
            let belief = Belief::of(it.speaks, it.give_or_take.powi(2));
            beliefs[it.place.cell()] = Belief { seen: true, ..belief };
        }
        self.groups.insert(group.to_owned(), beliefs);
    }

    /// What it has learned of each group.
    pub fn learned(&self) -> impl Iterator<Item = (&str, Vec<Learned>)> {
        self.groups.iter().map(|(group, beliefs)| {
            let seen = beliefs.iter().enumerate().filter(|(_, belief)| belief.seen);
            let learned = seen.map(|(cell, belief)| Learned {
                place: Place::of(cell),
                speaks: belief.mean,
                give_or_take: belief.variance.sqrt(),
            });
            (group.as_str(), learned.collect())
        })
    }

    /// What is believed of a group before anything was seen of it.
    fn fresh(&self, level: usize, group: &str) -> Beliefs {
        let width = |cell| self.priors.deviations[level][Place::of(cell).kind()];
        let mut beliefs: Beliefs = (0..CELLS).map(|cell| Belief::of(0.0, width(cell).powi(2))).collect();
        if level == 0 {
            beliefs[Place::Base.cell()].mean = self.priors.first;
        }
        for leaning in self.priors.leanings.iter().filter(|it| level == 1 && it.group == group) {
            beliefs[leaning.place.cell()].mean = leaning.speaks;
        }
        beliefs
    }

    /// What it believes of a failure. With a seed, beliefs are taken to be a little off, for the sake of learning: the same
    /// seed gives the same view.
    pub fn view(&self, groups: &Groups, seed: Option<u64>) -> View {
        let mut sums = vec![(0.0, 0.0); CELLS];
        for (level, group) in groups.iter().enumerate() {
            let fresh;
            let beliefs = match self.groups.get(group) {
                Some(known) => known,
                None => {
                    fresh = self.fresh(level, group);
                    &fresh
                }
            };
            for (sum, belief) in sums.iter_mut().zip(beliefs) {
                sum.0 += belief.mean;
                sum.1 += belief.variance;
            }
        }
        let mut dice = seed.map(Dice::new);
        let off = |variance: f64, dice: &mut Dice| dice.normal() * self.priors.spread * variance.sqrt();
        let score = |(mean, variance): (f64, f64)| mean + dice.as_mut().map_or(0.0, |dice| off(variance, dice));
        View(sums.into_iter().map(score).collect())
    }

    /// Learns how a try ended.
    pub fn learn(&mut self, groups: &Groups, places: &[Place; 6], succeeded: bool) {
        for (level, group) in groups.iter().enumerate() {
            if !self.groups.contains_key(group) && self.groups.len() < self.priors.groups_max {
                let fresh = self.fresh(level, group);
                self.groups.insert(group.clone(), fresh);
            }
        }
        let cells = places.map(Place::cell);
        let known = groups.iter().filter_map(|group| self.groups.get(group));
        let beliefs: Vec<Belief> = known.flat_map(|beliefs| cells.map(|cell| beliefs[cell])).collect();
        let step = Step::of(&beliefs, succeeded);
        for group in groups {
            if let Some(beliefs) = self.groups.get_mut(group) {
                cells.iter().for_each(|cell| beliefs[*cell].take(&step));
            }
        }
    }
}

impl View {
    /// What speaks for a try, in log-odds.
    pub fn score(&self, places: &[Place; 6]) -> f64 {
        let [base, hour, weekday, day, age, number] = self.parts(places);
        base + hour + weekday + day + age + number
    }

    /// The same, each place by itself.
    pub fn parts(&self, places: &[Place; 6]) -> [f64; 6] {
        let [base, hour, weekday, day, age, number] = *places;
        let of = |place: Place| self.0[place.cell()];
        [of(base), of(hour), of(weekday), of(day), of(age), of(number)]
    }

    /// How likely a try succeeds.
    pub fn chance(&self, places: &[Place; 6]) -> f64 {
        chance(self.score(places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn priors() -> Priors {
        let leanings = vec![Leaning { group: "funds".to_owned(), place: Place::Day(1), speaks: 0.7 }];
        let deviations = [[0.6, 0.14, 0.28], [0.45, 0.2, 0.2], [0.35, 0.28, 0.2]];
        Priors { first: -1.7, spread: 0.3, groups_max: 6, deviations, leanings }
    }

    fn groups(family: &str, all: &str) -> Groups {
        [String::new(), family.to_owned(), format!("{family}/{all}")]
    }

    fn at(hour: u8) -> [Place; 6] {
        [Place::Base, Place::Hour(hour), Place::Weekday(2), Place::Day(9), Place::Age(2), Place::Number(0)]
    }

    #[test]
    fn what_is_seen_of_one_is_believed_a_little_of_its_like() {
        let mut adviser = Adviser::new(priors());
        let (known, like, other) = (groups("funds", "a"), groups("funds", "b"), groups("declined", "a"));
        for number in 0..24_000 {
            let hour = number % 24;
            adviser.learn(&known, &at(hour as u8), hour == 6 && number % 48 < 24);
        }
        let by = |groups: &Groups, hour| adviser.view(groups, None).chance(&at(hour));
        assert!((by(&known, 6) - 0.5).abs() < 0.1, "half of those at six succeeded: {}", by(&known, 6));
        assert!(by(&known, 7) < 0.05);
        let [own, near, far] = [&known, &like, &other].map(|groups| by(groups, 6) / by(groups, 7));
        assert!(own > near && near > far && far > 1.2, "{own} {near} {far}");
    }

    #[test]
    fn a_reason_speaks_before_any_data_and_is_overruled_by_it() {
        let mut adviser = Adviser::new(priors());
        let (funds, declined) = (groups("funds", "a"), groups("declined", "a"));
        let on =
            |day| [Place::Base, Place::Hour(9), Place::Weekday(2), Place::Day(day), Place::Age(2), Place::Number(0)];
        let ratio = |adviser: &Adviser, groups: &Groups| {
            let view = adviser.view(groups, None);
            view.chance(&on(1)) / view.chance(&on(9))
        };
        assert!(ratio(&adviser, &funds) > 1.5 && (ratio(&adviser, &declined) - 1.0).abs() < 1e-9);
        for number in 0..2_000 {
            adviser.learn(&funds, &on(if number % 2 == 0 { 1 } else { 9 }), number % 20 == 1);
        }
        assert!(ratio(&adviser, &funds) < 0.5, "{}", ratio(&adviser, &funds));
    }

    #[test]
    fn a_seed_gives_one_view_and_what_is_sure_hardly_differs() {
        let mut adviser = Adviser::new(priors());
        let known = groups("funds", "a");
        let width = |adviser: &Adviser| {
            let drawn: Vec<f64> = (0..50).map(|seed| adviser.view(&known, Some(seed)).score(&at(9))).collect();
            drawn.iter().copied().fold(f64::MIN, f64::max) - drawn.iter().copied().fold(f64::MAX, f64::min)
        };
        let before = width(&adviser);
        for number in 0..5_000 {
            adviser.learn(&known, &at(9), number % 5 == 0);
        }
        assert!(width(&adviser) < before * 0.8, "{} {before}", width(&adviser));
        let score = |seed| adviser.view(&known, seed).score(&at(9));
        assert!((score(Some(3)) - score(Some(3))).abs() < 1e-12 && (score(Some(3)) - score(None)).abs() > 1e-6);
    }

    #[test]
    fn what_was_learned_goes_on_elsewhere_and_is_bounded() {
        let mut adviser = Adviser::new(priors());
        for number in 0..100 {
            adviser.learn(&groups("funds", &format!("{}", number % 9)), &at(9), number % 3 == 0);
        }
        assert_eq!(adviser.learned().count(), 6, "as many groups as there may be");
        let mut other = Adviser::new(priors());
        for (group, learned) in adviser.learned() {
            let level = usize::from(!group.is_empty()) + usize::from(group.contains('/'));
            other.knows(level, group, learned);
        }
        for groups in [groups("funds", "1"), groups("funds", "8"), groups("declined", "1")] {
            let [one, same] = [&adviser, &other].map(|adviser| adviser.view(&groups, None).score(&at(9)));
            assert!((one - same).abs() < 1e-9, "{groups:?}");
        }
    }
}
