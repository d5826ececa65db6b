//! What customers wrote: the list, and a ticket with its case, its history and its buttons.

mod next;

pub(crate) use next::age;

use crate::cash::cash;
use crate::frame::{Viewer, frame, known, no_default, only, state, time, words};
use crate::names::Names;
use crate::reply::reply;
use domain::action::Action;
use domain::case::{Case, Class};
use domain::cash::Flow;
use domain::id::AccountId;
use domain::playbook::Play;
use domain::staff::Staff;
use domain::ticket::{Handling, Offered, State, TakenFor, Ticket, TicketName};
use jiff::Timestamp;
use maud::{Markup, html};
use next::{next, waits};

/// A line of the list; `account` is how it is called.
pub struct TicketRow<'a> {
    pub ticket: &'a Ticket,
    pub account: Option<String>,
}

/// What the list was asked for, as its address has it; `nobody` asks for what nobody has.
pub struct Wanted<'a> {
    pub state: &'a str,
    pub class: &'a str,
    pub assignee: &'a str,
    pub account: &'a str,
    pub nobody: &'a str,
}

/// Everything that a ticket's page shows; `names` are those of its accounts.
pub struct TicketPage<'a> {
    pub ticket: &'a Ticket,
    pub names: &'a Names,
    pub case: Option<&'a Case>,
    /// What its case's playbook leaves to be done, and what was asked for because of it.
    pub play: Option<&'a Play>,
    pub actions: &'a [Action],
    /// Those who may have tickets.
    pub staff: &'a [Staff],
    /// Its way to the money.
    pub flow: &'a Flow,
    /// What changed lately of how its customers are reached.
    pub notices: &'a [String],
    /// What there is to answer.
    pub offered: &'a Offered,
}

pub fn tickets(
    viewer: &Viewer,
    rows: &[TicketRow<'_>],
    asked: &Wanted<'_>,
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
            (filters(viewer, asked))
            section {
                @if rows.is_empty() { p .soft { "There is no such ticket. Point your help desk's webhook here." } } @else {
                    div .scroll tabindex="0" { table aria-label="Tickets" {
                        thead { tr {
                            th scope="col" { "Ticket" } th scope="col" { "From" } th scope="col" { "Account" }
                            th scope="col" { "Class" } th scope="col" { "State" }
                            th scope="col" { "Waits" } th scope="col" { "Who has it" } th scope="col" { "Answer due" }
                        } }
                        tbody { @for row in rows { (line(row, now)) } }
                    } }
                }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
            @if !viewer.role.may_request() { (only("Colleagues in support and billing handle tickets.")) }
            @else if let Some(csrf) = &viewer.csrf { (new_ticket(csrf, now)) }
        },
    )
}

fn filters(viewer: &Viewer, asked: &Wanted<'_>) -> Markup {
    html! {
        nav .row aria-label="Which tickets" {
            a href="/tickets" { "All" } " "
            a href={ "/tickets?assignee=" (viewer.id) } { "Mine" } " "
            a href={ "/tickets?assignee=" (asked.nobody) } { "Nobody's" }
        }
        form .row method="get" action="/tickets" role="search" {
            label { "State " select name="state" {
                option value="" { "any" }
                @for own in State::ALL { option value=(own.name()) selected[own.name() == asked.state] { (words(own.name())) } }
            } }
            label { "Class " select name="class" {
                option value="" { "any" }
                @for class in Class::ALL {
                    option value=(class.name()) selected[class.name() == asked.class] { (class.title()) }
                }
            } }
            @if !asked.assignee.is_empty() { input type="hidden" name="assignee" value=(asked.assignee); }
            @if !asked.account.is_empty() { input type="hidden" name="account" value=(asked.account); }
            button type="submit" { "Show" }
        }
    }
}

fn line(row: &TicketRow<'_>, now: Timestamp) -> Markup {
    let TicketRow { ticket, account } = row;
    let handling = &ticket.handling;
    html! { tr {
        td { a href={ "/tickets/" (TicketName::of(ticket).address()) } { (subject(ticket)) } }
        td { (known(ticket.requester_name.value().or(ticket.requester_email.value()))) }
        td { @match (account, &handling.account) {
            (Some(name), Some(id)) => a href={ "/accounts/" (id) } { (name) },
            _ => span .soft { @if ticket.accounts.is_empty() { "a stranger" } @else { "one of several" } },
        } }
        td { (class(handling.taken_for.as_ref())) }
        td { (state(handling.state.name())) }
        td { (waits(ticket, now)) }
        td { @match (&handling.assigned_to, handling.role) {
            (Some(to), _) => (to),
            (None, Some(role)) => span .soft { "queue of " (words(role.name())) },
            (None, None) => span .soft { "nobody" },
        } }
        td {
            @if let Some(due) = handling.due_at { (time(due)) @if due < now { " " strong { "overdue" } } }
        }
    } }
}

pub(crate) fn subject(ticket: &Ticket) -> &str {
    ticket.subject.value().map(String::as_str).filter(|subject| !subject.trim().is_empty()).unwrap_or("No subject")
}

fn class(taken: Option<&TakenFor>) -> Markup {
    html! { @match taken {
        Some(taken) if taken.abstained => span .soft { "a person says (best guess: " (taken.class.title()) ")" },
        Some(taken) => (taken.class.title()),
        None => span .soft { "not read yet" },
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

pub fn ticket(viewer: &Viewer, page: &TicketPage<'_>, now: Timestamp, notice: Option<&str>) -> String {
    let (ticket, handling) = (page.ticket, &page.ticket.handling);
    frame(
        subject(ticket),
        "/tickets",
        Some(viewer),
        html! {
            h1 { (subject(ticket)) " " (state(handling.state.name())) }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            @for notice in page.notices { p .notice { (notice) } }
            @if let Some(into) = handling.merged_into.as_deref().and_then(TicketName::parse) {
                p .notice { "A repeat of " a href={ "/tickets/" (into.address()) } { (into.address()) } "." }
            }
            div .two { (written(ticket)) (next(viewer, page, now)) }
            (where_it_stands(page))
            @if page.flow.request.is_some() || handling.state != State::Resolved {
                @let may_ask = viewer.role.may_request() && handling.account.is_some();
                (cash(page.flow, viewer.csrf.as_deref().filter(|_| may_ask)))
            }
            (reply(viewer, ticket, page.offered))
            (history(ticket))
            @if !viewer.role.may_request() { (only("Colleagues in support and billing answer it and say what it is.")) }
            @else if let Some(csrf) = &viewer.csrf { (buttons(page, csrf)) }
        },
    )
}

fn written(ticket: &Ticket) -> Markup {
    let first = ticket.body.as_ref().map(|(_, body)| body);
    let latest = ticket.latest.value().filter(|latest| first != Some(*latest));
    html! {
        section {
            h2 { "What they wrote" }
            p .soft {
                (known(ticket.requester_name.value())) " · " (known(ticket.requester_email.value()))
                " · " (ticket.provider) " " (ticket.id)
                @if let Some(at) = ticket.opened_at { " · " (time(at)) }
                @if let Some(csat) = ticket.csat.copied() { " · rated " (csat) " of 5" }
            }
            @if let Some(latest) = latest { h3 { "Newest" } p .written { (latest) } h3 { "First" } }
            @match first {
                Some(first) => p .written { (first) },
                None => p .soft { "Nothing that is kept." },
            }
        }
    }
}

fn where_it_stands(page: &TicketPage<'_>) -> Markup {
    let (ticket, handling) = (page.ticket, &page.ticket.handling);
    let minutes = page.case.map_or(&handling.at_work, |case| &case.at_work).minutes();
    html! {
        section {
            h2 { "Where it stands" }
            dl {
                dt { "Taken for" } dd { (taken_for(handling.taken_for.as_ref())) }
                dt { "Account" } dd { (account(page)) }
                dt { "Case" } dd { @match page.case {
                    Some(case) => {
                        a href={ "/cases/" (case.id) } { (case.class.title()) } " " (state(case.state.name()))
                        @if case.recommended.is_some() { ", with what is proposed and its preview" }
                    }
                    None => span .soft { "none" },
                } }
                dt { "Who has it" } dd { (handling.assigned_to.as_deref().unwrap_or("nobody")) }
                @if let Some(role) = handling.role { dt { "Queue" } dd { (words(role.name())) } }
                dt { "Language" } dd { (known(handling.language.as_ref())) (told_by(handling)) }
                dt { "Answer due" } dd { @match handling.due_at { Some(at) => (time(at)), None => span .soft { "–" } } }
                dt { "First answer" }
                dd { @match handling.first_answer_at { Some(at) => (time(at)), None => span .soft { "none yet" } } }
                @if let Some(at) = handling.resolved_at { dt { "Resolved" } dd { (time(at)) } }
                @if let Some(status) = ticket.status.copied() { dt { "At the help desk" } dd { (words(status.name())) } }
                dt { "People were at it" } dd { (minutes) " min" }
            }
            @if handling.account.is_some() && !ticket.is_from_a_contact() {
                p .notice { "Whoever wrote has no address of this account: no amounts, links or invoices to them." }
            }
            @if let Some(by) = &handling.stranger_by { p .soft { "No customer, says " (by) "." } }
            @if ticket.verified { p .soft { "Whoever wrote has shown that the address is theirs." } }
        }
    }
}

/// The words that told the language in which the customer is answered.
fn told_by(handling: &Handling) -> Markup {
    let tongue = handling.taken_for.as_ref().and_then(|taken| taken.language.as_ref());
    let tongue =
        tongue.filter(|tongue| !tongue.words.is_empty() && Some(&tongue.language) == handling.language.as_ref());
    html! {
        @if let Some(tongue) = tongue {
            " because of " @for word in &tongue.words { q { (word) } " " }
        }
    }
}

fn taken_for(taken: Option<&TakenFor>) -> Markup {
    html! {
        (class(taken))
        @if let Some(taken) = taken {
            @match &taken.by {
                Some(by) => { ", says " (by) }
                None => { ", confidence " (taken.confidence) }
            }
            @if !taken.reasons.is_empty() {
                " because of " @for reason in &taken.reasons { q { (reason) } " " }
            }
            @if !taken.also.is_empty() {
                p .soft { "Also: " @for class in &taken.also { (class.title()) " " } }
            }
        }
    }
}

fn account(page: &TicketPage<'_>) -> Markup {
    let name = |id: &AccountId| page.names.of(id);
    html! {
        @match &page.ticket.handling.account {
            Some(id) => a href={ "/accounts/" (id) } { (name(id)) },
            None => {
                @if page.ticket.accounts.is_empty() { span .soft { "No account has this address." } }
                @for id in &page.ticket.accounts { a href={ "/accounts/" (id) } { (name(id)) } " " }
            }
        }
    }
}

fn history(ticket: &Ticket) -> Markup {
    html! {
        section {
            h2 { "History" }
            @if ticket.handling.history.is_empty() { p .soft { "Nothing has happened yet." } }
            @for happened in ticket.handling.history.iter().rev() {
                p { (time(happened.at)) ": " (happened.by) " – " (happened.what) }
            }
        }
    }
}

fn buttons(page: &TicketPage<'_>, csrf: &str) -> Markup {
    let (ticket, handling) = (page.ticket, &page.ticket.handling);
    let form = |inside: Markup| {
        html! {
            form .row method="post" action={ "/tickets/" (TicketName::of(ticket).address()) } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                (inside)
            }
        }
    };
    let is_over = handling.state == State::Resolved;
    html! {
        section {
            h2 { "What to do" }
            @if !is_over { (form(html! {
                label { "Give it to " select name="to" {
                    option value="" { "nobody" }
                    @for one in page.staff {
                        option value=(one.id) selected[handling.assigned_to.as_ref() == Some(&one.id)] {
                            (one.name) " (" (words(one.role.name())) ")"
                        }
                    }
                } }
                button .plain type="submit" name="say" value="assign" { "Give" }
            })) }
            (form(html! {
                label { "It is " select name="class" {
                    @for class in Class::ALL {
                        option value=(class.name())
                            selected[handling.taken_for.as_ref().is_some_and(|taken| taken.class == class)]
                            { (class.title()) }
                    }
                } }
                label { "because " input name="note" maxlength="2000"; }
                button .plain type="submit" name="say" value="class" { "Say so" }
            }))
            @if ticket.is_unverified() { (form(html! {
                label { "They are no customer, as I know by " input name="note" required maxlength="2000"; }
                button .plain type="submit" name="say" value="stranger" { "Say so" }
            })) }
            @if ticket.is_unverified() || handling.stranger_by.is_some() { (form(html! {
                label { "It is of " input name="account" required placeholder="an account's id" list="accounts"
                    value=[handling.account.as_ref()]; }
                datalist id="accounts" { @for id in &ticket.accounts { option value=(id) {} } }
                label { "as I know by " input name="note" required maxlength="2000"; }
                button .plain type="submit" name="say" value="account" { "Say so" }
            })) }
            @if handling.merged_into.is_some() { (form(html! {
                label { "It is no repeat because " input name="note" required maxlength="2000"; }
                button .plain type="submit" name="say" value="unmerge" { "Take apart" }
            })) } @else if is_over { (form(html! {
                label { "It is not over because " input name="note" required maxlength="2000"; }
                button .plain type="submit" name="say" value="reopen" { "Open again" }
            })) } @else {
                (form(html! {
                    input type="hidden" name="turns" value=(handling.turns);
                    label { "It is over because " input name="note" maxlength="2000"; }
                    button .plain type="submit" name="say" value="close" { "Close" }
                }))
                (form(html! {
                    label { "It is a repeat of ticket " input name="into" required maxlength="800"; }
                    button .plain type="submit" name="say" value="merge" { "Merge" }
                }))
            }
        }
    }
}
