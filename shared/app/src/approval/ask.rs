//! Makes a request: previews it, finds out who must decide, and records a decision that the asker may take alone.

use super::blocked::Tried;
use super::{Done, carry_out, desk};
use crate::book::put_notes;
use crate::context::Context;
use crate::fault::Fault;
use crate::message::{Message, send_all};
use crate::ports::{Channel, Letter, QueueName, Unsent};
use crate::report::action_json;
use crate::store::{self, Alone, Attempted, Batch, Commit, Idempotency, Of, Sent, keys};
use crate::web::{self, Answer, Problem, header};
use bytes::Bytes;
use domain::action::{Action, Kind, NoPreview, Reason, State, all_of, preview_refund};
use domain::approval::{self, Asking, Decided, KINDS, Measure, decided_here};
use domain::book::{Head, Payment};
use domain::case::{Case, State as CaseState};
use domain::id::{AccountId, ActionId, CaseId, sha256};
use domain::ledger::{Note, Step};
use domain::money::Money;
use domain::staff::{MACHINE, Staff};
use http::{Request, StatusCode};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How much somebody may write about a request or a decision.
pub const NOTE_CHARS_MAX: usize = 2000;

#[derive(Deserialize)]
struct Asked {
    account: String,
    kind: String,
    params: Params,
    reason_code: Reason,
    #[serde(default)]
    note: String,
    case: Option<String>,
    #[serde(default)]
    preview_only: bool,
    /// Asks openly for what the refund policy does not give.
    #[serde(default)]
    exception: bool,
}

#[derive(Deserialize)]
struct Params {
    payment: Option<String>,
    invoice: Option<String>,
    amount: Option<Money>,
}

/// A request that has been understood.
struct Ask<'a> {
    id: ActionId,
    payment: String,
    /// Nothing named means all that is left.
    amount: Option<Money>,
    reason: Reason,
    note: String,
    case: Option<CaseId>,
    by: Option<&'a Staff>,
    preview_only: bool,
    exception: bool,
    idempotency: Option<Idempotency>,
    trace: String,
}

/// Answers `POST /api/actions`.
pub async fn by_staff(context: &Context, request: &Request<Bytes>, staff: &Staff) -> Result<Answer, Problem> {
    if let Err(problem) = may_ask(staff) {
        if let Ok(asked) = serde_json::from_slice::<Asked>(request.body())
            && let Some(account) = AccountId::named(&asked.account)
        {
            let (at, kind) = (sha256(request.body()), KINDS.iter().find(|kind| **kind == asked.kind).unwrap_or(&"unknown"));
            if !asked.preview_only && store::read::<Head>(context, &keys::head(&account)).await?.is_some() {
                return Err(Tried { account: &account, kind, at: &at, by: &staff.id }.refused(context, problem).await?);
            }
        }
        return Err(problem);
    }
    let key = header(request.headers(), "idempotency-key").filter(|key| !key.is_empty() && key.len() <= 255);
    let key =
        key.ok_or_else(|| Problem::malformed("send an `Idempotency-Key` header of 1 to 255 characters, so that a repeat is recognised"))?;
    let asked: Asked =
        serde_json::from_slice(request.body()).map_err(|error| Problem::malformed(format!("the request cannot be read: {error}")))?;
    if asked.kind != "refund" {
        let message = format!("the kind `{}` cannot be carried out yet; this version carries out: refund", asked.kind);
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "kind_not_available", message));
    }
    let too_long = asked.note.chars().count() > NOTE_CHARS_MAX
        || [&asked.params.payment, &asked.params.invoice].iter().any(|id| id.as_ref().is_some_and(|id| id.len() > 255));
    if too_long {
        return Err(Problem::malformed(format!("a note has at most {NOTE_CHARS_MAX} characters, an id at most 255")));
    }
    let account = AccountId::named(&asked.account).ok_or_else(|| Problem::not_found("account"))?;
    let head: Option<Head> = store::read(context, &keys::head(&account)).await?;
    let head = head.ok_or_else(|| Problem::not_found("account"))?;
    if carry_out::observes(context, &head).await? {
        let message = format!("the source {}/{} only observes: nothing may leave; ask a manager to raise it", head.provider, head.source);
        return Err(Problem::new(StatusCode::CONFLICT, "source_observes", message));
    }
    let of_invoice = |invoice: &String| {
        head.book.payments.iter().rev().find(|line| head.book.invoice_of(line) == Some(invoice)).map(|line| line.payment.clone())
    };
    let payment = asked.params.payment.clone().or_else(|| asked.params.invoice.as_ref().and_then(of_invoice));
    let payment = payment.ok_or_else(|| Problem::malformed("name the `payment`, or an `invoice` that was paid, in `params`"))?;
    let case = asked
        .case
        .as_deref()
        .map(|id| CaseId::parse(id).filter(|id| id.account() == account).ok_or_else(|| Problem::not_found("case")))
        .transpose()?;
    let id = ActionId::of(&account, &staff.id, key);
    let ask = Ask {
        trace: format!("req_{}", &id.as_str()[id.as_str().len() - 12..]),
        payment,
        amount: asked.params.amount,
        reason: asked.reason_code,
        note: asked.note,
        case,
        by: Some(staff),
        preview_only: asked.preview_only,
        exception: asked.exception,
        idempotency: Some(Idempotency {
            staff: staff.id.clone(),
            key: key.to_owned(),
            request: sha256(request.body()),
            action: id.clone(),
        }),
        id,
    };
    match store::retrying(context, || make(context, &ask)).await? {
        Ok(action) => Ok(web::json(StatusCode::CREATED, &action_json(&action))),
        Err(problem) if ask.preview_only => Err(problem),
        Err(problem) => {
            Err(Tried { account: &account, kind: "refund", at: ask.id.as_str(), by: &staff.id }.refused(context, problem).await?)
        }
    }
}

fn may_ask(staff: &Staff) -> Result<(), Problem> {
    if staff.role.may_request() {
        return Ok(());
    }
    let message = format!("the role {} does not ask for actions; ask a colleague in support or billing", staff.role.name());
    Err(Problem::new(StatusCode::FORBIDDEN, "not_permitted", message))
}

/// Asks people for the action that a case recommends, again if the earlier request went stale.
pub async fn for_case(context: &Context, case: &CaseId, trace: &str) -> Result<Done, Fault> {
    let Some(case) = store::read::<Case>(context, &keys::case(case)).await? else {
        return Err(Fault::Retry(format!("the case {case} is not there yet")));
    };
    let stale = match case.actions.last() {
        Some(last) => store::read::<Action>(context, &keys::action(last)).await?.is_some_and(|action| action.state == State::Stale),
        None => true,
    };
    let Some(recommended) = case.recommended.as_ref().filter(|_| case.state == CaseState::Open && stale) else {
        return Ok(Done::NothingToDo);
    };
    let head: Option<Head> = store::read(context, &keys::head(&case.account)).await?;
    if let Some(head) = head
        && carry_out::observes(context, &head).await?
    {
        return Ok(Done::NothingToDo);
    }
    let Kind::Refund { payment, amount } = &recommended.kind;
    let ask = Ask {
        id: ActionId::of(&case.account, MACHINE, &format!("{} {}", case.id, case.actions.len())),
        payment: payment.clone(),
        amount: Some(*amount),
        reason: recommended.reason,
        note: recommended.note.clone(),
        case: Some(case.id.clone()),
        by: None,
        preview_only: false,
        exception: false,
        idempotency: None,
        trace: trace.to_owned(),
    };
    match store::retrying(context, || make(context, &ask)).await? {
        Ok(_) => Ok(Done::Asked),
        Err(problem) => {
            tracing::info!(case.id = %case.id, reason = %problem.message, "the recommended action cannot be asked for");
            Ok(Done::NothingToDo)
        }
    }
}

async fn make(context: &Context, ask: &Ask<'_>) -> Result<Attempted<Result<Action, Problem>>, Fault> {
    // Read.
    let account = ask.id.account();
    let mut wanted = vec![keys::head(&account), keys::payment(&account, &ask.payment), keys::ledger_head(&account), keys::action(&ask.id)];
    wanted.extend(ask.idempotency.as_ref().map(|it| keys::idempotency(&it.staff, &it.key)));
    wanted.extend(ask.case.as_ref().map(keys::case));
    wanted.extend(ask.by.map(|staff| keys::staff(&staff.id)));
    let now = context.clock.now();
    let today = now.to_zoned(TimeZone::UTC).date();
    wanted.extend(ask.by.map(|staff| keys::alone(&staff.id, today)));
    let batch = Batch::read(context, wanted).await?;
    // The role that counts is the one of this very batch, which the commit depends on.
    let staff: Option<Staff> = ask.by.map(|staff| batch.get(&keys::staff(&staff.id))).transpose()?.flatten();
    if ask.by.is_some() {
        let refused = staff.as_ref().map_or_else(|| Err(Problem::not_signed_in()), may_ask);
        if let Err(refused) = refused {
            return Ok(Attempted::Done(Err(refused)));
        }
    }
    if let Some(earlier) = earlier(context, &batch, ask).await? {
        return Ok(Attempted::Done(earlier));
    }
    let head: Head = batch.get(&keys::head(&account))?.ok_or_else(|| Fault::Park(format!("the account {account} is gone")))?;
    let payment = batch.get::<Of<Payment>>(&keys::payment(&account, &ask.payment))?.map(|of| of.value);
    let case: Option<Case> = ask.case.as_ref().map(|case| batch.get(&keys::case(case))).transpose()?.flatten();
    if ask.case.is_some() && case.is_none() {
        return Ok(Attempted::Done(Err(Problem::not_found("case"))));
    }
    if ask.by.is_none() && case.as_ref().is_some_and(|case| case.state != CaseState::Open) {
        let message = "the case has ended in the meantime";
        return Ok(Attempted::Done(Err(Problem::new(StatusCode::CONFLICT, "case_ended", message))));
    }

    let earlier = desk::earlier_refunds(context, &account).await?;
    let taken_at = payment.as_ref().and_then(|payment| payment.at);
    let outage_credit_percent = desk::outage_credit(context, &account, taken_at).await?;

    let so_far = ask.by.map(|staff| batch.get::<Alone>(&keys::alone(&staff.id, today))).transpose()?.flatten();

    // Decide.
    let policy = context.policies.approval.current();
    let decided_alone = Decided {
        here: ask.by.map(|staff| decided_here(&earlier, &staff.id, policy, now)).unwrap_or_default(),
        today: so_far.as_ref().map(|so_far| so_far.total).unwrap_or_default(),
    };
    let asking = |amount| Asking {
        payment: &ask.payment,
        amount,
        reason: ask.reason,
        taken: payment.as_ref().and_then(Payment::taken),
        taken_at,
        outage_credit_percent,
        earlier: &earlier,
        now,
    };
    let made = decided(context, ask, staff.as_ref(), payment.as_ref(), decided_alone, asking);
    let mut action = match made {
        Ok(action) => action,
        Err(problem) => return Ok(Attempted::Done(Err(problem))),
    };
    let approved = action.state == State::Approved;
    // Approved: when to look whether it was done. Waiting: when to ask again, if nobody could be told.
    action.look_at = (action.state != State::Previewed).then(|| super::look_at(context));
    let reserved = payment.clone().filter(|_| approved).map(|mut payment| {
        payment.reserved.extend(action.kind.amount().map(|amount| (action.id.clone(), amount)));
        payment
    });

    // Write.
    let mut commit = Commit::default();
    desk::put(&mut commit, context, &batch, &head, None, &action);
    if let Some(payment) = reserved {
        commit.over(&batch, &desk::of(&account, &payment));
    }
    if let Some(mut case) = case {
        case.actions.push(action.id.clone());
        commit.over(&batch, &case);
    }
    if let Some(idempotency) = &ask.idempotency {
        commit.create(idempotency);
    }
    let alone = action.votes.iter().find(|vote| vote.within_limit).zip(action.kind.amount());
    if let Some((vote, amount)) = alone.filter(|(_, amount)| amount.currency() == policy.currency) {
        let total = decided_alone.today + amount.amount();
        commit.over(&batch, &Alone { staff: vote.by.clone(), day: today, total });
    }
    if let Some(staff) = ask.by {
        commit.check(&batch, &keys::staff(&staff.id));
    }
    put_notes(&mut commit, &batch, &account, notes(&action))?;
    let result = store::attempted(commit.run(context).await, Ok(action.clone()))?;
    if matches!(result, Attempted::Done(_)) {
        announce(context, &action).await;
    }
    Ok(result)
}

/// What an earlier request under the same key made.
async fn earlier(context: &Context, batch: &Batch, ask: &Ask<'_>) -> Result<Option<Result<Action, Problem>>, Fault> {
    let standing = match &ask.idempotency {
        None => batch.get::<Action>(&keys::action(&ask.id))?,
        Some(own) => match batch.get::<Idempotency>(&keys::idempotency(&own.staff, &own.key))? {
            None => None,
            Some(earlier) if earlier.request != own.request => {
                let message = "this `Idempotency-Key` was used for another request; use a new key for a new request";
                return Ok(Some(Err(Problem::new(StatusCode::CONFLICT, "idempotency_conflict", message))));
            }
            Some(earlier) => store::read(context, &keys::action(&earlier.action)).await?,
        },
    };
    Ok(standing.map(Ok))
}

fn decided<'a>(
    context: &Context,
    ask: &Ask<'_>,
    by: Option<&Staff>,
    payment: Option<&Payment>,
    alone: Decided,
    asking: impl Fn(Money) -> Asking<'a>,
) -> Result<Action, Problem> {
    let policy = context.policies.approval.current();
    let unprocessable = |code, message: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
    let impossible = |refusal: NoPreview| unprocessable(refusal.code(), refusal.to_string());
    let amount = ask.amount.map_or_else(|| all_of(payment, &ask.payment), Ok).map_err(impossible)?;
    let now = asking(amount).now;
    let role = by.map(|staff| staff.role);
    let requirement = policy.requirement_after("refund", Measure::Money(amount), ask.reason, role, alone);
    // What cannot be done at all is said before what the policy does not give.
    preview_refund(payment, &ask.payment, amount, ask.reason, requirement.clause.clone()).map_err(impossible)?;
    let eligibility = policy.eligibility(asking(amount));
    if let Some((why, instead)) = eligibility.refused.clone().filter(|_| !ask.exception) {
        return Err(impossible(NoPreview::NotEligible(why, instead)));
    }
    let requirement = policy.with_eligibility(requirement, &eligibility, role);
    let preview = preview_refund(payment, &ask.payment, amount, ask.reason, requirement.clause).map_err(impossible)?;
    let action = Action {
        id: ask.id.clone(),
        account: ask.id.account(),
        kind: Kind::Refund { payment: ask.payment.clone(), amount },
        reason_code: ask.reason,
        note: ask.note.clone(),
        case: ask.case.clone(),
        state: if ask.preview_only { State::Previewed } else { State::WaitingApproval },
        requested_by: by.map_or_else(|| MACHINE.to_owned(), |staff| staff.id.clone()),
        requested_at: now,
        expires_at: now + SignedDuration::from_hours(policy.expiry_hours),
        preview,
        required: requirement.approvals,
        votes: Vec::new(),
        decided_at: None,
        attempt: None,
        outcome: None,
        look_at: None,
        ended_at: None,
        confirmed_at: None,
        trace: ask.trace.clone(),
    };
    match by.filter(|_| action.required.is_empty() && !ask.preview_only) {
        Some(staff) => approval::decide_alone(action, staff, now).map_err(|refusal| unprocessable("not_possible", refusal.to_string())),
        None => Ok(action),
    }
}

fn notes(action: &Action) -> Vec<Note> {
    if action.state == State::Previewed {
        return Vec::new();
    }
    let requested = Note {
        at: action.requested_at,
        step: Step::Requested,
        action: action.id.clone(),
        by: action.requested_by.clone(),
        body: BTreeMap::from([
            ("kind".to_owned(), action.kind.name().to_owned()),
            ("target".to_owned(), action.kind.target().to_owned()),
            ("amount".to_owned(), action.kind.amount().map(|amount| amount.to_string()).unwrap_or_default()),
            ("reason".to_owned(), action.reason_code.name().to_owned()),
            ("preview".to_owned(), action.preview.digest.clone()),
            ("rule".to_owned(), action.preview.clause.rule.clone()),
            ("policy_version".to_owned(), action.preview.clause.policy_version.to_string()),
            ("approvals".to_owned(), action.required.iter().map(|role| role.name()).collect::<Vec<_>>().join(",")),
        ]),
    };
    std::iter::once(requested).chain(action.votes.iter().map(|vote| super::decide::note(action, vote))).collect()
}

/// Tells whoever comes next: the queue, or people. The alarm on the action covers a crash in between.
async fn announce(context: &Context, action: &Action) {
    let sent = match action.state {
        State::Approved => {
            let message = Message::Act { action: action.id.clone(), trace: action.trace.clone() };
            send_all(context, &[Sent { queue: QueueName::Approval, message }]).await
        }
        State::WaitingApproval => tell(context, action).await,
        _ => Ok(()),
    };
    if let Err(fault) = sent {
        tracing::warn!(action.id = %action.id, fault = %fault, "nobody could be told of this action yet; its alarm tries again");
    }
}

/// Asks people for their approval, and notes that they were asked. A request that nobody heard of is asked again.
pub async fn tell(context: &Context, action: &Action) -> Result<(), Fault> {
    if let Err(Unsent::NotSent(reason)) = context.post.send(&letter(context, action)).await {
        return Err(Fault::Retry(reason));
    }
    store::retrying(context, || async {
        let read = desk::read(context, &action.id).await?;
        let waiting = |action: &Action| action.state == State::WaitingApproval && action.look_at.is_some();
        let (Some(before), Some(head)) = (read.action.clone().filter(waiting), read.head) else { return Ok(Attempted::Done(())) };
        let after = Action { look_at: None, ..before.clone() };
        let mut commit = Commit::default();
        desk::put(&mut commit, context, &read.batch, &head, Some(&before), &after);
        store::attempted(commit.run(context).await, ())
    })
    .await
}

/// The message that asks for approval.
pub fn letter(context: &Context, action: &Action) -> Letter {
    let page = format!("{}/actions/{}", context.settings.base_url, action.id);
    let roles = action.required.iter().map(|role| role.name()).collect::<Vec<_>>().join(" and ");
    Letter {
        id: format!("ask_{}_{}", &action.id, action.expires_at.as_second()),
        channel: Channel::Slack,
        to: context.settings.approvals_channel.clone(),
        subject: format!("Approval needed: {}", action.preview.summary),
        text: format!(
            "{}\nWhy: {}\nRule: {} ({})\nNeeds: {roles}\nDecide here: {page}",
            action.preview.summary, action.note, action.preview.clause.rule, action.preview.clause.why
        ),
        html: String::new(),
        links: vec![page],
    }
}
