//! The records around one action.

use crate::book::put_facts;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, Commit, Of, keys};
use domain::action::Action;
use domain::book::{Head, Payment, Touched};
use domain::desk::Desk;
use domain::id::{AccountId, ActionId};

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

pub fn of(account: &AccountId, payment: &Payment) -> Of<Payment> {
    Of { account: account.clone(), value: payment.clone() }
}
