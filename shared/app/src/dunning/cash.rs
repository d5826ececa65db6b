//! From a ticket to the money: asks for what is open, finds what payments are for, tells the customer that it is there.

mod ask;
mod by_hand;
mod settle;
mod shown;
mod tell;
mod unasked;

pub use ask::{Posted, ask};
pub use by_hand::{Said, say};
pub use shown::{Wanted, flow, json, received_json, requests, unmatched};

pub(super) use settle::settle;
pub(super) use tell::due;

use crate::context::Context;
use crate::message::{Message, Sent, send_all};
use crate::ports::QueueName;
use crate::store::{Batch, Commit, keys};
use domain::cash::Request;
use domain::id::{AccountId, RequestId};
use domain::report::fact::{self, Fact, Facts};

/// Writes a request over what was read of it, with the difference that this makes to the reports.
fn put(commit: &mut Commit, batch: &Batch, before: Option<&Request>, after: &Request) {
    commit.over(batch, after);
    let facts = |request: Option<&Request>| -> Facts {
        request.iter().map(|request| (request.id.to_string(), Fact::of_request(request))).collect()
    };
    let name = format!("{}:{}", after.id, batch.rev(&keys::payment_request(&after.id)).map_or(1, |rev| rev + 1));
    for row in fact::rows(&name, &after.account, &facts(before), &facts(Some(after))) {
        commit.note(row);
    }
}

/// Has the recovery of an invoice look at its money. Its alarm covers a queue that does not answer.
async fn ring(context: &Context, account: &AccountId, invoice: &str, trace: &str) {
    let message = Message::PlanDue { account: account.clone(), invoice: invoice.to_owned(), trace: trace.to_owned() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Dunning, message }]).await {
        tracing::warn!(invoice, fault = %fault, "the recovery hears of this when its alarm rings");
    }
}

/// Has what is due of a request told. Its alarm covers a queue that does not answer.
async fn remind_of(context: &Context, request: &RequestId, trace: &str) {
    let message = Message::RequestDue { request: request.clone(), trace: trace.to_owned() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Dunning, message }]).await {
        tracing::warn!(request.id = %request, fault = %fault, "what is due of a payment request waits for its alarm");
    }
}
