//! Answers to tickets: prepared, written by a person, and sent once.

mod desk;
mod document;
mod hear;
mod laid;
mod pay;
mod send;

use crate::context::Context;
use crate::message::{Message, Sent, send_all};
use crate::ports::QueueName;
use crate::setup::sources;
use crate::store::trail::put_ticket;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::ticket::{put_ticket_work, unowned, working};
use crate::web::{self, Failed, Problem};
use domain::playbook::is_step;
use domain::source::Acting;
use domain::staff::{MACHINE, Staff};
use domain::telling::State;
use domain::ticket::{Answer, Dispatch, Offered, Outcome, Ticket, TicketName, Way, may_say};
use laid::Laid;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub use hear::hear;
pub use send::send;

/// What somebody answers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    text: String,
    /// What it tells; where that is not said and the text is one that was prepared, what that tells.
    #[serde(default)]
    outcome: Option<Outcome>,
    /// Whether the ticket is solved with it.
    #[serde(default)]
    solved: bool,
    /// How often the ticket was answered when it was looked at: whoever is second then looks again.
    #[serde(default)]
    answered: Option<u32>,
    /// How often it was our turn when it was looked at: what came in since is not answered by it. All that has come,
    /// where that is not said.
    #[serde(default)]
    turns: Option<u32>,
    /// The step of the case's playbook that is taken with it.
    #[serde(default)]
    step: Option<String>,
}

/// The same from the form of the console.
pub fn form(fields: &BTreeMap<String, String>) -> Result<Said, Problem> {
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let unread = || Problem::malformed("the form cannot be read; reload the page");
    Ok(Said {
        text: field("text").unwrap_or_default().to_owned(),
        outcome: field("outcome").map(web::typed::<Outcome>).transpose().map_err(|_| unread())?,
        solved: field("solved").is_some(),
        answered: field("answered").map(str::parse::<u32>).transpose().map_err(|_| unread())?,
        turns: field("turns").map(str::parse::<u32>).transpose().map_err(|_| unread())?,
        step: field("step").map(str::to_owned),
    })
}

/// What there is to answer to a ticket, as it stands now.
pub async fn offered(context: &Context, address: &str) -> Result<Offered, Problem> {
    let missing = || Problem::not_found("ticket");
    let name = TicketName::at(address).ok_or_else(missing)?;
    Ok(Laid::find(context, &name).await?.ok_or_else(missing)?.offered(context))
}

/// Stores an answer as being sent, and has it sent. The same text to the same letters twice is one answer.
pub async fn take(context: &Context, address: &str, said: &Said, staff: &Staff) -> Result<Answer, Problem> {
    let name = TicketName::at(address).ok_or_else(|| Problem::not_found("ticket"))?;
    let answer = store::unless_refused(context, || once(context, &name, said, staff)).await?;
    if answer.is_under_way() {
        go(context, &name).await;
    }
    Ok(answer)
}

async fn once(context: &Context, name: &TicketName, said: &Said, staff: &Staff) -> Result<Attempted<Answer>, Failed> {
    // Read.
    let (who, out) = (keys::staff(&staff.id), keys::dispatch(&name.provider, &name.source, &name.id));
    let Some(mut laid) = Laid::find(context, name).await? else { return Err(Problem::not_found("ticket").into()) };
    laid.batch.extend(Batch::read(context, vec![who.clone(), out]).await?);
    let staff = laid.batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let (provider, source) = name.set_up_as();
    let source = sources::find(context, provider, source).await?;
    let text = plain(&said.text);
    let asks = pay::asks(context, &mut laid, &text, None).await?;
    let opens = document::meant(context, &mut laid, &text).await?;

    // Decide.
    let (now, offered) = (context.clock.now(), laid.offered(context));
    may_answer(&laid.ticket, &offered, &staff, source.acting)?;
    if said.step.as_deref().is_some_and(|step| !is_step(step)) {
        return Err(Problem::malformed("`step` is the id of a step of a case's playbook").into());
    }
    may_say(&text, offered.known_contact).map_err(|refused| Problem::not_possible(refused.to_string()))?;
    let before = laid.ticket.clone();
    let handling = &mut laid.ticket.handling;
    let turn = said.turns.map_or(handling.turns, |seen| seen.min(handling.turns));
    if let Some(standing) = handling.answers.iter().rev().find(|answer| is_same(answer, &text, turn, said)) {
        return Ok(Attempted::Done(standing.clone()));
    }
    if document::is_in(context, &text) && opens.is_none() {
        let message =
            "no document was sent because of its case: ask for it first, or take the link to it out of the text";
        return Err(Problem::not_possible(message).into());
    }
    if asks.as_ref().is_some_and(|asks| !asks.is_payable) {
        let message =
            "its case asks for no invoice that anybody may be asked for now: take the link to pay out of the text";
        return Err(Problem::not_possible(message).into());
    }
    if said.answered.is_some_and(|seen| seen < handling.answered) {
        let message =
            "somebody else has answered since you looked; read their answer, and send yours if it is still wanted";
        return Err(Problem::conflict("answered_meanwhile", message).into());
    }
    let prepared = offered.drafts.iter().find(|draft| draft.text == text);
    let outcome = said.outcome.or(prepared.map(|draft| draft.outcome)).unwrap_or(Outcome::Free);
    let written = (staff.id.as_str(), text.as_str(), prepared.is_some());
    let Some(answer) = handling.answer_to(turn, written, outcome, now) else {
        let message = "another answer is being sent; wait until it is known what came of it";
        return Err(Problem::conflict("being_answered", message).into());
    };
    answer.step.clone_from(&said.step);
    answer.asks_for = asks.as_ref().and_then(|asks| asks.invoice().cloned());
    answer.opens = opens;
    let answer = answer.clone();
    if handling.assigned_to.is_none() {
        handling.assign(Some(&staff.id), MACHINE, now);
    }
    handling.rest(context.policies.tickets.current(), &working(context), now);
    let dispatch = Dispatch::new(name, answer.number, said.solved, now);
    let tasks = unowned::follow(context, &mut laid.batch, &before, &laid.ticket).await?;

    // Write.
    let mut commit = Commit::default();
    tasks.iter().for_each(|task| commit.over(&laid.batch, task));
    put_ticket(&mut commit, &laid.batch, &laid.ticket)?;
    commit.over(&laid.batch, &dispatch);
    put_ticket_work(&mut commit, context, &mut laid.batch, &laid.ticket).await?;
    commit.check(&laid.batch, &who);
    Ok(store::attempted(commit.run(context).await, answer)?)
}

/// Whether somebody says this a second time: the same to the same letters; or the same as what was answered right after
/// they looked, which a repeat that comes late still is, whatever the customer wrote in between.
fn is_same(answer: &Answer, text: &str, turn: u32, said: &Said) -> bool {
    let is_repeated = said.answered.is_some() && said.answered == answer.number.checked_sub(1);
    let is_under_way = said.turns.is_none() && answer.is_under_way();
    answer.says(text, turn) || (answer.says(text, answer.turn) && (is_repeated || is_under_way))
}

/// Whether this person may answer this ticket at all, wherever it goes.
fn may_answer(ticket: &Ticket, offered: &Offered, staff: &Staff, acting: Acting) -> Result<(), Problem> {
    if !staff.role.may_request() {
        return Err(Problem::not_permitted("your role only reads; ask a colleague in support or billing"));
    }
    let why_not = [
        (ticket.erased_at.is_some(), "whoever wrote this ticket was erased; nobody is left to be answered"),
        (ticket.handling.merged_into.is_some(), "this ticket is a repeat of another one: answer that one"),
        (offered.way == Way::Nowhere, "this ticket has no address to answer to"),
        (acting == Acting::Observe, "this source only observes, and nothing leaves for it: raise it at /sources"),
    ];
    match why_not.into_iter().find(|(is_so, _)| *is_so) {
        Some((_, why)) => Err(Problem::not_possible(why)),
        None => Ok(()),
    }
}

/// As a browser sends it, every line ends with two signs.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// Has it sent, now that it is stored. Its alarm covers a queue that does not answer.
pub async fn go(context: &Context, name: &TicketName) {
    let TicketName { provider, source, id } = name.clone();
    let message = Message::Answer { provider, source, id, trace: format!("ticket_{name}") };
    if let Err(fault) = send_all(context, &[Sent { queue: QueueName::Approval, message }]).await {
        tracing::warn!(ticket = %name, fault = %fault, "an answer leaves when its alarm rings");
    }
}

/// An answer, with the ticket that it answers.
pub fn shown(name: &TicketName, answer: &Answer) -> Value {
    let mut value = serde_json::to_value(answer).expect("an answer is plain data");
    value["ticket"] = json!(name.address());
    value
}

/// What whoever pressed the button reads. The same a second time is the answer that stands already, however that
/// stands.
pub fn notice(answer: &Answer) -> &'static str {
    match answer.state {
        State::Sending => "Your answer is on its way.",
        State::Sent => "Your answer was sent.",
        State::InDoubt { .. } => "This answer may have arrived, and is not repeated: change the text to send it again.",
        State::Refused { .. } => "Your answer was not taken yet: it is sent again by itself.",
    }
}
