//! What was credited to an account for a mistake: a balance tells not for what, so that the actions are asked, and a
//! case counts it as given back.

use crate::action::{Action, Kind, State};
use crate::case::{Case, Class};
use crate::id::CaseId;
use crate::money::{Currency, Money};
use jiff::Timestamp;
use rust_decimal::Decimal;

/// One credit for a mistake that was given, or is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credited {
    pub amount: Money,
    /// When it was given; none while it is on its way.
    pub at: Option<Timestamp>,
    /// Because of which case; one that names none may be for any.
    pub case: Option<CaseId>,
}

impl Credited {
    /// What an action credits for a mistake, from its approval on; a bundle's member is an action of its own.
    pub fn by(action: &Action) -> Option<Self> {
        let Kind::Credit { amount } = action.kind else { return None };
        let at = match action.state() {
            State::Approved | State::Executing | State::InDoubt => None,
            State::Executed => action.ended_at(),
            _ => return None,
        };
        let case = action.case.clone();
        action.reason_code.is_mistake().then_some(Self { amount, at, case })
    }

    /// Whether it counts as given back of a case: it is for this one, for another side of the same bill, or nobody said
    /// for which, and the case was open by then.
    fn counts_for(&self, case: &Case) -> bool {
        let of_it = |class: Class| CaseId::of(&case.account, class.name(), &case.about);
        let is_named = |id: &CaseId| *id == case.id || Class::ALL.into_iter().any(|class| of_it(class) == *id);
        // What was credited because of this very case was so before it was found, where a ticket had told of it.
        let is_own = self.case.as_ref() == Some(&case.id);
        is_own || (self.case.as_ref().is_none_or(is_named) && self.at.is_none_or(|at| at >= case.opened_at))
    }
}

/// How much of what a case is to give back was credited since it was opened.
pub(super) fn credited_of(case: &Case, credited: &[Credited], currency: Currency) -> Decimal {
    let own = credited.iter().filter(|it| it.counts_for(case) && it.amount.currency() == currency);
    own.fold(Decimal::ZERO, |sum, it| sum.saturating_add(it.amount.amount()))
}

/// Whether what Recoup asks for because of a case would give back more than the case says, with what was credited
/// since.
pub fn is_given_already(kind: &Kind, case: &Case, credited: &[Credited]) -> bool {
    let Some(recommended) = case.recommended.as_ref().filter(|it| it.reason.is_mistake()) else { return false };
    let exceeds = |currency: Currency| {
        let asked = gives(kind, currency).saturating_add(credited_of(case, credited, currency));
        asked > gives(&recommended.kind, currency)
    };
    kind.members().iter().filter_map(Kind::gives).any(|amount| exceeds(amount.currency()))
}

/// What goes back by it, in one currency.
pub(super) fn gives(kind: &Kind, currency: Currency) -> Decimal {
    let amounts = kind.members().iter().filter_map(Kind::gives).filter(|amount| amount.currency() == currency);
    amounts.fold(Decimal::ZERO, |sum, amount| sum.saturating_add(amount.amount()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, Reason};
    use crate::id::{AccountId, ActionId};
    use serde_json::{from_value, json};

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::USD).unwrap()
    }

    fn account() -> AccountId {
        AccountId::of("stripe", "default", "cus_1")
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn case_of(class: Class, about: &str) -> CaseId {
        CaseId::of(&account(), class.name(), about)
    }

    /// The case of what `in_1` bills too much, open since the first of March.
    fn case(kind: &Kind, reason: Reason) -> Case {
        from_value(json!({
            "id": case_of(Class::Overcharge, "in_1"), "account": account(), "class": "overcharge", "about": "in_1",
            "confidence": "0.9", "state": "open", "rule": "r", "policy_version": 1, "advice": "", "why": "",
            "recommended": {"kind": kind, "reason": reason, "note": ""}, "evidence": [], "missing": [],
            "actions": [], "events": [], "opened_at": "2026-03-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn credit(amount: &str) -> Kind {
        Kind::Credit { amount: usd(amount) }
    }

    #[test]
    fn a_credit_counts_from_its_approval_on_if_it_was_for_a_mistake() {
        let refund = Kind::Refund { payment: "ch_1".to_owned(), amount: usd("12.00") };
        let given = |state: State, reason: Reason, kind: &Kind| {
            let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
            let preview = Preview {
                summary: String::new(),
                about: String::new(),
                lines: vec![],
                clause,
                notices: vec![],
                digest: "d".into(),
            };
            let id = ActionId::of(&account(), "lena", "k");
            let action = Action::new(id, kind.clone(), reason, preview, "lena", time("2026-03-02T00:00:00Z"));
            Credited::by(&action.in_state(state)).is_some()
        };
        for state in State::ALL {
            let counts = matches!(state, State::Approved | State::Executing | State::InDoubt | State::Executed);
            assert_eq!(given(state, Reason::BillingError, &credit("12.00")), counts, "{}", state.name());
            assert!(!given(state, Reason::CustomerDissatisfaction, &credit("12.00")), "{}: goodwill", state.name());
            assert!(!given(state, Reason::BillingError, &refund), "{}: the book shows a refund", state.name());
        }
    }

    #[test]
    fn what_was_credited_since_is_not_given_back_by_the_case_as_well() {
        let (before, since) = (Some("2026-02-28T23:59:59Z"), Some("2026-03-01T00:00:00Z"));
        let own = case_of(Class::Overcharge, "in_1");
        let sibling = case_of(Class::PlanMismatch, "in_1");
        let other = case_of(Class::Overcharge, "in_2");
        let refund = Kind::Refund { payment: "ch_1".to_owned(), amount: usd("12.00") };
        let both = Kind::Bundle { actions: vec![refund.clone(), credit("7.00")] };
        let pause = Kind::Pause { subscription: "sub_1".to_owned() };
        let (error, inquiry) = (Reason::BillingError, Reason::Inquiry);
        let euros = Money::parse("12.00", Currency::EUR).unwrap();
        for (what, kind, reason, amount, at, named, given) in [
            ("as much, for no case", &refund, error, usd("12.00"), since, None, true),
            ("less", &refund, error, usd("0.01"), since, None, true),
            ("on its way", &refund, error, usd("12.00"), None, None, true),
            ("before it was opened", &refund, error, usd("12.00"), before, None, false),
            ("for this case", &credit("12.00"), error, usd("5.00"), since, Some(&own), true),
            ("for this case, by the ticket that told of it", &refund, error, usd("5.00"), before, Some(&own), true),
            ("for the other side, before it was opened", &both, error, usd("5.00"), before, Some(&sibling), false),
            ("for the other side of the bill", &both, error, usd("5.00"), since, Some(&sibling), true),
            ("for another bill", &refund, error, usd("12.00"), since, Some(&other), false),
            ("in another currency", &refund, error, euros, since, None, false),
            ("a bank asks", &refund, inquiry, usd("12.00"), since, None, false),
            ("nothing goes back by it", &pause, error, usd("12.00"), since, None, false),
        ] {
            let credited = [Credited { amount, at: at.map(time), case: named.cloned() }];
            assert_eq!(is_given_already(kind, &case(kind, reason), &credited), given, "{what}");
            assert!(!is_given_already(kind, &case(kind, reason), &[]), "{what}: without it");
        }
    }
}
