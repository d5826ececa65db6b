//! Takes what people say of recoveries, and of invoices on the ladder: each by itself, and all recoveries that run of
//! an account one after the other, unless they are more than are written at once.

mod asked;
mod many;

use super::told::Told;
use super::{agreed, board, read};
use crate::context::Context;
use crate::outgoing;
use crate::ports::Order;
use crate::records::ladder;
use crate::records::running::{self, All};
use crate::store::{self, Attempted, Batch, Commit, keys, trail};
use crate::web::{Failed, ID_BYTES_MAX, Problem};
use domain::ageing::Climb;
use domain::book::{Due, Head};
use domain::dunning::{Plan, Recovering, Refused, Wish, Word};
use domain::id::AccountId;
use domain::ledger::Note;
use domain::staff::Staff;
use http::StatusCode;
use jiff::Timestamp;

pub use asked::Asked;
pub(super) use many::heed;

/// How many recoveries of an account are looked through for those that were stopped by hand.
const LOOKED_MAX: u32 = 100;
/// How many of those that a word was about are shown.
const SHOWN_MAX: usize = 100;

/// Does it, and shows the recoveries that it was about: of very many the first.
pub async fn take(
    context: &Context,
    account: &AccountId,
    asked: &Asked,
    staff: &Staff,
) -> Result<Vec<Recovering>, Problem> {
    let (mut invoices, mut all) = concerned(context, account, asked).await?;
    if invoices.len() > context.policies.limits.current().recoveries_written_max {
        many::say(context, account, (asked, staff), &all).await?;
        invoices.truncate(SHOWN_MAX);
        return Ok(board::of_invoices(context, account, &invoices).await?);
    }
    for invoice in &invoices {
        let written = store::unless_refused(context, || once(context, account, invoice, (asked, staff), &all)).await?;
        if let Some(Written { plan, read }) = written {
            all = read.unwrap_or(all);
            all.wrote(plan);
        }
    }
    Ok(board::of_invoices(context, account, &invoices).await?)
}

/// The invoices that it is about, and all recoveries of the account where its head does not name them.
async fn concerned(context: &Context, account: &AccountId, asked: &Asked) -> Result<(Vec<String>, All), Problem> {
    let key = keys::head(account);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let mut head: Head = batch.get(&key)?.ok_or_else(|| Problem::not_found("account"))?;
    if let Some(invoice) = &asked.invoice {
        let is_one = invoice.len() <= ID_BYTES_MAX;
        return if is_one { Ok((vec![invoice.clone()], All::default())) } else { Err(nothing_runs()) };
    }
    let mut all = All::default();
    if head.more_dunning > 0 {
        all = All::read(context, account, batch.rev(&key)).await?;
        all.name(&mut head);
    }
    // One that has ended and still takes something away is asked for no more.
    let running = head.dunning.iter().filter(|(_, line)| line.next.is_some());
    let running: Vec<String> = running.map(|(invoice, _)| invoice.clone()).collect();
    if running.len() > 1 && asked.promise.is_some() {
        let message = "more than one invoice is asked for: name the one that is promised in `invoice`";
        return Err(Problem::not_possible(message));
    }
    if !running.is_empty() {
        return Ok((running, all));
    }
    // A stop that is said once more stops nothing, and is no mistake.
    let mut plans: Vec<Plan> = store::first_of(context, &keys::plans(account), LOOKED_MAX, Order::Ascending).await?;
    plans.iter_mut().for_each(|plan| plan.heed(&head));
    let by_hand = plans.into_iter().filter(|plan| asked.stop.is_some() && plan.was_stopped_by_hand());
    let stopped: Vec<_> = by_hand.map(|plan| plan.invoice).collect();
    if stopped.is_empty() { Err(nothing_runs()) } else { Ok((stopped, all)) }
}

fn nothing_runs() -> Problem {
    let message = "nothing is being recovered there; /api/dunning lists what is";
    Problem::new(StatusCode::NOT_FOUND, "not_found", message)
}

/// A recovery that was written, and what was read of all for it, where somebody else had written since.
struct Written {
    plan: Plan,
    read: Option<All>,
}

async fn once(
    context: &Context,
    account: &AccountId,
    invoice: &str,
    (asked, staff): (&Asked, &Staff),
    all: &All,
) -> Result<Attempted<Option<Written>>, Failed> {
    // Read.
    let Some(mut read) = read(context, account, invoice).await? else { return Err(nothing_runs().into()) };
    let (who, own, climb) = (keys::staff(&staff.id), keys::head(account), keys::climb(account, invoice));
    let letter = agreed::key(account, invoice);
    let wanted = vec![who.clone(), keys::ledger_head(account), climb.clone(), letter];
    read.batch.extend(Batch::read(context, wanted).await?);
    let staff = read.batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let mut plan = read.plan.clone();
    plan.iter_mut().for_each(|plan| plan.heed(&read.head));
    let told = Told::of(plan, read.batch.get::<Climb>(&climb)?);
    let Some(mut told) = told else { return Err(nothing_runs().into()) };
    let is_stale = read.head.more_dunning > 0 && !all.holds(read.batch.rev(&own));
    let fresh = if is_stale { Some(All::read(context, account, read.batch.rev(&own)).await?) } else { None };

    // Decide.
    let (limits, now) = (context.policies.limits.current(), context.clock.now());
    let (wish, note) = asked.wish(context, (&read.person, read.customer.as_ref()))?;
    if matches!(told, Told::Ladder(_)) && !matches!(read.invoice.due(), Due::Open(_)) {
        return Err(problem(&Refused::Over("nothing of it is open".to_owned())).into());
    }
    let taken = told.way().take(wish, note, &staff, &read.invoice, limits, now);
    if !taken.map_err(|refused| problem(&refused))? {
        return Ok(Attempted::Done(None));
    }
    let mut head = read.head.clone();
    if let Told::Recovery(plan) = &told {
        if head.more_dunning > 0 {
            fresh.as_ref().unwrap_or(all).name(&mut head);
        }
        running::show(context, &mut head, std::slice::from_ref(plan)).await?;
    }
    if let Told::Ladder(climb) = &told {
        climb.show_access_on(&mut head, climb.policy(&context.policies.ageing));
    }
    let lines = outgoing::of_head(context, &mut read.batch, &read.head, &head).await?;

    // Write. What is said of the ladder changes nothing on the head but what a stop gives back.
    let mut commit = Commit::default();
    match &told {
        Told::Recovery(plan) => {
            commit.over(&read.batch, plan);
            commit.over(&read.batch, &head);
        }
        Told::Ladder(climb) => {
            ladder::write(&mut commit, &read.batch, climb);
            agreed::given_up(&read.batch, climb, now)?.iter().for_each(|task| commit.over(&read.batch, task));
            if head == read.head {
                commit.check(&read.batch, &own);
            } else {
                commit.over(&read.batch, &head);
            }
        }
    }
    outgoing::put(&mut commit, &read.batch, &lines);
    trail::put_notes(
        &mut commit,
        &read.batch,
        account,
        vec![entry(("invoice", invoice.to_owned()), wish, &staff, now)],
    )?;
    commit.check(&read.batch, &who);
    let written = match told {
        Told::Recovery(plan) => Some(Written { plan, read: fresh }),
        Told::Ladder(_) => None,
    };
    Ok(store::attempted(commit.run(context).await, written)?)
}

/// How it is written down for good, with what it is about; the note stands with the recovery.
fn entry(about: (&str, String), wish: Wish, staff: &Staff, now: Timestamp) -> Note {
    let word = wish.word();
    let (until, amount) = match &word {
        Word::Pause { until } => (until.to_string(), String::new()),
        Word::Promise { date, amount, .. } => (date.to_string(), amount.to_string()),
        Word::Resume | Word::Stop | Word::Kept { .. } | Word::Broken { .. } => Default::default(),
    };
    let body = [
        ("word", word.name().to_owned()),
        about,
        ("role", staff.role.name().to_owned()),
        ("until", until),
        ("amount", amount),
    ];
    Note::of_recovery(now, &staff.id, body)
}

fn problem(refused: &Refused) -> Problem {
    let (status, code) = match refused {
        Refused::NotTheirs => (StatusCode::FORBIDDEN, "not_permitted"),
        Refused::Note(_) => (StatusCode::BAD_REQUEST, "malformed"),
        Refused::Over(_) => (StatusCode::CONFLICT, "already_over"),
        Refused::Promised(..) => (StatusCode::CONFLICT, "already_promised"),
        Refused::NoReason | Refused::When(..) | Refused::Broken(_) | Refused::Unknown | Refused::Amount(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "not_possible")
        }
    };
    Problem::new(status, code, refused.to_string())
}
