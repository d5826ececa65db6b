//! What must hold of tickets, by what was written and what left: none is lost or left lying, what somebody pressed left
//! once, and strangers heard nothing of money, nor anybody of another.

use super::must;
use crate::simulation::CUSTOMERS;
use crate::simulation::letters::STRANGERS;
use crate::simulation::tickets::{Pressed, Talk, Written};
use app::ports::{Channel, Clock, Letter, Order};
use app::store::{Page, keys, page};
use domain::ticket::{State, Ticket, TicketName};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;
use serde_json::Value;

/// How money is called in a storm.
const MONEY: [&str; 4] = ["USD", "EUR", "US$", "€"];

/// Every ticket that stands on a list.
pub(super) async fn all(service: &Service) -> Result<Vec<Ticket>, String> {
    let mut all = Vec::new();
    for list in State::ALL.map(keys::lists::tickets) {
        let listed: Page<Ticket> =
            page(&service.context, &list, None, 1000, Order::Ascending).await.map_err(|error| error.to_string())?;
        all.extend(listed.items);
    }
    Ok(all)
}

/// A ticket that was taken in is there. It has ended, or somebody has it, or a person said that nobody does; and then
/// somebody looks at it again.
pub(super) fn each_has_an_owner_or_an_end(service: &Service, tickets: &[Ticket], talk: &Talk) -> Result<(), String> {
    for written in &talk.tickets {
        let is_there = tickets.iter().any(|ticket| TicketName::of(ticket) == written.name);
        must(is_there, || format!("ticket {} was taken in, and is nowhere", written.name))?;
    }
    let a_day_ago = service.clock.now() - SignedDuration::from_hours(24);
    for ticket in tickets {
        let (name, handling) = (TicketName::of(ticket), &ticket.handling);
        let (state, owner) = (handling.state, &handling.assigned_to);
        if state == State::Resolved {
            must(handling.resolved_at.is_some(), || format!("ticket {name} has ended, and nobody knows when"))?;
            continue;
        }
        must(owner.is_some() || handling.given, || {
            format!("ticket {name} has neither an owner nor an end: it is {}, {:?}", state.name(), handling.history)
        })?;
        // What is overdue up to the top of the ladder stays so, and is looked at again by the other time.
        let looked_at = handling.due_at.into_iter().chain(handling.look_at).max();
        must(looked_at.is_some_and(|at| at > a_day_ago), || {
            format!("nobody looks at ticket {name} again, which is {}: {looked_at:?}", state.name())
        })?;
    }
    Ok(())
}

/// What somebody wrote and pressed left once at most, whoever pressed it again; not, where they were refused; and where
/// it was taken, its ticket shows it.
pub(super) fn what_was_pressed_left_once(service: &Service, tickets: &[Ticket], talk: &Talk) -> Result<(), String> {
    let (letters, comments) = (mails(service)?, comments(service)?);
    for Pressed { ticket, text, is_own, is_taken, is_refused } in &talk.pressed {
        let mailed = letters.iter().filter(|(_, letter)| letter.text == *text).count();
        let put = comments.iter().filter(|comment| comment.words == *text).count();
        let left = mailed + put;
        must(!is_own || left <= 1, || format!("{text:?} to {ticket} was pressed by one, and left {left} times"))?;
        must(!is_own || !is_refused || left == 0, || {
            format!("{text:?} to {ticket} was refused, and left all the same")
        })?;
        let kept = tickets.iter().find(|it| TicketName::of(it) == *ticket);
        let is_kept = kept
            .is_some_and(|it| it.erased_at.is_some() || it.handling.answers.iter().any(|answer| answer.text == *text));
        must(!is_taken || is_kept, || format!("{text:?} to {ticket} was taken, and nobody knows of it"))?;
    }
    Ok(())
}

/// Strangers hear nothing of money, and nobody hears of a customer who is another, unless a colleague has said whose
/// the ticket is.
pub(super) fn strangers_hear_nothing(service: &Service, talk: &Talk) -> Result<(), String> {
    let is_vouched = |is_it: &dyn Fn(&Written) -> bool, at: Timestamp| {
        let mut since = talk.tickets.iter().filter(|it| is_it(it)).filter_map(|it| it.vouched_at);
        since.any(|since| since <= at)
    };
    for (at, letter) in mails(service)? {
        let own = CUSTOMERS.iter().copied().find(|customer| letter.to == format!("{customer}@shop.example"));
        let is_stranger = letter.to.ends_with(STRANGERS);
        let is_known = is_vouched(&|it| it.from.contains(&letter.to), at);
        if is_known || (own.is_none() && !is_stranger) {
            continue;
        }
        let said = [letter.subject.as_str(), &letter.text, &letter.html].join("\n");
        says_nothing_of_others(&said, own, || format!("{} to {} at {at}", letter.id, letter.to))?;
    }
    for Comment { at, ticket, words } in comments(service)? {
        let name = TicketName::new("zendesk", "default", &ticket);
        if !is_vouched(&|it| it.name == name, at) {
            says_nothing_of_others(&words, None, || format!("a comment on {name} at {at}"))?;
        }
    }
    Ok(())
}

/// Whoever is no customer is told no amount, and nobody is told of another customer. All that is a customer's has their
/// id in it.
fn says_nothing_of_others(said: &str, own: Option<&str>, what: impl Fn() -> String) -> Result<(), String> {
    let amount = MONEY.iter().copied().find(|sign| said.contains(*sign)).filter(|_| own.is_none());
    must(amount.is_none(), || format!("{} tells a stranger of money: {said}", what()))?;
    let small = said.to_lowercase();
    let other = CUSTOMERS.iter().copied().find(|customer| Some(*customer) != own && small.contains(*customer));
    must(other.is_none(), || format!("{} tells of {other:?}, who is somebody else: {said}", what()))
}

/// What was mailed, and when.
fn mails(service: &Service) -> Result<Vec<(Timestamp, Letter)>, String> {
    let mut letters = service.outbox.letters().map_err(|error| error.to_string())?;
    letters.retain(|(_, letter)| letter.channel == Channel::Mail);
    Ok(letters)
}

/// What Zendesk put on a ticket.
struct Comment {
    at: Timestamp,
    ticket: String,
    words: String,
}

fn comments(service: &Service) -> Result<Vec<Comment>, String> {
    let calls = service.sandbox.calls("zendesk").map_err(|error| error.to_string())?;
    let mut comments = Vec::new();
    for call in calls.iter().filter(|call| call.executed && call.method == "PUT") {
        let at = call.at.parse::<Timestamp>().map_err(|error| format!("{}: {error}", call.at))?;
        let ticket = call.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".json").to_owned();
        let body: Value = serde_json::from_str(&call.body).unwrap_or_default();
        let words = body["ticket"]["comment"]["body"].as_str().unwrap_or_default().to_owned();
        comments.push(Comment { at, ticket, words });
    }
    Ok(comments)
}
