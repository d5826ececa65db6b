//! How does an open invoice that no recovery asks for climb the ladder? Each rung is taken once, and the highest that
//! is due.

use super::owed::{Owed, counted_from, made_at};
use super::{AgeingPolicy, Apart, Other, Rung};
use crate::book::{Due, Head, Invoice, LetterLine, Touched, Writer};
use crate::dunning::{Again, Control, Plan, PlanState, Step, StepKind, StepState, Together, Whose};
use crate::event::{Event, Origin};
use crate::id::AccountId;
use crate::leaving::{LEFT, Stage};
use crate::policy::Versions;
use crate::source::Acting;
use crate::staff::Role;
use crate::task::{About, LAST_QUEUE, Task};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// What a stop by hand calls the invoices on the ladder.
pub const SEGMENT: &str = "ageing";
/// Why nobody is asked while a bank claims money back.
const DISPUTED: &str = "disputed";

/// The way of one invoice up the ladder: a plan whose steps are the rungs, each by its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Climb {
    pub way: Plan,
}

/// What a rung is judged by when its day has come.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub invoice: &'a Invoice,
    /// The recovery of the invoice, if it ever had one.
    pub plan: Option<&'a Plan>,
    /// How far a wish to leave has come.
    pub stage: Option<Stage>,
    /// Whether a bank claims money back from the account.
    pub claimed: bool,
    pub acting: Acting,
    /// From when on the customer may be written to; nothing, where nobody writes to them.
    pub quiet_until: Option<Timestamp>,
    /// What else its customer is written, and the rule of one letter a day; nothing, where nobody writes to them.
    pub beside: Option<(&'a Head, &'a Together)>,
    /// The account's other rungs whose letters would leave now.
    pub others: &'a [Other],
    pub whose: Whose<'a>,
    /// Whether its customer wants no mail but what must be sent.
    pub wants_none: bool,
}

/// What becomes of a rung whose day has come. Its owner has a task, whatever becomes of its letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is taken up.
    Up(Step),
    /// The letter of another rung has said it.
    Said(Step),
    /// Its letter waits for another one.
    Waits(Step),
    /// Its letter waits for somebody who agrees to it, and with it the rungs above.
    Asks(Step),
}

impl Taken {
    /// The rung.
    pub fn step(&self) -> &Step {
        match self {
            Self::Up(step) | Self::Said(step) | Self::Waits(step) | Self::Asks(step) => step,
        }
    }

    /// The rung that is taken up.
    pub fn begun(&self) -> Option<&Step> {
        match self {
            Self::Up(step) => Some(step),
            Self::Said(_) | Self::Waits(_) | Self::Asks(_) => None,
        }
    }
}

impl Ground<'_> {
    /// As a rung treats the invoice, where that is apart.
    fn apart<'r>(&self, rung: &'r Rung) -> Option<&'r Apart> {
        rung.apart(self.whose, self.invoice.remaining.copied())
    }
}

/// The invoices that come onto the ladder with an event: they are open for the first time, and there are days in which
/// to pay them. What a list shows begins nothing.
pub fn begins(event: &Event, before: &Touched, after: &Touched) -> Vec<String> {
    let is_open = |invoice: &Invoice| matches!(invoice.due(), Due::Open(Some(_)));
    let was_open = |id: &str| before.invoices.get(id).is_some_and(is_open);
    let has_terms = |invoice: &Invoice| {
        let made = made_at(invoice).map(|at| at.to_zoned(TimeZone::UTC).date());
        invoice.due_on.copied().zip(made).is_some_and(|(due, made)| due > made)
    };
    let begins = after.invoices.values().filter(|it| event.origin != Origin::Listed && is_open(it) && has_terms(it));
    begins.filter(|it| !was_open(&it.id)).map(|it| it.id.clone()).collect()
}

/// Whether an invoice that is settled may have been on the ladder: a task of it may be open.
pub fn was_overdue(account: &AccountId, invoice: &Invoice) -> bool {
    Owed::of(account, invoice).is_some_and(|owed| owed.was_late())
}

impl Climb {
    /// The way of an open invoice. `late` is from when on rungs are taken: those whose day was before belong to what
    /// asked for it until then. None where no rung is left.
    pub fn of(
        account: &AccountId,
        invoice: &Invoice,
        policy: &AgeingPolicy,
        zone: &TimeZone,
        late: Option<Timestamp>,
        now: Timestamp,
        trace: &str,
    ) -> Option<Self> {
        let (Due::Open(Some(_)), Some((due_on, _))) = (invoice.due(), counted_from(invoice)) else { return None };
        let mut steps = Vec::new();
        for (rung, number) in policy.rung.iter().zip(1..) {
            let due_at = acts_at(rung, due_on, policy, zone)?;
            let is_over = late.is_some_and(|late| due_at <= late);
            steps.push(Step {
                number,
                kind: kind(rung, None, false),
                due_at,
                state: if is_over { StepState::Skipped } else { StepState::Waiting },
                done_at: is_over.then_some(now),
                doubt_at: None,
                refusals: 0,
                again_at: None,
                why: None,
            });
        }
        let way = Plan {
            account: account.clone(),
            invoice: invoice.id.clone(),
            segment: SEGMENT.to_owned(),
            queue: LAST_QUEUE,
            policy_version: policy.version,
            started_at: now,
            state: PlanState::Running,
            reason: None,
            steps,
            incident: None,
            held_until: None,
            held_since: None,
            control: Control::default(),
            tries: Again::default(),
            escalated_at: None,
            ends_asked: 0,
            spared_until: None,
            trace: trace.to_owned(),
        };
        way.next().is_some().then_some(Self { way })
    }

    /// Takes up the rung that is due, unless the climb is over, nobody is to be asked now, or another letter has left
    /// today; what the letter of another rung has said is not said again.
    pub fn take(
        &mut self,
        ground: &Ground<'_>,
        (policy, zone): (&AgeingPolicy, &TimeZone),
        now: Timestamp,
        (look_at, doubt_at): (Timestamp, Timestamp),
    ) -> Option<Taken> {
        self.way.held_until = None;
        // A pause moves no rung: its day is that of the calendar, and comes with the end of the pause.
        self.way.held_since = self.way.held_since.filter(|_| self.way.paused_until().is_some());
        self.way.doubt(Some(now));
        if !matches!(ground.invoice.due(), Due::Open(_)) {
            self.settles(ground.invoice, now);
        } else if ground.stage == Some(Stage::Left) {
            self.way.stop(LEFT, now);
        } else if ground.claimed {
            self.way.stop(DISPUTED, now);
        } else if let Some(plan) = ground.plan.filter(|plan| plan.was_stopped_by_hand()) {
            self.way.stop(plan.reason.as_deref().unwrap_or_default(), now);
        } else if ground.stage == Some(Stage::Recorded) {
            self.way.held_until = Some(look_at);
        } else {
            self.way.control.keeps = policy.access.as_ref().is_some_and(|rule| rule.spares(ground.whose.strategic));
            let (broken, until) = (self.way.control.broken, self.way.paused_until());
            self.way.awake(ground.invoice, false, now);
            if self.way.control.broken > broken {
                self.hasten(ground.invoice, (policy, zone), (until.unwrap_or(now), now));
            }
            self.follow(ground, policy, zone);
            // A recovery asks for it by itself; of a source that observes nothing leaves.
            let asks = ground.plan.is_some_and(|plan| plan.next().is_some());
            if asks || ground.acting == Acting::Observe {
                self.way.pass_over(now);
            }
            self.way.forget_word_beyond(ground.invoice.remaining.copied());
            if !self.way.agreed_comes_first(now, look_at) {
                self.way.only_last(now);
                if let Some(step) = self.asked_for(ground, policy, now) {
                    return Some(Taken::Asks(step));
                }
            }
            // Its task waits for the same morning: neither says more without the other.
            if let Some(until) = ground.quiet_until {
                self.way.keep_quiet(now, until);
            }
            if let Some((head, rule)) = ground.beside {
                let above = Other::highest(ground.others, rule, now);
                if let Some(step) = self.way.keep_to_the_highest((head, rule), above, (now, doubt_at)) {
                    return Some(Taken::Said(step));
                }
            }
        }
        let begun = self.way.begin(now, doubt_at).map(Taken::Up);
        begun.or_else(|| self.way.held_for_another(now).cloned().map(Taken::Waits))
    }

    /// Ends it, because nothing of its invoice is open any more.
    pub fn settles(&mut self, invoice: &Invoice, now: Timestamp) {
        self.way.settle(invoice, now);
        self.way.stop("settled", now);
    }

    /// What others see of a letter of it that is taken up, and that lists those invoices as well.
    pub fn letter_line(&self, step: &Step, also: Vec<String>, now: Timestamp) -> LetterLine {
        self.way.letter_line(Writer::Ladder, step, also, now)
    }

    /// Shows them what became of it.
    pub fn show_letter_on(&self, head: &mut Head) {
        self.way.show_letter_on(Writer::Ladder, head);
    }

    /// Who promised to pay and did not goes up a rung at once, which is due since the promise was over: a letter of
    /// then may have said it before anybody looked here. What stands below it is behind them.
    fn hasten(
        &mut self,
        invoice: &Invoice,
        (policy, zone): (&AgeingPolicy, &TimeZone),
        (until, now): (Timestamp, Timestamp),
    ) {
        let on = now.to_zoned(zone.clone()).date();
        let days = Owed::of(&self.way.account, invoice).map(|owed| owed.days(on));
        let Some(above) = days.and_then(|days| policy.rung_after_broken_promise(days)) else { return };
        let waits = |step: &Step| step.state == StepState::Waiting;
        let Some(place) = (above..self.way.steps.len()).find(|place| waits(&self.way.steps[*place])) else { return };
        for below in self.way.steps[..place].iter_mut().filter(|step| waits(step)) {
            (below.state, below.done_at) = (StepState::Skipped, Some(now));
        }
        let next = &mut self.way.steps[place];
        next.due_at = until;
        self.way.control.hastened = Some(next.number);
    }

    /// Moves the rungs to come to where the due date is now, each as it treats whose invoice this is. One that comes at
    /// once keeps its time.
    fn follow(&mut self, ground: &Ground<'_>, policy: &AgeingPolicy, zone: &TimeZone) {
        let Some((due_on, _)) = counted_from(ground.invoice) else { return };
        let hastened = self.way.control.hastened;
        for (rung, step) in policy.rung.iter().zip(&mut self.way.steps) {
            if let (StepState::Waiting, Some(due_at)) = (step.state, acts_at(rung, due_on, policy, zone)) {
                if hastened != Some(step.number) {
                    step.due_at = due_at;
                }
                step.kind = kind(rung, ground.apart(rung), ground.wants_none);
            }
        }
    }

    /// Whose task a rung is.
    pub fn owner(&self, step: &Step, ground: &Ground<'_>, policy: &AgeingPolicy) -> Option<Role> {
        let rung = policy.rung.get(usize::try_from(step.number).ok()?.checked_sub(1)?)?;
        Some(rung.owner_of(ground.apart(rung)))
    }

    /// Its ladder, which a later version does not change.
    pub fn policy<'a>(&self, policies: &'a Versions<AgeingPolicy>) -> &'a AgeingPolicy {
        policies.version(self.way.policy_version).unwrap_or_else(|| policies.current())
    }

    /// The task that a rung is for its owner; it takes the place of the task of the rung below.
    pub fn task(
        &self,
        step: &Step,
        ground: &Ground<'_>,
        policy: &AgeingPolicy,
        on: Date,
        now: Timestamp,
        due_in: SignedDuration,
    ) -> Option<Task> {
        let place = usize::try_from(step.number).ok()?.checked_sub(1)?;
        let rung = policy.rung.get(place)?;
        let owed = Owed::of(&self.way.account, ground.invoice)?;
        let bucket = rung.bucket.get_ref().clone();
        let about = About::Overdue { invoice: self.way.invoice.clone(), bucket };
        let owner = rung.owner_of(ground.apart(rung)).name().replace('_', " ");
        let (days, amount) = (owed.days(on), owed.amount.map_or_else(String::new, |amount| format!("{amount} of ")));
        let what = format!("Collect {amount}invoice {}: {days} days overdue", self.way.invoice);
        let mut steps = vec![format!("For a {owner}. No recovery asks for this invoice. {}", rung.steps.join(" "))];
        steps.extend(rung.recommends.zip(owed.amount).map(|(recommended, amount)| {
            let how = recommended.name();
            if rung.needs_approval(amount) {
                format!("If nothing comes of it, ask for it to be {how}: over the threshold the approval matrix says who agrees.")
            } else {
                format!("If nothing comes of it, it may be {how}: ask for that within your own limit.")
            }
        }));
        if ground.wants_none && !rung.required {
            steps.push("The customer wants no mail, so that none is sent.".to_owned());
        }
        steps.extend(policy.rung.get(place + 1).map(|above| {
            let (day, owner) = (*above.acts_on_day.get_ref(), above.owner.get_ref().name().replace('_', " "));
            format!("If it is open on day {day}, it goes to a {owner}.")
        }));
        steps.push("Once it is paid or withdrawn this is done by itself.".to_owned());
        let task = Task::new(&self.way.account, about, what, steps.join(" "), now, due_in);
        Some(Task { queue: self.way.queue, ..task })
    }
}

/// What a rung does: a letter with its task, or the task alone.
fn kind(rung: &Rung, apart: Option<&Apart>, wants_none: bool) -> StepKind {
    let template = rung.template_of(apart, wants_none);
    template.map_or(StepKind::Person, |it| StepKind::Mail { template: it.clone() })
}

/// When a rung is taken of what is due on a day.
fn acts_at(rung: &Rung, due_on: Date, policy: &AgeingPolicy, zone: &TimeZone) -> Option<Timestamp> {
    let day = due_on.checked_add(rung.acts_on_day.get_ref().days()).ok()?;
    let hour = day.at(*policy.acts_at_hour.get_ref(), 0, 0, 0);
    Some(hour.to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::owed::tests::{due, open, told};
    use super::*;
    use crate::dunning::{Refused, Wish};
    use crate::policies::Policies;
    use crate::staff::{Role, Staff};
    use serde_json::json;

    pub fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub fn climb(invoice: &Invoice, late: Option<Timestamp>) -> Option<Climb> {
        let policies = Policies::shipped().unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let now = at("2026-03-01T09:00:00Z");
        Climb::of(&account, invoice, policies.ageing.current(), &TimeZone::UTC, late, now, "t")
    }

    pub fn ground(invoice: &Invoice) -> Ground<'_> {
        Ground {
            invoice,
            plan: None,
            stage: None,
            claimed: false,
            acting: Acting::Act,
            quiet_until: None,
            beside: None,
            others: &[],
            whose: Whose::default(),
            wants_none: false,
        }
    }

    fn take(climb: &mut Climb, ground: &Ground<'_>, now: &str) -> Option<u32> {
        let policies = Policies::shipped().unwrap();
        let (now, hour) = (at(now), SignedDuration::from_hours(1));
        let taken = climb.take(ground, (policies.ageing.current(), &TimeZone::UTC), now, (now + hour, now + hour))?;
        let step = taken.begun()?.number;
        climb.way.sent(step);
        Some(step)
    }

    #[test]
    fn each_rung_is_taken_once_on_its_day() {
        let invoice = due("2026-03-15");
        let mut climb = climb(&invoice, None).unwrap();
        for (now, expected) in [
            ("2026-03-18T08:59:59Z", None),
            ("2026-03-18T09:00:00Z", Some(1)),
            ("2026-03-18T09:00:00Z", None),
            ("2026-04-15T09:00:00Z", Some(2)),
            ("2026-05-15T09:00:00Z", Some(3)),
            ("2026-06-14T08:59:59Z", None),
            ("2026-06-14T09:00:00Z", Some(4)),
            ("2027-01-01T00:00:00Z", None),
        ] {
            assert_eq!(take(&mut climb, &ground(&invoice), now), expected, "{now}");
        }
        assert_eq!((climb.way.state, climb.way.next_wake()), (PlanState::Finished, None));
    }

    #[test]
    fn who_comes_late_takes_the_highest_rung_that_is_due() {
        let invoice = due("2026-03-15");
        let mut late = climb(&invoice, None).unwrap();
        assert_eq!(take(&mut late, &ground(&invoice), "2026-05-20T09:00:00Z"), Some(3));
        let mut later = climb(&invoice, None).unwrap();
        assert_eq!(take(&mut later, &ground(&invoice), "2026-07-01T09:00:00Z"), Some(4), "though it has no letter");
        assert_eq!(later.way.state, PlanState::Finished);
        let after_a_plan = climb(&invoice, Some(at("2026-03-29T09:00:00Z"))).unwrap();
        assert_eq!(after_a_plan.way.next_wake(), Some(at("2026-04-15T09:00:00Z")), "what it asked for is behind it");
        assert_eq!(climb(&invoice, Some(at("2027-01-01T00:00:00Z"))), None, "no rung is left");
    }

    #[test]
    fn it_stops_or_waits_for_what_forbids_to_ask() {
        let invoice = due("2026-03-15");
        let nothing = json!({"amount": "0.00", "currency": "USD"});
        let paid = told(&[
            ("2026-03-01T09:00:00Z", open()),
            ("2026-03-16T09:00:00Z", json!({"status": "paid", "remaining": nothing})),
        ]);
        let plan = climb(&invoice, None).unwrap().way;
        let mut by_hand = plan.clone();
        by_hand.stop("stopped by Lena", at("2026-03-17T09:00:00Z"));
        let word = json!({"at": "2026-03-17T09:00:00Z", "by": "lena", "word": "stop", "note": "they are moving out"});
        by_hand.control.said.push(serde_json::from_value(word).unwrap());
        let on = |ground: Ground<'_>| {
            let mut climb = climb(&invoice, None).unwrap();
            let taken = take(&mut climb, &ground, "2026-03-18T09:00:00Z");
            (taken, climb.way.reason.clone(), climb.way.next_wake())
        };
        let stops = |reason: &str| (None, Some(reason.to_owned()), None);
        let next_rung = Some(at("2026-04-15T09:00:00Z"));
        let looks = Some(at("2026-03-18T10:00:00Z"));
        let own = ground(&invoice);
        for (name, ground, expected) in [
            ("nothing", own, (Some(1), None, next_rung)),
            ("paid", ground(&paid), stops("settled")),
            ("left", Ground { stage: Some(Stage::Left), ..own }, stops(LEFT)),
            ("leaving", Ground { stage: Some(Stage::Recorded), ..own }, (None, None, looks)),
            ("claimed", Ground { claimed: true, ..own }, stops("disputed")),
            ("a person stopped it", Ground { plan: Some(&by_hand), ..own }, stops("stopped by Lena")),
            ("a plan runs", Ground { plan: Some(&plan), ..own }, (None, None, next_rung)),
            ("it observes", Ground { acting: Acting::Observe, ..own }, (None, None, next_rung)),
        ] {
            assert_eq!(on(ground), expected, "{name}");
        }
    }

    #[test]
    fn a_rung_with_a_letter_waits_for_the_morning_and_one_without_does_not() {
        let invoice = due("2026-03-15");
        for (name, day, quiet_until, at_once, later) in [
            ("by day", "2026-03-18T09:00:00Z", Some("2026-03-18T09:00:00Z"), Some(1), None),
            ("at night", "2026-03-18T09:00:00Z", Some("2026-03-18T20:00:00Z"), None, Some(1)),
            ("nobody writes", "2026-03-18T09:00:00Z", None, Some(1), None),
            ("a rung without a letter", "2026-06-14T09:00:00Z", Some("2026-06-15T08:00:00Z"), Some(4), None),
        ] {
            let mut climb = climb(&invoice, None).unwrap();
            let quiet = |until: Option<&str>| Ground { quiet_until: until.map(at), ..ground(&invoice) };
            assert_eq!(take(&mut climb, &quiet(quiet_until), day), at_once, "{name}");
            let Some(morning) = quiet_until.filter(|_| later.is_some()) else { continue };
            assert_eq!(climb.way.next_wake(), Some(at(morning)), "{name}");
            assert_eq!(take(&mut climb, &quiet(quiet_until), morning), later, "{name}");
        }
    }

    #[test]
    fn a_rung_waits_for_another_letter_of_its_account_and_its_owner_does_not() {
        let policies = Policies::shipped().unwrap();
        let (policy, rule) = (policies.ageing.current(), policies.dunning.current().together.as_ref().unwrap());
        let invoice = due("2026-03-15");
        let (mut head, mut first) = (Head::new("stripe", "default", "cus_1"), climb(&invoice, None).unwrap());
        let (nine, ten) = (at("2026-03-18T09:00:00Z"), at("2026-03-18T10:00:00Z"));
        let alone = Ground { beside: Some((&head, rule)), ..ground(&invoice) };
        let taken = first.take(&alone, (policy, &TimeZone::UTC), nine, (ten, ten)).unwrap();
        let step = taken.begun().unwrap();
        head.shows_letter(first.letter_line(step, Vec::new(), nine));
        let leaving = head.written.clone().unwrap();
        assert_eq!((leaving.at, leaving.doubt_at, leaving.writer), (nine, Some(ten), Writer::Ladder));
        first.way.sent(step.number);
        first.show_letter_on(&mut head);
        assert_eq!(head.written, Some(leaving.left()));

        let mut second = climb(&invoice, None).unwrap();
        let beside = Ground { beside: Some((&head, rule)), ..ground(&invoice) };
        assert_eq!(take(&mut second, &beside, "2026-03-18T09:30:00Z"), None);
        assert_eq!(second.way.next_wake(), Some(at("2026-03-19T09:00:00Z")));
        let owned = second.way.held_for_another(at("2026-03-18T09:30:00Z"));
        assert_eq!(owned.map(|step| step.number), Some(1), "somebody has it today");
        let mut held = second.clone();
        assert_eq!(take(&mut second, &beside, "2026-03-19T09:00:00Z"), Some(1), "the next day, and once");
        assert_eq!(take(&mut second, &beside, "2026-03-20T09:00:00Z"), None);

        // Of very many invoices one has waited until its next rung has come: nobody goes down again.
        head.written = head.written.map(|line| LetterLine { at: at("2026-04-15T08:00:00Z"), ..line });
        let later = Ground { beside: Some((&head, rule)), ..ground(&invoice) };
        assert_eq!(take(&mut held, &later, "2026-04-15T09:00:00Z"), None);
        let owned = held.way.held_for_another(at("2026-04-15T09:00:00Z"));
        assert_eq!((owned.map(|step| step.number), held.way.steps[0].state), (Some(2), StepState::Skipped));
        assert_eq!(take(&mut held, &later, "2026-04-16T08:00:00Z"), Some(2));
    }

    /// Due on the fifteenth, and on the first rung since the eighteenth.
    fn climbing() -> Climb {
        let mut climb = climb(&due("2026-03-15"), None).unwrap();
        take(&mut climb, &ground(&due("2026-03-15")), "2026-03-18T09:00:00Z").unwrap();
        climb
    }

    fn say(climb: &mut Climb, wish: Wish, now: &str) -> Result<bool, Refused> {
        let limits = Policies::shipped().unwrap().limits;
        let lena = Staff {
            id: "lena".into(),
            name: "Lena".into(),
            role: Role::L1,
            email: String::new(),
            slack: None,
            languages: Vec::new(),
        };
        climb.way.take(wish, "they wrote", &lena, &due("2026-03-15"), limits.current(), at(now))
    }

    /// All that is open until the end of a day.
    fn promise(date: &str) -> Wish {
        let until = at(&format!("{date}T23:59:59Z"));
        let Due::Open(Some(amount)) = due("2026-03-15").due() else { panic!("it is open") };
        Wish::Promise { date: date.parse().unwrap(), until, amount }
    }

    #[test]
    fn a_broken_promise_brings_the_rung_above_at_once() {
        let invoice = due("2026-03-15");
        let mut broken = climbing();
        assert_eq!(say(&mut broken, promise("2026-03-21"), "2026-03-19T09:00:00Z"), Ok(true));
        assert_eq!(broken.way.next_wake(), Some(at("2026-03-21T23:59:59Z")));
        let night = Ground { quiet_until: Some(at("2026-03-22T08:00:00Z")), ..ground(&invoice) };
        assert_eq!(take(&mut broken, &night, "2026-03-21T23:59:59Z"), None, "it waits for the morning");
        assert_eq!((broken.way.control.broken, broken.way.control.hastened), (1, Some(2)));
        assert_eq!(take(&mut broken, &ground(&invoice), "2026-03-22T08:00:00Z"), Some(2), "and not for its own day");
        assert_eq!(take(&mut broken, &ground(&invoice), "2026-04-16T09:00:00Z"), None, "it is behind them");
        assert_eq!(take(&mut broken, &ground(&invoice), "2026-05-15T09:00:00Z"), Some(3));

        let mut early = climb(&invoice, None).unwrap();
        say(&mut early, promise("2026-03-16"), "2026-03-15T09:00:00Z").unwrap();
        assert_eq!(take(&mut early, &ground(&invoice), "2026-03-17T00:00:00Z"), Some(2));
        assert_eq!(early.way.steps[0].state, StepState::Skipped, "nobody goes down again");
        say(&mut early, promise("2026-03-20"), "2026-03-18T09:00:00Z").unwrap();
        assert_eq!(take(&mut early, &ground(&invoice), "2026-03-21T00:00:00Z"), Some(3), "and up again");

        let mut undue = climb(&invoice, None).unwrap();
        say(&mut undue, promise("2026-03-10"), "2026-03-09T09:00:00Z").unwrap();
        assert_eq!(take(&mut undue, &ground(&invoice), "2026-03-11T00:00:00Z"), None, "it is not due");
        assert_eq!((undue.way.control.broken, undue.way.next_wake()), (1, Some(at("2026-03-18T09:00:00Z"))));
    }

    #[test]
    fn a_promise_that_is_kept_counts_and_leaves_the_ladder_as_it_is() {
        let invoice = due("2026-03-15");
        let nothing = json!({"amount": "0.00", "currency": "USD"});
        let paid = told(&[
            ("2026-03-01T09:00:00Z", open()),
            ("2026-03-20T09:00:00Z", json!({"status": "paid", "remaining": nothing})),
        ]);
        let mut kept = climbing();
        say(&mut kept, promise("2026-03-21"), "2026-03-19T09:00:00Z").unwrap();
        assert_eq!(take(&mut kept, &ground(&paid), "2026-03-21T23:59:59Z"), None);
        assert_eq!((kept.way.control.kept, kept.way.control.broken), (1, 0));
        assert_eq!(kept.way.reason.as_deref(), Some("settled"));
        let mut taken_back = climbing();
        say(&mut taken_back, promise("2026-03-21"), "2026-03-19T09:00:00Z").unwrap();
        say(&mut taken_back, Wish::Resume, "2026-03-20T09:00:00Z").unwrap();
        assert_eq!(take(&mut taken_back, &ground(&invoice), "2026-04-15T09:00:00Z"), Some(2), "on its day");
    }

    #[test]
    fn a_pause_lets_no_rung_be_taken_and_moves_none() {
        let invoice = due("2026-03-15");
        let until = at("2026-04-20T12:00:00Z");
        let mut paused = climbing();
        assert_eq!(say(&mut paused, Wish::Pause { until }, "2026-03-19T09:00:00Z"), Ok(true));
        assert_eq!(paused.way.next_wake(), Some(until));
        assert_eq!(take(&mut paused, &ground(&invoice), "2026-04-15T09:00:00Z"), None);
        assert_eq!(take(&mut paused, &ground(&invoice), "2026-04-20T12:00:00Z"), Some(2), "its day has come meanwhile");
        assert_eq!(paused.way.next_wake(), Some(at("2026-05-15T09:00:00Z")), "and the next keeps its own");
        let mut stopped = climbing();
        assert_eq!(say(&mut stopped, Wish::Stop, "2026-03-19T09:00:00Z"), Ok(true));
        assert_eq!((stopped.way.next_wake(), stopped.way.was_stopped_by_hand()), (None, true));
    }

    #[test]
    fn whom_somebody_looks_after_is_spoken_to_before_a_letter_comes() {
        let policies = Policies::shipped().unwrap();
        let (invoice, policy) = (due("2026-03-15"), policies.ageing.current());
        for (name, strategic, kind, owner) in [
            ("anybody", false, "overdue_1", Role::BillingSpecialist),
            ("looked after", true, "ask_a_person", Role::Manager),
        ] {
            let whose = Whose { strategic, ..Whose::default() };
            let ground = Ground { whose, ..ground(&invoice) };
            let mut climb = climb(&invoice, None).unwrap();
            let (now, hour) = (at("2026-03-18T09:00:00Z"), SignedDuration::from_hours(1));
            let taken = climb.take(&ground, (policy, &TimeZone::UTC), now, (now + hour, now + hour)).unwrap();
            let step = taken.begun().unwrap();
            let found = (step.number, step.kind.name(), climb.owner(step, &ground, policy));
            assert_eq!(found, (1, kind, Some(owner)), "{name}");
            assert_eq!(climb.way.steps[1].kind.name(), "overdue_2", "{name}: the next rung is for all");
        }
    }

    #[test]
    fn whoever_wants_no_mail_is_sent_what_is_required_and_each_rung_has_its_task() {
        let policies = Policies::shipped().unwrap();
        let (invoice, policy) = (due("2026-03-15"), policies.ageing.current());
        let ground = Ground { wants_none: true, ..ground(&invoice) };
        let mut climb = climb(&invoice, None).unwrap();
        for (now, expected) in [
            ("2026-03-18T09:00:00Z", "ask_a_person"),
            ("2026-04-15T09:00:00Z", "overdue_2"),
            ("2026-05-15T09:00:00Z", "overdue_3"),
            ("2026-06-14T09:00:00Z", "ask_a_person"),
        ] {
            let now = at(now);
            let taken = climb.take(&ground, (policy, &TimeZone::UTC), now, (now, now)).unwrap();
            let step = taken.begun().unwrap().clone();
            assert_eq!(step.kind.name(), expected, "{now}");
            let task = climb.task(&step, &ground, policy, "2026-03-18".parse().unwrap(), now, SignedDuration::ZERO);
            let said = task.unwrap().steps;
            assert_eq!(said.contains("The customer wants no mail"), expected == "ask_a_person", "{now}: {said}");
            climb.way.sent(step.number);
        }
    }

    #[test]
    fn a_due_date_that_moves_takes_the_rungs_with_it() {
        let mut climb = climb(&due("2026-03-15"), None).unwrap();
        let moved = due("2026-04-15");
        assert_eq!(take(&mut climb, &ground(&moved), "2026-03-18T09:00:00Z"), None);
        assert_eq!(climb.way.next_wake(), Some(at("2026-04-18T09:00:00Z")));
    }

    #[test]
    fn only_what_has_days_to_be_paid_in_begins_with_an_event() {
        let touched = |invoice: &Invoice| Touched {
            invoices: [(invoice.id.clone(), invoice.clone())].into(),
            ..Touched::default()
        };
        let event = |origin: &str| -> Event {
            serde_json::from_value(json!({"id": "evt_1", "provider": "stripe", "source": "default", "origin": origin,
                "kind": "invoice_changed", "at": "2026-03-01T09:00:00Z", "customer": "cus_1", "seen": []}))
            .unwrap()
        };
        let (terms, at_once) = (due("2026-03-15"), due("2026-03-01"));
        let no_date = told(&[("2026-03-01T09:00:00Z", open())]);
        for (name, origin, before, after, expected) in [
            ("with terms", "webhook", Touched::default(), &terms, 1),
            ("as before", "webhook", touched(&terms), &terms, 0),
            ("due at once", "webhook", Touched::default(), &at_once, 0),
            ("without a due date", "webhook", Touched::default(), &no_date, 0),
            ("from a list", "listed", Touched::default(), &terms, 0),
        ] {
            assert_eq!(begins(&event(origin), &before, &touched(after)).len(), expected, "{name}");
        }
    }

    #[test]
    fn a_task_says_how_much_and_what_comes_next() {
        let policies = Policies::shipped().unwrap();
        let (invoice, policy) = (due("2026-03-15"), policies.ageing.current());
        let climb = climb(&invoice, None).unwrap();
        let day = SignedDuration::from_hours(24);
        let task = |place: usize, on: &str| {
            let now = at("2026-03-18T09:00:00Z");
            climb.task(&climb.way.steps[place], &ground(&invoice), policy, on.parse().unwrap(), now, day).unwrap()
        };
        let (first, third) = (task(0, "2026-03-18"), task(2, "2026-05-15"));
        assert_eq!(first.what, "Collect 49.00 USD of invoice in_1: 3 days overdue");
        assert!(first.steps.ends_with("If it is open on day 31, it goes to a billing specialist. Once it is paid or withdrawn this is done by itself."), "{}", first.steps);
        assert!(third.steps.contains("it may be written off: ask for that within your own limit"), "{}", third.steps);
        assert_eq!(first.id, third.id, "the next rung takes the task over");
    }
}
