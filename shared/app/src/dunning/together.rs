//! When a recovery may say something, and what it says of the account's others: of several recoveries one letter says
//! all.

mod ladder;

use super::{Read, letter, pay};
use crate::context::Context;
use crate::fault::Fault;
use crate::records::whose;
use crate::setup::stop;
use crate::store::{Batch, Commit, keys};
use domain::book::{Head, LetterLine, Person, Writer};
use domain::debt::Debt;
use domain::dunning::{Plan, Step};
use domain::id::AccountId;
use domain::import::Customer;
use domain::stop::Scope;
use jiff::{SignedDuration, Timestamp};

/// What else the account owes and is asked for by now, whoever asks: what is recovered, and then what is on the
/// ladder; of very many, what is asked for next. What waits because somebody said so, or is in somebody's hands, is not
/// among it, and neither is what the letter says already.
pub(super) async fn also(
    context: &Context,
    head: &Head,
    who: (&Person, Option<&Customer>),
    (own, said): (&str, &[String]),
) -> Result<Vec<Debt>, Fault> {
    let Some(rule) = &context.policies.dunning.current().together else { return Ok(Vec::new()) };
    let room = rule.listed_max().saturating_sub(said.len());
    if room == 0 {
        return Ok(Vec::new());
    }
    let mut asked = recovered(context, head, own, room).await?;
    asked.extend(ladder::asked(context, head, who, (own, said)).await?);
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let debts = pay::debts(context, &mut head.clone(), &asked).await?;
    Ok(debts.into_iter().map(|(_, debt)| debt).filter(Debt::is_payable).take(room).collect())
}

/// The account's other recoveries that ask, those that go on next in front.
async fn recovered(context: &Context, head: &Head, own: &str, most: usize) -> Result<Vec<String>, Fault> {
    let running = head.dunning.iter().filter(|(invoice, line)| *invoice != own && line.next.is_some());
    let mut others: Vec<(Option<Timestamp>, &String)> = running.map(|(id, line)| (line.next_at, id)).collect();
    others.sort();
    others.truncate(most);
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let key = |invoice: &str| keys::plan(&head.account, invoice);
    let batch = Batch::read(context, others.iter().map(|(_, invoice)| key(invoice)).collect()).await?;
    let stops = stop::all(context).await?;
    let mut asked = Vec::new();
    for (_, invoice) in others {
        let Some(mut other) = batch.get::<Plan>(&key(invoice))? else { continue };
        other.heed(head);
        if !other.asks() {
            continue;
        }
        let source = Some(format!("{}/{}", head.provider, head.source));
        if !stops.holds(&Scope { source, segment: Some(other.segment), kind: None }) {
            asked.push(invoice.clone());
        }
    }
    Ok(asked)
}

/// What is due to be read waits where it is night, is left out where nobody may be written to, and goes with another
/// letter where that has said it.
pub(super) fn fit(context: &Context, read: &Read, plan: &mut Plan, now: Timestamp) {
    let customer = read.customer.as_ref();
    plan.keep_quiet(now, whose::written_to_from(context, &read.person, customer, now));
    match letter::why_no_text(context, read, now) {
        Err(why) => plan.leave_out_texts(why, now),
        Ok(until) => plan.keep_phones_quiet(now, until),
    }
    if let Some(rule) = &context.policies.dunning.current().together {
        plan.keep_together(&read.head, rule, now, doubt_at(context, now));
    }
}

/// When to doubt that a message of now has left.
pub(super) fn doubt_at(context: &Context, now: Timestamp) -> Timestamp {
    now + SignedDuration::from_mins(context.policies.limits.current().sending_minutes_max)
}

/// What the account's other recoveries see of a message that is taken up.
pub(super) fn line(plan: &Plan, step: &Step, also: &[Debt], now: Timestamp) -> LetterLine {
    // A text message lists nothing, and leads to where all stands.
    let also = also.iter().filter(|_| step.kind.is_mail()).map(|debt| debt.invoice.clone());
    plan.letter_line(Writer::Recovery, step, also.collect(), now)
}

/// Writes that a letter of what is no recovery is taken up onto the head of its account. Where none is, the commit
/// depends on the head.
pub(super) fn show(commit: &mut Commit, batch: &Batch, head: &Head, line: Option<LetterLine>) {
    match line {
        Some(line) => {
            let mut written = head.clone();
            written.shows_letter(line);
            commit.over(batch, &written);
        }
        None => commit.check(batch, &keys::head(&head.account)),
    }
}

/// Writes what became of a letter that is no recovery's onto the head of its account, where the others do not see it
/// yet.
pub(super) fn learn(
    commit: &mut Commit,
    batch: &Batch,
    account: &AccountId,
    show: impl FnOnce(&mut Head),
) -> Result<(), Fault> {
    let Some(before) = batch.get::<Head>(&keys::head(account))? else { return Ok(()) };
    let mut head = before.clone();
    show(&mut head);
    if head != before {
        commit.over(batch, &head);
    }
    Ok(())
}
