//! A link to pay: every message about an invoice has the same one, for as long as there is anything to pay.

use super::{debts, fresh};
use crate::context::Context;
use crate::dunning::link::{self, Made, Opens};
use crate::fault::Fault;
use crate::ports::Key;
use crate::setup::sources;
use crate::store::{PayLink, keys};
use domain::book::{Head, Invoice};
use domain::debt::UNMADE_LINK;
use domain::id::AccountId;

impl Opens for PayLink {
    const KIND: &'static str = "pay";

    fn stored_at(hash: &str) -> Key {
        keys::pay_link(hash)
    }

    fn parts(&self) -> Vec<String> {
        vec![self.account.to_string(), self.invoice.clone()]
    }

    fn found_by(self, hash: String) -> Self {
        Self { hash, ..self }
    }
}

/// What stands for a link in a text that is not sent yet: whoever looks at it opens nothing with it, and only who sends
/// it makes one.
pub fn unmade(context: &Context) -> String {
    format!("{}{UNMADE_LINK}", context.settings.base_url)
}

/// The same for whoever is asked to pay an invoice: nothing, where the provider has no page for it.
pub fn unmade_for(context: &Context, head: &Head, invoice: &Invoice) -> Option<String> {
    fresh::is_there(context, head, invoice).then(|| unmade(context))
}

/// Whether anybody may be asked with a link to it: as whoever opens it would read, there is a page on which it can be
/// paid now. That something is under way for it is no reason against: that may be the asking itself.
pub async fn may_ask(context: &Context, head: &Head, invoice: &Invoice) -> Result<bool, Fault> {
    if !fresh::is_there(context, head, invoice) || sources::observes(context, head).await? {
        return Ok(false);
    }
    let mut head = head.clone();
    head.under_way.clear();
    let debts = debts(context, &mut head, std::slice::from_ref(&invoice.id)).await?;
    Ok(debts.first().is_some_and(|(_, debt)| debt.is_payable()))
}

/// The link to an invoice.
pub async fn to(context: &Context, account: &AccountId, invoice: &str) -> Result<Made<PayLink>, Fault> {
    let opens = PayLink { hash: String::new(), account: account.clone(), invoice: invoice.to_owned() };
    link::to(context, opens).await
}

/// The same for whoever may pay by other means: nothing, where the provider has no page for the invoice.
pub async fn where_payable(context: &Context, head: &Head, invoice: &Invoice) -> Result<Option<Made<PayLink>>, Fault> {
    if !fresh::is_there(context, head, invoice) {
        return Ok(None);
    }
    to(context, &head.account, &invoice.id).await.map(Some)
}

/// The same, stored, for whoever commits nothing of their own with it.
pub async fn stored(context: &Context, account: &AccountId, invoice: &str) -> Result<String, Fault> {
    link::stored(context, to(context, account, invoice).await?).await
}
