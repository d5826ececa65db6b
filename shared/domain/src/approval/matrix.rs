//! Who may decide what alone, and whose approval the rest needs: by kind, size, reason and role.

use super::eligibility;
use super::waiting::Waiting;
use crate::action::{Clause, KINDS, Measure, Reason};
use crate::money::{Currency, Money};
use crate::policy::{Complaint, Rules};
use crate::staff::Role;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// One released version of who may decide what: by size, alone, for refunds, and how people are asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalPolicy {
    pub version: u32,
    pub effective: String,
    pub currency: Currency,
    pub expiry_hours: i64,
    pub rule: Vec<Rule>,
    pub alone: Alone,
    pub(super) eligibility: Vec<eligibility::Window>,
    pub(super) pattern: eligibility::Pattern,
    pub(super) exception: eligibility::Exception,
    pub asking: Waiting,
    /// What other currencies are worth; one that is not listed, or not lately, is worth too much for any band.
    #[serde(default)]
    pub rate: Vec<ExchangeRate>,
    pub rate_days: i64,
    /// For how many hours a kind waits once it is approved: what is asked of the customer goes on in the meantime.
    #[serde(default)]
    pub delay_hours: BTreeMap<String, i64>,
}

/// What one of a currency is worth in the policy's own, on a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRate {
    pub currency: Currency,
    pub worth: Decimal,
    pub on: Date,
}

/// For these kinds, reasons and sizes: who decides alone, and whose approvals everybody else needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: Spanned<String>,
    pub kinds: Vec<String>,
    pub reasons: Option<Vec<Reason>>,
    /// The edges of its band: an amount in the policy's currency, per cent, or days. `over` and `below` leave the edge out.
    pub over: Option<Decimal>,
    pub from: Option<Decimal>,
    pub up_to: Option<Decimal>,
    pub below: Option<Decimal>,
    pub alone: Vec<Role>,
    pub approvals: Vec<Role>,
    pub why: String,
}

/// What one person may decide alone, taken together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    pub days: i64,
    pub why: String,
    pub daily_total: Decimal,
    pub daily_why: String,
}

/// What a person has decided alone so far, in the policy's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decided {
    /// For this account and kind, in the days that count together.
    pub here: Decimal,
    /// Today, for all accounts and kinds.
    pub today: Decimal,
}

/// What the policy asks for before an action may be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Empty when the asker may decide alone.
    pub approvals: Vec<Role>,
    pub clause: Clause,
}

impl ApprovalPolicy {
    /// Finds the rule for an action and what it asks of somebody in `role`; `None` is the machine.
    pub fn requirement(&self, kind: &str, measure: Measure, reason: Reason, role: Option<Role>) -> Requirement {
        let rule = self.rule_for(kind, measure, reason);
        Requirement {
            approvals: role.map_or(rule.approvals.as_slice(), |role| rule.needed_by(role)).to_vec(),
            clause: Clause { rule: rule.id.get_ref().clone(), policy_version: self.version, why: rule.why.clone() },
        }
    }

    /// Every role whose approval may count for anything: those that are named, and whoever stands for them.
    pub fn approving(&self) -> BTreeSet<Role> {
        let ruled = self.rule.iter().flat_map(|rule| &rule.approvals);
        let named = ruled.chain(&self.exception.approvals).chain([&self.pattern.approval]);
        let named: BTreeSet<Role> = named.copied().collect();
        Role::ALL.into_iter().filter(|role| named.iter().any(|needed| role.stands_for(*needed))).collect()
    }

    /// Money in the policy's currency, at the rate of that day or the latest before it.
    pub fn converted(&self, measure: Measure, on: Date) -> Measure {
        let Measure::Money(money) = measure else { return measure };
        if money.currency() == self.currency {
            return measure;
        }
        let fresh = |rate: &&ExchangeRate| {
            let age = on.duration_since(rate.on).as_hours() / 24;
            rate.currency == money.currency() && (0..=self.rate_days).contains(&age)
        };
        let worth = self
            .rate
            .iter()
            .filter(fresh)
            .max_by_key(|rate| rate.on)
            .and_then(|rate| money.amount().checked_mul(rate.worth));
        worth.map_or(measure, |worth| Measure::Money(Money::rounded(worth, self.currency)))
    }

    /// The same for somebody who has decided things alone before: sizes count together, and for money a day has an end.
    pub fn requirement_after(
        &self,
        kind: &str,
        measure: Measure,
        reason: Reason,
        role: Option<Role>,
        decided: Decided,
    ) -> Requirement {
        let money = match measure {
            Measure::Money(money) if money.currency() == self.currency => money,
            Measure::Percent(_) | Measure::Days(_) => return self.together(kind, measure, reason, role, decided.here),
            _ => return self.requirement(kind, measure, reason, role),
        };
        let by_itself = self.requirement(kind, measure, reason, role);
        let too_large = || self.requirement(kind, Measure::TooLarge, reason, role);
        let Some(together) = money.amount().checked_add(decided.here) else { return too_large() };
        let Some(today) = money.amount().checked_add(decided.today) else { return too_large() };
        let together = Money::rounded(together, self.currency);
        let mut requirement = self.requirement(kind, Measure::Money(together), reason, role);
        if requirement.clause.rule != by_itself.clause.rule {
            requirement.clause.why = format!("{} {} It comes to {together}.", requirement.clause.why, self.alone.why);
        }
        if requirement.approvals.is_empty() && today > self.alone.daily_total {
            requirement.approvals.clone_from(&self.rule_for(kind, Measure::Money(together), reason).approvals);
            requirement.clause.why = format!("{} {}", requirement.clause.why, self.alone.daily_why);
        }
        requirement
    }

    /// What money is worth in the policy's currency, as far as a rate says.
    pub fn in_own_currency(&self, amount: Money, on: Date) -> Option<Decimal> {
        self.size(self.converted(Measure::Money(amount), on))
    }

    fn together(&self, kind: &str, measure: Measure, reason: Reason, role: Option<Role>, here: Decimal) -> Requirement {
        let by_itself = self.requirement(kind, measure, reason, role);
        let Some(sum) = self.size(measure).and_then(|size| size.checked_add(here)) else { return by_itself };
        let mut requirement = self.requirement(kind, Measure::Percent(sum), reason, role);
        if requirement.clause.rule != by_itself.clause.rule {
            requirement.clause.why =
                format!("{} {} It comes to {}.", requirement.clause.why, self.alone.why, sum.normalize());
        }
        requirement
    }

    /// How large something is, where a band can say so.
    pub(super) fn size(&self, measure: Measure) -> Option<Decimal> {
        match measure {
            Measure::Money(money) if money.currency() == self.currency => Some(money.amount()),
            Measure::Money(_) | Measure::TooLarge => None,
            Measure::Percent(percent) => Some(percent),
            Measure::Days(days) => Some(Decimal::from(days)),
            Measure::Nothing => Some(Decimal::ZERO),
        }
    }

    /// The first rule that fits. A foreign amount without a rate has no band: the strictest rule of its kind applies.
    fn rule_for(&self, kind: &str, measure: Measure, reason: Reason) -> &Rule {
        let mut rules = self.rule.iter().filter(|rule| rule.is_about(kind));
        let found = match self.size(measure) {
            Some(size) => rules.find(|rule| rule.covers(size, reason)),
            None => rules.max_by_key(|rule| (rule.approvals.len(), rule.approvals.iter().max(), rule.alone.is_empty())),
        };
        found.expect("the lint saw a rule for every kind, size and reason")
    }
}

impl Rule {
    /// Whose approvals somebody in a role needs; none where they may decide alone. A VP may what a manager may.
    pub fn needed_by(&self, role: Role) -> &[Role] {
        let alone =
            self.alone.iter().any(|allowed| role == *allowed || (role == Role::Vp && *allowed == Role::Manager));
        if alone { &[] } else { &self.approvals }
    }

    fn is_about(&self, kind: &str) -> bool {
        self.kinds.iter().any(|own| own == kind)
    }

    fn covers(&self, size: Decimal, reason: Reason) -> bool {
        self.reasons.as_ref().is_none_or(|reasons| reasons.contains(&reason))
            && self.over.is_none_or(|over| size > over)
            && self.from.is_none_or(|from| size >= from)
            && self.up_to.is_none_or(|up_to| size <= up_to)
            && self.below.is_none_or(|below| size < below)
    }

    fn edges(&self) -> impl Iterator<Item = Decimal> {
        [self.over, self.from, self.up_to, self.below].into_iter().flatten()
    }
}

impl Rules for ApprovalPolicy {
    const NAME: &'static str = "approval";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    /// Finds gaps by asking for every kind and reason on both sides of every edge; rules that nobody can meet, that can
    /// never match, or that contradict each other.
    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.rule.iter().map(|rule| &rule.id));
        if self.alone.days < 1 || self.alone.daily_total <= Decimal::ZERO {
            complaints.push(Complaint::at(0, "`alone` needs at least one day, and a daily total above nothing"));
        }
        complaints.extend(self.lint_eligibility());
        complaints.extend(self.asking.lint());
        if self.rate_days < 1
            || self.rate.iter().any(|rate| rate.worth <= Decimal::ZERO || rate.currency == self.currency)
        {
            complaints.push(Complaint::at(
                0,
                "a rate is above nothing, of another currency than the policy's, and holds for at least a day",
            ));
        }
        if self.delay_hours.iter().any(|(kind, hours)| !KINDS.contains(&kind.as_str()) || *hours < 1) {
            complaints.push(Complaint::at(0, "`delay_hours` are at least 1, for a kind of action"));
        }
        let cent = Decimal::new(1, 2);
        let mut used = BTreeSet::new();
        for kind in KINDS {
            let rules: Vec<&Rule> = self.rule.iter().filter(|rule| rule.is_about(kind)).collect();
            let mut sizes: BTreeSet<_> =
                rules.iter().flat_map(|rule| rule.edges()).flat_map(|edge| [edge - cent, edge, edge + cent]).collect();
            sizes.extend([Decimal::ZERO, cent, Decimal::from(1_000_000_000)]);
            for reason in Reason::ALL {
                for size in &sizes {
                    let mut fitting = rules.iter().filter(|rule| rule.covers(*size, reason));
                    let Some(first) = fitting.next() else {
                        let what = format!("nobody may decide a {kind} of {size} for {}", reason.name());
                        complaints.push(Complaint::at(rules.first().map_or(0, |rule| rule.id.span().start), what));
                        continue;
                    };
                    used.insert(first.id.get_ref());
                    // A rule for some reasons is an exception to one for all; two for all disagree.
                    if let Some(second) = fitting.find(|other| other.reasons.is_some() == first.reasons.is_some()) {
                        let what = format!(
                            "`{}` and `{}` disagree about a {kind} of {size}",
                            first.id.get_ref(),
                            second.id.get_ref()
                        );
                        complaints.push(Complaint::on(&second.id, what));
                    }
                }
            }
        }
        for rule in &self.rule {
            if rule.approvals.is_empty() || rule.approvals.contains(&Role::Analyst) {
                complaints
                    .push(Complaint::on(&rule.id, format!("`{}` names nobody who may approve", rule.id.get_ref())));
            }
            if rule.why.trim().is_empty() {
                complaints.push(Complaint::on(&rule.id, format!("`{}` has no `why`", rule.id.get_ref())));
            }
            if !used.contains(rule.id.get_ref()) {
                complaints.push(Complaint::on(&rule.id, format!("`{}` can never match", rule.id.get_ref())));
            }
            for role in rule.alone.iter().filter(|role| !role.may_request()) {
                complaints.push(Complaint::on(
                    &rule.id,
                    format!("the role {} asks for nothing, so it decides nothing alone", role.name()),
                ));
            }
        }
        complaints
    }
}
