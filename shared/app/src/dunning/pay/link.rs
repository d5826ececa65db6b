//! A link to pay: which invoice it opens, and that nobody can make one up.
//!
//! Its token is computed from account and invoice, so that every message about an invoice has the same one, for as long as
//! there is anything to pay. Changing the secret is what ends it.

use super::fresh;
use crate::context::Context;
use crate::door::token;
use crate::fault::Fault;
use crate::ports::CommitError;
use crate::store::{self, Commit, PayLink, keys};
use domain::book::{Head, Invoice};
use domain::id::{AccountId, sha256};
use providers::Secret;
use subtle::ConstantTimeEq;

/// 128 bits in hexadecimal: nobody guesses them, and an SMS has room for them.
pub(in crate::dunning) const TOKEN_CHARS: usize = 32;

/// A link as it stands in a message, and what must be stored before it is sent.
pub struct Made {
    pub address: String,
    pub kept: PayLink,
}

/// The link to an invoice.
pub async fn to(context: &Context, account: &AccountId, invoice: &str) -> Result<Made, Fault> {
    let secrets = context.vault.links().await?;
    let nothing = || Fault::Park("there is no secret that links to pay are made with".to_owned());
    let token = made(secrets.first().ok_or_else(nothing)?, account, invoice);
    let hash = sha256(token.as_bytes());
    let address = format!("{}/pay/{token}", context.settings.base_url);
    Ok(Made { address, kept: PayLink { hash, account: account.clone(), invoice: invoice.to_owned() } })
}

/// The same for whoever may pay by other means: nothing, where the provider has no page for the invoice.
pub async fn where_payable(context: &Context, head: &Head, invoice: &Invoice) -> Result<Option<Made>, Fault> {
    if !fresh::is_there(context, head, invoice) {
        return Ok(None);
    }
    to(context, &head.account, &invoice.id).await.map(Some)
}

/// The same, stored, for whoever commits nothing of their own with it.
pub async fn stored(context: &Context, account: &AccountId, invoice: &str) -> Result<String, Fault> {
    let link = to(context, account, invoice).await?;
    if store::read::<PayLink>(context, &keys::pay_link(&link.kept.hash)).await?.is_none() {
        let mut commit = Commit::default();
        commit.create(&link.kept);
        match commit.run(context).await {
            // Whoever was quicker wrote the same.
            Ok(()) | Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Ok(link.address)
}

/// A link that somebody has opened, and its token as it was made.
pub(super) struct Opened {
    pub link: PayLink,
    pub token: String,
}

/// What a token opens: nothing, if it was made up, cut off, or made with a secret that is gone.
pub(super) async fn opened(context: &Context, token: &str) -> Result<Option<Opened>, Fault> {
    let Some(token) = read(token) else { return Ok(None) };
    let Some(link) = store::read::<PayLink>(context, &keys::pay_link(&sha256(token.as_bytes()))).await? else {
        return Ok(None);
    };
    let secrets = context.vault.links().await?;
    Ok(secrets.iter().any(|secret| opens(secret, &link, &token)).then_some(Opened { link, token }))
}

/// A token as it was made: in capitals, or with what a message had behind it, it is the same one.
pub(in crate::dunning) fn read(token: &str) -> Option<String> {
    let token = token.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric()).to_ascii_lowercase();
    let is_token = token.len() == TOKEN_CHARS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_token.then_some(token)
}

fn opens(secret: &Secret, link: &PayLink, token: &str) -> bool {
    made(secret, &link.account, &link.invoice).as_bytes().ct_eq(token.as_bytes()).into()
}

fn made(secret: &Secret, account: &AccountId, invoice: &str) -> String {
    token::derived(secret, &["pay", account.as_str(), invoice])[..TOKEN_CHARS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(customer: &str) -> AccountId {
        AccountId::of("stripe", "default", customer)
    }

    #[test]
    fn a_token_is_of_one_invoice_of_one_account_and_one_secret() {
        let secret = Secret::new("s");
        let token = made(&secret, &account("cus_1"), "in_1");
        assert_eq!(token.len(), TOKEN_CHARS);
        assert_eq!(token, made(&secret, &account("cus_1"), "in_1"), "each message has the same");
        let elsewhere = AccountId::of("stripe", "eu", "cus_1");
        for (name, other) in [
            ("another account", made(&secret, &account("cus_2"), "in_1")),
            ("another source", made(&secret, &elsewhere, "in_1")),
            ("another invoice", made(&secret, &account("cus_1"), "in_2")),
            ("another secret", made(&Secret::new("t"), &account("cus_1"), "in_1")),
        ] {
            assert_ne!(token, other, "{name}");
        }
        assert!(!token.contains("cus_1") && !token.contains("in_1"));
    }

    #[test]
    fn a_token_that_was_touched_opens_nothing() {
        let secret = Secret::new("s");
        let token = made(&secret, &account("cus_1"), "in_1");
        let link = PayLink { hash: sha256(token.as_bytes()), account: account("cus_1"), invoice: "in_1".to_owned() };
        assert!(opens(&secret, &link, &token));
        assert!(!opens(&Secret::new("rotated"), &link, &token));
        for place in 0..token.len() {
            let mut touched = token.clone().into_bytes();
            touched[place] = if touched[place] == b'0' { b'1' } else { b'0' };
            assert!(!opens(&secret, &link, &String::from_utf8(touched).unwrap()), "byte {place}");
        }
    }

    #[test]
    fn a_token_is_read_as_people_and_their_programs_send_it() {
        let token = "0123456789abcdef0123456789abcdef";
        for (given, expected) in [
            (token.to_owned(), Some(token)),
            (token.to_uppercase(), Some(token)),
            (format!("{token}."), Some(token)),
            (format!("{token}>),"), Some(token)),
            (token[..31].to_owned(), None),
            (format!("{token}0"), None),
            (format!("g{}", &token[1..]), None),
            (format!("é{}", &token[2..]), None),
            (String::new(), None),
        ] {
            assert_eq!(read(&given).as_deref(), expected, "{given}");
        }
    }
}
