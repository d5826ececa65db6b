//! Who may decide what, and is this action approved? The rules are data: `shared/policy/approval/`.

mod credited;
mod delay;
pub mod delegation;
mod eligibility;
mod ending;
mod matrix;
mod proof;
mod scheduled;
mod waiting;
mod weigh;
mod worth;

pub use credited::{Credited, is_given_already};
pub use delay::held_until;
pub use eligibility::{Asking, Earlier, Eligibility, decided_here};
pub use ending::{end, end_of, has_lapsed, requested};
pub use matrix::{ApprovalPolicy, Decided, Requirement, Rule};
pub use proof::{Proofs, is_unproven, judged, judged_before, proofs, still_proven};
pub use scheduled::{Retry, Scheduled, is_taken_on, learn, may_bring, retry, written};
pub use waiting::{Ask, Waiting, is_due, never_lapses, next_ask, next_role, turn};
pub use weigh::{Scales, Weighed, by_rule, weigh};
pub use worth::Worth;

use crate::action::{Action, Decision, Impossible, Kind, Moment, Preview, State, Vote};
use crate::staff::{MACHINE, Role, Staff};
use jiff::Timestamp;

/// Why a decision was not taken. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{by} has already decided: the action is {state}")]
    AlreadyDecided { by: String, state: &'static str },
    #[error("the action is {0}: it waits for no decision")]
    NotWaiting(&'static str),
    #[error("the request has expired; ask again with a fresh preview")]
    Expired,
    #[error("this is your own request; somebody else must decide it: {}", names(.0))]
    OwnRequest(Vec<Role>),
    #[error("you have approved this already; it also needs somebody else: {}", names(.0))]
    AlreadyVoted(Vec<Role>),
    #[error("your role may not decide this; it needs {}", names(.0))]
    NotPermitted(Vec<Role>),
    #[error("the preview has changed since it was shown; look at the new one and decide again")]
    StalePreview,
    #[error(
        "more is approved on this account than its provider has shown by now; settle what is done, and decide again"
    )]
    Crowded,
}

fn names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" and ")
}

/// Takes a person's decision on a waiting action.
///
/// `digest_now` is the digest of a preview made from the state as it is now.
pub fn decide(
    mut action: Action,
    vote: Vote,
    staff: &Staff,
    digest_now: &str,
    now: Timestamp,
) -> Result<Action, Refusal> {
    if action.state() != State::WaitingApproval {
        let state = action.state().name();
        return Err(match action.votes().last() {
            Some(vote) => Refusal::AlreadyDecided { by: vote.by.clone(), state },
            None => Refusal::NotWaiting(state),
        });
    }
    if now >= action.expires_at {
        return Err(Refusal::Expired);
    }
    if action.requested_by == staff.id {
        return Err(Refusal::OwnRequest(action.required));
    }
    let open = missing(&action.required, action.votes());
    // Two approvals are two people: whoever stood in for somebody used up their voice as well.
    let spoke = |id: &str| action.votes().iter().any(|vote| vote.by == id || vote.in_place_of.as_deref() == Some(id));
    if spoke(&staff.id) || vote.in_place_of.as_deref().is_some_and(spoke) {
        return Err(Refusal::AlreadyVoted(open));
    }
    if vote.in_place_of.as_deref() == Some(action.requested_by.as_str()) {
        return Err(Refusal::OwnRequest(open));
    }
    if !open.iter().any(|needed| staff.role.stands_for(*needed)) {
        return Err(Refusal::NotPermitted(open));
    }
    if vote.digest != action.preview.digest || digest_now != action.preview.digest {
        return Err(Refusal::StalePreview);
    }
    let votes: Vec<Vote> = action.votes().iter().chain([&vote]).cloned().collect();
    let is_enough = missing(&action.required, &votes).is_empty();
    action.voted(vote, is_enough).map_err(|impossible| Refusal::NotWaiting(impossible.state.name()))?;
    Ok(action)
}

/// Takes a person's decision as the account is at this moment: `anew` is the preview of it, if there can be one, and
/// `is_moot` says that the reason to ask for it is gone.
pub fn take(
    before: &Action,
    vote: Vote,
    staff: &Staff,
    (anew, is_moot): (Option<Preview>, bool),
    at: Moment,
) -> Result<Action, Refusal> {
    let digest_now = anew.as_ref().filter(|_| !is_moot).map(|preview| preview.digest.clone()).unwrap_or_default();
    let saw_it = vote.digest == before.preview.digest;
    let impossible = |impossible: Impossible| Refusal::NotWaiting(impossible.state.name());
    let mut after = match decide(before.clone(), vote, staff, &digest_now, at.now) {
        Err(Refusal::StalePreview) if saw_it => before.clone(),
        decided => {
            let mut after = decided?;
            // Until its asker was told of the denial.
            if after.state() == State::Denied {
                after.rings_at(at.again);
            }
            return Ok(after);
        }
    };
    let taken = match anew {
        // What is owed to the customer is not ended by the world moving on: it is shown anew, and decided anew.
        Some(fresh) if !after.is_asked_again() && never_lapses(&after) => after.shown_anew(fresh, at.again),
        // Whoever saw the right preview learns that the world has moved on; the request is spent.
        _ => after.overtaken(at),
    };
    taken.map(|()| after).map_err(impossible)
}

/// Whether somebody may decide a waiting action, and in whose place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deciding {
    No,
    Own,
    InPlaceOf(Staff),
}

/// `away` are those for whom they stand in.
pub fn deciding(action: &Action, staff: &Staff, away: &[Staff]) -> Deciding {
    let open = missing(&action.required, action.votes());
    let may = |role: Role| open.iter().any(|needed| role.stands_for(*needed));
    let spoke = |id: &str| action.votes().iter().any(|vote| vote.by == id || vote.in_place_of.as_deref() == Some(id));
    if action.state() != State::WaitingApproval || action.requested_by == staff.id || spoke(&staff.id) {
        return Deciding::No;
    }
    if may(staff.role) {
        return Deciding::Own;
    }
    let other = away.iter().find(|away| may(away.role) && away.id != action.requested_by && !spoke(&away.id));
    other.map_or(Deciding::No, |away| Deciding::InPlaceOf(away.clone()))
}

/// Records the asker's own decision, where the policy lets their role decide alone.
pub fn decide_alone(mut action: Action, staff: &Staff, now: Timestamp) -> Result<Action, Refusal> {
    if !action.required.is_empty() || action.requested_by != staff.id {
        return Err(Refusal::NotPermitted(action.required));
    }
    let vote = Vote {
        by: staff.id.clone(),
        role: staff.role,
        decision: Decision::Approve,
        digest: action.preview.digest.clone(),
        note: action.note.clone(),
        at: now,
        within_limit: true,
        in_place_of: None,
    };
    action.voted(vote, true).map_err(|impossible| Refusal::NotWaiting(impossible.state.name()))?;
    Ok(action)
}

/// Which needed approvals no vote stands for yet. Each vote stands for one, the strictest it can.
pub fn missing(required: &[Role], votes: &[Vote]) -> Vec<Role> {
    let mut open = required.to_vec();
    open.sort_by(|a, b| b.cmp(a));
    for vote in votes.iter().filter(|vote| vote.decision == Decision::Approve) {
        if let Some(place) = open.iter().position(|needed| vote.role.stands_for(*needed)) {
            open.remove(place);
        }
    }
    open.sort();
    open
}

/// Something that people have approved, exactly as it is.
///
/// Nothing else can be executed, and there is no other way to make one than [`approved`], which lets through what
/// people have approved and what a rule has [`Scheduled`]:
///
/// ```compile_fail
/// fn forge(action: domain::action::Action) -> domain::approval::Approved<domain::action::Action> {
///     domain::approval::Approved { inner: action }
/// }
/// ```
///
/// ```compile_fail
/// fn forge(action: domain::action::Action) -> domain::approval::Approved<domain::action::Action> {
///     serde_json::from_value(serde_json::to_value(action).unwrap()).unwrap()
/// }
/// ```
///
/// The same function, with the check, compiles:
///
/// ```
/// fn check(action: domain::action::Action) -> Option<domain::approval::Approved<domain::action::Action>> {
///     domain::approval::approved(action).ok()
/// }
/// ```
#[derive(Debug)]
pub struct Approved<T> {
    inner: T,
}

impl<T> Approved<T> {
    /// Lends the action to be read: it cannot be changed and stay approved.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// Gives up the proof: what comes out may be changed, and is checked again before anything is sent.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// Why an action is not approved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    #[error("the action is {0}")]
    State(&'static str),
    #[error("the machine cannot approve")]
    ByMachine,
    #[error("somebody denied it")]
    Denied,
    #[error("an approval was given to another preview")]
    OtherPreview,
    #[error("its asker approved it without being allowed to decide alone")]
    OwnVote,
    #[error("the approval of {} is missing", names(.0))]
    Missing(Vec<Role>),
    #[error("a rule lets only tries of Recoup's own be, as they were chosen")]
    NotByRule,
}

/// Checks the recorded votes again, or the rule that needs none, and lets the action through.
pub fn approved(action: Action) -> Result<Approved<Action>, NotApproved> {
    if !matches!(action.state(), State::Approved | State::Executing | State::InDoubt) {
        return Err(NotApproved::State(action.state().name()));
    }
    if let Some(rule) = action.by_rule() {
        let is_own = action.requested_by == MACHINE && action.bundle.is_none() && action.required.is_empty();
        let is_as_chosen = matches!(action.kind, Kind::RetryPayment { .. }) && rule.digest == action.preview.digest;
        if !is_own || !is_as_chosen || !action.votes().is_empty() {
            return Err(NotApproved::NotByRule);
        }
        return Ok(Approved { inner: action });
    }
    for vote in action.votes() {
        if vote.by == MACHINE {
            return Err(NotApproved::ByMachine);
        }
        if vote.decision == Decision::Deny {
            return Err(NotApproved::Denied);
        }
        if vote.digest != action.preview.digest {
            return Err(NotApproved::OtherPreview);
        }
        let own = vote.by == action.requested_by || vote.in_place_of.as_deref() == Some(action.requested_by.as_str());
        if own && !(vote.within_limit && action.required.is_empty()) {
            return Err(NotApproved::OwnVote);
        }
    }
    let open = missing(&action.required, action.votes());
    if !open.is_empty() || action.votes().is_empty() {
        return Err(NotApproved::Missing(open));
    }
    Ok(Approved { inner: action })
}

#[cfg(test)]
mod tests;
