//! Which rungs has the ladder? The rules are data: `shared/policy/ageing/`.

use super::{AccessRule, Apart};
use crate::book::entitlement::Entitlement;
use crate::money::{Currency, Money};
use crate::policy::{Complaint, Rules};
use crate::staff::Role;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The bucket of what is not due; no rung is its.
pub const CURRENT: &str = "current";

/// A rung's day may lie no further ahead.
const DAYS_MAX: i64 = 3650;

/// One released version of the ladder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeingPolicy {
    pub version: u32,
    pub effective: String,
    /// At which hour of its day a rung is taken, in the time zone of the reports.
    pub acts_at_hour: Spanned<i8>,
    /// How access falls with the rungs; without it nothing is taken.
    pub access: Option<AccessRule>,
    /// The lowest first.
    pub rung: Vec<Rung>,
}

/// A bucket of days overdue, and what happens when an invoice comes into it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    pub bucket: Spanned<String>,
    pub from_day: Spanned<i64>,
    /// The last day that is in it; none on the last rung, which has no end.
    pub to_day: Option<Spanned<i64>>,
    pub acts_on_day: Spanned<i64>,
    /// Whose task it becomes.
    pub owner: Spanned<Role>,
    /// What they do, in this order.
    pub steps: Vec<String>,
    /// What the customer is mailed.
    pub template: Option<String>,
    /// Whether that goes to whoever wants no mail as well: the law or the contract asks for it.
    #[serde(default)]
    pub required: bool,
    /// What the customer may use from then on.
    pub access: Option<Spanned<Entitlement>>,
    /// What may be asked for in the end.
    pub recommends: Option<Recommended>,
    /// Over which amount its letter waits for `approved_by`, and giving up is decided as the approval matrix says; in a
    /// currency that is not listed both always are.
    pub approval_over: BTreeMap<Currency, Decimal>,
    /// Who agrees to such a letter.
    pub approved_by: Option<Spanned<Role>>,
    pub why: String,
    /// Whose invoices are treated in a way of their own; the first that fits is taken.
    #[serde(default)]
    pub apart: Vec<Apart>,
}

/// How a claim is given up, if people agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recommended {
    WriteOff,
    VoidInvoice,
}

impl Recommended {
    /// In words, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::WriteOff => "written off",
            Self::VoidInvoice => "voided",
        }
    }
}

impl AgeingPolicy {
    /// Every text that a rung sends.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        let apart = self.rung.iter().flat_map(|rung| &rung.apart).filter_map(|apart| apart.template.as_deref());
        self.rung.iter().filter_map(|rung| rung.template.as_deref()).chain(apart)
    }

    /// The place and the rung of a number of days; none while an invoice is not due.
    pub fn rung_of(&self, days: i64) -> Option<(usize, &Rung)> {
        self.rung.iter().enumerate().rfind(|(_, rung)| *rung.from_day.get_ref() <= days)
    }

    /// The rung by the name of its bucket.
    pub fn rung_called(&self, bucket: &str) -> Option<&Rung> {
        self.rung.iter().find(|rung| rung.bucket.get_ref() == bucket)
    }

    /// Who was promised a payment and did not get it takes the rung above the one that the invoice stands on, and on
    /// the last one that. Nothing is brought forward while it is not due.
    pub fn rung_after_broken_promise(&self, days: i64) -> Option<usize> {
        let (place, _) = self.rung_of(days)?;
        Some((place + 1).min(self.rung.len() - 1))
    }
}

impl Rung {
    /// The last day that is in it; none where it has no end.
    pub fn last_day(&self) -> Option<i64> {
        self.to_day.as_ref().map(|day| *day.get_ref())
    }

    /// Over how much it is more than its owner decides; none where it always is.
    pub fn threshold(&self, currency: Currency) -> Option<Money> {
        self.approval_over.get(&currency).and_then(|over| Money::exact(*over, currency).ok())
    }

    /// Whether that amount is more than its owner decides.
    pub fn needs_approval(&self, amount: Money) -> bool {
        self.threshold(amount.currency()).is_none_or(|over| amount.amount() > over.amount())
    }

    /// Who agrees to a letter about that amount before it leaves; nobody, where it leaves by itself.
    pub fn agrees(&self, amount: Option<Money>) -> Option<Role> {
        let role = *self.approved_by.as_ref()?.get_ref();
        amount.is_none_or(|amount| self.needs_approval(amount)).then_some(role)
    }

    /// Whether it sends anybody a letter.
    fn writes(&self) -> bool {
        self.template.is_some() || self.apart.iter().any(|apart| apart.template.is_some())
    }

    /// What its days say that it is called.
    fn named(&self) -> String {
        let from = *self.from_day.get_ref();
        self.last_day().map_or_else(|| format!("{}+", from - 1), |to| format!("{from}-{to}"))
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let (name, from, acts) = (self.bucket.get_ref(), *self.from_day.get_ref(), *self.acts_on_day.get_ref());
        if self.last_day().is_some_and(|to| to < from) {
            complaints.push(Complaint::on(&self.from_day, format!("`{name}` ends before it begins")));
        }
        if *name != self.named() {
            complaints.push(Complaint::on(&self.bucket, format!("`{name}` is called `{}` by its days", self.named())));
        }
        if acts < from || acts > DAYS_MAX || self.last_day().is_some_and(|to| acts > to) {
            complaints.push(Complaint::on(&self.acts_on_day, format!("day {acts} is not in `{name}`")));
        }
        if !self.owner.get_ref().may_settle() {
            let owner = self.owner.get_ref().name();
            complaints.push(Complaint::on(&self.owner, format!("{owner} could not end the task of `{name}`")));
        }
        if self.steps.is_empty() || self.steps.iter().any(|step| step.trim().is_empty()) {
            complaints.push(Complaint::on(&self.bucket, format!("`{name}` has no steps, or an empty one")));
        }
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.bucket, format!("`{name}` has no `why`")));
        }
        let is_amount =
            |(currency, over): (&Currency, &Decimal)| *over > Decimal::ZERO && Money::exact(*over, *currency).is_ok();
        if self.approval_over.is_empty() || !self.approval_over.iter().all(is_amount) {
            let message =
                format!("`{name}` needs an amount over which giving up is approved, in a currency's own digits");
            complaints.push(Complaint::on(&self.bucket, message));
        }
        if self.required && !self.writes() {
            complaints.push(Complaint::on(&self.bucket, format!("`{name}` sends no letter: none is required")));
        }
        complaints.extend(self.lint_approver());
        complaints
    }

    /// Who agrees to a letter can say so, and is nobody below those whose task it is.
    fn lint_approver(&self) -> Option<Complaint> {
        let name = self.bucket.get_ref();
        let Some(approver) = &self.approved_by else {
            let message = format!("say in `approved_by` who agrees to a letter of `{name}` over its threshold");
            return self.writes().then(|| Complaint::on(&self.bucket, message));
        };
        if !self.writes() {
            let message = format!("`{name}` sends no letter: nobody agrees to one");
            return Some(Complaint::on(approver, message));
        }
        let role = *approver.get_ref();
        let owner = *self.owner.get_ref();
        let may = role.may_settle() && role.stands_for(owner);
        let message =
            || format!("{} could not agree to a letter of `{name}`, which is {}'s", role.name(), owner.name());
        (!may).then(|| Complaint::on(approver, message()))
    }
}

impl Rules for AgeingPolicy {
    const NAME: &'static str = "ageing";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.rung.iter().map(|rung| &rung.bucket));
        if !(0..24).contains(self.acts_at_hour.get_ref()) {
            complaints.push(Complaint::on(&self.acts_at_hour, "an hour is 0 to 23"));
        }
        let mut wanted = Some(0);
        for rung in &self.rung {
            let from = *rung.from_day.get_ref();
            let message = match wanted {
                Some(wanted) if from > wanted => Some(format!("days {wanted} to {} are in no bucket", from - 1)),
                Some(wanted) if from < wanted => Some(format!("day {from} is in two buckets")),
                None => Some("a bucket without an end stands before it".to_owned()),
                Some(_) => None,
            };
            complaints.extend(message.map(|message| Complaint::on(&rung.from_day, message)));
            complaints.extend(rung.lint());
            complaints.extend(rung.lint_apart());
            wanted = rung.last_day().map(|to| to + 1);
        }
        match self.rung.last() {
            Some(rung) if rung.bucket.get_ref() != "90+" => {
                complaints.push(Complaint::on(&rung.bucket, "the last bucket is `90+`: from day 91, without an end"));
            }
            Some(_) => {}
            None => complaints.push(Complaint::at(0, "the ladder has no rung")),
        }
        complaints.extend(self.lint_access());
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn thirty_sixty_and_ninety_days_belong_to_the_lower_bucket() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.ageing.current();
        for (days, bucket) in [
            (-1, None),
            (0, Some("0-30")),
            (30, Some("0-30")),
            (31, Some("31-60")),
            (60, Some("31-60")),
            (61, Some("61-90")),
            (90, Some("61-90")),
            (91, Some("90+")),
            (4000, Some("90+")),
        ] {
            let found = policy.rung_of(days).map(|(_, rung)| rung.bucket.get_ref().as_str());
            assert_eq!(found, bucket, "{days} days");
        }
    }

    #[test]
    fn a_broken_promise_leads_one_rung_up() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.ageing.current();
        for (days, bucket) in [
            (-5, None),
            (0, Some("31-60")),
            (30, Some("31-60")),
            (31, Some("61-90")),
            (61, Some("90+")),
            (91, Some("90+")),
            (400, Some("90+")),
        ] {
            let found =
                policy.rung_after_broken_promise(days).map(|place| policy.rung[place].bucket.get_ref().as_str());
            assert_eq!(found, bucket, "{days}");
        }
    }

    #[test]
    fn what_is_over_the_threshold_is_decided_by_the_matrix() {
        let policies = Policies::shipped().unwrap();
        let ladder = policies.ageing.current();
        let rung = ladder.rung_called("90+").unwrap();
        let currency = |code: &str| Currency::parse(code).unwrap();
        for (name, minor, code, expected) in [
            ("exactly", 50_000, "USD", false),
            ("a cent over", 50_001, "USD", true),
            ("a currency that is not listed", 1, "CHF", true),
        ] {
            assert_eq!(rung.needs_approval(Money::from_minor(minor, currency(code))), expected, "{name}");
        }
        let rung = ladder.rung_called("61-90").unwrap();
        for (name, amount, expected) in [
            ("exactly", Some((100_000, "USD")), None),
            ("a cent over", Some((100_001, "USD")), Some(Role::Vp)),
            ("a currency that is not listed", Some((1, "CHF")), Some(Role::Vp)),
            ("nobody knows how much", None, Some(Role::Vp)),
        ] {
            let amount = amount.map(|(minor, code)| Money::from_minor(minor, currency(code)));
            assert_eq!(rung.agrees(amount), expected, "a letter: {name}");
        }
    }
}
