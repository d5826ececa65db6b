//! Signs where a ledger stands, and keeps that in the archive: tables can be rewritten by whoever may write tables.

use crate::context::Context;
use crate::door::token;
use crate::fault::Fault;
use crate::store::{self, keys};
use domain::id::AccountId;
use domain::ledger::{LedgerHead, Seal};
use providers::Secret;
use subtle::ConstantTimeEq;

fn name(account: &AccountId) -> String {
    format!("seals/{account}.json")
}

fn signature(secret: &Secret, seal: &Seal) -> String {
    let parts = seal.parts();
    let parts: Vec<&str> = std::iter::once("seal").chain(parts.iter().map(String::as_str)).collect();
    token::derived(secret, &parts)
}

/// Whether a seal is one of ours, as it was made.
pub fn is_good(secret: &Secret, seal: &Seal) -> bool {
    bool::from(signature(secret, seal).as_bytes().ct_eq(seal.signature.as_bytes()))
}

/// The last seal of an account; nothing before its first action has ended.
pub async fn last(context: &Context, account: &AccountId) -> Result<Option<Seal>, Fault> {
    match context.archive.take(&name(account)).await {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| Fault::Park(format!("a seal cannot be read: {error}"))),
        Err(Fault::Park(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Seals an account's ledger as it stands. A longer seal is never written over.
pub async fn seal(context: &Context, account: &AccountId) -> Result<(), Fault> {
    let Some(head) = store::read::<LedgerHead>(context, &keys::ledger_head(account)).await? else { return Ok(()) };
    if last(context, account).await?.is_some_and(|standing| standing.length >= head.length) {
        return Ok(());
    }
    let (secret, at) = (context.vault.tokens().await?, context.clock.now());
    let mut seal =
        Seal { account: account.clone(), length: head.length, hash: head.hash, at, signature: String::new() };
    seal.signature = signature(&secret, &seal);
    context.archive.put(&name(account), &serde_json::to_vec(&seal).map_err(Fault::park)?).await
}
