//! A link to give another card: whose it is, and that nobody can make one up. It is the same for as long as there is the
//! account, and leads to where messages are declined as well.

use crate::context::Context;
use crate::door::token;
use crate::dunning::pay::link::{TOKEN_CHARS, read};
use crate::fault::Fault;
use crate::store::{self, CardLink, keys};
use domain::id::{AccountId, sha256};
use providers::Secret;
use subtle::ConstantTimeEq;

/// A link as it stands in a message, and what must be stored before it is sent.
pub struct Made {
    pub address: String,
    /// Where its reader says that they want to hear no more of it.
    pub unsubscribe: String,
    pub kept: CardLink,
}

/// The link of an account.
pub async fn to(context: &Context, account: &AccountId) -> Result<Made, Fault> {
    let secrets = context.vault.links().await?;
    let nothing = || Fault::Park("there is no secret that links are made with".to_owned());
    let token = made(secrets.first().ok_or_else(nothing)?, account);
    let base = &context.settings.base_url;
    let (address, unsubscribe) = (format!("{base}/card/{token}"), format!("{base}/messages/{token}"));
    Ok(Made { address, unsubscribe, kept: CardLink { hash: sha256(token.as_bytes()), account: account.clone() } })
}

/// What a token opens, and the token as it was made: nothing, if it was made up, cut off, or made with a secret that is gone.
pub(super) async fn opened(context: &Context, token: &str) -> Result<Option<(CardLink, String)>, Fault> {
    let Some((link, token)) = named(context, token).await? else { return Ok(None) };
    let secrets = context.vault.links().await?;
    let opens = |secret: &Secret| bool::from(made(secret, &link.account).as_bytes().ct_eq(token.as_bytes()));
    Ok(secrets.iter().any(opens).then_some((link, token)))
}

/// The same for whoever has no secret of links. Nobody finds a token by the hash of another one, and what somebody wants no
/// more of holds when the secret has been changed.
pub(super) async fn named(context: &Context, token: &str) -> Result<Option<(CardLink, String)>, Fault> {
    let Some(token) = read(token) else { return Ok(None) };
    let link = store::read::<CardLink>(context, &keys::card_link(&sha256(token.as_bytes()))).await?;
    Ok(link.map(|link| (link, token)))
}

fn made(secret: &Secret, account: &AccountId) -> String {
    token::derived(secret, &["card", account.as_str()])[..TOKEN_CHARS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_account_and_one_secret_and_pays_nothing() {
        let (secret, account) = (Secret::new("s"), AccountId::of("stripe", "default", "cus_1"));
        let token = made(&secret, &account);
        assert_eq!((token.len(), &token), (TOKEN_CHARS, &made(&secret, &account)));
        for (name, other) in [
            ("another account", made(&secret, &AccountId::of("stripe", "default", "cus_2"))),
            ("another source", made(&secret, &AccountId::of("stripe", "eu", "cus_1"))),
            ("another secret", made(&Secret::new("t"), &account)),
            ("a link to pay", token::derived(&secret, &["pay", account.as_str(), ""])[..TOKEN_CHARS].to_owned()),
        ] {
            assert_ne!(token, other, "{name}");
        }
    }
}
