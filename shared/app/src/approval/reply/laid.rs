//! A ticket laid out to be answered: whose it is, its case, and what was asked for because of it.

use crate::context::Context;
use crate::fault::Fault;
use crate::records::{actions_of, whose};
use crate::store::{self, Batch, Of, keys};
use domain::action::{Action, State};
use domain::book::{Head, Invoice, Person};
use domain::case::Case;
use domain::import::Customer;
use domain::playbook::asked_to_pay;
use domain::policy::Reader;
use domain::ticket::{Matter, Offered, Ticket, TicketName, Way, drafts, not_offered};

pub struct Laid {
    pub batch: Batch,
    pub ticket: Ticket,
    person: Person,
    customer: Option<Customer>,
    case: Option<Case>,
    actions: Vec<Action>,
}

impl Laid {
    pub async fn find(context: &Context, name: &TicketName) -> Result<Option<Self>, Fault> {
        let key = keys::ticket(&name.provider, &name.source, &name.id);
        let mut batch = Batch::read(context, vec![key.clone()]).await?;
        let Some(ticket) = batch.get::<Ticket>(&key)? else { return Ok(None) };
        let own = ticket.handling.own_case().map(keys::case);
        let theirs = ticket.handling.account.as_ref().map(whose::keys_of);
        let wanted: Vec<_> = theirs.into_iter().flatten().chain(own.clone()).collect();
        if !wanted.is_empty() {
            batch.extend(Batch::read(context, wanted).await?);
        }
        let (person, customer) = match &ticket.handling.account {
            Some(account) => whose::read(&batch, account)?,
            None => (Person::default(), None),
        };
        let case = own.map(|key| batch.get::<Case>(&key)).transpose()?.flatten();
        let actions = match &case {
            Some(case) if !case.actions.is_empty() => {
                batch.extend(Batch::read(context, case.actions.iter().map(keys::action).collect()).await?);
                actions_of(&batch, case)?
            }
            _ => Vec::new(),
        };
        Ok(Some(Self { batch, ticket, person, customer, case, actions }))
    }

    /// How whoever wrote it is written to: in the language in which they write, where it is known.
    pub fn reader<'a>(&'a self, context: &'a Context) -> Reader<'a> {
        let (texts, customer) = (context.policies.texts.current(), self.customer.as_ref());
        match &self.ticket.handling.language {
            Some(language) => texts.reader(Some(language.as_str()), self.person.country(customer)),
            None => self.person.reader(customer, texts),
        }
    }

    /// The invoice that its case asks to be paid, with the head of its account.
    pub async fn owing(&mut self, context: &Context) -> Result<Option<(Head, Invoice)>, Fault> {
        let Some(head) = self.head(context).await? else { return Ok(None) };
        let Some(case) = self.case.as_ref().filter(|case| case.account == head.account) else { return Ok(None) };
        for id in asked_to_pay(case, &self.actions, &head) {
            if let Some(invoice) = stored(context, &head, &id).await? {
                return Ok(Some((head, invoice)));
            }
        }
        Ok(None)
    }

    /// What was done because of its case, the newest first.
    pub fn done(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().rev().filter(|action| action.state() == State::Executed)
    }

    /// An invoice of its account, whatever its case asks for by now.
    pub async fn invoice(&mut self, context: &Context, id: &str) -> Result<Option<(Head, Invoice)>, Fault> {
        let Some(head) = self.head(context).await? else { return Ok(None) };
        Ok(stored(context, &head, id).await?.map(|invoice| (head, invoice)))
    }

    async fn head(&mut self, context: &Context) -> Result<Option<Head>, Fault> {
        let Some(home) = self.ticket.handling.account.as_ref().map(keys::head) else { return Ok(None) };
        self.batch.extend(Batch::read(context, vec![home.clone()]).await?);
        self.batch.get::<Head>(&home)
    }

    /// What there is to be sent, and how.
    pub fn offered(&self, context: &Context) -> Offered {
        let matter = Matter {
            policy: context.policies.answers.current(),
            reader: self.reader(context),
            name: self.person.name.value().map(String::as_str),
            case: self.case.as_ref(),
            actions: &self.actions,
            bank_days: &context.policies.playbooks.current().bank_days,
        };
        let drafts = drafts(&self.ticket, &matter);
        let not_offered = not_offered(&self.ticket, &matter, &drafts);
        let known_contact = self.ticket.is_from_a_contact();
        let (answered, turns) = (self.ticket.handling.answered, self.ticket.handling.turns);
        Offered { drafts, not_offered, way: way(&self.ticket), known_contact, answered, turns }
    }
}

async fn stored(context: &Context, head: &Head, id: &str) -> Result<Option<Invoice>, Fault> {
    let invoice: Option<Of<Invoice>> = store::read(context, &keys::invoice(&head.account, id)).await?;
    Ok(invoice.map(|Of { value, .. }| value))
}

/// How an answer to a ticket leaves: through its help desk, or by mail.
pub fn way(ticket: &Ticket) -> Way {
    if let Some(desk) = providers::named(&ticket.provider).and_then(|provider| provider.desk) {
        return Way::Desk { desk: desk.title.to_owned() };
    }
    let is_address = |text: &&str| {
        let has_host = text.rsplit_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        has_host && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    };
    let address = ticket.requester_email.value().map(|address| address.trim()).filter(is_address);
    address.map_or(Way::Nowhere, |to| Way::Mail { to: to.to_owned() })
}
