//! What a question names by an id: one of ours, or one of a provider's at any source.

use super::{Found, Hits};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::setup::sources;
use crate::store::{Batch, External, keys};
use crate::web::ID_BYTES_MAX;
use domain::action::Action;
use domain::book::{Head, ResourceId};
use domain::case::Case;
use domain::cash::Request;
use domain::id::{AccountId, ActionId, CaseId, IncidentId, RequestId, TaskId};
use domain::incident::Incident;
use domain::task::Task;
use domain::ticket::{Ticket, TicketName};
use std::collections::BTreeSet;

/// At how many sources an id is looked up, each with six reads.
const SOURCES_MAX: usize = 40;

/// Reads everything at once that may have this id: at most 250 items.
pub(super) async fn by_id(context: &Context, id: &str, hits: &mut Hits) -> Result<(), Fault> {
    if id.len() > ID_BYTES_MAX || id.contains(char::is_whitespace) {
        return Ok(());
    }
    let (own, sources) = (Own::of(id), sources(context).await?);
    let mut accounts: Vec<AccountId> = own.account.iter().cloned().collect();
    let mut tickets: Vec<TicketName> = own.ticket.iter().cloned().collect();
    let mut resources = Vec::new();
    for (provider, source) in &sources {
        accounts.push(AccountId::of(provider, source, id));
        tickets.push(TicketName::new(provider, source, id));
        for (kind, resource) in may_be(id) {
            resources.extend(keys::external_of(provider, source, &resource).map(|key| (kind, key)));
        }
    }
    let tickets: Vec<Key> = tickets.iter().map(|it| keys::ticket(&it.provider, &it.source, &it.id)).collect();
    let homes = accounts.iter().map(keys::head).chain(tickets.iter().cloned());
    let wanted = homes.chain(resources.iter().map(|(_, key)| key.clone())).chain(own.keys());
    let batch = Batch::read(context, wanted.collect()).await?;

    own.lay(&batch, hits)?;
    for account in &accounts {
        if batch.get::<Head>(&keys::head(account))?.is_some() {
            hits.add(Found::account(account));
        }
    }
    for (kind, key) in resources {
        if let Some(account) = batch.get::<External>(&key)?.and_then(|external| external.account) {
            hits.add(Found::of_account(kind, id.to_owned(), format!("{} {id}", title(kind)), &account));
        }
    }
    for key in tickets {
        if let Some(ticket) = batch.get::<Ticket>(&key)? {
            hits.add(Found::ticket(&ticket));
        }
    }
    Ok(())
}

/// The resources that are known by their provider's id.
fn may_be(id: &str) -> [(&'static str, ResourceId); 4] {
    [
        ("invoice", ResourceId::Invoice(id.to_owned())),
        ("payment", ResourceId::Payment(id.to_owned())),
        ("subscription", ResourceId::Subscription(id.to_owned())),
        ("card", ResourceId::Card(id.to_owned())),
    ]
}

fn title(kind: &str) -> &'static str {
    match kind {
        "invoice" => "Invoice",
        "payment" => "Payment",
        "subscription" => "Subscription",
        _ => "Card",
    }
}

/// Those that were set up, and the first of each provider: one that nobody has set up observes.
async fn sources(context: &Context) -> Result<Vec<(String, String)>, Fault> {
    let shipped = providers::ALL.iter().map(|provider| (provider.name.to_owned(), "default".to_owned()));
    let set_up = sources::all(context).await?.into_iter().map(|it| (it.provider, it.source));
    let all: BTreeSet<_> = shipped.chain(set_up).collect();
    Ok(all.into_iter().take(SOURCES_MAX).collect())
}

/// What an id of ours may be.
struct Own {
    account: Option<AccountId>,
    case: Option<CaseId>,
    action: Option<ActionId>,
    task: Option<TaskId>,
    request: Option<RequestId>,
    incident: Option<IncidentId>,
    ticket: Option<TicketName>,
}

impl Own {
    fn of(id: &str) -> Self {
        Self {
            account: AccountId::named(id),
            case: CaseId::parse(id),
            action: ActionId::parse(id),
            task: TaskId::parse(id),
            request: RequestId::parse(id),
            incident: IncidentId::parse(id),
            ticket: TicketName::at(id),
        }
    }

    fn keys(&self) -> impl Iterator<Item = Key> {
        let (case, action) = (self.case.as_ref().map(keys::case), self.action.as_ref().map(keys::action));
        let (task, request) = (self.task.as_ref().map(keys::task), self.request.as_ref().map(keys::payment_request));
        [case, action, task, request, self.incident.as_ref().map(keys::incident)].into_iter().flatten()
    }

    fn lay(&self, batch: &Batch, hits: &mut Hits) -> Result<(), Fault> {
        if let Some(id) = &self.case
            && let Some(case) = batch.get::<Case>(&keys::case(id))?
        {
            hits.add(Found::case(&case));
        }
        if let Some(id) = &self.action
            && let Some(action) = batch.get::<Action>(&keys::action(id))?
        {
            hits.add(Found::action(&action));
        }
        if let Some(id) = &self.task
            && let Some(task) = batch.get::<Task>(&keys::task(id))?
        {
            let (url, account) = (format!("/tasks/{id}"), Some(task.account));
            hits.add(Found { kind: "task", id: id.to_string(), what: task.what, account, url });
        }
        if let Some(id) = &self.request
            && let Some(request) = batch.get::<Request>(&keys::payment_request(id))?
        {
            hits.add(Found::request(&request));
        }
        if let Some(id) = &self.incident
            && let Some(incident) = batch.get::<Incident>(&keys::incident(id))?
        {
            let (url, what) = (format!("/incidents/{id}"), incident.title());
            hits.add(Found { kind: "incident", id: id.to_string(), what, account: None, url });
        }
        Ok(())
    }
}
