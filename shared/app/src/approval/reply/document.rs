//! A link to a document in an answer: a word stands for it while people write, and whoever sends the answer makes the
//! link. It opens what was asked for because of the ticket's case.

use super::laid::Laid;
use crate::context::Context;
use crate::dunning;
use crate::fault::Fault;
use crate::store::{Batch, DocumentLink, keys};
use domain::debt::Document;
use domain::id::AccountId;
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

/// What it opens: the document that was sent because of the ticket's case, whose invoice is on that account.
pub(super) fn asked(laid: &Laid) -> Option<(AccountId, String, Document)> {
    let account = laid.ticket.handling.account.clone()?;
    let action = laid.sent_document()?;
    let (document, invoice) = Document::sent_by(&action.kind).filter(|_| action.account == account)?;
    Some((account, invoice.to_owned(), document))
}

/// Makes it; nothing, where the text has no place for it or nothing was asked for. It is good from when the answer
/// was written, so that each try to send it has the same.
pub(super) async fn made(context: &Context, laid: &mut Laid, answer: &Answer) -> Result<Option<Made>, Fault> {
    if !is_in(context, &answer.text) {
        return Ok(None);
    }
    let Some((account, invoice, document)) = asked(laid) else { return Ok(None) };
    let link = dunning::document::to(context, &account, (&invoice, document), answer.at).await?;
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
