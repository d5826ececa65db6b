//! Finds accounts by what people know of them: an address, a name, an invoice, a refund, the end of a card number.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::imported::in_force;
use crate::store::{self, Batch, Commit, FoundBy, Of, keys};
use domain::book::Person;
use domain::book::find::{Term, may_mean, near, shown, terms, terms_of, told};
use domain::classify::desk::Desk;
use domain::event::Event;
use domain::id::AccountId;
use domain::import::{Customer, Kind};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many accounts one address or one group leads to.
const FOUND_MAX: u32 = 100;

/// Of how many accounts the names are read where somebody slipped in one.
const READ_MAX: usize = 200;

/// Writes down the words that an account is newly found by, and takes away those that the person no longer has.
pub fn put_terms(commit: &mut Commit, event: &Event, before: &Desk, after: &Desk) {
    let (known, now, told) = (terms(&before.touched), terms(&after.touched), told(event));
    let (account, shown) = (&after.head.account, shown(&before.head));
    let new = now.difference(&known).filter(|term| !shown.contains(*term));
    for term in new.chain(&told) {
        commit.put(&FoundBy { digest: keys::term_digest(term.as_str()), account: account.clone() });
    }
    // An address that a person had is no longer theirs, and nothing would erase its word.
    for term in before.touched.person.iter().flat_map(terms_of).filter(|term| !now.contains(term)) {
        commit.delete(keys::found_by(&keys::term_digest(term.as_str()), account));
    }
}

/// The accounts that an import puts into this group; one that was in it is not enough.
pub async fn by_group(context: &Context, group: &str) -> Result<Vec<AccountId>, Fault> {
    let found = by_term(context, &Term::group(group)).await?;
    let home = |account: &AccountId| keys::imported_of(account, Kind::Customers.name());
    let batch =
        Batch::read(context, found.iter().map(home).chain([keys::imports(Kind::Customers.name())]).collect()).await?;
    let mut own = Vec::new();
    for account in found {
        let said = in_force::<Customer>(&batch, [home(&account)])?;
        let in_it = said.iter().any(|customer| customer.group.as_deref().map(Term::group) == Some(Term::group(group)));
        own.extend(in_it.then_some(account));
    }
    Ok(own)
}

async fn by_term(context: &Context, term: &Term) -> Result<Vec<AccountId>, Fault> {
    let found: Vec<FoundBy> =
        store::first_of(context, &keys::found(term.as_str()), FOUND_MAX, Order::Ascending).await?;
    Ok(found.into_iter().map(|found| found.account).collect())
}

/// The accounts that any reading of a question leads to, in the order of their ids.
pub async fn accounts(context: &Context, question: &str, limit: u32) -> Result<BTreeSet<AccountId>, Fault> {
    let mut found = BTreeSet::new();
    found.extend(AccountId::parse(question.trim()));
    for term in Term::readings(question) {
        let by_term: Vec<FoundBy> =
            store::first_of(context, &keys::found(term.as_str()), limit, Order::Ascending).await?;
        found.extend(by_term.into_iter().map(|found| found.account));
    }
    Ok(found)
}

/// The accounts whose names the question may mean, with one slip in each of its longer words. Those come first that
/// more of it leads to: at most 14 words are looked up, and 200 names read.
pub async fn alike(context: &Context, question: &str, limit: u32) -> Result<Vec<AccountId>, Fault> {
    let mut counted: BTreeMap<AccountId, usize> = BTreeMap::new();
    for term in near(question) {
        for account in by_term(context, &term).await? {
            *counted.entry(account).or_default() += 1;
        }
    }
    let mut found: Vec<_> = counted.into_iter().collect();
    found.sort_by_key(|(_, count)| Reverse(*count));
    found.truncate(READ_MAX);
    let people = Batch::read(context, found.iter().map(|(account, _)| keys::person(account)).collect()).await?;
    let mut alike = Vec::new();
    for (account, _) in found {
        let person = people.of::<Person>(&keys::person(&account))?;
        alike.extend(person.filter(|person| may_mean(question, person)).map(|_| account));
    }
    alike.truncate(usize::try_from(limit).expect("a page fits into memory"));
    Ok(alike)
}

/// The accounts that have an invoice of this id or number.
pub async fn by_invoice(context: &Context, invoice: &str) -> Result<Vec<AccountId>, Fault> {
    by_term(context, &Term::invoice(invoice)).await
}

/// The accounts whose e-mail address this is; one that it was is not enough.
pub async fn by_email(context: &Context, email: &str) -> Result<Vec<AccountId>, Fault> {
    let found = by_term(context, &Term::email(email)).await?;
    let people = Batch::read(context, found.iter().map(keys::person).collect()).await?;
    let mut own = Vec::new();
    for account in found {
        let person = people.get::<Of<Person>>(&keys::person(&account))?;
        let address = person.and_then(|person| person.value.email.value().map(|email| Term::email(email)));
        own.extend((address == Some(Term::email(email))).then_some(account));
    }
    Ok(own)
}
