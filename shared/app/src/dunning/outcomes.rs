//! How tries ended, for whoever learns from them, or judges another way by them. Nobody is named in it.

use super::board::beginning_of;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Order};
use crate::records::whose;
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Page};
use crate::web::{Problem, Window};
use domain::book::Invoice;
use domain::case::{Case, Class, State};
use domain::dunning::{Kept, Outcome, Plan, kept};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How many payments that failed one page tells of: each is four items to be read.
const PAYMENTS_MAX: u32 = 200;

/// From when on payments are wanted, by when they failed.
pub fn since(query: &BTreeMap<String, String>) -> Result<Option<Timestamp>, Problem> {
    let said = "`since` is a time such as 2026-01-31T00:00:00Z, or a day such as 2026-01-31";
    let instant = |text: &String| beginning_of(text).ok_or_else(|| Problem::malformed(said));
    query.get("since").filter(|text| !text.is_empty()).map(instant).transpose()
}

/// All lines of a page of payments, the oldest first.
pub async fn page(context: &Context, since: Option<Timestamp>, window: &Window) -> Result<Page<Outcome>, Fault> {
    let after = window.after.clone().or_else(|| since.map(|at| format!("{at:.3}")));
    let (both, limit) = ([State::Open, State::Resolved].map(lists::cases), window.limit.min(PAYMENTS_MAX));
    let failed = |case: &Case| case.class == Class::PaymentFailed;
    let cases = store::pick(context, &both, after, limit, Order::Ascending, failed).await?;
    let batch = Batch::read(context, cases.items.iter().flat_map(keys_of).collect()).await?;
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    let now = context.clock.now();
    let mut items = Vec::new();
    for Case { account, about, .. } in &cases.items {
        let Some(invoice) = batch.of::<Invoice>(&keys::invoice(account, about))? else { continue };
        let plan = batch.get::<Plan>(&keys::plan(account, about))?;
        let (person, customer) = whose::read(&batch, account)?;
        let country = person.country(customer.as_ref());
        items.extend(kept(&Kept { account, invoice: &invoice, plan: plan.as_ref(), country, same_try, now }));
    }
    Ok(Page { items, next: cases.next })
}

fn keys_of(case: &Case) -> impl Iterator<Item = Key> {
    let own = [keys::invoice(&case.account, &case.about), keys::plan(&case.account, &case.about)];
    own.into_iter().chain(whose::keys_of(&case.account))
}
