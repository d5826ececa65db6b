//! What must hold of recoveries, by what left: letters as they lie in the outbox, and tries as the provider made them.

use super::effects::is_key_of;
use super::{Books, must};
use crate::simulation::history::HARD;
use crate::simulation::recoveries::Bill;
use app::ports::{Channel, Clock, Letter};
use domain::action::{Action, Kind, State};
use domain::book::Due;
use domain::book::entitlement::Entitlement;
use domain::case::Class;
use domain::dunning::{Plan, PlanState, Step, StepKind, StepState, Word};
use domain::id::{ActionId, digest};
use domain::telling::About;
use jiff::{SignedDuration, Timestamp};
use local::sandbox::Seen;
use local::service::Service;
use serde_json::Value;
use std::collections::BTreeMap;

/// Longer than a provider is ever told to do what it was asked before.
const DONE_LATER: SignedDuration = SignedDuration::from_mins(21);
const A_SECOND: SignedDuration = SignedDuration::from_secs(1);
/// Within that no second letter of a recovery leaves: a minute less than the rules say, for what a sending takes.
const ONE_LETTER: SignedDuration = SignedDuration::from_mins(24 * 60 - 1);
/// The days in which an acquirer counts tries.
const COUNTED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A try of an invoice that Stripe made because we asked, whether the bank took it or not.
pub(super) struct Try {
    invoice: String,
    at: Timestamp,
    action: ActionId,
    by_rule: bool,
}

/// All of them, as they stand in the provider's books, each with the action that asked for it.
pub(super) fn tries(service: &Service, actions: &BTreeMap<ActionId, Action>) -> Result<Vec<Try>, String> {
    let stripe = providers::named("stripe").ok_or("there is no Stripe")?;
    let asked = service.sandbox.calls("stripe").map_err(|error| error.to_string())?;
    let pays = asked.iter().filter(|call| call.method == "POST" && call.path.ends_with("/pay"));
    let made: BTreeMap<String, &Seen> = pays.map(|call| (charge_of(call), call)).collect();
    let mut charges = service.sandbox.charges().map_err(|error| error.to_string())?;
    // The storm's own bills are named for their customers, and so are the charges of its own history.
    let is_own = |charge: &Value, field: &str| charge[field].as_str().is_some_and(|id| id.contains("cus_"));
    charges.retain(|charge| is_own(charge, "invoice") && !is_own(charge, "id"));
    let mut tries = Vec::new();
    for charge in &charges {
        let key = made.get(charge["id"].as_str().unwrap_or_default()).and_then(|call| call.idempotency_key.as_deref());
        let action = key.and_then(|key| actions.values().find(|action| is_key_of(stripe, action, key)));
        let action = action.ok_or_else(|| format!("a try that nobody asked for: {charge}"))?;
        let at = charge["created"].as_i64().and_then(|second| Timestamp::from_second(second).ok());
        tries.push(Try {
            invoice: charge["invoice"].as_str().unwrap_or_default().to_owned(),
            at: at.ok_or_else(|| format!("{charge} has no time"))?,
            action: action.id.clone(),
            by_rule: action.by_rule().is_some(),
        });
    }
    Ok(tries)
}

/// How the sandbox calls the charge that a request makes.
fn charge_of(call: &Seen) -> String {
    let second = call.at.parse::<Timestamp>().map_or(0, Timestamp::as_second).to_string();
    let invoice = call.path.trim_start_matches("/v1/invoices/").trim_end_matches("/pay");
    let key = call.idempotency_key.as_deref().unwrap_or_default();
    let effect = digest(&[key, &call.path, &call.body, &second], 24);
    format!("ch_{}", digest(&[invoice, &effect], 24))
}

/// Whoever asks for a try gets one; and a recovery makes no more than its rules and the company's acquirer let it, and
/// none of what a bank has said never to.
pub(super) fn tries_keep_to_their_budget(
    service: &Service,
    tries: &[Try],
    bills: &[Bill],
    allowed: Option<usize>,
) -> Result<(), String> {
    let rules = &service.context.policies.dunning.current().tries;
    let most = rules.iter().map(|rule| *rule.most.get_ref() as usize).max().unwrap_or_default();
    let mut by_action: BTreeMap<&ActionId, usize> = BTreeMap::new();
    let mut by_rule: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for it in tries {
        let count = by_action.entry(&it.action).or_default();
        *count += 1;
        must(*count == 1, || format!("{} was tried {count} times at the provider", it.action))?;
        if it.by_rule {
            by_rule.entry(it.invoice.as_str()).or_default().push(it.at);
        }
    }
    for (invoice, mut times) in by_rule {
        times.sort();
        must(times.len() <= most, || format!("{invoice} was tried at {times:?}, and {most} is all there is"))?;
        let count = allowed.unwrap_or(most);
        for counted in times.windows(count + 1) {
            let span = counted[count].duration_since(counted[0]);
            must(span >= COUNTED, || format!("{invoice} was tried at {counted:?}, and {count} tries are allowed"))?;
        }
        let barred = bills.iter().find(|bill| bill.invoice == invoice).filter(|bill| !bill.codes.is_empty());
        let is_barred = barred.is_some_and(|bill| bill.codes.iter().all(|code| *code == HARD));
        must(!is_barred, || format!("{invoice} was tried at {times:?}, and its bank says never"))?;
    }
    Ok(())
}

/// What must hold of each recovery of an account at Stripe, whose invoices are numbered so that letters tell them.
pub(super) fn recoveries_keep_their_word(
    service: &Service,
    books: &Books,
    tries: &[Try],
    is_long: bool,
) -> Result<(), String> {
    if books.desk.head.provider != "stripe" {
        return Ok(());
    }
    let now = service.clock.now();
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    let mut written: Vec<Timestamp> =
        books.desk.plans.values().flat_map(|plan| written(plan, &letters)).map(|(_, at)| at).collect();
    written.sort();
    for pair in written.windows(2) {
        let account = &books.desk.head.account;
        must(pair[1].duration_since(pair[0]) >= ONE_LETTER, || format!("{account} was written to at {pair:?}"))?;
    }
    for plan in books.desk.plans.values() {
        let left = Left::of(plan, &letters, &written, tries);
        left.nothing_while_it_waits(plan)?;
        left.nothing_under_a_claim(plan, books)?;
        left.no_access_before_its_letters(plan)?;
        promises_end(plan, now)?;
        let invoice = books.desk.touched.invoices.get(&plan.invoice);
        let is_open = invoice.is_none_or(|invoice| matches!(invoice.due(), Due::Open(_) | Due::NotYet));
        let takes = books.desk.head.dunning.contains_key(&plan.invoice);
        must(is_open || !takes, || format!("{} is over, and its account shows it: {plan:?}", plan.invoice))?;
        ends(plan, books, now, is_long)?;
    }
    Ok(())
}

/// What left for a recovery.
struct Left {
    /// The letters of its steps, by their numbers.
    letters: Vec<(u32, Timestamp)>,
    /// All letters of the account's recoveries.
    written: Vec<Timestamp>,
    tries: Vec<Timestamp>,
}

/// The letters of a recovery that lie in the outbox, by the numbers of its steps.
fn written(plan: &Plan, letters: &[(Timestamp, Letter)]) -> Vec<(u32, Timestamp)> {
    let id = |step: &Step| {
        About::Step { account: plan.account.clone(), invoice: plan.invoice.clone(), step: step.number }.id()
    };
    let own = |step: &Step| {
        let (number, id) = (step.number, id(step));
        let sent = letters.iter().filter(move |(_, it)| it.id == id && it.channel == Channel::Mail);
        sent.filter(|(_, it)| it.to.ends_with("@shop.example")).map(move |(at, _)| (number, *at)).collect::<Vec<_>>()
    };
    plan.steps.iter().flat_map(own).collect()
}

impl Left {
    fn of(plan: &Plan, letters: &[(Timestamp, Letter)], all: &[Timestamp], tries: &[Try]) -> Self {
        let by_rule = tries.iter().filter(|it| it.by_rule && it.invoice == plan.invoice);
        Self { letters: written(plan, letters), written: all.to_vec(), tries: by_rule.map(|it| it.at).collect() }
    }

    /// Nothing leaves between two times, but for what was asked of the provider before.
    fn nothing_between(&self, from: Timestamp, until: Timestamp, why: &str) -> Result<(), String> {
        let letter = self.letters.iter().find(|(_, at)| *at > from && *at < until);
        // The provider's times are whole seconds.
        let tried = self.tries.iter().find(|at| **at > from + DONE_LATER && **at + A_SECOND < until);
        must(letter.is_none(), || format!("step {letter:?} was sent between {from} and {until}: {why}"))?;
        must(tried.is_none(), || format!("it was tried at {tried:?}, between {from} and {until}: {why}"))
    }

    fn nothing_while_it_waits(&self, plan: &Plan) -> Result<(), String> {
        for (from, until) in waits(plan) {
            self.nothing_between(from, until, &format!("{} waited, as somebody said", plan.invoice))?;
        }
        let stopped = plan.control.said.iter().find(|said| said.word == Word::Stop);
        match stopped {
            Some(said) => self.nothing_between(said.at, Timestamp::MAX, &format!("{} was stopped", plan.invoice)),
            None => Ok(()),
        }
    }

    /// A bank that claims anything of the customer back ends each of their recoveries.
    fn nothing_under_a_claim(&self, plan: &Plan, books: &Books) -> Result<(), String> {
        let claims = books.desk.cases.values().filter(|case| case.class == Class::Chargeback);
        let of_plan = |at: &Timestamp| *at >= plan.started_at;
        let first = claims.map(|case| case.opened_at).filter(of_plan).min();
        match first.filter(|_| books.desk.head.book.is_claimed()) {
            Some(at) => self.nothing_between(at, Timestamp::MAX, &format!("{} of whom a bank claims", plan.invoice)),
            None => Ok(()),
        }
    }

    /// Access falls after the letters that stand before it have left, of which there is one, and past a warning only
    /// after it.
    fn no_access_before_its_letters(&self, plan: &Plan) -> Result<(), String> {
        let mut is_warned = false;
        for (place, step) in plan.steps.iter().enumerate() {
            let StepKind::Access { access } = step.kind else { continue };
            let Some(taken) = step.done_at.filter(|_| step.state == StepState::Sent) else { continue };
            let letters = plan.steps[..place].iter().filter(|step| step.kind.is_mail());
            let what = || format!("{} is {access:?} since {taken}", plan.invoice);
            for letter in letters.clone().filter(|letter| letter.state == StepState::Sent) {
                // What goes with a letter of another recovery has its own words for that.
                let left = match &letter.why {
                    None => self.letters.iter().any(|(number, at)| *number == letter.number && *at <= taken),
                    Some(_) => self.written.iter().any(|at| *at <= taken),
                };
                must(left, || format!("{}, and its letter {} had not left", what(), letter.number))?;
            }
            let was_written = |letter: &Step| matches!(letter.state, StepState::Sent | StepState::InDoubt);
            must(letters.clone().any(was_written), || format!("{}, and nobody wrote", what()))?;
            is_warned |= access <= Entitlement::Warned;
            must(is_warned, || format!("{}, and nobody warned", what()))?;
        }
        Ok(())
    }
}

/// When a recovery waited because somebody said so.
pub(super) fn waits(plan: &Plan) -> Vec<(Timestamp, Timestamp)> {
    let mut waits = Vec::new();
    // Since when; until when it is paused, and until when something is promised.
    let (mut since, mut paused, mut promised): (Option<Timestamp>, Option<Timestamp>, Option<Timestamp>) =
        (None, None, None);
    let words = plan.control.said.iter().map(|said| (said.at, Some(&said.word)));
    for (at, word) in words.chain([(Timestamp::MAX, None)]) {
        let until = paused.max(promised);
        let is_over = matches!(word, None | Some(Word::Resume | Word::Stop | Word::Kept { .. } | Word::Broken { .. }));
        if let (Some(from), Some(until)) = (since, until)
            && (is_over || until <= at)
        {
            waits.push((from, at.min(until)));
            (since, paused, promised) = (None, None, None);
        }
        match word {
            Some(Word::Pause { until }) => (since, paused) = (since.or(Some(at)), Some(*until)),
            Some(Word::Promise { until, .. }) => (since, promised) = (since.or(Some(at)), Some(*until)),
            _ => {}
        }
    }
    waits
}

/// A promise is open until its day is over; then it was kept, or broken, or it ended with its recovery or was taken
/// back. Of what somebody holds it is said once they let go.
fn promises_end(plan: &Plan, now: Timestamp) -> Result<(), String> {
    let open = plan.control.promise.as_ref();
    let may_be_open = |until: Timestamp| until > now || plan.held_until.is_some_and(|held| held > now);
    must(open.is_none_or(|promise| may_be_open(promise.until)), || format!("{}: {open:?} is open", plan.invoice))?;
    let mut given = None;
    for said in &plan.control.said {
        match &said.word {
            Word::Promise { date, .. } => {
                must(given.is_none(), || format!("{}: nobody said what became of {given:?}", plan.invoice))?;
                given = Some(*date);
            }
            Word::Kept { .. } | Word::Broken { .. } | Word::Resume | Word::Stop => given = None,
            Word::Pause { .. } => {}
        }
    }
    let is_over = plan.state != PlanState::Running;
    must(given.is_none() || open.is_some() || is_over, || format!("{}: {given:?} was lost", plan.invoice))
}

/// How many promises of a recovery were kept or broken, as far as it remembers.
pub(super) fn promises_settled(plan: &Plan) -> usize {
    plan.control.said.iter().filter(|said| matches!(said.word, Word::Kept { .. } | Word::Broken { .. })).count()
}

/// How often a recovery took something of what its customer may use, or warned of that.
pub(super) fn fallen(plan: &Plan) -> usize {
    let is_taken = |step: &&Step| matches!(step.kind, StepKind::Access { .. }) && step.state == StepState::Sent;
    plan.steps.iter().filter(is_taken).count()
}

/// A recovery that runs is looked at again, and each comes to its end.
fn ends(plan: &Plan, books: &Books, now: Timestamp, is_long: bool) -> Result<(), String> {
    if plan.state != PlanState::Running {
        // What was being sent when it was stopped stays so, where nobody was heard of again.
        let is_waiting = |step: &&Step| match step.state {
            StepState::Sending => plan.state == PlanState::Finished,
            state => state == StepState::Waiting,
        };
        let waiting = plan.steps.iter().find(is_waiting);
        return must(waiting.is_none(), || format!("{} is over, and {waiting:?} is not", plan.invoice));
    }
    let a_day_ago = now - SignedDuration::from_hours(24);
    let wake = plan.next_wake();
    must(wake.is_some_and(|at| at > a_day_ago), || format!("nobody looks at {} again: {wake:?}", plan.invoice))?;
    // People may give more time, and what is in somebody's hands waits for them.
    let more = |action: &Action| {
        let is_own = matches!(&action.kind, Kind::ExtendGrace { invoice, .. } if *invoice == plan.invoice);
        is_own && action.state() == State::Executed
    };
    let may_run = !is_long || plan.held_until.is_some() || books.desk.actions.values().any(more);
    must(may_run, || format!("{} has no end: {plan:?}", plan.invoice))
}
