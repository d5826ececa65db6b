//! What people press on the pages of the console: a button is found by its words, and sends what stands in its form.

use super::{Telling, Verb};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use local::server::dispatch;

pub(super) const VERBS: &[Verb] = &[(
    "press",
    "STAFF TICKET [FIELD=VALUE …] WORD …",
    "Somebody presses a button of the ticket's case, and the one behind its preview.",
)];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["press", staff, ticket, words @ ..] => telling.press(staff, ticket, words).await,
        _ => return false,
    }
    true
}

/// A form of a page, with all that is filled in.
#[derive(Default)]
struct Form {
    to: String,
    fields: Vec<(String, String)>,
    /// Their words, with what each sends of its own.
    buttons: Vec<(String, Option<(String, String)>)>,
}

impl Telling {
    async fn press(&mut self, staff: &str, ticket: &str, words: &[&str]) {
        let Some(case) = self.case_of(ticket).await else {
            self.say(&format!("ticket {ticket} has no case"));
            return;
        };
        let fields = words.iter().take_while(|word| word.contains('=')).count();
        let (query, words) = (words[..fields].join("&"), words[fields..].join(" "));
        let cookie = self.signed_in(staff).await;
        let request = Request::get(format!("/cases/{case}?{query}")).header("cookie", &cookie);
        let page = read(&dispatch(&self.service, &request.body(Bytes::new()).unwrap()).await);
        let Some(answer) = self.sends(&cookie, &page, |button| button.starts_with(&words)).await else {
            let all: Vec<_> = forms(&page).into_iter().flat_map(|form| form.buttons).map(|(words, _)| words).collect();
            self.say(&format!("{staff} finds no button `{words}`; there are: {}", all.join(", ")));
            return;
        };
        if answer.status() == StatusCode::SEE_OTHER {
            self.say(&format!("{staff} presses `{words}`{}", notice(&answer)));
            return;
        }
        self.asks(staff, &words, &cookie, &read(&answer)).await;
    }

    /// The page behind the button shows what would be done: its own button asks for it.
    async fn asks(&mut self, staff: &str, words: &str, cookie: &str, page: &str) {
        let is_it = |button: &str| button.starts_with("Ask for it: ") || button.starts_with("Do it: ");
        let button = forms(page).into_iter().flat_map(|form| form.buttons).map(|(words, _)| words).find(|it| is_it(it));
        let Some(button) = button else {
            let said = inside(page, "<p class=\"notice\"", "</p>").unwrap_or_default();
            self.say(&format!("{staff} presses `{words}` and reads: {said}"));
            return;
        };
        self.say(&format!("{staff} presses `{words}` and reads, before pressing `{button}`:"));
        for needs in ["This needs the approval of", "You may decide this yourself"] {
            if let Some((_, rest)) = page.split_once(needs) {
                let rest = rest.split("</p>").next().unwrap_or_default();
                self.say(&format!("    {}", plain(&format!("{needs}{rest}"))));
            }
        }
        for row in page.split("<tr>").skip(1).filter_map(|row| row.split("</tr>").next()) {
            let cells = row.split("<td").skip(1).filter_map(|cell| cell.split_once('>'));
            let cells: Vec<_> = cells.map(|(_, cell)| plain(cell)).collect();
            if let [label, before, after] = &cells[..] {
                self.say(&format!("    {label}: {before} → {after}"));
            }
        }
        let answer = self.sends(cookie, page, is_it).await.expect("its button was found");
        if answer.status() != StatusCode::SEE_OTHER {
            let said = inside(&read(&answer), "<p class=\"notice\"", "</p>").unwrap_or_default();
            self.say(&format!("{staff} is refused: {said}"));
        }
    }

    async fn signed_in(&self, staff: &str) -> String {
        let request = Request::post("/local/login").body(Bytes::from(format!("staff={staff}"))).unwrap();
        let answer = dispatch(&self.service, &request).await;
        let cookie = answer.headers().get("set-cookie").unwrap_or_else(|| panic!("{staff} cannot sign in"));
        cookie.to_str().unwrap().split(';').next().unwrap_or_default().to_owned()
    }

    /// Sends the form of the first such button; nothing, where there is none.
    async fn sends(&self, cookie: &str, page: &str, is_it: impl Fn(&str) -> bool) -> Option<Response<Bytes>> {
        let mut all = forms(page).into_iter();
        let (form, own) = all.find_map(|form| {
            let (_, own) = form.buttons.iter().find(|(words, _)| is_it(words))?;
            let own = own.clone();
            Some((form, own))
        })?;
        let fields = form.fields.iter().cloned().chain(own);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(form.to.as_str())
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body))
            .unwrap();
        Some(dispatch(&self.service, &request).await)
    }
}

fn read(answer: &Response<Bytes>) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

/// What the page that it leads to says on top.
fn notice(answer: &Response<Bytes>) -> String {
    let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    let query = to.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let said = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "notice");
    said.map(|(_, said)| format!(": {said}")).unwrap_or_default()
}

fn forms(page: &str) -> Vec<Form> {
    let all = page.split("<form ").skip(1);
    all.filter_map(|rest| rest.split_once("</form>")).map(|(form, _)| form_of(form)).collect()
}

fn form_of(written: &str) -> Form {
    let (head, inside) = written.split_once('>').unwrap_or((written, ""));
    let mut form = Form { to: attribute(head, "action"), ..Form::default() };
    let mut selects = String::new();
    for (tag, text) in inside.split('<').filter_map(|part| part.split_once('>')) {
        let own = |name: &str| attribute(tag, name);
        let is = |word: &str| tag.split(' ').any(|part| part == word);
        match tag.split(' ').next().unwrap_or_default() {
            "input" if own("name").is_empty() || (own("type") == "checkbox" && !is("checked")) => {}
            "input" => form.fields.push((own("name"), own("value"))),
            "textarea" => form.fields.push((own("name"), unescaped(text))),
            "select" => selects = own("name"),
            "option" if is("selected") => form.fields.push((selects.clone(), own("value"))),
            "button" if !is("hidden") => {
                let sends = Some((own("name"), own("value"))).filter(|(name, _)| !name.is_empty());
                form.buttons.push((unescaped(text.trim()), sends));
            }
            _ => {}
        }
    }
    form
}

fn attribute(tag: &str, name: &str) -> String {
    let tag = format!(" {tag}");
    let value = tag.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    value.map(|(value, _)| unescaped(value)).unwrap_or_default()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// What stands between the end of a tag and the end of what it holds.
fn inside(page: &str, begins: &str, ends: &str) -> Option<String> {
    let (_, rest) = page.split_once(begins)?;
    let (_, rest) = rest.split_once('>')?;
    Some(plain(rest.split(ends).next().unwrap_or_default()))
}

/// A piece of a page as it is read.
fn plain(piece: &str) -> String {
    let piece = format!(">{piece}");
    let words: String = piece.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    unescaped(words.split_whitespace().collect::<Vec<_>>().join(" ").as_str())
}
