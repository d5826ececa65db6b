//! A link to pay in an answer: while people write it a word stands there, and whoever sends the answer makes the link.

use super::laid::Laid;
use crate::context::Context;
use crate::dunning::pay::link;
use crate::fault::Fault;
use crate::setup::stop;
use crate::store::{Batch, Commit, PayLink, keys};
use domain::book::Head;
use domain::ticket::{Answer, Dispatch};
use jiff::{SignedDuration, Timestamp};

/// What the kind of action is called that asks for a payment as well: whoever stops that one stops such an answer.
const PAYMENT_LINK: &str = "payment_link";

/// What the link in an answer asks for.
pub(super) struct Asks {
    /// The account and the invoice, where its case asks for one.
    to: Option<(Head, String)>,
    /// Whether anybody may be asked for that now.
    pub is_payable: bool,
}

/// What a link in a text would ask for; nothing, where none stands there. `written_for` is the invoice that it was
/// written for, however its case has changed since; the one that its case asks for, where it is only being written.
pub(super) async fn asks(
    context: &Context,
    laid: &mut Laid,
    text: &str,
    written_for: Option<&str>,
) -> Result<Option<Asks>, Fault> {
    if !text.contains(&link::unmade(context)) {
        return Ok(None);
    }
    let found = match written_for {
        Some(invoice) => laid.invoice(context, invoice).await?,
        None => laid.owing(context).await?,
    };
    let is_payable = match &found {
        Some((head, invoice)) => link::may_ask(context, head, invoice).await?,
        None => false,
    };
    Ok(Some(Asks { to: found.map(|(head, invoice)| (head, invoice.id)), is_payable }))
}

/// A link as it is made for an answer that leaves.
pub(super) struct Made {
    pub address: String,
    /// What is stored before, where it was not yet.
    new: Option<PayLink>,
    head: Head,
    /// Whether somebody has stopped that customers are asked for payments.
    pub is_held: bool,
}

impl Asks {
    /// The invoice.
    pub fn invoice(&self) -> Option<&String> {
        self.to.as_ref().map(|(_, invoice)| invoice)
    }

    /// Makes it; nothing, where it would lead nowhere.
    pub async fn made(&self, context: &Context, laid: &mut Laid) -> Result<Option<Made>, Fault> {
        let Some((head, invoice)) = &self.to else { return Ok(None) };
        let link = link::to(context, &head.account, invoice).await?;
        let key = keys::pay_link(&link.kept.hash);
        laid.batch.extend(Batch::read(context, vec![key.clone()]).await?);
        let new = laid.batch.get::<PayLink>(&key)?.is_none().then_some(link.kept);
        let is_held = stop::holds(context, head, None, Some(PAYMENT_LINK)).await?;
        Ok(Some(Made { address: link.address, new, head: head.clone(), is_held }))
    }
}

impl Made {
    /// The answer as its customer reads it.
    pub fn filled(&self, context: &Context, answer: Answer) -> Answer {
        Answer { text: answer.text.replace(&link::unmade(context), &self.address), ..answer }
    }

    /// Writes the link, and what whoever else writes to the account sees of the answer, with the commit by which it
    /// leaves.
    pub fn put(&self, commit: &mut Commit, context: &Context, batch: &Batch, (dispatch, now): (&Dispatch, Timestamp)) {
        if let Some(link) = &self.new {
            commit.create(link);
        }
        let doubt_at = now + SignedDuration::from_mins(context.policies.limits.current().sending_minutes_max);
        let mut shown = self.head.clone();
        shown.shows_letter(dispatch.letter_line(now, doubt_at));
        commit.over(batch, &shown);
    }
}
