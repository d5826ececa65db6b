//! May a payment be tried at a time? One answer for all who ask: what its failure says, and what the networks' rules leave
//! of tries, the provider's own counted. And if it may not: why, and from when on.

use super::judged;
use crate::book::{By, TRIES, Tried};
use crate::decline::{Declines, Limit, Meaning, Of, Whose};
use crate::import::{NetworkRule, Says};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::fmt;

/// What may still be tried of one debt in one way to pay.
#[derive(Debug, Clone)]
pub struct Budget {
    never: Option<String>,
    wait: Option<SignedDuration>,
    rules: Vec<Rule>,
    /// Which of the tries are with the card at hand.
    card: Option<String>,
}

/// Why a try is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// What forbids it, as a sentence.
    pub rule: String,
    /// From when on it forbids nothing any more, if nothing is tried before; nothing where it always will.
    pub until: Option<Timestamp>,
}

/// How much of a rule is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    pub rule: String,
    pub of: u32,
    pub used: u32,
    /// When the oldest of them counts no more; of a debit, until when it may be presented again.
    pub until: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Rule {
    network: String,
    tries_max: u32,
    days: u32,
    of: Of,
    again: bool,
    by: Whose,
    gap: Option<SignedDuration>,
    from: Option<Date>,
    until: Option<Date>,
    why: String,
    /// What counts of other debts, as they were tried with the card at hand.
    beside: Vec<Timestamp>,
}

/// The tries of a debt that failed, as a rule sees them.
struct Counted {
    /// Oldest first.
    times: Vec<Timestamp>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(out, "{} Not before {}.", self.rule, until.strftime("%Y-%m-%d %H:%M UTC")),
            None => out.write_str(&self.rule),
        }
    }
}

impl Why {
    fn ends_at(&self) -> Timestamp {
        self.until.unwrap_or(Timestamp::MAX)
    }
}

fn days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

impl Budget {
    /// The rules for a debt whose last try failed so, in this network as a provider calls it. What a company imported
    /// counts beside what is shipped, each on the days on which it holds, so that the stricter decides. Without a network
    /// only the failure itself speaks.
    pub fn of(declines: &Declines, imported: &[NetworkRule], network: Option<&str>, meaning: &Meaning<'_>) -> Self {
        let never = judged::never(meaning.family);
        let network = network.map(|name| declines.network_named(name));
        let is_for = |category: Option<u8>| category.is_none_or(|own| meaning.category == Some(own));
        let shipped: Vec<&Limit> =
            declines.limit.iter().filter(|limit| network == Some(limit.network.as_str())).collect();
        // Whoever imports a count counts as the network does.
        let like = shipped.iter().rfind(|limit| limit.category.is_none()).copied();
        let own = imported.iter().filter(|rule| is_for(rule.category)).filter_map(|rule| match &rule.says {
            Says::Limit { network: name, tries_max, days } if network == Some(name.as_str()) => Some(Rule {
                network: name.clone(),
                tries_max: (*tries_max).min(TRIES),
                days: *days,
                of: like.map_or(Of::Card, |limit| limit.of),
                again: like.is_some_and(|limit| limit.again),
                by: like.map_or(Whose::Everybody, |limit| limit.by),
                gap: None,
                from: Some(rule.from),
                until: rule.until,
                why: rule.why.clone(),
                beside: Vec::new(),
            }),
            _ => None,
        });
        let rules = shipped.iter().filter(|limit| is_for(limit.category)).map(|limit| Rule::of(limit)).chain(own);
        Self { never, wait: meaning.wait, rules: rules.collect(), card: None }
    }

    /// The same where it is known that nothing may be tried, and why: that does not end.
    #[must_use]
    pub fn barred(mut self, why: Option<String>) -> Self {
        self.never = self.never.or(why);
        self
    }

    /// The same for one card (`visa 4242`): tries with another one do not count, and those of other debts with it do, each
    /// debt with all that was tried of it.
    #[must_use]
    pub fn for_card(mut self, card: &str, beside: &[Vec<Tried>]) -> Self {
        for rule in self.rules.iter_mut().filter(|rule| rule.of == Of::Card) {
            rule.beside = beside.iter().flat_map(|tries| rule.counted_beside(tries, card)).collect();
        }
        self.card = Some(card.to_owned());
        self
    }

    /// How far back any rule for cards looks.
    pub fn looks_back(declines: &Declines, imported: &[NetworkRule]) -> SignedDuration {
        let own = imported.iter().filter_map(|rule| match &rule.says {
            Says::Limit { days, .. } => Some(*days),
            _ => None,
        });
        let shipped = declines.limit.iter().filter(|limit| limit.of == Of::Card).map(|limit| limit.days);
        days(shipped.chain(own).max().unwrap_or_default())
    }

    /// Why a try of ours is not allowed now, after all that was tried of the debt. Of several reasons, the one that lasts
    /// longest.
    pub fn forbids(&self, tries: &[Tried], now: Timestamp) -> Option<Why> {
        let never = self.never.clone().map(|rule| Why { rule, until: None });
        let rules = self.rules.iter().filter(|rule| rule.holds(now));
        let used_up = rules.filter_map(|rule| rule.forbids(&self.counted(rule, tries), now));
        used_up.chain(self.waits(tries, now)).chain(never).max_by_key(Why::ends_at)
    }

    /// The first moment from then on at which a try is allowed, if nothing is tried before; nothing if there is none.
    pub fn earliest(&self, tries: &[Tried], from: Timestamp) -> Option<Timestamp> {
        let mut at = from;
        // What forbids until a moment forbids all the time up to it.
        while let Some(why) = self.forbids(tries, at) {
            at = why.until?;
        }
        Some(at)
    }

    /// How much of each rule that holds now is used.
    pub fn left(&self, tries: &[Tried], now: Timestamp) -> Vec<Left> {
        self.rules
            .iter()
            .filter(|rule| rule.holds(now))
            .map(|rule| rule.left(&self.counted(rule, tries), now))
            .collect()
    }

    /// What the advice of the bank or the network asks to wait for after the last try.
    fn waits(&self, tries: &[Tried], now: Timestamp) -> Option<Why> {
        let last = tries.iter().filter(|tried| !tried.succeeded).map(|tried| tried.at).max()?;
        let (wait, until) = self.wait.map(|wait| (wait, last + wait)).filter(|(_, until)| *until > now)?;
        let rule = format!("The bank or the network asks to wait {} hours after a try.", wait.as_hours());
        Some(Why { rule, until: Some(until) })
    }

    fn counted(&self, rule: &Rule, tries: &[Tried]) -> Counted {
        let mut counted = rule.counted(tries, self.card.as_deref());
        if !rule.beside.is_empty() {
            counted.times.extend(&rule.beside);
            counted.times.sort();
        }
        counted
    }
}

impl Rule {
    fn of(limit: &Limit) -> Self {
        Self {
            network: limit.network.clone(),
            tries_max: limit.tries_max,
            days: limit.days,
            of: limit.of,
            again: limit.again,
            by: limit.by,
            gap: limit.gap_hours.map(|hours| SignedDuration::from_hours(hours.into())),
            from: limit.from,
            until: limit.until,
            why: limit.why.get_ref().clone(),
            beside: Vec::new(),
        }
    }

    /// Whether it holds on the day of a moment, which is counted in UTC; the first and the last one included.
    fn holds(&self, at: Timestamp) -> bool {
        let on = day(at);
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }

    fn counted(&self, tries: &[Tried], card: Option<&str>) -> Counted {
        let failed = || tries.iter().filter(|tried| !tried.succeeded).map(|tried| tried.at);
        let times = self.further(tries, card).map(|tried| tried.at).collect();
        Counted { times, first: failed().min(), last: failed().max() }
    }

    /// What counts of another debt. One that was tried in another network, such as a debit that names no card, was not
    /// tried with this card there; of the debt itself it counts all the same, which is the stricter.
    fn counted_beside(&self, tries: &[Tried], card: &str) -> Vec<Timestamp> {
        let is_same = |tried: &&Tried| tried.network.as_ref().is_none_or(|network| *network == self.network);
        self.further(tries, Some(card)).filter(is_same).map(|tried| tried.at).collect()
    }

    /// The failed tries of a debt that count, oldest first.
    fn further<'a>(&self, tries: &'a [Tried], card: Option<&str>) -> impl Iterator<Item = &'a Tried> {
        let mut failed: Vec<&Tried> = tries.iter().filter(|tried| !tried.succeeded).collect();
        failed.sort_by_key(|tried| tried.at);
        let not_first = usize::from(self.again || self.of == Of::Debit);
        failed.into_iter().skip(not_first).filter(move |tried| self.counts(tried, card))
    }

    fn counts(&self, tried: &Tried, card: Option<&str>) -> bool {
        let is_whose = self.by == Whose::Everybody || tried.by != By::Customer;
        is_whose && card.is_none_or(|card| tried.may_be_with(card))
    }

    /// Those that count at a time.
    fn recent(&self, counted: &Counted, now: Timestamp) -> Vec<Timestamp> {
        let within = |at: &&Timestamp| self.of == Of::Debit || now.duration_since(**at) < days(self.days);
        counted.times.iter().filter(within).copied().collect()
    }

    fn forbids(&self, counted: &Counted, now: Timestamp) -> Option<Why> {
        let recent = self.recent(counted, now);
        let over = recent.len().checked_sub(self.tries_max as usize);
        let is_late =
            self.of == Of::Debit && counted.first.is_some_and(|first| now.duration_since(first) > days(self.days));
        let (what, until) = if is_late {
            ("that time is over", None)
        } else if let Some(over) = over {
            // So many have to be too old before one is free. Of what allows none, none ever is.
            let freed = recent.get(over).filter(|_| self.of == Of::Card).map(|at| *at + days(self.days));
            ("all are used", freed)
        } else {
            let (gap, last) = self.gap.zip(counted.last)?;
            let until = Some(last + gap).filter(|until| *until > now)?;
            ("the next one has to wait a while", Some(until))
        };
        let rule = format!("{}: {what}. {}", self.says(), self.why);
        Some(Why { rule, until: self.ends(until) })
    }

    /// A rule forbids nothing when it holds no more.
    fn ends(&self, until: Option<Timestamp>) -> Option<Timestamp> {
        let last = self.until.and_then(|last| last.tomorrow().ok());
        let over = last.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|zoned| zoned.timestamp());
        until.into_iter().chain(over).min()
    }

    fn left(&self, counted: &Counted, now: Timestamp) -> Left {
        let recent = self.recent(counted, now);
        let from = match self.of {
            Of::Card => recent.first().copied(),
            Of::Debit => counted.first,
        };
        Left {
            rule: self.says(),
            of: self.tries_max,
            used: u32::try_from(recent.len()).unwrap_or(u32::MAX),
            until: from.map(|from| from + days(self.days)),
        }
    }

    /// What it says, in a few words.
    fn says(&self) -> String {
        let tries = match (self.of, self.again) {
            (Of::Debit, _) => "times again",
            (Of::Card, true) => "further tries",
            (Of::Card, false) => "tries",
        };
        let whose = if self.by == Whose::Merchant { " without the customer" } else { "" };
        let of = match self.of {
            Of::Card => "of a card",
            Of::Debit => "of a debit",
        };
        format!("{}: {} {tries} {of}{whose} in {} days", self.network, self.tries_max, self.days)
    }
}

#[cfg(test)]
mod tests;
