//! Do many customers have one trouble? One incident instead of many, with what its members share and how unlikely that
//! is by chance. The rules are data: `shared/policy/incidents/`.

mod change;
mod look;
mod odds;
mod policy;
mod pulse;
#[cfg(test)]
mod tests;
mod watch;

pub use change::{Changed, changed};
pub use look::{Looked, Read, look};
pub use odds::odds;
pub use policy::IncidentPolicy;
pub use pulse::{Outcome, Pulse, Signs, Trouble};
pub use watch::{Stretch, Watch};

use crate::case::Draft;
use crate::id::{IncidentId, TaskId};
use crate::money::Currency;
use crate::policy::forget_oldest;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the members of an incident share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "by", content = "value", rename_all = "snake_case")]
pub enum Sign {
    /// The country of the bank that issued the card.
    Issuer(String),
    Plan(String),
    /// The family of the decline, or the reason of the dispute.
    Family(String),
    /// Nothing but the source itself.
    Source,
}

impl Sign {
    /// The sign as one word, such as `issuer:BR`.
    pub fn name(&self) -> String {
        match self {
            Self::Issuer(value) => format!("issuer:{value}"),
            Self::Plan(value) => format!("plan:{value}"),
            Self::Family(value) => format!("family:{value}"),
            Self::Source => "source".to_owned(),
        }
    }

    /// The same, for people.
    pub fn title(&self, provider: &str, source: &str) -> String {
        match self {
            Self::Issuer(value) => format!("cards issued in {value}"),
            Self::Plan(value) => format!("the plan {value}"),
            Self::Family(value) => format!("the reason {}", value.replace('_', " ")),
            Self::Source => format!("{provider}/{source} as a whole"),
        }
    }
}

/// One trouble of many accounts: what they share, how unlikely that is by chance, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub provider: String,
    pub source: String,
    pub trouble: Trouble,
    pub sign: Sign,
    pub state: State,
    /// When its first member was in trouble.
    pub began_at: Timestamp,
    pub found_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// It ended because it lasted so long that it is usual by now, not because it was mended.
    #[serde(default)]
    pub became_usual: bool,
    /// Due items, or payments that are disputed.
    pub members: usize,
    pub accounts: usize,
    pub amounts: BTreeMap<Currency, Decimal>,
    /// How it looked when it was found.
    pub seen: Seen,
    pub cause: String,
    pub owner: String,
    pub rule: String,
    pub why: String,
    pub policy_version: u32,
    /// What went live shortly before it began.
    pub release: Option<String>,
    /// The task of whoever looks into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
}

/// The figures that made it an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub window_minutes: i64,
    /// Tries that bear the sign; null for disputes, which are counted by time.
    pub tries: Option<u64>,
    pub troubles: u64,
    /// How many there would have been by the days before.
    pub expected: Decimal,
    /// By chance this happens at most once in ten to this power.
    pub odds: Decimal,
}

/// Whether it lasts. What has lasted too long is `Over` as well: it has become usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Over,
}

impl State {
    /// As it stands in JSON, and in the keys of the lists, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Over => "over",
        }
    }
}

/// Something that went live.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Release {
    pub at: Timestamp,
    pub name: String,
    pub told_by: String,
}

/// How many releases are remembered.
const RELEASES: usize = 50;
const RELEASES_BYTES: usize = 80_000;

/// What went live lately, as people or their deployment told us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Releases {
    pub lately: Vec<Release>,
}

impl Releases {
    /// Remembers a release; one that was told before is not remembered twice.
    pub fn add(&mut self, release: Release) {
        if !self.lately.iter().any(|known| known.at == release.at && known.name == release.name) {
            self.lately.push(release);
            self.lately.sort();
            let excess = self.lately.len().saturating_sub(RELEASES);
            self.lately.drain(..excess);
            forget_oldest(&mut self.lately, RELEASES_BYTES);
        }
    }

    fn before(&self, at: Timestamp, minutes: i64) -> Option<&Release> {
        let since = at - jiff::SignedDuration::from_mins(minutes);
        self.lately.iter().rev().find(|release| release.at >= since && release.at <= at)
    }
}

impl Incident {
    /// The incident in one line.
    pub fn title(&self) -> String {
        let what = match self.trouble {
            Trouble::Failure => "Payments fail",
            Trouble::Dispute => "Payments are disputed",
        };
        format!("{what}: {}", self.sign.title(&self.provider, &self.source))
    }

    /// Whether people have to hear of it, as it stands now: that it began, or that it is over.
    pub fn is_news(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| before.state != self.state)
    }

    /// What is written to a member: while it lasts that it is not about their card, and after that no reason of theirs.
    pub fn written(&self, draft: Draft, policy: &IncidentPolicy) -> Draft {
        match self.state {
            State::Open => Draft { text: policy.reply.clone(), ..draft },
            State::Over => Draft { reason: policy.reason.clone(), ..draft },
        }
    }

    /// How unlikely it is by chance, as people say it.
    pub fn chance(&self) -> String {
        format!("at most once in 10^{}", self.seen.odds.trunc())
    }
}
