//! Takes what people say of recoveries, and of invoices on the ladder: each by itself, and all recoveries that run of an account
//! one after the other.

use super::told::Told;
use super::{Read, board, read};
use crate::context::Context;
use crate::outgoing;
use crate::ports::Order;
use crate::records::running::{self, All};
use crate::store::{self, Attempted, Batch, Commit, keys, trail};
use crate::web::{self, Failed, ID_BYTES_MAX, Problem};
use domain::ageing::Climb;
use domain::book::{Due, Head};
use domain::dunning::{Plan, Recovering, Refused, Wish, Word};
use domain::id::AccountId;
use domain::ledger::Note;
use domain::money::{Currency, Money};
use domain::staff::Staff;
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How many recoveries of an account are looked through for those that were stopped by hand.
const LOOKED_MAX: u32 = 100;

/// What is sent: one of four words, and about which invoice if not about all that are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    invoice: Option<String>,
    pause: Option<Pause>,
    resume: Option<Resume>,
    stop: Option<Stop>,
    promise: Option<Promise>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pause {
    until: Until,
    #[serde(default)]
    note: String,
}

/// A time, or the end of a day where the customer lives.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
enum Until {
    At(Timestamp),
    Day(Date),
}

impl TryFrom<String> for Until {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let day = || text.parse().map(Self::Day).map_err(|_| format!("`{text}` is neither a time nor a day"));
        text.parse().map(Self::At).or_else(|_| day())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resume {
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Promise {
    date: Date,
    amount: Money,
    #[serde(default)]
    note: String,
}

const WANTED: &str = "send one of `pause` with `until`, `resume`, `stop` with a `note`, and `promise` with `date` and \
    `amount`; beside it the `invoice`, if it is not about all that are asked for";

impl Asked {
    /// Reads a body.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        let asked: Self = web::sent(body, WANTED)?;
        let said = [asked.pause.is_some(), asked.resume.is_some(), asked.stop.is_some(), asked.promise.is_some()];
        if said.into_iter().filter(|said| *said).count() == 1 { Ok(asked) } else { Err(Problem::malformed(WANTED)) }
    }

    /// Reads a form of the console, where a day is a day of the customer's.
    pub fn of_form(fields: &BTreeMap<String, String>) -> Result<Self, Problem> {
        let field = |name: &str| fields.get(name).map(|text| text.trim()).unwrap_or_default();
        let day = |name: &str| {
            let day = field(name).parse::<Date>();
            day.map_err(|_| Problem::malformed("choose a day, such as 2026-01-31"))
        };
        let note = field("note").to_owned();
        let asked = Self { invoice: Some(field("invoice").to_owned()), ..Self::default() };
        Ok(match field("say") {
            "pause" => Self { pause: Some(Pause { until: Until::Day(day("until")?), note }), ..asked },
            "resume" => Self { resume: Some(Resume { note }), ..asked },
            "stop" => Self { stop: Some(Stop { note }), ..asked },
            "promise" => {
                let currency = Currency::parse(field("currency"))
                    .map_err(|_| Problem::malformed("the form is damaged; reload the page"))?;
                let amount = Money::parse(field("amount"), currency)
                    .map_err(|wrong| Problem::malformed(format!("{wrong}; write it like 24.00")))?;
                Self { promise: Some(Promise { date: day("date")?, amount, note }), ..asked }
            }
            _ => return Err(Problem::malformed("the form says nothing; reload the page")),
        })
    }

    /// What somebody wants, and why; days end where the customer lives.
    fn wish(&self, context: &Context, read: &Read) -> Result<(Wish, &str), Problem> {
        let end = |day: Date| {
            let customer = read.customer.as_ref();
            let zone = customer.and_then(|customer| customer.time_zone.as_deref());
            let over = context.policies.hours.current().end_of(day, zone, read.person.country(customer));
            over.ok_or_else(|| Problem::not_possible(format!("{day} is too far off")))
        };
        if let Some(Pause { until, note }) = &self.pause {
            let until = match until {
                Until::At(at) => *at,
                Until::Day(day) => end(*day)?,
            };
            return Ok((Wish::Pause { until }, note.as_str()));
        }
        if let Some(Promise { date, amount, note }) = &self.promise {
            return Ok((Wish::Promise { date: *date, until: end(*date)?, amount: *amount }, note.as_str()));
        }
        if let Some(Resume { note }) = &self.resume {
            return Ok((Wish::Resume, note.as_str()));
        }
        self.stop.as_ref().map(|Stop { note }| (Wish::Stop, note.as_str())).ok_or_else(|| Problem::malformed(WANTED))
    }
}

/// Does it, and shows the recoveries that it was about.
pub async fn take(
    context: &Context,
    account: &AccountId,
    asked: &Asked,
    staff: &Staff,
) -> Result<Vec<Recovering>, Problem> {
    let (invoices, mut all) = concerned(context, account, asked).await?;
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
    let plans: Vec<Plan> = store::first_of(context, &keys::plans(account), LOOKED_MAX, Order::Ascending).await?;
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
    let wanted = vec![who.clone(), keys::ledger_head(account), climb.clone()];
    read.batch.extend(Batch::read(context, wanted).await?);
    let staff = read.batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let told = Told::of(read.plan.clone(), read.batch.get::<Climb>(&climb)?);
    let Some(mut told) = told else { return Err(nothing_runs().into()) };
    let is_stale = read.head.more_dunning > 0 && !all.holds(read.batch.rev(&own));
    let fresh = if is_stale { Some(All::read(context, account, read.batch.rev(&own)).await?) } else { None };

    // Decide.
    let (limits, now) = (context.policies.limits.current(), context.clock.now());
    let (wish, note) = asked.wish(context, &read)?;
    match &mut told {
        Told::Recovery(plan) => plan.heed(&read.head),
        Told::Ladder(_) if matches!(read.invoice.due(), Due::Open(_)) => {}
        Told::Ladder(_) => return Err(problem(&Refused::Over("nothing of it is open".to_owned())).into()),
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
    let lines = outgoing::of_head(context, &mut read.batch, &read.head, &head).await?;

    // Write. What is said of the ladder changes nothing on the head.
    let mut commit = Commit::default();
    match &told {
        Told::Recovery(plan) => {
            commit.over(&read.batch, plan);
            commit.over(&read.batch, &head);
        }
        Told::Ladder(climb) => {
            commit.over(&read.batch, climb);
            commit.check(&read.batch, &own);
        }
    }
    outgoing::put(&mut commit, &read.batch, &lines);
    trail::put_notes(&mut commit, &read.batch, account, vec![entry(invoice, wish, &staff, now)])?;
    commit.check(&read.batch, &who);
    let written = match told {
        Told::Recovery(plan) => Some(Written { plan, read: fresh }),
        Told::Ladder(_) => None,
    };
    Ok(store::attempted(commit.run(context).await, written)?)
}

/// How it is written down for good; the note stands with the recovery.
fn entry(invoice: &str, wish: Wish, staff: &Staff, now: Timestamp) -> Note {
    let word = wish.word();
    let (until, amount) = match &word {
        Word::Pause { until } => (until.to_string(), String::new()),
        Word::Promise { date, amount, .. } => (date.to_string(), amount.to_string()),
        Word::Resume | Word::Stop | Word::Kept { .. } | Word::Broken { .. } => Default::default(),
    };
    let body = [
        ("word", word.name().to_owned()),
        ("invoice", invoice.to_owned()),
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
