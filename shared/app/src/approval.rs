//! Asks the right person, takes the decision, and does exactly what was approved, once.

mod approve;
pub(crate) mod ask;
mod blocked;
mod carry_out;
mod case;
pub(crate) mod decide;
mod ending;
pub(crate) mod form;
pub mod leaving;
mod link;
mod mailed;
mod owe;
pub(crate) mod reply;
mod routes;
pub(crate) mod settle;
mod slack;
pub(crate) mod task;
mod tell;
mod ticket;
mod unseen;
mod withdraw;
pub(crate) mod word;
pub(crate) mod writing;

use crate::approval::writing::Done;
use crate::context::{Context, Work};
use crate::door::console::problem_page;
use crate::door::routes::Endpoint;
use crate::door::{session, token};
use crate::dunning::{self, card};
use crate::fault::Fault;
use crate::message::Message;
use crate::store::{self, keys};
use crate::web::Answer;
use bytes::Bytes;
use domain::action::{Action, Owed, State};
use domain::staff::Slack;
use domain::ticket::TicketName;
use http::{Request, StatusCode};

/// Works the approval queue.
pub fn handle<'a>(context: &'a Context, message: &'a Message) -> Work<'a, Result<Done, Fault>> {
    Box::pin(work(context, message))
}

async fn work(context: &Context, message: &Message) -> Result<Done, Fault> {
    match message {
        Message::Ask { case, trace } => ask::for_case(context, case, trace).await,
        Message::Cohort { provider, source, trace } => ask::cohort(context, provider, source, trace).await,
        Message::Pressed { team, user, action, approve, digest, note, trace } => {
            let who = Slack { team: team.clone(), user: user.clone() };
            slack::pressed(context, who, action, (*approve, digest, note), trace).await
        }
        Message::Answer { provider, source, id, .. } => {
            reply::send(context, &TicketName::new(provider, source, id)).await
        }
        Message::Hear { action, .. } => reply::hear(context, action).await,
        Message::Tell { bulletin, .. } => tell::bulletin(context, bulletin).await.map(|()| Done::Told),
        Message::Act { action: id, .. } => {
            let Some(action) = store::read::<Action>(context, &keys::action(id)).await? else {
                return Ok(Done::NothingToDo);
            };
            match action.state() {
                State::WaitingApproval => decide::wait(context, id).await,
                State::Approved | State::Executing | State::InDoubt | State::Executed => {
                    carry_out::handle(context, &action).await
                }
                State::Failed | State::NeedsPerson | State::Stale | State::Denied | State::Expired
                    if action.owes() == Some(Owed::Word) =>
                {
                    owe::owed(context, &action).await.map(|()| Done::Asked)
                }
                // Something was told of a customer who leaves, and whose provider cannot end it.
                State::NeedsPerson => leaving::begin(context, &action).await.map(|()| Done::NothingToDo),
                _ => Ok(Done::NothingToDo),
            }
        }
        other => Err(Fault::Park(format!("a `{}` message does not belong into the approval queue", other.name()))),
    }
}

/// Answers whatever decides or changes.
pub async fn http(context: &Context, endpoint: Endpoint, request: &Request<Bytes>) -> Answer {
    let path = request.uri().path();
    let is_page = !path.starts_with("/api/") && !path.starts_with("/slack/");
    let result = match endpoint {
        Endpoint::SignIn => session::sign_in(context, request).await,
        Endpoint::SignOut => Ok(session::sign_out()),
        Endpoint::LinkOpened => link::opened(context, request).await,
        Endpoint::Messages(token) => Ok(dunning::asked(context, card::wish(context, &token, request).await)),
        Endpoint::SlackPressed => slack::take(context, request).await,
        endpoint => match token::caller(context, request).await {
            Ok(caller) => routes::answer(context, endpoint, request, &caller).await,
            Err(problem) if is_page && problem.status == StatusCode::UNAUTHORIZED => {
                session::keep(context, request).await.ok_or(problem)
            }
            Err(problem) => Err(problem),
        },
    };
    result.unwrap_or_else(|problem| if is_page { problem_page(context, None, &problem) } else { problem.answer() })
}
