//! Who may decide what alone, and whose approval the rest needs: by kind, size, reason and role.

use super::eligibility;
use super::waiting::Waiting;
use crate::action::{Clause, KINDS, Measure, Reason};
use crate::money::{Currency, Money};
use crate::policy::{Complaint, Rules};
use crate::staff::Role;
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
    /// What one of some other currencies counts for, whatever the market says.
    #[serde(default)]
    pub(super) counts_for: BTreeMap<Currency, Decimal>,
    /// How old the rates may be that others count by; one without is worth too much for any band.
    pub rate_days: i64,
    /// For how many hours a kind waits once it is approved: what is asked of the customer goes on in the meantime.
    #[serde(default)]
    pub delay_hours: BTreeMap<String, i64>,
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

impl Requirement {
    /// The same, with one more reason for it.
    pub(super) fn because(mut self, why: &str) -> Self {
        self.clause.why = format!("{} {why}", self.clause.why);
        self
    }
}

impl ApprovalPolicy {
    /// Finds the rule for an action and what it asks of somebody in `role`; `None` is the machine.
    pub fn requirement(&self, kind: &str, measure: Measure, reason: Reason, role: Option<Role>) -> Requirement {
        self.by_size(kind, self.size(measure), reason, role)
    }

    /// Every role whose approval may count for anything: those that are named, and whoever stands for them.
    pub fn approving(&self) -> BTreeSet<Role> {
        let ruled = self.rule.iter().flat_map(|rule| &rule.approvals);
        let named = ruled.chain(&self.exception.approvals).chain([&self.pattern.approval]);
        let named: BTreeSet<Role> = named.copied().collect();
        Role::ALL.into_iter().filter(|role| named.iter().any(|needed| role.stands_for(*needed))).collect()
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
        let by_itself = self.requirement(kind, measure, reason, role);
        let size = self.size(measure).filter(|_| measure != Measure::Nothing);
        let Some(size) = size else { return by_itself };
        let Some(together) = size.checked_add(decided.here) else { return self.by_size(kind, None, reason, role) };
        let mut requirement = self.by_size(kind, Some(together), reason, role);
        let is_money = matches!(measure, Measure::Money(_));
        if requirement.clause.rule != by_itself.clause.rule {
            let money = || Money::rounded(together, self.currency).to_string();
            let sum = if is_money { money() } else { together.normalize().to_string() };
            requirement = requirement.because(&format!("{} It comes to {sum}.", self.alone.why));
        }
        let today = size.checked_add(decided.today).filter(|today| *today <= self.alone.daily_total);
        if requirement.approvals.is_empty() && is_money && today.is_none() {
            requirement.approvals.clone_from(&self.rule_for(kind, Some(together), reason).approvals);
            requirement = requirement.because(&self.alone.daily_why);
        }
        requirement
    }

    fn by_size(&self, kind: &str, size: Option<Decimal>, reason: Reason, role: Option<Role>) -> Requirement {
        let rule = self.rule_for(kind, size, reason);
        // Nobody decides alone what cannot be counted.
        let role = role.filter(|_| size.is_some());
        Requirement {
            approvals: role.map_or(rule.approvals.as_slice(), |role| rule.needed_by(role)).to_vec(),
            clause: Clause { rule: rule.id.get_ref().clone(), policy_version: self.version, why: rule.why.clone() },
        }
    }

    /// How large something is, where a band can say so.
    pub(super) fn size(&self, measure: Measure) -> Option<Decimal> {
        match measure {
            Measure::Money(money) => self.stated(money),
            Measure::TooLarge => None,
            Measure::Percent(percent) => Some(percent),
            Measure::Days(days) => Some(Decimal::from(days)),
            Measure::Nothing => Some(Decimal::ZERO),
        }
    }

    /// The first rule that fits. What cannot be counted has no band: the strictest rule of its kind applies.
    fn rule_for(&self, kind: &str, size: Option<Decimal>, reason: Reason) -> &Rule {
        let mut rules = self.rule.iter().filter(|rule| rule.is_about(kind));
        let found = match size {
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

    pub(super) fn edges(&self) -> impl Iterator<Item = Decimal> {
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
        complaints.extend(self.lint_worth());
        if self.delay_hours.iter().any(|(kind, hours)| !KINDS.contains(&kind.as_str()) || *hours < 1) {
            complaints.push(Complaint::at(0, "`delay_hours` are at least 1, for a kind of action"));
        }
        // Finer than a cent: what one of another currency counts for has digits of its own.
        let finest = Decimal::new(1, 6);
        let mut used = BTreeSet::new();
        for kind in KINDS {
            let rules: Vec<&Rule> = self.rule.iter().filter(|rule| rule.is_about(kind)).collect();
            let edges = rules.iter().flat_map(|rule| rule.edges());
            let mut sizes: BTreeSet<_> = edges.flat_map(|edge| [edge - finest, edge, edge + finest]).collect();
            sizes.extend([Decimal::ZERO, finest, Decimal::from(1_000_000_000)]);
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
