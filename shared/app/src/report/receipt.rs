//! The entries of the ledger that tell an action's story: found by their time, so that it costs about the same whatever
//! else has happened on the account.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::keys;
use crate::store::{self, Page};
use domain::action::{Action, State};
use domain::id::AccountId;
use domain::ledger::{Entry, LedgerHead};
use jiff::{SignedDuration, Timestamp};

/// How many entries are looked at to learn when the last of them was made: parts of a bundle are entered when it is
/// approved, with the moment at which it was asked for, and behind its own entry, which has the later one.
const TOGETHER: u32 = 64;
/// By how much an entry may be older than one before it, which another machine has made.
const ASKEW: SignedDuration = SignedDuration::from_mins(15);

pub(super) struct Receipt {
    pub entries: Vec<Entry>,
    /// Behind which place of the account's ledger more of the story may stand.
    pub next: Option<String>,
}

pub(super) async fn receipt(context: &Context, action: &Action) -> Result<Receipt, Fault> {
    let (account, most) = (&action.account, context.policies.limits.current().receipt_entries_max);
    let head: Option<LedgerHead> = store::read(context, &keys::ledger_head(account)).await?;
    let length = head.map_or(0, |head| head.length);
    let before = before(context, account, (length, u64::from(most / 2)), action.requested_at - ASKEW).await?;
    let after = (before > 0).then(|| keys::ledger_entry(account, before).sk);
    let page: Page<Entry> =
        store::page_of(context, &keys::ledger_entries(account), after, most, Order::Ascending).await?;
    let last_at = page.items.last().map(|entry| entry.at);
    let is_told = over_at(action).zip(last_at).is_some_and(|(over, last)| last > over + ASKEW);
    let entries = page.items.into_iter().filter(|entry| entry.action.as_ref() == Some(&action.id)).collect();
    Ok(Receipt { entries, next: page.next.filter(|_| !is_told) })
}

/// How many entries at least were made before a moment, but for so many that it does not matter.
async fn before(
    context: &Context,
    account: &AccountId,
    (length, near): (u64, u64),
    moment: Timestamp,
) -> Result<u64, Fault> {
    let (mut before, mut until) = (0, length);
    while until - before > near.max(1) {
        let middle = before + (until - before) / 2;
        let is_before = made_at(context, account, middle).await?.is_some_and(|at| at < moment);
        if is_before {
            before = middle;
        } else {
            until = middle;
        }
    }
    Ok(before)
}

/// When an entry was made, or a little later.
async fn made_at(context: &Context, account: &AccountId, number: u64) -> Result<Option<Timestamp>, Fault> {
    let first = number.saturating_sub(u64::from(TOGETHER));
    let after = (first > 0).then(|| keys::ledger_entry(account, first).sk);
    let beside: Page<Entry> =
        store::page_of(context, &keys::ledger_entries(account), after, TOGETHER, Order::Ascending).await?;
    Ok(beside.items.iter().filter(|entry| entry.number <= number).map(|entry| entry.at).max())
}

/// When the story of an action ended, if nothing more is expected.
fn over_at(action: &Action) -> Option<Timestamp> {
    match action.state() {
        State::Executed => action.confirmed_at().max(action.ended_at()).filter(|_| action.confirmed_at().is_some()),
        State::Failed | State::Denied | State::Expired | State::Stale | State::Withdrawn => {
            action.ended_at().max(action.confirmed_at())
        }
        State::Previewed
        | State::WaitingApproval
        | State::Approved
        | State::Executing
        | State::InDoubt
        | State::NeedsPerson => None,
    }
}
