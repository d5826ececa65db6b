//! The records around one action.

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{Batch, Of, keys};
use domain::action::Action;
use domain::book::{Head, Payment, Touched};
use domain::desk::Desk;
use domain::id::{AccountId, ActionId};
use std::collections::BTreeMap;

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

/// Lays out an action alone, for the difference that a commit makes to reports.
pub fn lay_out(head: &Head, action: Option<&Action>) -> Desk {
    let actions = action.iter().map(|action| (action.id.clone(), (*action).clone())).collect();
    Desk { head: head.clone(), touched: Touched::default(), cases: BTreeMap::new(), plans: BTreeMap::new(), actions }
}

pub fn of(account: &AccountId, payment: &Payment) -> Of<Payment> {
    Of { account: account.clone(), value: payment.clone() }
}
