//! The console's form for asking: the same request as a program's, made by the same path.

mod said;

use super::ask::{self, Asked};
use crate::context::Context;
use crate::door::console::{own_fields, viewer};
use crate::door::token::Caller;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::imported::in_force;
use crate::store::{self, Batch, keys};
use crate::web::{self, Answer, Problem, account_id};
use bytes::Bytes;
use domain::action::{KINDS, why_not};
use domain::book::{Called, Head, Person};
use domain::event::{Role, SubscriptionStatus};
use domain::id::{AccountId, CaseId, digest};
use domain::import::{Kind, Price};
use http::{Request, StatusCode};
use pages::{Choice, Choices, Filled};
use std::collections::{BTreeMap, BTreeSet};

/// How many prices a form offers.
const PRICES_MAX: u32 = 200;

/// The empty form.
pub async fn show(
    context: &Context,
    id: &str,
    query: &BTreeMap<String, String>,
    caller: &Caller,
) -> Result<String, Problem> {
    let account = account_id(id)?;
    let kind = query.get("kind").map(String::as_str).unwrap_or_default();
    if !kind.is_empty() && !KINDS.contains(&kind) {
        return Err(Problem::malformed("there is no such kind of action; choose one of the list"));
    }
    // One form is one request, however often its button is pressed.
    let key = digest(&[account.as_str(), &caller.staff.id, kind, &context.clock.now().to_string()], 26);
    let mut fields = BTreeMap::from([("key".to_owned(), key)]);
    let case = query.get_key_value("case").filter(|(_, case)| CaseId::parse(case).is_some());
    // Whoever follows a link to it need not choose again what it is about.
    let about = ["invoice", "subscription"].into_iter().filter_map(|name| query.get_key_value(name)).chain(case);
    fields.extend(about.map(|(name, value)| (name.clone(), value.clone())));
    let choices = choices(context, &account).await?;
    Ok(pages::ask(&viewer(context, caller), &choices, &Filled { kind, fields: &fields, preview: None, notice: None }))
}

/// A form that was sent: shows what it would do, or asks for it.
pub async fn take(context: &Context, id: &str, request: &Request<Bytes>, caller: &Caller) -> Result<Answer, Problem> {
    let mut fields = own_fields(request, caller)?;
    let (account, now) = (account_id(id)?, context.clock.now());
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let kind = KINDS
        .into_iter()
        .find(|kind| *kind == field("kind"))
        .ok_or_else(|| Problem::malformed("the form names no kind"))?;
    let only_shown = field("step") != "ask";
    let fresh = digest(&[field("key"), &now.to_string()], 26);
    // Every look is a look at how it is now.
    let key = if only_shown { fresh.as_str() } else { field("key") };
    if key.contains(|letter: char| letter.is_ascii_control()) {
        return Err(Problem::malformed("the form is damaged; reload the page"));
    }
    let key = ask::key(key);
    let asked = said::read(&account, kind, &fields, now).map(|asked| Asked { key, ..asked });
    let asked = ask::by_staff(context, asked, &caller.staff).await;
    if let Err(problem) = &asked
        && problem.status.is_server_error()
    {
        return Err(problem.clone());
    }
    if let (Ok(action), false) = (&asked, only_shown) {
        return Ok(web::see_other(&format!("/actions/{}", action.id)));
    }
    if asked.as_ref().is_err_and(|problem| problem.code == "idempotency_conflict") {
        // The form was sent before and changed since: it is another request from here on.
        fields.insert("key".to_owned(), fresh);
    }
    let status = asked.as_ref().map_or_else(|problem| problem.status, |_| StatusCode::OK);
    let notice = asked.as_ref().err().map(|problem| problem.message.as_str());
    let filled = Filled { kind, fields: &fields, preview: asked.as_ref().ok(), notice };
    Ok(web::html(status, pages::ask(&viewer(context, caller), &choices(context, &account).await?, &filled)))
}

/// What the account has, newest first.
async fn choices(context: &Context, account: &AccountId) -> Result<Choices, Problem> {
    let own = [keys::head(account), keys::person(account)];
    let batch = Batch::read(context, own.to_vec()).await?;
    let head: Head = batch.get(&own[0])?.ok_or_else(|| Problem::not_found("account"))?;
    let person = batch.of::<Person>(&own[1])?.unwrap_or_default();
    let book = &head.book;
    let shown = |value: Option<String>| value.map(|value| format!(", {value}")).unwrap_or_default();
    let payments = book.payments.iter().rev().map(|line| Choice {
        id: line.payment.clone(),
        text: format!(
            "{}{} ({})",
            line.at.strftime("%Y-%m-%d"),
            shown(line.amount.map(|amount| amount.to_string())),
            line.payment
        ),
    });
    let invoices = book.invoices.iter().rev().map(|line| Choice {
        id: line.invoice.clone(),
        text: format!(
            "{}{}{} ({})",
            line.created_at.strftime("%Y-%m-%d"),
            shown(line.total.map(|total| total.to_string())),
            shown(line.status.map(|status| status.name().to_owned())),
            line.number.as_ref().unwrap_or(&line.invoice)
        ),
    });
    let running = book.subscriptions.iter().filter(|(_, line)| line.status != Some(SubscriptionStatus::Ended));
    let subscriptions = running
        .map(|(id, line)| Choice { id: id.clone(), text: format!("{} ({id})", line.plan.as_deref().unwrap_or(id)) });
    let mut currencies: BTreeSet<String> =
        book.payments.iter().filter_map(|line| Some(line.amount?.currency().code().to_owned())).collect();
    currencies.extend(book.invoices.iter().filter_map(|line| Some(line.total?.currency().code().to_owned())));
    if currencies.is_empty() {
        currencies.insert(context.policies.approval.current().currency.code().to_owned());
    }
    Ok(Choices {
        account: account.to_string(),
        called: Called::of(&person),
        not_possible: KINDS.into_iter().filter_map(|kind| Some((kind, why_not(kind, &head)?))).collect(),
        payments: payments.collect(),
        invoices: invoices.collect(),
        subscriptions: subscriptions.collect(),
        prices: prices(context, &head).await?.into_iter().map(choice).collect(),
        currencies: currencies.into_iter().collect(),
    })
}

fn choice(price: Price) -> Choice {
    let unit = price.unit.map(|unit| format!(", {unit}")).unwrap_or_default();
    Choice {
        text: format!(
            "{}{unit} ({})",
            price.name.as_ref().or(price.plan.as_ref()).unwrap_or(&price.price),
            price.price
        ),
        id: price.price,
    }
}

/// The plans that a form offers.
pub async fn plans(context: &Context, head: &Head) -> Result<Vec<Choice>, Fault> {
    Ok(prices(context, head).await?.into_iter().filter(|price| price.role == Role::Plan).map(choice).collect())
}

/// What the catalogue sells for this source.
async fn prices(context: &Context, head: &Head) -> Result<Vec<Price>, Fault> {
    let prices = keys::prices(&head.provider, &head.source);
    let items = store::items(context, &prices, None, PRICES_MAX, Order::Ascending).await?;
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let homes: Vec<_> = items.into_iter().map(|item| item.key).collect();
    let batch =
        Batch::read(context, homes.iter().cloned().chain([keys::imports(Kind::Catalogue.name())]).collect()).await?;
    in_force::<Price>(&batch, homes)
}
