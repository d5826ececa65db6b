//! What is counted of tickets: as little as changes seldom, so that most commits of a ticket write no row.

use super::{Fact, Facts, Row, minutes, rows};
use crate::id::AccountId;
use crate::ticket::{Ticket, TicketName};

/// Counted when it was opened, however long it takes; what nobody has seen begin is nothing.
pub fn of_ticket(ticket: &Ticket) -> Option<Fact> {
    let (at, handling) = (ticket.began_at()?, &ticket.handling);
    let resolved = handling.resolved_at;
    Some(Fact::Ticket {
        ticket: TicketName::of(ticket).to_string(),
        at,
        class: handling.taken_for.as_ref().map(|taken| taken.class),
        first_answer_minutes: handling.first_answer_at.map(|first| minutes(at, first)),
        resolved_minutes: resolved.map(|end| minutes(at, end)),
        handled_secs: resolved.filter(|_| !handling.at_work.is_nothing()).map(|_| handling.at_work.secs),
        by_hand: resolved.map(|_| handling.by_hand),
        reopened: handling.reopened,
        escalated: handling.escalated,
        csat: ticket.csat.copied(),
    })
}

/// The difference that one writing of a ticket makes. One that began anew is another: what it was before stands.
pub fn ticket_rows(rev: u64, before: Option<&Ticket>, after: &Ticket) -> Vec<Row> {
    let name = TicketName::of(after).to_string();
    let facts = |ticket: Option<&Ticket>| -> Facts {
        ticket.and_then(of_ticket).map(|fact| (name.clone(), fact)).into_iter().collect()
    };
    let same = before.filter(|before| before.handling.began_at == after.handling.began_at);
    rows(&format!("tickets:{name}:{rev}"), &counted_with(after), &facts(same), &facts(Some(after)))
}

/// Whose it is; what is nobody's is spread over the partitions by its own name.
fn counted_with(ticket: &Ticket) -> AccountId {
    let own = || AccountId::of(&ticket.provider, &ticket.source, &ticket.id);
    ticket.handling.account.clone().unwrap_or_else(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Class;
    use crate::report::fact::sum;
    use crate::ticket::{Handling, State, TakenFor};
    use jiff::Timestamp;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    fn opened() -> Ticket {
        Ticket { opened_at: Some(at(0)), ..Ticket::new("ticket", "default", "t1") }
    }

    #[test]
    fn only_what_is_counted_makes_a_row() {
        let mut ticket = opened();
        let mut all = Vec::new();
        let mut rev = 0;
        let mut goes_on = |what: &str, rows_expected: usize, change: &dyn Fn(&mut Ticket)| {
            let before = (rev > 0).then(|| ticket.clone());
            change(&mut ticket);
            rev += 1;
            let rows = ticket_rows(rev, before.as_ref(), &ticket);
            assert_eq!(rows.len(), rows_expected, "{what}");
            all.extend(rows);
        };
        goes_on("opened", 1, &|_| {});
        goes_on("somebody looked at it", 0, &|ticket| ticket.handling.note(at(1), "lena", "looked"));
        goes_on("given to somebody", 0, &|ticket| ticket.handling.assign(Some("lena"), "mara", at(2)));
        goes_on("it is known whose it is", 0, &|ticket| {
            ticket.handling.account = Some(AccountId::of("stripe", "default", "cus_1"));
        });
        goes_on("classed", 1, &|ticket| {
            ticket.handling.taken_for = Some(TakenFor::by_hand(Class::TaxQuestion, "lena", at(2)));
        });
        goes_on("answered", 1, &|ticket| ticket.handling.first_answer_at = Some(at(3)));
        goes_on("escalated", 1, &|ticket| ticket.handling.escalated = true);
        goes_on("resolved", 1, &|ticket| ticket.handling.go_on(State::Resolved, "lena", at(5), "resolved it"));
        goes_on("opened again", 1, &|ticket| ticket.handling.reopen("lena", at(6), "it is not over"));
        goes_on("resolved for good", 1, &|ticket| ticket.handling.go_on(State::Resolved, "lena", at(9), "resolved it"));
        let standing = sum(&all);
        let expected = Fact::Ticket {
            ticket: "ticket/default/t1".to_owned(),
            at: at(0),
            class: Some(Class::TaxQuestion),
            first_answer_minutes: Some(3),
            resolved_minutes: Some(9),
            handled_secs: Some(8 * 60),
            by_hand: Some(true),
            reopened: 1,
            escalated: true,
            csat: None,
        };
        assert_eq!(standing.into_iter().collect::<Vec<_>>(), [(expected, 1)]);
    }

    #[test]
    fn what_begins_anew_is_counted_beside_what_it_was() {
        let mut ended = opened();
        ended.handling.go_on(State::Resolved, "lena", at(5), "resolved it");
        let mut anew = ended.clone();
        anew.handling = Handling { began_at: Some(at(90_000)), ..Handling::default() };
        let mut all = ticket_rows(1, None, &ended);
        all.extend(ticket_rows(2, Some(&ended), &anew));
        let standing: Vec<_> = sum(&all).into_keys().map(|fact| fact.at()).collect();
        assert_eq!(standing, [at(0), at(90_000)]);
        let mut late = anew.clone();
        late.opened_at = Some(at(-1));
        assert_eq!(ticket_rows(3, Some(&anew), &late), [], "what was before it began anew is counted already");
    }
}
