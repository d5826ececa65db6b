//! A link to a document in an answer: a word stands for it while people write, and whoever sends the answer makes the
//! link. It opens what was sent because of the ticket's case, of the invoice that the answer is about.

use super::laid::Laid;
use crate::context::Context;
use crate::dunning;
use crate::fault::Fault;
use crate::store::{Batch, DocumentLink, keys};
use domain::action::Action;
use domain::book::Invoice;
use domain::debt::{self, Document};
use domain::id::ActionId;
use domain::ticket::Answer;

/// A link as it is made for an answer that leaves.
pub(super) struct Made {
    address: String,
    /// What is stored before, where it was not yet.
    pub new: Option<DocumentLink>,
}

/// Whether a text has a place for it.
pub(super) fn is_in(context: &Context, text: &str) -> bool {
    text.contains(&dunning::document::unmade(context))
}

/// What has sent a document of an invoice of the ticket's account because of its case, the newest first.
fn sent(laid: &Laid) -> impl Iterator<Item = (&Action, Document, &str)> {
    let account = laid.ticket.handling.account.as_ref();
    let own = laid.done().filter(move |action| Some(&action.account) == account);
    own.filter_map(|action| Document::sent_by(&action.kind).map(|(document, invoice)| (action, document, invoice)))
}

/// What has sent that which a link in a text would open: the document of the invoice that the text names, or else the
/// newest; nothing, where no link stands there or nothing was sent.
pub(super) async fn meant(context: &Context, laid: &mut Laid, text: &str) -> Result<Option<ActionId>, Fault> {
    if !is_in(context, text) {
        return Ok(None);
    }
    let own = |(action, _, invoice): (&Action, Document, &str)| {
        (action.id.clone(), keys::invoice(&action.account, invoice), invoice.to_owned())
    };
    let papers: Vec<_> = sent(laid).map(own).collect();
    if papers.len() > 1 {
        laid.batch.extend(Batch::read(context, papers.iter().map(|(_, key, _)| key.clone()).collect()).await?);
    }
    let mut called: Vec<(ActionId, Vec<String>)> = Vec::new();
    for (action, key, id) in papers {
        let number = laid.batch.of::<Invoice>(&key)?.and_then(|invoice| invoice.number.value().cloned());
        called.push((action, number.into_iter().chain([id]).collect()));
    }
    Ok(debt::meant(text, &called).cloned())
}

/// Makes it; nothing, where the text has no place for it, or what it was written for was not sent because of the case
/// that the ticket has by now. It is good from when the answer was written, so that each try to send it has the same.
pub(super) async fn made(context: &Context, laid: &mut Laid, answer: &Answer) -> Result<Option<Made>, Fault> {
    let opens = match &answer.opens {
        Some(opens) => Some(opens.clone()).filter(|_| is_in(context, &answer.text)),
        None => meant(context, laid, &answer.text).await?,
    };
    let found = sent(laid).find(|(action, ..)| opens.as_ref() == Some(&action.id));
    let Some((action, document, invoice)) = found else { return Ok(None) };
    let link = dunning::document::to(context, &action.account, (invoice, document), answer.at).await?;
    let key = keys::document_link(&link.kept.hash);
    laid.batch.extend(Batch::read(context, vec![key.clone()]).await?);
    let new = laid.batch.get::<DocumentLink>(&key)?.is_none().then_some(link.kept);
    Ok(Some(Made { address: link.address, new }))
}

impl Made {
    /// The answer as its customer reads it.
    pub fn filled(&self, context: &Context, answer: Answer) -> Answer {
        Answer { text: answer.text.replace(&dunning::document::unmade(context), &self.address), ..answer }
    }
}
