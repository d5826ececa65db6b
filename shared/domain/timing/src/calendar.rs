//! What the moment of a try is called: its hour, weekday and day of the month where the customer lives, and how old the
//! failure is by then.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// From how many hours on a failure is of the next age.
pub(crate) const AGES: [i64; 9] = [0, 6, 24, 48, 96, 168, 264, 384, 552];
/// From the first try again to this one and all later ones.
pub(crate) const NUMBERS: usize = 8;

/// One thing that may speak for a try, or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// That it is tried at all.
    Base,
    Hour(u8),
    /// Monday is 0.
    Weekday(u8),
    /// From 1 on.
    Day(u8),
    Age(u8),
    Number(u8),
}

const HOURS: usize = 1;
const WEEKDAYS: usize = HOURS + 24;
const DAYS: usize = WEEKDAYS + 7;
const OLD: usize = DAYS + 31;
const TRIED: usize = OLD + AGES.len();
pub(crate) const CELLS: usize = TRIED + NUMBERS;

impl Place {
    pub(crate) fn cell(self) -> usize {
        match self {
            Self::Base => 0,
            Self::Hour(hour) => HOURS + usize::from(hour),
            Self::Weekday(day) => WEEKDAYS + usize::from(day),
            Self::Day(day) => DAYS + usize::from(day) - 1,
            Self::Age(age) => OLD + usize::from(age),
            Self::Number(number) => TRIED + usize::from(number),
        }
    }

    /// How wide beliefs are differs by that: a try at all, a moment, or age and number.
    pub(crate) fn kind(self) -> usize {
        match self {
            Self::Base => 0,
            Self::Hour(_) | Self::Weekday(_) | Self::Day(_) => 1,
            Self::Age(_) | Self::Number(_) => 2,
        }
    }

    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..CELLS).map(Self::of)
    }

    /// Of an age: from how many hours on a failure is that old, and until when, where it ends.
    pub fn hours_old(self) -> Option<(i64, Option<i64>)> {
        let Self::Age(age) = self else { return None };
        let age = usize::from(age);
        Some((*AGES.get(age)?, AGES.get(age + 1).copied()))
    }

    pub(crate) fn of(cell: usize) -> Self {
        let within = |from: usize| u8::try_from(cell - from).unwrap_or_default();
        match cell {
            0 => Self::Base,
            cell if cell < WEEKDAYS => Self::Hour(within(HOURS)),
            cell if cell < DAYS => Self::Weekday(within(WEEKDAYS)),
            cell if cell < OLD => Self::Day(within(DAYS) + 1),
            cell if cell < TRIED => Self::Age(within(OLD)),
            _ => Self::Number(within(TRIED)),
        }
    }
}

/// The clock of a time zone.
#[derive(Debug, Clone)]
pub struct Calendar(TimeZone);

impl Calendar {
    /// That of a zone.
    pub fn new(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// When the day after that of a time begins.
    pub fn day_after(&self, at: Timestamp) -> Timestamp {
        let next = self.0.to_datetime(at).date().tomorrow().and_then(|day| day.to_zoned(self.0.clone()));
        next.map_or(at + SignedDuration::from_hours(24), |zoned| zoned.timestamp())
    }

    /// What a try at this time is called, after so many others.
    pub fn places(&self, failed_at: Timestamp, at: Timestamp, tries_before: usize) -> [Place; 6] {
        let [hour, weekday, day] = of(self.0.to_datetime(at));
        [Place::Base, hour, weekday, day, age(failed_at, at), number(tries_before)]
    }

    /// The places of each hour from `first` to `last` after a failure. Where the clock is not changed in between, each is an
    /// hour later than the one before.
    pub(crate) fn hours(
        &self,
        failed_at: Timestamp,
        (first, last): (i64, i64),
        tries_before: usize,
    ) -> impl Iterator<Item = (i64, [Place; 6])> + '_ {
        let at = move |hour: i64| failed_at + SignedDuration::from_hours(hour);
        let changes_at = self.0.following(at(first)).next().map(|change| change.timestamp());
        let changes =
            changes_at.map_or(i64::MAX, |at| (at.duration_since(failed_at).as_secs() + 3599).div_euclid(3600));
        let mut local = of(self.0.to_datetime(at(first)));
        let (mut age, number) = (AGES.iter().rposition(|from| first >= *from).unwrap_or(0), number(tries_before));
        let mut next = first;
        std::iter::from_fn(move || {
            let hour = next;
            if hour > last {
                return None;
            }
            next += 1;
            // Within a day only the clock goes on; a date is looked up at midnight, and while the clock is changed.
            match local[0] {
                _ if hour == first => {}
                Place::Hour(before) if before < 23 && hour < changes => local[0] = Place::Hour(before + 1),
                _ => local = of(self.0.to_datetime(at(hour))),
            }
            if age + 1 < AGES.len() && hour >= AGES[age + 1] {
                age += 1;
            }
            let old = Place::Age(u8::try_from(age).unwrap_or_default());
            Some((hour, [Place::Base, local[0], local[1], local[2], old, number]))
        })
    }
}

fn of(local: DateTime) -> [Place; 3] {
    let small = |number: i8| number.unsigned_abs();
    [
        Place::Hour(small(local.hour())),
        Place::Weekday(small(local.weekday().to_monday_zero_offset())),
        Place::Day(small(local.day())),
    ]
}

fn number(tries_before: usize) -> Place {
    Place::Number(u8::try_from(tries_before.min(NUMBERS - 1)).unwrap_or_default())
}

fn age(failed_at: Timestamp, at: Timestamp) -> Place {
    aged(at.duration_since(failed_at).as_hours())
}

fn aged(hours: i64) -> Place {
    let age = AGES.iter().rposition(|from| hours >= *from).unwrap_or(0);
    Place::Age(u8::try_from(age).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_one_place() {
        for cell in 0..CELLS {
            assert_eq!(Place::of(cell).cell(), cell);
        }
        let berlin = Calendar::new(TimeZone::get("Europe/Berlin").unwrap());
        let (failed, at) = ("2026-03-28T12:00:00Z".parse().unwrap(), "2026-03-31T22:30:00Z".parse().unwrap());
        let expected = [Place::Base, Place::Hour(0), Place::Weekday(2), Place::Day(1), Place::Age(3), Place::Number(7)];
        assert_eq!(berlin.places(failed, at, 12), expected, "Wednesday, the first of April, in summer time");
        assert_eq!(berlin.places(failed, failed, 0)[4..], [Place::Age(0), Place::Number(0)]);
    }

    #[test]
    fn a_day_ends_where_the_customer_lives() {
        for (zone, at, expected) in [
            ("UTC", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"),
            ("UTC", "2028-02-28T23:59:59Z", "2028-02-29T00:00:00Z"),
            ("Asia/Kolkata", "2026-03-02T18:29:59Z", "2026-03-02T18:30:00Z"),
            ("America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
            ("America/Havana", "2026-03-07T12:00:00Z", "2026-03-08T05:00:00Z"),
        ] {
            let calendar = Calendar::new(TimeZone::get(zone).unwrap());
            let next = calendar.day_after(at.parse().unwrap());
            assert_eq!(next, expected.parse::<Timestamp>().unwrap(), "{zone} {at}");
        }
    }

    #[test]
    fn an_age_begins_where_the_one_before_ends() {
        let ages: Vec<_> = Place::all().filter_map(Place::hours_old).collect();
        assert_eq!(ages.first(), Some(&(0, Some(6))));
        assert!(ages.windows(2).all(|pair| pair[0].1 == Some(pair[1].0)), "{ages:?}");
        assert_eq!(ages.last(), Some(&(552, None)));
        assert_eq!((Place::Hour(3).hours_old(), Place::Age(200).hours_old()), (None, None));
    }

    #[test]
    fn hour_by_hour_is_the_same_as_each_by_itself() {
        for (zone, failed) in [
            ("Europe/Berlin", "2026-03-20T12:10:00Z"),
            ("America/Los_Angeles", "2026-10-20T00:00:00Z"),
            ("Asia/Kolkata", "2028-02-10T23:59:59Z"),
            ("Australia/Lord_Howe", "2026-03-25T05:30:00Z"),
        ] {
            let (calendar, failed) =
                (Calendar::new(TimeZone::get(zone).unwrap()), failed.parse::<Timestamp>().unwrap());
            for (hour, places) in calendar.hours(failed, (1, 720), 2) {
                let at = failed + SignedDuration::from_hours(hour);
                assert_eq!(places, calendar.places(failed, at, 2), "{zone}, {hour} hours after");
            }
        }
    }
}
