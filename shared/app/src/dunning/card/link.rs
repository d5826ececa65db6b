//! What a letter about a card leads to: where another card is given, for some days, and where its reader says that they want to hear
//! no more of it, for ever. Whoever is shown the one cannot open the other: programs that read mail call the second by themselves.

use crate::context::Context;
use crate::dunning::link::{self, Made, Opens};
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::{CardLink, MessagesLink, keys};
use domain::id::AccountId;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

impl Opens for CardLink {
    const KIND: &'static str = "card";

    fn stored_at(hash: &str) -> Key {
        keys::card_link(hash)
    }

    fn parts(&self) -> Vec<String> {
        vec![self.account.to_string(), self.expires_on.to_string()]
    }

    fn found_by(self, hash: String) -> Self {
        Self { hash, ..self }
    }
}

impl Opens for MessagesLink {
    const KIND: &'static str = "messages";

    fn stored_at(hash: &str) -> Key {
        keys::messages_link(hash)
    }

    fn parts(&self) -> Vec<String> {
        vec![self.account.to_string()]
    }

    fn found_by(self, hash: String) -> Self {
        Self { hash, ..self }
    }
}

/// The links of a letter.
pub struct Links {
    /// Where another card is given.
    pub card: Made<CardLink>,
    /// Where its reader says that they want to hear no more of it.
    pub messages: Made<MessagesLink>,
}

/// The links of a letter that leaves now.
pub async fn to(context: &Context, account: &AccountId) -> Result<Links, Fault> {
    let days = *context.policies.notices.current().link_days.get_ref();
    let expires_on = day(context.clock.now() + SignedDuration::from_hours(24 * days));
    let card = CardLink { hash: String::new(), account: account.clone(), expires_on };
    let messages = MessagesLink { hash: String::new(), account: account.clone() };
    Ok(Links { card: link::to(context, card).await?, messages: link::to(context, messages).await? })
}

/// Whose card is given behind a token, and the token as it was made: nothing, where its days are over.
pub(super) async fn opened(context: &Context, token: &str) -> Result<Option<(CardLink, String)>, Fault> {
    let today = day(context.clock.now());
    Ok(link::opened::<CardLink>(context, token).await?.filter(|(link, _)| today <= link.expires_on))
}

/// Whose messages are meant by a token. What somebody wants no more of holds when the secret of links has been changed, and whoever
/// writes that down has none.
pub(super) async fn wished(context: &Context, token: &str) -> Result<Option<(MessagesLink, String)>, Fault> {
    link::named(context, token).await
}

fn day(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned(TimeZone::UTC).date()
}
