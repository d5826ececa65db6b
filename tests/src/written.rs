//! Does `tests/wire` have a request of this shape, so that the provider's own types are asked about it?

use local::sandbox::Seen;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What a request looks like, whatever its values.
struct Shape {
    provider: String,
    method: String,
    path: Vec<String>,
    /// The names that it sends. Those in a list are without their places.
    names: BTreeSet<String>,
}

static KNOWN: LazyLock<Mutex<Vec<Shape>>> = LazyLock::new(|| Mutex::new(all()));

/// RevenueCat's paths begin with a version and the project, which the sandbox does not see.
const PROJECT: &str = "/v2/projects/default";

/// Fails at a request of a shape that no file of `tests/wire` has. With `RECOUP_WIRE=write` it is added to
/// `<provider>-<whose>.txt`.
pub fn must_be_there(whose: &str, provider: &str, calls: &[Seen]) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    for call in calls {
        let shape = Shape::of(provider, (&call.method, &call.path), &call.body);
        if known.iter().any(|other| other.covers(&shape)) {
            continue;
        }
        let text = text(provider, call);
        let is_to_be_written = std::env::var("RECOUP_WIRE").is_ok_and(|word| word == "write");
        assert!(
            is_to_be_written,
            "no request in tests/wire looks like this one of {provider}: RECOUP_WIRE=write adds it\n{text}"
        );
        let file = folder().join(format!("{provider}-{whose}.txt"));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        write!(file, "## {whose}\n{text}\n").unwrap();
        known.push(shape);
    }
}

impl Shape {
    fn of(provider: &str, (method, path): (&str, &str), body: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = path.strip_prefix(PROJECT).filter(|_| provider == "revenuecat").unwrap_or(path);
        let mut names: BTreeSet<String> = form(query).collect();
        match serde_json::from_str(body) {
            Ok(Value::Object(fields)) => fields.iter().for_each(|(name, value)| inside(name, value, &mut names)),
            _ => names.extend(form(body)),
        }
        let path = path.split('/').map(str::to_owned).collect();
        Self { provider: provider.to_owned(), method: method.to_owned(), path, names }
    }

    /// Where this one, which is written down, has an id, the other may have any.
    fn covers(&self, other: &Self) -> bool {
        let is_id = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        let fits = |(own, part): (&String, &String)| own == part || is_id(own);
        self.provider == other.provider
            && self.method == other.method
            && self.names == other.names
            && self.path.len() == other.path.len()
            && self.path.iter().zip(&other.path).all(fits)
    }
}

fn form(text: &str) -> impl Iterator<Item = String> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| plain(&name))
}

/// `items[0][id]` is `items[][id]`.
fn plain(name: &str) -> String {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_place = part.strip_suffix(']').is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        plain.push('[');
        plain.push_str(if is_place { "]" } else { part });
    }
    plain
}

fn inside(name: &str, value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(own, value)| inside(&format!("{name}[{own}]"), value, names));
        }
        Value::Array(all) => all.iter().for_each(|value| inside(&format!("{name}[]"), value, names)),
        _ => {
            names.insert(name.to_owned());
        }
    }
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/wire"))
}

/// A request as the files have it, without its headers.
fn text(provider: &str, call: &Seen) -> String {
    let project = if provider == "revenuecat" { PROJECT } else { "" };
    let mut text = format!("{} {project}{}\n", call.method, call.path);
    if call.body.starts_with('{') {
        writeln!(text, "  | {}", call.body).unwrap();
    } else {
        for (name, value) in form_urlencoded::parse(call.body.as_bytes()) {
            writeln!(text, "  | {name} = {value}").unwrap();
        }
    }
    text
}

fn all() -> Vec<Shape> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    files
        .flat_map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let provider = name.split('-').next().unwrap_or_default().to_owned();
            let requests = requests(&std::fs::read_to_string(&file).unwrap());
            requests.into_iter().map(move |(method, path, body)| Shape::of(&provider, (&method, &path), &body))
        })
        .collect()
}

/// Method, path and body of each request in a text.
fn requests(text: &str) -> Vec<(String, String, String)> {
    let mut all: Vec<(String, String, String)> = Vec::new();
    for line in text.lines() {
        if let Some((method, path)) = line.split_once(' ').filter(|(_, path)| path.starts_with('/')) {
            all.push((method.to_owned(), path.to_owned(), String::new()));
        } else if let (Some(part), Some((_, _, body))) = (line.strip_prefix("  | "), all.last_mut()) {
            match part.split_once(" = ").filter(|_| !part.starts_with('{')) {
                Some((name, value)) => {
                    let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
                    write!(body, "{pair}&").unwrap();
                }
                None => body.push_str(part),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_its_path_and_names_and_not_by_its_values() {
        let written =
            requests("## pause {}\nPOST /v1/subscriptions/sub_1\n  key: x\n  | items[0][id] = si_1\n  | a = \n");
        let [(method, path, body)] = &written[..] else { panic!("{written:?}") };
        let known = Shape::of("stripe", (method, path), body);
        for (name, provider, method, path, body, expected) in [
            ("the same", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=", true),
            ("other values", "stripe", "POST", "/v1/subscriptions/other", "a=1&items[3][id]=si_9", true),
            ("a field more", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=&b=", false),
            ("a field less", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1", false),
            ("another field inside", "stripe", "POST", "/v1/subscriptions/sub_1", "items[0][price]=si_1&a=", false),
            ("another path", "stripe", "POST", "/v1/invoices/sub_1", "items[0][id]=si_1&a=", false),
            ("a longer path", "stripe", "POST", "/v1/subscriptions/sub_1/resume", "items[0][id]=si_1&a=", false),
            ("another method", "stripe", "DELETE", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=", false),
            ("another provider", "mollie", "POST", "/v1/subscriptions/sub_1", "items[0][id]=si_1&a=", false),
        ] {
            assert_eq!(known.covers(&Shape::of(provider, (method, path), body)), expected, "{name}");
        }
        let json = |body: &str| Shape::of("mollie", ("PATCH", "/v2/x"), body).names;
        assert_eq!(json(r#"{"a":{"b":1},"c":[{"d":null}]}"#), BTreeSet::from(["a[b]", "c[][d]"].map(str::to_owned)));
    }
}
