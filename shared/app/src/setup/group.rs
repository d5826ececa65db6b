//! Proposes which accounts are one customer, and writes down what people say of it.

use crate::context::Context;
use crate::fault::Fault;
use crate::find;
use crate::store::imported::in_force;
use crate::store::{self, Batch, Commit, Of, keys};
use crate::web::{Problem, note_fits};
use domain::book::{Head, Person};
use domain::group::{Group, NotSaid, say};
use domain::id::AccountId;
use domain::import::{Customer, Kind};
use domain::staff::Staff;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An account and those that are, or may be, the same customer.
#[derive(Debug, Serialize)]
pub struct Status {
    pub account: AccountId,
    pub confirmed: Vec<Other>,
    /// What looks like it, and why; nobody has said yet.
    pub proposed: Vec<Other>,
    pub apart: Vec<Other>,
    pub said: Vec<domain::group::Said>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Other {
    pub account: AccountId,
    pub provider: String,
    pub source: String,
    pub customer: String,
    pub name: Option<String>,
    pub because: Option<&'static str>,
}

/// What somebody says of two accounts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Same {
    /// The other one.
    pub account: String,
    pub same: bool,
    #[serde(default)]
    pub note: String,
}

/// What is known of the customer behind an account.
pub async fn status(context: &Context, id: &AccountId) -> Result<Option<Status>, Fault> {
    let own = [keys::head(id), keys::person(id), keys::group(id)];
    let home = keys::imported_of(id, Kind::Customers.name());
    let wanted = own.iter().cloned().chain([home.clone(), keys::imports(Kind::Customers.name())]).collect();
    let batch = Batch::read(context, wanted).await?;
    if batch.get::<Head>(&own[0])?.is_none() {
        return Ok(None);
    }
    let group = batch.get::<Group>(&own[2])?.unwrap_or_else(|| Group::of(id));
    let person = batch.of::<Person>(&own[1])?.unwrap_or_default();
    let mut alike = match person.email.value() {
        Some(email) => find::by_email(context, email).await?,
        None => Vec::new(),
    };
    let addressed: BTreeSet<_> = alike.iter().cloned().collect();
    if let Some(group) = in_force::<Customer>(&batch, [home])?.into_iter().find_map(|customer| customer.group) {
        alike.extend(find::by_group(context, &group).await?.into_iter().filter(|other| !addressed.contains(other)));
    }
    alike.retain(|other| other != id && !group.members.contains(other) && !group.apart.contains(other));
    let everybody: Vec<_> = group.members.iter().chain(&group.apart).chain(&alike).collect();
    let batch =
        Batch::read(context, everybody.iter().flat_map(|id| [keys::head(id), keys::person(id)]).collect()).await?;
    let other = |id: &AccountId, because| -> Result<Option<Other>, Fault> {
        let name = batch.get::<Of<Person>>(&keys::person(id))?.and_then(|person| person.value.name.value().cloned());
        Ok(batch.get::<Head>(&keys::head(id))?.map(|head| Other {
            account: id.clone(),
            provider: head.provider,
            source: head.source,
            customer: head.customer,
            name,
            because,
        }))
    };
    let all = |ids: &mut dyn Iterator<Item = &AccountId>, because| -> Result<Vec<Other>, Fault> {
        let found: Vec<_> = ids.map(|id| other(id, because)).collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    };
    Ok(Some(Status {
        account: id.clone(),
        confirmed: all(&mut group.members.iter(), None)?,
        proposed: [
            all(&mut alike.iter().filter(|id| addressed.contains(*id)), Some("the same e-mail address"))?,
            all(&mut alike.iter().filter(|id| !addressed.contains(*id)), Some("the same group in an import"))?,
        ]
        .concat(),
        apart: all(&mut group.apart.iter(), None)?,
        said: group.said,
    }))
}

/// Writes down that two accounts are one customer, or are not: on both, and on all that belong to either.
pub async fn say_same(context: &Context, id: &AccountId, word: &Same, staff: &Staff) -> Result<Group, Problem> {
    let other = AccountId::named(&word.account).ok_or_else(|| Problem::not_found("account"))?;
    note_fits(&word.note)?;
    let said = store::unless_refused(context, || async {
        // Read.
        let (who, pair) = (keys::staff(&staff.id), [id.clone(), other.clone()]);
        let mut batch = Batch::read(
            context,
            pair.iter().flat_map(|id| [keys::head(id), keys::group(id)]).chain([who.clone()]).collect(),
        )
        .await?;
        let staff = batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
        let mut groups = BTreeMap::new();
        for id in &pair {
            if batch.get::<Head>(&keys::head(id))?.is_none() {
                return Err(Problem::not_found("account").into());
            }
            groups.extend(batch.get::<Group>(&keys::group(id))?.map(|group| (id.clone(), group)));
        }
        let members: Vec<_> =
            groups.values().flat_map(|group| group.members.clone()).filter(|id| !groups.contains_key(id)).collect();
        batch.extend(Batch::read(context, members.iter().map(keys::group).collect()).await?);
        for id in members {
            groups.extend(batch.get::<Group>(&keys::group(&id))?.map(|group| (id, group)));
        }

        // Decide.
        let before = groups.clone();
        say(&mut groups, (id, &other), word.same, &staff, &word.note, context.clock.now()).map_err(problem)?;

        // Write.
        let mut commit = Commit::default();
        groups
            .iter()
            .filter(|(id, group)| before.get(id) != Some(group))
            .for_each(|(_, group)| commit.over(&batch, group));
        commit.check(&batch, &who);
        let own = groups.remove(id).expect("what was said is written down on both");
        Ok(store::attempted(commit.run(context).await, own)?)
    });
    Ok(said.await?)
}

fn problem(refused: NotSaid) -> Problem {
    let (status, code) = match refused {
        NotSaid::NotPermitted => (StatusCode::FORBIDDEN, "not_permitted"),
        NotSaid::Itself | NotSaid::TooMany => (StatusCode::UNPROCESSABLE_ENTITY, "not_possible"),
    };
    Problem::new(status, code, refused.to_string())
}
