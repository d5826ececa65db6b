//! Which tax was it? One by which the document comes to the tax and the total that were told, and by one only.

use super::lines::stated;
use super::told::{Told, billed};
use super::{NotDrafted, said};
use crate::document::{DocumentTotals, Law, LegalEntity, Tax, TaxDocument};
use crate::import::Customer;
use crate::money::Money;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A bill whose tax is looked for.
pub(super) struct Taxing<'a> {
    pub(super) entity: &'a LegalEntity,
    pub(super) buyer: &'a Customer,
    pub(super) told: &'a Told<'a>,
    pub(super) law: &'a Law,
    /// Of each line.
    pub(super) names: Vec<String>,
    /// The document without its lines.
    pub(super) blank: TaxDocument,
}

impl Taxing<'_> {
    /// The document with its lines, each taxed as it was.
    pub(super) fn document(&self) -> Result<TaxDocument, NotDrafted> {
        let rates = self.rates();
        let document = if self.told.tax.is_positive() { self.by_rate(&rates) } else { self.untaxed(&rates) }?;
        let groups = DocumentTotals::of(&document, self.law).groups;
        let is_given_back = groups.iter().any(|group| group.base < self.told.zero());
        if is_given_back { Err(NotDrafted::BelowZero) } else { Ok(document) }
    }

    fn by_rate(&self, rates: &[Tax]) -> Result<TaxDocument, NotDrafted> {
        if self.is_of_states() && self.blank.customer.region.is_none() {
            return Err(NotDrafted::NoState);
        }
        if let Some(document) = self.by_one(rates)?.or_else(|| self.by_line(rates)) {
            return Ok(document);
        }
        match (self.told.lines, rates) {
            ([_, _, ..], [_, _, ..]) => Err(NotDrafted::Apart),
            _ => Err(NotDrafted::NoRate { tax: self.told.tax, net: self.told.net() }),
        }
    }

    fn untaxed(&self, rates: &[Tax]) -> Result<TaxDocument, NotDrafted> {
        let whole = |tax: Tax| self.with(&vec![&tax; self.told.lines.len()]).ok_or(NotDrafted::Apart);
        if let Some(tax) = self.by_place()? {
            return whole(tax);
        }
        if let Some(document) = self.by_one(rates)? {
            return Ok(document);
        }
        let customer = &self.blank.customer;
        let is_charged = rates.iter().any(|tax| tax.rate() > Decimal::ZERO);
        match &customer.region {
            Some(region) if self.is_of_states() && !is_charged => {
                whole(Tax::Outside { reason: format!("no sales tax is charged in {region}") })
            }
            None if self.is_of_states() => Err(NotDrafted::NoState),
            _ => Err(NotDrafted::Untaxed(customer.country.clone())),
        }
    }

    /// Why nothing is taxed, by who the customer is and where.
    fn by_place(&self) -> Result<Option<Tax>, NotDrafted> {
        let (law, issuer, customer) = (self.law, &self.blank.issuer, &self.blank.customer);
        let is_inside = law.holds_in(&customer.country);
        let is_next_door = is_inside && customer.country != issuer.country && law.knows(&Tax::ReverseCharge);
        let has_id = customer.tax_id.as_deref().is_some_and(|id| law.is_tax_id(&customer.country, id));
        if is_next_door && has_id {
            return Ok(Some(Tax::ReverseCharge));
        }
        if !is_inside && law.knows(&Tax::Export) {
            return Ok(Some(Tax::Export));
        }
        if self.buyer.tax_exempt == Some(true) {
            let reason = said([self.buyer.tax_exempt_reason.as_deref()]).ok_or(NotDrafted::NoReason)?.to_owned();
            return Ok(Some(if self.is_of_states() { Tax::Outside { reason } } else { Tax::Exempt { reason } }));
        }
        match (is_inside, is_next_door) {
            (false, _) if self.is_of_states() => {
                Ok(Some(Tax::Outside { reason: format!("the customer is outside the {}", law.name) }))
            }
            (_, true) => Err(NotDrafted::NoTaxId(customer.country.clone())),
            _ => Ok(None),
        }
    }

    /// Whether the tax is one of states, and not one of the country.
    fn is_of_states(&self) -> bool {
        self.law.knows(&Tax::Outside { reason: String::new() })
    }

    /// What the entity charges where the customer is, each rate once: one of their own region names it best.
    fn rates(&self) -> Vec<Tax> {
        let region = self.blank.customer.region.as_deref();
        let mut own: Vec<_> = self.entity.rates.iter().filter(|rate| rate.holds_in(region)).collect();
        own.sort_by_key(|rate| rate.region.is_none());
        let mut rates: Vec<Tax> = Vec::new();
        for tax in own.into_iter().map(|rate| rate.tax(self.law, region)) {
            if rates.iter().all(|known| known.rate() != tax.rate()) {
                rates.push(tax);
            }
        }
        rates
    }

    /// All lines by the one rate that fits; two are refused, because nobody can tell which it was.
    fn by_one(&self, rates: &[Tax]) -> Result<Option<TaxDocument>, NotDrafted> {
        let mut fits = rates.iter().filter_map(|tax| self.with(&vec![tax; self.told.lines.len()]));
        match (fits.next(), fits.next()) {
            (Some(_), Some(_)) => Err(NotDrafted::Ambiguous(self.told.tax)),
            (document, _) => Ok(document),
        }
    }

    /// Each line by the one rate that fits its own tax, where every line tells that.
    fn by_line(&self, rates: &[Tax]) -> Option<TaxDocument> {
        let nets = self.told.lines.iter().zip(self.told.taxes()?).map(|(line, tax)| {
            let net = if self.told.is_gross { billed(line).minus(tax) } else { billed(line) };
            (net, tax)
        });
        let mut own: Vec<Option<&Tax>> = Vec::new();
        for (net, told) in nets {
            let mut fits = rates.iter().filter(|tax| is_near(told, net, tax));
            match (fits.next(), fits.next()) {
                // Nothing is taxed alike by every rate.
                _ if net.amount().is_zero() && told.amount().is_zero() => own.push(None),
                (Some(tax), None) => own.push(Some(tax)),
                _ => return None,
            }
        }
        let first = *own.iter().flatten().next()?;
        let taxes: Vec<&Tax> = own.into_iter().map(|tax| tax.unwrap_or(first)).collect();
        self.with(&taxes)
    }

    /// The document by these taxes, if it comes to what was told: of every line that tells its tax, too.
    fn with(&self, taxes: &[&Tax]) -> Option<TaxDocument> {
        let nets = self.nets(taxes);
        let mut own = self.told.lines.iter().zip(&nets).zip(taxes);
        if !own.all(|((line, net), tax)| line.tax.is_none_or(|told| is_near(told, *net, tax))) {
            return None;
        }
        let parts = self.told.lines.iter().zip(&self.names).zip(nets.iter().zip(taxes));
        let lines = parts.map(|((line, name), (net, tax))| stated(line, name, *net, (*tax).clone())).collect();
        let document = TaxDocument { lines, ..self.blank.clone() };
        let totals = DocumentTotals::of(&document, self.law);
        (totals.tax == self.told.tax && totals.gross == self.told.total).then_some(document)
    }

    /// What each line comes to without tax.
    fn nets(&self, taxes: &[&Tax]) -> Vec<Money> {
        let lines = self.told.lines;
        if !self.told.is_gross {
            return lines.iter().map(billed).collect();
        }
        let is_whole =
            |taxes: &Vec<Money>| taxes.iter().fold(self.told.zero(), |sum, tax| sum.plus(*tax)) == self.told.tax;
        if let Some(told) = self.told.taxes().filter(is_whole) {
            return lines.iter().zip(told).map(|(line, tax)| billed(line).minus(tax)).collect();
        }
        // The sum so far of a rate is brought to net each time, so that its lines add up to the whole.
        let mut sums: BTreeMap<Decimal, (Money, Money)> = BTreeMap::new();
        let brought = lines.iter().zip(taxes).map(|(line, tax)| {
            let (gross, before) = sums.entry(tax.rate()).or_insert((self.told.zero(), self.told.zero()));
            *gross = gross.plus(billed(line));
            let share = gross.amount() * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + tax.rate());
            let after = Money::rounded(share, gross.currency());
            let net = after.minus(*before);
            *before = after;
            net
        });
        brought.collect()
    }
}

/// Whether a rate comes to a line's own tax: where the whole was rounded once, a line is off by less than a unit.
fn is_near(told: Money, net: Money, tax: &Tax) -> bool {
    let exact = net.amount() * tax.rate() / Decimal::ONE_HUNDRED;
    (told.amount() - exact).abs() < Decimal::new(1, net.currency().digits())
}
