//! What the rungs of an account are judged by at one moment: its own records, and how its source is set up.

use crate::context::Context;
use crate::dunning::{agreed, letter, together};
use crate::fault::Fault;
use crate::records::whose;
use crate::store::{Batch, Of, keys};
use domain::ageing::{AgeingPolicy, Climb, Ground};
use domain::book::{Head, Invoice, Person};
use domain::dunning::{Plan, PlanState, Step};
use domain::id::AccountId;
use domain::import::Customer;
use domain::leaving::Stage;
use domain::source::Source;
use domain::staff::Role;
use domain::task::{About as TaskAbout, Task};
use domain::telling::{About, Bulletin};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The records that a rung looks at.
pub(super) struct Read {
    pub batch: Batch,
    pub climb: Climb,
    pub head: Head,
    pub invoice: Invoice,
    /// The recovery of the invoice, if it ever had one.
    pub plan: Option<Plan>,
    pub person: Person,
    /// What the company's own file says of them.
    pub customer: Option<Customer>,
    /// The task of the rung below, and what was told of it.
    pub task: Option<Task>,
    pub told: Option<Bulletin>,
    /// The task of whoever agrees to its letter, likewise.
    pub letter_task: Option<Task>,
    pub letter_told: Option<Bulletin>,
}

/// Nothing, where nothing climbs any more.
pub(super) async fn read(context: &Context, account: &AccountId, invoice: &str) -> Result<Option<Read>, Fault> {
    let own = [
        keys::climb(account, invoice),
        keys::head(account),
        keys::invoice(account, invoice),
        keys::plan(account, invoice),
    ];
    let task = TaskAbout::Overdue { invoice: invoice.to_owned(), bucket: String::new() }.task(account);
    let (own_task, told) = (keys::task(&task), keys::bulletin(&About::Task { task: task.clone() }.id()));
    let letter = agreed::key(account, invoice);
    let about = TaskAbout::Letter { invoice: invoice.to_owned(), bucket: String::new(), needs: Role::Vp };
    let letter_told = keys::bulletin(&About::Task { task: about.task(account) }.id());
    let tasks = [own_task.clone(), told.clone(), letter.clone(), letter_told.clone()];
    let others = tasks.into_iter().chain(whose::keys_of(account));
    let batch = Batch::read(context, own.iter().cloned().chain(others).collect()).await?;
    let running = batch.get::<Climb>(&own[0])?.filter(|climb| climb.way.state == PlanState::Running);
    let (head, of) = (batch.get::<Head>(&own[1])?, batch.get::<Of<Invoice>>(&own[2])?);
    let (Some(climb), Some(head), Some(Of { value: invoice, .. })) = (running, head, of) else { return Ok(None) };
    let mut plan = batch.get::<Plan>(&own[3])?;
    plan.iter_mut().for_each(|plan| plan.heed(&head));
    let (person, customer) = whose::read(&batch, account)?;
    let (task, told) = (batch.get::<Task>(&own_task)?, batch.get::<Bulletin>(&told)?);
    let (letter_task, letter_told) = (batch.get::<Task>(&letter)?, batch.get::<Bulletin>(&letter_told)?);
    Ok(Some(Read { batch, climb, head, invoice, plan, person, customer, task, told, letter_task, letter_told }))
}

/// One moment of an account.
pub(super) struct Scene<'a> {
    pub context: &'a Context,
    pub read: &'a Read,
    pub source: &'a Source,
    pub now: Timestamp,
    zone: TimeZone,
}

impl<'a> Scene<'a> {
    pub fn of(context: &'a Context, read: &'a Read, source: &'a Source, now: Timestamp) -> Self {
        Self { context, read, source, now, zone: context.policies.report.current().zone() }
    }

    /// Its day, in the time zone of the reports.
    pub fn on(&self) -> Date {
        self.now.to_zoned(self.zone.clone()).date()
    }

    /// Who is written to.
    pub fn who(&self) -> (&Person, Option<&Customer>) {
        (&self.read.person, self.read.customer.as_ref())
    }

    /// What a rung of one of its invoices is judged by, as far as nothing else is due.
    pub fn ground<'b>(&'b self, invoice: &'b Invoice, plan: Option<&'b Plan>, stage: Option<Stage>) -> Ground<'b> {
        let Self { context, read: Read { head, person, customer, .. }, source, .. } = self;
        let policies = &context.policies;
        let rule = policies.dunning.current().together.as_ref().filter(|_| source.writes());
        let is_written = source.writes() && person.email.value().is_some();
        let quiet_until = is_written.then(|| whose::written_to_from(context, person, customer.as_ref(), self.now));
        Ground {
            invoice,
            plan,
            stage,
            claimed: head.book.is_claimed(),
            acting: source.acting,
            quiet_until,
            beside: rule.map(|rule| (head, rule)),
            others: &[],
            wants_none: letter::wants_no_mail(customer.as_ref()),
            whose: whose::of((person, customer.as_ref()), (head, invoice), policies.declines.current()),
        }
    }

    /// The ladder of a climb, and where its days are counted.
    pub fn rules(&self, climb: &Climb) -> (&AgeingPolicy, &TimeZone) {
        (climb.policy(&self.context.policies.ageing), &self.zone)
    }

    /// When what is held is looked at again, and when to doubt that a message of now has left.
    pub fn moments(&self) -> (Timestamp, Timestamp) {
        let hold = SignedDuration::from_mins(self.context.policies.incidents.current().hold_minutes);
        (self.now + hold, together::doubt_at(self.context, self.now))
    }

    /// The rung whose letter would leave now.
    pub fn letter_due(&self, climb: &Climb, ground: &Ground<'_>) -> Option<Step> {
        climb.letter_due(ground, self.rules(climb), self.now, self.moments())
    }
}
