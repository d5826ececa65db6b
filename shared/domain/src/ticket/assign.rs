//! Who gets a ticket? A role by what it is about and what is at stake; then somebody of it who is there, speaks the
//! customer's language and has the fewest.

use super::policy::TicketPolicy;
use super::{Handling, Known, TakenFor};
use crate::money::Money;
use crate::staff::{Role, Staff};

/// Somebody of the staff, as far as a ticket may be theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    pub staff: Staff,
    /// Somebody stands in for them.
    pub is_away: bool,
    /// How many tickets they are at.
    pub load: usize,
}

/// In whose queue a ticket belongs.
pub fn role(handling: &Handling, known: Option<&Known>, policy: &TicketPolicy) -> Role {
    let certain = handling.taken_for.as_ref().and_then(TakenFor::certain);
    let own = match (known, certain) {
        (None, _) => *policy.stranger.role.get_ref(),
        (Some(_), None) => *policy.unclear.role.get_ref(),
        (Some(_), Some(class)) => *policy.class(class).role.get_ref(),
    };
    let raised = *policy.raised.role.get_ref();
    let is_much = known.is_some_and(|known| is_much(handling, known, policy));
    if is_much && raised.stands_for(own) { raised } else { own }
}

/// How many minutes of working days there are to the first answer.
pub(super) fn minutes(handling: &Handling, known: Option<&Known>, policy: &TicketPolicy) -> i64 {
    let certain = handling.taken_for.as_ref().and_then(TakenFor::certain);
    match (known, certain) {
        (None, _) => policy.stranger.minutes,
        (Some(_), None) => policy.unclear.minutes,
        (Some(_), Some(class)) => policy.class(class).minutes,
    }
}

/// Whether it is a strategic customer's, or about more than everybody handles: what its case asks for, or else what the
/// customer brings a month.
fn is_much(handling: &Handling, known: &Known, policy: &TicketPolicy) -> bool {
    let is_strategic = known.said.customer.as_ref().is_some_and(|customer| customer.strategic);
    let case = handling.case.as_ref().and_then(|id| known.cases.get(id));
    let asked = case.and_then(|case| case.recommended.as_ref()?.kind.amount());
    let monthly = || {
        let sums = known.head.book.figures.mrr.iter();
        sums.map(|(currency, sum)| Money::rounded(*sum, *currency)).any(|amount| policy.is_much(amount))
    };
    is_strategic || asked.map_or_else(monthly, |amount| policy.is_much(amount))
}

/// Who of a role gets it: nobody, where nobody of it is there. Of two who are alike, the first by id.
pub fn pick<'a>(role: Role, language: Option<&str>, team: &'a [Colleague]) -> Option<&'a Staff> {
    let speaks = |colleague: &Colleague| language.is_none_or(|language| colleague.staff.speaks(language));
    let there = team.iter().filter(|colleague| colleague.staff.role == role && !colleague.is_away);
    // Who does not speak it can still have it translated: that is better than nobody.
    let best = there.min_by_key(|&colleague| (!speaks(colleague), colleague.load, &colleague.staff.id));
    best.map(|colleague| &colleague.staff)
}

/// Who gets what stands with a role: somebody of it, else of the next above, who stand for it, else of the next below.
/// Nobody, where nobody at all is there.
pub(super) fn pick_near<'a>(role: Role, language: Option<&str>, team: &'a [Colleague]) -> Option<&'a Staff> {
    let above = Role::ALL.into_iter().filter(|other| *other != role && other.stands_for(role));
    let below = Role::ALL.into_iter().rev().filter(|other| *other != role && role.stands_for(*other));
    std::iter::once(role).chain(above).chain(below).find_map(|near| pick(near, language, team))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Head, Person};
    use crate::case::Class;
    use crate::money::Currency;
    use crate::policies::Policies;
    use crate::sidebar::Said;
    use jiff::Timestamp;
    use rust_decimal::Decimal;
    use serde_json::{from_value, json};
    use std::collections::BTreeMap;

    fn known(strategic: bool, monthly: i64) -> Known {
        let customer = from_value(json!({"provider": "shop", "source": "default", "customer": "cus_1",
            "strategic": strategic, "metadata": {}}))
        .unwrap();
        let mut head = Head::new("shop", "default", "cus_1");
        head.book.figures.mrr.insert(Currency::USD, Decimal::from(monthly));
        let said = Said { customer: Some(customer), ..Said::default() };
        let (person, moving) = (Person::default(), crate::ticket::Moving::default());
        Known { head, person, said, cases: BTreeMap::new(), moving, earlier: 0 }
    }

    #[test]
    fn a_role_is_for_a_class_and_a_higher_one_for_more_at_stake() {
        let policies = Policies::shipped().unwrap();
        let of = |class: Option<Class>| {
            let taken = class.map(|class| TakenFor::by_hand(class, "lena", Timestamp::UNIX_EPOCH));
            Handling { taken_for: taken, ..Handling::default() }
        };
        let (plain, strategic, large) = (known(false, 1_000), known(true, 0), known(false, 1_001));
        let paying_in = |code: &str, monthly: i64| {
            let mut known = known(false, 0);
            known.head.book.figures.mrr.insert(Currency::parse(code).unwrap(), Decimal::from(monthly));
            known
        };
        let (francs, many_francs, yen) = (paying_in("CHF", 1_000), paying_in("CHF", 1_001), paying_in("JPY", 500));
        for (what, class, known, expected) in [
            ("a stranger", Some(Class::Chargeback), None, Role::L1),
            ("nobody knows what it is", None, Some(&plain), Role::L1),
            ("a class", Some(Class::DuplicateCharge), Some(&plain), Role::L2),
            ("another", Some(Class::TaxQuestion), Some(&plain), Role::BillingSpecialist),
            ("a strategic customer", Some(Class::PaymentFailed), Some(&strategic), Role::BillingSpecialist),
            ("a large one", Some(Class::PaymentFailed), Some(&large), Role::BillingSpecialist),
            ("one in francs", Some(Class::PaymentFailed), Some(&francs), Role::L1),
            ("a large one in francs", Some(Class::PaymentFailed), Some(&many_francs), Role::BillingSpecialist),
            ("in a currency of which nothing is said", Some(Class::PaymentFailed), Some(&yen), Role::BillingSpecialist),
            ("a large one, and nobody knows what it is", None, Some(&large), Role::BillingSpecialist),
        ] {
            assert_eq!(role(&of(class), known, policies.tickets.current()), expected, "{what}");
        }
    }

    #[test]
    fn who_is_there_speaks_the_language_and_has_the_fewest_gets_it() {
        let somebody = |id: &str, role: Role, languages: &[&str], is_away: bool, load: usize| {
            let languages = languages.iter().map(|language| (*language).to_owned()).collect();
            let staff = Staff { id: id.into(), name: id.into(), role, email: String::new(), slack: None, languages };
            Colleague { staff, is_away, load }
        };
        let team = [
            somebody("ann", Role::L1, &[], false, 3),
            somebody("ben", Role::L1, &[], false, 2),
            somebody("cleo", Role::L1, &["en"], false, 2),
            somebody("dora", Role::L1, &["de"], false, 9),
            somebody("eve", Role::L1, &["de", "en"], true, 0),
            somebody("fay", Role::L2, &[], false, 0),
            somebody("gil", Role::BillingSpecialist, &[], true, 0),
        ];
        for (what, role, language, expected) in [
            ("the fewest, and the first of two", Role::L1, Some("en"), Some("ben")),
            ("the language before the load", Role::L1, Some("de"), Some("dora")),
            ("nobody speaks it", Role::L1, Some("fr"), Some("ben")),
            ("no language is known", Role::L1, None, Some("ben")),
            ("no higher role", Role::L2, Some("en"), Some("fay")),
            ("all of them are away", Role::BillingSpecialist, None, None),
            ("there is nobody", Role::Manager, None, None),
        ] {
            assert_eq!(pick(role, language, &team).map(|staff| staff.id.as_str()), expected, "{what}");
        }
        for (what, role, language, expected) in [
            ("somebody of the role", Role::L1, Some("de"), Some("dora")),
            ("all of them are away: the next below", Role::BillingSpecialist, None, Some("fay")),
            ("nobody is above, nobody of it is there", Role::Vp, Some("fr"), Some("fay")),
            ("nobody stands for legal", Role::Legal, None, None),
        ] {
            assert_eq!(pick_near(role, language, &team).map(|staff| staff.id.as_str()), expected, "{what}");
        }
        assert_eq!(pick_near(Role::L1, None, &team[5..]).map(|staff| staff.id.as_str()), Some("fay"), "the next above");
        assert_eq!(pick_near(Role::L1, None, &team[6..]), None, "nobody is there");
    }
}
