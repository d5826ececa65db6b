//! Plays about what somebody wants to have done: their money back, another plan.

use super::{Asked, Known, scene};
use crate::context::Context;
use crate::records::{self, Past, rates};
use crate::store::{Alone, Batch, keys};
use crate::web::Problem;
use domain::action::{self, Action, Kind, Measure, Reason, Resources, all_of};
use domain::approval::{Asking, Requirement, Scales, Weighed, judged, weigh};
use domain::id::CaseId;
use domain::playbook::{Change, Play, Refunding, change_plan, plan_changed, refund};
use domain::staff::Staff;
use http::StatusCode;
use jiff::tz::TimeZone;

pub(super) async fn refunding(
    context: &Context,
    known: &Known,
    (asked, case): (&Asked, Option<&CaseId>),
    staff: &Staff,
) -> Result<Play, Problem> {
    let account = &known.head.account;
    let (Some(id), Some(reason)) = (&asked.payment, asked.reason_code) else {
        return Err(Problem::malformed("name the `payment` and a `reason_code`"));
    };
    let mut about = records::Read::of(Batch::default());
    about.more(context, &known.head, &Resources { payments: vec![id.clone()], ..Resources::default() }).await?;
    let payment = about.records.payments.get(id).ok_or_else(|| Problem::not_found("payment"))?;
    let impossible =
        |why: domain::action::NoPreview| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.code(), why.to_string());
    let amount = asked.amount.map_or_else(|| all_of(Some(payment), id), Ok).map_err(impossible)?;
    let policy = context.policies.approval.current();
    let now = context.clock.now();
    let today = now.to_zoned(TimeZone::UTC).date();
    let past = records::past(context, account).await?;
    let Past { asked: earlier, credited, .. } = past.ok_or_else(records::too_much_past)?;
    let cases = records::cases(context, &mut Batch::default(), &known.head, reason, None).await?;
    let outage_credits = records::outage_credits(context, account, &about.records, reason).await?;
    let alone = keys::alone(&staff.id, today);
    let batch = Batch::read(context, rates::wanted(context, today).chain([alone.clone()]).collect()).await?;
    let so_far: Option<Alone> = batch.get(&alone)?;
    let rates = rates::read(context, &batch, today)?;
    let scales = Scales {
        policy,
        known: about.known(&known.head, now)?,
        reason,
        by: Some(staff),
        cases: &cases,
        earlier: &earlier,
        credited: &credited,
        today: so_far.map(|so_far| so_far.total).unwrap_or_default(),
        rates: &rates,
        outage_credits: &outage_credits,
        // The play itself says what is not eligible, and why.
        exception: true,
    };
    let kind = action::Kind::Refund { payment: id.clone(), amount };
    let Weighed { preview, required, proven_by } = weigh(&kind, scales).map_err(impossible)?;
    let judged = judged(reason, &kind, &proven_by);
    let eligibility = policy.eligibility(Asking {
        payment: id,
        amount,
        reason: judged,
        unproven: (judged != reason).then_some(reason),
        taken: payment.taken(),
        taken_at: payment.at,
        outage_credit_percent: outage_credits.get(id).copied(),
        earlier: &earlier,
        now,
    });
    let requirement = Requirement { approvals: required, clause: preview.clause };
    let refunding = Refunding {
        payment: id,
        amount,
        reason,
        eligibility: &eligibility,
        requirement: &requirement,
        lines: &preview.lines,
    };
    Ok(refund(scene(context, known, case), refunding))
}

pub(super) async fn changing(
    context: &Context,
    known: &Known,
    (asked, case): (&Asked, Option<&CaseId>),
    staff: &Staff,
) -> Result<Play, Problem> {
    let book = &known.head.book;
    let wanted =
        asked.plan.as_ref().ok_or_else(|| Problem::malformed("name the `plan` that is wanted, by its price's id"))?;
    let only = || book.subscriptions.keys().next().filter(|_| book.subscriptions.len() == 1);
    let id = asked
        .subscription
        .as_ref()
        .or_else(only)
        .ok_or_else(|| Problem::malformed("name the `subscription`: there is not exactly one"))?;
    let mut about = records::Read::of(Batch::default());
    let named = Resources { subscriptions: vec![id.clone()], prices: vec![wanted.clone()], ..Resources::default() };
    about.more(context, &known.head, &named).await?;
    if !about.records.subscriptions.contains_key(id) {
        return Err(Problem::not_found("subscription"));
    }
    let policy = context.policies.approval.current();
    let needed = |kind: &str| policy.requirement(kind, Measure::Nothing, Reason::Other, Some(staff.role)).approvals;
    let (upgrade, downgrade) = (needed("upgrade"), needed("downgrade"));
    let scene = scene(context, known, case);
    let change = Change { subscription: id, plan: wanted, upgrade: &upgrade, downgrade: &downgrade };
    change_plan(scene, &about.known(&known.head, scene.now)?, change)
        .map_err(|why| Problem::not_possible(why.to_string()))
}

/// The play of a change that was asked for.
pub(super) async fn changed(
    context: &Context,
    known: &Known,
    action: &Action,
    case: &CaseId,
) -> Result<Option<Play>, Problem> {
    let plan = action.preview.lines.iter().find(|line| line.label == "Plan").and_then(|line| line.before.as_ref());
    let mut prices: Vec<String> = plan.map(ToString::to_string).into_iter().collect();
    if let Kind::Upgrade { plan, .. } | Kind::Downgrade { plan, .. } = &action.kind {
        prices.push(plan.clone());
    }
    let mut about = records::Read::of(Batch::default());
    about.more(context, &known.head, &Resources { prices, ..Resources::default() }).await?;
    let scene = scene(context, known, Some(case));
    Ok(plan_changed(scene, &about.known(&known.head, scene.now)?, action))
}
