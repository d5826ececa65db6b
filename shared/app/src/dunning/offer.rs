//! What may be offered in the middle of a recovery is a task of whoever looks after the account. Nothing of it is written to the
//! customer: only a person promises something, and only once it is approved.

use super::Read;
use super::owner::{self, Opened, Owner};
use crate::context::Context;
use crate::fault::Fault;
use crate::task;
use domain::action::Offer;
use domain::dunning::Plan;
use domain::task::{About, Task};

/// What an offer is made of.
pub(super) struct Beside {
    number: u32,
    owner: Owner,
}

fn about(plan: &Plan, subscription: &str, asks: &str) -> About {
    About::Offered { invoice: plan.invoice.clone(), subscription: subscription.to_owned(), asks: asks.to_owned() }
}

/// Nothing is read where none is due.
pub(super) async fn read(context: &Context, read: &mut Read, plan: &Plan) -> Result<Option<Beside>, Fault> {
    let Some((number, role)) = plan.due_offer(context.clock.now()) else { return Ok(None) };
    let owner = owner::read(context, read, &about(plan, "", "").task(&plan.account), role).await?;
    Ok(Some(Beside { number, owner }))
}

/// The offer that fits the customer becomes a task, with the action that it is.
pub(super) fn advance(context: &Context, read: &Read, plan: &mut Plan, beside: Option<Beside>) -> Option<Opened> {
    let (Beside { number, owner }, now) = (beside?, context.clock.now());
    // What holds the plan meanwhile holds this as well.
    if plan.due_offer(now).is_none_or(|(due, _)| due != number) {
        return None;
    }
    let offers = &context.policies.playbooks.current().leaving;
    let subscription = read.invoice.subscription.value();
    let fits = subscription.and_then(|own| Some((own, offers.in_recovery(own, &read.head, now)?)));
    let Some((subscription, offer)) = fits else {
        plan.offer(number, Some("nothing that may be offered fits this customer"), now);
        return None;
    };
    plan.offer(number, None, now);
    let kind = offer.kind.replace('_', " ");
    let what = format!("Offer the customer of invoice {}: {kind}", plan.invoice);
    let steps = steps(&offer, &kind);
    let task = task::open(context, &plan.account, about(plan, subscription, &offer.kind), what, steps);
    Some(owner.gets(context, Task { queue: plan.queue, ..task }, &plan.trace))
}

fn steps(offer: &Offer, kind: &str) -> String {
    format!(
        "The invoice stays open. You may say: “{}” {} Nothing of it was written to them. Promise nothing before it is \
         approved: if they want it, ask for the {kind}, and let the recovery pause until that is done. Once the invoice is paid this \
         is done by itself.",
        offer.say, offer.why
    )
}
