//! By which of the tries that were made is another one judged? The provider charges one card: what failed with another
//! says nothing of it, and what may never be tried again is not, whatever else failed since.

use super::again::words;
use super::{Budget, Plan};
use crate::book::{By, Head, Invoice, Tried, is_same_card};
use crate::decline::{Declines, Family, Retry};
use crate::event::{Card, Decline};
use crate::import::NetworkRule;

/// What is known of another try of an invoice before it is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// The card that would be charged, as its tries are told apart: `visa 4242`. Nothing where nobody can tell.
    pub card: Option<String>,
    /// Why the last try failed whose card may be that one.
    pub decline: Option<Decline>,
    /// Why it is never tried again, as a sentence.
    pub never: Option<String>,
}

/// A card as its tries are told apart by it.
pub fn card_named(card: &Card) -> String {
    format!("{} {}", card.brand.to_lowercase(), card.last4)
}

/// The network of a card that its tries are told apart by, where that tells one.
pub(super) fn brand_of(card: &str) -> Option<&str> {
    card.rsplit_once(' ').map(|(brand, _)| brand).filter(|brand| *brand != "card")
}

/// Why what failed so is never tried again, as a sentence.
pub(super) fn never(family: &Family) -> Option<String> {
    (family.retry == Retry::Never)
        .then(|| format!("{} is never tried again. {}", words(family.id.get_ref()), family.why))
}

/// The card that the provider charges for an invoice, as its tries are told apart by it; nothing where it does not say
/// so.
pub fn charged(head: &Head, invoice: &Invoice) -> Option<String> {
    let id = head.book.charged_id(invoice.subscription.value().map(String::as_str))?;
    head.book.kept_card(id).map(card_named)
}

/// Why a card is never tried again: one of its tries said so, of this debt or of another one
/// (`dunning::tried_beside`), whatever came after.
pub fn barred(declines: &Declines, head: &Head, card: &str, tried: &[Tried], beside: &[Vec<Tried>]) -> Option<String> {
    let network = brand_of(card).map(|brand| declines.network_named(brand));
    // A debit that names no card was not tried with this one.
    let is_there = |it: &&Tried| {
        let own = it.network.as_deref().map(|own| declines.network_named(own));
        let may_be = it.card.is_some() || own.is_none() || network.is_none() || own == network;
        !it.succeeded && it.may_be_with(card) && may_be
    };
    let all = tried.iter().chain(beside.iter().flatten()).filter(is_there);
    let told = all.filter_map(|it| told(head, it));
    let is_it = |own: &Option<String>| own.as_deref().is_some_and(|own| is_same_card(own, card));
    let remembered = head.book.tries.iter().filter(|it| is_it(&it.card)).filter_map(|it| it.decline.clone());
    told.chain(remembered).find_map(|decline| never(declines.meaning(Some(&decline)).family))
}

/// Why a try failed: all that was told of it while the head remembers that, and then its code.
pub(super) fn told(head: &Head, tried: &Tried) -> Option<Decline> {
    let code = tried.code.as_ref()?;
    let is_it = |own: &Option<String>| own.is_some() && *own == tried.payment;
    let remembered = head.book.tries.iter().rfind(|it| is_it(&it.payment)).and_then(|it| it.decline.clone());
    let by_code = || Decline { network: tried.network.clone(), ..Decline::new(&head.provider, code.clone()) };
    Some(remembered.unwrap_or_else(by_code))
}

impl Judged {
    /// What another try of an invoice is judged by, after all that was tried of it.
    pub fn of(declines: &Declines, head: &Head, invoice: &Invoice, tried: &[Tried], beside: &[Vec<Tried>]) -> Self {
        let charged = charged(head, invoice);
        let failed = || tried.iter().filter(|it| !it.succeeded);
        // Where nobody says which one is charged, it is the one that was tried without the customer.
        let unattended = || failed().filter(|it| it.by != By::Customer);
        let card = charged.clone().or_else(|| unattended().rev().find_map(|it| it.card.clone()));
        let coded = || failed().filter(|it| it.code.is_some());
        let last = coded().rfind(|it| card.as_deref().is_none_or(|card| it.may_be_with(card)));
        // Of what was told last the invoice knows the most.
        let of_invoice = |last: &Tried| {
            let is_last = Some(last) == coded().next_back();
            let is_it = |decline: &&Decline| last.code.as_ref().is_some_and(|code| decline.code.starts_with(code));
            invoice.decline().filter(|_| is_last).filter(is_it).cloned()
        };
        let decline = match last {
            Some(last) => of_invoice(last).or_else(|| told(head, last)),
            None => invoice.decline().cloned(),
        };
        let of_card = card.as_deref().and_then(|card| barred(declines, head, card, tried, beside));
        let of_any = || {
            let told = unattended().filter_map(|it| told(head, it));
            told.filter(|_| charged.is_none()).find_map(|it| never(declines.meaning(Some(&it)).family))
        };
        Self { never: of_card.or_else(of_any), decline, card }
    }

    /// Why another try is needed. With a card that was given since it is whatever failed last: what people have to look
    /// at first is not answered by another card.
    pub fn decline_for<'a>(&'a self, plan: &Plan, invoice: &'a Invoice) -> Option<&'a Decline> {
        if plan.tries.card.is_some() { invoice.decline() } else { self.decline.as_ref() }
    }

    /// The network of the last try with that card, as far as it was told.
    pub fn network<'a>(&'a self, tried: &'a [Tried]) -> Option<&'a str> {
        let is_it = |it: &&Tried| self.card.as_deref().is_none_or(|card| it.may_be_with(card));
        let told = tried.iter().rev().filter(is_it).find_map(|it| it.network.as_deref());
        let by_name = self.card.as_deref().and_then(brand_of);
        told.or(by_name).or_else(|| self.decline.as_ref().and_then(|decline| decline.network.as_deref()))
    }

    /// What may still be tried of it. What was tried of others counts where the card is known.
    pub fn budget(
        &self,
        declines: &Declines,
        imported: &[NetworkRule],
        tried: &[Tried],
        beside: &[Vec<Tried>],
    ) -> Budget {
        let meaning = declines.meaning(self.decline.as_ref());
        let budget = Budget::of(declines, imported, self.network(tried), &meaning);
        let budget = match &self.card {
            Some(card) => budget.for_card(card, beside),
            None => budget,
        };
        budget.barred(self.never.clone())
    }
}

#[cfg(test)]
mod tests;
