//! The document of the API: that it is given to everybody, and that the checker sees what is wrong.

use crate::http::run;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use local::server::dispatch;
use serde_json::{Value, json};
use tests::openapi::complaints;
use tests::world::open_at;

#[test]
fn the_document_needs_no_sign_in() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let request = Request::builder().method(Method::GET).uri("/api/openapi.json").body(Bytes::new()).unwrap();
        let answer = dispatch(&service, &request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let document: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let asked = &document["paths"]["/api/actions"]["post"];
        assert_eq!(
            asked["responses"]["201"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/Action"
        );
        let key = asked["parameters"].as_array().unwrap().iter().find(|it| it["name"] == "Idempotency-Key");
        assert!(key.is_some_and(|key| key["in"] == "header" && key["required"] == true), "{asked}");
    });
}

/// A document of one operation whose answer has this schema.
fn document(schema: &Value) -> Value {
    json!({
        "paths": {"/api/things/{id}": {"get": {"responses": {
            "200": {"content": {"application/json": {"schema": schema}, "text/plain": {"schema": {"type": "string"}}}},
            "202": {"description": "nothing"},
        }}}},
        "components": {"schemas": {
            "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "object"}}},
            "Thing": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        }},
    })
}

#[test]
fn an_answer_that_differs_is_complained_of() {
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    let tagged = json!({"anyOf": [
        {"type": "object", "required": ["is"], "properties": {"is": {"const": "a"}}},
        {"type": "object", "required": ["is", "more"], "properties": {"is": {"const": "b"}, "more": {"type": "integer"}}},
    ]});
    // A text by itself may always be the answer's plain text.
    let listed = |items: Value| json!({"type": "array", "items": items});
    let rows = [
        ("as it should be", thing.clone(), json!({"name": "x"}), ""),
        ("missing", thing.clone(), json!({}), "the answer.name is missing"),
        ("another type", thing.clone(), json!({"name": 1}), "the answer.name is 1, and should be of type \"string\""),
        (
            "not described",
            thing.clone(),
            json!({"name": "x", "age": 1}),
            "the answer.age is 1, and is not in the document",
        ),
        (
            "a list",
            json!({"type": "array", "items": thing}),
            json!([{"name": "x"}, {}]),
            "the answer[1].name is missing",
        ),
        ("one of two types", json!({"type": ["string", "null"]}), json!(null), ""),
        (
            "no word of it",
            listed(json!({"enum": ["a", null]})),
            json!(["b"]),
            "the answer[0] is \"b\", and should be one of",
        ),
        ("one shape of two", tagged.clone(), json!({"is": "b", "more": 1}), ""),
        (
            "the nearest shape",
            tagged,
            json!({"is": "b", "more": "1"}),
            "the answer.more is \"1\", and should be of type \"integer\"",
        ),
        (
            "two shapes",
            json!({"oneOf": [{"type": "integer"}, {"type": "number"}]}),
            json!(1),
            "the answer fits 2 shapes",
        ),
        (
            "any names",
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            json!({"a": 1, "b": true}),
            "the answer.b is true",
        ),
        (
            "closed",
            json!({"type": "object", "additionalProperties": false}),
            json!({"a": 1}),
            "the answer.a is 1, and should not be there",
        ),
        (
            "no time",
            listed(json!({"type": "string", "format": "date-time"})),
            json!(["2026-01-01"]),
            "the answer[0] is \"2026-01-01\", and should be a date-time",
        ),
        (
            "no decimal",
            listed(json!({"type": "string", "format": "decimal"})),
            json!(["1e3"]),
            "the answer[0] is \"1e3\", and should be a decimal",
        ),
        ("a decimal", listed(json!({"type": "string", "format": "decimal"})), json!(["-12.50"]), ""),
    ];
    for (name, schema, answer, expected) in rows {
        let found = complaints(&document(&schema), "GET", "/api/things/1?limit=2", 200, &answer);
        assert_eq!(found.is_empty(), expected.is_empty(), "{name}: {found:?}");
        assert!(found.first().is_none_or(|first| first.starts_with(expected)), "{name}: {found:?}");
    }
}

#[test]
fn only_what_is_documented_is_answered() {
    let document = document(&json!({"type": "object"}));
    let rows = [
        ("text, where it may be", "GET", "/api/things/1", 200, json!("as text"), true),
        ("nothing more", "GET", "/api/things/1", 202, json!(""), true),
        ("more than nothing", "GET", "/api/things/1", 202, json!({"a": 1}), false),
        ("a status that is not there", "GET", "/api/things/1", 500, json!({}), false),
        ("another method", "POST", "/api/things/1", 405, json!({"error": {}}), true),
        ("another method, without an error", "POST", "/api/things/1", 405, json!({}), false),
        ("no such path", "GET", "/api/nothing", 404, json!({"error": {}}), true),
        ("what nobody described", "GET", "/api/nothing", 200, json!({}), false),
        ("a page", "GET", "/accounts", 200, json!("<html>"), true),
    ];
    for (name, method, path, status, answer, fits) in rows {
        assert_eq!(complaints(&document, method, path, status, &answer).is_empty(), fits, "{name}");
    }
}
