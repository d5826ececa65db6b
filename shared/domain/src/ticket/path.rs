//! The way of a ticket, from what was written to who has it: read, matched, gathered, drafted, given to somebody, with a time.

use super::opening::{about, of_ticket, open_case};
use super::trouble::same_trouble;
use super::{Colleague, Followed, State, Ticket, TicketName, TicketPolicy, assign, clock, whose};
use crate::book::{Head, Person};
use crate::case::{Case, Class, State as CaseState};
use crate::id::CaseId;
use crate::policy::{Texts, Working};
use crate::sidebar::Said;
use crate::staff::MACHINE;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The account of a ticket, once it is certain, as far as the ticket is judged by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub head: Head,
    pub person: Person,
    pub said: Said,
    /// Those that may be its trouble, and the one that it has.
    pub cases: BTreeMap<CaseId, Case>,
    /// How many other tickets the account has.
    pub earlier: usize,
}

/// What a ticket is judged by beside its account.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub policy: &'a TicketPolicy,
    pub texts: &'a Texts,
    pub working: &'a Working,
    pub team: &'a [Colleague],
    /// What brought it about, by its id.
    pub event: &'a str,
    /// When the customer wrote.
    pub at: Timestamp,
    pub now: Timestamp,
}

/// The cases of an account that a ticket may be about, by the head: the one that it has, its own, and those of a class that is
/// the same trouble.
pub fn concerned(ticket: &Ticket, head: &Head, policy: &TicketPolicy) -> Vec<CaseId> {
    let class = ticket.handling.taken_for.as_ref().and_then(|taken| taken.certain());
    let own = class.map(|class| CaseId::of(&head.account, class.name(), &about(&TicketName::of(ticket))));
    let same = class.map(|class| policy.class(class).same.as_slice()).unwrap_or_default();
    let is_same = |name: &str| same.iter().any(|class| class.name() == name);
    let open = head.cases.iter().filter(|(_, line)| is_same(&line.class)).map(|(id, _)| id.clone());
    let mut all: Vec<CaseId> = ticket.handling.case.clone().into_iter().chain(own).chain(open).collect();
    all.sort();
    all.dedup();
    all
}

/// Takes a ticket up where it stands now: its case, who has it, and by when something happens. Whatever changed it calls this.
pub fn take_up(ticket: &mut Ticket, mut known: Option<&mut Known>, followed: Followed, scene: &Scene<'_>) {
    let read = ticket.handling.taken_for.as_ref().and_then(|taken| taken.language.as_ref());
    let read = read.map(|tongue| tongue.language.clone());
    let file = known.as_ref().map(|known| {
        let reader = known.person.reader(known.said.customer.as_ref(), scene.texts);
        reader.language().to_owned()
    });
    ticket.handling.language = read.or(ticket.handling.language.take()).or(file);
    if let Some(known) = known.as_deref_mut() {
        if ticket.handling.state != State::Resolved {
            find_case(ticket, known, scene);
        } else if let Some(case) = ticket.handling.case.as_ref().and_then(|id| known.cases.get_mut(id)) {
            end_case(ticket, case, &mut known.head, scene.now);
        }
    }
    if ticket.handling.state != State::Resolved {
        hand_over(ticket, known.as_deref(), scene);
        time_it(ticket, known.as_deref(), followed, scene);
    }
    ticket.handling.rest(scene.policy, scene.working, scene.now);
}

/// Joins the open case of the same trouble, or opens one; what it was taken for before gives way.
fn find_case(ticket: &mut Ticket, known: &mut Known, scene: &Scene<'_>) {
    let Some(taken) = ticket.handling.taken_for.clone() else { return };
    let Some(class) = taken.certain().filter(|class| *class != Class::NotBilling) else { return };
    let (name, policy) = (TicketName::of(ticket), scene.policy);
    let about = about(&name);
    let standing = ticket.handling.case.as_ref().and_then(|id| known.cases.get(id));
    let standing = standing.filter(|case| case.state == CaseState::Open);
    if standing.is_some_and(|case| {
        case.class == class || (case.about != about && policy.class(class).same.contains(&case.class))
    }) {
        return;
    }
    let own = standing.filter(|case| case.about == about).map(|case| case.id.clone());
    let mentioned = whose::mentions(&ticket.words()).invoices;
    let others = known.cases.values().filter(|case| case.about != about);
    let found = same_trouble(class, &mentioned, &known.head, others, policy).map(|case| case.id.clone());
    let case = match (found, own) {
        (Some(found), own) => {
            if let Some(own) = own
                && let Some(case) = known.cases.get_mut(&own)
            {
                case.resolve(scene.now, "the same trouble as another case");
                known.head.forgets(&case.id, true);
            }
            let case = known.cases.get_mut(&found).expect("it was found among them");
            if !case.tickets.contains(&name.to_string()) {
                case.tickets.push(name.to_string());
                case.evidence.push(of_ticket(ticket, &taken, &name));
                case.events.push(scene.event.to_owned());
                case.shorten();
            }
            found
        }
        (None, Some(own)) => {
            let case = known.cases.get_mut(&own).expect("it was found among them");
            case.class = class;
            known.head.names(&own, case.line(), true);
            own
        }
        (None, None) => {
            let Some(fresh) = open_case(ticket, known, policy, scene.event, scene.now) else { return };
            // Its own case keeps its name, whatever class it was opened as.
            let before = ticket.handling.case.as_ref().and_then(|id| known.cases.get(id));
            let before = before.filter(|case| case.about == about).map(|case| case.id.clone());
            let fresh = Case { id: before.unwrap_or_else(|| fresh.id.clone()), ..fresh };
            let opened = match known.cases.remove(&fresh.id) {
                Some(ended) => opened_again(fresh, ended),
                None => fresh,
            };
            let id = opened.id.clone();
            known.head.names(&id, opened.line(), false);
            known.cases.insert(id.clone(), opened);
            id
        }
    };
    let title = known.cases[&case].class.title().to_lowercase();
    ticket.handling.case = Some(case);
    ticket.handling.note(scene.now, MACHINE, format!("its case: {title}"));
}

/// What people did about it and asked for because of it stands.
fn opened_again(fresh: Case, ended: Case) -> Case {
    let Case { actions, decisions, handled, tickets, at_work, opened_at, mut events, .. } = ended;
    events.extend(fresh.events.iter().cloned());
    Case { actions, decisions, handled, tickets, at_work, opened_at, events, ..fresh }
}

/// The case of a ticket that has ended, and the head of its account: a case that nothing but this ticket brought about ends with
/// it. One that a detector found does not.
pub fn end_case(ticket: &Ticket, case: &mut Case, head: &mut Head, now: Timestamp) {
    let name = TicketName::of(ticket);
    let is_own = case.about == about(&name) && case.tickets.iter().all(|own| *own == name.to_string());
    if is_own && case.state == CaseState::Open && !case.is_under_way(head) {
        case.resolve(now, "answered");
        head.forgets(&case.id, true);
    }
}

/// Gives it to somebody of the role that it is for, or near it. Whom a person gave it to keeps it, and so does whoever it climbed
/// to. Where nobody is there it stands in the queue of the role, with its time.
fn hand_over(ticket: &mut Ticket, known: Option<&Known>, scene: &Scene<'_>) {
    let handling = &mut ticket.handling;
    let wanted = assign::role(handling, known, scene.policy);
    let role = handling.role.filter(|_| handling.escalated || handling.given).unwrap_or(wanted);
    if let Some(before) = handling.role.filter(|before| *before != role) {
        // What a person said that it is may be for somebody above them.
        let is_said = handling.taken_for.as_ref().is_some_and(|taken| taken.by.is_some());
        handling.escalated |= is_said && role.stands_for(before);
        handling.assigned_to = None;
    }
    let is_another_queue = handling.role.replace(role) != Some(role);
    if handling.assigned_to.is_some() || handling.given {
        return;
    }
    match assign::pick_near(role, handling.language.as_deref(), scene.team) {
        Some(staff) => handling.assign(Some(&staff.id), MACHINE, scene.now),
        None if is_another_queue => {
            let queue = role.name().replace('_', " ");
            handling.note(
                scene.now,
                MACHINE,
                format!("nobody is there who could have it: it waits in the queue of {queue}"),
            );
        }
        None => {}
    }
}

/// By when it is to be answered: from the first letter as long as nobody answered, and from each letter after that.
fn time_it(ticket: &mut Ticket, known: Option<&Known>, followed: Followed, scene: &Scene<'_>) {
    let began = ticket.began_at().unwrap_or(scene.at);
    let handling = &mut ticket.handling;
    let minutes = assign::minutes(handling, known, scene.policy);
    for open in handling.open_turns.iter_mut().filter(|open| open.due_at.is_none()) {
        open.due_at = Some(clock::answered_by(open.at, minutes, scene.working));
    }
    let is_timed = handling.due_at.is_some() || handling.look_at.is_some();
    let changes_it = followed.wrote || followed.reopened || !is_timed;
    if !changes_it {
        return;
    }
    if handling.escalated && handling.due_at.is_some() {
        // What the top of the ladder was told of is past; what came since has a time of its own, and they hear of that once.
        let is_past = handling.due_at.is_some_and(|due| due <= scene.now);
        if is_past && handling.told_above.is_some_and(|told| told < handling.turns) {
            handling.due_at = Some(clock::answered_by(scene.at, minutes, scene.working));
        }
        return;
    }
    let is_new = handling.first_answer_at.is_none() && handling.reopened == 0;
    if is_new && !matches!(handling.state, State::Waiting | State::AwaitingPayment) {
        handling.due_at = Some(clock::answered_by(began, minutes, scene.working));
    } else if (followed.wrote || followed.reopened) && handling.due_at.is_none() {
        handling.due_at = Some(clock::answered_by(scene.at, minutes, scene.working));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::staff::{Role, Staff};
    use crate::ticket::{TakenFor, Tongue};
    use jiff::tz::TimeZone;

    fn at(hour: i64) -> Timestamp {
        "2026-03-04T08:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour)
    }

    fn known() -> Known {
        let head = Head::new("shop", "default", "cus_1");
        Known { head, person: Person::default(), said: Said::default(), cases: BTreeMap::new(), earlier: 0 }
    }

    fn taken(class: Class, abstained: bool) -> TakenFor {
        TakenFor { by: None, abstained, ..TakenFor::by_hand(class, "", at(0)) }
    }

    fn team() -> Vec<Colleague> {
        let somebody = |id: &str, role| {
            let (id, name, email) = (id.to_owned(), id.to_owned(), String::new());
            let staff = Staff { id, name, role, email, slack: None, languages: Vec::new() };
            Colleague { staff, is_away: false, load: 0 }
        };
        vec![somebody("lena", Role::L1), somebody("luis", Role::L2), somebody("bea", Role::BillingSpecialist)]
    }

    /// Takes it up, as an event would.
    fn up(ticket: &mut Ticket, known: Option<&mut Known>, hour: i64) {
        let policies = Policies::shipped().unwrap();
        let working = Working { opens: 8, closes: 18, zone: TimeZone::UTC };
        let scene = Scene {
            policy: policies.tickets.current(),
            texts: policies.texts.current(),
            working: &working,
            team: &team(),
            event: "evt_1",
            at: at(hour),
            now: at(hour),
        };
        take_up(ticket, known, Followed { wrote: true, ..Followed::default() }, &scene);
    }

    fn ticket(class: Option<TakenFor>) -> Ticket {
        let mut ticket = Ticket::new("desk", "default", "t1");
        (ticket.opened_at, ticket.handling.taken_for) = (Some(at(0)), class);
        ticket
    }

    #[test]
    fn it_goes_from_what_was_written_to_who_has_it() {
        for (what, class, account, role, to, due, cases) in [
            ("a stranger", Some(taken(Class::TaxQuestion, false)), None, Role::L1, "lena", 8, 0),
            ("nobody knows what it is", Some(taken(Class::TaxQuestion, true)), Some(known()), Role::L1, "lena", 4, 0),
            ("a charge twice", Some(taken(Class::DuplicateCharge, false)), Some(known()), Role::L2, "luis", 4, 1),
            ("nothing about money", Some(taken(Class::NotBilling, false)), Some(known()), Role::L1, "lena", 8, 0),
            ("nothing was written", None, Some(known()), Role::L1, "lena", 4, 0),
        ] {
            let (mut ticket, mut known) = (ticket(class), account);
            up(&mut ticket, known.as_mut(), 0);
            let handling = &ticket.handling;
            assert_eq!((handling.role, handling.assigned_to.as_deref()), (Some(role), Some(to)), "{what}");
            assert_eq!((handling.state, handling.due_at), (State::Investigating, Some(at(due))), "{what}");
            let opened = known.map(|known| (known.cases.len(), known.head.cases.len())).unwrap_or_default();
            assert_eq!(opened, (cases, cases), "{what}: its case is open, and the head names it");
            assert_eq!(handling.case.is_some(), cases == 1, "{what}");
        }
    }

    #[test]
    fn a_second_ticket_of_one_trouble_joins_its_case_and_the_case_ends_with_the_ticket_that_brought_it() {
        let (mut first, mut known) = (ticket(Some(taken(Class::DuplicateCharge, false))), known());
        up(&mut first, Some(&mut known), 0);
        let mut second = Ticket { id: "t2".to_owned(), ..ticket(Some(taken(Class::RefundRequest, false))) };
        up(&mut second, Some(&mut known), 1);
        assert_eq!((known.cases.len(), &second.handling.case), (1, &first.handling.case));
        let case = known.cases.values().next().unwrap();
        assert_eq!(case.tickets, ["desk/default/t1", "desk/default/t2"]);
        assert_eq!(case.evidence.iter().filter(|it| it.label == "Ticket").count(), 2);
        up(&mut second, Some(&mut known), 1);
        assert_eq!(known.cases.values().next().unwrap().tickets.len(), 2, "it joins once");

        first.handling.go_on(State::Resolved, "lena", at(2), "done");
        up(&mut first, Some(&mut known), 2);
        assert_eq!(known.head.cases.len(), 1, "another ticket is still about it");

        let (mut alone, mut own) = (ticket(Some(taken(Class::TaxQuestion, false))), super::tests::known());
        up(&mut alone, Some(&mut own), 0);
        alone.handling.go_on(State::Resolved, "lena", at(2), "done");
        up(&mut alone, Some(&mut own), 2);
        assert_eq!((own.head.cases.len(), own.cases.values().next().unwrap().state), (0, CaseState::Resolved));
        alone.handling.reopen(MACHINE, at(3), "the customer wrote again");
        up(&mut alone, Some(&mut own), 3);
        let case = own.cases.values().next().unwrap();
        assert_eq!((own.cases.len(), own.head.cases.len(), case.state), (1, 1, CaseState::Open), "the same case again");
        assert_eq!((case.opened_at, case.events.len()), (at(0), 2));
    }

    #[test]
    fn where_nobody_is_there_it_waits_in_a_queue_that_has_a_name_and_goes_to_whoever_comes() {
        let policies = Policies::shipped().unwrap();
        let working = Working { opens: 8, closes: 18, zone: TimeZone::UTC };
        let all = team();
        let mut ticket = ticket(Some(taken(Class::TaxQuestion, false)));
        let (mut known, nobody) = (known(), Vec::new());
        for (hour, there, expected) in [(0, &nobody, None), (1, &nobody, None), (2, &all, Some("bea"))] {
            let scene = Scene {
                policy: policies.tickets.current(),
                texts: policies.texts.current(),
                working: &working,
                team: there,
                event: "evt_1",
                at: at(hour),
                now: at(hour),
            };
            take_up(&mut ticket, Some(&mut known), Followed::default(), &scene);
            let handling = &ticket.handling;
            assert_eq!((handling.role, handling.assigned_to.as_deref()), (Some(Role::BillingSpecialist), expected));
            assert_eq!(handling.is_unowned(), expected.is_none());
            assert!(handling.wake_at().is_some(), "its clock runs");
            let said = "nobody is there who could have it: it waits in the queue of billing specialist";
            assert_eq!(handling.history.iter().filter(|it| it.what == said).count(), 1, "once");
        }
    }

    #[test]
    fn a_letter_after_the_top_was_told_has_a_time_of_its_own() {
        for (what, told_above, due, expected) in [
            ("it came since", Some(1), 1, 6),
            ("the time of what came before is not past", Some(1), 3, 3),
            ("the top was not told", None, 1, 1),
        ] {
            let (mut ticket, mut known) = (ticket(Some(taken(Class::DuplicateCharge, false))), known());
            let handling = &mut ticket.handling;
            (handling.escalated, handling.role, handling.told_above) = (true, Some(Role::Vp), told_above);
            handling.due_at = Some(at(due));
            handling.turns = 1;
            handling.begin_turn(at(2), None);
            up(&mut ticket, Some(&mut known), 2);
            assert_eq!(ticket.handling.due_at, Some(at(expected)), "{what}");
            assert_eq!(ticket.handling.open_turns[0].due_at, Some(at(6)), "{what}");
        }
    }

    #[test]
    fn another_word_on_what_it_is_moves_the_case_and_whoever_has_it_unless_a_person_gave_it() {
        let (mut ticket, mut known) = (ticket(Some(taken(Class::PaymentFailed, false))), known());
        up(&mut ticket, Some(&mut known), 0);
        assert_eq!(ticket.handling.assigned_to.as_deref(), Some("lena"));
        ticket.handling.take_for(taken(Class::Chargeback, false));
        up(&mut ticket, Some(&mut known), 0);
        let classes: Vec<Class> = known.cases.values().map(|case| case.class).collect();
        assert_eq!((classes, ticket.handling.assigned_to.as_deref()), (vec![Class::Chargeback], Some("bea")));
        assert_eq!(ticket.handling.due_at, Some(at(2)), "a bank waits for nobody");
        ticket.handling.correct(Class::TaxQuestion, "lena", at(1));
        ticket.handling.assign(Some("luis"), "lena", at(1));
        up(&mut ticket, Some(&mut known), 1);
        assert_eq!(ticket.handling.assigned_to.as_deref(), Some("luis"), "whom a person gave it to keeps it");
    }

    #[test]
    fn a_letter_that_tells_its_language_goes_before_the_file_and_one_too_short_to_tell_changes_nothing() {
        let (mut ticket, mut known) = (ticket(None), known());
        for (hour, language, expected) in
            [(0, None, "en"), (1, Some("de"), "de"), (2, None, "de"), (3, Some("fr"), "fr"), (4, None, "fr")]
        {
            let tongue = |language: &str| Tongue {
                by_letter: true,
                at: at(hour),
                chosen: false,
                language: language.to_owned(),
                words: Vec::new(),
            };
            let language = language.map(tongue);
            ticket.handling.take_for(TakenFor { language, ..taken(Class::TaxQuestion, true) });
            up(&mut ticket, Some(&mut known), hour);
            assert_eq!(ticket.handling.language.as_deref(), Some(expected), "after {hour} hours");
        }
    }
}
