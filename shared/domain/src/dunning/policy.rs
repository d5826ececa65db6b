//! Whose invoices are asked for how? The rules are data: `shared/policy/dunning/`.

mod lint;
mod reach;
mod warning;

pub use warning::WarningRule;

use super::{AdviserRules, Ends, EscalationRule, Paid, RequiredRule, Together, TriesRule};
use crate::book::entitlement::Entitlement;
use crate::decline::Way;
use crate::money::{Currency, Money};
use crate::staff::Role;
use crate::task::LAST_QUEUE;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// One released version of the rules: the first segment that fits an invoice is its plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DunningPolicy {
    pub version: u32,
    pub effective: String,
    /// Who chooses the moment of a try; before there were tries there was nobody.
    pub adviser: Option<AdviserRules>,
    #[serde(default)]
    pub tries: Vec<TriesRule>,
    /// How a second card is tried whose holder agreed to it, once the one that is charged is used up for one of its
    /// families; before there was a rule, never.
    pub second_card: Option<TriesRule>,
    /// When a recovery is a matter of whoever looks after the account.
    pub escalation: Option<EscalationRule>,
    /// What warns a customer; before there were tries, plans only wrote.
    pub warning: Option<WarningRule>,
    /// What is sent to whoever wants no mail; before there was a rule only what warns.
    pub required: Option<RequiredRule>,
    /// When the letters of an account's recoveries are one; before there was a rule each left by itself.
    pub together: Option<Together>,
    pub segment: Vec<Segment>,
}

/// Whose invoices are asked for in the same way. Each condition that it has must hold; what is not known does not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    pub id: Spanned<String>,
    pub why: String,
    /// What remains due, at least, by currency; a currency that is not listed does not fit.
    pub amount_from: Option<BTreeMap<Currency, Decimal>>,
    pub tenure_days_below: Option<i64>,
    /// Why it failed.
    pub families: Option<Spanned<Vec<String>>>,
    /// Customers that somebody looks after.
    #[serde(default)]
    pub strategic: bool,
    /// How it is paid.
    pub ways: Option<Vec<Way>>,
    /// Where the customer lives, by ISO 3166.
    pub countries: Option<Vec<String>>,
    /// What an imported customer must have, word for word.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Of two that are due, the one whose number is lower is shown and worked first.
    #[serde(default = "last_queue")]
    pub queue: u32,
    /// How often it is tried again at most; what its family's rule allows, where this says nothing.
    pub tries_most: Option<u32>,
    pub steps: Vec<StepRule>,
}

pub(super) fn last_queue() -> u32 {
    LAST_QUEUE
}

/// What a segment is chosen by.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub remaining: Money,
    pub tenure_days: Option<i64>,
    pub family: &'a str,
    pub whose: Whose<'a>,
}

/// Whose invoice it is and how they pay, as far as it was imported or told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whose<'a> {
    pub strategic: bool,
    pub way: Option<Way>,
    pub country: Option<&'a str>,
    pub metadata: Option<&'a BTreeMap<String, String>>,
}

/// One step of a segment, in days from the plan's beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    pub after_days: Spanned<i64>,
    pub then: Then,
    /// The letter that tells of an end before it comes.
    pub prompt: Option<String>,
    /// For how long an end is held after that letter.
    pub hold_hours: Option<Spanned<i64>>,
}

/// What a step does: it sends the text of that name by mail or to a phone, changes what the customer may use, lets
/// somebody make an offer, ends what the invoice is for, or hands over to a person. The role has the offer where nobody
/// looks after the account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    Mail(String),
    Sms(String),
    Access(Entitlement),
    Offer(Role),
    End(Ends),
    Person,
}

impl DunningPolicy {
    /// Every text that a step mails.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.segment.iter().flat_map(|segment| &segment.steps).filter_map(|step| match &step.then {
            Then::Mail(template) => Some(template.as_str()),
            Then::End(_) => step.prompt.as_deref(),
            Then::Sms(_) | Then::Access(_) | Then::Offer(_) | Then::Person => None,
        })
    }

    /// A text that a step mails and of which nobody says how much it says beside others, with where that should stand.
    pub(crate) fn unranked(&self) -> Option<(usize, &str)> {
        let rule = self.together.as_ref()?;
        self.templates().find(|text| !rule.ranks(text)).map(|text| (rule.place(), text))
    }

    /// Every text that a step sends to a phone.
    pub fn texted(&self) -> impl Iterator<Item = &str> {
        self.segment.iter().flat_map(|segment| &segment.steps).filter_map(|step| match &step.then {
            Then::Sms(template) => Some(template.as_str()),
            Then::Mail(_) | Then::Access(_) | Then::Offer(_) | Then::End(_) | Then::Person => None,
        })
    }

    /// Every family that is named, with where.
    pub(crate) fn families(&self) -> impl Iterator<Item = (usize, &str)> {
        let of_segments = self.segment.iter().filter_map(|segment| segment.families.as_ref());
        let lists = of_segments.chain(self.tries.iter().chain(&self.second_card).map(|rule| &rule.families));
        let named = lists.flat_map(|list| list.get_ref().iter().map(|family| (list.span().start, family.as_str())));
        let leanings = self.adviser.iter().flat_map(AdviserRules::families);
        named.chain(leanings.map(|(list, family)| (list.span().start, family.as_str())))
    }

    /// For how many hours each end is held, with where.
    pub(crate) fn holds(&self) -> impl Iterator<Item = (usize, i64)> {
        let held = self.segment.iter().flat_map(|segment| &segment.steps).filter_map(|step| step.hold_hours.as_ref());
        held.map(|hours| (hours.span().start, *hours.get_ref()))
    }

    /// The segment of an invoice.
    pub fn segment(&self, facts: &Facts<'_>) -> &Segment {
        self.segment.iter().find(|segment| segment.fits(facts)).expect("the lint saw a last segment for everyone")
    }

    /// How what failed for a reason and is paid so is tried again in a segment; nothing, where it is not.
    pub fn tries(&self, segment: &str, family: &str, paid: Paid<'_>) -> Option<TriesRule> {
        let rule = self.rule_of(family, paid)?;
        let segment = self.segment.iter().find(|own| own.id.get_ref() == segment)?;
        let most = segment.tries_most.unwrap_or(u32::MAX).min(*rule.most.get_ref());
        let limited = TriesRule { most: Spanned::new(rule.most.span(), most), ..rule.clone() };
        (most > 0).then_some(limited)
    }
}

impl Segment {
    fn fits(&self, facts: &Facts<'_>) -> bool {
        let Facts { remaining, tenure_days, family, whose } = *facts;
        let amount = self
            .amount_from
            .as_ref()
            .is_none_or(|from| from.get(&remaining.currency()).is_some_and(|from| remaining.amount() >= *from));
        let tenure = self.tenure_days_below.is_none_or(|below| tenure_days.is_some_and(|days| days < below));
        let reason = self.families.as_ref().is_none_or(|own| own.get_ref().iter().any(|own| own == family));
        let way = self.ways.as_ref().is_none_or(|own| whose.way.is_some_and(|way| own.contains(&way)));
        let place = self.countries.as_ref().is_none_or(|own| {
            whose.country.is_some_and(|country| own.iter().any(|own| own.eq_ignore_ascii_case(country)))
        });
        let has = |(key, value)| whose.metadata.and_then(|own| own.get(key)) == Some(value);
        let said = self.metadata.iter().all(has);
        amount && tenure && reason && way && place && said && (whose.strategic || !self.strategic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::policy::Rules;

    #[test]
    fn the_first_segment_that_fits_is_taken_and_what_is_not_known_fits_none() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.dunning.current();
        let facts = |minor, tenure_days, family, strategic| Facts {
            remaining: Money::from_minor(minor, Currency::USD),
            tenure_days,
            family,
            whose: Whose { strategic, ..Whose::default() },
        };
        for (name, facts, expected, tries) in [
            (
                "somebody looks after them, whatever it is",
                facts(200_000, Some(3), "declined", true),
                "strategic",
                Some(6),
            ),
            ("much, and new", facts(100_000, Some(3), "declined", false), "high_value", Some(6)),
            ("perhaps fraud", facts(99_999, Some(3), "suspected_fraud", false), "high_risk", None),
            ("nothing to charge", facts(4_900, Some(3), "invalid_account", false), "low_likelihood", None),
            ("89 days", facts(4_900, Some(89), "insufficient_funds", false), "new_tenure", Some(6)),
            ("90 days", facts(4_900, Some(90), "insufficient_funds", false), "standard", Some(6)),
            ("nobody knows since when", facts(4_900, None, "temporary", false), "standard", Some(6)),
            ("waits for the customer", facts(4_900, None, "expired", false), "standard", None),
        ] {
            let segment = policy.segment(&facts).id.get_ref();
            assert_eq!(segment, expected, "{name}");
            let rule = policy.tries(segment, facts.family, Paid::default());
            assert_eq!(rule.map(|rule| *rule.most.get_ref()), tries, "{name}");
        }
    }

    #[test]
    fn a_segment_may_ask_where_somebody_lives_and_what_their_file_says() {
        let own = "version = 1\neffective = \"2026-01-01\"\n\
            [[segment]]\nid = \"alps\"\nwhy = \"w\"\ncountries = [\"CH\", \"AT\"]\nmetadata = { tier = \"gold\" }\ntries_most = 2\n\
            steps = [{ after_days = 1, then = \"person\" }]\n\
            [[segment]]\nid = \"all\"\nwhy = \"w\"\nsteps = [{ after_days = 1, then = \"person\" }]\n";
        let policy: DunningPolicy = toml::from_str(own).unwrap();
        assert_eq!(policy.lint().len(), 0);
        let gold = BTreeMap::from([("tier".to_owned(), "gold".to_owned())]);
        let iron = BTreeMap::from([("tier".to_owned(), "iron".to_owned())]);
        for (country, metadata, expected) in [
            (Some("at"), Some(&gold), "alps"),
            (Some("DE"), Some(&gold), "all"),
            (None, Some(&gold), "all"),
            (Some("CH"), Some(&iron), "all"),
            (Some("CH"), None, "all"),
        ] {
            let whose = Whose { country, metadata, ..Whose::default() };
            let remaining = Money::from_minor(4_900, Currency::EUR);
            let facts = Facts { remaining, tenure_days: None, family: "declined", whose };
            assert_eq!(policy.segment(&facts).id.get_ref(), expected, "{country:?} {metadata:?}");
        }
    }

    #[test]
    fn a_segment_may_ask_how_an_invoice_is_paid() {
        let own = "version = 1\neffective = \"2026-01-01\"\n\
            [[segment]]\nid = \"banks\"\nwhy = \"w\"\nways = [\"debit\", \"transfer\"]\n\
            steps = [{ after_days = 1, then = \"person\" }]\n\
            [[segment]]\nid = \"all\"\nwhy = \"w\"\nsteps = [{ after_days = 1, then = \"person\" }]\n";
        let policy: DunningPolicy = toml::from_str(own).unwrap();
        assert_eq!(policy.lint().len(), 0);
        for (way, expected) in [
            (Some(Way::Debit), "banks"),
            (Some(Way::Transfer), "banks"),
            (Some(Way::Card), "all"),
            (Some(Way::Wallet), "all"),
            (None, "all"),
        ] {
            let whose = Whose { way, ..Whose::default() };
            let remaining = Money::from_minor(4_900, Currency::EUR);
            let facts = Facts { remaining, tenure_days: None, family: "declined", whose };
            assert_eq!(policy.segment(&facts).id.get_ref(), expected, "{way:?}");
        }
    }
}
