//! The records around an action, and what was asked for on its account before.

pub mod beside;
pub mod contacts;
pub mod hearing;
pub mod ladder;
pub mod moving;
pub mod networks;
pub mod paper;
pub mod rates;
pub mod recovery;
pub mod running;
pub mod said;
pub mod whose;

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Order};
use crate::store::imported::in_force;
use crate::store::{self, Batch, keys};
use crate::web::Problem;
use domain::action::{self, Action, Kind, Known, Manners, Papers, Resources, State, Target};
use domain::approval::{Credited, Earlier, judged_before};
use domain::book::{Head, Invoice, Payment, Subscription, Touched};
use domain::case::{Case, State as CaseState};
use domain::cash::{Received, Request, stands_for};
use domain::id::{AccountId, ActionId, CaseId};
use domain::import::{self, Contract, Price};
use domain::leaving::{self, Stage};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use paper::Paper;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// How far a customer's wish to end the subscription of an invoice has come.
pub async fn stage(context: &Context, head: &Head, invoice: &Invoice) -> Result<Option<Stage>, Fault> {
    if leaving::ended_there(head, invoice) {
        return Ok(Some(Stage::Left));
    }
    let batch = Batch::read(context, leaving::wishes(head, invoice).map(keys::action).collect()).await?;
    stage_in(&batch, head, invoice)
}

/// The same for whoever asks for the invoice, or has it paid: where the money has come past its provider, who still
/// shows it as open, people are at it as well.
pub async fn stage_to_ask(context: &Context, head: &Head, invoice: &Invoice) -> Result<Option<Stage>, Fault> {
    let stage = stage(context, head, invoice).await?;
    let wanted: Vec<Key> = past_provider(head).collect();
    if stage.is_some() || wanted.is_empty() {
        return Ok(stage);
    }
    let batch = Batch::read(context, wanted).await?;
    Ok(has_come(&batch, head, invoice)?.then_some(Stage::Recorded))
}

/// What has to be read to know whether money has come past the provider: payment requests, and what people said of
/// payments.
pub fn past_provider(head: &Head) -> impl Iterator<Item = Key> {
    head.requests.iter().map(keys::payment_request).chain(head.came.iter().map(keys::received))
}

/// Whether the money for an invoice has come past its provider, by what the head names, as it was read.
pub fn has_come(batch: &Batch, head: &Head, invoice: &Invoice) -> Result<bool, Fault> {
    for request in &head.requests {
        let request = batch.get::<Request>(&keys::payment_request(request))?;
        if request.is_some_and(|request| request.stands_for(&invoice.id)) {
            return Ok(true);
        }
    }
    Ok(stands_for(&came(batch, head)?, invoice))
}

/// The payments that people said are for an invoice whose provider does not show that, as they were read.
pub fn came(batch: &Batch, head: &Head) -> Result<Vec<Received>, Fault> {
    let mut came = Vec::new();
    for id in &head.came {
        came.extend(batch.get::<Received>(&keys::received(id))?);
    }
    Ok(came)
}

/// The same of what was read.
pub fn stage_in(batch: &Batch, head: &Head, invoice: &Invoice) -> Result<Option<Stage>, Fault> {
    if leaving::ended_there(head, invoice) {
        return Ok(Some(Stage::Left));
    }
    let mut wishes = Vec::new();
    for wish in leaving::wishes(head, invoice) {
        wishes.extend(batch.get::<Action>(&keys::action(wish))?);
    }
    Ok(Stage::furthest(&wishes))
}

pub struct Read {
    pub batch: Batch,
    pub action: Option<Action>,
    pub head: Option<Head>,
    pub records: Touched,
    pub prices: Vec<Price>,
    /// Our own tax documents, by their invoices, and what people see of them.
    pub filing: BTreeMap<String, Paper>,
    pub papers: Papers,
}

impl Read {
    /// What was read so far, and nothing of an action yet.
    pub fn of(batch: Batch) -> Self {
        Self {
            batch,
            action: None,
            head: None,
            records: Touched::default(),
            prices: Vec::new(),
            filing: BTreeMap::new(),
            papers: Papers::default(),
        }
    }

    /// The keys of the head and the resources that an action is judged by.
    pub fn judged_by(&self, head: &Head) -> Vec<Key> {
        let account = &head.account;
        let payments = self.records.payments.keys().map(|id| keys::payment(account, id));
        let invoices = self.records.invoices.keys().map(|id| keys::invoice(account, id));
        let subscriptions = self.records.subscriptions.keys().map(|id| keys::subscription(account, id));
        [keys::head(account)].into_iter().chain(payments).chain(invoices).chain(subscriptions).collect()
    }

    pub fn known<'a>(&'a self, head: &'a Head, now: Timestamp) -> Result<Known<'a>, Fault> {
        let manners = manners(&head.provider)?;
        Ok(Known { head, manners, records: &self.records, prices: &self.prices, papers: &self.papers, now })
    }
}

/// What an action comes to at a provider.
pub fn manners(provider: &str) -> Result<&'static Manners, Fault> {
    let api = providers::named(provider).and_then(|provider| provider.api);
    api.map(|api| &api.manners).ok_or_else(|| Fault::Park(format!("there is no billing provider called {provider}")))
}

impl Read {
    /// Reads the resources that are wanted, and the prices that a change of plan is measured by.
    pub async fn more(&mut self, context: &Context, head: &Head, wanted: &Resources) -> Result<(), Fault> {
        let account = &head.account;
        let resources = |ids: &[String], key: fn(&AccountId, &str) -> Key| -> Vec<_> {
            ids.iter().map(|id| (id.clone(), key(account, id))).collect()
        };
        let payments = resources(&wanted.payments, keys::payment);
        let invoices = resources(&wanted.invoices, keys::invoice);
        let subscriptions = resources(&wanted.subscriptions, keys::subscription);
        let all: Vec<_> = payments.iter().chain(&invoices).chain(&subscriptions).map(|(_, key)| key.clone()).collect();
        if !all.is_empty() {
            self.batch.extend(Batch::read(context, all).await?);
        }
        for (id, key) in payments {
            self.records.payments.extend(self.batch.of::<Payment>(&key)?.map(|value| (id, value)));
        }
        for (id, key) in invoices {
            self.records.invoices.extend(self.batch.of::<Invoice>(&key)?.map(|value| (id, value)));
        }
        for (id, key) in subscriptions {
            self.records.subscriptions.extend(self.batch.of::<Subscription>(&key)?.map(|value| (id, value)));
        }
        for id in &wanted.papers {
            self.paper(context, head, id).await?;
        }
        if wanted.prices.is_empty() {
            return Ok(());
        }
        let bought =
            self.records.subscriptions.values().filter_map(|subscription| Some(subscription.plan()?.price.clone()));
        let homes: Vec<_> = bought
            .chain(wanted.prices.iter().cloned())
            .map(|price| keys::price(&head.provider, &head.source, &price))
            .collect();
        let catalogue = keys::imports(import::Kind::Catalogue.name());
        let batch = Batch::read(context, homes.iter().cloned().chain([catalogue]).collect()).await?;
        self.prices = in_force::<Price>(&batch, homes)?;
        Ok(())
    }

    /// Reads what our own tax document of an invoice would say, where it is ours to make.
    async fn paper(&mut self, context: &Context, head: &Head, invoice: &str) -> Result<(), Fault> {
        let Some(billed) = self.records.invoices.get(invoice) else { return Ok(()) };
        match paper::read(context, &mut self.batch, head, billed).await? {
            None => {}
            Some(Err(why)) => self.papers.note(invoice, Err(why)),
            Some(Ok(paper)) => {
                self.papers.note(invoice, Ok(paper.lines.clone()));
                self.filing.insert(invoice.to_owned(), paper);
            }
        }
        Ok(())
    }
}

/// Reads an action, and then what it is about.
pub async fn read(context: &Context, id: &ActionId) -> Result<Read, Fault> {
    let account = id.account();
    let key = keys::action(id);
    let batch = Batch::read(context, vec![key.clone(), keys::ledger_head(&account), keys::head(&account)]).await?;
    let action: Option<Action> = batch.get(&key)?;
    let head: Option<Head> = batch.get(&keys::head(&account))?;
    let mut read = Read { action, head, ..Read::of(batch) };
    if let (Some(action), Some(head)) = (read.action.clone(), read.head.clone()) {
        read.more(context, &head, &about(&action.kind)).await?;
        let members = members_of(&action).map(|id| keys::action(&id)).collect();
        read.batch.extend(Batch::read(context, members).await?);
    }
    Ok(read)
}

/// What a settled action is about.
pub fn about(kind: &Kind) -> Resources {
    let mut wanted = Resources::default();
    for member in kind.members() {
        match member.target() {
            Target::Payment(id) => wanted.payments.push(id.to_owned()),
            Target::Invoice(id) => wanted.invoices.push(id.to_owned()),
            Target::Subscription(id) => wanted.subscriptions.push(id.to_owned()),
            Target::Account | Target::Several => {}
        }
        match member {
            Kind::Upgrade { plan, .. } | Kind::Downgrade { plan, .. } => wanted.prices.push(plan.clone()),
            Kind::ChangeAddons { addons, .. } => wanted.prices.extend(addons.iter().map(|addon| addon.price.clone())),
            Kind::TaxInvoice { invoice } => wanted.papers.push(invoice.clone()),
            _ => {}
        }
    }
    wanted
}

/// Reads the open cases of an account for a reason that has to be proven, without one that was read already.
pub async fn cases(
    context: &Context,
    batch: &mut Batch,
    head: &Head,
    reason: action::Reason,
    read: Option<&CaseId>,
) -> Result<Vec<Case>, Fault> {
    if !reason.needs_proof() {
        return Ok(Vec::new());
    }
    let mut open: BTreeSet<CaseId> = head.cases.keys().cloned().collect();
    if head.more_cases > 0 {
        // A case that is not read proves nothing: what is asked for is judged more strictly.
        let (of, most) = (keys::cases(&head.account), context.policies.limits.current().cases_read_max);
        let all: Vec<Case> = store::first_of(context, &of, most, Order::Ascending).await?;
        open.extend(all.into_iter().filter(|case| case.state == CaseState::Open).map(|case| case.id));
    }
    let keys: Vec<_> = open.iter().filter(|id| Some(*id) != read).map(keys::case).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    batch.extend(Batch::read(context, keys.clone()).await?);
    let mut cases = Vec::new();
    for key in &keys {
        cases.extend(batch.get::<Case>(key)?);
    }
    Ok(cases)
}

/// The ids under which a bundle's members are carried out.
pub fn members_of(action: &Action) -> impl Iterator<Item = ActionId> {
    let count = if matches!(action.kind, Kind::Bundle { .. }) { action.kind.members().len() } else { 0 };
    (1..=count).map(|place| ActionId::member(&action.id, place))
}

/// The actions of a case that were read, in its order.
pub fn actions_of(batch: &Batch, case: &Case) -> Result<Vec<Action>, Fault> {
    let mut actions = Vec::new();
    for id in &case.actions {
        actions.extend(batch.get::<Action>(&keys::action(id))?);
    }
    Ok(actions)
}

/// What was asked for on an account before, and what its customer was offered instead.
pub struct Past {
    /// Whatever came of them; what was only looked at does not count.
    pub asked: Vec<Earlier>,
    /// Each time that somebody saw an offer.
    pub offered: Vec<Timestamp>,
    /// What was credited for a mistake, or is on its way.
    pub credited: Vec<Credited>,
    /// All of it, for whoever asks for the same object again.
    pub actions: Vec<Action>,
}

/// None where it is more than is read for one request: then it is not known what a rule counts, and nothing is let be.
pub async fn past(context: &Context, account: &AccountId) -> Result<Option<Past>, Fault> {
    let most = context.policies.limits.current().past_actions_max;
    let read = most.saturating_add(1);
    let actions: Vec<Action> = store::first_of(context, &keys::actions(account), read, Order::Ascending).await?;
    if u32::try_from(actions.len()).is_ok_and(|count| count > most) {
        return Ok(None);
    }
    let offered = actions.iter().filter(|action| action.offer.is_some()).map(|action| action.requested_at).collect();
    let credited = actions.iter().filter_map(Credited::by).collect();
    Ok(Some(Past { asked: told_apart(&actions), offered, credited, actions }))
}

/// What somebody hears on whose request it cannot be known what was asked for before.
pub fn too_much_past() -> Problem {
    Problem::not_possible(
        "more was asked for on this account than is looked at for another request: do this one at the provider",
    )
}

/// Each action by itself; a bundle by its members, which stand as they ended.
fn told_apart(actions: &[Action]) -> Vec<Earlier> {
    let stands = |action: &Action| {
        !matches!(action.state(), State::Denied | State::Expired | State::Stale | State::Failed | State::Withdrawn)
    };
    let members: BTreeMap<&ActionId, bool> =
        actions.iter().filter(|action| action.bundle.is_some()).map(|action| (&action.id, stands(action))).collect();
    let mut found = Vec::new();
    for action in actions.iter().filter(|action| action.state() != State::Previewed && action.bundle.is_none()) {
        let alone_by = action.votes().iter().find(|vote| vote.within_limit).map(|vote| vote.by.clone());
        for (place, kind) in action.kind.members().iter().enumerate() {
            let own = action.members.get(place).and_then(|id| members.get(id)).copied();
            found.push(Earlier {
                at: action.requested_at,
                reason: judged_before(action, kind),
                kind: kind.clone(),
                stands: own.unwrap_or_else(|| stands(action)),
                alone_by: alone_by.clone(),
            });
        }
    }
    found
}

/// What an outage may be credited with, of each payment that would be refunded for one: by the contract that held when
/// it was paid; the smallest, where there are several.
pub async fn outage_credits(
    context: &Context,
    account: &AccountId,
    records: &Touched,
    reason: action::Reason,
) -> Result<BTreeMap<String, Decimal>, Fault> {
    if reason != action::Reason::ServiceOutage || records.payments.is_empty() {
        return Ok(BTreeMap::new());
    }
    let kind = import::Kind::Contracts;
    let (imports, home) = (keys::imports(kind.name()), keys::imported_of(account, kind.name()));
    let contracts = in_force::<Contract>(&Batch::read(context, vec![imports, home.clone()]).await?, [home])?;
    let credit = |payment: &Payment| {
        let day = payment.at.unwrap_or_else(|| context.clock.now()).to_zoned(TimeZone::UTC).date();
        contracts
            .iter()
            .filter(|contract| contract.holds(day))
            .filter_map(|contract| contract.outage_credit_percent)
            .min()
    };
    Ok(records.payments.values().filter_map(|payment| Some((payment.id.clone(), credit(payment)?))).collect())
}
