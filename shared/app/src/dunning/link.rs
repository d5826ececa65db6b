//! The links that customers are sent: each opens one thing, and nobody can make one up.
//!
//! Its token is computed from what it opens, so that whatever says the same of the same leads to the same page.
//! Changing the secret is what ends all of them.

use crate::context::Context;
use crate::door::token;
use crate::fault::Fault;
use crate::ports::{CommitError, Key};
use crate::store::{self, Commit, Stored};
use domain::id::sha256;
use providers::Secret;
use subtle::ConstantTimeEq;

/// 128 bits in hexadecimal: nobody guesses them, and an SMS has room for them.
const TOKEN_CHARS: usize = 32;

/// What a link of one kind opens, as it is stored: by the hash of its token, which itself is nowhere.
pub trait Opens: Stored {
    /// How its path begins, which no other kind's does: a token of one kind opens nothing of another.
    const KIND: &'static str;

    /// Where it is stored.
    fn stored_at(hash: &str) -> Key;
    /// What tells it from all others of its kind.
    fn parts(&self) -> Vec<String>;
    /// The same, found by that hash.
    fn found_by(self, hash: String) -> Self;
}

/// A link as it stands in a message, and what must be stored before it is sent.
pub struct Made<T> {
    pub address: String,
    pub kept: T,
}

/// The link that opens it.
pub async fn to<T: Opens>(context: &Context, opens: T) -> Result<Made<T>, Fault> {
    let secrets = context.vault.links().await?;
    let nothing = || Fault::Park("there is no secret that links are made with".to_owned());
    let token = derived(secrets.first().ok_or_else(nothing)?, &opens);
    let address = format!("{}/{}/{token}", context.settings.base_url, T::KIND);
    Ok(Made { address, kept: opens.found_by(sha256(token.as_bytes())) })
}

/// Stores it for whoever commits nothing of their own with it, and says where it leads.
pub async fn stored<T: Opens>(context: &Context, made: Made<T>) -> Result<String, Fault> {
    if store::read::<T>(context, &made.kept.key()).await?.is_none() {
        let mut commit = Commit::default();
        commit.create(&made.kept);
        match commit.run(context).await {
            // Whoever was quicker wrote the same.
            Ok(()) | Err(CommitError::Conflict(_)) => {}
            Err(CommitError::Fault(fault)) => return Err(fault),
        }
    }
    Ok(made.address)
}

/// What a token opens, and the token as it was made: nothing, if it was made up, cut off, or made with a secret that is
/// gone.
pub async fn opened<T: Opens>(context: &Context, token: &str) -> Result<Option<(T, String)>, Fault> {
    let Some((link, token)) = named::<T>(context, token).await? else { return Ok(None) };
    let secrets = context.vault.links().await?;
    Ok(secrets.iter().any(|secret| opens(secret, &link, &token)).then_some((link, token)))
}

/// The same for whoever has no secret of links: nobody finds a token by the hash of another one.
pub async fn named<T: Opens>(context: &Context, token: &str) -> Result<Option<(T, String)>, Fault> {
    let Some(token) = read(token) else { return Ok(None) };
    let link = store::read::<T>(context, &T::stored_at(&sha256(token.as_bytes()))).await?;
    Ok(link.map(|link| (link, token)))
}

/// A token as it was made: in capitals, or with what a message had behind it, it is the same one.
fn read(token: &str) -> Option<String> {
    let token = token.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric()).to_ascii_lowercase();
    let is_token = token.len() == TOKEN_CHARS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_token.then_some(token)
}

fn opens<T: Opens>(secret: &Secret, link: &T, token: &str) -> bool {
    derived(secret, link).as_bytes().ct_eq(token.as_bytes()).into()
}

fn derived<T: Opens>(secret: &Secret, opens: &T) -> String {
    let parts = opens.parts();
    let parts: Vec<&str> = [T::KIND].into_iter().chain(parts.iter().map(String::as_str)).collect();
    token::derived(secret, &parts)[..TOKEN_CHARS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{CardLink, DocumentLink, MessagesLink, PayLink};
    use domain::debt::Document;
    use domain::id::AccountId;

    fn account(customer: &str) -> AccountId {
        AccountId::of("stripe", "default", customer)
    }

    fn pays(account: AccountId, invoice: &str) -> PayLink {
        PayLink { hash: String::new(), account, invoice: invoice.to_owned() }
    }

    fn card(account: AccountId, expires_on: &str) -> CardLink {
        CardLink { hash: String::new(), account, expires_on: expires_on.parse().unwrap() }
    }

    fn shows(account: AccountId, document: Document, expires_on: &str) -> DocumentLink {
        let (hash, invoice, expires_on) = (String::new(), "in_1".to_owned(), expires_on.parse().unwrap());
        DocumentLink { hash, account, invoice, document, expires_on }
    }

    fn messages(account: AccountId) -> MessagesLink {
        MessagesLink { hash: String::new(), account }
    }

    #[test]
    fn a_token_is_of_one_thing_of_one_account_and_one_secret() {
        let (secret, other) = (Secret::new("s"), Secret::new("t"));
        let (one, two) = (account("cus_1"), account("cus_2"));
        let elsewhere = AccountId::of("stripe", "eu", "cus_1");
        let tokens = [
            ("to pay", derived(&secret, &pays(one.clone(), "in_1"))),
            ("another account", derived(&secret, &pays(two.clone(), "in_1"))),
            ("another source", derived(&secret, &pays(elsewhere, "in_1"))),
            ("another invoice", derived(&secret, &pays(one.clone(), "in_2"))),
            ("another secret", derived(&other, &pays(one.clone(), "in_1"))),
            ("to give a card", derived(&secret, &card(one.clone(), "2026-05-01"))),
            ("until another day", derived(&secret, &card(one.clone(), "2026-05-02"))),
            ("of another account", derived(&secret, &card(two.clone(), "2026-05-01"))),
            ("a document", derived(&secret, &shows(one.clone(), Document::Invoice, "2026-05-01"))),
            ("another document", derived(&secret, &shows(one.clone(), Document::ForTaxes, "2026-05-01"))),
            ("a document until another day", derived(&secret, &shows(one.clone(), Document::Invoice, "2026-05-02"))),
            ("a document of another account", derived(&secret, &shows(two.clone(), Document::Invoice, "2026-05-01"))),
            ("of messages", derived(&secret, &messages(one.clone()))),
            ("of another one's", derived(&secret, &messages(two))),
        ];
        for (place, (name, token)) in tokens.iter().enumerate() {
            assert_eq!(token.len(), TOKEN_CHARS, "{name}");
            assert!(!token.contains("cus_1") && !token.contains("in_1"), "{name}");
            let twin = tokens[..place].iter().find(|(_, other)| other == token);
            assert!(twin.is_none(), "{name} opens what {twin:?} does");
        }
        assert_eq!(tokens[0].1, derived(&secret, &pays(one, "in_1")), "each message has the same");
    }

    #[test]
    fn a_token_that_was_touched_opens_nothing() {
        let secret = Secret::new("s");
        let link = pays(account("cus_1"), "in_1");
        let token = derived(&secret, &link);
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
