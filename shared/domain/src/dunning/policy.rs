//! Whose invoices are asked for how? The rules are data: `shared/policy/dunning/`.

use crate::money::{Currency, Money};
use crate::policy::{Complaint, Rules};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// One released version of the rules: the first segment that fits an invoice is its plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DunningPolicy {
    pub version: u32,
    pub effective: String,
    pub segment: Vec<Segment>,
}

/// Whose invoices are asked for in the same way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    pub id: Spanned<String>,
    pub why: String,
    /// What remains due, at least, by currency; a currency that is not listed does not fit.
    pub amount_from: Option<BTreeMap<Currency, Decimal>>,
    pub tenure_days_below: Option<i64>,
    pub steps: Vec<StepRule>,
}

/// One step of a segment, in days from the plan's beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRule {
    pub after_days: Spanned<i64>,
    pub then: Then,
}

/// What a step does: it mails the text of that name, or hands over to a person.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    Mail(String),
    Person,
}

impl DunningPolicy {
    /// Every text that a step sends.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.segment.iter().flat_map(|segment| &segment.steps).filter_map(|step| match &step.then {
            Then::Mail(template) => Some(template.as_str()),
            Then::Person => None,
        })
    }

    pub(super) fn segment(&self, remaining: Money, tenure_days: Option<i64>) -> &Segment {
        self.segment
            .iter()
            .find(|segment| segment.fits(remaining, tenure_days))
            .expect("the lint saw a last segment for everyone")
    }
}

impl Segment {
    fn fits(&self, remaining: Money, tenure_days: Option<i64>) -> bool {
        let amount = self
            .amount_from
            .as_ref()
            .is_none_or(|from| from.get(&remaining.currency()).is_some_and(|from| remaining.amount() >= *from));
        let tenure = self.tenure_days_below.is_none_or(|below| tenure_days.is_some_and(|days| days < below));
        amount && tenure
    }
}

impl Rules for DunningPolicy {
    const NAME: &'static str = "dunning";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.segment.iter().map(|segment| &segment.id));
        for segment in &self.segment {
            if segment.why.trim().is_empty() {
                complaints.push(Complaint::on(&segment.id, format!("`{}` has no `why`", segment.id.get_ref())));
            }
            if segment.steps.is_empty() {
                complaints.push(Complaint::on(&segment.id, format!("`{}` has no steps", segment.id.get_ref())));
            }
            for pair in segment.steps.windows(2) {
                if pair[1].after_days.get_ref() <= pair[0].after_days.get_ref() {
                    complaints
                        .push(Complaint::on(&pair[1].after_days, "this step comes before or with the step before it"));
                }
            }
        }
        let for_everyone = |segment: &Segment| segment.amount_from.is_none() && segment.tenure_days_below.is_none();
        match self.segment.iter().position(for_everyone) {
            None => {
                complaints.push(Complaint::at(0, "no segment is for everyone: the last one must have no condition"))
            }
            Some(place) => {
                for unreachable in &self.segment[place + 1..] {
                    complaints.push(Complaint::on(
                        &unreachable.id,
                        format!(
                            "`{}` can never match: a segment for everyone stands before it",
                            unreachable.id.get_ref()
                        ),
                    ));
                }
            }
        }
        complaints
    }
}
