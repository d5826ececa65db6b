//! Whose is a ticket? Looks up the address of whoever wrote it, and what the text names.

use crate::context::Context;
use crate::fault::Fault;
use crate::find;
use crate::store::{Batch, keys};
use domain::book::Head;
use domain::id::AccountId;
use domain::staff::MACHINE;
use domain::ticket::{Followed, Ticket, Whose, mentions, whose};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// How many accounts one ticket is about: one transaction holds a hundred writes.
const ACCOUNTS_MAX: usize = 90;

/// Notes who has the requester's address, and the account, where it is certain now and was not before.
pub async fn find(context: &Context, ticket: &mut Ticket, followed: Followed, at: Timestamp) -> Result<(), Fault> {
    if ticket.erased_at.is_some() {
        return Ok(());
    }
    if let Some(email) = ticket.requester_email.value() {
        let found = find::by_email(context, email).await?;
        ticket.found(found.into_iter().take(ACCOUNTS_MAX).collect());
    }
    if ticket.handling.account.is_some() {
        return Ok(());
    }
    let by_text = by_text(context, &ticket.words()).await?;
    match whose(&ticket.accounts, &by_text) {
        Whose::One(account) => {
            let how =
                if ticket.accounts.contains(&account) { "the requester's address" } else { "what the text names" };
            ticket.handling.account = Some(account);
            ticket.handling.note(at, MACHINE, format!("its account is known by {how}"));
        }
        Whose::Several(all) if followed.wrote => {
            let what = format!("it may be of {} accounts: a person says of which", all.len());
            ticket.handling.note(at, MACHINE, what);
        }
        Whose::Several(_) | Whose::Stranger => {}
    }
    Ok(())
}

/// The accounts of which a text names the id, or an invoice. What nobody has is nobody's.
async fn by_text(context: &Context, text: &str) -> Result<BTreeSet<AccountId>, Fault> {
    let named = mentions(text);
    let mut found = BTreeSet::new();
    for invoice in &named.invoices {
        found.extend(find::by_invoice(context, invoice).await?);
    }
    if !named.accounts.is_empty() {
        let batch = Batch::read(context, named.accounts.iter().map(keys::head).collect()).await?;
        for account in &named.accounts {
            found.extend(batch.get::<Head>(&keys::head(account))?.map(|head| head.account));
        }
    }
    Ok(found)
}
