//! Does an answer look as the document says? Reads what our document uses of JSON Schema 2020-12, and nothing more.
//!
//! Stricter than the standard in one thing: a field that the document does not name is a complaint, so that no answer says
//! more than is described. Clients are told that fields may be added.

use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(app::door::openapi::document);

/// Stops the test if an answer of the API is not as the document says.
pub fn must_fit(method: &str, path: &str, status: StatusCode, answer: &Value) {
    let complaints = complaints(&DOCUMENT, method, path, status.as_u16(), answer);
    assert!(
        complaints.is_empty(),
        "{method} {path} answers {status}, not as documented:\n{}\n{answer}",
        complaints.join("\n")
    );
}

/// What an answer says otherwise than the document; nothing for pages, which are not in it.
pub fn complaints(document: &Value, method: &str, path: &str, status: u16, answer: &Value) -> Vec<String> {
    let path = path.split('?').next().unwrap_or_default();
    let is_described = path == "/healthz" || ["/api/", "/webhooks/", "/slack/"].iter().any(|it| path.starts_with(it));
    if !is_described || method == "HEAD" {
        return Vec::new();
    }
    let error = &document["components"]["schemas"]["Error"];
    let Some((template, operation)) = operation(document, method, path) else {
        // No such path, or another method: every server says so by itself.
        return match status {
            404 | 405 => read(document, error, answer, "the answer"),
            _ => vec![format!("{method} {path} is not in the document, and answers {status}")],
        };
    };
    let response = follow(document, &operation["responses"][status.to_string()]);
    let is_text = |media: &str| answer.is_string() && response["content"].get(media).is_some();
    match response {
        Value::Null => vec![format!("{method} {template} does not say that it may answer {status}")],
        response if response.get("content").is_none() => {
            let is_empty = answer.is_null() || answer == "" || answer.as_object().is_some_and(Map::is_empty);
            if is_empty { Vec::new() } else { vec![format!("the document says that {status} has no body")] }
        }
        _ if is_text("text/plain") => Vec::new(),
        response => read(document, &response["content"]["application/json"]["schema"], answer, "the answer"),
    }
}

/// The operation of a path: of several templates that fit, the one with the fewest gaps.
fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<(&'a String, &'a Value)> {
    let paths = document["paths"].as_object()?.iter().filter(|(template, _)| fits(template, path));
    let operations = paths.filter_map(|(template, item)| Some((template, item.get(method.to_ascii_lowercase())?)));
    operations.min_by_key(|(template, _)| template.matches('{').count())
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let fits =
        |(wanted, given): (&&str, &&str)| if wanted.starts_with('{') { !given.is_empty() } else { wanted == given };
    wanted.len() == given.len() && wanted.iter().zip(&given).all(fits)
}

/// Goes where a `$ref` leads.
fn follow<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let place = document.pointer(reference.trim_start_matches('#'));
            follow(document, place.unwrap_or_else(|| panic!("{reference} leads nowhere")))
        }
        None => schema,
    }
}

fn read(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = follow(document, schema);
    if let Some(shapes) = schema.get("anyOf").and_then(Value::as_array) {
        return nearest(shapes.iter().map(|shape| read(document, shape, value, at)));
    }
    if let Some(shapes) = schema.get("oneOf").and_then(Value::as_array) {
        let read: Vec<_> = shapes.iter().map(|shape| read(document, shape, value, at)).collect();
        let fitting = read.iter().filter(|complaints| complaints.is_empty()).count();
        return if fitting > 1 {
            vec![format!("{at} fits {fitting} shapes of which it must fit one")]
        } else {
            nearest(read)
        };
    }
    if !is_of_type(&schema["type"], value) {
        return vec![format!("{at} is {value}, and should be of type {}", schema["type"])];
    }
    let mut complaints = Vec::new();
    if let Some(only) = schema.get("const").filter(|only| *only != value) {
        complaints.push(format!("{at} is {value}, and should be {only}"));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array).filter(|words| !words.contains(value)) {
        complaints.push(format!("{at} is {value}, and should be one of {words:?}"));
    }
    if let (Some(format), Some(text)) = (schema.get("format").and_then(Value::as_str), value.as_str())
        && !is_of_format(format, text)
    {
        complaints.push(format!("{at} is {value}, and should be a {format}"));
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        complaints.extend(
            values.iter().enumerate().flat_map(|(place, item)| read(document, items, item, &format!("{at}[{place}]"))),
        );
    }
    if let Some(fields) = value.as_object() {
        complaints.extend(read_fields(document, schema, fields, at));
    }
    complaints
}

/// Of several shapes, the complaints of the one that fits best: none if one fits.
fn nearest(read: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
    read.into_iter().min_by_key(Vec::len).unwrap_or_else(|| vec!["no shape is given".to_owned()])
}

fn read_fields(document: &Value, schema: &Value, fields: &Map<String, Value>, at: &str) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| !fields.contains_key(*name)).map(|name| format!("{at}.{name} is missing"));
    let mut complaints: Vec<_> = missing.collect();
    for (name, value) in fields {
        let at = format!("{at}.{name}");
        let own = schema["properties"].get(name);
        match own.or_else(|| schema.get("additionalProperties")) {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => complaints.push(format!("{at} is {value}, and should not be there")),
            Some(own) => complaints.extend(read(document, own, value, &at)),
            None if schema.get("properties").is_none() => {}
            None => complaints.push(format!("{at} is {value}, and is not in the document")),
        }
    }
    complaints
}

fn is_of_type(types: &Value, value: &Value) -> bool {
    match types {
        Value::Null => true,
        Value::Array(types) => types.iter().any(|one| is_of_type(one, value)),
        one => match one.as_str() {
            Some("null") => value.is_null(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("string") => value.is_string(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => false,
        },
    }
}

fn is_of_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<Timestamp>().is_ok(),
        "date" => text.parse::<Date>().is_ok(),
        "decimal" => {
            let mut parts = text.strip_prefix('-').unwrap_or(text).splitn(2, '.');
            parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        }
        _ => true,
    }
}
