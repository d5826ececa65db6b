//! The account's other rungs whose letters are due: one letter says all of them, as far as it may.

use super::scene::Scene;
use crate::context::Context;
use crate::dunning::together;
use crate::fault::Fault;
use crate::records;
use crate::store::{self, Batch, keys};
use domain::ageing::{Climb, Ground, Other};
use domain::book::Invoice;
use domain::debt::Debt;
use domain::dunning::Plan;
use domain::id::AccountId;
use jiff::Timestamp;

/// How many more are looked at than a letter lists: some of them may not be asked for.
const SPARE: usize = 8;

/// What a letter may list.
#[derive(Default)]
pub(super) struct Others {
    /// What would have a letter now as well, and their climbs as they were read.
    pub due: Vec<Other>,
    pub batch: Batch,
    /// What else the account is asked for, whoever asks: it is said besides, and has its letters as before.
    pub also: Vec<Debt>,
}

/// Looked for by whoever would write now: of very many, those that have waited longest.
pub(super) async fn due(scene: &Scene<'_>, ground: &Ground<'_>) -> Result<Others, Fault> {
    let (context, head) = (scene.context, &scene.read.head);
    let Some((_, rule)) = ground.beside else { return Ok(Others::default()) };
    let may_write = scene.read.person.email.value().is_some();
    if !may_write || scene.letter_due(&scene.read.climb, ground).is_none() {
        return Ok(Others::default());
    }
    let own = &ground.invoice.id;
    let invoices = come(context, &head.account, own, scene.now, rule.listed_max() + SPARE).await?;
    let (due, batch) = match invoices.as_slice() {
        [] => (Vec::new(), Batch::default()),
        invoices => due_of(scene, invoices).await?,
    };
    let said: Vec<String> = due.iter().map(|other| other.invoice.id.clone()).collect();
    let also = together::also(context, head, scene.who(), (own, &said)).await?;
    Ok(Others { due, batch, also })
}

/// Those of them whose letter would leave now.
async fn due_of(scene: &Scene<'_>, invoices: &[String]) -> Result<(Vec<Other>, Batch), Fault> {
    let (context, head) = (scene.context, &scene.read.head);
    let account = &head.account;
    let own = |id: &String| [keys::climb(account, id), keys::invoice(account, id), keys::plan(account, id)];
    let batch = Batch::read(context, invoices.iter().flat_map(own).collect()).await?;
    let mut due = Vec::new();
    for [climb, invoice, plan] in invoices.iter().map(own) {
        let (Some(mut climb), Some(invoice)) = (batch.get::<Climb>(&climb)?, batch.of::<Invoice>(&invoice)?) else {
            continue;
        };
        let mut plan = batch.get::<Plan>(&plan)?;
        plan.iter_mut().for_each(|plan| plan.heed(head));
        let stage = records::stage_to_ask(context, head, &invoice).await?;
        let wake_at = climb.way.next_wake();
        // Each waits for another letter, and this is that one.
        climb.way.waits_no_longer();
        let ground = Ground { beside: None, ..scene.ground(&invoice, plan.as_ref(), stage) };
        if let Some(step) = scene.letter_due(&climb, &ground) {
            due.push(Other { invoice, rung: step.number, wake_at });
        }
    }
    Ok((due, batch))
}

/// The account's other invoices whose next rung has come, those that came first in front.
async fn come(
    context: &Context,
    account: &AccountId,
    own: &str,
    now: Timestamp,
    most: usize,
) -> Result<Vec<String>, Fault> {
    // Its own stands among them.
    let of_each = u32::try_from(most + 1).unwrap_or(u32::MAX / u32::from(keys::LIST_SHARDS));
    let list = keys::lists::climbing(account);
    let mut places = Vec::new();
    let add = |place: &str| places.push(place.to_owned());
    store::walk(context, &list, None, of_each * u32::from(keys::LIST_SHARDS), add).await?;
    places.sort_unstable();
    let come = places.iter().filter_map(|place| keys::lists::has_come(place, now));
    Ok(come.filter(|invoice| *invoice != own).map(str::to_owned).take(most).collect())
}
