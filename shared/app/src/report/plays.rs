//! Shows what a playbook would do for somebody who is on the line. Nothing is written and nobody is asked.

mod case;
mod wanted;

pub use case::{Played, of_case};

use super::read::{self, case};
use crate::context::Context;
use crate::dunning::{document, pay};
use crate::fault::Fault;
use crate::incident;
use crate::store::imported::in_force;
use crate::store::{self, Batch, Of, keys};
use crate::web::{self, Problem, account_id};
use domain::action::{Action, Reason};
use domain::book::entitlement::entitlement;
use domain::book::{Head, Invoice, Person};
use domain::case::Case;
use domain::debt::Document;
use domain::dunning::{EscalationRule, Plan};
use domain::id::{AccountId, CaseId};
use domain::import::{Customer, Kind};
use domain::money::Money;
use domain::playbook::{Failing, Invoicing, Name, Play, Setting, payment_failed, tax_invoice};
use domain::staff::Staff;
use jiff::SignedDuration;
use serde::Deserialize;
use std::collections::BTreeMap;
use wanted::{changing, refunding};

/// What a playbook is asked about; each needs some of it.
#[derive(Debug, Clone, Default, Deserialize)]
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

impl Asked {
    /// What the address of a case's page adds to the case.
    pub fn by_page(query: &BTreeMap<String, String>) -> Self {
        let field = |name: &str| query.get(name).filter(|value| !value.is_empty()).cloned();
        Self {
            invoice: field("invoice"),
            payment: field("payment"),
            subscription: field("subscription"),
            plan: field("plan"),
            reason_code: field("reason_code").and_then(|reason| web::typed(&reason).ok()),
            ..Self::default()
        }
    }
}

/// The account's records that every play looks at.
struct Known {
    head: Head,
    person: Person,
    customer: Option<Customer>,
    /// In which they wrote, where it is played for somebody who wrote.
    language: Option<String>,
}

async fn known(context: &Context, id: &AccountId) -> Result<Known, Problem> {
    let (head, person, home) = (keys::head(id), keys::person(id), keys::imported_of(id, Kind::Customers.name()));
    let wanted = vec![head.clone(), person.clone(), keys::imports(Kind::Customers.name()), home.clone()];
    let batch = Batch::read(context, wanted).await?;
    let head = batch.get::<Head>(&head)?.ok_or_else(|| Problem::not_found("account"))?;
    let person = batch.of::<Person>(&person)?.unwrap_or_default();
    let customer = in_force::<Customer>(&batch, [home])?.into_iter().next();
    Ok(Known { head, person, customer, language: None })
}

fn scene<'a>(context: &'a Context, known: &'a Known, case: Option<&'a CaseId>) -> Setting<'a> {
    let (texts, customer) = (context.policies.texts.current(), known.customer.as_ref());
    let reader = match &known.language {
        Some(language) => texts.reader(Some(language.as_str()), known.person.country(customer)),
        None => known.person.reader(customer, texts),
    };
    Setting {
        policy: context.policies.playbooks.current(),
        reader,
        name: known.person.name.value().map_or("", String::as_str),
        account: &known.head.account,
        case,
        now: context.clock.now(),
    }
}

pub async fn play(context: &Context, name: Name, asked: &Asked, staff: &Staff) -> Result<Play, Problem> {
    if let Some(id) = &asked.case {
        let case = case(context, id).await?;
        let preview = read::case_preview(context, &case).await?;
        let played = of_case(context, &case, &preview, asked, staff).await?;
        let play = played.play.filter(|play| play.playbook == name);
        return play.ok_or_else(|| Problem::malformed("this case is not one for this playbook"));
    }
    let id = account_id(&asked.account)?;
    let known = known(context, &id).await?;
    match name {
        Name::ChargedTwice | Name::Overcharged => Err(Problem::malformed("name the `case` that was found")),
        Name::PaymentFailed => {
            let invoice = invoice(context, &id, asked).await?;
            Ok(failing(context, &known, &invoice, None).await?)
        }
        Name::TaxInvoice => {
            let invoice = invoice(context, &id, asked).await?;
            Ok(invoicing(context, &known, &invoice, None))
        }
        Name::Refund => refunding(context, &known, (asked, None), staff).await,
        Name::ChangePlan => changing(context, &known, (asked, None), staff).await,
    }
}

fn invoicing(context: &Context, known: &Known, invoice: &Invoice, case: Option<&CaseId>) -> Play {
    let (provider, customer) = (&known.head.provider, known.customer.as_ref());
    let link = document::unmade_for(context, &known.head, invoice, Document::ForTaxes);
    let invoicing = Invoicing { provider, invoice, customer, link: link.as_deref() };
    tax_invoice(scene(context, known, case), invoicing)
}

async fn invoice(context: &Context, id: &AccountId, asked: &Asked) -> Result<Invoice, Problem> {
    let named = asked.invoice.as_ref().ok_or_else(|| Problem::malformed("name the `invoice`"))?;
    let invoice: Option<Of<Invoice>> = store::read(context, &keys::invoice(id, named)).await?;
    Ok(invoice.ok_or_else(|| Problem::not_found("invoice"))?.value)
}

async fn failing(
    context: &Context,
    known: &Known,
    invoice: &Invoice,
    case: Option<(&Case, &[Action])>,
) -> Result<Play, Fault> {
    let declines = context.policies.declines.current();
    let incident = incident::concerning(context, &known.head, invoice).await?;
    let mut plan: Option<Plan> = store::read(context, &keys::plan(&known.head.account, &invoice.id)).await?;
    plan.iter_mut().for_each(|plan| plan.heed(&known.head));
    let family = declines.meaning(invoice.decline()).family;
    let link = pay::link::unmade_for(context, &known.head, invoice);
    let escalation = &context.policies.dunning.current().escalation;
    let failing = Failing {
        invoice,
        head: &known.head,
        family,
        reason: if incident.is_some() { &context.policies.incidents.current().reason } else { &family.customer_reason },
        link: link.as_deref(),
        entitlement: entitlement(&known.head, context.clock.now()),
        incident: incident.as_ref(),
        plan: plan.as_ref(),
        same_try: SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes),
        sitting: escalation.as_ref().map_or(SignedDuration::ZERO, EscalationRule::sitting),
        case,
    };
    Ok(payment_failed(scene(context, known, case.map(|(case, _)| &case.id)), failing))
}
