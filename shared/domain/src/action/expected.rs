//! What an account expects to be told by its provider, once something was approved.

use super::{Action, Kind};
use crate::book::{Head, UnderWay};
use crate::id::ActionId;
use crate::policy::stored_bytes;
use jiff::{SignedDuration, Timestamp};

/// How long a confirmation is waited for.
const UNDER_WAY_DAYS: i64 = 90;

impl Head {
    /// Notes an approved action whose effect the provider will tell of.
    pub fn expects(&mut self, action: &ActionId, kind: &Kind, now: Timestamp) {
        let forgotten = now - SignedDuration::from_hours(24 * UNDER_WAY_DAYS);
        self.under_way.retain(|_, line| line.since > forgotten);
        if kind.is_told() {
            self.under_way.insert(action.clone(), UnderWay { target: kind.target().id(), since: now });
        }
    }

    /// Whether there is room to wait for the effect of an action besides. What is waited for is never forgotten for
    /// another: by it is known what is under way on an invoice.
    pub fn may_expect(&self, action: &Action, now: Timestamp, bytes_max: usize) -> bool {
        let mut after = Self::new(&self.provider, &self.source, &self.customer);
        after.under_way.clone_from(&self.under_way);
        let is_bundle = matches!(action.kind, Kind::Bundle { .. });
        for (place, kind) in action.kind.members().iter().enumerate() {
            let own = if is_bundle { ActionId::member(&action.id, place + 1) } else { action.id.clone() };
            after.expects(&own, kind, now);
        }
        !action.kind.members().iter().any(Kind::is_told) || stored_bytes(&after.under_way) <= bytes_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, Reason};

    fn asked(head: &Head, key: &str, kind: Kind) -> Action {
        let clause = Clause { rule: String::new(), policy_version: 1, why: String::new() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        Action::new(
            ActionId::of(&head.account, "mara", key),
            kind,
            Reason::Other,
            preview,
            "mara",
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn no_more_is_waited_for_than_there_is_room_for() {
        let pause = |of: &str| Kind::Pause { subscription: of.to_owned() };
        let both = |one: &str, other: &str| Kind::Bundle { actions: vec![pause(one), pause(other)] };
        let mut head = Head::new("stripe", "default", "cus_1");
        let now = Timestamp::UNIX_EPOCH;
        let first = asked(&head, "1", pause("sub_1"));
        head.expects(&first.id, &first.kind, now);
        let one = stored_bytes(&head.under_way);
        let until = jiff::civil::date(2026, 3, 1);
        let deferred = Kind::Defer { invoice: "in_1".to_owned(), days: 3, until };
        let later = now + SignedDuration::from_hours(24 * 91);
        for (what, kind, at, room, fits) in [
            ("one more", pause("sub_2"), now, 2 * one, true),
            ("there is room for one", pause("sub_2"), now, one, false),
            ("the first was given up", pause("sub_2"), later, one, true),
            ("two more", both("sub_2", "sub_3"), now, 2 * one, false),
            ("two more, with room", both("sub_2", "sub_3"), now, 3 * one, true),
            ("nothing is told of it", deferred, now, one, true),
        ] {
            assert_eq!(head.may_expect(&asked(&head, "2", kind), at, room), fits, "{what}");
        }
    }
}
