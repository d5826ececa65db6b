//! What is wrong with what was sent, in words for whoever sent it: which field, what stands there, and what is
//! expected.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

/// How much of what was sent is said again.
const SHOWN_CHARS_MAX: usize = 80;
/// In which bodies, how deep, and among how many values the wrong one is looked for.
const SEARCHED_BYTES_MAX: usize = 64 * 1024;
const DEPTH_MAX: usize = 4;
const PLACES_MAX: usize = 200;

/// Reads a body that is JSON, or says why it cannot be read.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => {
            let said = error.to_string();
            let said = without_position(&said);
            match place::<T>(body, said) {
                Some(field) => format!("`{field}`: {}", sentence(said)),
                None => sentence(said),
            }
        }
        Category::Io | Category::Syntax | Category::Eof => "the body is not JSON".to_owned(),
    })
}

/// The same for a field of a form.
pub fn field(name: &str, error: &serde::de::value::Error) -> String {
    let said = error.to_string();
    // The choices of a form stand in it; whoever sends another did not take it from there.
    let wrong = unknown_variant(&said).map(|(wrong, _)| format!("`{}` is not among its choices", short(wrong)));
    format!("{}: {}", name.replace('_', " "), wrong.unwrap_or_else(|| sentence(&said)))
}

/// Where something is only counts for programs.
fn without_position(said: &str) -> &str {
    said.rsplit_once(" at line ").map_or(said, |(said, _)| said)
}

fn sentence(said: &str) -> String {
    if let Some(name) = named(said, "missing field `") {
        return format!("`{}` is missing", short(name.0));
    }
    if let Some(name) = named(said, "duplicate field `") {
        return format!("`{}` is there twice", short(name.0));
    }
    if let Some((name, known)) = named(said, "unknown field `") {
        return match known.strip_prefix(", expected ") {
            Some(known) => format!("`{}` is no field; there is {}", short(name), listed(known)),
            None => format!("`{}` is no field", short(name)),
        };
    }
    if let Some((wrong, known)) = unknown_variant(said) {
        return format!("`{}` is not known; it is {}", short(wrong), listed(known.trim_start_matches(", expected ")));
    }
    if let Some((wrong, expected)) = wrong_type(said) {
        return format!("{} is not {}", found(wrong), wanted(expected));
    }
    if said.contains("failed to parse") {
        return "a time is written like 2026-01-31T12:00:00Z, and a day like 2026-01-31".to_owned();
    }
    if said.starts_with("data did not match any variant") {
        return "it is nothing that may stand there".to_owned();
    }
    short(said)
}

/// The name between backticks, and what follows.
fn named<'a>(said: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    said.strip_prefix(start)?.split_once('`')
}

fn unknown_variant(said: &str) -> Option<(&str, &str)> {
    named(said, "unknown variant `")
}

/// What stands there, and what is expected.
fn wrong_type(said: &str) -> Option<(&str, &str)> {
    let said = said.strip_prefix("invalid type: ").or_else(|| said.strip_prefix("invalid value: "))?;
    said.rsplit_once(", expected ")
}

fn listed(known: &str) -> String {
    known.trim_start_matches("one of ").to_owned()
}

fn found(wrong: &str) -> String {
    match wrong.split_once(' ') {
        Some(("string", text)) => format!("`{}`", short(text.trim_matches('"'))),
        Some(("integer" | "boolean" | "character", value)) => short(value),
        Some(("floating", value)) => short(value.trim_start_matches("point ")),
        _ => match wrong {
            "map" => "an object".to_owned(),
            "sequence" => "a list".to_owned(),
            "null" | "unit value" => "nothing".to_owned(),
            other => short(other),
        },
    }
}

fn wanted(expected: &str) -> &str {
    match expected {
        "a string" | "a borrowed string" | "string" => "a text",
        "a boolean" => "true or false",
        "a map" => "an object",
        "a sequence" => "a list",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "string or map" => "one of its words",
        _ if expected.starts_with("a Decimal type") => "a number such as 12.5",
        _ if expected.starts_with("struct ") || expected.contains("tagged enum ") => "an object",
        other => other,
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Where in a body the value stands that was refused.
///
/// What is read in two passes forgets where it was, so it is looked for: it is described like what was refused, and
/// where several are, another value in its place changes what is said.
fn place<T: DeserializeOwned>(body: &[u8], said: &str) -> Option<String> {
    if body.len() > SEARCHED_BYTES_MAX {
        return None;
    }
    let whole: Value = serde_json::from_slice(body).ok()?;
    let mut places = Vec::new();
    walk(&whole, "", &mut places);
    places.truncate(PLACES_MAX);
    let is_it = |pointer: &String| whole.pointer(pointer).is_some_and(|value| is_described(value, said));
    places.retain(is_it);
    let matters = |pointer: &&String| {
        let other = T::deserialize(&touched(&whole, pointer)).err().map(|error| error.to_string());
        other.is_none_or(|other| without_position(&other) != said)
    };
    let place = if let [only] = places.as_slice() { Some(only) } else { places.iter().find(matters) };
    place.map(|pointer| pointer.trim_start_matches('/').replace('/', "."))
}

fn is_described(value: &Value, said: &str) -> bool {
    if let Some((wrong, _)) = unknown_variant(said) {
        return value.as_str() == Some(wrong);
    }
    let Some((wrong, _)) = wrong_type(said) else { return false };
    match value {
        Value::Null => wrong == "null",
        Value::Bool(value) => wrong == format!("boolean `{value}`"),
        Value::Number(value) => wrong == format!("integer `{value}`") || wrong == format!("floating point `{value}`"),
        Value::String(value) => wrong == format!("string {value:?}"),
        Value::Array(_) => wrong == "sequence",
        Value::Object(_) => wrong == "map",
    }
}

/// Every value with a name, by its pointer.
fn walk(value: &Value, pointer: &str, places: &mut Vec<String>) {
    let is_deep = pointer.matches('/').count() == DEPTH_MAX;
    let Some(object) = value.as_object().filter(|_| !is_deep && places.len() < PLACES_MAX) else { return };
    for (name, value) in object.iter().filter(|(name, _)| !name.contains(['/', '~', '.', '`'])) {
        let own = format!("{pointer}/{name}");
        places.push(own.clone());
        walk(value, &own, places);
    }
}

/// The same with another value of the same kind at a place.
fn touched(whole: &Value, pointer: &str) -> Value {
    let mut whole = whole.clone();
    if let Some(value) = whole.pointer_mut(pointer) {
        *value = match value.take() {
            Value::String(text) => Value::from(format!("{text}~")),
            Value::Bool(is) => Value::from(!is),
            Value::Number(_) => Value::from(1_234_567),
            Value::Null => Value::Array(Vec::new()),
            Value::Array(_) | Value::Object(_) => Value::Null,
        };
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde::de::value::{Error, StrDeserializer};

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum When {
        Now,
        PeriodEnd,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read")]
    struct Price {
        value: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read")]
    struct Sample {
        to: String,
        days: Option<u32>,
        when: Option<When>,
        price: Option<Price>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Flat {
        a_reason: String,
        #[serde(flatten)]
        seats: Seats,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Seats {
        seats: u32,
        plan: String,
    }

    #[test]
    fn a_body_that_cannot_be_read_is_told_which_field_and_what_is_expected() {
        for (body, said) in [
            ("", "the body is not JSON"),
            ("{", "the body is not JSON"),
            (r#"{"to": "a"} {}"#, "the body is not JSON"),
            ("5", "`5` is not an object"),
            ("{}", "`to` is missing"),
            (r#"{"to": 5}"#, "`to`: `5` is not a text"),
            (r#"{"to": null}"#, "`to`: nothing is not a text"),
            (r#"{"to": ["a"]}"#, "`to`: a list is not a text"),
            (r#"{"to": "a", "days": -1}"#, "`days`: `-1` is not a whole number from 0"),
            (r#"{"to": "a", "days": "many"}"#, "`days`: `many` is not a whole number from 0"),
            (r#"{"to": "many", "days": "many"}"#, "`days`: `many` is not a whole number from 0"),
            (r#"{"to": "a", "when": "soon"}"#, "`when`: `soon` is not known; it is `now` or `period_end`"),
            (r#"{"to": "a", "whom": 1}"#, "`whom` is no field; there is `to`, `days`, `when`, `price`"),
            (r#"{"to": "a", "price": {"value": true}}"#, "`price.value`: `true` is not a text"),
            (r#"{"to": "a", "price": {}}"#, "`value` is missing"),
        ] {
            assert_eq!(json::<Sample>(body.as_bytes()).unwrap_err(), said, "{body}");
        }
        let flat = r#"{"a_reason": "x", "plan": "p", "seats": "x"}"#;
        assert_eq!(json::<Flat>(flat.as_bytes()).unwrap_err(), "`seats`: `x` is not a whole number from 0");
        let long = format!("{{\"to\": \"a\", \"when\": \"{}\"}}", "x".repeat(5_000));
        assert!(json::<Sample>(long.as_bytes()).unwrap_err().len() < 300);
    }

    #[test]
    fn a_form_is_told_in_its_own_words() {
        let read = |text| When::deserialize(StrDeserializer::<Error>::new(text)).unwrap_err();
        assert_eq!(field("reason_code", &read("whim")), "reason code: `whim` is not among its choices");
        let read = |text| u32::deserialize(StrDeserializer::<Error>::new(text)).unwrap_err();
        assert_eq!(field("days", &read("-1")), "days: `-1` is not a whole number from 0");
    }
}
