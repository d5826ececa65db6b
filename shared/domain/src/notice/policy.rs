//! When are customers told of their cards, and in which words? The rules are data: `shared/policy/notices/`.

use crate::policy::{Complaint, Rules};
use serde::Deserialize;
use toml::Spanned;

/// How long before its end a card may be announced.
const DAYS_MAX: i64 = 90;
/// For how long a link may lead to where a card is given.
const LINK_DAYS_MAX: i64 = 365;
/// How long somebody may be given to try another card.
const MINUTES_MAX: i64 = 24 * 60;

/// One released version of what customers are told of their cards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticePolicy {
    pub version: u32,
    pub effective: String,
    pub why: String,
    /// At which hour of its day a warning is due, in the time zone of the reports.
    pub acts_at_hour: Spanned<i8>,
    /// For how many days the link of a message leads to where a card is given.
    pub link_days: Spanned<i64>,
    /// The earliest first.
    pub expiring: Vec<Warning>,
    pub not_saved: NotSaved,
}

/// A message before a card expires.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Before the end of the month until which the card is valid.
    pub days_before: Spanned<i64>,
    pub text: String,
}

/// A message about a card that the provider did not save.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotSaved {
    /// How long the customer has to give another one before they are told.
    pub after_minutes: Spanned<i64>,
    pub text: String,
}

impl NoticePolicy {
    /// Every text that is sent.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.expiring.iter().map(|warning| warning.text.as_str()).chain([self.not_saved.text.as_str()])
    }
}

impl Rules for NoticePolicy {
    const NAME: &'static str = "notices";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if self.why.trim().is_empty() {
            complaints.push(Complaint::at(0, "`notices` has no `why`"));
        }
        if !(0..24).contains(self.acts_at_hour.get_ref()) {
            complaints.push(Complaint::on(&self.acts_at_hour, "an hour is 0 to 23"));
        }
        if !(1..=LINK_DAYS_MAX).contains(self.link_days.get_ref()) {
            complaints.push(Complaint::on(&self.link_days, format!("a link leads on for 1 to {LINK_DAYS_MAX} days")));
        }
        if self.expiring.is_empty() {
            complaints.push(Complaint::at(0, "no card is announced before it expires"));
        }
        let mut before = DAYS_MAX + 1;
        for Warning { days_before, .. } in &self.expiring {
            let days = *days_before.get_ref();
            if !(1..before).contains(&days) {
                let message = format!("{days} days before: at most {DAYS_MAX}, and fewer than of the one before it");
                complaints.push(Complaint::on(days_before, message));
            }
            before = days;
        }
        let minutes = &self.not_saved.after_minutes;
        if !(1..=MINUTES_MAX).contains(minutes.get_ref()) {
            complaints.push(Complaint::on(minutes, format!("a customer has 1 to {MINUTES_MAX} minutes")));
        }
        complaints
    }
}
