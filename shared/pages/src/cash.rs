//! From a ticket to the money: the sixteen steps, what customers were asked to pay, payments that nobody could place.

use crate::filters::Filters;
use crate::frame::{Viewer, frame, no_default, state, time};
use crate::names::{Names, customer};
use domain::cash::{Candidate, Flow, Received, Request, State, Target};
use maud::{Markup, html};

/// The sixteen steps of one ticket, for its page: what was done by whom, what comes next, and why that waits. `csrf` is
/// for the button that asks for the payment, where nobody has.
pub fn cash(flow: &Flow, names: &Names, csrf: Option<&str>) -> Markup {
    html! {
        section {
            h2 { "From the ticket to the money" }
            @if let Some(next) = flow.next { p { "Next: " strong { (next.title()) } } }
            @if let Some(waits) = &flow.waits { p .soft {
                (waits) @if let Some(by) = &flow.withdrawn_by { ", by " (names.who(by)) }
            } }
            div .scroll tabindex="0" { table aria-label="From the ticket to the money" {
                thead { tr {
                    th .number scope="col" { "Step" } th scope="col" { "What" } th scope="col" { "Done" }
                    th scope="col" { "By" } th scope="col" { "What shows it" }
                } }
                tbody { @for (place, stage) in flow.steps().iter().enumerate() { tr {
                    td .number { (place + 1) }
                    td { (stage.step.title()) }
                    @match &stage.done {
                        Some(done) => {
                            td { (time(done.at)) } td { (names.who(&done.by)) } td { (done.shown(|id| names.who(id))) }
                        }
                        None => {
                            td { span .soft { "not yet" } } td {}
                            td { @if let Some(waits) = &stage.waits { span .soft { (waits) } } }
                        }
                    }
                } } }
            } }
            @match (&flow.request, csrf) {
                (Some(request), _) => { p { a href="/payment-requests" { (request) } } }
                (None, Some(csrf)) => {
                    form method="post" action={ "/tickets/" (flow.ticket) "/payment-request" } {
                        (no_default())
                        input type="hidden" name="csrf" value=(csrf);
                        input type="hidden" name="turns" value=(flow.turns);
                        button type="submit" { "Ask for what is open" }
                        p .soft { "The customer is mailed what is open, with our link to pay it." }
                    }
                }
                (None, None) => {}
            }
        }
    }
}

/// What customers were asked to pay because of tickets; `names` are theirs.
pub fn payment_requests(
    viewer: &Viewer,
    rows: &[Request],
    names: &Names,
    filters: &Filters,
    next: Option<&str>,
    notice: Option<&str>,
) -> String {
    frame(
        "Payment requests",
        "/payment-requests",
        Some(viewer),
        html! {
            h1 { "Payment requests" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            p { a href="/payments/unmatched" { "Payments that nobody could place" } }
            (filters.form(viewer))
            section {
                @if rows.is_empty() { (filters.empty(&html! {
                    "No customer was asked to pay because of a ticket. " a href="/tickets" { "Open a ticket" }
                    " of a customer who owes something, and ask for what is open."
                })) } @else { div .scroll tabindex="0" { table aria-label="Payment requests" {
                    thead { tr {
                        th scope="col" { "Customer" } th .number scope="col" { "Remains" }
                        th .number scope="col" { "Of" } th scope="col" { "State" }
                        th scope="col" { "What comes next" } th scope="col" { "Invoices" }
                        th scope="col" { "Ticket" } th scope="col" { "Asked" }
                    } }
                    tbody { @for request in rows { (row(request, names)) } }
                } } }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

fn row(request: &Request, names: &Names) -> Markup {
    let ticket = request.ticket_name().address();
    html! { tr {
        td { (customer(names, &request.account)) }
        td .number { (request.remaining()) }
        td .number { (request.amount()) }
        td {
            (state(request.state().name()))
            @if let Some(withdrawn) = &request.withdrawn { " " (withdrawn.why) }
            @if let Some(over) = request.over() { " " (over) " too much" }
        }
        td { (what_next(request)) }
        td { @for (place, line) in request.lines.iter().enumerate() {
            @if place > 0 { ", " }
            (line.number)
            @if let Some(why) = &line.dropped { " (" (why) ")" }
        } }
        td { a href={ "/tickets/" (ticket) } { "The ticket" } }
        td { (time(request.at)) " by " (names.who(&request.by)) " " span .soft { (request.id) } }
    } }
}

/// Who does something now, and the link that the customer has.
fn what_next(request: &Request) -> Markup {
    let link = request.standing().find_map(|line| line.link.as_ref());
    html! {
        @match request.state() {
            State::Open | State::PartlyPaid => {
                "the customer pays" @if let Some(link) = link { ", by " a href=(link) { "their link" } }
            }
            State::Overpaid => "somebody in billing gives back what is too much, or keeps it as credit",
            State::Paid | State::Withdrawn => span .soft { "nothing" },
        }
    }
}

/// Payments of which somebody has to say what they are for; `names` are those of the customers they came from.
pub fn unmatched(
    viewer: &Viewer,
    rows: &[Received],
    names: &Names,
    next: Option<&str>,
    notice: Option<&str>,
) -> String {
    frame(
        "Unmatched payments",
        "/payments/unmatched",
        Some(viewer),
        html! {
            h1 { "Payments that nobody could place" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            @if rows.is_empty() { section { p .soft { "Every payment has its place." } } }
            @for received in rows { section {
                h2 { (received.amount) " from " (names.of(&received.account)) }
                dl {
                    dt { "Customer" } dd { (customer(names, &received.account)) }
                    dt { "Came in" } dd { (time(received.at)) " " span .soft { (received.payment) } }
                    dt { "Says" } dd { (received.reference.as_deref().unwrap_or("nothing")) }
                    dt { "Why nobody could" } dd { (received.why.words()) }
                }
                @match &viewer.csrf {
                    Some(csrf) if viewer.role.may_settle() => { (says(received, csrf)) }
                    _ => { p .soft { "A billing specialist, a manager or a VP says what it is for." } }
                }
            } }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

fn says(received: &Received, csrf: &str) -> Markup {
    let form = |inside: Markup| {
        html! {
            form method="post" action={ "/payments/unmatched/" (received.id) } {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                (inside)
            }
        }
    };
    html! {
        p { "What is it for? Until somebody says so, the customer may be asked for money that is here." }
        @for candidate in &received.candidates { (form(likely(candidate))) }
        (form(html! {
            label { "For the payment request " input name="request" maxlength="60"; }
            button .plain type="submit" name="say" value="request" { "It is for this request" }
        }))
        (form(html! {
            label { "For the invoice " input name="invoice" maxlength="255"; }
            button .plain type="submit" name="say" value="invoice" { "It is for this invoice" }
        }))
        (form(html! { button .plain type="submit" name="say" value="none" { "It is for nothing that was asked" } }))
    }
}

fn likely(candidate: &Candidate) -> Markup {
    let (name, id) = match &candidate.target {
        Target::Request(request) => ("request", request.as_str()),
        Target::Invoice(invoice) => ("invoice", invoice.as_str()),
    };
    html! {
        input type="hidden" name=(name) value=(id);
        button type="submit" name="say" value=(name) {
            "It is for " (name) " " (id) " (confidence " (candidate.confidence) ")"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::cash::{Asked, Credit, Line, Why};
    use domain::id::AccountId;
    use domain::money::{Currency, Money};
    use domain::staff::Role;
    use domain::ticket::Ticket;
    use jiff::Timestamp;

    fn viewer(role: Role) -> Viewer {
        Viewer { id: "bea".into(), name: "Bea".into(), role, csrf: Some("c".into()), local: false }
    }

    fn named() -> Names {
        Names::default().with([("lena".to_owned(), "Lena M.".to_owned())])
    }

    fn request() -> Request {
        let account = AccountId::of("stripe", "default", "cus_1");
        let lines = vec![Line::new("in_1", "<IN-1>", Money::from_minor(4_900, Currency::USD))];
        let (credit, by) = (Credit::default(), "lena");
        let asked = Asked { account: &account, ticket: "ticket/default/a b", lines, credit, by };
        Request::new(asked, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_ticket_shows_sixteen_steps_and_what_comes_next() {
        let mut ticket = Ticket::new("ticket", "default", "a b");
        ticket.handling.turns = 2;
        let page = cash(&Flow::of(&ticket, None, None), &named(), Some("c")).into_string();
        assert!(page.contains("name=\"turns\" value=\"2\""), "{page}");
        assert_eq!(page.matches("<tr>").count(), 17, "sixteen and their names: {page}");
        assert!(page.contains("it is not certain whose ticket it is"), "{page}");
        assert!(page.contains("action=\"/tickets/a~20b/payment-request\""), "{page}");
        assert!(page.contains("The customer is mailed what is open"), "whoever presses it knows before: {page}");
        assert_eq!(page.matches("not yet").count(), 16, "{page}");
        assert_eq!(page.matches("somebody asks for the payment").count(), 4, "{page}");
        let mut request = request();
        request.began(&ticket, Timestamp::UNIX_EPOCH);
        let page = cash(&Flow::of(&ticket, Some(&request), None), &named(), Some("c")).into_string();
        assert!(page.contains("&lt;IN-1&gt; 49.00 USD") && !page.contains("<form"), "{page}");
        assert!(page.contains("<strong>Debt mailed</strong>"), "{page}");
        for part in ["<td>Lena M.</td><td>Lena M. has it</td>", "Lena M. looks into it", "<td>Recoup</td>"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        request.withdraw("its ticket was closed", "lena", Timestamp::UNIX_EPOCH);
        let page = cash(&Flow::of(&ticket, Some(&request), None), &named(), None).into_string();
        assert!(page.contains("it was withdrawn: its ticket was closed, by Lena M."), "{page}");
    }

    #[test]
    fn who_may_says_what_a_payment_is_for() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let (amount, at) = (Money::from_minor(4_900, Currency::USD), Timestamp::UNIX_EPOCH);
        let target = Target::Request(request().id);
        let candidate = Candidate { target, way: domain::cash::Way::Amount, confidence: "0.80".to_owned() };
        let found = (Why::NoReference, vec![candidate]);
        let rows = [Received::new(&account, ("ch_<1>", amount, at), Some("x7"), found)];
        let name = domain::book::Called::Name("Ada & Co".to_owned());
        let names = [(account, name)].into_iter().collect::<Names>().with([("lena".to_owned(), "Lena M.".to_owned())]);
        let page = unmatched(&viewer(Role::BillingSpecialist), &rows, &names, None, None);
        assert!(page.contains("<h2>49.00 USD from Ada &amp; Co</h2>"), "{page}");
        assert_eq!(page.matches("action=\"/payments/unmatched/rcv_").count(), 4, "{page}");
        assert!(page.contains("(confidence 0.80)") && page.contains("ch_&lt;1&gt;"), "{page}");
        let page = unmatched(&viewer(Role::L1), &rows, &names, None, None);
        assert!(!page.contains("/payments/unmatched/rcv_"), "{page}");
        let filters = Filters { path: "/payment-requests", ..Filters::default() };
        let page = payment_requests(&viewer(Role::L1), &[request()], &names, &filters, None, None);
        assert!(page.contains(">Ada &amp; Co</a>") && page.contains("the customer pays"), "{page}");
        assert!(page.contains("49.00 USD") && page.contains("&lt;IN-1&gt;"), "{page}");
        assert!(page.contains(" by Lena M. "), "{page}");
    }
}
