//! Whatever a provider tells and whatever anybody types stands on pages as text; and no form loses or doubles anything.

use crate::every_page::{company, look, press, signed_in};
use crate::http::run;
use jiff::SignedDuration;
use local::service::Service;
use providers::{ALL, Provider, Reading};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use tests::forms::{Field, Form, links, posts};
use tests::world::{at, deliver_to, get, open_at};

/// It would end an attribute, open an element, and go on in scripts that are written in other directions.
const OPENS: &str = "\"'><x-";
const CLOSES: &str = "> 漢字 مرحبا 🦊";
/// What would run when somebody follows it.
const SCRIPTED: &str = "javascript:alert(1)//";

/// Of one kind of page so many are looked at.
const EACH_MAX: usize = 80;

fn hostile(of: &str, name: &str) -> String {
    let name: String = name.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    format!("{OPENS}{of}-{}{CLOSES}", name.to_ascii_lowercase())
}

/// Nothing hostile is an element, an attribute or a link there.
fn is_text(page: &str) -> bool {
    !["<x-", "\"'&gt;&lt;x-", "href=\"javascript:"].iter().any(|part| page.contains(part))
}

/// The same of what Slack shows, where quotes are only quotes.
fn is_said(text: &str) -> bool {
    !text.contains("<x-")
}

/// What was sent: a mail's page, and the parts of a message at Slack. Plain text stays what it is until it is posted.
fn letters_are_text(service: &Service) {
    for (_, letter) in service.outbox.letters().unwrap() {
        let blocks = letter.blocks.as_ref().map(Value::to_string).unwrap_or_default();
        assert!(is_text(&letter.html) && is_said(&blocks), "{letter:?}");
    }
}

/// The names of what is hostile and is shown, as text.
fn shown(page: &str) -> impl Iterator<Item = String> {
    page.split("&lt;x-").skip(1).filter_map(|rest| rest.split("&gt;").next().map(str::to_owned))
}

/// Every page that one of them leads to, by its address.
async fn everywhere(service: &Service, cookie: &str) -> BTreeMap<String, String> {
    let accounts = get(service, "/api/accounts?limit=500").await;
    let accounts = accounts["items"].as_array().unwrap().iter().filter_map(|it| it["account"]["id"].as_str());
    let accounts = accounts.map(|id| format!("/accounts/{id}"));
    let mut next: VecDeque<String> = ["/", "/outbox", "/endpoints", "/stop"].map(str::to_owned).into();
    next.extend(accounts);
    let (mut pages, mut counted) = (BTreeMap::new(), BTreeMap::<Vec<String>, usize>::new());
    while let Some(path) = next.pop_front() {
        let parts = path.split('?').next().unwrap_or_default().split('/').enumerate();
        let kind = parts.map(|(place, part)| if place == 2 { "*" } else { part }.to_owned()).collect();
        let seen = counted.entry(kind).or_default();
        let is_beside = path.starts_with("/api/") || path.starts_with("/policies?");
        if is_beside || pages.contains_key(&path) || *seen >= EACH_MAX {
            continue;
        }
        *seen += 1;
        let page = look(service, cookie, &path).await;
        next.extend(links(&page));
        pages.insert(path, page);
    }
    pages
}

#[test]
fn a_form_is_read_as_a_browser_reads_it() {
    let page = "<a href=\"/cases?a=1&amp;b=2#now\">c</a><a href=\"//evil.example\">e</a><form method=\"get\" action=\"/x\"></form>\
        <form class=\"row\" method=\"post\" action=\"/y\"><input type=\"hidden\" name=\"csrf\" value=\"a&amp;b\">\
        <input type=\"checkbox\" name=\"off\" value=\"on\"><input name=\"amount\" inputmode=\"decimal\">\
        <select name=\"to\"><option value=\"\">nobody</option><option value=\"lena\">Lena</option><option>Luis</option></select>\
        <textarea name=\"text\">so &lt; it</textarea><button type=\"submit\" disabled hidden></button>\
        <button type=\"button\">Copy</button><button type=\"submit\" name=\"say\" value=\"yes\">Yes</button>\
        <button type=\"submit\" name=\"say\" value=\"no\">No</button></form>";
    assert_eq!(links(page), ["/cases?a=1&b=2"]);
    let sent: Vec<_> = posts(page).iter().map(|form| (form.to.clone(), form.sent(|it| it.value.clone()))).collect();
    let said = "csrf=a%26b&amount=&to=lena&text=so+%3C+it&say=";
    assert_eq!(sent, [("/y".to_owned(), format!("{said}yes")), ("/y".to_owned(), format!("{said}no"))]);
    let kinds: Vec<_> = posts(page)[0].fields.iter().map(|field| field.kind.clone()).collect();
    assert_eq!(kinds, ["hidden", "decimal", "select", "textarea", "submit"]);
}

/// Where Mollie and Stripe say what a delivery is: the door reads no further where it says anything else.
const KINDS: [&str; 2] = ["/resource", "/object"];

/// What a delivery means, without what is hostile in it; its own id may be made of all that it says.
fn meant(provider: &Provider, told: &Value) -> Option<Value> {
    let (Reading::Events(events) | Reading::Ask { events, .. }) =
        (provider.read)(told.to_string().as_bytes(), "default").ok()?
    else {
        return None;
    };
    let mut meant = json!(events);
    for event in meant.as_array_mut()? {
        event["id"] = Value::Null;
    }
    Some(without(&meant)).filter(|meant| *meant != json!([]))
}

fn without(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut plain = text.replace(SCRIPTED, "");
            while let Some((before, rest)) = plain.split_once(OPENS) {
                plain = format!("{before}{}", rest.split_once(CLOSES).map_or("", |(_, after)| after));
            }
            Value::String(plain)
        }
        Value::Array(all) => all.iter().map(without).collect(),
        Value::Object(all) => all.iter().map(|(name, inner)| (name.clone(), without(inner))).collect(),
        other => other.clone(),
    }
}

/// Where a text stands in a delivery, as pointers into it.
fn texts(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(place.to_owned()),
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(number, inner)| texts(inner, &format!("{place}/{number}"), found));
        }
        Value::Object(all) => {
            let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
            all.iter().for_each(|(name, inner)| texts(inner, &format!("{place}/{}", escaped(name)), found));
        }
        _ => {}
    }
}

/// A delivery with something hostile in every text in which its reader still sees the same; nothing, if it is ignored.
fn spoiled(provider: &Provider, body: &[u8]) -> Option<Vec<u8>> {
    let mut told: Value = serde_json::from_slice(body).ok()?;
    let wanted = meant(provider, &told)?;
    let mut places = Vec::new();
    texts(&told, "", &mut places);
    for place in places.iter().filter(|place| !KINDS.contains(&place.as_str())) {
        let place = place.clone();
        let leaf = told.pointer_mut(&place)?;
        let was = leaf.as_str()?.to_owned();
        let name = place.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
        let spoiled = if was.starts_with("http") {
            format!("{SCRIPTED}{was}")
        } else {
            format!("{was}{}", hostile(provider.name, name))
        };
        *leaf = Value::String(spoiled);
        if meant(provider, &told).as_ref() != Some(&wanted) {
            *told.pointer_mut(&place)? = Value::String(was);
        }
    }
    Some(told.to_string().into_bytes())
}

fn recorded(provider: &Provider) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider.name);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn what_any_provider_tells_in_any_field_is_text_on_every_page_and_in_every_letter() {
    run(async {
        let noon = at("2026-03-20T12:00:00Z");
        let service = open_at(&noon.to_string()).await;
        for provider in ALL {
            let mut told = 0;
            for body in recorded(provider) {
                let Some(body) = spoiled(provider, &body) else { continue };
                let (status, answer) = deliver_to(&service, provider.name, &body).await;
                assert!(status.is_success(), "{}: {answer}", provider.name);
                told += 1;
            }
            assert!(told > 0, "{} told nothing", provider.name);
        }
        service.advance(noon + SignedDuration::from_hours(72)).await.unwrap();

        let cookie = signed_in(&service, "mara").await;
        let pages = everywhere(&service, &cookie).await;
        assert!(pages.len() > 60, "{:?}", pages.keys());
        let mut names = BTreeSet::new();
        for (path, page) in &pages {
            assert!(is_text(page), "{path}: {page}");
            names.extend(shown(page));
        }
        for provider in ALL {
            let is_own = |name: &String| name.starts_with(&format!("{}-", provider.name));
            assert!(names.iter().any(is_own), "nothing of {} is shown: {names:?}", provider.name);
        }
        assert!(names.len() >= 12, "hardly a field is shown: {names:?}");
        letters_are_text(&service);
    });
}

/// Every form of every page of theirs; what stops everything comes last.
async fn forms(service: &Service, cookie: &str) -> Vec<Form> {
    let pages = everywhere(service, cookie).await;
    let all: BTreeSet<Form> = pages.values().flat_map(|page| posts(page)).collect();
    let mut all: Vec<Form> =
        all.into_iter().filter(|form| !["/approvals", "/logout"].contains(&form.to.as_str())).collect();
    all.sort_by_key(|form| form.to == "/stop");
    all
}

/// The same hostile thing, wherever somebody can write.
fn badly(field: &Field) -> String {
    match field.kind.as_str() {
        "hidden" | "submit" | "select" | "checkbox" | "radio" => field.value.clone(),
        _ => hostile("typed", &field.name),
    }
}

/// The same where any words may stand, and what is asked for elsewhere.
fn well(field: &Field) -> String {
    let given = |otherwise: &str| if field.value.is_empty() { otherwise.to_owned() } else { field.value.clone() };
    match field.kind.as_str() {
        "date" => given("2026-03-05"),
        "number" | "numeric" => given("1"),
        "decimal" => given("1.00"),
        "email" => "ada@else.example".to_owned(),
        "url" => "https://hooks.product.example/in".to_owned(),
        _ => badly(field),
    }
}

#[test]
fn what_is_typed_into_any_field_of_any_form_is_text_and_a_session_that_ended_keeps_it() {
    run(async {
        let company = company().await;
        let service = &company.service;
        let cookie = signed_in(service, "mara").await;
        let forms = forms(service, &cookie).await;
        assert!(forms.len() > 30, "{forms:?}");
        for form in &forms {
            let (status, _, page) = press(service, "recoup_session=gone", &form.to, &form.sent(badly)).await;
            assert_eq!(status, 401, "{form:?}: {page}");
            assert!(is_text(&page), "{form:?}: {page}");
            for field in form.fields.iter().filter(|field| field.name != "csrf") {
                assert!(page.contains(&format!("name=\"kept.{}\"", field.name)), "{field:?} of {}: {page}", form.to);
                let kept: BTreeSet<String> = shown(&page).collect();
                for typed in shown(&badly(field).replace('<', "&lt;").replace('>', "&gt;")) {
                    assert!(kept.contains(&typed), "{field:?} of {}: {page}", form.to);
                }
            }
        }
        let mut names = BTreeSet::new();
        for typed in [badly as fn(&Field) -> String, well] {
            for form in &forms {
                let (status, to, page) = press(service, &cookie, &form.to, &form.sent(typed)).await;
                assert!(status < 500, "{form:?}: {status} {page}");
                let after = if status == 303 { look(service, &cookie, &to).await } else { page };
                assert!(is_text(&after), "{form:?}: {after}");
                names.extend(shown(&after));
            }
            service.work().await.unwrap();
        }
        for (path, page) in everywhere(service, &cookie).await {
            assert!(is_text(&page), "{path}: {page}");
            names.extend(shown(&page));
        }
        for name in ["amount", "body", "name", "note", "subject"] {
            assert!(names.contains(&format!("typed-{name}")), "{name} is shown nowhere: {names:?}");
        }
        letters_are_text(service);
    });
}

/// What there is of everything once each form was sent so many times, one right after another.
async fn after_each(times: usize) -> BTreeMap<String, usize> {
    let company = company().await;
    let service = &company.service;
    let cookie = signed_in(service, "mara").await;
    for form in forms(service, &cookie).await {
        let mut page = String::new();
        for _ in 0..times {
            let (status, _, answer) = press(service, &cookie, &form.to, &form.sent(well)).await;
            assert!(status < 500, "{form:?}: {status} {answer}");
            page = answer;
        }
        // What was only previewed is asked for.
        let is_asked = |form: &Form| form.fields.iter().any(|field| (&*field.name, &*field.value) == ("step", "ask"));
        for asked in posts(&page).into_iter().filter(is_asked) {
            for _ in 0..times {
                let (status, _, answer) = press(service, &cookie, &asked.to, &asked.sent(well)).await;
                assert!(status < 500, "{asked:?}: {status} {answer}");
            }
        }
        service.work().await.unwrap();
    }
    let mut found = BTreeMap::new();
    for list in ["actions", "cases", "endpoints", "incidents", "payment-requests", "tasks", "tickets"] {
        let all = get(service, &format!("/api/{list}?limit=1000")).await;
        found.insert(list.to_owned(), all["items"].as_array().unwrap().len());
    }
    let calls = service.sandbox.calls("stripe").unwrap();
    found.insert("calls that change something".to_owned(), calls.iter().filter(|call| call.method == "POST").count());
    found.insert("letters".to_owned(), service.outbox.letters().unwrap().len());
    found
}

#[test]
fn a_form_that_is_sent_twice_does_what_it_does_once() {
    run(async {
        let once = after_each(1).await;
        assert!(["actions", "tickets", "letters"].iter().all(|list| once[*list] > 1), "{once:?}");
        assert_eq!(after_each(2).await, once);
    });
}

#[test]
fn no_button_is_refused_because_of_who_presses_it() {
    run(async {
        for (staff, least) in [("luis", 10), ("bea", 10), ("leo", 1)] {
            let company = company().await;
            let service = &company.service;
            let cookie = signed_in(service, staff).await;
            let forms = forms(service, &cookie).await;
            assert!(forms.len() >= least, "{staff} can press {}: {forms:?}", forms.len());
            for form in forms {
                let (status, to, page) = press(service, &cookie, &form.to, &form.sent(well)).await;
                assert_ne!(status, 403, "{staff} {form:?}: {page}");
                let refused = ["notice=your+role", "notice=only+a+manager"].iter().any(|part| to.contains(part));
                assert!(!refused, "{staff} {form:?}: {to}");
            }
        }
    });
}
