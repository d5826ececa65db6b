//! Shows what a playbook would do for somebody who is on the line. Nothing is written and nobody is asked.

use super::read::{self, case};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::{Past, rates};
use crate::store::imported::in_force;
use crate::store::{self, Alone, Batch, Of, keys};
use crate::web::{Problem, account_id};
use crate::{incident, records};
use domain::action::{self, Measure, Reason, Resources, all_of};
use domain::approval::{Asking, Requirement, Scales, Weighed, judged, weigh};
use domain::book::entitlement::entitlement;
use domain::book::{Head, Invoice, Person};
use domain::case::{Case, Class, EXPLAINED, State};
use domain::dunning::Plan;
use domain::id::AccountId;
use domain::import::{Customer, Kind};
use domain::money::Money;
use domain::playbook::advice::Preview;
use domain::playbook::{
    Change, Failing, Invoicing, Name, Play, Refunding, Setting, change_plan, charged_twice, ended, overcharged,
    payment_failed, refund, tax_invoice,
};
use domain::staff::Staff;
use http::StatusCode;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// What a playbook is asked about; each needs some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    account: String,
    case: Option<String>,
    invoice: Option<String>,
    payment: Option<String>,
    subscription: Option<String>,
    /// The price that is wanted, by the provider's id.
    plan: Option<String>,
    amount: Option<Money>,
    reason_code: Option<Reason>,
}

/// The account's records that every play looks at.
struct Known {
    head: Head,
    person: Person,
    customer: Option<Customer>,
}

async fn known(context: &Context, id: &AccountId) -> Result<Known, Problem> {
    let (head, person, home) = (keys::head(id), keys::person(id), keys::imported_of(id, Kind::Customers.name()));
    let wanted = vec![head.clone(), person.clone(), keys::imports(Kind::Customers.name()), home.clone()];
    let batch = Batch::read(context, wanted).await?;
    let head = batch.get::<Head>(&head)?.ok_or_else(|| Problem::not_found("account"))?;
    let person = batch.of::<Person>(&person)?.unwrap_or_default();
    Ok(Known { head, person, customer: in_force::<Customer>(&batch, [home])?.into_iter().next() })
}

fn scene<'a>(context: &'a Context, known: &'a Known) -> Setting<'a> {
    Setting {
        policy: context.policies.playbooks.current(),
        reader: known.person.reader(known.customer.as_ref(), context.policies.texts.current()),
        name: known.person.name.value().map_or("", String::as_str),
        now: context.clock.now(),
    }
}

/// What the playbook of a case says, where its class has one.
pub async fn of_case(context: &Context, case: &Case, preview: &Preview) -> Result<Option<Play>, Problem> {
    let known = known(context, &case.account).await?;
    let scene = scene(context, &known);
    let proposed = preview.recommended.first();
    let is_over = case.state == State::Resolved && case.resolution.as_deref() != Some(EXPLAINED);
    Ok(match case.class {
        Class::DuplicateCharge if is_over => Some(ended(scene, Name::ChargedTwice, case)),
        Class::Overcharge | Class::InvoiceDiscrepancy if is_over => Some(ended(scene, Name::Overcharged, case)),
        Class::PaymentFailed if is_over => Some(ended(scene, Name::PaymentFailed, case)),
        Class::DuplicateCharge => Some(charged_twice(scene, case, proposed)),
        Class::Overcharge | Class::InvoiceDiscrepancy => {
            let invoice: Option<Of<Invoice>> = store::read(context, &keys::invoice(&case.account, &case.about)).await?;
            let subscription = invoice.and_then(|of| of.value.subscription.value().cloned());
            let next = subscription.and_then(|id| known.head.book.subscriptions.get(&id)?.upcoming);
            Some(overcharged(scene, case, proposed, next))
        }
        Class::PaymentFailed => {
            let invoice: Option<Of<Invoice>> = store::read(context, &keys::invoice(&case.account, &case.about)).await?;
            match invoice {
                Some(invoice) => Some(failing(context, &known, &invoice.value).await?),
                None => None,
            }
        }
        _ => None,
    })
}

pub async fn play(context: &Context, name: Name, asked: &Asked, staff: &Staff) -> Result<Play, Problem> {
    if let Some(id) = &asked.case {
        let case = case(context, id).await?;
        let preview = read::case_preview(context, &case).await?;
        let play = of_case(context, &case, &preview).await?.filter(|play| play.playbook == name);
        return play.ok_or_else(|| Problem::malformed("this case is not one for this playbook"));
    }
    let id = account_id(&asked.account)?;
    let known = known(context, &id).await?;
    match name {
        Name::ChargedTwice | Name::Overcharged => Err(Problem::malformed("name the `case` that was found")),
        Name::PaymentFailed => {
            let invoice = invoice(context, &id, asked).await?;
            Ok(failing(context, &known, &invoice).await?)
        }
        Name::TaxInvoice => {
            let invoice = invoice(context, &id, asked).await?;
            let invoicing =
                Invoicing { provider: &known.head.provider, invoice: &invoice, customer: known.customer.as_ref() };
            Ok(tax_invoice(scene(context, &known), invoicing))
        }
        Name::Refund => refunding(context, &known, asked, staff).await,
        Name::ChangePlan => changing(context, &known, asked, staff).await,
    }
}

async fn invoice(context: &Context, id: &AccountId, asked: &Asked) -> Result<Invoice, Problem> {
    let named = asked.invoice.as_ref().ok_or_else(|| Problem::malformed("name the `invoice`"))?;
    let invoice: Option<Of<Invoice>> = store::read(context, &keys::invoice(id, named)).await?;
    Ok(invoice.ok_or_else(|| Problem::not_found("invoice"))?.value)
}

async fn failing(context: &Context, known: &Known, invoice: &Invoice) -> Result<Play, Fault> {
    let declines = context.policies.declines.current();
    let incident = incident::concerning(context, &known.head, invoice).await?;
    let mut plan: Option<Plan> = store::read(context, &keys::plan(&known.head.account, &invoice.id)).await?;
    plan.iter_mut().for_each(|plan| plan.heed(&known.head));
    let family = declines.meaning(invoice.decline()).family;
    let failing = Failing {
        invoice,
        head: &known.head,
        family,
        reason: if incident.is_some() { &context.policies.incidents.current().reason } else { &family.customer_reason },
        entitlement: entitlement(&known.head, context.clock.now()),
        incident: incident.as_ref(),
        plan: plan.as_ref(),
        same_try: SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes),
    };
    Ok(payment_failed(scene(context, known), failing))
}

async fn refunding(context: &Context, known: &Known, asked: &Asked, staff: &Staff) -> Result<Play, Problem> {
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
    let Past { asked: earlier, credited, .. } = records::past(context, account).await?;
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
    Ok(refund(scene(context, known), refunding))
}

async fn changing(context: &Context, known: &Known, asked: &Asked, staff: &Staff) -> Result<Play, Problem> {
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
    let scene = scene(context, known);
    let change = Change { subscription: id, plan: wanted, upgrade: &upgrade, downgrade: &downgrade };
    change_plan(scene, &about.known(&known.head, scene.now)?, change)
        .map_err(|why| Problem::not_possible(why.to_string()))
}
