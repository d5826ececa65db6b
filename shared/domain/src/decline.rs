//! Why did a try fail, who has to act, and may it be tried again? The table is data: `shared/policy/declines/`.

use crate::event::Decline;
use crate::policy::{Complaint, Rules};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The taxonomy of failed tries.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declines {
    pub version: u32,
    pub effective: String,
    /// The family of a code that is not listed.
    pub unknown: String,
    pub family: Vec<Family>,
    pub code: Vec<Codes>,
}

/// One kind of failure, whatever a provider calls it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub id: Spanned<String>,
    pub report_reason: ReportReason,
    pub customer_reason: String,
    pub who_acts: WhoActs,
    pub retry: Retry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportReason {
    CardExpired,
    InsufficientFunds,
    CardDeclined,
    CardNotRecognised,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoActs {
    Nobody,
    Customer,
    Staff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    Never,
    Soon,
    Later,
    AfterCustomer,
    InternalReview,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    pub provider: String,
    pub family: Spanned<String>,
    pub codes: Vec<String>,
}

impl Declines {
    /// Finds the family of a code; what is not listed has the cautious one.
    pub fn family(&self, decline: &Decline) -> &Family {
        let listed = self.code.iter().find(|row| row.provider == decline.provider && row.codes.contains(&decline.code));
        self.named(listed.map_or(&self.unknown, |row| row.family.get_ref()))
    }

    /// Whether the table lists a code at all.
    pub fn knows(&self, decline: &Decline) -> bool {
        self.code.iter().any(|row| row.provider == decline.provider && row.codes.contains(&decline.code))
    }

    /// The family of a try without a code.
    pub fn unclassified(&self) -> &Family {
        self.named(&self.unknown)
    }

    fn named(&self, id: &str) -> &Family {
        self.family.iter().find(|family| family.id.get_ref() == id).expect("the lint saw every family that is named")
    }
}

impl Rules for Declines {
    const NAME: &'static str = "declines";

    fn version(&self) -> u32 {
        self.version
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.family.iter().map(|family| &family.id));
        let exists = |id: &str| self.family.iter().any(|family| family.id.get_ref() == id);
        if !exists(&self.unknown) {
            complaints.push(Complaint::at(0, format!("`unknown` names the family `{}`, which does not exist", self.unknown)));
        }
        let mut seen = std::collections::BTreeSet::new();
        for row in &self.code {
            if !exists(row.family.get_ref()) {
                complaints.push(Complaint::on(&row.family, format!("no family is called `{}`", row.family.get_ref())));
            }
            for code in &row.codes {
                if !seen.insert((&row.provider, code)) {
                    complaints.push(Complaint::on(&row.family, format!("`{} {code}` is listed twice", row.provider)));
                }
            }
        }
        complaints
    }
}
