//! What was tried of an invoice, and by whom: each try once, whatever order and however often its events come.

use super::Try;
use crate::event::{Event, PaymentSeen, PaymentStatus, Seen};
use crate::id::digest;
use crate::money::Money;
use crate::policy::{shorten, text_bytes};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many tries of an invoice are told apart, the newest ones: no rule of a network counts further.
pub const TRIES: u32 = 40;
/// What of an id or a word is kept: an invoice is read and written often, so that its tries are short lines.
const ID_BYTES: usize = 40;
const WORD_BYTES: usize = 32;

/// One try to collect an invoice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tried {
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// When it was begun, where it was told much later how it ended: a bank debit takes days.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Timestamp>,
    /// The provider's id of it; some tell of a try without one.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    #[serde(rename = "b", default, skip_serializing_if = "By::is_provider")]
    pub by: By,
    /// The card's network or the kind of debit, as the provider calls it.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Its brand and the end of its number: `visa 4242`.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
    /// The provider's code of why it failed.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(rename = "ok", default, skip_serializing_if = "std::ops::Not::not")]
    pub succeeded: bool,
}

/// Who tried: networks count what a merchant does and what the customer does apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The provider by itself, and whatever nobody else is known to have done.
    #[default]
    Provider,
    Recoup,
    Customer,
}

impl By {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_provider(&self) -> bool {
        *self == Self::Provider
    }
}

impl Tried {
    /// One that failed, of which no more is known.
    pub fn failed(at: Timestamp, by: By) -> Self {
        Self {
            at,
            made_at: None,
            payment: None,
            by,
            network: None,
            card: None,
            code: None,
            amount: None,
            succeeded: false,
        }
    }

    fn of(told: &Try) -> Self {
        let own = told.decline.as_ref().and_then(|decline| decline.network.as_deref());
        let (at, made_at) = told.tried_at();
        Self {
            made_at,
            payment: told.payment.as_deref().map(named),
            network: own.or(told.way()).map(|network| word(&network.to_lowercase())),
            card: told.card.as_deref().map(word),
            code: told.decline.as_ref().map(|decline| word(&decline.code)),
            amount: told.amount,
            ..Self::failed(at, told.by())
        }
    }

    /// The tries that an event shows to have succeeded, each with its invoice, where it shows that one as well.
    pub(super) fn won(event: &Event) -> Vec<(String, Self)> {
        let shows = |id: &String| event.seen.iter().any(|seen| matches!(seen, Seen::Invoice(seen) if seen.id == *id));
        let won = event.seen.iter().filter_map(|seen| {
            let Seen::Payment(seen) = seen else { return None };
            let invoice = seen.invoice.clone().filter(|id| shows(id))?;
            let succeeded = seen.status == Some(PaymentStatus::Succeeded);
            succeeded.then(|| {
                let by = if seen.by_customer { By::Customer } else { By::Provider };
                let tried = Self {
                    payment: Some(named(&seen.id)),
                    network: way(seen).map(|network| word(&network.to_lowercase())),
                    card: card(seen).as_deref().map(word),
                    amount: seen.amount,
                    succeeded: true,
                    ..Self::failed(seen.at.unwrap_or(event.at), by)
                };
                (invoice, tried)
            })
        });
        won.collect()
    }

    /// Takes what another telling of the same try says. What was said last does not count, so that order does not: a
    /// payment that failed after all has failed.
    fn join(&mut self, other: Self) {
        self.at = self.at.min(other.at);
        self.made_at = self.made_at.max(other.made_at);
        self.by = self.by.max(other.by);
        self.succeeded &= other.succeeded;
        self.amount = self.amount.max(other.amount);
        let words = [(&mut self.network, other.network), (&mut self.card, other.card), (&mut self.code, other.code)];
        for (own, other) in words {
            *own = own.take().max(other);
        }
    }

    /// Whether it was made with this card, as far as anybody told.
    pub fn may_be_with(&self, card: &str) -> bool {
        self.card.as_deref().is_none_or(|own| is_same_card(own, card))
    }
}

/// Whether two tell of one card: its brand and the end of its number. Some tell the number alone, and call the brand `card`.
pub fn is_same_card(one: &str, other: &str) -> bool {
    let parts = one.rsplit_once(' ').zip(other.rsplit_once(' '));
    one == other || parts.is_some_and(|(one, other)| one.1 == other.1 && (one.0 == "card" || other.0 == "card"))
}

/// A card as its tries are told apart by it: its brand and the end of its number.
pub(super) fn card(seen: &PaymentSeen) -> Option<String> {
    seen.card.as_ref().map(|card| format!("{} {}", card.brand.to_lowercase(), card.last4))
}

/// The brand of the card, or how else it was paid; `card` names no network.
pub(super) fn way(seen: &PaymentSeen) -> Option<&str> {
    let names_one = |name: &&str| !matches!(*name, "card" | "creditcard");
    let brand = seen.card.as_ref().map(|card| card.brand.as_str()).filter(names_one);
    brand.or(seen.method.as_deref().filter(names_one))
}

fn named(id: &str) -> String {
    if text_bytes(id) <= ID_BYTES { id.to_owned() } else { digest(&[id], 26) }
}

fn word(text: &str) -> String {
    let mut text = text.to_owned();
    shorten(&mut text, WORD_BYTES);
    text
}

/// What was tried of an invoice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tries {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    told: Vec<Tried>,
    /// There were more than are told apart.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
    /// When a try of ours left for the provider.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sent: BTreeSet<Timestamp>,
}

impl Tries {
    /// Whether nothing was tried yet.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether there were more than are told apart.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// What the latest failed try went through of which that is known, as the provider calls it.
    pub fn network(&self) -> Option<&str> {
        self.failed().find_map(|tried| tried.network.as_deref())
    }

    /// Whether any failed one was with a card.
    pub fn had_card(&self) -> bool {
        self.failed().any(|tried| tried.card.is_some())
    }

    /// Those that failed, the latest first.
    fn failed(&self) -> impl Iterator<Item = &Tried> {
        self.told.iter().rev().filter(|tried| !tried.succeeded)
    }

    /// Each try, oldest first. One is ours if it was made when we asked for it: no provider repeats who did.
    pub fn all(&self, same_try: SignedDuration) -> Vec<Tried> {
        let near = |at: Timestamp, other: Timestamp| at.duration_since(other).abs() <= same_try;
        let is_ours = |tried: &Tried| {
            let times = [Some(tried.at), tried.made_at];
            times.into_iter().flatten().any(|at| self.sent.iter().any(|sent| near(*sent, at)))
        };
        let mut all: Vec<Tried> = Vec::new();
        for told in &self.told {
            let nameless = |one: &Tried| one.payment.is_none() && near(one.at, told.at);
            if told.payment.is_none() && all.iter().any(nameless) {
                continue;
            }
            let by = if told.by == By::Provider && is_ours(told) { By::Recoup } else { told.by };
            all.push(Tried { by, ..told.clone() });
        }
        all
    }

    /// Notes that a try of ours leaves.
    pub fn sends(&mut self, at: Timestamp) {
        self.sent.insert(at);
        while self.sent.len() > TRIES as usize {
            self.sent.pop_first();
        }
    }

    /// What left then is known to have done nothing: it was no try.
    pub fn was_idle(&mut self, at: Timestamp) {
        self.sent.remove(&at);
    }

    /// When tries of ours left of which nobody has told yet: each telling is of one of them.
    pub fn untold(&self, same_try: SignedDuration) -> Vec<Timestamp> {
        let (mut told, mut untold) = (self.all(same_try), Vec::new());
        for sent in &self.sent {
            let is_it = |tried: &Tried| {
                let mut times = [Some(tried.at), tried.made_at].into_iter().flatten();
                times.any(|at| at.duration_since(*sent).abs() <= same_try)
            };
            if let Some(place) = told.iter().position(is_it) {
                told.remove(place);
            } else {
                untold.push(*sent);
            }
        }
        untold
    }

    /// Takes a telling of a failed try.
    pub(super) fn see_failed(&mut self, told: &Try, same_try: SignedDuration) {
        self.see(Tried::of(told), same_try);
    }

    /// Takes a try. A failed one without a name is no other than the named one at that time.
    pub(super) fn see(&mut self, tried: Tried, same_try: SignedDuration) {
        let same = |known: &&mut Tried| match (&known.payment, &tried.payment) {
            (Some(one), Some(other)) => one == other,
            (None, None) => known.at == tried.at,
            _ => false,
        };
        match self.told.iter_mut().find(same) {
            Some(known) => known.join(tried),
            None => self.told.push(tried),
        }
        let is_named = |tried: &&Tried| tried.payment.is_some() && !tried.succeeded;
        let named: Vec<Timestamp> = self.told.iter().filter(is_named).map(|tried| tried.at).collect();
        // Twice: one of the two may be told when it was begun, and the other when it had failed.
        let near = |at: &Timestamp, tried: &Tried| at.duration_since(tried.at).abs() <= same_try * 2;
        self.told.retain(|tried| tried.payment.is_some() || !named.iter().any(|at| near(at, tried)));
        self.told.sort();
        let over = self.told.len().saturating_sub(TRIES as usize);
        self.more |= over > 0;
        self.told.drain(..over);
    }
}

#[cfg(test)]
mod tests;
