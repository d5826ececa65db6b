//! Words for what JSON may look like, in JSON Schema 2020-12.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The schema of that name.
pub fn see(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub fn text() -> Value {
    json!({"type": "string"})
}

pub fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

pub fn date() -> Value {
    json!({"type": "string", "format": "date"})
}

/// A number as text, so that no reader rounds it.
pub fn decimal() -> Value {
    json!({"type": "string", "format": "decimal"})
}

pub fn whole() -> Value {
    json!({"type": "integer"})
}

pub fn flag() -> Value {
    json!({"type": "boolean"})
}

/// Anything that JSON can say.
pub fn anything() -> Value {
    json!({})
}

/// An object whose fields are not promised.
pub fn record() -> Value {
    json!({"type": "object"})
}

/// One of these words, as the code itself spells them.
pub fn words(of: impl IntoIterator<Item = impl Serialize>) -> Value {
    let words: Vec<_> = of.into_iter().map(|word| json!(word)).collect();
    json!({"type": "string", "enum": words})
}

/// Exactly this word: it tells which of several objects this is.
pub fn word(word: &str) -> Value {
    json!({"type": "string", "const": word})
}

pub fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

/// An object with any names, and values that look alike.
pub fn map(of: Value) -> Value {
    json!({"type": "object", "additionalProperties": of})
}

/// An object of these fields; one whose name ends in `?` may be missing.
pub fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (field, schema) in fields {
        let name = field.trim_end_matches('?');
        if name == field {
            required.push(name);
        }
        properties.insert(name.to_owned(), schema);
    }
    json!({"type": "object", "properties": properties, "required": required})
}

/// The same where another field is refused.
pub fn only(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut object = object(fields);
    object["additionalProperties"] = json!(false);
    object
}

/// One of several shapes.
pub fn any(of: impl IntoIterator<Item = Value>) -> Value {
    let shapes: Vec<_> = of.into_iter().collect();
    json!({"anyOf": shapes})
}

/// The same, or null where it is not known.
pub fn or_null(mut schema: Value) -> Value {
    let Some(own) = schema.get("type").cloned() else { return any([schema, json!({"type": "null"})]) };
    schema["type"] = json!([own, "null"]);
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    schema
}

/// A schema, and what it means.
pub fn told(mut schema: Value, meaning: &str) -> Value {
    schema["description"] = json!(meaning);
    schema
}

/// A page of a list.
pub fn page(of: &str) -> Value {
    object([
        ("items", list(see(of))),
        ("next", told(or_null(text()), "The cursor of the next page; null on the last one.")),
    ])
}

pub fn money() -> Value {
    see("Money")
}
