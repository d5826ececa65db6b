//! By when has so much of working days passed?

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The hours of a working day, Monday to Friday, where the company works.
#[derive(Debug, Clone)]
pub struct Working {
    /// The first hour of the day.
    pub opens: i8,
    /// The hour with which it is over.
    pub closes: i8,
    pub zone: TimeZone,
}

impl Working {
    /// The moment by which so much of working days has passed.
    pub fn after(&self, from: Timestamp, span: SignedDuration) -> Timestamp {
        let mut left = span;
        let mut date = from.to_zoned(self.zone.clone()).date();
        // A year holds any number of hours that a policy can mean.
        for _ in 0..366 {
            let (opens, closes) = (self.at(date, self.opens), self.at(date, self.closes));
            let begin = opens.max(from);
            if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) && begin < closes {
                let open = closes.duration_since(begin);
                if open >= left {
                    return begin + left;
                }
                left -= open;
            }
            date = date.saturating_add(1.day());
        }
        from + span
    }

    fn at(&self, date: Date, hour: i8) -> Timestamp {
        self.zone.to_zoned(date.at(hour, 0, 0, 0)).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }
}
