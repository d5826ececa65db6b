//! What does the company say of the networks: how often they let a payment be tried again, and what a code means? And
//! what was tried beside an invoice, of which they count a part?

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::imported::in_force;
use crate::store::{Batch, keys};
use domain::book::{Head, Invoice, Tried};
use domain::dunning::{Budget, invoices_beside, tried_beside};
use domain::import::{Kind, NetworkRule};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// What has to be read for it.
pub fn wanted() -> [Key; 2] {
    [keys::network_rules(), keys::imports(Kind::NetworkRules.name())]
}

/// The imported rules of a batch for which this was wanted, whenever they hold.
pub fn read(batch: &Batch) -> Result<Vec<NetworkRule>, Fault> {
    in_force(batch, [keys::network_rules()])
}

/// What was tried of an account's invoices, without one of them, as far as it may count: networks count a card,
/// whatever it pays.
pub async fn beside(
    context: &Context,
    head: &Head,
    but: Option<&str>,
    rules: &[NetworkRule],
) -> Result<BTreeMap<String, Vec<Tried>>, Fault> {
    let declines = context.policies.declines.current();
    let since = context.clock.now() - Budget::looks_back(declines, rules);
    let keys: Vec<Key> =
        invoices_beside(head, but, since).iter().map(|other| keys::invoice(&head.account, other)).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let batch = Batch::read(context, keys.clone()).await?;
    let mut invoices = Vec::new();
    for key in &keys {
        invoices.extend(batch.of::<Invoice>(key)?);
    }
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    Ok(tried_beside(head, &invoices, declines, same_try))
}
