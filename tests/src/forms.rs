//! The forms and the links of a page, as a browser would send and follow them.

/// A form that posts, with one of its buttons pressed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    pub to: String,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    pub name: String,
    /// What kind of input it is: its type, its `inputmode` where that says more, or its element.
    pub kind: String,
    pub value: String,
}

impl Form {
    /// What is sent when each field says what `typed` makes of it.
    pub fn sent(&self, typed: impl Fn(&Field) -> String) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for field in &self.fields {
            body.append_pair(&field.name, &typed(field));
        }
        body.finish()
    }
}

/// Every form that posts, once for each button that can be pressed.
pub fn posts(page: &str) -> Vec<Form> {
    let forms = page.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next());
    forms.filter(|form| tag(form).contains(" method=\"post\"")).flat_map(pressed).collect()
}

fn pressed(form: &str) -> Vec<Form> {
    let Some(to) = attribute(tag(form), "action") else { return Vec::new() };
    let (mut fields, mut buttons) = (Vec::<Field>::new(), Vec::new());
    for part in form.split('<').skip(1) {
        let (tag, text) = (tag(part), part.split_once('>').map_or("", |(_, text)| text));
        let of = |kind: String, value: String| attribute(tag, "name").map(|name| Field { name, kind, value });
        match part.split([' ', '>']).next().unwrap_or_default() {
            "input" => {
                let kind =
                    attribute(tag, "inputmode").or_else(|| attribute(tag, "type")).unwrap_or_else(|| "text".to_owned());
                if !["checkbox", "radio"].contains(&kind.as_str()) || tag.contains(" checked") {
                    fields.extend(of(kind, attribute(tag, "value").unwrap_or_default()));
                }
            }
            "textarea" => fields.extend(of("textarea".to_owned(), plain(text))),
            "select" => fields.extend(of("select".to_owned(), String::new())),
            "option" => {
                let value = attribute(tag, "value").unwrap_or_else(|| plain(text));
                if let Some(last) = fields.last_mut().filter(|last| last.kind == "select")
                    && (last.value.is_empty() || tag.contains(" selected"))
                {
                    last.value = value;
                }
            }
            "button" if !tag.contains(" disabled") && attribute(tag, "type").is_none_or(|kind| kind == "submit") => {
                buttons.push(of("submit".to_owned(), attribute(tag, "value").unwrap_or_default()));
            }
            _ => {}
        }
    }
    if buttons.is_empty() {
        buttons.push(None);
    }
    let with = |button: Option<Field>| fields.iter().cloned().chain(button).collect();
    buttons.into_iter().map(|button| Form { to: to.clone(), fields: with(button) }).collect()
}

/// The addresses of our own that a page leads to, without the place on the page, as a browser asks for them.
pub fn links(page: &str) -> Vec<String> {
    let all = page.split("<a ").skip(1).filter_map(|rest| attribute(tag(rest), "href"));
    let own = all.filter(|address| address.starts_with('/') && !address.starts_with("//"));
    own.filter_map(|address| address.split('#').next().map(in_ascii)).collect()
}

/// What may not stand in an address as it is, by its bytes.
fn in_ascii(address: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>`{}|^\\".contains(byte);
    address
        .bytes()
        .map(|byte| if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What stands in an element's own brackets; no value has a bracket in it.
fn tag(part: &str) -> &str {
    part.split('>').next().unwrap_or_default()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = format!(" {tag}");
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(plain)
}

fn plain(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (shown, meant)| text.replace(shown, meant))
}
