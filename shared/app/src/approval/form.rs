//! The console's form for asking: the same request as a program's, made by the same path.

use super::ask;
use crate::context::Context;
use crate::door::console::{own_form, viewer};
use crate::door::token::Caller;
use crate::fault::Fault;
use crate::ports::{Order, Range, Table};
use crate::store::imported::standing;
use crate::store::{self, Batch, keys};
use crate::web::{self, Answer, Problem, account_id, action_id};
use bytes::Bytes;
use domain::action::{Action, KINDS};
use domain::book::{Head, Person};
use domain::event::SubscriptionStatus;
use domain::id::{AccountId, digest};
use domain::import::{Kind, Price};
use http::{Request, StatusCode};
use jiff::Timestamp;
use pages::{Choice, Choices, Filled};
use serde_json::{Map, Value, json};
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
    let fields = BTreeMap::from([("key".to_owned(), key)]);
    let choices = choices(context, &account).await?;
    Ok(pages::ask(&viewer(context, caller), &choices, &Filled { kind, fields: &fields, preview: None, notice: None }))
}

/// A form that was sent: shows what it would do, or asks for it.
pub async fn take(context: &Context, id: &str, request: &Request<Bytes>, caller: &Caller) -> Result<Answer, Problem> {
    let fields = web::fields(request.body());
    own_form(caller, &fields)?;
    let account = account_id(id)?;
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let kind = KINDS
        .into_iter()
        .find(|kind| *kind == field("kind"))
        .ok_or_else(|| Problem::malformed("the form names no kind"))?;
    let (only_shown, now) = (field("step") != "ask", context.clock.now());
    let wish = json!({
        "account": account, "kind": kind, "params": params(kind, &fields, now), "reason_code": field("reason_code"), "note": field("note"),
        "preview_only": only_shown, "previewed": if only_shown { None } else { fields.get("previewed") },
    });
    // Every look is a look at how it is now.
    let key = if only_shown { digest(&[field("key"), &now.to_string()], 26) } else { field("key").to_owned() };
    let own = Request::post("/api/actions").header("idempotency-key", key).body(Bytes::from(wish.to_string()));
    let own = own.map_err(|_| Problem::malformed("the form is damaged; reload the page"))?;
    let asked = match ask::by_staff(context, &own, &caller.staff).await {
        Ok(answer) => Ok(made(context, &answer).await?),
        Err(problem) if problem.status.is_server_error() => return Err(problem),
        Err(problem) => Err(problem),
    };
    let mut fields = fields.clone();
    if asked.as_ref().is_err_and(|problem| problem.code == "idempotency_conflict") {
        // The form was sent before and changed since: it is another request from here on.
        fields.insert("key".to_owned(), digest(&[field("key"), &now.to_string()], 26));
    }
    if let (Ok(action), false) = (&asked, only_shown) {
        return Ok(web::see_other(&format!("/actions/{}", action.id)));
    }
    let status = asked.as_ref().map_or_else(|problem| problem.status, |_| StatusCode::OK);
    let notice = asked.as_ref().err().map(|problem| problem.message.as_str());
    let filled = Filled { kind, fields: &fields, preview: asked.as_ref().ok(), notice };
    Ok(web::html(status, pages::ask(&viewer(context, caller), &choices(context, &account).await?, &filled)))
}

async fn made(context: &Context, answer: &Answer) -> Result<Action, Problem> {
    let told: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let id = action_id(told["id"].as_str().unwrap_or_default())?;
    store::read(context, &keys::action(&id)).await?.ok_or_else(|| Problem::not_found("action"))
}

/// What the fields of a form say, as a program would; what is empty is not said.
fn params(kind: &str, fields: &BTreeMap<String, String>, now: Timestamp) -> Value {
    let mut params = Map::new();
    let field = |name: &str| fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    let mut say = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            params.insert(name.to_owned(), value);
        }
    };
    for name in ["payment", "invoice", "subscription", "plan", "percent", "when"] {
        say(name, field(name).map(Value::from));
    }
    for name in ["days", "seats"] {
        // What is no number is refused by name, as a program's would be.
        say(name, field(name).map(|value| value.parse::<u32>().map_or_else(|_| Value::from(value), Value::from)));
    }
    say("amount", field("amount").map(|amount| json!({"amount": amount, "currency": field("currency")})));
    if let (Some(price), Some(quantity)) = (field("addon"), field("quantity")) {
        let quantity = quantity.parse::<u32>().map_or_else(|_| Value::from(quantity), Value::from);
        say("addons", Some(json!([{"price": price, "quantity": quantity}])));
    }
    if kind == "cancel" {
        say("customer_requested", Some(Value::from(true)));
        // What was charged earlier on that day was charged before they asked, as far as anybody can tell.
        let today = now.strftime("%Y-%m-%d").to_string();
        say(
            "asked_at",
            field("asked_on").filter(|day| *day != today).map(|day| Value::from(format!("{day}T23:59:59Z"))),
        );
    }
    Value::Object(params)
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
        name: person.name.value().cloned().unwrap_or_else(|| head.customer.clone()),
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

/// What the catalogue sells for this source.
async fn prices(context: &Context, head: &Head) -> Result<Vec<Price>, Fault> {
    let first = keys::price(&head.provider, &head.source, "");
    let range = Range {
        table: Table::Config,
        pk: first.pk,
        prefix: first.sk,
        after: None,
        limit: PRICES_MAX,
        order: Order::Ascending,
    };
    let items = context.store.range(&range).await?;
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let homes: Vec<_> = items.into_iter().map(|item| item.key).collect();
    let batch =
        Batch::read(context, homes.iter().cloned().chain([keys::imports(Kind::Catalogue.name())]).collect()).await?;
    standing::<Price>(&batch, homes)
}
