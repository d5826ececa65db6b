//! How many recoveries a head has room for, and which of them.

use super::Head;
use crate::book::entitlement::worst;

impl Head {
    /// Names no more recoveries than so many, those that go on next, and counts the others. The one that leaves its
    /// customer the least stays in any case: what they may use is read from the head alone. Asked of a head that names
    /// all.
    pub fn names_recoveries_at_most(&mut self, most: usize) {
        let over = self.dunning.len().saturating_sub(most);
        if over == 0 {
            return;
        }
        let least = worst(&self.dunning).map(|(invoice, _)| invoice.clone());
        let others = self.dunning.iter().filter(|(invoice, _)| Some(*invoice) != least.as_ref());
        let mut others: Vec<_> =
            others.map(|(invoice, line)| (line.next_at.is_none(), line.next_at, invoice.clone())).collect();
        others.sort();
        for (_, _, invoice) in others.into_iter().rev().take(over) {
            self.dunning.remove(&invoice);
            self.more_dunning += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::entitlement::{Entitlement, access};
    use crate::book::{AccessLine, PlanLine, SubscriptionLine};
    use crate::event::SubscriptionStatus;
    use jiff::{SignedDuration, Timestamp};

    type Row = (&'static str, Vec<(&'static str, PlanLine)>, usize, &'static [&'static str], u32);

    fn hour(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn line(next: Option<i64>, state: Entitlement) -> PlanLine {
        PlanLine {
            segment: "standard".to_owned(),
            step: 1,
            next: next.map(|_| "reminder_1".to_owned()),
            next_at: next.map(hour),
            policy_version: 2,
            access: Some(AccessLine { state, since: hour(0), next: None, next_at: None }),
        }
    }

    #[test]
    fn those_that_go_on_next_are_named_and_the_one_that_leaves_the_least() {
        use Entitlement::{Ended, Grace, Suspended};
        let all = || {
            vec![
                ("in_1", line(Some(5), Grace)),
                ("in_2", line(Some(3), Grace)),
                ("in_3", line(None, Suspended)),
                ("in_4", line(Some(4), Grace)),
                ("in_5", line(None, Grace)),
            ]
        };
        let worse = || [all(), vec![("in_0", line(Some(9), Ended))]].concat();
        let rows: [Row; 6] = [
            ("as many as there is room for", all(), 5, &["in_1", "in_2", "in_3", "in_4", "in_5"], 0),
            ("one more", all(), 4, &["in_1", "in_2", "in_3", "in_4"], 1),
            ("the worst has nothing before it", all(), 2, &["in_2", "in_3"], 3),
            ("the worst goes on last", worse(), 3, &["in_0", "in_2", "in_4"], 3),
            ("room for one", worse(), 1, &["in_0"], 5),
            ("none", Vec::new(), 1, &[], 0),
        ];
        for (name, lines, most, named, more) in rows {
            let mut head = Head::new("stripe", "default", "cus_1");
            let runs = SubscriptionLine { status: Some(SubscriptionStatus::Active), ..SubscriptionLine::default() };
            head.book.subscriptions.insert("sub_1".to_owned(), runs);
            head.dunning.extend(lines.into_iter().map(|(invoice, line)| (invoice.to_owned(), line)));
            let may_use = access(&head, hour(0));
            for _ in 0..2 {
                head.names_recoveries_at_most(most);
                assert!(head.dunning.keys().eq(named), "{name}: {:?}", head.dunning.keys());
                assert_eq!((head.more_dunning, access(&head, hour(0))), (more, may_use.clone()), "{name}");
            }
        }
    }
}
