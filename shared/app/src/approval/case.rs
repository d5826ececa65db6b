//! What people do about a case itself: end it, say that it is of another kind, or take a step of its playbook that is
//! no action.

mod labels;
mod step;

pub use step::{Step, task, told, watch};

use crate::context::Context;
use crate::store::trail::put_ticket;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::ticket::put_case;
use crate::web::{self, Failed, Problem};
use domain::book::Head;
use domain::case::{Case, Class, State};
use domain::id::CaseId;
use domain::staff::Staff;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseNote {
    /// Only where the class is corrected.
    class: Option<Class>,
    #[serde(default)]
    note: String,
}

/// What somebody wants of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    Resolve,
    Class,
}

pub fn word(body: &[u8], wanted: Handling) -> Result<CaseNote, Problem> {
    let word = if body.is_empty() { CaseNote::default() } else { web::misread::json(body).map_err(unread)? };
    complete(word, wanted)
}

/// The same from the buttons of the page: a class that is named corrects, none ends.
pub fn form(fields: &BTreeMap<String, String>) -> Result<(Handling, CaseNote), Problem> {
    let class = fields.get("class").filter(|class| !class.is_empty());
    let wanted = if class.is_some() { Handling::Class } else { Handling::Resolve };
    let class = class.map(|class| web::typed(class)).transpose();
    let class = class.map_err(|error| unread(web::misread::field("class", &error)))?;
    let note = fields.get("note").cloned().unwrap_or_default();
    Ok((wanted, complete(CaseNote { class, note }, wanted)?))
}

fn unread(error: impl std::fmt::Display) -> Problem {
    let classes = Class::ALL.map(Class::name).join(", ");
    Problem::malformed(format!("send a `note`, and a `class` of {classes}: {error}"))
}

fn complete(word: CaseNote, wanted: Handling) -> Result<CaseNote, Problem> {
    web::note_fits(&word.note)?;
    if wanted == Handling::Class && word.class.is_none() {
        return Err(Problem::malformed("name the `class` that this case is of"));
    }
    Ok(word)
}

/// Ends a case or corrects its class, and that of its tickets; what was asked for because of it lapses with its end.
pub async fn handle(
    context: &Context,
    id: &str,
    wanted: Handling,
    word: &CaseNote,
    staff: &Staff,
) -> Result<Case, Problem> {
    let id = CaseId::parse(id).ok_or_else(|| Problem::not_found("case"))?;
    Ok(store::unless_refused(context, || once(context, &id, wanted, word, staff)).await?)
}

async fn once(
    context: &Context,
    id: &CaseId,
    wanted: Handling,
    word: &CaseNote,
    staff: &Staff,
) -> Result<Attempted<Case>, Failed> {
    // Read.
    let (own, head_key, who) = (keys::case(id), keys::head(&id.account()), keys::staff(&staff.id));
    let mut batch = Batch::read(context, vec![own.clone(), head_key.clone(), who.clone()]).await?;
    let (Some(before), Some(head)) = (batch.get::<Case>(&own)?, batch.get::<Head>(&head_key)?) else {
        return Err(Problem::not_found("case").into());
    };
    let Some(staff) = batch.get::<Staff>(&who)?.filter(|staff| staff.role.may_request()) else {
        let message = "your role only reads; ask a colleague in support or billing";
        return Err(Problem::not_permitted(message).into());
    };

    goes_on_here(&before)?;
    let is_another = wanted == Handling::Class && word.class.is_some_and(|class| class != before.class);
    let tickets = if is_another { labels::read(context, &mut batch, &before).await? } else { Vec::new() };

    // Decide.
    let now = context.clock.now();
    let (mut after, mut moved) = (before.clone(), head.clone());
    match (wanted, word.class) {
        (Handling::Resolve, _) => {
            if before.state == State::Resolved {
                let message =
                    format!("this case has ended already: {}", before.resolution.as_deref().unwrap_or("resolved"));
                return Err(Problem::conflict("already_resolved", message).into());
            }
            after.end_by_hand(now);
            moved.forgets(id, true);
        }
        (Handling::Class, Some(class)) => {
            after.class = class;
            moved.cases.entry(id.clone()).and_modify(|line| class.name().clone_into(&mut line.class));
        }
        (Handling::Class, None) => {}
    }
    let what = if wanted == Handling::Resolve {
        "resolved".to_owned()
    } else {
        format!("{} to {}", before.class.name(), after.class.name())
    };
    after.was_handled(&staff.id, now, &what, &word.note, None);
    let tickets = labels::corrected(tickets, &after, &staff.id, now);

    // Write.
    let mut commit = Commit::default();
    for (ticket, label) in &tickets {
        put_ticket(&mut commit, &batch, ticket)?;
        commit.over(&batch, label);
    }
    put_case(&mut commit, context, &batch, &head, (&before, &after));
    commit.over(&batch, &moved);
    commit.check(&batch, &who);
    Ok(store::attempted(commit.run(context).await, after)?)
}

/// Nothing more is done about a case that goes on in another: whoever has its page open is told where.
pub(super) fn goes_on_here(case: &Case) -> Result<(), Problem> {
    let Some(other) = &case.went_on_in else { return Ok(()) };
    Err(Problem::conflict("went_on", format!("this case goes on in {other}, which is the same trouble: do it there")))
}
