//! Makes a request: previews it, finds out who must decide, and records a decision that the asker may take alone.

mod cohort;
mod own;
mod staff;

pub use cohort::cohort;
pub use own::{for_case, for_leaver};
pub use staff::{Asked, by_staff, key, unreadable};

use super::{approve, case, tell, writing};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::{self, Past, Read, beside, contacts, rates};
use crate::store::{self, Alone, Attempted, Batch, Commit, Idempotency, keys};
use crate::ticket::put_case;
use crate::web::{Failed, Problem};
use domain::action::{Action, Kind, NoPreview, Reason, State, Wish, asked_already};
use domain::approval::{self, Scales, Weighed, is_given_already, is_unproven, next_ask, weigh};
use domain::book::{Head, Person};
use domain::case::{Case, State as CaseState};
use domain::id::{ActionId, CaseId};
use domain::import::ExchangeRate;
use domain::leaving::{Offers, Stage};
use domain::staff::{MACHINE, Staff};
use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// What is wanted: as a person says it, or settled already.
enum What {
    Wish(Wish),
    Kind(Kind),
}

impl What {
    fn is_to_leave(&self) -> bool {
        match self {
            Self::Wish(wish) => wish.kind == "cancel",
            Self::Kind(kind) => matches!(kind, Kind::Cancel { .. }),
        }
    }
}

/// A request that has been understood.
struct Ask<'a> {
    id: ActionId,
    what: What,
    reason: Reason,
    note: String,
    case: Option<CaseId>,
    by: Option<&'a Staff>,
    preview_only: bool,
    exception: bool,
    seen: Option<String>,
    idempotency: Option<Idempotency>,
    trace: Option<String>,
}

fn may_ask(staff: &Staff) -> Result<(), Problem> {
    if staff.role.may_request() {
        return Ok(());
    }
    let message =
        format!("the role {} does not ask for actions; ask a colleague in support or billing", staff.role.name());
    Err(Problem::not_permitted(message))
}

fn problem(refusal: &NoPreview) -> Problem {
    if refusal.is_malformed() {
        return Problem::malformed(refusal.to_string());
    }
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), refusal.to_string())
}

/// What a request is decided by.
struct Ground {
    read: Read,
    head: Head,
    case: Option<Case>,
    staff: Option<Staff>,
    /// What may prove its reason.
    cases: Vec<Case>,
    past: Past,
    outage_credits: BTreeMap<String, Decimal>,
    /// What its asker decided alone today.
    so_far: Decimal,
    rates: Vec<ExchangeRate>,
    now: Timestamp,
}

async fn make(context: &Context, ask: &Ask<'_>) -> Result<Attempted<Action>, Failed> {
    // Read.
    let now = context.clock.now();
    let batch = named_by(context, ask, now).await?;
    let staff = asker(&batch, ask)?;
    if let Some(earlier) = earlier(context, &batch, ask).await? {
        return Ok(Attempted::Done(earlier));
    }
    let mut ground = ground(context, ask, (batch, now), staff).await?;
    let askers = ground.past.actions.iter().map(|action| action.requested_by.clone()).collect();
    let names = beside::names_with(context, BTreeSet::new(), askers).await?;

    // Decide.
    let known = ground.read.known(&ground.head, ground.now)?;
    let scales = Scales {
        policy: context.policies.approval.current(),
        known,
        reason: ask.reason,
        by: ground.staff.as_ref(),
        cases: &ground.cases,
        earlier: &ground.past.asked,
        credited: &ground.past.credited,
        today: ground.so_far,
        rates: &ground.rates,
        outage_credits: &ground.outage_credits,
        exception: ask.exception,
    };
    let kind = match &ask.what {
        What::Wish(wish) => wish.settle(&known),
        // What Recoup found some days ago is asked for as of today, where the provider counts days.
        What::Kind(kind) => Ok(kind.clone().brought_to(known.manners, known.now)),
    };
    let kind = kind.map_err(|refusal| problem(&refusal))?;
    let offers = &context.policies.playbooks.current().leaving;
    let mut action = decided(ask, kind, scales, offers, &ground.past.offered)?;
    let person = ground.read.batch.of::<Person>(&keys::person(&ask.id.account()))?.unwrap_or_default();
    action.preview.notices = contacts::of(context, &person);
    let called = |id: &str| names.who(id).into_owned();
    action.preview.notices.extend(asked_already(&action.kind, &ground.past.actions, called));
    owed_by_case(&ground, &action)?;
    has_room(context, &mut ground, &action)?;
    if !action.leaves_room(context.policies.limits.current().asked_bytes_max) {
        let message = "this is more than one request can hold: ask for some of it apart, or write a shorter note";
        return Err(Problem::malformed(message).into());
    }
    if action.state() == State::WaitingApproval {
        // When to ask again, if nobody could be told.
        action.rings_at(writing::moment(context).again);
    }

    // Write.
    let members = records::members_of(&action).map(|id| keys::action(&id)).collect();
    ground.read.batch.extend(Batch::read(context, members).await?);
    let (commit, action) = commit(context, ask, ground, &action)?;
    let result = store::attempted(commit.run(context).await, action.clone())?;
    if matches!(result, Attempted::Done(_)) {
        tell::announce(context, &action).await;
    }
    Ok(result)
}

/// The code of what a case does not owe at this moment: what stands in the way may be on its way, and may fail.
const NOT_OWED: &str = "not_owed";

/// Recoup asks for nothing because of a case that the case does not owe: by what proves it, or because it was credited
/// since.
fn owed_by_case(ground: &Ground, action: &Action) -> Result<(), Problem> {
    let Some(case) = ground.case.as_ref().filter(|_| ground.staff.is_none()) else { return Ok(()) };
    if is_given_already(&action.kind, case, &ground.past.credited) {
        let message = "as much was credited for a mistake since the case was opened: a person has to look";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, NOT_OWED, message));
    }
    if is_unproven(&action.kind, action.reason_code, &action.proven_by) {
        let message = "the case does not prove as much by now, with what went back and what is on its way";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, NOT_OWED, message));
    }
    Ok(())
}

/// The code of what has to wait until something else on the account is over.
const CROWDED: &str = "crowded";

/// The head names all that is under way, and every subscription that goes on and somebody wants to end. Wishes that
/// came to nothing make room.
fn has_room(context: &Context, ground: &mut Ground, action: &Action) -> Result<(), Failed> {
    let limits = context.policies.limits.current();
    if action.state() == State::Approved && !ground.head.may_expect(action, ground.now, limits.under_way_bytes_max) {
        return Err(Problem::conflict(CROWDED, approval::Refusal::Crowded.to_string()).into());
    }
    let members = action.kind.members().iter();
    let ended: Vec<_> = members.filter_map(|kind| kind.wish_to_leave(action.reason_code)).map(|(of, _)| of).collect();
    if ended.is_empty() || action.state() == State::Previewed {
        return Ok(());
    }
    let mut over = Vec::new();
    let read = wishes(&ground.head, ended.iter().copied()).map(keys::action).filter(|key| ground.read.batch.has(key));
    for key in read {
        let earlier = ground.read.batch.get::<Action>(&key)?;
        over.extend(earlier.filter(|earlier| Stage::of(earlier).is_none()).map(|earlier| earlier.id));
    }
    let mut head = ground.head.clone();
    head.forgets_wishes(&over);
    if !head.may_name_left(ended.into_iter(), &action.id, (ground.now, limits.left_bytes_max)) {
        let message = "very many subscriptions of this account are being ended; ask again once one of them has ended";
        return Err(Problem::conflict(CROWDED, message).into());
    }
    ground.head = head;
    Ok(())
}

/// The earlier wishes to end subscriptions, as many as the head names.
fn wishes<'a>(head: &'a Head, subscriptions: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a ActionId> {
    subscriptions.filter_map(move |id| head.left.get(id)).flatten().filter_map(|left| left.action.as_ref())
}

/// Reads what a request names.
async fn named_by(context: &Context, ask: &Ask<'_>, now: Timestamp) -> Result<Batch, Fault> {
    let account = ask.id.account();
    let mut wanted =
        vec![keys::head(&account), keys::person(&account), keys::ledger_head(&account), keys::action(&ask.id)];
    wanted.extend(ask.idempotency.as_ref().map(|it| keys::idempotency(&it.staff, &it.key)));
    wanted.extend(ask.case.as_ref().map(keys::case));
    let today = day(now);
    wanted.extend(rates::wanted(context, today));
    wanted.extend(ask.by.iter().flat_map(|staff| [keys::staff(&staff.id), keys::alone(&staff.id, today)]));
    Batch::read(context, wanted).await
}

/// The role that counts is the one of this very batch, which the commit depends on.
fn asker(batch: &Batch, ask: &Ask<'_>) -> Result<Option<Staff>, Failed> {
    let Some(by) = ask.by else { return Ok(None) };
    let staff = batch.get::<Staff>(&keys::staff(&by.id))?.ok_or_else(Problem::not_signed_in)?;
    may_ask(&staff)?;
    Ok(Some(staff))
}

/// Reads what the request is about, and what was asked for before it.
async fn ground(
    context: &Context,
    ask: &Ask<'_>,
    (batch, now): (Batch, Timestamp),
    staff: Option<Staff>,
) -> Result<Ground, Failed> {
    let account = ask.id.account();
    let head: Head =
        batch.get(&keys::head(&account))?.ok_or_else(|| Fault::Park(format!("the account {account} is gone")))?;
    let case: Option<Case> = ask.case.as_ref().map(|case| batch.get(&keys::case(case))).transpose()?.flatten();
    if ask.case.is_some() && case.is_none() {
        return Err(Problem::not_found("case").into());
    }
    if let Some(case) = &case {
        case::goes_on_here(case)?;
    }
    if ask.by.is_none() && case.as_ref().is_some_and(|case| case.state != CaseState::Open) {
        return Err(Problem::conflict("case_ended", "the case has ended in the meantime").into());
    }
    // The case was read some time ago: whoever asked because of it since then may have asked for the same.
    if ask.by.is_none() && case.as_ref().is_some_and(|case| own::next_request(case) != ask.id) {
        return Err(Fault::Retry("somebody asked for something because of the same case".to_owned()).into());
    }
    if let (Some(case), What::Kind(kind), None) = (&case, &ask.what, ask.by)
        && case.recommended.as_ref().is_none_or(|it| it.kind != *kind)
    {
        return Err(Fault::Retry("the case recommends something else by now".to_owned()).into());
    }
    let about = match &ask.what {
        What::Wish(wish) => wish.wanted(&head),
        What::Kind(kind) => Ok(records::about(kind)),
    };
    let about = about.map_err(|refusal| problem(&refusal))?;
    let alone = staff.as_ref().map(|staff| batch.get::<Alone>(&keys::alone(&staff.id, day(now)))).transpose()?;
    let so_far = alone.flatten().map(|alone| alone.total).unwrap_or_default();
    let rates = rates::read(context, &batch, day(now))?;
    let mut read = Read::of(batch);
    read.more(context, &head, &about).await?;
    let earlier: Vec<_> = wishes(&head, about.subscriptions.iter().map(String::as_str)).map(keys::action).collect();
    if !earlier.is_empty() {
        read.batch.extend(Batch::read(context, earlier).await?);
    }
    let mut cases: Vec<Case> = case.iter().cloned().collect();
    if staff.is_some() {
        cases.extend(records::cases(context, &mut read.batch, &head, ask.reason, ask.case.as_ref()).await?);
    }
    let past = match records::past(context, &account).await? {
        Some(past) => past,
        // Nobody is kept from leaving. An offer may have been made, and is not made again.
        None if ask.what.is_to_leave() => {
            let offered = vec![now - SignedDuration::from_hours(2)];
            Past { asked: Vec::new(), offered, credited: Vec::new(), actions: Vec::new() }
        }
        None => return Err(records::too_much_past().into()),
    };
    let outage_credits = records::outage_credits(context, &account, &read.records, ask.reason).await?;
    Ok(Ground { read, head, case, staff, cases, past, outage_credits, so_far, rates, now })
}

/// The action with all that is written beside it, on condition that its asker still has their role.
fn commit(context: &Context, ask: &Ask<'_>, ground: Ground, action: &Action) -> Result<(Commit, Action), Fault> {
    let Ground { read, head, case, so_far, rates, now, .. } = ground;
    let votes = action.votes().iter().map(|vote| approve::note(action, vote));
    let notes = approval::requested(action).into_iter().chain(votes).collect();
    let (mut commit, action) = approve::put(context, &read, &head, None, action, notes)?;
    let mut proving: BTreeSet<&CaseId> = action.proven_by.values().collect();
    if let Some(before) = case.filter(|_| action.state() != State::Previewed) {
        proving.remove(&before.id);
        let mut case = before.clone();
        case.actions.push(action.id.clone());
        // Where figures are those of their day, it is asked for as of another moment than the case was found.
        if let Some(recommended) = case.recommended.as_mut().filter(|_| ask.by.is_none()) {
            recommended.kind.clone_from(&action.kind);
        }
        if let Some(staff) = ask.by {
            case.at_work.act(&staff.id, now);
        }
        put_case(&mut commit, context, &read.batch, &head, (&before, &case));
    }
    // What proves it must still be so.
    proving.into_iter().for_each(|case| commit.check(&read.batch, &keys::case(case)));
    if let Some(idempotency) = &ask.idempotency {
        commit.create(idempotency);
    }
    if let Some(vote) = action.votes().iter().find(|vote| vote.within_limit) {
        let today = day(now);
        let sum = given(context, &action.kind, &rates, today);
        if !sum.is_zero() {
            commit.over(&read.batch, &Alone { staff: vote.by.clone(), day: today, total: so_far.saturating_add(sum) });
        }
    }
    if let Some(staff) = ask.by {
        commit.check(&read.batch, &keys::staff(&staff.id));
    }
    Ok((commit, action))
}

/// The day on which somebody decides alone.
fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// What an action gives away, in the policy's currency.
fn given(context: &Context, kind: &Kind, rates: &[ExchangeRate], today: Date) -> Decimal {
    let policy = context.policies.approval.current();
    let amounts = kind.members().iter().filter_map(Kind::gives);
    let converted = amounts.filter_map(|amount| policy.in_own_currency(amount, rates, today));
    converted.fold(Decimal::ZERO, Decimal::saturating_add)
}

/// What an earlier request under the same key made.
async fn earlier(context: &Context, batch: &Batch, ask: &Ask<'_>) -> Result<Option<Action>, Failed> {
    let standing = match &ask.idempotency {
        None => batch.get::<Action>(&keys::action(&ask.id))?,
        Some(own) => match batch.get::<Idempotency>(&keys::idempotency(&own.staff, &own.key))? {
            None => None,
            Some(earlier) if earlier.request != own.request => {
                let message = "this `Idempotency-Key` was used for another request; use a new key for a new request";
                return Err(Problem::conflict("idempotency_conflict", message).into());
            }
            Some(earlier) => store::read(context, &keys::action(&earlier.action)).await?,
        },
    };
    Ok(standing)
}

fn decided(
    ask: &Ask<'_>,
    kind: Kind,
    scales: Scales<'_>,
    offers: &Offers,
    offered: &[Timestamp],
) -> Result<Action, Problem> {
    let offer = offers.of(&kind, scales.known.head, offered, scales.known.now);
    if let Some(delayed) = kind
        .members()
        .iter()
        .find(|member| kind.members().len() > 1 && scales.policy.delay_hours.contains_key(member.name()))
    {
        let message = format!(
            "the policy lets a {} wait once it is approved, and a bundle does not: ask for it by itself",
            delayed.name()
        );
        return Err(Problem::not_possible(message));
    }
    let Weighed { preview, required, proven_by } = weigh(&kind, scales).map_err(|refusal| problem(&refusal))?;
    let now = scales.known.now;
    let requested_by = scales.by.map_or(MACHINE, |staff| &staff.id);
    let seen = preview.seen(&required);
    if ask.seen.as_ref().is_some_and(|wanted| *wanted != seen) {
        let message = "it would do something else by now than what was shown; look at it again";
        return Err(Problem::conflict("stale_preview", message));
    }
    let mut action = Action::new(ask.id.clone(), kind, ask.reason, preview, requested_by, now);
    action.note.clone_from(&ask.note);
    action.case.clone_from(&ask.case);
    action.proven_by = proven_by;
    action.offer = offer;
    action.expires_at = now + SignedDuration::from_hours(scales.policy.expiry_hours);
    action.required = required;
    if ask.preview_only {
        action = action.only_previewed();
    }
    action.told.next_at = next_ask(&action, &scales.policy.asking).map(|(at, _)| at);
    if let Some(trace) = &ask.trace {
        action.trace.clone_from(trace);
    }
    match scales.by.filter(|_| action.required.is_empty() && !ask.preview_only) {
        Some(staff) => {
            approval::decide_alone(action, staff, now).map_err(|refusal| Problem::not_possible(refusal.to_string()))
        }
        None => Ok(action),
    }
}
