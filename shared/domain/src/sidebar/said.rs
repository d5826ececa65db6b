//! What imports say about an account, beside what its provider tells.

use super::Sidebar;
use crate::import::{Contract, Customer, Exception, Usage};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;

/// Under this share of seats in use, a customer may not renew.
const USED_ENOUGH: Decimal = Decimal::from_parts(5, 0, 0, false, 1);
/// A contract that ends within so many days, and is not renewed, is one to talk about.
const ENDS_SOON_DAYS: i32 = 60;

/// Everything that imports said about one account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    pub customer: Option<Customer>,
    pub contracts: Vec<Contract>,
    pub usage: Vec<Usage>,
    pub exceptions: Vec<Exception>,
}

/// What was granted before beside the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Granted {
    pub kind: &'static str,
    pub amount: Option<crate::money::Money>,
    pub percent: Option<Decimal>,
    pub granted_on: Date,
    pub granted_by: String,
    pub reason: String,
    pub until: Option<Date>,
    /// Where it was written down.
    pub reference: Option<String>,
    pub holds: bool,
}

impl Said {
    /// Exceptions, the newest first.
    pub fn granted(&self, now: Timestamp) -> Vec<Granted> {
        let today = day(now);
        let mut granted: Vec<_> = self
            .exceptions
            .iter()
            .map(|exception| Granted {
                kind: exception.kind.name(),
                amount: exception.amount,
                percent: exception.percent,
                granted_on: exception.granted_on,
                granted_by: exception.granted_by.clone(),
                reason: exception.reason.clone(),
                until: exception.until,
                reference: exception.reference.clone(),
                holds: exception.holds(today),
            })
            .collect();
        granted.sort_by(|one, other| (other.granted_on, other.kind).cmp(&(one.granted_on, one.kind)));
        granted
    }
}

impl Sidebar {
    /// Adds what imports say. Of a person, the provider's word counts first: it is where invoices go.
    #[must_use]
    pub fn with(mut self, said: &Said, now: Timestamp) -> Self {
        if let Some(customer) = &said.customer {
            let account = &mut self.account;
            account.strategic = Some(customer.strategic);
            account.no_sms = Some(customer.no_sms);
            account.no_mail = Some(customer.no_mail);
            account.owner.clone_from(&customer.owner);
            for (own, imported) in [
                (&mut account.name, &customer.name),
                (&mut account.email, &customer.email),
                (&mut account.phone, &customer.phone),
                (&mut account.billing_address, &customer.billing_address),
            ] {
                *own = own.take().or_else(|| imported.clone());
            }
        }
        let today = day(now);
        let contract =
            said.contracts.iter().filter(|contract| contract.holds(today)).max_by_key(|contract| contract.ends_on);
        if let Some(contract) = contract {
            let end = contract.ends_on.and_then(|end| end.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok());
            self.subscription.contract_end = end.map(|end| end.timestamp()).or(self.subscription.contract_end);
            self.subscription.auto_renew = contract.auto_renew.or(self.subscription.auto_renew);
            let left = contract.ends_on.and_then(|end| today.until(end).ok()).map(|span| span.get_days());
            if left.is_some_and(|left| left <= ENDS_SOON_DAYS) && contract.auto_renew != Some(true) {
                self.risk(format!("contract {} ends within {ENDS_SOON_DAYS} days without renewal", contract.reference));
            }
        }
        let held = said.contracts.iter().filter(|contract| contract.holds(today));
        self.subscription.seats_min = held.filter_map(|contract| contract.min_seats).max();
        let seats = said.usage.iter().filter_map(|usage| Some((usage.as_of, usage.seats_used?))).max();
        if let Some((as_of, used)) = seats {
            self.subscription.seats_used = Some(used);
            self.subscription.seats_as_of = Some(as_of);
            let total = self
                .subscription
                .seats_total
                .or(contract.and_then(|contract| contract.seats))
                .filter(|total| *total > 0);
            if let Some(total) = total {
                self.subscription.seats_total = Some(total);
                let share = (Decimal::from(used) / Decimal::from(total)).round_dp(4);
                self.subscription.utilisation = Some(format!("{share:.4}"));
                if share < USED_ENOUGH {
                    self.risk("less than half of the seats are used".to_owned());
                }
            }
        }
        self.exceptions = said.granted(now);
        self
    }

    /// A reason to leave; what was a greater risk already stays so.
    fn risk(&mut self, reason: String) {
        if self.lifetime.churn_risk != Some("high") {
            self.lifetime.churn_risk = Some("medium");
        }
        self.lifetime.churn_reasons.push(reason);
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
