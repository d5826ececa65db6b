//! The companies of ours that sell, as people keep them, and through which sources each of them does.

use super::{DocumentPolicy, Issuer, LegalEntity, NotNumbered};
use crate::id::sha256;
use crate::ledger::Note;
use crate::policy::stored_bytes;
use crate::staff::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// All of them are one item.
const ENTITIES_MAX: usize = 12;
const ENTITY_BYTES_MAX: usize = 7_500;
/// It stands in a key.
const ID_CHARS_MAX: usize = 40;

/// Those that there are; none at first, and then every invoice is the provider's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entities {
    pub all: Vec<KeptEntity>,
}

/// One of them, through which sources it sells, and who said so last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptEntity {
    pub entity: LegalEntity,
    /// As `provider/source`.
    pub sources: Vec<String>,
    pub by: String,
    pub at: Timestamp,
}

/// One as it is to be from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityWish {
    pub entity: LegalEntity,
    #[serde(default)]
    pub sources: Vec<String>,
}

/// What a change is judged by beside the entities themselves.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    pub policy: &'a DocumentPolicy,
    /// Providers that sell in their own name.
    pub merchants: &'a [String],
    /// Its series has begun.
    pub has_documents: bool,
    pub now: Timestamp,
}

/// Why nothing is changed. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    #[error("only a VP may say which company sells, and who makes its invoices")]
    Role,
    #[error("there is no legal entity `{0}`")]
    Unknown(String),
    #[error("an `id` has 1 to {ID_CHARS_MAX} letters, digits, hyphens and underscores")]
    NoId,
    #[error("{0}")]
    Unsound(String),
    #[error("this is more than is kept of one entity: write shorter, or name fewer sources and rates")]
    TooLarge,
    #[error("there are {ENTITIES_MAX} legal entities already; remove one that has no documents")]
    TooMany,
    #[error("documents are numbered with `{0}` already, and stay so; another prefix is another legal entity")]
    Numbered(String),
    #[error("`{0}` begins the numbers of `{1}` already: a number would be given twice")]
    PrefixTaken(String, String),
    #[error("`{0}` sells for `{1}` already: a source belongs to one legal entity")]
    SourceTaken(String, String),
    #[error("`{0}` is named twice")]
    SourceTwice(String),
    #[error("`{0}`: {1}; leave its `issuer` with the provider, or take the source out")]
    Sold(String, NotNumbered),
    #[error("`{0}` has documents, which name it: it stays")]
    HasDocuments(String),
}

impl Entities {
    /// The one that sells through a source, where that was said.
    pub fn of_source(&self, provider: &str, source: &str) -> Option<&LegalEntity> {
        let name = format!("{provider}/{source}");
        self.all.iter().find(|kept| kept.sources.contains(&name)).map(|kept| &kept.entity)
    }

    /// One by its id.
    pub fn get(&self, id: &str) -> Option<&KeptEntity> {
        self.all.iter().find(|kept| kept.entity.id == id)
    }

    /// Adds one, or changes it, and says what is written down for good.
    pub fn keep(&mut self, wish: &EntityWish, by: &Staff, beside: Beside<'_>) -> Result<Note, NotKept> {
        may_change(by)?;
        let (id, before) = (&wish.entity.id, self.get(&wish.entity.id).cloned());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=ID_CHARS_MAX).contains(&id.len()) || !id.bytes().all(is_plain) {
            return Err(NotKept::NoId);
        }
        wish.entity.check(beside.policy).map_err(NotKept::unsound)?;
        if stored_bytes(wish) > ENTITY_BYTES_MAX {
            return Err(NotKept::TooLarge);
        }
        if before.is_none() && self.all.len() >= ENTITIES_MAX {
            return Err(NotKept::TooMany);
        }
        let old_prefix = before.as_ref().map(|kept| kept.entity.prefix.clone());
        if let Some(old) = old_prefix.filter(|old| beside.has_documents && *old != wish.entity.prefix) {
            return Err(NotKept::Numbered(old));
        }
        self.is_apart(wish, beside.merchants)?;
        let kept = KeptEntity {
            entity: wish.entity.clone(),
            sources: wish.sources.clone(),
            by: by.id.clone(),
            at: beside.now,
        };
        let word = if before.is_some() { "changed" } else { "added" };
        let note = note(&kept, word);
        self.all.retain(|other| other.entity.id != *id);
        self.all.push(kept);
        self.all.sort_by(|one, other| one.entity.id.cmp(&other.entity.id));
        Ok(note)
    }

    /// Takes one away that has no documents.
    pub fn remove(&mut self, id: &str, by: &Staff, beside: Beside<'_>) -> Result<Note, NotKept> {
        may_change(by)?;
        let kept = self.get(id).cloned().ok_or_else(|| NotKept::Unknown(id.to_owned()))?;
        if beside.has_documents {
            return Err(NotKept::HasDocuments(id.to_owned()));
        }
        self.all.retain(|other| other.entity.id != id);
        Ok(note(&KeptEntity { by: by.id.clone(), at: beside.now, ..kept }, "removed"))
    }

    /// No prefix and no source is another entity's, and nobody else sells through what Recoup makes invoices for.
    fn is_apart(&self, wish: &EntityWish, merchants: &[String]) -> Result<(), NotKept> {
        let others = || self.all.iter().filter(move |kept| kept.entity.id != wish.entity.id);
        let is_taken = |kept: &&KeptEntity| !wish.entity.prefix.is_empty() && kept.entity.prefix == wish.entity.prefix;
        if let Some(other) = others().find(is_taken) {
            return Err(NotKept::PrefixTaken(wish.entity.prefix.clone(), other.entity.id.clone()));
        }
        for (place, name) in wish.sources.iter().enumerate() {
            if wish.sources[..place].contains(name) {
                return Err(NotKept::SourceTwice(name.clone()));
            }
            if let Some(other) = others().find(|kept| kept.sources.contains(name)) {
                return Err(NotKept::SourceTaken(name.clone(), other.entity.id.clone()));
            }
            let provider = name.split('/').next().unwrap_or_default();
            let is_sold = merchants.iter().any(|merchant| merchant == provider);
            if wish.entity.issuer == Issuer::Recoup
                && let Err(why) = wish.entity.series(is_sold)
            {
                return Err(NotKept::Sold(name.clone(), why));
            }
        }
        Ok(())
    }
}

impl NotKept {
    fn unsound(why: impl std::fmt::Display) -> Self {
        Self::Unsound(why.to_string())
    }
}

fn may_change(by: &Staff) -> Result<(), NotKept> {
    if by.role == Role::Vp { Ok(()) } else { Err(NotKept::Role) }
}

/// Names and addresses stand there as their digest.
fn note(kept: &KeptEntity, word: &str) -> Note {
    let issuer = match kept.entity.issuer {
        Issuer::Provider => "provider",
        Issuer::Recoup => "recoup",
    };
    let whole = serde_json::to_vec(&kept.entity).expect("an entity is plain data");
    let body = [
        ("what", "entity".to_owned()),
        ("entity", kept.entity.id.clone()),
        ("word", word.to_owned()),
        ("issuer", issuer.to_owned()),
        ("prefix", kept.entity.prefix.clone()),
        ("sources", kept.sources.join(" ")),
        ("digest", sha256(&whole)),
    ];
    Note::of_setup(kept.at, &kept.by, body)
}

#[cfg(test)]
mod tests;
