//! What an approval brings with it: money is reserved, the account expects the effect, a bundle's members get going.

use super::writing;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::{self, Read};
use crate::store::Commit;
use crate::store::trail::put_notes;
use domain::action::{Action, Clause, Decision, Kind, Preview, Reason, State, Vote, preview};
use domain::approval::{held_until, requested};
use domain::book::{Head, Left, Watched};
use domain::ledger::{Note, Step};
use jiff::SignedDuration;

/// Writes a freshly decided action; `action` is approved or waits for more votes. Its notes come first.
pub fn put(
    context: &Context,
    read: &Read,
    head: &Head,
    before: Option<&Action>,
    action: &Action,
    mut notes: Vec<Note>,
) -> Result<(Commit, Action), Fault> {
    let (mut commit, mut action) = (Commit::default(), action.clone());
    let now = context.clock.now();
    let mut moved = head.clone();
    // A wish to leave counts as soon as it is recorded: nothing more is asked for while people decide.
    if before.is_none() && action.state() != State::Previewed {
        for (subscription, _) in action.kind.members().iter().filter_map(|kind| kind.wish_to_leave(action.reason_code))
        {
            moved
                .left
                .entry(subscription.to_owned())
                .or_default()
                .push(Left { action: Some(action.id.clone()), at: now });
        }
        moved.names_left_within(context.policies.limits.current().left_bytes_max);
    }
    if action.state() != State::Approved {
        if moved != *head {
            commit.over(&read.batch, &moved);
        }
        writing::put(&mut commit, context, &read.batch, head, before, &action);
        put_notes(&mut commit, &read.batch, &action.account, notes)?;
        return Ok((commit, action));
    }
    let mut payments = read.records.payments.clone();
    let manners = records::manners(&head.provider)?;
    let members = members(context, read, head, &action)?;
    action.members = members.iter().map(|member| member.id.clone()).collect();
    let kind = (&action.kind, action.recovery.is_some());
    let held_until = held_until(kind, manners, context.policies.approval.current(), now);
    action.goes(held_until, writing::moment(context).again);
    let each: Vec<&Action> = if members.is_empty() { vec![&action] } else { members.iter().collect() };
    for one in each {
        moved.expects(&one.id, &one.kind, now);
        if let Kind::Refund { payment, amount } = &one.kind
            && let Some(payment) = payments.get_mut(payment)
        {
            payment.reserved.insert(one.id.clone(), *amount);
        }
        if action.reason_code == Reason::DuplicateCharge && matches!(one.kind, Kind::Refund { .. }) {
            let days = context.policies.approval.current().asking.watch_days;
            let by = action.votes().last().map_or(&action.requested_by, |vote| &vote.by).clone();
            let until = now + SignedDuration::from_hours(24 * days);
            moved.watch(Watched { since: now, until, case: action.case.clone(), by });
        }
    }
    writing::put(&mut commit, context, &read.batch, head, before, &action);
    for member in &members {
        writing::put(&mut commit, context, &read.batch, head, None, member);
        notes.extend(requested(member));
        notes.extend(member.votes().iter().map(|vote| note(member, vote)));
    }
    if moved != *head {
        commit.over(&read.batch, &moved);
    }
    for payment in payments.values().filter(|payment| read.records.payments.get(&payment.id) != Some(payment)) {
        commit.over(&read.batch, &writing::of(&action.account, payment));
    }
    put_notes(&mut commit, &read.batch, &action.account, notes)?;
    Ok((commit, action))
}

/// The members of an approved bundle: each an action of its own, with the bundle's digest and its approvals.
fn members(context: &Context, read: &Read, head: &Head, bundle: &Action) -> Result<Vec<Action>, Fault> {
    let ids = records::members_of(bundle);
    let known = read.known(head, context.clock.now())?;
    let member = |(id, kind): (_, &Kind)| {
        let clause = Clause { ..bundle.preview.clause.clone() };
        let shown = preview(kind, known, bundle.reason_code, clause);
        // The first members may change what a later one shows by itself; the bundle's preview showed them together.
        let shown = shown.unwrap_or_else(|_| bundle.preview.clone());
        let preview = Preview { digest: bundle.preview.digest.clone(), ..shown };
        let mut member = Action::member_of(bundle, id, kind.clone(), preview);
        let held = held_until((kind, false), known.manners, context.policies.approval.current(), known.now);
        member.holds(held);
        member
    };
    Ok(ids.zip(bundle.kind.members()).map(member).collect())
}

/// How a decision is written down.
pub fn note(action: &Action, vote: &Vote) -> Note {
    let decision = match vote.decision {
        Decision::Approve => "approve",
        Decision::Deny => "deny",
    };
    let body = [
        ("decision", decision.to_owned()),
        ("role", vote.role.name().to_owned()),
        ("preview", vote.digest.clone()),
        ("within_limit", vote.within_limit.to_string()),
        ("for", vote.in_place_of.clone().unwrap_or_default()),
    ];
    Note::new(vote.at, Step::Decided, &action.id, &vote.by, body)
}
