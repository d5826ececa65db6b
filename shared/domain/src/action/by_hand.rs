//! Is the money in the book that somebody says they gave back by hand?

use super::{Action, Kind, Outcome, Shown, State};
use crate::book::{Payment, Refund};
use crate::event::{RefundSeen, RefundStatus};
use crate::money::Money;
use jiff::Timestamp;

/// How an outcome says that a person did it.
pub const BY_HAND: &str = "by_hand";
/// How an outcome says that a person did it, and that somebody has found it at the provider since.
pub const FOUND: &str = "found";

/// A refund that is as somebody says that they made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenByHand {
    /// The provider's id of it; empty where only a total tells.
    pub refund: String,
    /// Whether the money has gone.
    pub settled: bool,
}

impl Action {
    /// Whether somebody says that they did it themselves.
    pub fn is_by_hand(&self) -> bool {
        let by_hand =
            |outcome: &Outcome| matches!(outcome, Outcome::Done { status, .. } if status == BY_HAND || status == FOUND);
        self.state == State::Executed && self.outcome.as_ref().is_some_and(by_hand)
    }

    /// Whether somebody says that they gave money back, and nothing proves it yet.
    pub fn is_unseen(&self) -> bool {
        self.is_by_hand() && self.confirmed_at.is_none() && matches!(self.kind, Kind::Refund { .. })
    }

    /// When what somebody says that they gave back is looked for again; never, once it was seen or a person looks.
    pub fn is_looked_for(&mut self, again: Option<Timestamp>) {
        if self.is_unseen() {
            self.alarm = again;
        }
    }

    /// Somebody has looked at the provider, and what was given back by hand is there under this id. From now on it is
    /// looked for by it.
    pub fn is_found_as(&mut self, refund: &str, by: &str, again: Timestamp) {
        let is_unseen = self.is_unseen();
        if let Some(Outcome::Done { reference, status, .. }) = self.outcome.as_mut().filter(|_| is_unseen) {
            refund.clone_into(reference);
            FOUND.clone_into(status);
            self.found_by = Some(by.to_owned());
            self.alarm = Some(again);
        }
    }

    /// Who says that what was given back by hand is at the provider, which did not tell of it.
    pub fn found_by(&self) -> Option<&str> {
        self.found_by.as_deref()
    }

    /// The refund that somebody has found at the provider, which told nothing of it: the book is told of it in its
    /// place. It names no action, so that it has to be what was said, like any other.
    pub fn found(&self) -> Option<RefundSeen> {
        let (Kind::Refund { payment, amount }, Some(Outcome::Done { reference, status, made_at, .. })) =
            (&self.kind, &self.outcome)
        else {
            return None;
        };
        (status == FOUND).then(|| RefundSeen {
            id: reference.clone(),
            payment: payment.clone(),
            amount: Some(*amount),
            status: Some(RefundStatus::Succeeded),
            created_at: *made_at,
            action: None,
        })
    }

    /// The refund that this one is by now: one of that amount on its payment, made since it was decided, and nobody
    /// else's. That a colleague gave back as much for another reason cannot be told from it.
    pub fn seen_by_hand(&self, payment: &Payment) -> Option<SeenByHand> {
        let Kind::Refund { amount, .. } = &self.kind else { return None };
        let since = self.decided_at.unwrap_or(self.requested_at);
        // Providers stamp whole seconds.
        let is_since = |at: Timestamp| at.as_second() >= since.as_second();
        let stands = |refund: &Refund| {
            !matches!(refund.status.copied(), Some(RefundStatus::Failed | RefundStatus::Canceled))
                && refund.amount.copied() == Some(*amount)
        };
        let made_at = |refund: &Refund| refund.created_at.copied().or(refund.amount.seen_at());
        let mut fitting: Vec<(&String, &Refund)> = payment
            .refunds
            .iter()
            .filter(|&(id, refund)| !payment.is_accounted_for(id) && stands(refund))
            .filter(|&(_, refund)| made_at(refund).is_some_and(is_since))
            .collect();
        fitting.sort_by_key(|&(id, refund)| (!self.is_named(id), made_at(refund)));
        let settled = |refund: &Refund| refund.status.copied() == Some(RefundStatus::Succeeded);
        let found = fitting.first().map(|&(id, refund)| SeenByHand { refund: id.clone(), settled: settled(refund) });
        let total_is_new = payment.refunded.seen_at().is_some_and(is_since);
        found.or_else(|| {
            let shows = total_is_new && self.total_shows(payment, since);
            shows.then(|| SeenByHand { refund: String::new(), settled: true })
        })
    }

    /// Whether the person named this refund.
    fn is_named(&self, refund: &str) -> bool {
        matches!(&self.outcome, Some(Outcome::Done { reference, .. }) if reference == refund)
    }

    /// Whether a provider that tells of no single refund has no more left of the payment than people were shown would
    /// be.
    fn total_shows(&self, payment: &Payment, since: Timestamp) -> bool {
        let (Some(taken), Some(total)) = (payment.taken(), payment.refunded.copied()) else { return false };
        let left = self.preview.lines.iter().find(|line| line.label == LEFT).and_then(|line| match line.after {
            Some(Shown::Money(left)) => Some(left),
            _ => None,
        });
        let Some(left) =
            left.filter(|left| left.currency() == taken.currency() && taken.currency() == total.currency())
        else {
            return false;
        };
        if payment.refunds.keys().any(|id| !payment.is_accounted_for(id)) {
            return false;
        }
        let others = payment.refunds.values().filter(|it| it.created_at.copied().is_none_or(|at| at >= since));
        let others = others.filter_map(|it| it.amount.copied()).filter(|it| it.currency() == taken.currency());
        let others = others.fold(Money::zero(taken.currency()), Money::plus);
        taken.minus(total).plus(others) <= left
    }
}

/// What a preview calls the rest of a payment that can go back after it.
pub(super) const LEFT: &str = "Can still be given back";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Line, Moment, Preview, Reason};
    use crate::id::{AccountId, ActionId};
    use crate::money::Currency;
    use serde_json::{Value, from_value, json};

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn time(text: &str) -> Timestamp {
        format!("2026-03-{text}Z").parse().unwrap()
    }

    /// 30.00 of 100.00, decided on the third, which a person says that they gave back as `re_2`.
    fn action() -> Action {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", "k");
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let lines = vec![Line::money(LEFT, Some(usd("90.00")), Some(usd("60.00")))];
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines,
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let kind = Kind::Refund { payment: "ch_1".into(), amount: usd("30.00") };
        let mut action = Action::new(id, kind, Reason::Other, preview, "mara", time("03T09:00:00"));
        action.decided_at = Some(time("03T10:00:00.7"));
        action = action.in_state(State::NeedsPerson);
        let done = Outcome::Done { reference: "re_2".into(), status: BY_HAND.into(), made_at: None, link: None };
        let at = Moment { now: time("04T10:00:00"), again: time("04T10:05:00") };
        action.settled(Some(done), at).unwrap();
        action
    }

    fn stamped(at: &str, value: &Value) -> Value {
        json!([[format!("2026-03-{at}Z"), 0, "evt"], value])
    }

    fn refund(made: &str, amount: &str, status: &str, action: Option<&str>) -> Value {
        json!({
            "amount": stamped(made, &json!({"amount": amount, "currency": "USD"})),
            "status": stamped(made, &json!(status)),
            "created_at": stamped(made, &json!(format!("2026-03-{made}Z"))),
            "action": action.map(|action| stamped(made, &json!(action))),
        })
    }

    fn payment(refunds: &Value, total: Option<(&str, &str)>, by_hand: &Value) -> Payment {
        let amount = |text: &str| json!({"amount": text, "currency": "USD"});
        from_value(json!({
            "id": "ch_1",
            "status": stamped("01T00:00:00", &json!("succeeded")),
            "captured": stamped("01T00:00:00", &amount("100.00")),
            "refunded": total.map(|(at, total)| stamped(at, &amount(total))),
            "refunds": refunds,
            "by_hand": by_hand,
        }))
        .unwrap()
    }

    #[test]
    fn what_was_given_back_by_hand_is_known_by_its_amount_since_it_was_decided() {
        let made = "03T10:00:00";
        let one = |made, amount, status, action| json!({"re_1": refund(made, amount, status, action)});
        let other = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", "other").to_string();
        let named =
            json!({"re_1": refund(made, "30.00", "succeeded", None), "re_2": refund(made, "30.00", "pending", None)});
        for (what, refunds, expected) in [
            ("nothing", json!({}), None),
            ("in the second of the decision", one(made, "30.00", "succeeded", None), Some(("re_1", true))),
            ("before it", one("03T09:59:59", "30.00", "succeeded", None), None),
            ("a part of it", one(made, "29.99", "succeeded", None), None),
            ("more than it", one(made, "30.01", "succeeded", None), None),
            ("on its way", one(made, "30.00", "pending", None), Some(("re_1", false))),
            ("it failed", one(made, "30.00", "failed", None), None),
            ("another action's", one(made, "30.00", "succeeded", Some(other.as_str())), None),
            ("two that fit", named, Some(("re_2", false))),
        ] {
            let found = action().seen_by_hand(&payment(&refunds, None, &json!({})));
            let found = found.as_ref().map(|found| (found.refund.as_str(), found.settled));
            assert_eq!(found, expected, "{what}");
        }
        let taken = payment(&one(made, "30.00", "succeeded", None), None, &json!({other: "re_1"}));
        assert_eq!(action().seen_by_hand(&taken), None, "one refund is not the refund of two actions");
    }

    #[test]
    fn a_total_shows_it_where_no_single_refund_is_told() {
        for (what, total, expected) in [
            ("as much as before", ("04T00:00:00", "10.00"), false),
            ("a cent too little", ("04T00:00:00", "39.99"), false),
            ("all of it", ("04T00:00:00", "40.00"), true),
            ("a total from before", ("03T09:00:00", "40.00"), false),
        ] {
            let found = action().seen_by_hand(&payment(&json!({}), Some(total), &json!({})));
            assert_eq!(found.is_some(), expected, "{what}");
        }
    }

    #[test]
    fn what_somebody_found_at_the_provider_is_told_to_the_book_once_they_name_it() {
        let mut action = action();
        assert_eq!(action.found(), None, "they said that they made it, and nobody has looked");
        action.is_found_as("re_7", "bea", time("07T10:05:00"));
        assert_eq!(action.found_by(), Some("bea"));
        assert_eq!(action.alarm(), Some(time("07T10:05:00")));
        assert!(action.is_by_hand() && action.is_unseen(), "until it is in the book");
        let found = action.found().unwrap();
        assert_eq!((found.id.as_str(), found.payment.as_str(), found.amount), ("re_7", "ch_1", Some(usd("30.00"))));
        let named = payment(&json!({"re_7": refund("04T10:00:00", "30.00", "succeeded", None)}), None, &json!({}));
        let seen = action.seen_by_hand(&named).map(|seen| (seen.refund, seen.settled));
        assert_eq!(seen, Some(("re_7".to_owned(), true)));
        action.confirmed(time("07T10:05:00")).unwrap();
        action.is_found_as("re_8", "marc", time("08T10:00:00"));
        assert_eq!(
            (action.found().map(|found| found.id), action.found_by(), action.alarm()),
            (Some("re_7".to_owned()), Some("bea"), None),
            "it is proved"
        );
    }

    #[test]
    fn only_money_that_was_given_back_by_hand_is_looked_for() {
        let mut action = action();
        assert!(action.is_by_hand() && action.is_unseen());
        let again = Some(time("07T10:00:00"));
        action.is_looked_for(again);
        assert_eq!((action.alarm(), action.owes()), (again, None), "nobody is told of anything");
        action.confirmed(time("05T10:00:00")).unwrap();
        assert_eq!((action.is_unseen(), action.alarm()), (false, None));
        action.is_looked_for(again);
        assert_eq!(action.alarm(), None);
    }
}
