//! Takes an invoice of ours back: a credit note over all of it, once.

use super::NUMBER_BYTES_MAX;
use crate::context::Context;
use crate::fault::Fault;
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::{Failed, Problem, note_fits};
use domain::action::Line;
use domain::book::{Head, Invoice};
use domain::document::{Filed, FiledOf, NotTakenBack, Series, TakenBack};
use domain::ledger::Note;
use domain::staff::{Role, Staff};
use serde::Deserialize;

/// Why somebody takes a document back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub reason: String,
}

/// What it would say stands at the place of a reason until there is one.
const NO_REASON_YET: &str = "as it will be said";

/// The document, its invoice and its series as they were read.
struct Read {
    batch: Batch,
    filed: Filed,
    of: FiledOf,
    series: Series,
    head: Head,
    invoice: Invoice,
}

/// Makes the credit note, or finds it; says whether it is new.
pub async fn credit(context: &Context, number: &str, asked: &Asked, staff: &Staff) -> Result<(Filed, bool), Problem> {
    note_fits(&asked.reason)?;
    let made = store::unless_refused(context, || attempt(context, number, asked, staff)).await?;
    Ok(made)
}

/// What the credit note would say, before anybody asks for it; or why there can be none.
pub async fn would_credit(context: &Context, filed: &Filed, staff: &Staff) -> Result<Vec<Line>, Problem> {
    let read = read(context, &filed.document.number, staff).await?;
    let prefix = read.filed.document.number.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned();
    let (credit, _, _) = decided(context, &read, NO_REASON_YET, staff)?;
    Ok(super::sound(context, &credit)?.shown(&prefix))
}

async fn attempt(
    context: &Context,
    number: &str,
    asked: &Asked,
    staff: &Staff,
) -> Result<Attempted<(Filed, bool)>, Failed> {
    // Read.
    let who = keys::staff(&staff.id);
    let mut read = read(context, number, staff).await?;
    let staff = read.batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let may = matches!(staff.role, Role::Manager | Role::Vp) && read.filed.document.corrects.is_none();
    if let Some(own) = read.of.credit.as_ref().filter(|_| may) {
        let home = keys::filed(own);
        read.batch.extend(Batch::read(context, vec![home.clone()]).await?);
        let found = read.batch.get::<Filed>(&home)?;
        let found = found.ok_or_else(|| Fault::Park(format!("the document {own} is gone")))?;
        return Ok(Attempted::Done((found, false)));
    }

    // Decide.
    let (credit, (of, series), note) = decided(context, &read, &asked.reason, &staff)?;

    // Write.
    let mut commit = Commit::default();
    commit.over(&read.batch, &series);
    commit.create(&credit);
    commit.over(&read.batch, &of);
    put_notes(&mut commit, &read.batch, &credit.account, vec![note])?;
    commit.check(&read.batch, &keys::invoice(&credit.account, &credit.invoice));
    commit.check(&read.batch, &who);
    Ok(store::attempted(commit.run(context).await, (credit, true))?)
}

async fn read(context: &Context, number: &str, staff: &Staff) -> Result<Read, Failed> {
    let gone = || Problem::not_found("document");
    if number.is_empty() || number.len() > NUMBER_BYTES_MAX {
        return Err(gone().into());
    }
    let home = keys::filed(number);
    let mut batch = Batch::read(context, vec![home.clone(), keys::staff(&staff.id)]).await?;
    let filed = batch.get::<Filed>(&home)?.ok_or_else(gone)?;
    let (own, account) = (keys::filed_of(&filed.account, &filed.invoice), keys::head(&filed.account));
    let (numbers, billed) = (keys::series(&filed.entity), keys::invoice(&filed.account, &filed.invoice));
    let ledger = keys::ledger_head(&filed.account);
    let wanted = vec![own.clone(), account.clone(), numbers.clone(), billed.clone(), ledger];
    batch.extend(Batch::read(context, wanted).await?);
    let lost = |what: &str| Fault::Park(format!("the {what} of the document {number} is gone"));
    Ok(Read {
        of: batch.get::<FiledOf>(&own)?.ok_or_else(|| lost("place"))?,
        series: batch.get::<Series>(&numbers)?.ok_or_else(|| lost("series"))?,
        head: batch.get::<Head>(&account)?.ok_or_else(|| lost("account"))?,
        invoice: batch.of::<Invoice>(&billed)?.ok_or_else(|| lost("invoice"))?,
        filed,
        batch,
    })
}

fn decided(
    context: &Context,
    read: &Read,
    reason: &str,
    staff: &Staff,
) -> Result<(Filed, (FiledOf, Series), Note), Problem> {
    let (mut of, mut series) = (read.of.clone(), read.series.clone());
    let taken = TakenBack {
        invoice: &read.invoice,
        payments: &read.head.book.payments,
        reason,
        policy: context.policies.documents.current(),
        now: context.clock.now(),
    };
    let (credit, note) = read.filed.taken_back(&mut of, &mut series, staff, taken).map_err(|why| problem(&why))?;
    Ok((credit, (of, series), note))
}

fn problem(why: &NotTakenBack) -> Problem {
    match why {
        NotTakenBack::Role => Problem::not_permitted(why.to_string()),
        NotTakenBack::NoReason => Problem::malformed(why.to_string()),
        NotTakenBack::IsCreditNote(_) | NotTakenBack::Stands | NotTakenBack::NotNumbered(_) => {
            Problem::not_possible(why.to_string())
        }
    }
}
