//! What customers are sent by an action: a link, or in writing that they have left.

use crate::approval::writing;
use crate::context::Context;
use crate::dunning::card::link as card;
use crate::dunning::mail::Mail;
use crate::dunning::{self, pay};
use crate::fault::Fault;
use crate::ports::{Letter, Unsent};
use crate::records;
use crate::setup::sources;
use crate::store::{self, Attempted, Batch, Commit, Of, keys};
use domain::action::{Action, Kind, Outcome, Sent, State, When};
use domain::book::{Due, Head, Invoice, Person};
use domain::debt::Document;
use domain::money::Money;
use domain::policy::{Reader, phrase};
use jiff::{SignedDuration, Timestamp};

/// The text that asks for money.
const LINK_TO_PAY: &str = "link_to_pay";

/// Whether a customer is to be told of how an action ended.
pub fn is_told(action: &Action) -> bool {
    match (&action.outcome(), action.state()) {
        (Some(Outcome::Done { link, .. }), State::Executed) => link.is_some() || action.wish_to_leave().is_some(),
        (_, State::NeedsPerson) => action.wish_to_leave().is_some(),
        _ => false,
    }
}

/// The head of its account once a letter that asks for money is taken up: whoever else writes to it sees that.
pub fn shown(context: &Context, head: &Head, action: &Action, now: Timestamp) -> Head {
    let doubt_at = now + SignedDuration::from_mins(context.policies.limits.current().sending_minutes_max);
    let mut shown = head.clone();
    if let Some(line) = action.letter_line(LINK_TO_PAY, now, doubt_at) {
        shown.shows_letter(line);
    }
    shown
}

/// Sends the customer what is for them, at most once: its action was stored as being sent before.
pub async fn tell(context: &Context, action: &Action) -> Result<(), Fault> {
    if action.told.customer != Some(Sent::Sending) {
        return Ok(());
    }
    let head = keys::head(&action.account);
    let whose = records::whose::keys_of(&action.account);
    let batch = Batch::read(context, whose.into_iter().chain([head.clone()]).collect()).await?;
    let (person, said) = records::whose::read(&batch, &action.account)?;
    let Some(head) = batch.get::<Head>(&head)? else { return Ok(()) };
    let reader = person.reader(said.as_ref(), context.policies.texts.current());
    let (link, open) = (link(context, action).await?, open(context, action).await?);
    let source = sources::find(context, &head.provider, &head.source).await?;
    let company = pay::company(context, source.name.as_deref());
    let sent = match person.email.value() {
        None => Sent::NoAddress,
        Some(to) => {
            let letter = letter(action, &head, &person, (reader, &link, open), (&company, to));
            match context.post.send(&letter).await {
                Ok(_) => Sent::Sent,
                Err(Unsent::NotSent { reason, .. }) => {
                    tracing::warn!(action.id = %action.id, reason, "the customer could not be told; staff see it on the action's page");
                    Sent::Refused
                }
                // It stays as being sent: nobody knows.
                Err(Unsent::Unknown(_)) => return Ok(()),
            }
        }
    };
    store::retrying(context, || async {
        let read = records::read(context, &action.id).await?;
        let (Some(before), Some(head)) = (read.action.clone(), read.head.clone()) else {
            return Ok(Attempted::Done(()));
        };
        let mut after = before.clone();
        after.told.customer = Some(sent);
        let mut shown = head.clone();
        after.show_letter_on(&mut shown);
        let mut commit = Commit::default();
        writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        if shown != head {
            commit.over(&read.batch, &shown);
        }
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// What the customer is sent: a link of ours, which is good for longer than the provider's, and leads to what there
/// is by the time that it is pressed.
async fn link(context: &Context, action: &Action) -> Result<String, Fault> {
    let Some(Outcome::Done { link: Some(_), .. }) = action.outcome() else { return Ok(String::new()) };
    let account = &action.account;
    if let Some((document, invoice)) = Document::sent_by(&action.kind) {
        let ended_at = action.ended_at().unwrap_or_else(|| context.clock.now());
        return dunning::document::stored(context, account, (invoice, document), ended_at).await;
    }
    match &action.kind {
        Kind::PaymentLink { invoice, .. } => pay::link::stored(context, account, invoice).await,
        Kind::UpdatePaymentMethod {} => dunning::link::stored(context, card::to(context, account).await?.card).await,
        // Nothing else has a page for its customer.
        _ => Ok(String::new()),
    }
}

/// What is open as the letter leaves: a part may have been paid since it was asked for.
async fn open(context: &Context, action: &Action) -> Result<Option<Money>, Fault> {
    let Kind::PaymentLink { invoice, amount } = &action.kind else { return Ok(None) };
    let billed = store::read::<Of<Invoice>>(context, &keys::invoice(&action.account, invoice)).await?;
    Ok(match billed.map(|billed| billed.value.due()) {
        Some(Due::Open(Some(remaining))) => Some(remaining),
        _ => *amount,
    })
}

fn letter(
    action: &Action,
    head: &Head,
    person: &Person,
    (reader, link, open): (Reader<'_>, &str, Option<Money>),
    (company, to): (&str, &str),
) -> Letter {
    let (text, amount) = match &action.kind {
        Kind::Cancel { .. } if action.state() == State::NeedsPerson => ("cancellation_noted", None),
        Kind::Cancel { when: When::Now, .. } => ("cancelled_now", None),
        // What runs on was charged in part after they had asked: when it ends is not the same as from when it counts.
        Kind::Cancel { asked_at, .. } if *asked_at < action.requested_at - SignedDuration::from_hours(24) => {
            ("cancelled_since", None)
        }
        Kind::Cancel { .. } => ("cancelled", None),
        Kind::PaymentLink { .. } => (LINK_TO_PAY, open),
        Kind::ResendInvoice { .. } => ("link_to_invoice", None),
        Kind::TaxInvoice { .. } => ("link_to_tax_invoice", None),
        _ => ("link_to_payment_method", None),
    };
    let invoice = action.kind.target().id().unwrap_or_default();
    let number = head.book.invoices.iter().find(|line| line.invoice == invoice).and_then(|line| line.number.clone());
    let day = |at: Timestamp| reader.date(at);
    let (subscription, asked_on) = match &action.kind {
        Kind::Cancel { subscription, asked_at, .. } => (subscription.as_str(), day(*asked_at)),
        _ => ("", String::new()),
    };
    let line = head.book.subscriptions.get(subscription);
    let plan = line.and_then(|line| line.plan.clone());
    let ends_on = line.and_then(|line| line.ends_at.or(line.renews_at));
    let label = if text == LINK_TO_PAY { phrase::PAY } else { phrase::OPEN };
    let mail = Mail {
        id: format!("link_{}", action.id),
        to,
        reader,
        text: reader.text(text).expect("the texts say all that an action may write"),
        company,
        name: person.name.value().map(String::as_str),
        values: vec![
            ("amount", amount.map(|amount| reader.amount(amount)).unwrap_or_default()),
            ("invoice", number.unwrap_or(invoice)),
            ("plan", plan.unwrap_or_else(|| reader.words(phrase::YOUR_SUBSCRIPTION).to_owned())),
            ("asked_on", asked_on),
            ("effective_on", ends_on.map_or_else(|| reader.words(phrase::END_OF_PERIOD).to_owned(), day)),
        ],
        figures: Vec::new(),
        button: Some((reader.words(label), link)).filter(|(_, link)| !link.is_empty()),
        unsubscribe: None,
        thread: None,
    };
    mail.letter()
}

#[cfg(test)]
mod tests {
    use domain::policies::Policies;

    #[test]
    fn there_is_a_text_for_all_that_is_written() {
        let policies = Policies::shipped().unwrap();
        for id in [
            "cancellation_noted",
            "cancelled_now",
            "cancelled_since",
            "cancelled",
            super::LINK_TO_PAY,
            "link_to_invoice",
            "link_to_tax_invoice",
            "link_to_payment_method",
        ] {
            assert!(policies.texts.current().text(id).is_some(), "no text is called `{id}`");
        }
    }
}
