//! Who may keep legal entities, and what two of them may not share.

use super::*;
use crate::ledger::Step;
use crate::policies::Policies;
use serde_json::{Value, from_value, json};
use std::sync::LazyLock;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());

fn by(role: Role) -> Staff {
    let (id, name, email) = ("vera".to_owned(), "Vera".to_owned(), String::new());
    Staff { id, name, role, email, slack: None, languages: Vec::new() }
}

fn beside(merchants: &[String], has_documents: bool) -> Beside<'_> {
    Beside { policy: POLICIES.documents.current(), merchants, has_documents, now: Timestamp::UNIX_EPOCH }
}

fn wish(id: &str, prefix: &str, sources: &[&str]) -> EntityWish {
    let party = json!({"name": "Juniper GmbH", "street": ["Hauptstr. 1"], "city": "Berlin", "post_code": "10115",
        "country": "DE", "tax_id": "DE123456789"});
    let entity = json!({"id": id, "issuer": "recoup", "prefix": prefix, "party": party, "currency": "EUR",
        "rates": [{"percent": "19"}]});
    from_value(json!({"entity": entity, "sources": sources})).unwrap()
}

#[test]
fn a_vp_keeps_them_and_each_word_is_an_entry() {
    let (mut entities, none) = (Entities::default(), Vec::new());
    let de = wish("de", "R-2026-", &["shop/default"]);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Vp) {
        assert_eq!(entities.keep(&de, &by(role), beside(&none, false)).unwrap_err(), NotKept::Role);
    }
    for word in ["added", "changed"] {
        let note = entities.keep(&de, &by(Role::Vp), beside(&none, false)).unwrap();
        assert_eq!((note.step, note.by.as_str(), note.body["word"].as_str()), (Step::Setup, "vera", word));
        assert_eq!((note.body["issuer"].as_str(), note.body["sources"].as_str()), ("recoup", "shop/default"));
        let written = note.body.values().cloned().collect::<String>();
        assert!(!written.contains("Juniper") && !written.contains("Hauptstr"), "{written}");
    }
    assert_eq!(entities.all.len(), 1);
    assert_eq!(entities.of_source("shop", "default").map(|entity| entity.id.as_str()), Some("de"));
    assert_eq!(entities.of_source("shop", "other"), None);
    assert_eq!(entities.remove("de", &by(Role::Manager), beside(&none, false)).unwrap_err(), NotKept::Role);
    let note = entities.remove("de", &by(Role::Vp), beside(&none, false)).unwrap();
    assert_eq!((note.body["word"].as_str(), entities.all.len()), ("removed", 0));
    let gone = entities.remove("de", &by(Role::Vp), beside(&none, false)).unwrap_err();
    assert_eq!(gone, NotKept::Unknown("de".to_owned()));
}

#[test]
fn two_share_neither_a_prefix_nor_a_source_and_nobody_else_sells_for_one() {
    let merchants = vec!["store".to_owned()];
    let mut entities = Entities::default();
    entities.keep(&wish("de", "R-", &["shop/default"]), &by(Role::Vp), beside(&merchants, false)).unwrap();
    let before = entities.clone();
    let own = |text: &str| text.to_owned();
    let mut provider = wish("se", "S-", &["store/default"]);
    provider.entity.issuer = Issuer::Provider;
    for (name, wish, expected) in [
        ("no id", wish("", "A-", &[]), NotKept::NoId),
        ("an id that a key cannot hold", wish("a#b", "A-", &[]), NotKept::NoId),
        ("its prefix", wish("fr", "R-", &[]), NotKept::PrefixTaken(own("R-"), own("de"))),
        ("its source", wish("fr", "F-", &["shop/default"]), NotKept::SourceTaken(own("shop/default"), own("de"))),
        ("twice", wish("fr", "F-", &["shop/eu", "shop/eu"]), NotKept::SourceTwice(own("shop/eu"))),
        ("sold", wish("se", "S-", &["store/default"]), NotKept::Sold(own("store/default"), NotNumbered::Sold)),
    ] {
        assert_eq!(entities.keep(&wish, &by(Role::Vp), beside(&merchants, false)).unwrap_err(), expected, "{name}");
        assert_eq!(entities, before, "{name}: what is refused changes nothing");
    }
    assert!(entities.keep(&provider, &by(Role::Vp), beside(&merchants, false)).is_ok(), "its invoices are not ours");
}

#[test]
fn what_numbers_were_given_for_stays() {
    let (mut entities, none) = (Entities::default(), Vec::new());
    entities.keep(&wish("de", "R-", &[]), &by(Role::Vp), beside(&none, false)).unwrap();
    let other = wish("de", "Q-", &[]);
    let refused = entities.keep(&other, &by(Role::Vp), beside(&none, true)).unwrap_err();
    assert_eq!(refused, NotKept::Numbered("R-".to_owned()));
    let refused = entities.remove("de", &by(Role::Vp), beside(&none, true)).unwrap_err();
    assert_eq!(refused, NotKept::HasDocuments("de".to_owned()));
    assert!(entities.keep(&wish("de", "R-", &["shop/eu"]), &by(Role::Vp), beside(&none, true)).is_ok());
    assert!(entities.keep(&other, &by(Role::Vp), beside(&none, false)).is_ok(), "before the first number");
}

#[test]
fn as_many_as_there_may_be_are_one_item() {
    let (mut entities, none) = (Entities::default(), Vec::new());
    for number in 0..ENTITIES_MAX {
        let wish = wish(&format!("e{number}"), &format!("R{number}-"), &[]);
        entities.keep(&wish, &by(Role::Vp), beside(&none, false)).unwrap();
    }
    let more = wish("more", "M-", &[]);
    assert_eq!(entities.keep(&more, &by(Role::Vp), beside(&none, false)).unwrap_err(), NotKept::TooMany);
    let sources: Vec<String> = (0..200).map(|number| format!("shop/{number:0>40}")).collect();
    let large = EntityWish { sources, ..wish("e1", "R1-", &[]) };
    assert_eq!(entities.keep(&large, &by(Role::Vp), beside(&none, false)).unwrap_err(), NotKept::TooLarge);
    let stray = json!({"entity": Value::Null, "sources": [], "more": 1});
    assert!(from_value::<EntityWish>(stray).is_err());
}
