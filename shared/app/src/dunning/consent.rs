//! Writes down that a customer lets a second card be charged, or that they do not any more.

use crate::context::Context;
use crate::records;
use crate::store::{self, Attempted, Batch, Commit, keys, trail};
use crate::web::{Failed, ID_BYTES_MAX, Problem};
use domain::action::Retries;
use domain::book::{Consent, Head, NoConsent};
use domain::dunning::Plan;
use domain::id::AccountId;
use domain::ledger::Note;
use domain::sidebar::SecondCard;
use domain::staff::Staff;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is sent: one of the two.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub agreed: Option<Agreed>,
    pub revoked: Option<Revoked>,
}

/// The card that the customer means, and how they agreed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreed {
    pub card: String,
    pub last4: String,
    pub note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoked {}

/// What stands then.
#[derive(Debug, Serialize)]
pub struct Standing {
    pub second_card: Option<SecondCard>,
}

pub const WANTED: &str =
    "send one of `agreed` with `card`, `last4` and a `note` of how the customer agreed, and `revoked`";

/// Does it. The recoveries that the head names look at once whether that changes their next try; of very many the
/// others do so with their next step, and none charges what nobody agrees to any more.
pub async fn take(context: &Context, account: &AccountId, asked: &Asked, staff: &Staff) -> Result<Standing, Problem> {
    if asked.agreed.is_some() == asked.revoked.is_some() {
        return Err(Problem::malformed(WANTED));
    }
    if asked.agreed.as_ref().is_some_and(|agreed| agreed.card.len() > ID_BYTES_MAX) {
        return Err(Problem::malformed("no provider has an id that long"));
    }
    Ok(store::unless_refused(context, || once(context, account, asked, staff)).await?)
}

async fn once(
    context: &Context,
    account: &AccountId,
    asked: &Asked,
    staff: &Staff,
) -> Result<Attempted<Standing>, Failed> {
    // Read.
    let (own, who) = (keys::head(account), keys::staff(&staff.id));
    let mut batch = Batch::read(context, vec![own.clone(), who.clone(), keys::ledger_head(account)]).await?;
    let staff = batch.get::<Staff>(&who)?.ok_or_else(Problem::not_signed_in)?;
    let before = batch.get::<Head>(&own)?.ok_or_else(|| Problem::not_found("account"))?;
    if let (Some(_), Retries::OnlyByItself { why }) = (&asked.agreed, records::manners(&before.provider)?.retries) {
        return Err(Problem::not_possible(why).into());
    }
    let wanted: Vec<_> = before.dunning.keys().map(|invoice| keys::plan(account, invoice)).collect();
    if !wanted.is_empty() {
        batch.extend(Batch::read(context, wanted.clone()).await?);
    }
    let mut plans = Vec::new();
    for key in &wanted {
        plans.extend(batch.get::<Plan>(key)?);
    }

    // Decide.
    let (mut head, now) = (before, context.clock.now());
    let said = match &asked.agreed {
        Some(Agreed { card, last4, note }) => {
            let is_new =
                head.agrees((card.as_str(), last4.as_str()), note, &staff, now).map_err(|refused| problem(&refused))?;
            head.consent.as_ref().filter(|_| is_new).map(|consent| entry("second_card_agreed", consent, &staff, now))
        }
        None => {
            let taken = head.takes_consent_back(&staff).map_err(|refused| problem(&refused))?;
            taken.map(|consent| entry("second_card_revoked", &consent, &staff, now))
        }
    };
    let standing = Standing { second_card: SecondCard::of(&head) };
    let Some(note) = said else { return Ok(Attempted::Done(standing)) };
    plans.iter_mut().for_each(|plan| plan.look_again(now));

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &head);
    plans.iter().for_each(|plan| commit.over(&batch, plan));
    trail::put_notes(&mut commit, &batch, account, vec![note])?;
    commit.check(&batch, &who);
    Ok(store::attempted(commit.run(context).await, standing)?)
}

/// How it is written down for good: how the customer agreed stands on the head alone.
fn entry(word: &str, consent: &Consent, staff: &Staff, now: Timestamp) -> Note {
    let body = [
        ("word", word.to_owned()),
        ("card", consent.card.clone()),
        ("last4", consent.last4.clone()),
        ("role", staff.role.name().to_owned()),
    ];
    Note::of_recovery(now, &staff.id, body)
}

fn problem(refused: &NoConsent) -> Problem {
    let (status, code) = match refused {
        NoConsent::NotTheirs | NoConsent::Reads => (StatusCode::FORBIDDEN, "not_permitted"),
        NoConsent::Note => (StatusCode::BAD_REQUEST, "malformed"),
        NoConsent::Unknown(_) | NoConsent::OtherNumber { .. } | NoConsent::Charged(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "not_possible")
        }
    };
    Problem::new(status, code, refused.to_string())
}
