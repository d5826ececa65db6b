//! Takes a person's decision: one winner, bound to the preview, by the role that the person has at this moment.

use super::blocked::Tried;
use super::{Done, approve, tell, writing};
use crate::approval::approve::note;
use crate::approval::{ending, owe};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::records;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::ticket::put_case;
use crate::web::{self, Failed, Problem, note_fits};
use domain::action::{self, Action, Decision, State, Vote, anew};
use domain::approval::delegation::Delegations;
use domain::approval::{self, Credited, Deciding, Refusal, deciding, is_due, is_given_already, still_proven, turn};
use domain::case::{Case, is_moot};
use domain::id::ActionId;
use domain::staff::{MACHINE, Staff};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Why nobody approves what may have been given back before.
const UNCOUNTED: &str = "more was asked for on this account than is looked at, so that nobody knows whether this was given back \
    already: look at the provider, do it there if it is owed, and deny it here";

/// What somebody decided.
#[derive(Debug, Clone, Deserialize)]
pub struct Ballot {
    pub decision: Decision,
    pub preview_digest: String,
    #[serde(default)]
    pub note: String,
}

pub fn ballot_json(body: &[u8]) -> Result<Ballot, Problem> {
    web::sent(body, "send the `decision`, `approve` or `deny`, and the `preview_digest`")
}

pub fn ballot_form(fields: &BTreeMap<String, String>) -> Result<Ballot, Problem> {
    let decision = match fields.get("decision").map(String::as_str) {
        Some("approve") => Decision::Approve,
        Some("deny") => Decision::Deny,
        _ => return Err(Problem::malformed("the form names no decision; reload the page and try again")),
    };
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    Ok(Ballot { decision, preview_digest: field("preview_digest"), note: field("note") })
}

/// Whoever asked reads why it was denied, and so does whoever asks next.
pub fn has_reason(ballot: &Ballot) -> Result<(), Problem> {
    if ballot.decision == Decision::Deny && ballot.note.trim().is_empty() {
        return Err(Problem::malformed("say why you deny it, in the note: whoever asked is told your reason"));
    }
    Ok(())
}

/// Takes a decision and, if it was the last one needed, sends the action on its way.
pub async fn decide(context: &Context, id: &ActionId, staff: &Staff, ballot: Ballot) -> Result<Action, Problem> {
    note_fits(&ballot.note)?;
    has_reason(&ballot)?;
    let ballot_digest = ballot.preview_digest.clone();
    let action = match store::unless_refused(context, || once(context, id, staff, &ballot)).await {
        Ok(action) => action,
        Err(Failed::Fault(fault)) => return Err(fault.into()),
        Err(Failed::Refused(problem)) => {
            let account = id.account();
            return Err(Tried { account: &account, kind: "decision", at: id.as_str(), by: &staff.id }
                .refused(context, problem)
                .await?);
        }
    };
    if action.state().is_final() {
        ending::tell(context, &action).await;
    }
    match action.state() {
        State::WaitingApproval if action.preview.digest != ballot_digest => {
            tell::announce(context, &action).await;
            return Err(problem(&Refusal::StalePreview));
        }
        State::Stale | State::Denied => {
            // The alarm on the action tells again what could not be told now.
            if let Err(fault) = owe::owed(context, &action).await {
                tracing::warn!(action.id = %action.id, fault = %fault, "people could not be told yet how this ended");
            }
            if action.state() == State::Stale {
                return Err(problem(&Refusal::StalePreview));
            }
        }
        _ => tell::settle(context, &action).await,
    }
    if action.state() == State::Approved
        && let Err(fault) = tell::go(context, &action).await
    {
        // The alarm on the action covers a queue that does not answer.
        tracing::warn!(action.id = %action.id, fault = %fault, "the approved action waits for its alarm");
    }
    Ok(action)
}

async fn once(context: &Context, id: &ActionId, staff: &Staff, ballot: &Ballot) -> Result<Attempted<Action>, Failed> {
    // Read.
    let mut read = records::read(context, id).await?;
    let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else {
        return Err(Problem::not_found("action").into());
    };
    let (cases, plan) = (grounds(&before), ending::plan_of(&before));
    let besides = [keys::staff(&staff.id), keys::delegations()].into_iter().chain(cases.clone()).chain(plan.clone());
    read.batch.extend(Batch::read(context, besides.collect()).await?);
    let staff = read.batch.get::<Staff>(&keys::staff(&staff.id))?.ok_or_else(Problem::not_signed_in)?;
    let now = context.clock.now();
    let away = stood_in_for(context, &mut read.batch, &before, &staff, now).await?;
    let credited = match credited(context, &before).await? {
        Some(credited) => credited,
        // Whoever denies gives nothing, whatever was given before.
        None if ballot.decision == Decision::Deny => Vec::new(),
        None => return Err(Problem::not_possible(UNCOUNTED).into()),
    };

    // Decide.
    let role = away.as_ref().map_or(staff.role, |away| away.role);
    let vote = Vote {
        by: staff.id.clone(),
        role,
        decision: ballot.decision,
        digest: ballot.preview_digest.clone(),
        note: ballot.note.clone(),
        at: now,
        within_limit: false,
        in_place_of: away.as_ref().map(|away| away.id.clone()),
    };
    let standing = standing(&read.batch, &cases)?;
    let proven = still_proven(&before, &standing, &read.records, &credited);
    let anew = anew(&before, read.known(&head, now)?).filter(|_| proven);
    let is_moot = is_over(&before, &standing, &credited) || ending::has_lapsed(&read.batch, &before)?;
    let staff_then = Staff { role, ..staff.clone() };
    let after = approval::take(&before, vote.clone(), &staff_then, (anew, is_moot), writing::moment(context))
        .map_err(|refusal| problem(&refusal))?;
    let room = context.policies.limits.current().under_way_bytes_max;
    if after.state() == State::Approved && !head.may_expect(&after, now, room) {
        return Err(problem(&Refusal::Crowded).into());
    }

    // Write.
    let counted = after.votes().len() > before.votes().len();
    let notes = if counted { vec![note(&after, &vote)] } else { Vec::new() };
    let (mut commit, after) = approve::put(context, &read, &head, Some(&before), &after, notes)?;
    commit.check(&read.batch, &keys::staff(&staff.id));
    if let Some(away) = &away {
        commit.check(&read.batch, &keys::staff(&away.id));
        commit.check(&read.batch, &keys::delegations());
    }
    // Whether there is anything left to approve, and what proves it, must still be so.
    let own = after.case.as_ref().map(keys::case);
    let acted = match &own {
        Some(key) if counted => read.batch.get::<Case>(key)?,
        _ => None,
    };
    if let Some(before) = &acted {
        let mut case = before.clone();
        case.at_work.act(&staff.id, now);
        put_case(&mut commit, context, &read.batch, &head, (before, &case));
    }
    let written = own.filter(|_| acted.is_some());
    let others = cases.iter().chain(&plan).filter(|ground| Some(*ground) != written.as_ref());
    others.for_each(|ground| commit.check(&read.batch, ground));
    Ok(store::attempted(commit.run(context).await, after)?)
}

/// The case that a request is for, and those that prove it.
fn grounds(action: &Action) -> BTreeSet<Key> {
    action.case.iter().chain(action.proven_by.values()).map(keys::case).collect()
}

fn standing(batch: &Batch, cases: &BTreeSet<Key>) -> Result<Vec<Case>, Fault> {
    let mut found = Vec::new();
    for key in cases {
        found.extend(batch.get::<Case>(key)?);
    }
    Ok(found)
}

/// What was credited for mistakes, where it may be what an action gives back; none, where more was asked for than is
/// looked at. It is read after the head, which each approval of a credit writes: whoever was quicker is seen, or makes
/// the commit fail.
async fn credited(context: &Context, action: &Action) -> Result<Option<Vec<Credited>>, Fault> {
    let is_own = action.requested_by == MACHINE && action.case.is_some();
    let gives = action.kind.members().iter().any(|member| member.gives().is_some());
    let by_case = is_own || !action.proven_by.is_empty();
    if by_case && gives && action.reason_code.is_mistake() {
        return Ok(records::past(context, &action.account).await?.map(|past| past.credited));
    }
    Ok(Some(Vec::new()))
}

/// Whether the case for which Recoup asks has ended or owes it no more.
fn is_over(action: &Action, cases: &[Case], credited: &[Credited]) -> bool {
    let case = cases.iter().find(|case| Some(&case.id) == action.case.as_ref());
    let is_given = |case: &Case| is_given_already(&action.kind, case, credited);
    is_moot(action, case) || (action.requested_by == MACHINE && case.is_some_and(is_given))
}

/// For whom somebody decides whose own role does not reach so far: roles are read here, where they are used.
async fn stood_in_for(
    context: &Context,
    batch: &mut Batch,
    action: &Action,
    staff: &Staff,
    now: Timestamp,
) -> Result<Option<Staff>, Fault> {
    let delegations: Delegations = batch.get(&keys::delegations())?.unwrap_or_default();
    let keys: Vec<_> = delegations.stood_in_by(&staff.id, &action.requested_by, now).map(keys::staff).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    batch.extend(Batch::read(context, keys.clone()).await?);
    let mut away = Vec::new();
    for key in &keys {
        away.extend(batch.get::<Staff>(key)?);
    }
    Ok(match deciding(action, staff, &away) {
        Deciding::InPlaceOf(away) => Some(away),
        Deciding::Own | Deciding::No => None,
    })
}

/// Whether somebody may decide an action, and in whose place: for the page that asks them.
pub async fn as_whom(context: &Context, action: &Action, staff: &Staff) -> Result<Deciding, Fault> {
    let mut batch = Batch::read(context, vec![keys::delegations()]).await?;
    let away = stood_in_for(context, &mut batch, action, staff, context.clock.now()).await?;
    Ok(deciding(action, staff, &away.into_iter().collect::<Vec<_>>()))
}

/// Why what waits cannot be done any more as it was shown: two small batches, and what its kind is about.
pub async fn outdated(context: &Context, action: &Action) -> Result<Option<String>, Fault> {
    if action.state() != State::WaitingApproval {
        return Ok(None);
    }
    let read = records::read(context, &action.id).await?;
    let Some(head) = &read.head else { return Ok(None) };
    Ok(action::outdated(action, read.known(head, context.clock.now())?))
}

fn problem(refusal: &Refusal) -> Problem {
    let (status, code) = match refusal {
        Refusal::AlreadyDecided { .. } => (StatusCode::CONFLICT, "already_decided"),
        Refusal::NotWaiting(_) => (StatusCode::CONFLICT, "already_decided"),
        Refusal::Expired => (StatusCode::CONFLICT, "expired"),
        Refusal::StalePreview => (StatusCode::CONFLICT, "stale_preview"),
        Refusal::AlreadyVoted(_) => (StatusCode::CONFLICT, "already_decided"),
        Refusal::Crowded => (StatusCode::CONFLICT, "crowded"),
        Refusal::OwnRequest(_) => (StatusCode::FORBIDDEN, "own_request"),
        Refusal::NotPermitted(_) => (StatusCode::FORBIDDEN, "not_permitted"),
    };
    Problem::new(status, code, refusal.to_string())
}

/// What a waiting request is due for.
enum Due {
    Asking(Action),
    Ended(Action),
    Nothing,
}

/// Looks at a waiting request whose time has come: people are asked again, or it lapses. What is owed to the customer
/// never lapses by silence.
pub async fn wait(context: &Context, id: &ActionId) -> Result<Done, Fault> {
    let due = store::retrying(context, || async {
        // Read.
        let mut read = records::read(context, id).await?;
        let now = context.clock.now();
        let waiting = |action: &Action| action.state() == State::WaitingApproval;
        let (Some(before), Some(head)) = (read.action.clone().filter(waiting), read.head.clone()) else {
            return Ok(Attempted::Done(Due::Nothing));
        };

        let policy = context.policies.approval.current();
        if !is_due(&before, &policy.asking, now) {
            return Ok(Attempted::Done(Due::Nothing));
        }
        let cases = grounds(&before);
        let standing = standing(&Batch::read(context, cases.iter().cloned().collect()).await?, &cases)?;
        // Of what is not known nothing ends: people are asked, and whoever would approve it is told why nobody can.
        let credited = credited(context, &before).await?.unwrap_or_default();
        if let Some(plan) = ending::plan_of(&before) {
            read.batch.extend(Batch::read(context, vec![plan]).await?);
        }

        // Decide.
        let proven = still_proven(&before, &standing, &read.records, &credited);
        let is_over = is_over(&before, &standing, &credited) || ending::has_lapsed(&read.batch, &before)?;
        let still = proven && !is_over && anew(&before, read.known(&head, now)?).is_some();
        let (after, why) = turn(&before, still, policy, writing::moment(context))?;
        if after == before {
            return Ok(Attempted::Done(Due::Asking(after)));
        }

        // Write.
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        let due = if why.is_some() { Due::Asking(after) } else { Due::Ended(after) };
        store::attempted(commit.run(context).await, due)
    })
    .await?;
    match due {
        Due::Nothing => Ok(Done::NothingToDo),
        Due::Ended(action) => {
            ending::tell(context, &action).await;
            owe::owed(context, &action).await?;
            Ok(Done::Expired)
        }
        Due::Asking(action) => {
            tell::people(context, &action).await?;
            Ok(Done::Asked)
        }
    }
}
