//! What an account is judged by besides its own records: what was agreed with it, and who shares its address.

use crate::context::Context;
use crate::fault::Fault;
use crate::find;
use crate::ports::Key;
use crate::store::imported::in_force;
use crate::store::{self, Batch, Of, keys};
use domain::book::{Head, Person};
use domain::classify::desk::{Beside, Desk, Elsewhere};
use domain::classify::rebuild::Terms;
use domain::event::{Event, Line, Seen};
use domain::id::AccountId;
use domain::import::{Contract, Kind, Price, Usage};
use std::collections::BTreeSet;

/// An invoice whose lines are known.
struct Bill<'a> {
    invoice: &'a str,
    subscription: Option<&'a String>,
    lines: &'a [Line],
}

impl Bill<'_> {
    /// What was imported with which it is compared, together with which imports of it count.
    fn imported(&self, event: &Event, account: &AccountId) -> impl Iterator<Item = Key> + use<> {
        let pointers = [Kind::Catalogue, Kind::Contracts, Kind::Usage].map(|kind| keys::imports(kind.name()));
        let own = [Kind::Contracts, Kind::Usage].map(|kind| keys::imported_of(account, kind.name()));
        pointers.into_iter().chain(own).chain(self.prices(event))
    }

    /// The subscription that it is for.
    fn subscription(&self, account: &AccountId) -> Option<Key> {
        self.subscription.map(|id| keys::subscription(account, id))
    }

    fn prices(&self, event: &Event) -> BTreeSet<Key> {
        self.lines
            .iter()
            .filter_map(|line| line.price.as_ref())
            .map(|price| keys::price(&event.provider, &event.source, price))
            .collect()
    }
}

/// The invoices of an event that show their lines.
fn bills(event: &Event) -> impl Iterator<Item = Bill<'_>> {
    event.seen.iter().filter_map(|seen| match seen {
        Seen::Invoice(seen) => {
            let lines = seen.lines.as_deref().filter(|lines| !lines.is_empty())?;
            Some(Bill { invoice: &seen.id, subscription: seen.subscription.as_ref(), lines })
        }
        _ => None,
    })
}

/// What belongs into an event's first batch of the account's own records.
pub(super) fn keys_of(event: &Event, account: &AccountId) -> Vec<Key> {
    bills(event).filter_map(|bill| bill.subscription(account)).collect()
}

/// What belongs there of imports: an event is judged by what counted a moment ago as well as by what counts now.
pub(super) fn imported_of(event: &Event, account: &AccountId) -> Vec<Key> {
    bills(event).flat_map(|bill| bill.imported(event, account)).collect()
}

/// Puts together what the first batch holds, and reads what is wanted besides: `judged` invoices, such as those that a
/// payment touches without showing their lines, and the accounts with the same address.
pub(super) async fn read(
    context: &Context,
    batch: &Batch,
    event: &Event,
    desk: &Desk,
    judged: &[String],
    elsewhere: bool,
) -> Result<Beside, Fault> {
    let account = &desk.head.account;
    let mut terms = Terms::default();
    for bill in bills(event) {
        lay(batch, event, account, &bill, &mut terms)?;
    }
    let judged =
        judged.iter().filter(|id| !terms.invoices.contains(*id)).filter_map(|id| desk.touched.invoices.get(id));
    let judged: Vec<_> = judged
        .filter_map(|invoice| {
            Some(Bill {
                invoice: &invoice.id,
                subscription: invoice.subscription.value(),
                lines: invoice.lines.value()?,
            })
        })
        .collect();
    if !judged.is_empty() {
        let own = judged.iter().filter_map(|bill| bill.subscription(account)).collect();
        let imported = judged.iter().flat_map(|bill| bill.imported(event, account)).collect();
        let batch = Batch::read_beside(context, own, imported).await?;
        for bill in &judged {
            lay(&batch, event, account, bill, &mut terms)?;
        }
    }
    read_agreed_prices(context, event, &mut terms).await?;
    let elsewhere = if elsewhere { read_elsewhere(context, desk).await? } else { Vec::new() };
    Ok(Beside { elsewhere, terms })
}

fn lay(batch: &Batch, event: &Event, account: &AccountId, bill: &Bill<'_>, terms: &mut Terms) -> Result<(), Fault> {
    terms.contracts = in_force::<Contract>(batch, [keys::imported_of(account, Kind::Contracts.name())])?;
    terms.usage = in_force::<Usage>(batch, [keys::imported_of(account, Kind::Usage.name())])?;
    terms.prices.extend(in_force::<Price>(batch, bill.prices(event))?);
    if let Some(id) = bill.subscription {
        terms.subscriptions.extend(batch.of(&keys::subscription(account, id))?.map(|value| (id.clone(), value)));
    }
    terms.invoices.insert(bill.invoice.to_owned());
    Ok(())
}

/// Reads what the catalogue says of prices that contracts name and no line does; most customers have no contract.
async fn read_agreed_prices(context: &Context, event: &Event, terms: &mut Terms) -> Result<(), Fault> {
    let known = |price: &String| terms.prices.iter().any(|known| known.price == *price);
    let named: BTreeSet<_> =
        terms.contracts.iter().map(|contract| &contract.price).filter(|price| !known(price)).collect();
    if named.is_empty() {
        return Ok(());
    }
    let homes: Vec<_> = named.into_iter().map(|price| keys::price(&event.provider, &event.source, price)).collect();
    let imported = homes.iter().cloned().chain([keys::imports(Kind::Catalogue.name())]).collect();
    let batch = Batch::read_beside(context, Vec::new(), imported).await?;
    terms.prices.extend(in_force::<Price>(&batch, homes)?);
    Ok(())
}

/// What accounts with the same address subscribe to.
async fn read_elsewhere(context: &Context, desk: &Desk) -> Result<Vec<Elsewhere>, Fault> {
    let account = &desk.head.account;
    let person = match &desk.touched.person {
        Some(person) => Some(person.clone()),
        None => store::read::<Of<Person>>(context, &keys::person(account)).await?.map(|of| of.value),
    };
    let Some(email) = person.and_then(|person| person.email.value().cloned()) else { return Ok(Vec::new()) };
    let mut others = find::by_email(context, &email).await?;
    others.retain(|other| other != account);
    let heads = Batch::read(context, others.iter().map(keys::head).collect()).await?;
    let mut found = Vec::new();
    for other in &others {
        let Some(head) = heads.get::<Head>(&keys::head(other))? else { continue };
        found.extend(head.book.subscriptions.into_iter().map(|(subscription, line)| Elsewhere {
            account: other.clone(),
            customer: head.customer.clone(),
            subscription,
            line,
        }));
    }
    Ok(found)
}
