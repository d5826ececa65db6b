//! What the beginning of a recovery is judged by, read for many failed invoices at once.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::records::{stage_in, whose};
use crate::store::{Batch, keys};
use domain::book::{Head, Invoice, Person, Subscription};
use domain::case::{Case, Class, State};
use domain::classify::recovery::{Ground, Late, claimed};
use domain::decline::Declines;
use domain::dunning::Plan;
use domain::id::{AccountId, CaseId};
use domain::import::Customer;
use domain::leaving::{self, Stage};
use domain::task::Task;
use jiff::Timestamp;

/// What is known of one of them.
pub struct Recovery {
    pub head: Head,
    pub invoice: Invoice,
    standing: Option<Plan>,
    stage: Option<Stage>,
    claimed: Option<Task>,
    subscription: Option<Subscription>,
    person: Person,
    customer: Option<Customer>,
}

impl Recovery {
    /// Where Recoup writes to the customers of its source from now on; what failed first before `failed_since` is too old.
    pub fn late<'a>(&'a self, declines: &'a Declines, failed_since: Timestamp) -> Late<'a> {
        let ground = Ground {
            head: &self.head,
            invoice: &self.invoice,
            standing: self.standing.as_ref(),
            stage: self.stage,
            claimed: self.claimed.as_ref(),
            writes: true,
            family: declines.meaning(self.invoice.decline()).family.id.get_ref(),
            whose: whose::of((&self.person, self.customer.as_ref()), (&self.head, &self.invoice), declines),
        };
        Late { ground, subscription: self.subscription.as_ref(), failed_since }
    }
}

/// Reads what a batch lacks of it.
pub async fn read(context: &Context, batch: &mut Batch, failed: &[(AccountId, String)]) -> Result<(), Fault> {
    more(context, batch, failed.iter().flat_map(|(account, invoice)| keys_of(account, invoice)).collect()).await?;
    let mut named = Vec::new();
    for (account, id) in failed {
        let head = batch.get::<Head>(&keys::head(account))?;
        if let Some((head, invoice)) = head.zip(batch.of::<Invoice>(&keys::invoice(account, id))?) {
            named.extend(leaving::wishes(&head, &invoice).map(keys::action));
            named.extend(subscription(account, &invoice));
            named.extend(unnamed(&head, id));
        }
    }
    more(context, batch, named).await
}

/// What was read of one; nothing where its account or its invoice is not there.
pub fn of(batch: &Batch, account: &AccountId, id: &str) -> Result<Option<Recovery>, Fault> {
    let head = batch.get::<Head>(&keys::head(account))?;
    let Some((mut head, invoice)) = head.zip(batch.of::<Invoice>(&keys::invoice(account, id))?) else {
        return Ok(None);
    };
    if let Some(key) = unnamed(&head, id)
        && let Some(case) = batch.get::<Case>(&key)?.filter(|case| case.state == State::Open)
    {
        head.names(&case.id, case.line(), true);
    }
    let mut standing = batch.get::<Plan>(&keys::plan(account, id))?;
    standing.iter_mut().for_each(|plan| plan.heed(&head));
    let claimed = batch.get::<Task>(&keys::task(&claimed(account, id)))?;
    let stage = stage_in(batch, &head, &invoice)?;
    let subscription = match subscription(account, &invoice) {
        Some(key) => batch.of::<Subscription>(&key)?,
        None => None,
    };
    let (person, customer) = whose::read(batch, account)?;
    Ok(Some(Recovery { head, invoice, standing, stage, claimed, subscription, person, customer }))
}

/// The case of the failed payment, where the head may have no room to name it.
fn unnamed(head: &Head, invoice: &str) -> Option<Key> {
    (head.more_cases > 0).then(|| keys::case(&CaseId::of(&head.account, Class::PaymentFailed.name(), invoice)))
}

/// The key of the subscription that an invoice bills.
fn subscription(account: &AccountId, invoice: &Invoice) -> Option<Key> {
    invoice.subscription.value().map(|id| keys::subscription(account, id))
}

fn keys_of(account: &AccountId, invoice: &str) -> impl Iterator<Item = Key> {
    let task = keys::task(&claimed(account, invoice));
    let own = [keys::head(account), keys::invoice(account, invoice), keys::plan(account, invoice), task];
    own.into_iter().chain(whose::keys_of(account))
}

async fn more(context: &Context, batch: &mut Batch, mut wanted: Vec<Key>) -> Result<(), Fault> {
    wanted.retain(|key| !batch.has(key));
    if !wanted.is_empty() {
        batch.extend(Batch::read(context, wanted).await?);
    }
    Ok(())
}
