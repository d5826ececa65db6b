//! What kind of trouble is it, and what do we advise? The rules of classification, as data.

use super::Finding;
use crate::decline::Family;
use crate::money::{Currency, Money};
use crate::policy::{Complaint, Rules};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// One released version of the rules; the first that names a failure's family counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifyPolicy {
    pub version: u32,
    pub effective: String,
    pub duplicates: Duplicates,
    pub disputes: Disputes,
    pub billing: Billing,
    pub rule: Vec<Rule>,
    pub finding: Vec<Found>,
    pub otherwise: Otherwise,
}

/// How near two payments, two tries or two subscriptions lie that may be one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duplicates {
    pub window_hours: i64,
    /// The same on an account that is watched because it was charged twice.
    pub watched_window_hours: i64,
    /// How far back an invoice may lie that a payment without a named invoice pays for.
    pub explained_days: i64,
    /// Within this time, tellings of a failed try that nothing else links are of one try.
    pub same_try_minutes: i64,
    /// Two payments this close together, by one card and one order, are one that the bank booked twice.
    pub issuer_minutes: i64,
    /// Two subscriptions to one plan this close together are hardly meant.
    pub subscription_hours: i64,
}

/// What a dispute costs, won or lost, beside the money in question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disputes {
    /// What a formal dispute costs, by currency.
    pub fee: BTreeMap<Currency, Decimal>,
}

/// How far a bill may be off what was agreed and still be right.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    /// How many of the smallest coins a bill may be off: providers round in their own ways.
    pub rounding_coins: i64,
}

/// What to say of something that was found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub id: Spanned<String>,
    pub confidence: String,
    pub advice: String,
    pub why: String,
    /// The text that is prepared for the customer.
    pub reply: Option<String>,
}

/// What to say of a payment that failed for a reason of these families.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: Spanned<String>,
    pub family: Vec<String>,
    pub confidence: String,
    pub advice: String,
    pub why: String,
}

/// What to say of one whose family no rule names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Otherwise {
    pub id: String,
    pub confidence: String,
    pub advice: String,
    pub why: String,
}

/// The text for whoever asks about a payment that failed.
const FAILED_REPLY: &str = "payment_failed";

/// The rule that applied, with its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    pub rule: &'a str,
    pub confidence: &'a str,
    pub advice: &'a str,
    pub why: &'a str,
    pub reply: Option<&'a str>,
    pub policy_version: u32,
}

impl ClassifyPolicy {
    /// What the policy says of a finding.
    pub fn found(&self, finding: Finding) -> Verdict<'_> {
        let found =
            self.finding.iter().find(|found| found.id.get_ref() == finding.id()).expect("the lint saw every finding");
        Verdict {
            rule: found.id.get_ref(),
            confidence: &found.confidence,
            advice: &found.advice,
            why: &found.why,
            reply: found.reply.as_deref(),
            policy_version: self.version,
        }
    }

    /// Every text that is prepared for customers.
    pub fn replies(&self) -> impl Iterator<Item = &str> {
        self.finding.iter().filter_map(|found| found.reply.as_deref()).chain([FAILED_REPLY])
    }

    /// What a formal dispute over an amount would cost besides.
    pub fn dispute_fee(&self, currency: Currency) -> Option<Money> {
        self.disputes.fee.get(&currency).map(|fee| Money::rounded(*fee, currency))
    }

    /// Returns the first rule for a family of failures, or the policy's `otherwise`.
    pub fn verdict(&self, family: &Family) -> Verdict<'_> {
        let policy_version = self.version;
        let rule = self.rule.iter().find(|rule| rule.family.contains(family.id.get_ref()));
        rule.map_or(
            Verdict {
                rule: &self.otherwise.id,
                confidence: &self.otherwise.confidence,
                advice: &self.otherwise.advice,
                why: &self.otherwise.why,
                reply: Some(FAILED_REPLY),
                policy_version,
            },
            |rule| Verdict {
                rule: rule.id.get_ref(),
                confidence: &rule.confidence,
                advice: &rule.advice,
                why: &rule.why,
                reply: Some(FAILED_REPLY),
                policy_version,
            },
        )
    }
}

impl Rules for ClassifyPolicy {
    const NAME: &'static str = "classify";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.rule.iter().map(|rule| &rule.id));
        if self.duplicates.watched_window_hours < self.duplicates.window_hours {
            complaints.push(Complaint::at(0, "who is watched is not watched for less: `watched_window_hours`"));
        }
        let mut taken = BTreeSet::new();
        for rule in &self.rule {
            if rule.why.trim().is_empty() {
                complaints.push(Complaint::on(&rule.id, format!("`{}` has no `why`", rule.id.get_ref())));
            }
            // `insert` must run for every family, so this cannot be `any`.
            let fresh = rule.family.iter().filter(|family| taken.insert((*family).clone())).count();
            if fresh == 0 {
                complaints.push(Complaint::on(
                    &rule.id,
                    format!("`{}` can never match: its families are taken by earlier rules", rule.id.get_ref()),
                ));
            }
        }
        complaints.extend(Complaint::doubled(self.finding.iter().map(|found| &found.id)));
        for found in &self.finding {
            if !Finding::ALL.iter().any(|finding| finding.id() == found.id.get_ref()) {
                complaints.push(Complaint::on(&found.id, format!("nothing finds `{}`", found.id.get_ref())));
            }
            if found.why.trim().is_empty() {
                complaints.push(Complaint::on(&found.id, format!("`{}` has no `why`", found.id.get_ref())));
            }
        }
        let missing =
            Finding::ALL.iter().filter(|finding| !self.finding.iter().any(|found| found.id.get_ref() == finding.id()));
        complaints.extend(
            missing.map(|finding| Complaint::at(0, format!("nothing is said of the finding `{}`", finding.id()))),
        );
        complaints
    }
}
