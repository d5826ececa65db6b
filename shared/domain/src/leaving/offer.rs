//! What somebody who wants to leave may be offered instead: once, beside the exit, and never in its way.

use crate::action::{KINDS, Kind, Offer};
use crate::book::{Head, SubscriptionLine};
use crate::event::{InvoiceStatus, SubscriptionStatus};
use crate::money::Currency;
use crate::policy::Complaint;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Offers by whom they are for; the first that fits is made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    /// For how long nobody is offered anything again.
    pub rest_days: i64,
    offer: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: Spanned<String>,
    /// The action that it becomes, if they take it.
    kind: String,
    /// Whether something is open that could not be collected.
    failing: Option<bool>,
    trial: Option<bool>,
    /// What the subscription brings in a month, at least; a currency that is not listed does not fit.
    mrr_from: Option<BTreeMap<Currency, Decimal>>,
    customer_days_from: Option<i64>,
    /// Providers that cannot do it.
    #[serde(default)]
    not_at: Vec<String>,
    /// What staff may say.
    say: String,
    why: String,
}

impl Offers {
    /// The offer for a cancellation, if one was not made lately.
    ///
    /// `offered` is when somebody saw one; whoever looks again within the hour is still at it.
    pub fn of(&self, kind: &Kind, head: &Head, offered: &[Timestamp], now: Timestamp) -> Option<Offer> {
        let Kind::Cancel { subscription, .. } = kind else { return None };
        let lately = now - SignedDuration::from_hours(24 * self.rest_days)..now - SignedDuration::from_hours(1);
        if offered.iter().any(|at| lately.contains(at)) {
            return None;
        }
        self.fitting(subscription, head, now)
    }

    /// What somebody may offer a customer whose bill for a subscription stays open, by the same rules.
    pub fn in_recovery(&self, subscription: &str, head: &Head, now: Timestamp) -> Option<Offer> {
        self.fitting(subscription, head, now)
    }

    fn fitting(&self, subscription: &str, head: &Head, now: Timestamp) -> Option<Offer> {
        let line = head.book.subscriptions.get(subscription)?;
        let rule = self.offer.iter().find(|rule| rule.fits(line, head, now))?;
        Some(Offer {
            rule: rule.id.get_ref().clone(),
            kind: rule.kind.clone(),
            say: rule.say.clone(),
            why: rule.why.clone(),
        })
    }

    pub(crate) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.offer.iter().map(|rule| &rule.id));
        for rule in &self.offer {
            if !KINDS.contains(&rule.kind.as_str()) || rule.say.trim().is_empty() || rule.why.trim().is_empty() {
                let what = format!("`{}` needs a `kind` of action, what to `say`, and a `why`", rule.id.get_ref());
                complaints.push(Complaint::on(&rule.id, what));
            }
        }
        if self.rest_days < 1 {
            complaints.push(Complaint::at(0, "`rest_days` must be at least 1"));
        }
        complaints
    }
}

impl Rule {
    fn fits(&self, line: &SubscriptionLine, head: &Head, now: Timestamp) -> bool {
        let failing =
            head.book.invoices.iter().any(|line| line.status == Some(InvoiceStatus::Open)) && !head.dunning.is_empty();
        let trial = line.status == Some(SubscriptionStatus::Trial);
        let brings = |from: &BTreeMap<Currency, Decimal>| {
            line.mrr.is_some_and(|mrr| from.get(&mrr.currency()).is_some_and(|from| mrr.amount() >= *from))
        };
        let days = head.since().map(|since| now.duration_since(since).as_hours() / 24);
        self.failing.is_none_or(|wanted| wanted == failing)
            && self.trial.is_none_or(|wanted| wanted == trial)
            && self.mrr_from.as_ref().is_none_or(brings)
            && self.customer_days_from.is_none_or(|from| days.is_some_and(|days| days >= from))
            && !self.not_at.contains(&head.provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::When;
    use crate::book::{HistoryLine, PlanLine};
    use crate::money::Money;
    use crate::policies::Policies;

    fn day(day: i64) -> Timestamp {
        "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
    }

    fn cancel() -> Kind {
        Kind::Cancel { subscription: "sub_1".into(), when: When::PeriodEnd, asked_at: day(0) }
    }

    fn head(provider: &str, status: SubscriptionStatus, minor: i64, since: i64, failing: bool) -> Head {
        let mut head = Head::new(provider, "default", "cus_1");
        let line = SubscriptionLine {
            status: Some(status),
            mrr: Some(Money::from_minor(minor, Currency::USD)),
            started_at: Some(day(-since)),
            ..SubscriptionLine::default()
        };
        head.book.subscriptions.insert("sub_1".into(), line);
        if failing {
            let plan = PlanLine {
                segment: "standard".into(),
                step: 1,
                next: None,
                next_at: None,
                policy_version: 1,
                access: None,
            };
            head.dunning.insert("in_1".into(), plan);
            let (invoice, status) = ("in_1".to_owned(), Some(InvoiceStatus::Open));
            head.book.invoices.push(HistoryLine {
                created_at: day(-1),
                invoice,
                number: None,
                total: None,
                remaining: None,
                status,
                subscription: None,
                paid_at: None,
            });
        }
        head
    }

    #[test]
    fn the_offer_depends_on_who_leaves() {
        use SubscriptionStatus::{Active, Trial};
        let policies = Policies::shipped().unwrap();
        let offers = &policies.playbooks.current().leaving;
        for (what, head, expected) in [
            ("cannot pay", head("stripe", Active, 4900, 400, true), Some("more-time")),
            ("cannot pay, and nothing can be moved there", head("mollie", Active, 4900, 400, true), Some("loyal")),
            ("a year", head("stripe", Active, 4900, 365, false), Some("loyal")),
            ("a day less", head("stripe", Active, 4900, 364, false), Some("smaller")),
            ("pays little", head("stripe", Active, 1900, 30, false), Some("pause")),
            ("pays little where nothing pauses", head("mollie", Active, 1900, 30, false), None),
            ("on trial", head("stripe", Trial, 0, 10, false), Some("more-trial")),
        ] {
            let offer = offers.of(&cancel(), &head, &[], day(0));
            assert_eq!(offer.map(|offer| offer.rule).as_deref(), expected, "{what}");
            let offer = offers.in_recovery("sub_1", &head, day(0));
            assert_eq!(offer.map(|offer| offer.rule).as_deref(), expected, "{what}, in a recovery");
            assert_eq!(offers.in_recovery("sub_2", &head, day(0)), None, "{what}, of what is not there");
        }
    }

    #[test]
    fn it_is_made_once() {
        let policies = Policies::shipped().unwrap();
        let offers = &policies.playbooks.current().leaving;
        let head = head("stripe", SubscriptionStatus::Active, 4900, 400, false);
        let minute = SignedDuration::from_mins(1);
        for (what, offered, made) in [
            ("nothing before", vec![], true),
            ("a moment ago, by whoever looks again", vec![day(0) - minute], true),
            ("this morning", vec![day(0) - SignedDuration::from_hours(2)], false),
            ("lately", vec![day(-180)], false),
            ("long ago", vec![day(-180) - minute], true),
        ] {
            assert_eq!(offers.of(&cancel(), &head, &offered, day(0)).is_some(), made, "{what}");
        }
        let force = Kind::ForceCancel { subscription: "sub_1".into() };
        assert_eq!(offers.of(&force, &head, &[], day(0)), None, "only who wants to leave is offered anything");
    }
}
