//! Finds accounts by what people know of them: an address, a name, an invoice, the end of a card number.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Order, Range, Table};
use crate::store::{Batch, Commit, FoundBy, Of, keys, open};
use domain::book::Person;
use domain::desk::Desk;
use domain::find::{Term, terms};
use domain::id::AccountId;
use std::collections::BTreeSet;

/// Writes down the words that an account is newly found by.
pub fn put_terms(commit: &mut Commit, before: &Desk, after: &Desk) {
    let known = terms(&before.touched);
    for term in terms(&after.touched).difference(&known) {
        commit.put(&FoundBy { digest: keys::term_digest(term.as_str()), account: after.head.account.clone() });
    }
}

/// The accounts that any reading of a question leads to, in the order of their ids.
pub async fn accounts(context: &Context, question: &str, limit: u32) -> Result<BTreeSet<AccountId>, Fault> {
    let mut found = BTreeSet::new();
    found.extend(AccountId::parse(question.trim()));
    for term in Term::readings(question) {
        let range = Range {
            table: Table::Accounts,
            pk: keys::found_partition(term.as_str()),
            prefix: String::new(),
            after: None,
            limit,
            order: Order::Ascending,
        };
        for item in context.store.range(&range).await? {
            found.insert(open::<FoundBy>(&item)?.account);
        }
    }
    Ok(found)
}

/// The accounts whose e-mail address this is; one that it was is not enough.
pub async fn by_email(context: &Context, email: &str) -> Result<Vec<AccountId>, Fault> {
    let pk = keys::found_partition(Term::email(email).as_str());
    let range = Range { table: Table::Accounts, pk, prefix: String::new(), after: None, limit: 100, order: Order::Ascending };
    let found: Vec<AccountId> =
        context.store.range(&range).await?.iter().map(|item| open::<FoundBy>(item).map(|found| found.account)).collect::<Result<_, _>>()?;
    let people = Batch::read(context, found.iter().map(keys::person).collect()).await?;
    let mut own = Vec::new();
    for account in found {
        let person = people.get::<Of<Person>>(&keys::person(&account))?;
        let address = person.and_then(|person| person.value.email.value().map(|email| Term::email(email)));
        own.extend((address == Some(Term::email(email))).then_some(account));
    }
    Ok(own)
}
