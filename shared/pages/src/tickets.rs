//! What customers wrote: a ticket with its case, its history and its buttons.

mod list;
mod next;

pub use list::tickets;
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
use next::next;

/// Everything that a ticket's page shows; `names` are those of its accounts, and of the staff.
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
                (cash(page.flow, page.names, viewer.csrf.as_deref().filter(|_| may_ask)))
            }
            (reply(viewer, ticket, page.names, page.offered))
            (history(ticket, page.names))
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
                dt { "Taken for" } dd { (taken_for(handling.taken_for.as_ref(), page.names)) }
                dt { "Account" } dd { (account(page)) }
                dt { "Case" } dd { @match page.case {
                    Some(case) => {
                        a href={ "/cases/" (case.id) } { (case.class.title()) } " " (state(case.state.name()))
                        @if case.recommended.is_some() { ", with what is proposed and its preview" }
                    }
                    None => span .soft { "none" },
                } }
                dt { "Who has it" } dd { @match &handling.assigned_to { Some(to) => (page.names.who(to)), None => "nobody" } }
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
            @if let Some(by) = &handling.stranger_by { p .soft { "No customer, says " (page.names.who(by)) "." } }
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

fn taken_for(taken: Option<&TakenFor>, names: &Names) -> Markup {
    html! {
        (class(taken))
        @if let Some(taken) = taken {
            @match &taken.by {
                Some(by) => { ", says " (names.who(by)) }
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

fn history(ticket: &Ticket, names: &Names) -> Markup {
    html! {
        section {
            h2 { "History" }
            @if ticket.handling.history.is_empty() { p .soft { "Nothing has happened yet." } }
            @for happened in ticket.handling.history.iter().rev() {
                p { (time(happened.at)) ": " (names.who(&happened.by)) " – " (happened.shown(|id| names.who(id))) }
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
