//! Why Tuesday? What spoke for the moment of a try, and against it, place by place.

use super::table::{name, named};
use serde::{Deserialize, Serialize};
use timing::{Place, View, odds};

/// How many thousandths are all of it.
const WHOLE: u64 = 1000;
const DAY: i64 = 24;
const WEEK: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What one place says of a try. Multiplied with each other, the odds of all of them are those of its chance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// As the table of the advice calls it: `hour 6`, `weekday 2`.
    pub about: String,
    /// How many times as high the odds are for it, in thousandths: 1000 changes nothing. Those of `all` are any try's.
    pub odds: u32,
}

impl Reason {
    /// What a view says of each place of a moment.
    pub(in crate::dunning) fn of(view: &View, places: &[Place; 6]) -> Vec<Self> {
        let parts = view.parts(places);
        places.iter().zip(parts).map(|(place, speaks)| Self { about: name(*place), odds: odds(speaks) }).collect()
    }

    /// In words.
    pub fn words(&self) -> String {
        let odds = u64::from(self.odds);
        let Some(place) = named(&self.about) else { return format!("{}: {} times the odds", self.about, times(odds)) };
        let what = match place {
            Place::Base => {
                let chance = odds * WHOLE / (WHOLE + odds);
                return format!("any try for this reason: it succeeds with {}.{} %", chance / 10, chance % 10);
            }
            Place::Hour(hour) => format!("at {hour:02} o'clock"),
            Place::Weekday(day) => format!("on a {}", WEEK.get(usize::from(day)).copied().unwrap_or("day")),
            Place::Day(day) => format!("on day {day} of the month"),
            Place::Age(_) => old(place),
            Place::Number(number) => format!("as try {} since it failed", number + 1),
        };
        match odds {
            WHOLE => format!("{what}: as likely as at any other time"),
            odds => format!("{what}: {} times the odds", times(odds)),
        }
    }
}

/// With two digits.
fn times(odds: u64) -> String {
    let hundredths = (odds + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// How long after the failure.
fn old(place: Place) -> String {
    let span = |hours: i64| if hours < DAY { format!("{hours} hours") } else { days(hours / DAY) };
    match place.hours_old() {
        Some((0, Some(until))) => format!("within {} of the failure", span(until)),
        Some((from, Some(until))) => format!("{} to {} after the failure", from_to(from), span(until)),
        Some((from, None)) => format!("{} after the failure, and later", span(from)),
        None => "after the failure".to_owned(),
    }
}

fn days(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// The unit stands behind the second number, where it is the same.
fn from_to(hours: i64) -> String {
    if hours < DAY { format!("{hours} hours") } else { (hours / DAY).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dunning::{Calendar, Traits, adviser};
    use crate::policies::Policies;
    use jiff::SignedDuration;
    use jiff::tz::TimeZone;

    #[test]
    fn each_place_is_told_in_words() {
        for (about, odds, expected) in [
            ("all", 250, "any try for this reason: it succeeds with 20.0 %"),
            ("hour 6", 1204, "at 06 o'clock: 1.20 times the odds"),
            ("weekday 2", 1350, "on a Tuesday: 1.35 times the odds"),
            ("day 15", 1000, "on day 15 of the month: as likely as at any other time"),
            ("age 0", 995, "within 6 hours of the failure: 1.00 times the odds"),
            ("age 1", 2000, "6 hours to 1 day after the failure: 2.00 times the odds"),
            ("age 4", 86, "4 to 7 days after the failure: 0.09 times the odds"),
            ("age 8", 12_345, "23 days after the failure, and later: 12.35 times the odds"),
            ("try 2", 700, "as try 2 since it failed: 0.70 times the odds"),
            ("moon 3", 700, "moon 3: 0.70 times the odds"),
        ] {
            assert_eq!(Reason { about: about.to_owned(), odds }.words(), expected);
        }
    }

    /// What stands in the policy before any data: wages on the first, and on a Friday.
    #[test]
    fn the_odds_of_all_places_are_those_of_the_chance() {
        let policies = Policies::shipped().unwrap();
        let rules = policies.dunning.version(2).unwrap().adviser.as_ref().unwrap();
        let adviser = adviser(rules, policies.advice.version(1).unwrap());
        let family = "insufficient_funds";
        let traits = Traits { family, code: family, network: "visa", funding: "", issuer: "US", country: "US" };
        let view = adviser.view(&traits.groups(), None);
        let failed = "2027-09-29T09:00:00Z".parse().unwrap();
        let places = Calendar::new(TimeZone::UTC).places(failed, failed + SignedDuration::from_hours(48), 0);
        let reasons = Reason::of(&view, &places);
        let said: Vec<_> = reasons.iter().map(|reason| (reason.about.as_str(), reason.odds)).collect();
        let expected =
            [("all", 176), ("hour 9", 1000), ("weekday 5", 1350), ("day 1", 1800), ("age 3", 1000), ("try 1", 1000)];
        assert_eq!(said, expected);
        let odds = reasons.iter().fold(1000, |odds, reason| odds * u64::from(reason.odds) / 1000);
        let told = odds * 1000 / (1000 + odds);
        let chance = u64::from(timing::thousandths(view.chance(&places)));
        assert!(told.abs_diff(chance) <= 3, "{told} {chance}");
    }
}
