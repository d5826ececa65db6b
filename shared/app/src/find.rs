//! Finds accounts by what people know of them: an address, a name, an invoice, the end of a card number.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Order, Range, Table};
use crate::store::{Commit, FoundBy, keys, open};
use domain::desk::Desk;
use domain::find::{Term, terms};
use domain::id::AccountId;
use std::collections::BTreeSet;

/// Writes down the words that an account is newly found by.
pub fn put_terms(commit: &mut Commit, before: &Desk, after: &Desk) {
    let known = terms(&before.touched);
    for term in terms(&after.touched).difference(&known) {
        commit.put(&FoundBy { term: term.as_str().to_owned(), account: after.head.account.clone() });
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

/// The accounts with an e-mail address.
pub async fn by_email(context: &Context, email: &str) -> Result<Vec<AccountId>, Fault> {
    let pk = keys::found_partition(Term::email(email).as_str());
    let range = Range { table: Table::Accounts, pk, prefix: String::new(), after: None, limit: 100, order: Order::Ascending };
    context.store.range(&range).await?.iter().map(|item| open::<FoundBy>(item).map(|found| found.account)).collect()
}
