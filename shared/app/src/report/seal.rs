//! Seals the ledgers: where each stands that has grown, signed, and kept where nothing is written over.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::{self, keys::lists};
use domain::ledger::LedgerHead;
use domain::ledger::seal::Seal;
use jiff::Timestamp;

/// How many ledgers are read at once.
const AT_ONCE: u32 = 500;

/// The last seal of all.
pub async fn last(context: &Context) -> Result<Option<Seal>, Fault> {
    let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes);
    let last = context.seals.last().await?.map(read).transpose();
    last.map_err(|error| Fault::Park(format!("the last seal cannot be read: {error}")))
}

/// Makes the next seal. Whoever is quicker at its number made one as good.
pub(super) async fn next(context: &Context) -> Result<(), Fault> {
    // Read. What is written from here on is in the next seal at the latest.
    let at = context.clock.now();
    let last = last(context).await?;
    let grown = grown(context, last.as_ref().map(Seal::shows_until)).await?;

    // Decide.
    let mut seal = Seal::after(last.as_ref(), at, grown);

    // Write.
    seal.signature = context.signer.sign(&seal.hash()).await?;
    context.seals.keep(seal.number, &serde_json::to_vec(&seal).map_err(Fault::park)?).await
}

/// The ledgers that were written to since then, or earlier in the same hour; without a time, all.
async fn grown(context: &Context, since: Option<Timestamp>) -> Result<Vec<LedgerHead>, Fault> {
    let (mut grown, mut after) = (Vec::new(), since.map(lists::grown));
    loop {
        let page = store::page::<LedgerHead>(context, lists::LEDGERS, after, AT_ONCE, Order::Ascending).await?;
        grown.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(grown),
        }
    }
}
