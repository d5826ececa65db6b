//! The play of a case: each step with how it stands, and, for who may, the button that takes it.

use super::{CaseShown, has_unmade, unmade};
use crate::copy::copies;
use crate::frame::{Viewer, known, no_default, time, words};
use crate::names::Names;
use domain::action::KINDS;
use domain::case::Case;
use domain::id::digest;
use domain::playbook::advice::Reply;
use domain::playbook::{Handling, Name, Placed, Play, Standing, Step, Wanted, What, When};
use domain::ticket::Outcome;
use maud::{Markup, html};

pub(super) fn playbook(viewer: &Viewer, shown: &CaseShown<'_>, play: &Play) -> Markup {
    let csrf = viewer.csrf.as_deref().filter(|_| viewer.role.may_request());
    let to_do = play.steps.iter().filter(|placed| !matches!(placed.step, Step::Look { .. }));
    let has_steps = to_do.clone().next().is_some();
    html! {
        section {
            h2 { "Playbook: " (play.playbook.title()) }
            p { (play.verdict) }
            (measured(shown.handling))
            ol { @for placed in to_do { li { (step(viewer, shown, placed, csrf)) } } }
            @if let Some(left) = play.what_is_left() { p { b { (left) } } }
            @if csrf.is_some() && play.playbook == Name::ChangePlan && !has_steps { (which_plan(shown)) }
            @if !play.missing.is_empty() {
                p { "Not known:" }
                ul { @for missing in &play.missing { li { (missing) } } }
            }
        }
    }
}

/// Its steps as the page of a ticket has them: what is written to the customer has its own place there.
pub(crate) fn steps(viewer: &Viewer, (case, play): (&Case, &Play), names: &Names) -> Markup {
    let csrf = viewer.csrf.as_deref().filter(|_| viewer.role.may_request());
    let to_do = play.steps.iter().filter(|placed| !matches!(placed.step, Step::Look { .. }));
    html! {
        p { (play.verdict) }
        ol { @for placed in to_do { li {
            (placed.step.text())
            @if let Some(standing) = &placed.standing { " " (stands(standing, names)) }
            @if let Some(csrf) = csrf.filter(|_| placed.is_open()) {
                @if matches!(placed.step, Step::Say { .. }) { " " a href="#answer" { "Answer" } }
                @else { (button(viewer, case, placed, csrf)) }
            }
        } } }
        @if let Some(left) = play.what_is_left() { p { b { (left) } } }
    }
}

/// How long people were at it, against what the playbook gives them.
fn measured(handling: &Handling) -> Markup {
    html! {
        @if let Some([least, most]) = handling.target {
            p .soft {
                "Handling takes " (least) " to " (most) " minutes; people were at it for " (handling.minutes) " so far"
                @if handling.is_over() { ", which is more" }
                "."
            }
        }
    }
}

fn step(viewer: &Viewer, shown: &CaseShown<'_>, placed: &Placed, csrf: Option<&str>) -> Markup {
    html! {
        (placed.step.text())
        @if let Some(standing) = &placed.standing { " " (stands(standing, shown.names)) }
        @if let Some(csrf) = csrf.filter(|_| placed.is_open()) { (button(viewer, shown.case, placed, csrf)) }
        @if let Step::Say { reply, .. } = &placed.step {
            details {
                summary { "The text" }
                p { b { (reply.subject) } }
                pre { (reply.body) }
                (unmade(&reply.body))
            }
        }
    }
}

/// Who took it, when, and where that stands; or why nobody can.
fn stands(standing: &Standing, names: &Names) -> Markup {
    html! {
        @match standing {
            Standing::Open => span .state.warn { "open" },
            Standing::UnderWay { by, at, what } => {
                span .state.warn { "under way" } " "
                span .soft {
                    (known(Some(names.who(by)).filter(|_| !by.is_empty()))) ", " (time(*at)) " " (seen_at(what))
                }
            },
            Standing::Done { by, at, what } => {
                span .state.good { "done" } " " span .soft { (names.who(by)) ", " (time(*at)) " " (seen_at(what)) }
            },
            Standing::NotPossible { why } => span .soft { "not yet: " (why) },
        }
    }
}

fn seen_at(what: &What) -> Markup {
    html! {
        @match what {
            What::Action(action) => a href={ "/actions/" (action) } { "action" },
            What::Task(task) => a href={ "/tasks/" (task) } { "task" },
            What::Answer(number) => { "answer " (number) },
            What::Case(_) => "",
        }
    }
}

fn button(viewer: &Viewer, case: &Case, placed: &Placed, csrf: &str) -> Markup {
    let path = format!("/cases/{}", case.id);
    let form = |say: &str, inside: Markup| {
        html! {
            form .row method="post" action=(path) {
                (no_default())
                input type="hidden" name="csrf" value=(csrf);
                input type="hidden" name="say" value=(say);
                (inside)
            }
        }
    };
    match &placed.step {
        Step::Look { .. } => html! {},
        Step::Ask { action, .. } => ask(viewer, case, placed, action, csrf),
        Step::Say { when, outcome, reply, .. } => html! {
            @match (&placed.ticket, placed.answered) {
                (Some(ticket), Some(answered)) => (answer(placed, (ticket.as_str(), answered), (*outcome, reply), csrf)),
                (Some(ticket), None) => p { a href={ "/tickets/" (ticket) } { "Answer the ticket" } },
                (None, _) => {},
            }
            (form("told", html! {
                input type="hidden" name="step" value=(placed.id.as_deref().unwrap_or_default());
                label { "or told elsewhere: " input name="note" maxlength="2000" placeholder="on the phone"; }
                button .plain type="submit" {
                    @if *when == When::Now { "I have told them" } @else { "I have told them that it is done" }
                }
            }))
        },
        Step::Task { who, .. } => form("task", html! { button type="submit" { "Make the task for the " (who) } }),
        Step::Watch { .. } => form("watch", html! { button type="submit" { "Watch the account" } }),
    }
}

/// The text as the answer to its ticket, to edit before it leaves.
fn answer(placed: &Placed, (ticket, answered): (&str, u32), (outcome, reply): (Outcome, &Reply), csrf: &str) -> Markup {
    let step = placed.id.as_deref().unwrap_or_default();
    let (field, ends) = (format!("text-{step}"), format!("solved-{step}"));
    html! {
        form method="post" action={ "/tickets/" (ticket) "/reply" } {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="outcome" value=(outcome.name());
            input type="hidden" name="answered" value=(answered);
            input type="hidden" name="turns" value=(placed.turns);
            input type="hidden" name="step" value=(step);
            p { a href={ "/tickets/" (ticket) } { "The ticket" } }
            label for=(field) { "The answer to it, to edit" }
            textarea id=(field) name="text" rows="9" maxlength="5000" required { (reply.body.trim()) }
            (unmade(&reply.body))
            label for=(ends) {
                input id=(ends) type="checkbox" name="solved" value="on" checked[outcome.ends()];
                " The ticket is solved with it"
            }
            button type="submit" { "Send the answer" }
            // Nobody copies a link that is not there yet.
            @if !has_unmade(&reply.body) { (copies(&field)) }
        }
    }
}

/// The form of asking with everything filled in. It shows what it would do first; a second press of the button there is
/// the same request.
fn ask(viewer: &Viewer, case: &Case, placed: &Placed, wanted: &Wanted, csrf: &str) -> Markup {
    let kind = wanted.wish.kind.as_str();
    if !KINDS.contains(&kind) {
        return html! { p .soft { "Recoup asks for all of it together by itself, as soon as it can be done." } };
    }
    let asked = case.actions.len().to_string();
    let key = digest(&[placed.id.as_deref().unwrap_or_default(), &viewer.id, &asked], 26);
    let own = [("kind", kind), ("key", key.as_str()), ("case", case.id.as_str()), ("note", wanted.note.as_str())];
    html! {
        form .row method="post" action={ "/accounts/" (case.account) "/ask" } {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="reason_code" value=(wanted.reason_code.name());
            @for (name, value) in own { input type="hidden" name=(name) value=(value); }
            @for (name, value) in fields(wanted) { input type="hidden" name=(name) value=(value); }
            button type="submit" name="step" value="preview" { "Ask for it: " (words(kind)) }
        }
    }
}

/// What the form of a kind calls the parameters of a wish.
fn fields(wanted: &Wanted) -> Vec<(&'static str, String)> {
    let params = &wanted.wish.params;
    let texts = [
        ("payment", &params.payment),
        ("invoice", &params.invoice),
        ("subscription", &params.subscription),
        ("plan", &params.plan),
    ];
    let texts = texts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let money = params.amount.iter().flat_map(|amount| {
        [("amount", amount.amount().to_string()), ("currency", amount.currency().code().to_owned())]
    });
    let days = params.days.iter().map(|days| ("days", days.to_string()));
    texts.chain(money).chain(days).collect()
}

fn which_plan(shown: &CaseShown<'_>) -> Markup {
    html! {
        @if shown.plans.is_empty() { p .soft { "The catalogue is empty: import it first." } } @else {
            form .row method="get" action={ "/cases/" (shown.case.id) } {
                label {
                    "The plan that is wanted "
                    select name="plan" required {
                        @for plan in shown.plans { option value=(plan.id) { (plan.text) } }
                    }
                }
                button type="submit" { "Show what it would be" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::action::{Kind, Reason};
    use domain::id::{AccountId, CaseId};
    use domain::money::{Currency, Money};

    #[test]
    fn whoever_could_copy_a_link_that_is_not_made_yet_is_told() {
        let text = "You can pay here: https://recoup.example/pay/…";
        assert!(unmade(text).into_string().contains("it is made as the ticket is answered"));
        assert_eq!(unmade("You can pay here: https://recoup.example/pay/0123").into_string(), "");
        let paper = "Here it is: https://recoup.example/document/…";
        assert!(unmade(paper).into_string().contains("once the document was asked for"));
    }

    #[test]
    fn what_is_denied_or_done_solves_its_ticket_and_what_is_explained_does_not() {
        let watch = Step::Watch { what: "another".into(), until: "2026-03-31".parse().unwrap(), days: 30 };
        let placed = Placed {
            id: Some("step_1".to_owned()),
            step: watch,
            standing: None,
            post: None,
            ticket: None,
            answered: None,
            turns: 0,
            since: None,
        };
        let reply = Reply { subject: "About it".to_owned(), body: "So it is.".to_owned() };
        for (outcome, ends) in [(Outcome::Denied, true), (Outcome::Done, true), (Outcome::Free, false)] {
            let form = answer(&placed, ("t1", 0), (outcome, &reply), "csrf").into_string();
            assert!(form.contains(&format!("name=\"outcome\" value=\"{}\"", outcome.name())), "{form}");
            assert_eq!(form.contains("value=\"on\" checked"), ends, "{form}");
        }
    }

    #[test]
    fn a_button_says_all_that_somebody_would_fill_in() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let usd = Money::parse("24.00", Currency::USD).unwrap();
        for (kind, expected) in [
            (
                Kind::Refund { payment: "ch_2".into(), amount: usd },
                vec![("payment", "ch_2"), ("amount", "24.00"), ("currency", "USD")],
            ),
            (Kind::PaymentLink { invoice: "in_1".into(), amount: Some(usd) }, vec![("invoice", "in_1")]),
            (Kind::ExtendGrace { invoice: "in_1".into(), days: 4 }, vec![("invoice", "in_1"), ("days", "4")]),
            (
                Kind::Upgrade {
                    subscription: "sub_1".into(),
                    plan: "pro".into(),
                    price: usd,
                    at: jiff::Timestamp::UNIX_EPOCH,
                },
                vec![("subscription", "sub_1"), ("plan", "pro")],
            ),
        ] {
            let case = Some(CaseId::of(&account, "duplicate_charge", "ch_2"));
            let reason_code = Reason::DuplicateCharge;
            let wanted = Wanted { account: account.clone(), wish: kind.wish(), reason_code, note: String::new(), case };
            let said = fields(&wanted);
            let said: Vec<_> = said.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(said, expected, "{}", kind.name());
        }
    }
}
