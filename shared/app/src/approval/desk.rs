//! The records around one action.

use crate::book::put_facts;
use crate::context::Context;
use crate::fault::Fault;
use crate::import::standing;
use crate::ports::{Order, Range, Table};
use crate::store::{Batch, Commit, Of, keys, open};
use domain::action::{self, Action, State};
use domain::approval::Earlier;
use domain::book::{Head, Payment, Touched};
use domain::desk::Desk;
use domain::id::{AccountId, ActionId};
use domain::import::{Contract, Kind};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

/// How many actions are read at once.
const PAGE: u32 = 100;

pub struct Read {
    pub batch: Batch,
    pub action: Option<Action>,
    pub payment: Option<Payment>,
    pub head: Option<Head>,
}

/// Reads an action, and then what it is about.
pub async fn read(context: &Context, id: &ActionId) -> Result<Read, Fault> {
    let account = id.account();
    let key = keys::action(id);
    let mut batch = Batch::read(context, vec![key.clone(), keys::ledger_head(&account), keys::head(&account)]).await?;
    let action: Option<Action> = batch.get(&key)?;
    let head = batch.get(&keys::head(&account))?;
    let mut payment = None;
    if let Some(action) = &action {
        let key = keys::payment(&account, action.kind.target());
        batch.extend(Batch::read(context, vec![key.clone()]).await?);
        payment = batch.get::<Of<Payment>>(&key)?.map(|of| of.value);
    }
    Ok(Read { batch, action, payment, head })
}

/// Writes an action over what was read of it, and the difference that this makes to reports: the two never part.
pub fn put(commit: &mut Commit, context: &Context, batch: &Batch, head: &Head, before: Option<&Action>, after: &Action) {
    commit.over(batch, after);
    let laid_out = |action: Option<&Action>| {
        let actions = action.iter().map(|action| (action.id.clone(), (*action).clone())).collect();
        Desk { actions, ..Desk::of(head.clone(), Touched::default()) }
    };
    let name = format!("{}:{}", after.id, batch.rev(&keys::action(&after.id)).map_or(1, |rev| rev + 1));
    put_facts(commit, &name, &laid_out(before), &laid_out(Some(after)), context);
}

/// The refunds that were asked for, whatever came of them; what was only looked at does not count.
pub async fn earlier_refunds(context: &Context, account: &AccountId) -> Result<Vec<Earlier>, Fault> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let pk = keys::account_partition(account);
        let range =
            Range { table: Table::Accounts, pk, prefix: keys::ACTION_PREFIX.to_owned(), after, limit: PAGE, order: Order::Ascending };
        let items = context.store.range(&range).await?;
        for item in &items {
            let action: Action = open(item)?;
            let action::Kind::Refund { payment, amount } = action.kind;
            let stands = !matches!(action.state, State::Denied | State::Expired | State::Stale | State::Failed);
            if action.state != State::Previewed {
                let alone_by = action.votes.iter().find(|vote| vote.within_limit).map(|vote| vote.by.clone());
                found.push(Earlier { at: action.requested_at, reason: action.reason_code, payment, amount, stands, alone_by });
            }
        }
        after = items.last().filter(|_| items.len() == PAGE as usize).map(|item| item.key.sk.clone());
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// What an outage may be credited with, by the contract that held when it was paid; the smallest, where there are several.
pub async fn outage_credit(context: &Context, account: &AccountId, taken_at: Option<Timestamp>) -> Result<Option<Decimal>, Fault> {
    let (imports, home) = (keys::imports(Kind::Contracts.name()), keys::imported_of(account, Kind::Contracts.name()));
    let contracts = standing::<Contract>(&Batch::read(context, vec![imports, home.clone()]).await?, [home])?;
    let day = taken_at.unwrap_or_else(|| context.clock.now()).to_zoned(TimeZone::UTC).date();
    Ok(contracts.iter().filter(|contract| contract.holds(day)).filter_map(|contract| contract.outage_credit_percent).min())
}

pub fn of(account: &AccountId, payment: &Payment) -> Of<Payment> {
    Of { account: account.clone(), value: payment.clone() }
}
