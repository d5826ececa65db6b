//! What people see of a document before they decide about it.

use super::{Party, Sound, Tax};
use crate::action::Line;
use rust_decimal::Decimal;

impl Sound<'_> {
    /// Whose, to whom, how much and with which tax; `series` is how its number begins.
    pub fn shown(&self, series: &str) -> Vec<Line> {
        let (document, totals) = (self.document(), self.totals());
        let made_by = format!("{}, with the next number of {series}", document.issuer.name);
        let mut lines = vec![
            Line::text("Made by", None, &made_by),
            Line::text("Made out to", None, &document.customer.written()),
            Line::money("Without tax", None, Some(totals.net)),
        ];
        for group in &totals.groups {
            lines.push(Line::money(&self.taxed(&group.tax), None, Some(group.amount)));
        }
        lines.push(Line::money("In all", None, Some(totals.gross)));
        lines.extend(totals.own_tax.map(|tax| Line::money("The tax in its own currency", None, Some(tax))));
        lines
    }

    /// A tax as people say it.
    pub fn taxed(&self, tax: &Tax) -> String {
        let name = &self.law().tax;
        match tax.rate() {
            rate if rate > Decimal::ZERO => format!("{name} {} %", rate.normalize()),
            _ => format!("{name}: {}", tax.name().replace('_', " ")),
        }
    }
}

impl Party {
    /// On one line, with the number by which its tax office knows it.
    pub fn written(&self) -> String {
        let place = [self.post_code.as_str(), &self.city].join(" ");
        let region = self.region.as_deref().unwrap_or_default();
        let parts = [self.name.as_str()].into_iter().chain(self.street.iter().map(String::as_str)).chain([
            place.trim(),
            region,
            self.country.as_str(),
            self.tax_id.as_deref().unwrap_or_default(),
        ]);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}
