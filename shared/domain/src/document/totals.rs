//! What does it come to? Each line is rounded once, and each tax once over all that is taxed alike (EN 16931).

use super::{DocumentLine, Law, Payment, Tax, TaxDocument};
use crate::money::Money;
use rust_decimal::Decimal;

/// The sums of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentTotals {
    /// Of each line, in their order.
    pub nets: Vec<Money>,
    pub lines: Money,
    pub discounts: Money,
    pub net: Money,
    pub groups: Vec<TaxGroup>,
    pub tax: Money,
    pub gross: Money,
    pub paid: Money,
    /// What the smallest coin makes of it.
    pub rounding: Money,
    pub due: Money,
    /// The tax in the currency of the issuer's books.
    pub own_tax: Option<Money>,
}

/// All that is taxed alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxGroup {
    pub tax: Tax,
    pub base: Money,
    pub amount: Money,
    /// Every reason that one of its lines gives.
    pub reasons: Vec<String>,
}

impl DocumentLine {
    /// Its price without tax; two currencies are refused before anybody asks.
    pub fn net(&self) -> Money {
        let full = Money::rounded(self.quantity * self.price.amount(), self.price.currency());
        self.discount.map_or(full, |discount| full.minus(discount))
    }
}

impl DocumentTotals {
    /// Adds up a document of one currency.
    pub(super) fn of(document: &TaxDocument, law: &Law) -> Self {
        let zero = Money::zero(document.currency);
        let nets: Vec<Money> = document.lines.iter().map(DocumentLine::net).collect();
        let lines = nets.iter().fold(zero, |sum, net| sum.plus(*net));
        let discounts = document.discounts.iter().fold(zero, |sum, discount| sum.plus(discount.amount));
        let net = lines.minus(discounts);
        let groups = groups(document, &nets);
        let tax = groups.iter().fold(zero, |sum, group| sum.plus(group.amount));
        let gross = net.plus(tax);
        let paid = document.paid.unwrap_or(zero);
        let open = gross.minus(paid);
        // Only coins are rounded to: a card takes every centime, and what was taken is not changed afterwards.
        let is_coin = document.paid.is_none() && !matches!(document.payment, Payment::Card { .. });
        let rounding = match law.coin(document.currency).filter(|_| is_coin) {
            Some(step) => Money::rounded((open.amount() / step).round() * step, document.currency).minus(open),
            None => zero,
        };
        let own_tax = document.books.as_ref().map(|books| Money::rounded(tax.amount() * books.rate, books.currency));
        let due = open.plus(rounding);
        Self { nets, lines, discounts, net, groups, tax, gross, paid, rounding, due, own_tax }
    }
}

fn groups(document: &TaxDocument, nets: &[Money]) -> Vec<TaxGroup> {
    let zero = Money::zero(document.currency);
    let plus = document.lines.iter().zip(nets).map(|(line, net)| (&line.tax, *net));
    let minus = document.discounts.iter().map(|discount| (&discount.tax, zero.minus(discount.amount)));
    let mut groups: Vec<TaxGroup> = Vec::new();
    for (tax, amount) in plus.chain(minus) {
        let at = groups.iter().position(|group| group.tax.alike(tax)).unwrap_or_else(|| {
            groups.push(TaxGroup { tax: tax.clone(), base: zero, amount: zero, reasons: Vec::new() });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.base = group.base.plus(amount);
        if let Some(reason) = tax.reason().filter(|reason| group.reasons.iter().all(|known| known != reason)) {
            group.reasons.push(reason.to_owned());
        }
    }
    for group in &mut groups {
        let exact = group.base.amount() * group.tax.rate() / Decimal::ONE_HUNDRED;
        group.amount = Money::rounded(exact, document.currency);
    }
    groups
}
