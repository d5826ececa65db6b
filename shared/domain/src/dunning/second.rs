//! When is a second card tried, whose holder lets it be charged? Once the one that is charged has no try left, and by
//! what is known of the second alone.

use super::again::seed;
use super::judged::{brand_of, card_named, told};
use super::{Budget, Choice, Ground, Left, Moment, NamedCard, NextTry, NoTry, Plan, Traits, barred, charged, next_try};
use crate::book::{Head, Invoice, Tried, is_same_card};
use crate::decline::{Declines, Family};
use crate::event::Decline;
use crate::import::NetworkRule;
use jiff::Timestamp;
use timing::thousandths;

/// A card beside the one that is charged, with what networks leave of it.
#[derive(Debug)]
pub struct Second<'a> {
    /// As a try names it.
    named: NamedCard,
    /// Since when its holder agrees.
    since: Timestamp,
    /// Why it failed last itself, if it was tried.
    decline: Option<Decline>,
    pub(super) family: Option<&'a Family>,
    pub(super) budget: Budget,
}

impl<'a> Second<'a> {
    /// The second card of an account, for an invoice. Nothing where nobody agreed to one; and else, why it is none.
    pub fn of(
        declines: &'a Declines,
        rules: &[NetworkRule],
        (head, invoice): (&Head, &Invoice),
        tried: &[Tried],
        beside: &[Vec<Tried>],
    ) -> Option<Result<Self, NoTry>> {
        let agreed = head.consent.as_ref()?;
        let Some((consent, kept)) = head.consent_to(&agreed.card).zip(head.book.kept_card(&agreed.card)) else {
            return Some(Err(NoTry::NoConsent));
        };
        let Some(first) = charged(head, invoice) else { return Some(Err(NoTry::NotTold)) };
        let card = card_named(kept);
        // Tries tell cards apart by brand and number: of two that are alike there nobody could tell which was tried.
        if is_same_card(&first, &card) {
            return Some(Err(NoTry::SameCard));
        }
        let own = |it: &&Tried| !it.succeeded && it.code.is_some() && is_with(it, &card);
        let decline = tried.iter().rfind(own).and_then(|last| told(head, last));
        let meaning = declines.meaning(decline.as_ref());
        let budget = Budget::of(declines, rules, brand_of(&card), &meaning).for_card(&card, beside);
        let never = barred(declines, head, &card, tried, beside);
        Some(Ok(Self {
            since: consent.at,
            family: decline.is_some().then_some(meaning.family),
            budget: budget.barred(never),
            named: NamedCard { id: consent.card.clone(), card },
            decline,
        }))
    }

    /// When it was tried in vain, oldest first.
    pub(super) fn times(&self, tried: &[Tried]) -> Vec<Timestamp> {
        let own = tried.iter().filter(|it| !it.succeeded && is_with(it, &self.named.card));
        let mut times: Vec<Timestamp> = own.map(|it| it.at).collect();
        times.sort();
        times
    }

    /// From when on its windows count.
    pub(super) fn begins_at(&self, tried: &[Tried]) -> Timestamp {
        let others = tried.iter().filter(|it| !it.succeeded && !is_with(it, &self.named.card));
        others.map(|it| it.at).max().map_or(self.since, |last| last.max(self.since))
    }

    /// Of one that was never tried nothing is known but its network.
    pub(super) fn traits<'t>(&'t self, country: &'t str) -> Traits<'t> {
        let own = |pick: fn(&Decline) -> Option<&str>| self.decline.as_ref().and_then(pick).unwrap_or_default();
        Traits {
            family: self.family.map_or("", |family| family.id.get_ref().as_str()),
            code: own(|decline| Some(decline.code.as_str())),
            network: brand_of(&self.named.card).unwrap_or_default(),
            funding: own(|decline| decline.funding.as_deref()),
            issuer: own(|decline| decline.issuer.as_deref()),
            country,
        }
    }

    /// How much of the networks' rules is used of it.
    pub fn left(&self, tried: &[Tried], now: Timestamp) -> Vec<Left> {
        self.budget.left(tried, now)
    }

    pub(super) fn nothing_left(&self, ground: &Ground<'_>) -> NoTry {
        self.budget.forbids(ground.tried, ground.now).map_or(NoTry::NotWorthIt, NoTry::Budget)
    }

    /// Chooses its next try.
    fn next(&self, plan: &Plan, ground: &Ground<'_>) -> Result<NextTry, NoTry> {
        let number = plan.tries.begun + 1;
        let choice = Choice::of_second(self, &plan.tries, ground)?;
        let seed = seed(plan, number);
        let chosen = choice.chosen(seed).ok_or_else(|| self.nothing_left(ground))?;
        Ok(NextTry {
            number,
            at: chosen.at,
            rule: choice.rule.id.get_ref().clone(),
            policy_version: ground.policy.version,
            chance: Some(thousandths(chosen.chance)),
            likely: choice.likely(seed, Some(chosen.at)),
            candidates: chosen
                .candidates
                .iter()
                .map(|it| Moment { at: it.at, chance: thousandths(it.chance) })
                .collect(),
            chosen_at: Some(ground.now),
            reasons: choice.reasons(seed, chosen.at),
            advice_version: ground.advice_version,
            second: Some(self.named.clone()),
        })
    }
}

/// Whether a try was with a card, as far as it names one.
fn is_with(tried: &Tried, card: &str) -> bool {
    tried.card.as_deref().is_some_and(|own| is_same_card(own, card))
}

/// Whether the card that is charged has no try left.
fn is_used_up(why: &NoTry) -> bool {
    match why {
        NoTry::Never(_) | NoTry::AllMade(_) | NoTry::Budget(_) => true,
        NoTry::Chosen { why, .. } => is_used_up(why),
        _ => false,
    }
}

/// Chooses the next try of a recovery with the card that is charged, or else with the second one; or says why there is
/// none.
pub fn next_of_any(
    plan: &Plan,
    ground: &Ground<'_>,
    second: Option<&Result<Second<'_>, NoTry>>,
) -> Result<NextTry, NoTry> {
    let why = match next_try(plan, ground) {
        Err(why) if ground.policy.second_card.is_some() && is_used_up(&why) => why,
        next => return next,
    };
    let next = match second {
        None => return Err(why),
        Some(Err(none)) => Err(none.clone()),
        Some(Ok(second)) => second.next(plan, ground),
    };
    next.map_err(|second| NoTry::Both { why: Box::new(why), second: Box::new(second) })
}

/// Whether what was chosen before may not be any more: networks forbid it by now, or nobody agrees to its card any
/// more.
pub fn is_forbidden(next: &NextTry, ground: &Ground<'_>, second: Option<&Result<Second<'_>, NoTry>>) -> bool {
    let Some(named) = &next.second else { return ground.forbids(next) };
    match second {
        Some(Ok(own)) if own.named == *named => own.budget.forbids(ground.tried, ground.now).is_some(),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
