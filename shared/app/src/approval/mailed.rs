//! Makes the link that somebody is mailed, to decide a request.

use crate::context::Context;
use crate::door::token;
use crate::fault::Fault;
use crate::ports::CommitError;
use crate::store::{self, Commit, Link, keys};
use domain::action::Action;
use domain::id::sha256;
use domain::staff::Staff;

/// Makes somebody's link to a request; the same request and person have the same link until it expires.
pub async fn make(context: &Context, action: &Action, staff: &Staff) -> Result<String, Fault> {
    let secret = context.vault.tokens().await?;
    let expires = action.expires_at.as_second().to_string();
    let token = token::derived(&secret, &["link", action.id.as_str(), &action.preview.digest, &staff.id, &expires]);
    let link = Link {
        hash: sha256(token.as_bytes()),
        action: action.id.clone(),
        digest: action.preview.digest.clone(),
        staff: staff.id.clone(),
        expires_at: action.expires_at,
        used_at: None,
        code: None,
    };
    if store::read::<Link>(context, &keys::link(&link.hash)).await?.is_none() {
        let mut commit = Commit::default();
        commit.create(&link);
        match commit.run(context).await {
            // Whoever was quicker wrote the same.
            Ok(()) | Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Ok(format!("{}/approvals#{token}", context.settings.base_url))
}
