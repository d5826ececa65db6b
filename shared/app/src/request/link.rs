//! The link by which whoever filled in the form shows that the address is theirs. Its token is computed and nowhere stored.

use crate::context::Context;
use crate::door::token;
use crate::fault::Fault;
use crate::store::{self, keys};
use domain::id::sha256;
use domain::ticket::Requested;
use providers::Secret;
use subtle::ConstantTimeEq;

/// 128 bits in hexadecimal: nobody guesses them.
const TOKEN_CHARS: usize = 32;

/// What somebody has opened, and the token as it was made.
pub(super) struct Opened {
    pub requested: Requested,
    pub token: String,
}

/// The secret that links are made with today.
pub(super) async fn newest(context: &Context) -> Result<Secret, Fault> {
    let secrets = context.vault.links().await?;
    secrets.into_iter().next().ok_or_else(|| Fault::Park("there is no secret that links are made with".to_owned()))
}

pub(super) fn made(secret: &Secret, id: &str) -> String {
    token::derived(secret, &["request", id])[..TOKEN_CHARS].to_owned()
}

/// What a token opens: nothing, if it was made up, cut off, or made with a secret that is gone.
pub(super) async fn opened(context: &Context, token: &str) -> Result<Option<Opened>, Fault> {
    let Some(token) = read(token) else { return Ok(None) };
    let Some(requested) = store::read::<Requested>(context, &keys::requested(&sha256(token.as_bytes()))).await? else {
        return Ok(None);
    };
    let secrets = context.vault.links().await?;
    let is_ours = secrets.iter().any(|secret| opens(secret, &requested.id, &token));
    Ok(is_ours.then_some(Opened { requested, token }))
}

/// The address of what is asked for, with the secret that it was made with.
pub(super) async fn address(context: &Context, requested: &Requested) -> Result<String, Fault> {
    let secrets = context.vault.links().await?;
    let mut tokens = secrets.iter().map(|secret| made(secret, &requested.id));
    let token = tokens.find(|token| sha256(token.as_bytes()) == requested.hash);
    let gone = || Fault::Park("the secret is gone that the link of a request was made with".to_owned());
    Ok(format!("{}/request/confirm/{}", context.settings.base_url, token.ok_or_else(gone)?))
}

fn opens(secret: &Secret, id: &str, token: &str) -> bool {
    made(secret, id).as_bytes().ct_eq(token.as_bytes()).into()
}

/// A token as it was made: in capitals, or with what a message had behind it, it is the same one.
fn read(token: &str) -> Option<String> {
    let token = token.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric()).to_ascii_lowercase();
    let is_token = token.len() == TOKEN_CHARS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_token.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_request_and_one_secret_and_of_no_debt() {
        let secret = Secret::new("s");
        let token = made(&secret, "id");
        assert_eq!(token.len(), TOKEN_CHARS);
        assert!(opens(&secret, "id", &token) && !opens(&secret, "other", &token));
        assert!(!opens(&Secret::new("rotated"), "id", &token));
        assert_ne!(token, token::derived(&secret, &["pay", "id"])[..TOKEN_CHARS]);
    }

    #[test]
    fn a_token_is_read_as_people_and_their_programs_send_it() {
        let token = "0123456789abcdef0123456789abcdef";
        for (given, expected) in [
            (token.to_uppercase(), Some(token)),
            (format!("{token}>)."), Some(token)),
            (token[..31].to_owned(), None),
            (format!("{token}0"), None),
            (format!("é{}", &token[2..]), None),
            (String::new(), None),
        ] {
            assert_eq!(read(&given).as_deref(), expected, "{given}");
        }
    }
}
