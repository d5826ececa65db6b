//! What may a customer be asked to pay because of a ticket? Only what they can pay, once, and only where it is certain
//! who they are.

use super::{Line, Request};
use crate::debt::{Debt, Standing};
use crate::id::{AccountId, RequestId};
use crate::money::Currency;
use crate::staff::Role;
use crate::ticket::{State as TicketState, Ticket};
use serde::Deserialize;

/// How many invoices one request asks for: the first of them, where there are more.
const LINES_MAX: usize = 25;

/// What somebody asks for: all that is open and that nobody else asks for, if nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    /// The provider's ids.
    pub invoices: Vec<String>,
    /// Which of several currencies.
    pub currency: Option<Currency>,
    /// How often it was our turn when the ticket was read: what came in since is not answered by the letter. All that
    /// has come, where that is not said.
    pub turns: Option<u32>,
}

/// Why nobody is asked to pay. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("analysts and legal ask for no payments; ask a colleague in support or billing")]
    NotTheirs,
    #[error("it is not certain whose ticket this is; verify that first: nobody else is told what a customer owes")]
    Stranger,
    #[error("the ticket is resolved; open it again first")]
    Resolved,
    #[error("Recoup observes this source and writes to none of its customers; raise it first")]
    Observed,
    #[error("invoice {0} cannot be paid: it is paid, withdrawn, disputed or in review, or not of this account")]
    NotPayable(String),
    #[error("nothing is open that can be paid")]
    Nothing,
    #[error("what is open is in several currencies ({0}); name the `currency`")]
    Currencies(String),
    #[error("{0} asks for invoice {1} already")]
    Asked(RequestId, String),
    #[error("{0} has ended; ask because of another ticket")]
    Ended(RequestId),
    #[error("{0} payment requests are open for this account; close the ticket of one, which withdraws it")]
    TooMany(usize),
}

impl Wish {
    /// Whose ticket it is, if somebody may ask for a payment because of it.
    pub fn allowed(ticket: &Ticket, role: Role) -> Result<&AccountId, Refused> {
        if !role.may_request() {
            return Err(Refused::NotTheirs);
        }
        let known = ticket.handling.account.as_ref().filter(|_| ticket.is_from_a_contact());
        let account = known.ok_or(Refused::Stranger)?;
        if ticket.handling.state == TicketState::Resolved { Err(Refused::Resolved) } else { Ok(account) }
    }
}

/// The lines of a request: what is payable of what is wished for. `others` are the account's requests that are not
/// over.
pub fn lines(wish: &Wish, debts: &[Debt], others: &[Request], most: usize) -> Result<Vec<Line>, Refused> {
    let payable = |debt: &Debt| match debt.standing {
        Standing::Open(Some(amount)) => Some(Line::new(&debt.invoice, &debt.number, amount)),
        _ => None,
    };
    let mut lines: Vec<Line> = debts.iter().filter_map(payable).collect();
    if !wish.invoices.is_empty() {
        if let Some(other) = wish.invoices.iter().find(|id| lines.iter().all(|line| line.invoice != **id)) {
            return Err(Refused::NotPayable(other.clone()));
        }
        lines.retain(|line| wish.invoices.contains(&line.invoice));
    }
    if let Some(currency) = wish.currency {
        lines.retain(|line| line.amount.currency() == currency);
    }
    let taken = |line: &Line| {
        let other = others.iter().find(|other| !other.is_over() && other.asks_for(&line.invoice))?;
        Some(Refused::Asked(other.id.clone(), line.number.clone()))
    };
    let refused = lines.iter().find_map(taken);
    if wish.invoices.is_empty() {
        lines.retain(|line| taken(line).is_none());
    }
    let Some(first) = lines.first().map(|line| line.amount.currency()) else {
        return Err(refused.unwrap_or(Refused::Nothing));
    };
    if lines.iter().any(|line| line.amount.currency() != first) {
        let mut all: Vec<_> = lines.iter().map(|line| line.amount.currency().to_string()).collect();
        all.sort();
        all.dedup();
        return Err(Refused::Currencies(all.join(", ")));
    }
    if let Some(refused) = refused.filter(|_| !wish.invoices.is_empty()) {
        return Err(refused);
    }
    lines.truncate(LINES_MAX);
    if others.len() >= most { Err(Refused::TooMany(most)) } else { Ok(lines) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cash::{Asked, Credit};
    use crate::money::Money;
    use jiff::Timestamp;

    fn account() -> AccountId {
        AccountId::of("stripe", "default", "cus_1")
    }

    fn debt(id: &str, standing: Standing) -> Debt {
        Debt { invoice: id.to_owned(), number: id.to_uppercase(), due_on: None, purpose: None, standing }
    }

    fn open(id: &str, minor: i64, currency: Currency) -> Debt {
        debt(id, Standing::Open(Some(Money::from_minor(minor, currency))))
    }

    #[test]
    fn only_support_and_billing_ask_and_only_whom_they_know() {
        let mut ticket = Ticket::new("ticket", "default", "t1");
        assert_eq!(Wish::allowed(&ticket, Role::L1), Err(Refused::Stranger));
        assert_eq!(Wish::allowed(&ticket, Role::Analyst), Err(Refused::NotTheirs));
        ticket.handling.account = Some(account());
        assert_eq!(Wish::allowed(&ticket, Role::L1), Err(Refused::Stranger), "only the text names it");
        ticket.accounts.insert(account());
        for role in Role::ALL {
            let may = !matches!(role, Role::Analyst | Role::Legal);
            assert_eq!(Wish::allowed(&ticket, role).is_ok(), may, "{}", role.name());
        }
        ticket.handling.go_on(TicketState::Resolved, "lena", Timestamp::UNIX_EPOCH, "done");
        assert_eq!(Wish::allowed(&ticket, Role::L1), Err(Refused::Resolved));
    }

    #[test]
    fn what_can_be_paid_is_asked_for_once() {
        let (usd, eur) = (Currency::USD, Currency::EUR);
        let debts = [
            open("in_1", 4_900, usd),
            open("in_2", 1_000, usd),
            open("in_3", 700, eur),
            debt("in_4", Standing::Disputed),
            debt("in_5", Standing::Open(None)),
        ];
        let named =
            |all: &[&str]| Wish { invoices: all.iter().map(|id| (*id).to_owned()).collect(), ..Wish::default() };
        let of = |currency| Wish { currency: Some(currency), ..Wish::default() };
        let two = "in_1 in_2";
        let rows = [
            ("in several currencies", Wish::default(), &debts[..], Err(Refused::Currencies("EUR, USD".to_owned()))),
            ("in one of them", of(usd), &debts[..], Ok(two)),
            ("by name", named(&["in_3"]), &debts[..], Ok("in_3")),
            ("what is disputed", named(&["in_4"]), &debts[..], Err(Refused::NotPayable("in_4".to_owned()))),
            ("what has no sum", named(&["in_5"]), &debts[..], Err(Refused::NotPayable("in_5".to_owned()))),
            ("what is not theirs", named(&["in_9"]), &debts[..], Err(Refused::NotPayable("in_9".to_owned()))),
            ("nothing is open", Wish::default(), &debts[3..], Err(Refused::Nothing)),
            ("all that is open", Wish::default(), &debts[..2], Ok(two)),
        ];
        for (name, wish, debts, expected) in rows {
            let found = lines(&wish, debts, &[], 20);
            let found = found.map(|lines| lines.iter().map(|line| line.invoice.clone()).collect::<Vec<_>>().join(" "));
            assert_eq!(found, expected.map(str::to_owned), "{name}");
        }
        let account = account();
        let asked = Asked {
            account: &account,
            ticket: "ticket/default/t0",
            lines: lines(&named(&["in_2"]), &debts, &[], 20).unwrap(),
            credit: Credit::default(),
            by: "lena",
        };
        let mut other = Request::new(asked, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let ask = |wish: &Wish, other: &Request, most| {
            let found = lines(wish, &debts, std::slice::from_ref(other), most);
            found.map(|lines| lines.iter().map(|line| line.invoice.clone()).collect::<Vec<_>>().join(" "))
        };
        let again = Err(Refused::Asked(other.id.clone(), "IN_2".to_owned()));
        assert_eq!(ask(&named(&["in_2"]), &other, 20), again, "another ticket asks for it");
        assert_eq!(ask(&of(usd), &other, 20), Ok("in_1".to_owned()), "that is left out, where nothing is named");
        other.see("in_2", Standing::Withdrawn, None);
        assert_eq!(ask(&of(usd), &other, 20), Ok(two.to_owned()), "it asks for it no more");
        assert_eq!(ask(&of(usd), &other, 1), Err(Refused::TooMany(1)));
    }

    #[test]
    fn what_others_ask_for_leaves_room_for_what_nobody_does() {
        let debts: Vec<_> = (1..=30).map(|number| open(&format!("in_{number}"), 1_000, Currency::USD)).collect();
        let ask = |ticket: &str, others: &[Request]| -> Result<Request, Refused> {
            let lines = lines(&Wish::default(), &debts, others, 20)?;
            let (account, credit, by) = (account(), Credit::default(), "lena");
            let asked = Asked { account: &account, ticket, lines, credit, by };
            Ok(Request::new(asked, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH))
        };
        let of = |request: &Request| request.lines.iter().map(|line| line.invoice.clone()).collect::<Vec<_>>();
        let number = |number| format!("in_{number}");
        let first = ask("ticket/default/t1", &[]).unwrap();
        assert_eq!(of(&first), (1..=25).map(number).collect::<Vec<_>>());
        let second = ask("ticket/default/t2", std::slice::from_ref(&first)).unwrap();
        assert_eq!(of(&second), (26..=30).map(number).collect::<Vec<_>>());
        let again = Err(Refused::Asked(first.id.clone(), "IN_1".to_owned()));
        assert_eq!(ask("ticket/default/t3", &[first, second]), again, "all of them are asked for");
    }
}
