//! What a person says that a case is holds for its tickets: else their next letter would move the case back.

use crate::approval::ticket::label;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::moving::unread;
use crate::store::{Batch, Correction, keys};
use domain::case::Case;
use domain::ticket::{Ticket, TicketName};
use jiff::Timestamp;

/// Of how many tickets it is said, the first of the case: all of them are written in one transaction.
const TICKETS_MAX: usize = 16;

/// Reads the tickets that have the case, each with what was said of it before. What is erased has none any more.
pub(super) async fn read(
    context: &Context,
    batch: &mut Batch,
    case: &Case,
) -> Result<Vec<(Ticket, Option<Correction>)>, Fault> {
    let names: Vec<TicketName> =
        case.tickets.iter().take(TICKETS_MAX).filter_map(|name| TicketName::parse(name)).collect();
    let ticket_key = |name: &TicketName| keys::ticket(&name.provider, &name.source, &name.id);
    let label_key = |name: &TicketName| keys::correction(&name.provider, &name.source, &name.id);
    let wanted = names.iter().flat_map(|name| [ticket_key(name), label_key(name)]).collect();
    unread(context, batch, wanted).await?;
    let mut found = Vec::new();
    for name in &names {
        let Some(ticket) = batch.get::<Ticket>(&ticket_key(name))? else { continue };
        if ticket.handling.own_case() == Some(&case.id) {
            found.push((ticket, batch.get::<Correction>(&label_key(name))?));
        }
    }
    Ok(found)
}

/// The tickets as a person has said that they are, by the case, and what is kept to learn from.
pub(super) fn corrected(
    found: Vec<(Ticket, Option<Correction>)>,
    case: &Case,
    by: &str,
    now: Timestamp,
) -> Vec<(Ticket, Correction)> {
    let said = found.into_iter().map(|(mut ticket, standing)| {
        let label = label(&ticket, standing, case.class, by, now);
        ticket.handling.correct(case.class, by, now);
        (ticket, label)
    });
    said.collect()
}
