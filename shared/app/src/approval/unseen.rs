//! Is the money in the book that somebody says they gave back by hand? Until it is, it stays reserved, so that nobody gives
//! it back twice; after a while a person is asked to look, and what they find is put there.

use super::writing;
use crate::classify::fold;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Commit, keys};
use crate::{records, task};
use domain::action::{Action, Kind};
use domain::book::Head;
use domain::event::{self, Event, Origin, PaymentSeen, Seen};
use domain::id::ActionId;
use domain::task::About;
use jiff::SignedDuration;

/// Looks for it in the book, and says when that is done again.
pub async fn look_for(context: &Context, action: &Action) -> Result<(), Fault> {
    let Kind::Refund { payment, .. } = &action.kind else { return Ok(()) };
    let Some(head) = store::read::<Head>(context, &keys::head(&action.account)).await? else { return Ok(()) };
    // Where nobody has found it, it tells nothing new: what was told before somebody said that it was done is looked at
    // once more.
    let (id, seen) = match action.found() {
        Some(refund) => (format!("found:{}:{}", action.id, refund.id), Seen::Refund(refund)),
        None => {
            let seen = PaymentSeen { id: payment.clone(), ..PaymentSeen::default() };
            (format!("by_hand:{}", action.id), Seen::Payment(seen))
        }
    };
    let said = Event {
        id,
        provider: head.provider,
        source: head.source,
        origin: Origin::Answer,
        kind: event::Kind::RefundChanged,
        at: action.ended_at().unwrap_or_else(|| context.clock.now()),
        customer: Some(head.customer),
        seen: vec![seen],
    };
    fold::fold(context, &said, None, None, &action.trace).await?;
    store::retrying(context, || once(context, &action.id)).await
}

async fn once(context: &Context, id: &ActionId) -> Result<Attempted<()>, Fault> {
    // Read.
    let read = records::read(context, id).await?;
    let (Some(before), Some(head)) = (read.action.clone().filter(Action::is_unseen), read.head.clone()) else {
        return Ok(Attempted::Done(()));
    };

    // Decide.
    let patience = SignedDuration::from_hours(context.policies.limits.current().doubt_hours_max);
    let now = context.clock.now();
    // Who has found it is not asked a second time: it is looked for again, in case something keeps it from the book.
    let since = before.ended_at().filter(|_| before.found().is_none());
    let asks_at = since.unwrap_or(now) + patience;
    let is_reserved = read.records.payments.values().any(|payment| payment.reserved.contains_key(id));
    let asks = is_reserved && asks_at <= now;
    let mut after = before.clone();
    after.is_looked_for((is_reserved && !asks).then_some(asks_at));
    if after == before {
        return Ok(Attempted::Done(()));
    }

    // Write.
    let mut commit = Commit::default();
    writing::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
    if asks {
        let about = About::Unseen { action: id.clone() };
        let what = format!("Find what was given back by hand: {}", before.preview.summary);
        commit.create(&task::open(context, &before.account, about, what, STEPS.to_owned()));
    }
    store::attempted(commit.run(context).await, ())
}

/// How the task is done.
const STEPS: &str = "Somebody said that they gave this back by hand, and the provider has told of no such refund. Until then the \
    money stays reserved, so that nobody gives it back twice. Look at the payment in the provider's dashboard. If the refund is \
    there, say that this is done, with its id. If it is not, say that it was not done: the money is free again, and the refund \
    can be asked for anew.";
