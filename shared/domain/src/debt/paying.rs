//! For how long is a customer left alone who was led on to pay?

use crate::policy::Limits;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Until when a customer who was led on to the provider's page may be paying there. However often they are led on, it
/// is only so long within so many hours: whoever has a link to pay could keep what it pays for without paying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paying {
    /// The first time within those hours.
    pub since: Timestamp,
    pub until: Timestamp,
    /// For how long in all, since then.
    pub secs: i64,
}

impl Paying {
    /// They are led on, by now and maybe before.
    pub fn led_on(before: Option<Self>, limits: &Limits, now: Timestamp) -> Self {
        let each = SignedDuration::from_mins(limits.paying_minutes);
        let within = SignedDuration::from_hours(limits.paying_hours);
        let Some(before) = before.filter(|before| before.since + within > now) else {
            return Self { since: now, until: now + each, secs: each.as_secs() };
        };
        let from = before.until.max(now);
        let left = 60 * limits.paying_minutes_max - before.secs;
        let more = (now + each).duration_since(from).as_secs().min(left);
        if more <= 0 {
            return before;
        }
        Self { until: from + SignedDuration::from_secs(more), secs: before.secs + more, ..before }
    }

    /// Until when nothing else charges them, and nothing is taken from them.
    pub fn left_alone_until(self, now: Timestamp) -> Option<Timestamp> {
        (self.until > now).then_some(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-03-01T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn who_was_led_on_to_pay_is_left_alone_for_a_while() {
        let policies = crate::policies::Policies::shipped().unwrap();
        let paying = Paying::led_on(None, policies.limits.current(), at());
        let left = |minutes| paying.left_alone_until(at() + SignedDuration::from_mins(minutes));
        let until = Some(at() + SignedDuration::from_mins(30));
        assert_eq!((left(0), left(29), left(30)), (until, until, None));
    }

    #[test]
    fn who_is_led_on_again_and_again_is_left_alone_for_two_hours_of_a_day() {
        let policies = crate::policies::Policies::shipped().unwrap();
        let limits = policies.limits.current();
        let days = 20;
        for (name, every, expected) in [("once a day", 24 * 60, 30), ("every hour", 60, 120), ("all the time", 29, 120)]
        {
            let (mut paying, mut alone) = (None, 0);
            let mut longest = 0;
            for minute in 0..days * 24 * 60 {
                let now = at() + SignedDuration::from_mins(minute);
                if minute % every == 0 {
                    paying = Some(Paying::led_on(paying, limits, now));
                }
                let is_alone = paying.and_then(|paying| paying.left_alone_until(now)).is_some();
                longest = if is_alone { longest + 1 } else { 0 };
                assert!(longest <= 120, "{name}: at minute {minute}");
                alone += i64::from(is_alone);
            }
            assert!(alone <= days * expected && alone > (days - 2) * expected, "{name}: {alone} minutes in all");
        }
        let first = Paying::led_on(None, limits, at());
        let twice = Paying::led_on(Some(first), limits, at() + SignedDuration::from_mins(10));
        assert_eq!(
            (twice.until, twice.secs),
            (at() + SignedDuration::from_mins(40), 40 * 60),
            "what overlaps counts once"
        );
    }
}
