//! What people have to do: the list, and a task with its buttons.

use crate::action::what_was_done;
use crate::filters::Filters;
use crate::frame::{Viewer, frame, no_default, only, state, time, words};
use crate::names::{Names, customer};
use domain::staff::{Role, Staff};
use domain::task::{About, State, Task};
use domain::ticket::TicketName;
use jiff::Timestamp;
use maud::{Markup, html};

pub fn tasks(
    viewer: &Viewer,
    rows: &[Task],
    names: &Names,
    filters: &Filters,
    now: Timestamp,
    next: Option<&str>,
) -> String {
    frame(
        "Tasks",
        "/tasks",
        Some(viewer),
        html! {
            h1 { "Tasks" }
            (filters.short("Which tasks", &[
                ("Open", "/tasks".to_owned()),
                ("Mine", format!("/tasks?assigned_to={}", viewer.id)),
            ]))
            (filters.form(viewer))
            section {
                @if rows.is_empty() { (filters.empty(&html! {
                    "Nobody has anything to do. A task comes by itself where only a person can go on."
                })) } @else { div .scroll tabindex="0" { table aria-label="Tasks" {
                    thead { tr {
                        th scope="col" { "Task" } th scope="col" { "Customer" } th scope="col" { "State" }
                        th scope="col" { "Due" }
                        th scope="col" { "Who has it" }
                    } }
                    tbody { @for task in rows { tr {
                        td { a href={ "/tasks/" (task.id) } { (task.what) } }
                        td { (whose(task, names)) }
                        td { (shown_state(task, now)) }
                        td {
                            (time(task.due_at))
                            @if task.state == State::Open && task.due_at < now { " " strong { "overdue" } }
                        }
                        td { @match &task.assigned_to {
                            Some(to) => (names.who(to)),
                            None => span .soft { "nobody yet" },
                        } }
                    } } }
                } } }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

/// Some are about nobody: a key, an endpoint, a stranger's ticket.
fn whose(task: &Task, names: &Names) -> Markup {
    let called = names.of(&task.account);
    html! {
        @if called.is_known() { a href={ "/accounts/" (task.account) } { (called) } } @else { span .soft { "–" } }
    }
}

fn shown_state(task: &Task, now: Timestamp) -> Markup {
    html! {
        (state(task.state.name()))
        @if let (State::Open, Some(until), true) = (task.state, task.snoozed_until, task.sleeps(now)) {
            " put off until " (time(until))
        }
    }
}

/// `staff` are those who may have tasks.
pub fn task(
    viewer: &Viewer,
    task: &Task,
    names: &Names,
    staff: &[Staff],
    now: Timestamp,
    days_max: i64,
    notice: Option<&str>,
) -> String {
    frame(
        "Task",
        "/tasks",
        Some(viewer),
        html! {
            h1 { (task.what) " " (shown_state(task, now)) }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            section {
                h2 { "How" }
                p { (task.steps) }
                @if let About::Offered { invoice, subscription, asks } = &task.about {
                    form .inline method="get" action={ "/accounts/" (task.account) "/ask" } {
                        input type="hidden" name="kind" value=(asks);
                        input type="hidden" name="invoice" value=(invoice);
                        input type="hidden" name="subscription" value=(subscription);
                        button type="submit" { "Ask for " (words(asks)) }
                    }
                }
                dl {
                    dt { "Customer" } dd { @match task.about {
                        About::Verify { .. } => span .soft { "nobody knows yet" },
                        _ => (customer(names, &task.account)),
                    } }
                    dt { "Because of" } dd { a href=(origin(task)) { @match task.about {
                        About::Action { .. } => "an approved action that its provider cannot do",
                        About::RestDue { .. } | About::LeftOwing { .. } => "the customer's cancellation",
                        About::ChargedSince { .. } => "what was charged after the customer had left",
                        About::Unseen { .. } => "a refund that was made by hand and is not in the book",
                        About::Claimed { .. } => "a bank's claim that is decided",
                        About::Overdue { .. } => "an open invoice that no recovery asks for",
                        About::Letter { .. } => "a letter about more than its owner decides",
                        About::Failing { .. } => "tries that fail again and again",
                        About::Recovery { .. } => "a recovery that ends with a person",
                        About::Play { .. } => "a step of a case's playbook",
                        About::Onboarding { .. } => "an upgrade",
                        About::Incident { .. } => "an incident",
                        About::Offered { .. } => "an invoice that stays open",
                        About::Undelivered { .. } => "an endpoint that does not take what it is sent",
                        About::Collect { .. } => "what the customer of a ticket was asked to pay",
                        About::Overpaid { .. } => "more that came in than was asked for",
                        About::PaidAfterAll { .. } => "a payment for a request that was withdrawn",
                        About::Unasked { .. } => "a letter that did not reach its customer for certain",
                        About::Unowned { .. } => "a ticket that nobody has",
                        About::Verify { .. } => "a ticket of somebody whom nobody knows",
                        About::MarkPaid { .. } => "a payment for an invoice whose provider does not know of it",
                        About::Key { .. } => "an API key that does not work",
                    } } }
                    dt { "Opened" } dd { (time(task.opened_at)) }
                    dt { "Due" } dd { (time(task.due_at)) }
                    dt { "Who has it" } dd { @match &task.assigned_to {
                        Some(to) => (names.who(to)),
                        None => "nobody yet",
                    } }
                    @if let (Some(by), Some(at)) = (&task.ended_by, task.ended_at) {
                        dt { "Ended" } dd {
                            "by " (names.who(by)) ", " (time(at))
                            @if !task.note.is_empty() { ": " (task.note) }
                            @if !task.reference.is_empty() { " (" (task.reference) ")" }
                        }
                    }
                }
            }
            @if let (State::Open, Some(csrf)) = (task.state, &viewer.csrf) {
                (buttons(viewer, task, staff, days_max, csrf))
            }
        },
    )
}

/// Where the page of what a task comes of is.
fn origin(task: &Task) -> String {
    match (&task.about, task.about.action()) {
        (About::Undelivered { .. }, _) => "/endpoints".to_owned(),
        (About::Key { .. }, _) => "/sources".to_owned(),
        (About::Collect { .. } | About::Overpaid { .. } | About::Unasked { .. }, _) => {
            format!("/payment-requests?account={}", task.account)
        }
        (About::Unowned { ticket } | About::Verify { ticket }, _) => {
            TicketName::parse(ticket).map_or("/tickets".to_owned(), |name| format!("/tickets/{}", name.address()))
        }
        (About::PaidAfterAll { .. }, _) => "/payments/unmatched".to_owned(),
        (About::Play { case }, _) => format!("/cases/{case}"),
        (About::Incident { incident }, _) => format!("/incidents/{incident}"),
        (_, Some(action)) => format!("/actions/{action}"),
        (_, None) => format!("/accounts/{}", task.account),
    }
}

/// Says of the ticket what its task waits for, which ends with that.
fn verify(viewer: &Viewer, ticket: &str, csrf: &str) -> Markup {
    if !viewer.role.may_request() {
        return html! { section { (only("Colleagues in support and billing say who wrote.")) } };
    }
    let Some(name) = TicketName::parse(ticket) else { return html! {} };
    let form = |inside: Markup| {
        html! {
            form .row method="post" action={ "/tickets/" (name.address()) } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                (inside)
                label { "as I know by " input name="note" required maxlength="2000"; }
            }
        }
    };
    html! { section .notice {
        h2 { "Say who wrote" }
        (form(html! {
            label { "It belongs to " input name="account" required placeholder="an account's id"; }
            button type="submit" name="say" value="account" { "It is theirs" }
        }))
        (form(html! { button .plain type="submit" name="say" value="stranger" { "They are no customer" } }))
    } }
}

/// The role that decides about it, where that is not the viewer's to say.
fn waits_for(viewer: &Viewer, task: &Task) -> Option<Role> {
    match task.about {
        About::Letter { needs, .. } if !viewer.role.stands_for(needs) => Some(needs),
        _ => None,
    }
}

fn buttons(viewer: &Viewer, task: &Task, staff: &[Staff], days_max: i64, csrf: &str) -> Markup {
    let form = |inside: Markup| {
        html! {
            form method="post" action={ "/tasks/" (task.id) } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                (inside)
            }
        }
    };
    html! {
        @if let About::Verify { ticket } = &task.about { (verify(viewer, ticket, csrf)) }
        @else if let Some(needs) = waits_for(viewer, task) {
            section { p .soft { "It waits for a " (words(needs.name())) ", or for whoever stands above them." } }
        } @else if viewer.role.may_settle() { section .notice {
            h2 { "Say how it ended" }
            (form(html! {
                @if let About::Letter { bucket, .. } = &task.about {
                    input type="hidden" name="bucket" value=(bucket);
                    button type="submit" name="say" value="done" { "Send" }
                    button .plain type="submit" name="say" value="dropped" { "Skip" }
                } @else if let About::Unseen { .. } = task.about {
                    (what_was_done("The provider's id of the refund, if it is there"))
                    button type="submit" name="say" value="done" { "It is there" }
                    button .plain type="submit" name="say" value="dropped" { "It was not done" }
                } @else {
                    (what_was_done("The provider's id of what was done (optional)"))
                    button type="submit" name="say" value="done" { "I have done it" }
                    button .plain type="submit" name="say" value="dropped" { "It was not done, and will not be" }
                }
            }))
        } } @else { section { (only("A billing specialist, a manager or a VP does it and says so here.")) } }
        @if viewer.role.may_request() { section {
            h2 { "Who does it, and when" }
            (form(html! {
                label for="assign" { "Who has it" }
                select id="assign" name="assign" {
                    option value="" { "nobody" }
                    @for one in staff {
                        option value=(one.id) selected[task.assigned_to.as_ref() == Some(&one.id)] { (one.name) }
                    }
                }
                button type="submit" name="say" value="assign" { "Assign" }
            }))
            (form(html! {
                label for="days" { "Put it off for days" }
                input id="days" name="days" type="number" min="1" max=(days_max) value="1" required;
                button .plain type="submit" name="say" value="snooze" { "Put off" }
            }))
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::AccountId;
    use domain::staff::Role;
    use jiff::SignedDuration;

    #[test]
    fn whoever_may_says_of_a_ticket_whose_it_is_or_that_it_is_nobodys() {
        let (account, now) = (AccountId::of("desk", "default", "t1"), Timestamp::UNIX_EPOCH);
        let about = About::Verify { ticket: "desk/default/t1".to_owned() };
        let one = Task::new(&account, about, "Find out".into(), "Ask.".into(), now, SignedDuration::from_hours(24));
        for (role, forms) in [(Role::L1, 2), (Role::BillingSpecialist, 2), (Role::Analyst, 0)] {
            let viewer = Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: Some("c".into()), local: false };
            let page = task(&viewer, &one, &Names::default(), &[], now, 30, None);
            assert_eq!(page.matches("action=\"/tickets/desk:t1\"").count(), forms, "{role:?}: {page}");
            assert_eq!(page.matches("value=\"stranger\"").count(), forms / 2, "{role:?}: {page}");
            assert!(!page.contains(&format!("/accounts/{account}")), "nobody has such an account: {page}");
        }
    }

    #[test]
    fn whoever_has_a_task_or_ended_it_is_named() {
        let (account, now) = (AccountId::of("p", "default", "cus_1"), Timestamp::UNIX_EPOCH);
        let about = About::Recovery { invoice: "in_1".into() };
        let mut one = Task::new(&account, about, "Call".into(), "Ask.".into(), now, SignedDuration::from_hours(24));
        one.assigned_to = Some("lena".to_owned());
        let viewer = Viewer { id: "luis".into(), name: "Luis".into(), role: Role::L2, csrf: None, local: false };
        let names = Names::default().with([("lena".to_owned(), "Lena M.".to_owned())]);
        let page = task(&viewer, &one, &names, &[], now, 30, None);
        assert!(page.contains("<dt>Who has it</dt><dd>Lena M.</dd>"), "{page}");
        (one.ended_by, one.ended_at) = (Some("nia".to_owned()), Some(now));
        let page = task(&viewer, &one, &names, &[], now, 30, None);
        assert!(page.contains("by nia (no longer here), <time"), "{page}");
        let filters = Filters { path: "/tasks", ..Filters::default() };
        let page = tasks(&viewer, &[one], &names, &filters, now, None);
        assert!(page.contains("<td>Lena M.</td>"), "{page}");
    }

    #[test]
    fn a_letter_is_sent_or_skipped_by_whom_it_waits_for_and_others_read_whom() {
        let now: Timestamp = "2026-03-18T09:00:00Z".parse().unwrap();
        let account = AccountId::of("p", "default", "cus_1");
        let about = About::Letter { invoice: "in_1".into(), bucket: "0-30".into(), needs: Role::Manager };
        let letter = Task::new(&account, about, "Agree".into(), "Look".into(), now, SignedDuration::from_hours(24));
        for (role, decides) in [(Role::BillingSpecialist, false), (Role::Manager, true), (Role::Vp, true)] {
            let viewer =
                Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: Some("token".into()), local: false };
            let page = task(&viewer, &letter, &Names::default(), &[], now, 30, None);
            assert_eq!((page.contains("Send<"), page.contains("Skip<")), (decides, decides), "{role:?}: {page}");
            assert_eq!(page.contains("It waits for a manager"), !decides, "{role:?}: {page}");
            assert_eq!(page.contains("name=\"bucket\" value=\"0-30\""), decides, "{role:?}: {page}");
        }
    }
}
