//! What follows once a ticket has ended, or is of another account: nobody is asked to pay because of it any more.

use crate::context::Context;
use crate::message::{Message, Sent, send_all};
use crate::ports::QueueName;
use domain::id::RequestId;
use domain::ticket::{State, Ticket};

/// Has it looked at what the customer of a ticket was asked to pay, so that it is withdrawn at once where that is over. The
/// alarm of the request covers a queue that does not answer.
pub async fn follow_request(context: &Context, ticket: &Ticket, trace: &str) {
    let handling = &ticket.handling;
    let Some(request) = handling.payment_request.as_deref().and_then(RequestId::parse) else { return };
    let is_theirs = handling.account.as_ref() == Some(&request.account());
    if handling.state != State::Resolved && is_theirs {
        return;
    }
    let message = Message::RequestDue { request, trace: trace.to_owned() };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Dunning, message }]).await {
        tracing::warn!(fault = %fault, "the payment request of a ticket that has ended waits for its alarm");
    }
}
