//! Whose an account is: what its provider tells of a person, and what the company's own file says of them.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::imported::in_force;
use crate::store::{Batch, keys};
use domain::book::{Head, Invoice, Person};
use domain::decline::Declines;
use domain::dunning::{self, Plan, Whose, way_of};
use domain::id::AccountId;
use domain::import::{self, Customer};
use jiff::Timestamp;

/// What has to be read for it.
pub fn keys_of(account: &AccountId) -> [Key; 3] {
    let kind = import::Kind::Customers.name();
    [keys::person(account), keys::imports(kind), keys::imported_of(account, kind)]
}

/// What was read of it.
pub fn read(batch: &Batch, account: &AccountId) -> Result<(Person, Option<Customer>), Fault> {
    let [person, _, imported] = keys_of(account);
    let customer = in_force::<Customer>(batch, [imported])?.into_iter().next();
    Ok((batch.of::<Person>(&person)?.unwrap_or_default(), customer))
}

/// The first moment from a time on in which they may be written to, by their own clock.
pub fn written_to_from(context: &Context, person: &Person, customer: Option<&Customer>, from: Timestamp) -> Timestamp {
    let zone = customer.and_then(|customer| customer.time_zone.as_deref());
    context.policies.hours.current().first_from(from, zone, person.country(customer))
}

/// The same for a phone of theirs, whose number says more than a country does: nothing, where nobody knows when it is night there.
pub fn texted_from(
    context: &Context,
    person: &Person,
    customer: Option<&Customer>,
    number: &str,
    from: Timestamp,
) -> Option<Timestamp> {
    let zone = customer.and_then(|customer| customer.time_zone.as_deref());
    context.policies.hours.current().first_for_phone(from, zone, number, person.country(customer))
}

/// As far as it decides how an invoice of theirs is recovered.
pub fn of<'a>(
    (person, customer): (&'a Person, Option<&'a Customer>),
    (head, invoice): (&Head, &Invoice),
    declines: &Declines,
) -> Whose<'a> {
    Whose {
        way: way_of(declines, invoice, head),
        strategic: customer.is_some_and(|customer| customer.strategic),
        country: person.country(customer),
        metadata: customer.map(|customer| &customer.metadata),
    }
}

/// In which queue stands what a person settles of an invoice of theirs; `standing` is its recovery, however that ended.
pub fn queue(
    context: &Context,
    (person, customer): (&Person, Option<&Customer>),
    (head, invoice): (&Head, &Invoice),
    standing: Option<&Plan>,
) -> u32 {
    let (policies, now) = (&context.policies, context.clock.now());
    let declines = policies.declines.current();
    let family = declines.meaning(invoice.decline()).family.id.get_ref();
    let whose = of((person, customer), (head, invoice), declines);
    dunning::queue(invoice, (head.since(), family, whose), standing, policies.dunning.current(), now)
}
