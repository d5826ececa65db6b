//! What does the API look like? One OpenAPI document, made from the route table and from what is said of each route.
//!
//! <https://spec.openapis.org/oas/v3.1.1.html>

mod about;
mod parameter;
mod schemas;
mod shape;

use crate::door::routes::{ROUTES, Route};
use crate::door::token::COOKIE;
use about::{ABOUT, About, Asker, Body, JSON};
use parameter::in_path;
use serde_json::{Map, Value, json};
use shape::{see, text};

/// What a refusal means wherever it is given.
const REFUSALS: [(u16, &str); 9] = [
    (400, "The request cannot be read: the message says what to send."),
    (401, "Nobody is signed in, or the delivery is not authentic."),
    (403, "This person may not do this: the message says who may."),
    (404, "There is nothing with this name or id."),
    (409, "Something else came first: the message says what, and by whom."),
    (413, "The body is larger than 1 MiB."),
    (415, "The body is of a media type that is not read here."),
    (422, "It was understood and cannot be done as things stand: the message says why, and what can."),
    (503, "It could not be done or stored right now: try again in a moment."),
];

/// The whole document; the console's pages are not in it.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let Some(about) = about(route) else { continue };
        let path = paths.entry(route.pattern).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation(about);
    }
    let schemas: Map<_, _> = schemas::all().into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    let refusals: Map<_, _> = REFUSALS
        .iter()
        .map(|(status, why)| {
            (status.to_string(), json!({"description": why, "content": {JSON: {"schema": see("Error")}}}))
        })
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Recoup",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Billing trouble, found, explained and put right with people's approval. Money is a decimal string with its \
                currency, times are RFC 3339 in UTC, ids are opaque. Fields may be added. There is no route that executes or approves \
                by itself.",
        },
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The token says who; the staff table says the role."},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "The browser session from /login."},
            },
            "schemas": schemas,
            "responses": refusals,
        },
    })
}

fn about(route: &Route) -> Option<&'static About> {
    ABOUT.iter().find(|about| about.method == route.method.as_str() && about.pattern == route.pattern)
}

fn operation(about: &About) -> Value {
    let gaps = about.pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<_> =
        gaps.map(|gap| in_path(about.pattern, gap)).chain(about.with.iter().map(|it| it.described())).collect();
    let mut operation = json!({
        "operationId": about.id,
        "summary": about.summary,
        "tags": [tag(about.pattern)],
        "parameters": parameters,
        "responses": responses(about),
    });
    if about.asker != Asker::Staff {
        operation["security"] = json!([]);
    }
    let (schema, required) = match about.body {
        Body::Nothing => return operation,
        Body::May(schema) => (schema, false),
        Body::Must(schema) => (schema, true),
    };
    let content: Map<_, _> =
        about.sent_as.iter().map(|media| ((*media).to_owned(), json!({"schema": see(schema)}))).collect();
    operation["requestBody"] = json!({"required": required, "content": content});
    operation
}

/// What a path is about: its first word below `/api`.
fn tag(pattern: &str) -> &str {
    let mut words = pattern.split('/').filter(|word| !word.is_empty() && *word != "api");
    words.next().unwrap_or_default()
}

fn responses(about: &About) -> Value {
    let mut responses = Map::new();
    for (status, schema) in about.answers() {
        let mut response = json!({"description": if schema.is_empty() { "Nothing more is said." } else { schema }});
        if !schema.is_empty() {
            let shown = |media: &str| if media == JSON { see(schema) } else { text() };
            let content: Map<_, _> =
                about.answered_as.iter().map(|media| ((*media).to_owned(), json!({"schema": shown(media)}))).collect();
            response["content"] = Value::Object(content);
        }
        responses.insert(status.to_string(), response);
    }
    for status in about.refusals() {
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{status}")}));
    }
    Value::Object(responses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn references(value: &Value) -> BTreeSet<String> {
        match value {
            Value::Object(fields) => {
                let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
                fields.values().flat_map(references).chain(own).collect()
            }
            Value::Array(items) => items.iter().flat_map(references).collect(),
            _ => BTreeSet::new(),
        }
    }

    #[test]
    fn what_is_routed_is_described_and_nothing_else() {
        let is_described = |pattern: &str| {
            let begins = ["/api/", "/pay/", "/card/", "/document/", "/messages/", "/webhooks/", "/slack/"];
            pattern == "/healthz" || begins.iter().any(|it| pattern.starts_with(it))
        };
        let routed: BTreeSet<_> =
            ROUTES.iter().map(|route| (route.method.as_str(), route.pattern)).filter(|it| is_described(it.1)).collect();
        let described: BTreeSet<_> = ABOUT.iter().map(|about| (about.method, about.pattern)).collect();
        assert_eq!(
            routed.difference(&described).collect::<Vec<_>>(),
            Vec::<&(&str, &str)>::new(),
            "add a line to `ABOUT`"
        );
        assert_eq!(
            described.difference(&routed).collect::<Vec<_>>(),
            Vec::<&(&str, &str)>::new(),
            "no route answers this"
        );
        assert_eq!(described.len(), ABOUT.len(), "a route is described once");
        let ids: BTreeSet<_> = ABOUT.iter().map(|about| about.id).collect();
        assert_eq!(ids.len(), ABOUT.len(), "an operation has a name of its own");
    }

    #[test]
    fn every_reference_leads_somewhere_and_no_schema_is_left_over() {
        let document = document();
        let references = references(&document);
        for reference in &references {
            let place = reference.strip_prefix('#').and_then(|place| document.pointer(place));
            assert!(place.is_some(), "{reference} leads nowhere");
        }
        let schemas = document["components"]["schemas"].as_object().unwrap();
        assert_eq!(schemas.len(), schemas::all().len(), "a schema is described once");
        for name in schemas.keys() {
            assert!(
                references.contains(&format!("#/components/schemas/{name}")),
                "nothing refers to the schema {name}"
            );
        }
    }
}
