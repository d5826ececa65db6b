//! What the book knows of how an invoice was tried: each try, what was chosen and came to none, and how it stands.

use super::{Ended, Outcome};
use crate::book::{By, Due, Invoice, MOMENT, Tried};
use crate::dunning::{NextTry, NoTry, Plan, TryEnd};
use crate::id::{AccountId, digest};
use jiff::{SignedDuration, Timestamp};

/// How long after a try was begun it may be told to have been made.
const AFTER: SignedDuration = SignedDuration::from_hours(2);
/// How many letters tell one recovery from all others.
const NAME: usize = 16;

/// An invoice that failed, with what is known beside it.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    pub account: &'a AccountId,
    pub invoice: &'a Invoice,
    pub plan: Option<&'a Plan>,
    /// Where the customer lives.
    pub country: Option<&'a str>,
    /// How far apart two tellings of one try may be.
    pub same_try: SignedDuration,
    pub now: Timestamp,
}

/// A try again, whoever made it.
struct Attempt<'a> {
    at: Timestamp,
    by: By,
    succeeded: bool,
    code: Option<&'a str>,
    network: Option<&'a str>,
    /// As Recoup chose it.
    chosen: Option<&'a NextTry>,
}

/// Its lines, in the order of time. Nobody is named in them.
pub fn kept(of: &Kept<'_>) -> Vec<Outcome> {
    let Some(failed_at) = of.invoice.first_failed_at else { return Vec::new() };
    let tried = of.invoice.tried(of.same_try);
    let first = tried.iter().find(|it| !it.succeeded);
    let mut why = (first.and_then(|it| it.code.as_deref()), first.and_then(|it| it.network.as_deref()));
    let attempts = attempts(&tried, of.plan);
    let mut lines = Vec::new();
    for (attempt, before) in attempts.iter().zip(0..) {
        let own = of.line(failed_at, before, why);
        let (tried_at, succeeded) = (Some(attempt.at), Some(attempt.succeeded));
        lines.push(chosen(Outcome { tried_at, succeeded, by: attempt.by, ..own }, attempt.chosen));
        why = (attempt.code.or(why.0), attempt.network.or(why.1));
    }
    let own = of.line(failed_at, u32::try_from(attempts.len()).unwrap_or(u32::MAX), why);
    if let Some(planned) = of.planned() {
        lines.push(chosen(Outcome { by: By::Recoup, ..own }, Some(planned)));
    } else if of.chose_none() {
        let since = attempts.last().map_or(failed_at, |attempt| attempt.at);
        lines.push(none(Outcome { by: By::Recoup, chosen_at: Some(since), ..own }, of.plan));
    }
    lines
}

/// What is tried with another card at once was not chosen among moments, and what is tried with a second one was not
/// chosen for the one that failed.
fn chosen(line: Outcome, next: Option<&NextTry>) -> Outcome {
    match next.filter(|next| next.chance.is_some() && next.second.is_none()) {
        None => line,
        Some(next) => Outcome {
            chosen_at: next.chosen_at,
            moment: Some(next.at),
            likely: Some(next.likely),
            advice_version: next.advice_version,
            ..line
        },
    }
}

/// How likely it was that no moment was chosen; what was chosen before the last try was about that one.
fn none(line: Outcome, plan: Option<&Plan>) -> Outcome {
    let chosen = plan.and_then(|plan| plan.tries.chose_none);
    match chosen.filter(|chosen| line.chosen_at.is_none_or(|since| since <= chosen.chosen_at)) {
        None => line,
        Some(chosen) => Outcome {
            chosen_at: Some(chosen.chosen_at),
            likely: Some(chosen.likely),
            advice_version: chosen.advice_version,
            ..line
        },
    }
}

/// What was tried again as it was told, and what the provider has only answered, each with how it was chosen.
fn attempts<'a>(tried: &'a [Tried], plan: Option<&'a Plan>) -> Vec<Attempt<'a>> {
    let behind = tried.iter().position(|it| !it.succeeded).map_or(0, |place| place + 1);
    let told = tried[behind..].iter().map(|it| Attempt {
        at: it.made_at.unwrap_or(it.at),
        by: it.by,
        succeeded: it.succeeded,
        code: it.code.as_deref(),
        network: it.network.as_deref(),
        chosen: None,
    });
    let mut all: Vec<Attempt<'a>> = told.collect();
    for made in plan.into_iter().flat_map(|plan| &plan.tries.made) {
        let (is_paid, from) = (made.ended == Some(TryEnd::Paid), made.begun_at - MOMENT);
        let is_this = |it: &&mut Attempt<'_>| {
            // What a provider has taken on may be told to be paid days later.
            let is_its_end = it.at <= made.begun_at + AFTER || is_paid && it.succeeded;
            it.chosen.is_none() && it.by != By::Customer && it.at >= from && is_its_end
        };
        match all.iter_mut().find(is_this) {
            Some(own) => {
                (own.at, own.by, own.chosen) = (made.begun_at, By::Recoup, Some(&made.chosen));
                own.succeeded |= is_paid;
            }
            None => all.extend(answered(made.begun_at, made.ended.as_ref(), &made.chosen)),
        }
    }
    all.sort_by_key(|it| it.at);
    all
}

/// A try of which only the provider's answer is known; nothing, where nothing was tried, or nobody knows.
fn answered<'a>(at: Timestamp, ended: Option<&'a TryEnd>, chosen: &'a NextTry) -> Option<Attempt<'a>> {
    let (succeeded, code) = match ended? {
        TryEnd::Paid => (true, None),
        TryEnd::Declined { code } => (false, Some(code.as_str())),
        TryEnd::NotMade { .. } | TryEnd::Over => return None,
    };
    Some(Attempt { at, by: By::Recoup, succeeded, code, network: None, chosen: Some(chosen) })
}

impl<'a> Kept<'a> {
    /// A line of this recovery that says nothing of a try yet.
    fn line(&self, failed_at: Timestamp, tries_before: u32, why: (Option<&str>, Option<&str>)) -> Outcome {
        let decline = self.invoice.decline();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let (ended, ended_at) = self.ended().unzip();
        Outcome {
            failed_at,
            tried_at: None,
            tries_before,
            provider: text(decline.map(|decline| decline.provider.as_str())),
            code: text(why.0.or(decline.map(|decline| decline.code.as_str()))),
            network: text(why.1.or(decline.and_then(|decline| decline.network.as_deref()))),
            funding: text(decline.and_then(|decline| decline.funding.as_deref())),
            issuer: text(decline.and_then(|decline| decline.issuer.as_deref())),
            country: text(self.country),
            succeeded: None,
            recovery: digest(&[self.account.as_str(), &self.invoice.id], NAME),
            segment: text(self.plan.map(|plan| plan.segment.as_str())),
            by: By::Provider,
            chosen_at: None,
            moment: None,
            likely: None,
            ended,
            ended_at,
            advice_version: None,
        }
    }

    fn ended(&self) -> Option<(Ended, Timestamp)> {
        let told_at = self.invoice.status.seen_at();
        match self.invoice.due() {
            Due::Paid => Some((Ended::Paid, self.invoice.paid_at().or(told_at)?)),
            Due::Withdrawn => Some((Ended::Lost, told_at?)),
            Due::Open(_) => Some((Ended::Open, self.now)),
            Due::NotYet => None,
        }
    }

    /// The try that comes, or was to come when the recovery ended.
    fn planned(&self) -> Option<&'a NextTry> {
        let tries = &self.plan?.tries;
        let next = tries.next.as_ref().or(tries.unmade.as_ref());
        next.filter(|next| next.number == tries.begun + 1 && next.chance.is_some() && next.second.is_none())
    }

    /// Whether the rules have said that it is not tried again. Where something else stands in the way nobody has
    /// chosen.
    fn chose_none(&self) -> bool {
        let Some(plan) = self.plan else { return false };
        let missing = NoTry::NoVersion(plan.policy_version);
        let barred = [NoTry::ByProvider, NoTry::NoRules, NoTry::Claimed, NoTry::InReview, NoTry::Unknown, missing];
        plan.tries.why_none.as_deref().is_some_and(|said| barred.iter().all(|barred| barred.to_string() != said))
    }
}

#[cfg(test)]
mod tests;
