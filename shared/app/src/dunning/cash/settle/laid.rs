//! What lies around payments and the requests that they may be for, in as few batches as they can be found.

use super::Told;
use crate::context::Context;
use crate::dunning::cash::ask::named;
use crate::fault::Fault;
use crate::ports::Key;
use crate::records::{self, whose};
use crate::store::{Batch, keys};
use domain::book::{Head, HistoryLine, Invoice, Payment, Person};
use domain::case::Case;
use domain::cash::{Matched, Received, Request, Target};
use domain::debt::{Debt, Standing};
use domain::event::PaymentStatus;
use domain::id::{AccountId, CaseId, ReceivedId, RequestId, TaskId};
use domain::import::Customer;
use domain::money::Money;
use domain::staff::MACHINE;
use domain::task::{About, Task};
use domain::telling::Channel;
use domain::ticket::Ticket;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Why a task about a payment is done with.
pub(super) const GIVEN_BACK: &str = "the payment was given back";
/// The same, of one that a person said is for something else.
pub(super) const ELSEWHERE: &str = "its provider books the payment elsewhere";

/// What may change.
#[derive(Clone)]
pub(super) struct Laid {
    pub heads: BTreeMap<AccountId, Head>,
    pub requests: BTreeMap<RequestId, Request>,
    pub tickets: BTreeMap<RequestId, Ticket>,
    /// Those of the tickets.
    pub cases: BTreeMap<CaseId, Case>,
    /// By payment.
    pub received: BTreeMap<String, Received>,
    pub tasks: BTreeMap<TaskId, Task>,
}

/// How an invoice of a request stands.
pub(super) struct Line {
    pub request: RequestId,
    pub invoice: String,
    pub standing: Standing,
    pub credited: Option<Money>,
}

/// What was read.
pub(super) struct Read {
    pub batch: Batch,
    pub laid: Laid,
    /// Of the payer's account, by id.
    pub payments: BTreeMap<String, Payment>,
    /// Those that are known to be for a request which is not over, whosever they are.
    pub taken: BTreeMap<String, Payment>,
    /// The invoice that a person names, and those for which money came past their provider, as people said before.
    pub billed: BTreeMap<String, Invoice>,
    pub standings: Vec<Line>,
    people: BTreeMap<AccountId, (Person, Option<Customer>)>,
}

impl Laid {
    /// A payment is for a request.
    pub(super) fn take(&mut self, request: &RequestId, matched: Matched) {
        self.requests.get_mut(request).expect("only what was read is found").take(matched);
    }

    /// It is known what a payment is for, where somebody had to find that.
    pub(super) fn end(&mut self, payment: &str, target: Option<Target>, by: &str, now: Timestamp) {
        if let Some(received) = self.received.get_mut(payment) {
            received.end(target, by, now);
        }
    }

    /// Nothing of a payment is here any more: nobody has to find what it is for, or decide about it.
    pub(super) fn went_back(&mut self, payment: &str, now: Timestamp) {
        let Some(received) = self.received.get_mut(payment).filter(|received| received.is_waiting()) else { return };
        received.went_back(now);
        for task in self.tasks.values_mut() {
            let is_its = matches!(&task.about, About::PaidAfterAll { payment: of, .. } if of == payment);
            if let Some(ended) = task.clone().ended(false, MACHINE, GIVEN_BACK, now).filter(|_| is_its) {
                *task = ended;
            }
        }
    }
}

impl Read {
    /// Nothing, where there is no such account.
    pub(super) async fn of(context: &Context, told: Told<'_>) -> Result<Option<Self>, Fault> {
        let account = told.account;
        let paid = told.payments.iter().flat_map(|id| [keys::payment(account, id), received_of(account, id)]);
        let mut batch = Batch::read(context, paid.chain([keys::head(account)]).collect()).await?;
        let Some(head) = batch.get::<Head>(&keys::head(account))? else { return Ok(None) };
        let mut payments = BTreeMap::new();
        for id in told.payments {
            payments.extend(batch.of::<Payment>(&keys::payment(account, id))?.map(|payment| (id.clone(), payment)));
        }
        let requests = requests(context, &mut batch, &head, told, &payments).await?;
        booked(context, &mut batch, (&head, &requests), &mut payments).await?;
        let mut read = Self::around(context, batch, (head, told), requests, payments).await?;
        read.stand(context).await?;
        Ok(Some(read))
    }

    /// Reads what may change with them.
    async fn around(
        context: &Context,
        mut batch: Batch,
        (head, told): (Head, Told<'_>),
        requests: BTreeMap<RequestId, Request>,
        payments: BTreeMap<String, Payment>,
    ) -> Result<Self, Fault> {
        let account = head.account.clone();
        let came = came(context, &mut batch, &head).await?;
        let mut named: BTreeSet<String> = came.iter().filter_map(Received::invoice).map(str::to_owned).collect();
        if let Some((Some(Target::Invoice(invoice)), _)) = told.said {
            named.insert(invoice.clone());
        }
        let marking = |invoice: &String| About::MarkPaid { invoice: invoice.clone() }.task(&account);
        let mut wanted: BTreeSet<Key> = payments.keys().map(|id| received_of(&account, id)).collect();
        wanted.extend(named.iter().flat_map(|id| [keys::invoice(&account, id), keys::task(&marking(id))]));
        for request in requests.values() {
            wanted.insert(keys::head(&request.account));
            wanted.extend(whose::keys_of(&request.account));
            wanted.insert(ticket_of(request));
            wanted.extend(tasks_of(request, &payments).iter().map(keys::task));
            wanted.extend(request.standing().map(|line| keys::invoice(&request.account, &line.invoice)));
            for Matched { account, payment, .. } in taken_by(request) {
                wanted.extend([keys::payment(account, payment), received_of(account, payment), keys::head(account)]);
            }
        }
        // What was read before stays as it was read.
        wanted.retain(|key| !batch.has(key));
        if !wanted.is_empty() {
            batch.extend(Batch::read(context, wanted.into_iter().collect()).await?);
        }
        let (mut tickets, mut tasks, mut people) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut heads = BTreeMap::from([(account.clone(), head)]);
        for (id, request) in &requests {
            tickets.extend(batch.get::<Ticket>(&ticket_of(request))?.map(|ticket| (id.clone(), ticket)));
            for task in tasks_of(request, &payments) {
                tasks.extend(batch.get::<Task>(&keys::task(&task))?.map(|found| (task, found)));
            }
            people.insert(request.account.clone(), whose::read(&batch, &request.account)?);
            let other = batch.get::<Head>(&keys::head(&request.account))?;
            heads.extend(other.map(|other| (request.account.clone(), other)));
        }
        let mut billed = BTreeMap::new();
        for id in named {
            tasks.extend(batch.get::<Task>(&keys::task(&marking(&id)))?.map(|found| (found.id.clone(), found)));
            billed.extend(batch.of::<Invoice>(&keys::invoice(&account, &id))?.map(|invoice| (id, invoice)));
        }
        let mut received: BTreeMap<_, _> = came.into_iter().map(|came| (came.payment.clone(), came)).collect();
        for id in payments.keys() {
            received.extend(batch.get::<Received>(&received_of(&account, id))?.map(|found| (id.clone(), found)));
        }
        let mut taken = BTreeMap::new();
        for Matched { account, payment: id, .. } in requests.values().flat_map(taken_by) {
            received.extend(batch.get::<Received>(&received_of(account, id))?.map(|found| (id.clone(), found)));
            taken.extend(batch.of::<Payment>(&keys::payment(account, id))?.map(|payment| (id.clone(), payment)));
            heads.extend(batch.get::<Head>(&keys::head(account))?.map(|head| (account.clone(), head)));
        }
        let cases = cases(context, &mut batch, (&requests, &tickets)).await?;
        let laid = Laid { heads, requests, tickets, cases, received, tasks };
        Ok(Self { batch, laid, payments, taken, billed, standings: Vec::new(), people })
    }

    /// Says of each invoice that is still asked for how it stands. Our own tries do not put it in review.
    async fn stand(&mut self, context: &Context) -> Result<(), Fault> {
        for request in self.laid.requests.values().filter(|request| !request.is_over()) {
            let Some(head) = self.laid.heads.get(&request.account) else { continue };
            let ids: Vec<_> = request.standing().map(|line| line.invoice.clone()).collect();
            let mut head = named(context, head, &ids).await?;
            head.under_way.clear();
            for id in ids {
                let Some(invoice) = self.batch.of::<Invoice>(&keys::invoice(&request.account, &id))? else { continue };
                let stage = records::stage(context, &head, &invoice).await?;
                self.standings.push(Line {
                    request: request.id.clone(),
                    invoice: id,
                    standing: Debt::of(&invoice, &head, stage).standing,
                    credited: invoice.credited.copied(),
                });
            }
        }
        Ok(())
    }

    /// On which invoice the provider books a payment.
    pub(super) fn invoice_of<'a>(&'a self, account: &AccountId, payment: &'a Payment) -> Option<&'a str> {
        payment.invoice.value().map(String::as_str).or_else(|| self.shown_on(account, &payment.id))
    }

    /// The same, as the head of its account shows it.
    pub(super) fn shown_on(&self, account: &AccountId, payment: &str) -> Option<&str> {
        let book = &self.laid.heads.get(account)?.book;
        book.invoice_of(book.payments.iter().find(|line| line.payment == payment)?)
    }

    /// The newest invoices of an account.
    pub(super) fn invoices(&self, account: &AccountId) -> &[HistoryLine] {
        self.laid.heads.get(account).map_or(&[], |head| head.book.invoices.as_slice())
    }

    /// By which way a customer hears that all is paid, and from when on: on the phone not at night.
    pub(super) fn reach(&self, account: &AccountId, context: &Context, now: Timestamp) -> (Channel, Timestamp) {
        let Some((person, customer)) = self.people.get(account) else { return (Channel::Mail, now) };
        if phone(person, customer.as_ref()).is_none() {
            return (Channel::Mail, now);
        }
        let zone = customer.as_ref().and_then(|customer| customer.time_zone.as_deref());
        let hours = context.policies.hours.current();
        (Channel::Sms, hours.first_from(now, zone, person.country(customer.as_ref())))
    }
}

/// The phone of a customer who wants text messages, as the company's own file says it or else the provider.
pub(in crate::dunning::cash) fn phone<'a>(person: &'a Person, customer: Option<&'a Customer>) -> Option<&'a str> {
    if customer.is_some_and(|customer| customer.no_sms) {
        return None;
    }
    let own = customer.and_then(|customer| customer.phone.as_deref());
    own.or(person.phone.value().map(String::as_str)).filter(|phone| !phone.is_empty())
}

/// The payments that people said are for an invoice whose provider does not show that.
async fn came(context: &Context, batch: &mut Batch, head: &Head) -> Result<Vec<Received>, Fault> {
    let mut wanted: Vec<Key> = head.came.iter().map(keys::received).collect();
    wanted.retain(|key| !batch.has(key));
    if !wanted.is_empty() {
        batch.extend(Batch::read(context, wanted).await?);
    }
    records::came(batch, head)
}

/// The requests of the payer's account that are not over, and those of the same source that a payment or somebody
/// names.
async fn requests(
    context: &Context,
    batch: &mut Batch,
    head: &Head,
    told: Told<'_>,
    payments: &BTreeMap<String, Payment>,
) -> Result<BTreeMap<RequestId, Request>, Fault> {
    let named = payments.values().filter_map(|payment| RequestId::named_in(payment.reference.value()?));
    let said = match told.said {
        Some((Some(Target::Request(request)), _)) => Some(request.clone()),
        _ => None,
    };
    let mut let_go = Vec::new();
    for id in told.payments {
        let received = batch.get::<Received>(&received_of(&head.account, id))?;
        let_go.extend(received.and_then(|received| received.withdrawn_request().cloned()));
    }
    let all = head.requests.iter().cloned().chain(named).chain(told.request.cloned()).chain(said).chain(let_go);
    let all: BTreeSet<RequestId> = all.collect();
    let others = all.iter().map(RequestId::account).filter(|other| *other != head.account);
    let others: BTreeSet<Key> = others.map(|other| keys::head(&other)).collect();
    let wanted: Vec<Key> = all.iter().map(keys::payment_request).chain(others).collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    batch.extend(Batch::read(context, wanted).await?);
    let mut requests = BTreeMap::new();
    for id in all {
        let other = batch.get::<Head>(&keys::head(&id.account()))?;
        let is_same = other.is_some_and(|it| (&it.provider, &it.source) == (&head.provider, &head.source));
        if is_same {
            requests.extend(batch.get::<Request>(&keys::payment_request(&id))?.map(|request| (id, request)));
        }
    }
    Ok(requests)
}

/// Adds the payments that the head shows on an invoice that is asked for, or was until its end, whichever was told
/// first.
async fn booked(
    context: &Context,
    batch: &mut Batch,
    (head, requests): (&Head, &BTreeMap<RequestId, Request>),
    payments: &mut BTreeMap<String, Payment>,
) -> Result<(), Fault> {
    let own: Vec<_> = requests.values().filter(|it| it.account == head.account && it.withdrawn.is_none()).collect();
    let paid = head.book.payments.iter().filter(|line| line.status == Some(PaymentStatus::Succeeded));
    let asked = paid.filter(|line| {
        let invoice = head.book.invoice_of(line);
        invoice.is_some_and(|invoice| own.iter().any(|request| request.asks_for(invoice)))
    });
    let ids: Vec<_> = asked.map(|line| line.payment.clone()).filter(|id| !payments.contains_key(id)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    batch.extend(Batch::read(context, ids.iter().map(|id| keys::payment(&head.account, id)).collect()).await?);
    for id in ids {
        payments.extend(batch.of::<Payment>(&keys::payment(&head.account, &id))?.map(|payment| (id, payment)));
    }
    Ok(())
}

/// The cases of the tickets that may end now.
async fn cases(
    context: &Context,
    batch: &mut Batch,
    (requests, tickets): (&BTreeMap<RequestId, Request>, &BTreeMap<RequestId, Ticket>),
) -> Result<BTreeMap<CaseId, Case>, Fault> {
    let waiting = tickets.iter().filter(|(id, _)| requests.get(*id).is_some_and(|request| !request.is_over()));
    let ids: BTreeSet<CaseId> = waiting.filter_map(|(_, ticket)| ticket.handling.case.clone()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    batch.extend(Batch::read(context, ids.iter().map(keys::case).collect()).await?);
    let mut cases = BTreeMap::new();
    for id in ids {
        cases.extend(batch.get::<Case>(&keys::case(&id))?.map(|case| (id, case)));
    }
    Ok(cases)
}

fn ticket_of(request: &Request) -> Key {
    let name = request.ticket_name();
    keys::ticket(&name.provider, &name.source, &name.id)
}

fn received_of(account: &AccountId, payment: &str) -> Key {
    keys::received(&ReceivedId::of(account, payment))
}

/// What a request lets go where it is withdrawn.
fn taken_by(request: &Request) -> impl Iterator<Item = &Matched> {
    request.matched.iter().filter(move |_| !request.is_over())
}

fn tasks_of(request: &Request, payments: &BTreeMap<String, Payment>) -> Vec<TaskId> {
    let of = |request: &RequestId| {
        [
            About::Collect { request: request.clone() },
            About::Overpaid { request: request.clone() },
            About::Unasked { request: request.clone() },
        ]
    };
    let paid = payments.keys().chain(taken_by(request).map(|matched| &matched.payment));
    let late = paid.map(|payment| About::PaidAfterAll { request: request.id.clone(), payment: payment.clone() });
    of(&request.id).into_iter().chain(late).map(|about| about.task(&request.account)).collect()
}
