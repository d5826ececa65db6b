//! What must hold of answers to tickets: each left once or is known not to have.

use super::must;
use app::store::{keys, read};
use domain::telling::State;
use domain::ticket::{Dispatch, Ticket, TicketName};
use local::service::Service;

/// The newest that the outbox shows; what is older cannot be counted.
const LETTERS_SHOWN: usize = 1_000;

/// Each answer came to an end that the outbox and the help desk's books confirm.
pub(super) async fn answers_leave_once(service: &Service, tickets: &[Ticket]) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let letters = service.outbox.letters().map_err(|error| said(&error))?;
    let calls = service.sandbox.calls("zendesk").map_err(|error| said(&error))?;
    for ticket in tickets {
        let name = TicketName::of(ticket);
        let own = keys::dispatch(&name.provider, &name.source, &name.id);
        let on_its_way: Option<Dispatch> = read(&service.context, &own).await.map_err(|error| said(&error))?;
        must(on_its_way.is_none_or(|it| it.again_at.is_none()), || format!("an answer to {name} is still on its way"))?;
        for answer in &ticket.handling.answers {
            let what = || format!("answer {} to {name} is {:?}", answer.number, answer.state);
            let mark = Dispatch::new(&name, answer.number, false, answer.at).mark();
            let mailed = letters.iter().filter(|(_, letter)| letter.id == mark).count();
            let is_put = |body: &str| body.contains(&format!("\"{mark}\""));
            let put = calls.iter().filter(|call| call.executed && call.method == "PUT" && is_put(&call.body)).count();
            let left = mailed + put;
            must(left <= 1, || format!("{}, and left {left} times", what()))?;
            let is_so = match &answer.state {
                State::Sent => left == 1 || letters.len() == LETTERS_SHOWN,
                State::Refused { again_at: None, .. } => left == 0,
                State::InDoubt { .. } => true,
                State::Sending | State::Refused { .. } => false,
            };
            must(is_so, || format!("{}, and left {left} times", what()))?;
        }
    }
    Ok(())
}
