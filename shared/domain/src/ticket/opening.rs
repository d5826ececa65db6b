//! The case that a ticket opens where no open case is its trouble: with what there is to look at, and what is advised.

use super::policy::{Handled, Look};
use super::{Known, TakenFor, Ticket, TicketName, TicketPolicy};
use crate::book::Head;
use crate::case::{Case, Class, Draft, Evidence, OF_TICKET, State, TICKET, granted, owner, tax, usage};
use crate::event::{InvoiceStatus, SubscriptionStatus};
use crate::id::CaseId;
use crate::staff::AtWork;
use jiff::Timestamp;

/// How many of the newest of a kind are shown.
const SHOWN: usize = 3;

/// What a case is about that a ticket opened.
pub fn about(name: &TicketName) -> String {
    format!("{OF_TICKET}{name}")
}

/// The case, unless the ticket has nothing to do with money, or nobody knows what it is about.
pub fn open_case(ticket: &Ticket, known: &Known, policy: &TicketPolicy, event: &str, now: Timestamp) -> Option<Case> {
    let taken = ticket.handling.taken_for.as_ref()?;
    let class = taken.certain().filter(|class| *class != Class::NotBilling)?;
    let (handled, name, head) = (policy.class(class), TicketName::of(ticket), &known.head);
    let about = about(&name);
    let mut case = Case {
        id: CaseId::of(&head.account, class.name(), &about),
        account: head.account.clone(),
        class,
        about,
        confidence: taken.confidence.clone(),
        state: State::Open,
        rule: format!("ticket-{}", class.name()),
        policy_version: policy.version,
        cause: None,
        evidence: Vec::new(),
        missing: Vec::new(),
        advice: handled.advice.clone(),
        why: handled.why.clone(),
        recommended: None,
        draft_reply: handled.reply.as_ref().map(|text| Draft { text: text.clone(), ..Draft::default() }),
        actions: Vec::new(),
        decisions: Vec::new(),
        events: vec![event.to_owned()],
        handled: Vec::new(),
        tickets: vec![name.to_string()],
        at_work: AtWork::default(),
        opened_at: now,
        resolved_at: None,
        resolution: None,
        went_on_in: None,
        took_over: Vec::new(),
    };
    case.evidence.push(of_ticket(ticket, taken, &name));
    gather(&mut case, known, handled);
    case.shorten();
    Some(case)
}

/// That a ticket is about it, and how it was taken. What was written stands in the ticket and nowhere else.
pub(super) fn of_ticket(ticket: &Ticket, taken: &TakenFor, name: &TicketName) -> Evidence {
    let by = taken.by.as_deref().map_or_else(|| format!("confidence {}", taken.confidence), |by| format!("said {by}"));
    let from = if ticket.is_from_a_contact() { "from a contact of theirs" } else { "not from a contact of theirs" };
    let at = ticket.began_at().map(|at| format!("of {}, ", at.strftime("%Y-%m-%d"))).unwrap_or_default();
    let class = taken.class.title().to_lowercase();
    Evidence::new(TICKET, format!("{at}{from}: {class} ({by})"), &name.to_string())
}

/// Looks at what the policy names for the class first, then at what is looked at for all of them.
fn gather(case: &mut Case, known: &Known, handled: &Handled) {
    let Known { head, said, earlier, .. } = known;
    for look in &handled.looks {
        match look {
            Look::Card => card(case, head),
            Look::Invoices => invoices(case, head),
            Look::Payments => payments(case, head),
            Look::Subscriptions => subscriptions(case, head),
            Look::Tax => case.looked(tax(said)),
            Look::Usage => case.looked(usage(said)),
        }
    }
    if !handled.looks.contains(&Look::Tax) {
        case.looked(tax(said));
    }
    if !handled.looks.contains(&Look::Usage) {
        case.looked(usage(said));
    }
    if !handled.looks.contains(&Look::Payments) {
        payments(case, head);
    }
    case.looked(owner(said, &head.customer));
    case.evidence.push(granted(said, &head.customer));
    case.evidence.push(Evidence::new("Other tickets of the account", earlier, &head.customer));
}

fn card(case: &mut Case, head: &Head) {
    match head.book.card() {
        Some(card) => {
            let card = format!("{} ending {}", card.brand, card.last4);
            case.evidence.push(Evidence::new("Card", card, &head.customer));
        }
        None => case.missing.push("the card".to_owned()),
    }
}

fn invoices(case: &mut Case, head: &Head) {
    let shown = head.book.invoices.iter().rev().take(SHOWN).map(|line| {
        let (number, status) = (line.number.as_ref().unwrap_or(&line.invoice), line.status.map(InvoiceStatus::name));
        let total = line.total.map_or_else(|| "an unknown amount".to_owned(), |total| total.to_string());
        let value = format!("{number}, {total}, {}", status.unwrap_or("unknown"));
        Evidence::new("Invoice", value, &line.invoice)
    });
    let shown: Vec<Evidence> = shown.collect();
    if shown.is_empty() {
        case.missing.push("an invoice of the account".to_owned());
    }
    case.evidence.extend(shown);
}

fn payments(case: &mut Case, head: &Head) {
    let shown = head.book.payments.iter().rev().take(SHOWN).map(|line| {
        let amount = line.amount.map_or_else(|| "an unknown amount".to_owned(), |amount| amount.to_string());
        let status = line.status.map_or("unknown", |status| status.name());
        let value = format!("{amount}, {status}, {}", line.at.strftime("%Y-%m-%d"));
        // The evidence of a dispute calls the payment that it is about by another label.
        Evidence::new("Last payments", value, &line.payment)
    });
    let shown: Vec<Evidence> = shown.collect();
    if shown.is_empty() {
        case.missing.push("a payment of the account".to_owned());
    }
    case.evidence.extend(shown);
}

fn subscriptions(case: &mut Case, head: &Head) {
    let running = head.book.subscriptions.iter().filter(|(_, line)| line.status != Some(SubscriptionStatus::Ended));
    let shown: Vec<Evidence> = running
        .take(SHOWN)
        .map(|(id, line)| {
            let status = line.status.map_or("unknown", SubscriptionStatus::name);
            Evidence::new("Subscription", format!("{}, {status}", line.plan.as_deref().unwrap_or(id)), id)
        })
        .collect();
    if shown.is_empty() {
        case.missing.push("a subscription that runs".to_owned());
    }
    case.evidence.extend(shown);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Customer;
    use crate::policies::Policies;
    use crate::sidebar::Said;
    use serde_json::{from_value, json};
    use std::collections::BTreeMap;

    fn taken(class: Class, abstained: bool) -> TakenFor {
        TakenFor { abstained, by: None, ..TakenFor::by_hand(class, "", Timestamp::UNIX_EPOCH) }
    }

    fn known(customer: Option<Customer>) -> Known {
        let said = Said { customer, ..Said::default() };
        let head = Head::new("shop", "default", "cus_1");
        let (person, moving) = (crate::book::Person::default(), crate::ticket::Moving::default());
        Known { head, person, said, cases: BTreeMap::new(), moving, earlier: 2 }
    }

    #[test]
    fn every_class_but_one_opens_a_case_that_says_what_was_looked_at_and_what_was_not_known() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.tickets.current();
        let mut ticket = Ticket::new("desk", "default", "t1");
        for class in Class::ALL {
            ticket.handling.taken_for = Some(taken(class, false));
            let case = open_case(&ticket, &known(None), policy, "evt_1", Timestamp::UNIX_EPOCH);
            assert_eq!(case.is_some(), class != Class::NotBilling, "{class:?}");
            let Some(case) = case else { continue };
            assert_eq!(
                (case.about.as_str(), case.tickets.as_slice()),
                ("ticket:desk/default/t1", ["desk/default/t1".to_owned()].as_slice())
            );
            assert_eq!(case.rule, format!("ticket-{}", class.name()));
            assert!(case.disputed_payment().is_none(), "a ticket is no dispute");
            for missing in
                ["who looks after the account", "the tax settings of the customer", "usage: no import has it"]
            {
                assert!(case.missing.iter().any(|own| own == missing), "{class:?}: {missing}");
            }
            assert!(case.evidence.iter().any(|it| it.label == "Other tickets of the account" && it.value == "2"));
            assert!(!case.advice.is_empty() && case.draft_reply.is_some() && case.recommended.is_none(), "{class:?}");
        }
        ticket.handling.taken_for = Some(taken(Class::DuplicateCharge, true));
        assert_eq!(open_case(&ticket, &known(None), policy, "evt_1", Timestamp::UNIX_EPOCH), None, "nobody is sure");
    }

    #[test]
    fn what_imports_say_stands_among_the_evidence() {
        let policies = Policies::shipped().unwrap();
        let customer: Customer = from_value(json!({"provider": "shop", "source": "default", "customer": "cus_1",
            "strategic": false, "owner": "mara", "tax_country": "DE", "tax_id": "DE123", "tax_exempt": false,
            "metadata": {}}))
        .unwrap();
        let mut ticket = Ticket::new("desk", "default", "t1");
        ticket.handling.taken_for = Some(taken(Class::TaxQuestion, false));
        let now = Timestamp::UNIX_EPOCH;
        let case = open_case(&ticket, &known(Some(customer)), policies.tickets.current(), "evt_1", now).unwrap();
        let value = |label: &str| case.evidence.iter().find(|it| it.label == label).map(|it| it.value.as_str());
        assert_eq!(value("Tax settings"), Some("DE, not exempt, with a tax id"));
        assert_eq!(value("Owner of the account"), Some("mara"));
        assert!(
            !case.evidence.iter().any(|it| it.value.contains("DE123")),
            "a case is not erased, so nothing personal is in it"
        );
    }
}
