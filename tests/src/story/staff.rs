//! What else the staff does: stop what leaves, let recoveries wait, stand in for each other, import files, release.

use super::words::{each, fields, value};
use super::{Telling, Verb};
use crate::world;
use http::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeMap;

pub(super) const VERBS: &[Verb] = &[
    ("stop", "STAFF FIELD=VALUE …", "Somebody stops what leaves, or releases it again."),
    ("delegate", "STAFF FIELD=VALUE …", "Somebody says who decides in whose place."),
    ("import", "KIND HEADER ROW …", "Mara imports a CSV file; no cell has a blank."),
    (
        "recovery",
        "STAFF CUSTOMER WORD [FIELD=VALUE …]",
        "Somebody lets recoveries pause, go on or end, or notes a promise.",
    ),
    ("source", "STAFF FIELD=VALUE …", "Somebody says what Recoup does at Stripe; a second person confirms it."),
    ("release", "NAME", "Luis notes that a version of the product went live."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["stop", staff, fields @ ..] => telling.stop(staff, fields).await,
        ["delegate", staff, fields @ ..] => telling.delegate(staff, fields).await,
        ["import", kind, rows @ ..] => telling.import(kind, rows).await,
        ["recovery", staff, customer, word, fields @ ..] => telling.recovery(staff, customer, word, fields).await,
        ["source", staff, fields @ ..] => telling.source(staff, fields).await,
        ["release", name] => telling.release(name).await,
        _ => return false,
    }
    true
}

impl Telling {
    async fn stop(&mut self, staff: &str, words: &[&str]) {
        let mut body = json!({});
        for (field, text) in fields(words) {
            body[field] = value(field, text);
        }
        let Some(answer) = self.post_as(staff, "/api/stop", Some(&body)).await else { return };
        let standing = each(&answer["stops"]["standing"]).count();
        let count = |held: bool| each(&answer["waiting"]).filter(|line| line["held"] == held).count();
        let (held, free) = (count(true), count(false));
        self.say(&format!("{standing} stops stand, {held} actions wait behind them, {free} go"));
    }

    async fn delegate(&mut self, staff: &str, words: &[&str]) {
        let body: BTreeMap<_, _> = fields(words).collect();
        if self.post_as(staff, "/api/delegations", Some(&json!(body))).await.is_some() {
            self.say(&format!("{} decides in somebody's place", body["to"]));
        }
    }

    async fn import(&mut self, kind: &str, rows: &[&str]) {
        let answer = world::import(&self.service, "mara", kind, &rows.join("\n"), false).await;
        if let Some(answer) = self.unless_refused("the import", StatusCode::OK, answer) {
            self.say(&format!("imported {kind}: {} new, {} different", answer["added"], answer["changed"]));
        }
    }

    async fn recovery(&mut self, staff: &str, customer: &str, word: &str, words: &[&str]) {
        let mut body = json!({});
        body[word] = json!({});
        for (field, text) in fields(words) {
            if field == "invoice" {
                body[field] = json!(text);
            } else {
                body[word][field] = value(field, text);
            }
        }
        self.post_as(staff, &format!("/api/accounts/stripe:{customer}/dunning"), Some(&body)).await;
    }

    async fn source(&mut self, staff: &str, words: &[&str]) {
        let wish: BTreeMap<_, _> = fields(words).collect();
        let path = "/api/sources/stripe/default";
        let (status, answer) = world::ask(&self.service, staff, Method::POST, path, Some(&json!(wish)), None).await;
        if status == StatusCode::ACCEPTED {
            self.say("a second person must ask for the same");
        } else {
            self.unless_refused(staff, StatusCode::OK, (status, answer));
        }
    }

    async fn release(&mut self, name: &str) {
        let body = json!({"name": name});
        world::ask(&self.service, "luis", Method::POST, "/api/releases", Some(&body), None).await;
    }
}
