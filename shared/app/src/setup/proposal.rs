//! Changes of who may approve that wait for a second person.

use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::setup::staff;
use crate::store::{self, Batch, Commit, first_of, keys};
use crate::web::Problem;
use domain::staff::{Proposal, Staff, Table, Unconfirmed, Word, called};
use domain::telling::{About, Bulletin};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many proposals are listed.
const PROPOSALS_MAX: u32 = 200;

/// What was proposed, newest first.
pub async fn all(context: &Context) -> Result<Vec<Proposal>, Fault> {
    first_of(context, &keys::staff_proposals(), PROPOSALS_MAX, Order::Descending).await
}

/// What waits for somebody's word, in one line each; nothing, where it is not theirs to confirm.
pub async fn waiting_for(context: &Context, by: &Staff) -> Result<Vec<String>, Fault> {
    if !by.role.may_import() {
        return Ok(Vec::new());
    }
    let now = context.clock.now();
    let mut waiting = all(context).await?;
    waiting.retain(|proposal| proposal.may_confirm(by, now).is_ok());
    let proposers = Batch::read(context, waiting.iter().map(|proposal| keys::staff(&proposal.by)).collect()).await?;
    let mut lines = Vec::new();
    for proposal in &waiting {
        let proposer = proposers.get::<Staff>(&keys::staff(&proposal.by))?;
        lines.push(proposal.title(&called(&proposal.by, proposer.as_ref().map(|proposer| proposer.name.as_str()))));
    }
    Ok(lines)
}

/// What those are told who may confirm a proposal, and whoever reads along where approvals are asked for.
pub fn news(context: &Context, proposal: &Proposal, by: &Staff, standing: &[Staff]) -> Bulletin {
    let title = proposal.title(&by.name);
    let until = proposal.expires_at.strftime("%Y-%m-%d %H:%M UTC");
    let text = format!(
        "{title}. Nothing of it counts before another manager or a VP confirms it, until {until}. Look at each difference, \
         and confirm or refuse it there:"
    );
    let words = Words { subject: format!("{title}: confirm or refuse"), text, page: "/staff".to_owned() };
    let about = About::Proposal { number: proposal.number };
    let confirming = standing.iter().filter(|staff| proposal.may_confirm(staff, proposal.at).is_ok());
    let trace = about.id();
    let most = context.policies.limits.current().told_people_max;
    bulletin::about(context, about, words, &trace).posted().mailed(confirming.map(|staff| staff.id.clone()), most)
}

/// How a proposal is shown.
pub fn shown(proposal: &Proposal, now: Timestamp) -> Value {
    json!({
        "number": proposal.number,
        "by": proposal.by,
        "at": proposal.at,
        "expires_at": proposal.expires_at,
        "state": proposal.state(now),
        "changes": proposal.changes,
        "ended": proposal.ended,
    })
}

/// Takes somebody's word about a proposal; confirmed, it changes the staff table in the same moment.
pub async fn take(context: &Context, number: &str, word: Word, by: &Staff) -> Result<Proposal, Problem> {
    let unknown = || Problem::not_found("proposal");
    let key = keys::staff_proposal(number.parse::<u64>().map_err(|_| unknown())?);
    let taken = store::unless_refused(context, || async {
        // Read.
        let standing = staff::all(context).await?;
        let named: Proposal = store::read(context, &key).await?.ok_or_else(unknown)?;
        let changed = named.changes.iter().map(|change| keys::staff(&change.after.id));
        let others = [key.clone(), keys::staff(&by.id), keys::staff(&named.by)];
        let batch = Batch::read(context, changed.chain(others).collect()).await?;
        let mut proposal: Proposal = batch.get(&key)?.ok_or_else(unknown)?;
        let by = batch.get::<Staff>(&keys::staff(&by.id))?.ok_or_else(Problem::not_signed_in)?;
        let proposer = batch.get::<Staff>(&keys::staff(&proposal.by))?;
        let stands = proposal.changes.iter().map(|change| batch.get::<Staff>(&keys::staff(&change.after.id)));
        let changed = stands.collect::<Result<Vec<_>, _>>()?;

        // Decide.
        let now = context.clock.now();
        let table = Table { standing: &standing, changed: &changed, proposer: proposer.as_ref() };
        let changes = match word {
            Word::Confirm => proposal.confirm(&by, &table, now),
            Word::Refuse => proposal.refuse(&by, now).map(|()| Vec::new()),
        }
        .map_err(|refused| problem(&refused))?;

        // Write.
        let mut commit = Commit::default();
        commit.over(&batch, &proposal);
        for change in &changes {
            commit.over(&batch, &change.after);
            commit.create(change);
        }
        // The roles that were looked at must still be theirs; a transaction names each item once.
        let written: BTreeSet<_> = changes.iter().map(|change| change.after.id.as_str()).collect();
        let looked_at = BTreeSet::from([by.id.as_str(), proposal.by.as_str()]);
        looked_at.difference(&written).for_each(|id| commit.check(&batch, &keys::staff(id)));
        Ok(store::attempted(commit.run(context).await, proposal)?)
    });
    Ok(taken.await?)
}

fn problem(refused: &Unconfirmed) -> Problem {
    let (status, code) = match refused {
        Unconfirmed::NotPermitted | Unconfirmed::VpOnly { .. } => (StatusCode::FORBIDDEN, "not_permitted"),
        Unconfirmed::OwnRequest | Unconfirmed::Concerned => (StatusCode::FORBIDDEN, "own_request"),
        Unconfirmed::Ended { .. } => (StatusCode::CONFLICT, "already_decided"),
        Unconfirmed::Expired => (StatusCode::CONFLICT, "expired"),
        Unconfirmed::Proposer(_) | Unconfirmed::Stale(_) | Unconfirmed::Reached { .. } => {
            (StatusCode::CONFLICT, "stale_proposal")
        }
    };
    Problem::new(status, code, refused.to_string())
}
