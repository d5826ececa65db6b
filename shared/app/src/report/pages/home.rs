//! The overview: what waits for whoever looks, what went wrong, and how the month goes.

use super::GLANCE;
use crate::approval::word;
use crate::context::Context;
use crate::dunning::board::{self, Wanted};
use crate::dunning::cash;
use crate::fault::Fault;
use crate::ports::Order;
use crate::records::beside;
use crate::report::{read, sums};
use crate::setup::{proposal, sources};
use crate::store::{Batch, Of, Page, keys};
use crate::task;
use crate::ticket;
use crate::web::{Problem, Window};
use ::pages::{FEW, Few, Home, Names, Viewer};
use domain::action::{Action, State};
use domain::book::{Due, Invoice, Payment};
use domain::case::{Case, Disputed, State as CaseState};
use domain::cash::Received;
use domain::id::{AccountId, TaskId};
use domain::incident::State as IncidentState;
use domain::money::Money;
use domain::report::Month;
use domain::source::InUse;
use domain::staff::Staff;
use domain::task::Task;
use futures_util::future::try_join3;
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};

/// How what was asked for can end that somebody has to hear of, or is on the way to it.
const ENDED: [State; 6] =
    [State::Denied, State::Expired, State::Stale, State::Failed, State::InDoubt, State::NeedsPerson];
/// What of it is a trouble.
const WRONG: [State; 3] = [State::Failed, State::InDoubt, State::NeedsPerson];
/// For how long an end is news.
const NEWS: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Of each list at most a glance is read, and of a month as many rows as the overview adds up: in all some eighty
/// queries of a few items each, sixty for whoever asks for no actions, and ten batches. Of each list eight parts are
/// asked for at once, and of the lists three, so that whoever waits for it waits for some twelve answers, one after the
/// other, and for a few more where lists are long.
pub(super) async fn home(context: &Context, viewer: &Viewer, staff: &Staff) -> Result<String, Problem> {
    let now = context.clock.now();
    let window = Window { after: None, limit: GLANCE };
    let (tickets, tasks, actions) =
        try_join3(ticket::glance(context, &staff.id), tasks(context, staff), actions(context, staff)).await?;
    let (cases, incidents, unmatched) = try_join3(
        open_cases(context, &window),
        read::incidents(context, Some(IncidentState::Open), &window),
        unmatched(context, staff),
    )
    .await?;
    let all = Wanted::default();
    let (plans, in_use, proposals) = try_join3(
        board::in_turn(context, &all, &window),
        sources::in_use(context),
        proposal::waiting_for(context, staff),
    )
    .await?;

    let disputed: Vec<Case> = cases.items.iter().filter(|case| case.disputed_payment().is_some()).cloned().collect();
    let cases = Few::of(cases.items, cases.next.is_some());
    let incidents = incidents.items;
    let (count, is_more) = (plans.items.len(), plans.next.is_some());
    let locked: Vec<InUse> = in_use.into_iter().filter(|source| source.locked.is_some()).collect();

    let plans: Vec<_> = plans.items.into_iter().take(FEW).collect();
    let wanted = Beside { tasks: [&tasks.own, &tasks.untaken], disputed: &disputed, is_more: cases.is_more };
    let more = [&actions.word, &actions.asked, &actions.failed].into_iter().flat_map(|few| &few.first);
    let staff = more.clone().flat_map(beside::people);
    let answers = tickets.own.first.iter().chain(&tickets.nobodys.first).filter_map(|it| it.handling.answers.last());
    let staff: BTreeSet<String> = staff.chain(answers.map(|answer| answer.by.clone())).collect();
    let more = more.map(|action| &action.account).chain(cases.first.iter().map(|case| &case.account));
    let more = more.chain(unmatched.first.iter().map(|it| &it.account));
    let of_tickets = tickets.own.first.iter().chain(&tickets.nobodys.first);
    let more = more.chain(of_tickets.filter_map(|ticket| ticket.handling.account.as_ref()));
    let month = Month::of(now.to_zoned(jiff::tz::TimeZone::UTC).date());
    let (beside, first, (report, before)) = try_join3(
        wanted.read(context, more.collect(), &staff),
        board::in_full(context, plans),
        sums::month_and_before(context, month),
    )
    .await?;
    let plans = Few { first, count, is_more };
    let few = |waiting: ticket::Waiting| {
        let mut few = Few::of(waiting.first, tickets.is_more);
        few.count = waiting.count;
        few
    };
    Ok(::pages::home(
        viewer,
        &Home {
            now,
            names: &beside.names,
            amounts: &beside.amounts,
            tickets: &few(tickets.own),
            nobodys: &few(tickets.nobodys),
            tasks: &tasks.own,
            untaken: &tasks.untaken,
            word: &actions.word,
            asked: &actions.asked,
            failed: &actions.failed,
            disputes: &beside.disputes,
            incidents: &incidents,
            locked: &locked,
            unmatched: &unmatched,
            proposals: &proposals,
            cases: &cases,
            plans: &plans,
            month,
            report: report.as_ref(),
            before: before.as_ref(),
        },
    ))
}

async fn open_cases(context: &Context, window: &Window) -> Result<Page<Case>, Fault> {
    read::cases(context, Some(CaseState::Open), window, |_| true).await
}

/// The payments without a place, for whoever finds one for them.
async fn unmatched(context: &Context, staff: &Staff) -> Result<Few<Received>, Fault> {
    if !staff.role.may_settle() {
        return Ok(Few::default());
    }
    let page = cash::unmatched(context, Window { after: None, limit: GLANCE }).await?;
    Ok(Few::of(page.items, page.next.is_some()))
}

struct Tasks {
    own: Few<Task>,
    /// What nobody has.
    untaken: Few<Task>,
}

async fn tasks(context: &Context, staff: &Staff) -> Result<Tasks, Fault> {
    let window = Window { after: None, limit: GLANCE };
    let page = task::list(context, &task::Filter::default(), window).await?;
    let is_more = page.next.is_some();
    let (untaken, given): (Vec<_>, Vec<_>) = page.items.into_iter().partition(|task| task.assigned_to.is_none());
    let own = given.into_iter().filter(|task| task.assigned_to.as_ref() == Some(&staff.id)).collect();
    Ok(Tasks { own: Few::of(own, is_more), untaken: Few::of(untaken, is_more) })
}

struct Actions {
    /// What waits for this person's word.
    word: Few<Action>,
    /// What they asked for, and how it ended lately.
    asked: Few<Action>,
    /// What went wrong of what people asked for.
    failed: Few<Action>,
}

async fn actions(context: &Context, staff: &Staff) -> Result<Actions, Fault> {
    // What went wrong is for everybody; how else it ended, for whoever asks.
    let (ended, done): (&[State], &[State]) =
        if staff.role.may_request() { (&ENDED, &[State::Executed]) } else { (&WRONG, &[]) };
    let (waiting, ended, done) = try_join3(
        read::actions_of(context, &[State::WaitingApproval], GLANCE, Order::Ascending),
        read::actions_of(context, ended, GLANCE, Order::Descending),
        read::actions_of(context, done, GLANCE, Order::Descending),
    )
    .await?;
    let since = context.clock.now() - NEWS;
    let is_news = |action: &&Action| action.ended_at().is_none_or(|at| at >= since);
    let own = |action: &&Action| action.requested_by == staff.id;
    let asked = waiting.items.iter().filter(own);
    let asked = asked.chain(ended.items.iter().chain(&done.items).filter(own).filter(is_news)).cloned().collect();
    let is_wrong = |action: &&Action| WRONG.contains(&action.state()) && action.by_rule().is_none();
    let failed = ended.items.iter().filter(is_wrong).filter(is_news).cloned().collect();
    let (more, more_ended) = (waiting.next.is_some(), ended.next.is_some());
    let word = Few::of(word::theirs(context, waiting.items, staff).await?, more);
    Ok(Actions { word, asked: Few::of(asked, more || more_ended), failed: Few::of(failed, more_ended) })
}

/// What else is read of what is shown, in one batch.
struct Beside<'a> {
    tasks: [&'a Few<Task>; 2],
    disputed: &'a [Case],
    /// There are more open cases than were looked at.
    is_more: bool,
}

struct Found {
    names: Names,
    /// What is open of the invoices that tasks are about.
    amounts: BTreeMap<TaskId, Money>,
    disputes: Few<Disputed>,
}

impl Beside<'_> {
    async fn read(&self, context: &Context, more: Vec<&AccountId>, staff: &BTreeSet<String>) -> Result<Found, Fault> {
        let tasks: Vec<&Task> = self.tasks.into_iter().flat_map(|few| &few.first).collect();
        let invoice = |task: &Task| Some(keys::invoice(&task.account, task.about.invoice()?));
        let payment = |case: &Case| Some(keys::payment(&case.account, case.disputed_payment()?));
        let disputed = self.disputed.iter().map(|case| &case.account);
        let accounts: Vec<&AccountId> = tasks.iter().map(|task| &task.account).chain(disputed).chain(more).collect();
        let wanted = accounts.iter().map(|account| keys::person(account));
        let wanted = wanted.chain(tasks.iter().filter_map(|task| invoice(task)));
        let wanted = wanted.chain(self.disputed.iter().filter_map(payment)).chain(beside::keys_of(staff));
        let batch = Batch::read(context, wanted.collect()).await?;

        let mut amounts = BTreeMap::new();
        for task in tasks {
            let Some(key) = invoice(task) else { continue };
            if let Some(Due::Open(Some(open))) = batch.of::<Invoice>(&key)?.map(|invoice| invoice.due()) {
                amounts.insert(task.id.clone(), open);
            }
        }
        let mut disputes = Vec::new();
        for case in self.disputed {
            let Some(key) = payment(case) else { continue };
            let payment = batch.get::<Of<Payment>>(&key)?;
            disputes.extend(payment.and_then(|payment| Disputed::of(case, &payment.value)));
        }
        disputes.sort_by_key(|dispute| (dispute.evidence_due_at.is_none(), dispute.evidence_due_at));
        let names = beside::named(&batch, accounts)?.with(beside::colleagues(&batch, staff)?);
        Ok(Found { names, amounts, disputes: Few::of(disputes, self.is_more) })
    }
}
