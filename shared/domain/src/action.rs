//! Something to be done at a provider, from the asking to the proof.

mod already;
mod attempt;
mod by_hand;
mod by_rule;
mod change;
mod ended;
mod expected;
mod kind;
mod known;
mod lifecycle;
mod manners;
mod offer;
mod offered;
mod papers;
mod preview;
mod promised;
mod refusal;
mod sentence;
mod stands;
mod told;
mod wish;
mod written;

pub use already::asked_already;
pub use attempt::Attempt;
pub use by_hand::{BY_HAND, FOUND, SeenByHand};
pub use by_rule::ByRule;
pub use change::{Effective, PlanChange, RestOfPeriod, change_of, plan_change};
pub use ended::{Ended, Said};
pub use kind::{Addon, KINDS, Kind, Measure, OWN, Target, When};
pub use known::Known;
pub use lifecycle::{Happening, Impossible, Moment, Owed};
pub use manners::{Cancels, Downgrade, EndAtOnce, FiguresHold, Manners, MidPeriod, PaymentPage, Retries, SETTLED};
pub use offer::Offer;
pub use offered::why_not;
pub use papers::{NO_PAPERS, Papers};
pub use preview::preview;
pub use promised::credits_pending;
pub use refusal::{NoPreview, NotEligible};
pub use stands::{anew, outdated, still_holds};
pub use told::{Sent, Told, Why};
pub use wish::{BUNDLE_MAX, Params, Resources, Wish, all_of};

use crate::id::{AccountId, ActionId, CaseId, digest};
use crate::money::Money;
use crate::policy::{shorten, stored_bytes};
use crate::staff::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Something to be done at a provider. What happens to it is told by [`State::after`]: its state, and what stands with
/// it, changes nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub id: ActionId,
    pub account: AccountId,
    pub kind: Kind,
    pub reason_code: Reason,
    pub note: String,
    pub case: Option<CaseId>,
    /// The invoice whose recovery ends by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<String>,
    /// The payments of which an open case showed that as much is owed back, each with that case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proven_by: BTreeMap<String, CaseId>,
    /// What a customer who wants to leave may be offered instead, once.
    #[serde(default)]
    pub offer: Option<Offer>,
    state: State,
    pub requested_by: String,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    pub preview: Preview,
    /// Whose approvals are needed; empty when the asker may decide alone.
    pub required: Vec<Role>,
    votes: Vec<Vote>,
    decided_at: Option<Timestamp>,
    /// It is not carried out before, whoever approves it.
    #[serde(default)]
    executes_after: Option<Timestamp>,
    /// The bundle that it is a part of, and the parts if it is one.
    #[serde(default)]
    pub bundle: Option<ActionId>,
    #[serde(default)]
    pub members: Vec<ActionId>,
    #[serde(default)]
    pub told: Told,
    attempt: Option<Attempt>,
    outcome: Option<Outcome>,
    /// When somebody looks at what is under way, or at what is owed.
    ///
    /// Stored and told under the name that it had first: versions stand side by side while one takes the other's place.
    #[serde(rename = "look_at")]
    alarm: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// When the provider proved it: by its webhook, or, where an end was unclear, when it was asked.
    confirmed_at: Option<Timestamp>,
    /// Who says that what was given back by hand is at the provider, which did not tell of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found_by: Option<String>,
    /// Nothing was done, because the API key of its source is missing or may not do this; it goes on once it may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    locked: bool,
    /// The rule that lets it be without anybody's approval, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_rule: Option<ByRule>,
    /// One id from the provider's event to the receipt.
    pub trace: String,
}

impl Action {
    /// A request that waits for a decision, or has only been looked at.
    pub fn new(
        id: ActionId,
        kind: Kind,
        reason_code: Reason,
        preview: Preview,
        requested_by: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            account: id.account(),
            trace: format!("req_{}", &id.as_str()[id.as_str().len() - 12..]),
            id,
            kind,
            reason_code,
            note: String::new(),
            case: None,
            recovery: None,
            proven_by: BTreeMap::new(),
            offer: None,
            state: State::WaitingApproval,
            requested_by: requested_by.to_owned(),
            requested_at: now,
            expires_at: now,
            preview,
            required: Vec::new(),
            votes: Vec::new(),
            decided_at: None,
            executes_after: None,
            bundle: None,
            members: Vec::new(),
            told: Told::default(),
            attempt: None,
            outcome: None,
            alarm: None,
            ended_at: None,
            confirmed_at: None,
            found_by: None,
            locked: false,
            by_rule: None,
        }
    }

    /// Whether what is asked for leaves room in an item for what will come of it: decisions, tellings, an outcome.
    pub fn leaves_room(&self, asked_bytes_max: usize) -> bool {
        stored_bytes(self) <= asked_bytes_max
    }
}

/// Why somebody asks for it: refunds have a window for each, and some approval rules are for some of them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    ServiceOutage,
    BillingError,
    CustomerDissatisfaction,
    DuplicateCharge,
    /// A bank asks about the payment and has not taken it back: given back now, it does not become a formal dispute.
    Inquiry,
    Other,
}

impl Reason {
    /// In the order of the forms; the policy must have one window of eligibility for each.
    pub const ALL: [Self; 6] = [
        Self::ServiceOutage,
        Self::BillingError,
        Self::CustomerDissatisfaction,
        Self::DuplicateCharge,
        Self::Inquiry,
        Self::Other,
    ];

    /// As it stands in JSON and in the rules of approval.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceOutage => "service_outage",
            Self::BillingError => "billing_error",
            Self::CustomerDissatisfaction => "customer_dissatisfaction",
            Self::DuplicateCharge => "duplicate_charge",
            Self::Inquiry => "inquiry",
            Self::Other => "other",
        }
    }

    /// Whether it says that money was taken by mistake, and is owed back.
    pub fn is_mistake(self) -> bool {
        matches!(self, Self::DuplicateCharge | Self::BillingError)
    }

    /// Whether it is proven by a case, and not by saying so.
    pub fn needs_proof(self) -> bool {
        self.is_mistake() || self == Self::Inquiry
    }

    /// Whether a case that recommends something for this reason proves another one: a mistake has two words, and that a
    /// bank asks shows none.
    pub fn proves(self, said: Self) -> bool {
        self.needs_proof() && said.needs_proof() && self.is_mistake() == said.is_mistake()
    }
}

/// How far it has come. What is `Executed` may still lack the provider's proof: that is `confirmed_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Previewed,
    WaitingApproval,
    Approved,
    Executing,
    Executed,
    Failed,
    Denied,
    Expired,
    Stale,
    InDoubt,
    NeedsPerson,
    Withdrawn,
}

impl State {
    /// Each has a list of its own in the store: whoever wants all actions reads these.
    pub const ALL: [Self; 12] = [
        Self::Previewed,
        Self::WaitingApproval,
        Self::Approved,
        Self::Executing,
        Self::Executed,
        Self::Failed,
        Self::Denied,
        Self::Expired,
        Self::Stale,
        Self::InDoubt,
        Self::NeedsPerson,
        Self::Withdrawn,
    ];

    /// As it stands in JSON, and in the keys of the lists, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Previewed => "previewed",
            Self::WaitingApproval => "waiting_approval",
            Self::Approved => "approved",
            Self::Executing => "executing",
            Self::Executed => "executed",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::InDoubt => "in_doubt",
            Self::NeedsPerson => "needs_person",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether something may still come of it: it waits for people, is under way, or is a person's to do.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::WaitingApproval | Self::Approved | Self::Executing | Self::InDoubt | Self::NeedsPerson)
    }

    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Executed
                | Self::Failed
                | Self::Denied
                | Self::Expired
                | Self::Stale
                | Self::NeedsPerson
                | Self::Withdrawn
        )
    }
}

/// What the approver sees; the approval is given to its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub summary: String,
    /// What it is about, without ids: a payment by its day and card, an invoice by its number. It is no part of the
    /// meaning.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    pub lines: Vec<Line>,
    pub clause: Clause,
    /// What changed lately of how the customer is reached, as it was known then. It is no part of the meaning: that a
    /// change grows old makes no request stale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Over the meaning, not over the words: same effect, same clause, same digest.
    pub digest: String,
}

impl Preview {
    /// What somebody saw, who must agree included: the digest also tells moments apart, this does not.
    pub fn seen(&self, required: &[Role]) -> String {
        let lines = self.lines.iter().map(|line| {
            let shown = |shown: &Option<Shown>| shown.as_ref().map(ToString::to_string).unwrap_or_default();
            [line.label.clone(), shown(&line.before), shown(&line.after)]
        });
        let roles = required.iter().map(|role| role.name().to_owned());
        let parts: Vec<String> = [self.summary.clone()].into_iter().chain(lines.flatten()).chain(roles).collect();
        digest(&parts.iter().map(String::as_str).collect::<Vec<_>>(), 26)
    }
}

/// One figure before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub label: String,
    pub before: Option<Shown>,
    pub after: Option<Shown>,
}

/// A figure, or a word where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shown {
    Money(Money),
    Text(String),
}

impl Line {
    /// A sum before and after; `None` where there is none, or where it is not known.
    pub fn money(label: &str, before: Option<Money>, after: Option<Money>) -> Self {
        Self { label: label.to_owned(), before: before.map(Shown::Money), after: after.map(Shown::Money) }
    }

    /// The same in words, where there is no sum to show.
    pub fn text(label: &str, before: Option<&str>, after: &str) -> Self {
        let text = |text: &str| Shown::Text(text.to_owned());
        Self { label: label.to_owned(), before: before.map(text), after: Some(text(after)) }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(money) => money.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// The policy clause that applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    pub rule: String,
    pub policy_version: u32,
    pub why: String,
}

/// One person's decision, given to the preview that has this digest and to no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    pub by: String,
    pub role: Role,
    pub decision: Decision,
    pub digest: String,
    pub note: String,
    pub at: Timestamp,
    /// The asker's own decision, inside what their role may do alone.
    pub within_limit: bool,
    /// Who is away, and in whose place and role this was decided.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<String>,
}

/// One `Deny` ends the action, however many have approved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    Deny,
}

/// How the provider answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Done {
        reference: String,
        status: String,
        made_at: Option<Timestamp>,
        /// What the customer is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
    },
    Refused {
        code: String,
        message: String,
    },
    NeedsPerson {
        instead: String,
    },
}

/// How much of a provider's words is kept.
const CODE_BYTES_MAX: usize = 100;
const MESSAGE_BYTES_MAX: usize = 1000;

impl Outcome {
    /// With as much of what the provider wrote as is kept.
    fn shortened(self) -> Self {
        match self {
            Self::Refused { mut code, mut message } => {
                shorten(&mut code, CODE_BYTES_MAX);
                shorten(&mut message, MESSAGE_BYTES_MAX);
                Self::Refused { code, message }
            }
            other => other,
        }
    }
}

/// A moment, as previews tell it.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
