//! The way of a ticket, from what was written to who has it: read, matched, gathered, drafted, given to somebody, with
//! a time.

use super::opening::{about, of_ticket, open_case};
use super::trouble::same_trouble;
use super::{
    Colleague, Followed, Handling, Moving, State, TakenFor, Ticket, TicketName, TicketPolicy, assign, clock, whose,
};
use crate::book::{Head, Person};
use crate::case::{Case, Class, State as CaseState, TICKET};
use crate::id::CaseId;
use crate::policy::{Texts, Working};
use crate::sidebar::Said;
use crate::staff::MACHINE;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How a case ended that nothing but its ticket brought about.
const ANSWERED: &str = "answered";

/// The account of a ticket, once it is certain, as far as the ticket is judged by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub head: Head,
    pub person: Person,
    pub said: Said,
    /// Those that may be its trouble, and the one that it has.
    pub cases: BTreeMap<CaseId, Case>,
    /// What goes with the case that it has opened itself, where that goes on in another.
    pub moving: Moving,
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

/// The cases of an account that a ticket may be about, by the head: the one that it has, its own, and those of a class
/// that is the same trouble. One of another account is not among them.
pub fn concerned(ticket: &Ticket, head: &Head, policy: &TicketPolicy) -> Vec<CaseId> {
    let class = ticket.handling.taken_for.as_ref().and_then(|taken| taken.certain());
    let own = class.map(|class| CaseId::of(&head.account, class.name(), &about(&TicketName::of(ticket))));
    let same = class.map(|class| policy.class(class).same.as_slice()).unwrap_or_default();
    let is_same = |name: &str| same.iter().any(|class| class.name() == name);
    let open = head.cases.iter().filter(|(_, line)| is_same(&line.class)).map(|(id, _)| id.clone());
    let has = ticket.handling.case.clone().filter(|case| case.account() == head.account);
    let mut all: Vec<CaseId> = has.into_iter().chain(own).chain(open).collect();
    all.sort();
    all.dedup();
    all
}

/// Takes a ticket up where it stands now: its case, who has it, and by when something happens. Whatever changed it
/// calls this.
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
            ticket.handling.leave_case_of_others(&known.head.account);
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
    let case = known.zip(ticket.handling.case.as_ref()).and_then(|(known, id)| known.cases.get_mut(id));
    if let Some(case) = case {
        case.works_on(&ticket.handling.at_work);
    }
}

/// Joins the open case of the same trouble, or opens one; what it was taken for before gives way.
fn find_case(ticket: &mut Ticket, known: &mut Known, scene: &Scene<'_>) {
    let Some(taken) = ticket.handling.taken_for.clone() else { return };
    let Some(class) = taken.certain().filter(|class| *class != Class::NotBilling) else { return };
    let (name, policy) = (TicketName::of(ticket), scene.policy);
    let about = about(&name);
    let standing = ticket.handling.case.as_ref().and_then(|id| known.cases.get(id));
    let fits =
        |case: &Case| case.class == class || (case.about != about && policy.class(class).same.contains(&case.class));
    if standing.is_some_and(|case| keeps(&ticket.handling, &taken, case, fits(case))) {
        return;
    }
    let standing = standing.filter(|case| case.state == CaseState::Open);
    let own = standing.filter(|case| case.about == about).map(|case| case.id.clone());
    let mentioned = whose::mentions(&ticket.words()).invoices;
    let others = known.cases.values().filter(|case| case.about != about);
    let found = same_trouble(class, &mentioned, &known.head, others, policy).map(|case| case.id.clone());
    // What is too much to move at once stays where it is.
    let found = found.filter(|_| own.as_ref().is_none_or(|own| known.moving.has(own)));
    let case = match (found, own) {
        (Some(found), own) => {
            join(ticket, (&found, own.as_ref()), known, scene);
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

/// Whether a ticket keeps the case that it has. One that has ended stays its case, so that whoever answers after the
/// end opens none, until the customer writes anew or a person says that it is something else. What ended only because
/// the ticket had opens with it.
fn keeps(handling: &Handling, taken: &TakenFor, case: &Case, fits: bool) -> bool {
    let Some(ended_at) = case.resolved_at.filter(|_| case.state == CaseState::Resolved) else { return fits };
    let ended_with_it = case.resolution.as_deref() == Some(ANSWERED) || case.went_on_in.is_some();
    let is_said_since = taken.by.is_some() && taken.at >= ended_at;
    !ended_with_it && (fits || !is_said_since) && !handling.was_written_since(ended_at)
}

/// The ticket joins a case; the one that it has opened itself goes on there.
fn join(ticket: &Ticket, (found, own): (&CaseId, Option<&CaseId>), known: &mut Known, scene: &Scene<'_>) {
    let Some(taken) = &ticket.handling.taken_for else { return };
    let mut case = known.cases.remove(found).expect("it was found among them");
    let name = TicketName::of(ticket);
    let text = name.to_string();
    let is_new = !case.tickets.contains(&text);
    if let Some(own) = own.and_then(|own| known.cases.get_mut(own)) {
        known.moving.join(own, &mut case, &mut known.head, scene.now);
    }
    if is_new {
        // As it is taken by now, whatever its own case said.
        case.evidence.retain(|it| it.label != TICKET || it.source != text);
        case.evidence.push(of_ticket(ticket, taken, &name));
        if !case.tickets.contains(&text) {
            case.tickets.push(text);
        }
        case.events.push(scene.event.to_owned());
        case.shorten();
    }
    known.cases.insert(found.clone(), case);
}

/// What people did about it and asked for because of it stands, unless that went on in another case.
fn opened_again(fresh: Case, ended: Case) -> Case {
    if ended.went_on_in.is_some() {
        let mut events = ended.events;
        events.extend(fresh.events.iter().cloned());
        return Case { events, decisions: ended.decisions, ..fresh };
    }
    let Case { actions, decisions, handled, tickets, at_work, opened_at, mut events, .. } = ended;
    events.extend(fresh.events.iter().cloned());
    Case { actions, decisions, handled, tickets, at_work, opened_at, events, ..fresh }
}

/// The case of a ticket that has ended, and the head of its account: a case that nothing but this ticket brought about
/// ends with it. One that a detector found does not.
pub fn end_case(ticket: &Ticket, case: &mut Case, head: &mut Head, now: Timestamp) {
    let name = TicketName::of(ticket);
    let is_own = case.about == about(&name) && case.tickets.iter().all(|own| *own == name.to_string());
    if is_own && case.state == CaseState::Open && !case.is_under_way(head) {
        case.resolve(now, ANSWERED);
        head.forgets(&case.id, true);
    }
}

/// Gives it to somebody of the role that it is for, or near it. Whom a person gave it to keeps it, and so does whoever
/// it climbed to. Where nobody is there it stands in the queue of the role, with its time.
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
        // What the top of the ladder was told of is past; what came since has a time of its own, and they hear of that
        // once.
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
    use crate::id::ActionId;
    use crate::policies::Policies;
    use crate::staff::{Role, Staff};
    use crate::ticket::{End, TakenFor, Tongue};
    use jiff::tz::TimeZone;
    use serde_json::{from_value, json};

    fn at(hour: i64) -> Timestamp {
        "2026-03-04T08:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour)
    }

    fn known() -> Known {
        let head = Head::new("shop", "default", "cus_1");
        let (person, said) = (Person::default(), Said::default());
        Known { head, person, said, cases: BTreeMap::new(), moving: Moving::default(), earlier: 0 }
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
        taken_up(ticket, known, Followed { wrote: true, ..Followed::default() }, hour);
    }

    fn taken_up(ticket: &mut Ticket, known: Option<&mut Known>, followed: Followed, hour: i64) {
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
        take_up(ticket, known, followed, &scene);
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
    fn the_case_of_another_account_is_not_a_tickets_trouble() {
        let (mut first, mut theirs) = (ticket(Some(taken(Class::DuplicateCharge, false))), known());
        up(&mut first, Some(&mut theirs), 0);
        for (what, class) in [("the same trouble", Class::DuplicateCharge), ("nobody can say", Class::TaxQuestion)] {
            let abstained = class == Class::TaxQuestion;
            let mut other = Ticket { id: "t2".to_owned(), ..ticket(Some(taken(class, abstained))) };
            other.handling.case.clone_from(&first.handling.case);
            let policies = Policies::shipped().unwrap();
            let mut own = Known { head: Head::new("shop", "default", "cus_2"), ..known() };
            let concerned = concerned(&other, &own.head, policies.tickets.current());
            assert!(concerned.iter().all(|case| case.account() == own.head.account), "{what}: {concerned:?}");
            up(&mut other, Some(&mut own), 1);
            let is_own = |case: &CaseId| case.account() == own.head.account;
            assert_eq!(other.handling.case.as_ref().map(is_own), (!abstained).then_some(true), "{what}");
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
    fn its_own_case_goes_on_in_the_one_that_it_joins_with_whatever_belongs_to_it() {
        let (mut first, mut known) = (ticket(Some(taken(Class::DuplicateCharge, false))), known());
        let mut second = Ticket { id: "t2".to_owned(), ..first.clone() };
        up(&mut first, Some(&mut known), 0);
        up(&mut second, Some(&mut known), 0);
        let own = first.handling.case.clone().unwrap();
        let mut tax = known.cases[&own].clone();
        (tax.id, tax.about) = (CaseId::of(&known.head.account, "tax_question", "in_1"), "in_1".to_owned());
        (tax.class, tax.tickets, tax.evidence) = (Class::TaxQuestion, Vec::new(), Vec::new());
        known.head.names(&tax.id, tax.line(), false);
        known.cases.insert(tax.id.clone(), tax.clone());

        first.handling.correct(Class::TaxQuestion, "lena", at(1));
        let mut apart = (first.clone(), known.clone());
        up(&mut apart.0, Some(&mut apart.1), 1);
        assert_eq!(apart.0.handling.case.as_ref(), Some(&own), "what is not laid out is not moved");

        let both = vec![first.clone(), second.clone()];
        known.moving.lay(&own, both, Vec::new());
        known.moving = known.moving.without(&TicketName::of(&first));
        let before = known.moving.clone();
        up(&mut first, Some(&mut known), 1);
        let (ended, case) = (&known.cases[&own], &known.cases[&tax.id]);
        assert_eq!((ended.state, ended.went_on_in.as_ref()), (CaseState::Resolved, Some(&tax.id)));
        assert_eq!(first.handling.case.as_ref(), Some(&tax.id));
        let moved: Vec<_> = known.moving.tickets_since(&before).collect();
        assert_eq!(moved.len(), 1, "whoever is taken up is written by itself");
        assert_eq!((moved[0].id.as_str(), moved[0].handling.case.as_ref()), ("t2", Some(&tax.id)));
        let told: Vec<&str> = case.evidence.iter().map(|it| it.source.as_str()).collect();
        assert_eq!((case.tickets.len(), told), (2, vec!["desk/default/t2", "desk/default/t1"]), "each once");
        assert!(case.evidence[1].value.ends_with("tax question (said lena)"), "{:?}", case.evidence);
        assert_eq!(known.head.cases.keys().collect::<Vec<_>>(), [&tax.id], "one case is open");
    }

    /// A ticket of a case that a detector had found, and that has ended two hours later.
    fn ended() -> (Ticket, Known) {
        let (mut ticket, mut known) = (ticket(Some(taken(Class::PaymentFailed, false))), known());
        let (account, id) = (&known.head.account, CaseId::of(&known.head.account, "payment_failed", "in_1"));
        let case = json!({"id": id, "account": account, "class": "payment_failed", "about": "in_1",
            "confidence": "1", "state": "open", "rule": "r", "policy_version": 1, "evidence": [], "missing": [],
            "advice": "", "why": "", "recommended": null, "draft_reply": null, "actions": [], "events": [],
            "opened_at": at(0), "resolved_at": null, "resolution": null});
        known.cases.insert(id.clone(), from_value(case).unwrap());
        up(&mut ticket, Some(&mut known), 0);
        assert_eq!(ticket.handling.case, Some(id.clone()));
        known.cases.get_mut(&id).unwrap().resolve(at(2), "paid");
        (ticket, known)
    }

    fn heard(handling: &mut Handling, hour: i64) {
        let action = ActionId::of(&Head::new("shop", "default", "cus_1").account, "lena", "k");
        assert!(handling.hear(&action, End::Done, at(8), at(hour)));
    }

    #[test]
    fn a_case_that_has_ended_stays_its_tickets_until_the_customer_writes_anew_or_a_person_says_otherwise() {
        type Change = fn(&mut Handling);
        let rows: [(&str, Change, usize); 9] = [
            ("somebody looks at it", |_| {}, 1),
            ("a letter of before waits for an answer", |it| it.begin_turn(at(1), None), 1),
            ("the customer wrote since", |it| it.begin_turn(at(3), None), 2),
            (
                "and was answered",
                |it| {
                    it.begin_turn(at(3), None);
                    it.answered_up_to(1);
                },
                1,
            ),
            ("what was asked for has ended since", |it| heard(it, 3), 1),
            (
                "and the customer wrote as well",
                |it| {
                    heard(it, 3);
                    it.begin_turn(at(4), None);
                },
                2,
            ),
            ("a person says the same", |it| it.correct(Class::PaymentFailed, "lena", at(3)), 1),
            ("a person says otherwise", |it| it.correct(Class::TaxQuestion, "lena", at(3)), 2),
            (
                "the help desk opened it again",
                |it| {
                    it.go_on(State::Resolved, "lena", at(3), "closed it");
                    it.reopen(MACHINE, at(3), "the help desk opened it again");
                },
                1,
            ),
        ];
        for (what, change, cases) in rows {
            let (mut ticket, mut known) = ended();
            let case = ticket.handling.case.clone();
            change(&mut ticket.handling);
            taken_up(&mut ticket, Some(&mut known), Followed::default(), 4);
            assert_eq!((known.cases.len(), ticket.handling.case == case), (cases, cases == 1), "{what}");
            assert_eq!(known.head.cases.len(), cases - 1, "{what}");
        }
    }

    #[test]
    fn its_own_case_that_has_ended_before_it_is_not_opened_again_by_an_answer() {
        for (what, resolution, written, state) in [
            ("its money went back", "refunded", None, CaseState::Resolved),
            ("a person ended it", "by a person", None, CaseState::Resolved),
            ("the customer wrote since", "refunded", Some(3), CaseState::Open),
            ("it ended with its ticket", ANSWERED, None, CaseState::Open),
        ] {
            let (mut ticket, mut known) = (ticket(Some(taken(Class::RefundRequest, false))), known());
            up(&mut ticket, Some(&mut known), 0);
            let case = ticket.handling.case.clone().unwrap();
            known.cases.get_mut(&case).unwrap().resolve(at(2), resolution);
            written.into_iter().for_each(|hour| ticket.handling.begin_turn(at(hour), None));
            taken_up(&mut ticket, Some(&mut known), Followed::default(), 4);
            assert_eq!((known.cases.len(), known.cases[&case].state), (1, state), "{what}");
        }
    }

    #[test]
    fn what_people_did_about_a_ticket_counts_on_its_case_once() {
        let later = |minute| at(0) + jiff::SignedDuration::from_mins(minute);
        let (mut ticket, mut known) = (ticket(None), known());
        for minute in [0, 5] {
            ticket.handling.note(later(minute), "lena", "looked who it is");
        }
        up(&mut ticket, Some(&mut known), 0);
        assert_eq!(known.cases.len(), 0);
        ticket.handling.correct(Class::TaxQuestion, "lena", later(7));
        up(&mut ticket, Some(&mut known), 0);
        let case = ticket.handling.case.clone().unwrap();
        assert_eq!(known.cases[&case].at_work.secs, 420, "what was done before it had a case");
        known.cases.get_mut(&case).unwrap().was_handled("lena", later(17), "told the customer", "", None);
        ticket.handling.note(later(18), "bea", "gave it to lena");
        ticket.handling.go_on(State::Resolved, "lena", later(27), "closed it");
        for _ in 0..2 {
            up(&mut ticket, Some(&mut known), 1);
            let (case, own) = (&known.cases[&case], &ticket.handling.at_work);
            assert_eq!((case.state, case.at_work.secs, own.secs), (CaseState::Resolved, 27 * 60, 420), "both by turns");
        }
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
