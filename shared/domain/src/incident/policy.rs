//! From when on are many troubles one incident, and whose is it?

use super::{Sign, Trouble};
use crate::policy::{Complaint, Rules};
use rust_decimal::Decimal;
use serde::Deserialize;
use toml::Spanned;

/// One released version of the figures: what is unusual, for how long, and whose it then is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentPolicy {
    pub version: u32,
    pub effective: String,
    /// How far back the days go that tell what is usual.
    pub history_days: i64,
    /// After so many days an incident is over: it has become usual, and people have long known.
    pub days_max: i64,
    /// How soon after a trouble somebody looks whether there are more.
    pub look_minutes: i64,
    /// Once a look has counted so many pulses of the days before, it leaves the other days to the next look.
    pub look_pulses_max: usize,
    /// How long before an incident something may have gone live that explains it.
    pub release_minutes: i64,
    /// After how long a recovery that an incident holds up is looked at again.
    pub hold_minutes: i64,
    /// The text for customers whom an incident concerns.
    pub reply: String,
    /// What their reminders say where others name what the bank said.
    pub reason: String,
    /// What staff are advised while it lasts.
    pub advice: String,
    pub failure: Measure,
    pub dispute: Measure,
    pub own: Own,
    cause: Vec<Cause>,
}

/// What is unusual.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    pub window_minutes: i64,
    /// How long it must be as usual before an incident is over.
    pub quiet_minutes: i64,
    pub accounts_min: usize,
    /// Raised when chance does it at most once in ten to this power.
    pub odds_min: Decimal,
    /// Over when chance does it more often than once in ten to this power.
    pub odds_end: Decimal,
    /// What is usual without a history: of tries for failures, a day for disputes.
    pub rate: Decimal,
    /// The same for one family or reason.
    pub family_rate: Decimal,
    /// As how many tries or days that assumption counts.
    pub weight: u32,
}

/// Families that single customers bring about by themselves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    pub families: Vec<String>,
    pub why: String,
}

/// Who or what is likely behind an incident.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    pub id: Spanned<String>,
    sign: Vec<String>,
    families: Option<Vec<String>>,
    #[serde(default)]
    released: bool,
    trouble: Vec<Trouble>,
    pub cause: String,
    pub owner: String,
    pub why: String,
}

impl IncidentPolicy {
    /// Failures are weighed by tries, disputes by time: each has figures of its own.
    pub fn measure(&self, trouble: Trouble) -> &Measure {
        match trouble {
            Trouble::Failure => &self.failure,
            Trouble::Dispute => &self.dispute,
        }
    }

    /// What is likely behind an incident; `released` if something went live shortly before.
    pub fn cause(&self, trouble: Trouble, sign: &Sign, released: bool) -> &Cause {
        self.cause
            .iter()
            .find(|cause| cause.fits(trouble, sign, released))
            .expect("the lint saw a cause for every sign")
    }
}

impl Cause {
    fn fits(&self, trouble: Trouble, sign: &Sign, released: bool) -> bool {
        let (kind, family) = match sign {
            Sign::Issuer(_) => ("issuer", None),
            Sign::Plan(_) => ("plan", None),
            Sign::Family(family) => ("family", Some(family)),
            Sign::Source => ("source", None),
        };
        self.sign.iter().any(|sign| sign == kind)
            && self.trouble.contains(&trouble)
            && (released || !self.released)
            && self.families.as_ref().is_none_or(|families| family.is_some_and(|family| families.contains(family)))
    }
}

impl Rules for IncidentPolicy {
    const NAME: &'static str = "incidents";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.cause.iter().map(|cause| &cause.id));
        for cause in self.cause.iter().filter(|cause| cause.why.trim().is_empty()) {
            complaints.push(Complaint::on(&cause.id, format!("`{}` has no `why`", cause.id.get_ref())));
        }
        for trouble in Trouble::ALL {
            let Measure { window_minutes, quiet_minutes, accounts_min, odds_min, odds_end, rate, family_rate, weight } =
                self.measure(trouble);
            let name = trouble.name();
            if *window_minutes < 1 || *quiet_minutes < 1 || *accounts_min < 2 || *weight < 1 {
                complaints.push(Complaint::at(
                    0,
                    format!("the times, `accounts_min` and `weight` of `{name}` must be larger"),
                ));
            }
            if odds_end >= odds_min {
                complaints.push(Complaint::at(
                    0,
                    format!("a {name} incident would end as it begins: `odds_end` must be below `odds_min`"),
                ));
            }
            if *rate <= Decimal::ZERO || *family_rate <= Decimal::ZERO {
                complaints.push(Complaint::at(
                    0,
                    format!("the rates of `{name}` must be more than nothing: nothing is impossible"),
                ));
            }
            for sign in
                [Sign::Issuer(String::new()), Sign::Plan(String::new()), Sign::Family(String::new()), Sign::Source]
            {
                if !self.cause.iter().any(|cause| cause.fits(trouble, &sign, false)) {
                    complaints.push(Complaint::at(0, format!("no cause fits a {name} incident by `{}`", sign.name())));
                }
            }
        }
        if self.days_max < 1 || self.days_max > self.history_days {
            complaints.push(Complaint::at(0, "`days_max` lies between 1 and `history_days`"));
        }
        if self.history_days < 1 || self.look_minutes < 1 || self.hold_minutes < 1 || self.look_pulses_max < 1 {
            let message = "`history_days`, `look_minutes`, `look_pulses_max` and `hold_minutes` must be at least 1";
            complaints.push(Complaint::at(0, message));
        }
        complaints
    }
}
