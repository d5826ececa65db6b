//! The list of tickets: who waits for how long, whose it is and who has it; and a form for a customer on the line.

use super::next::waits;
use super::{class, subject};
use crate::filters::Filters;
use crate::frame::{Viewer, frame, known, only, state, time, words};
use crate::names::{Names, customer};
use domain::ticket::{Ticket, TicketName};
use jiff::Timestamp;
use maud::{Markup, html};

/// `names` are those of the accounts and of the staff.
pub fn tickets(
    viewer: &Viewer,
    rows: &[Ticket],
    names: &Names,
    filters: &Filters,
    now: Timestamp,
    next: Option<&str>,
    notice: Option<&str>,
) -> String {
    frame(
        "Tickets",
        "/tickets",
        Some(viewer),
        html! {
            h1 { "Tickets" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            (filters.short("Which tickets", &[
                ("All", "/tickets".to_owned()),
                ("Mine", format!("/tickets?assignee={}", viewer.id)),
                ("Nobody's", "/tickets?assignee=none".to_owned()),
            ]))
            (filters.form(viewer))
            section {
                @if rows.is_empty() { (filters.empty(&html! {
                    "No ticket has come yet. Point your help desk's webhook here"
                    @if viewer.role.may_request() { ", or write down below what a customer says" } "."
                })) } @else {
                    div .scroll tabindex="0" { table aria-label="Tickets" {
                        thead { tr {
                            th scope="col" { "Ticket" } th scope="col" { "From" } th scope="col" { "Account" }
                            th scope="col" { "Class" } th scope="col" { "State" }
                            th scope="col" { "Waits" } th scope="col" { "Who has it" } th scope="col" { "Answer due" }
                        } }
                        tbody { @for ticket in rows { (line(ticket, names, now)) } }
                    } }
                }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
            @if !viewer.role.may_request() { (only("Colleagues in support and billing handle tickets.")) }
            @else if let Some(csrf) = &viewer.csrf { (new_ticket(csrf, now)) }
        },
    )
}

fn line(ticket: &Ticket, names: &Names, now: Timestamp) -> Markup {
    let handling = &ticket.handling;
    html! { tr {
        td { a href={ "/tickets/" (TicketName::of(ticket).address()) } { (subject(ticket)) } }
        td { (known(ticket.requester_name.value().or(ticket.requester_email.value()))) }
        td { @match &handling.account {
            Some(id) => (customer(names, id)),
            None => span .soft { @if ticket.accounts.is_empty() { "a stranger" } @else { "one of several" } },
        } }
        td { (class(handling.taken_for.as_ref())) }
        td { (state(handling.state.name())) }
        td { (waits(ticket, now)) }
        td { @match (&handling.assigned_to, handling.role) {
            (Some(to), _) => (names.who(to)),
            (None, Some(role)) => span .soft { "queue of " (words(role.name())) },
            (None, None) => span .soft { "nobody" },
        } }
        td {
            @if let Some(due) = handling.due_at { (time(due)) @if due < now { " " strong { "overdue" } } }
        }
    } }
}

/// `now` tells one form from the next, so that one that is sent twice is one ticket.
fn new_ticket(csrf: &str, now: Timestamp) -> Markup {
    html! {
        section {
            h2 { "Write a ticket down" }
            p .soft { "For a customer on the line: it takes the same way as one from a help desk." }
            form method="post" action="/tickets" {
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="key" value=(now);
                label for="email" { "Their e-mail" }
                input id="email" name="email" type="email" maxlength="320";
                label for="name" { "Their name" }
                input id="name" name="name" maxlength="200";
                label for="subject" { "Subject" }
                input id="subject" name="subject" maxlength="200";
                label for="body" { "What they say" }
                textarea id="body" name="body" rows="5" required {}
                button type="submit" { "Open" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::staff::Role;

    fn viewer(role: Role) -> Viewer {
        Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: Some("c".into()), local: false }
    }

    fn had(by: &str) -> Ticket {
        let mut ticket = Ticket::new("ticket", "default", by);
        ticket.handling.assigned_to = Some(by.to_owned());
        ticket
    }

    #[test]
    fn whoever_has_a_ticket_stands_there_by_their_name() {
        let names = Names::default().with([("luis".to_owned(), "Luis <M>".to_owned())]);
        let filters = Filters { path: "/tickets", here: "/tickets?assignee=lena".to_owned(), ..Filters::default() };
        let rows = [had("luis"), had("nia"), Ticket::new("ticket", "default", "t_3")];
        let page = tickets(&viewer(Role::L1), &rows, &names, &filters, Timestamp::UNIX_EPOCH, None, None);
        for part in [
            "<td>Luis &lt;M&gt;</td>",
            "<td>nia (no longer here)</td>",
            "<span class=\"soft\">nobody</span>",
            "<a href=\"/tickets?assignee=lena\" aria-current=\"page\">Mine</a>",
            "<a href=\"/tickets?assignee=none\">Nobody's</a>",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }

    #[test]
    fn an_empty_list_says_what_to_do_to_whoever_can() {
        let (names, filters) = (Names::default(), Filters { path: "/tickets", ..Filters::default() });
        let page = |role| tickets(&viewer(role), &[], &names, &filters, Timestamp::UNIX_EPOCH, None, None);
        for (role, may) in [(Role::L1, true), (Role::Analyst, false)] {
            let page = page(role);
            assert!(page.contains("No ticket has come yet."), "{page}");
            assert_eq!(page.contains("write down below"), may, "{page}");
        }
    }
}
