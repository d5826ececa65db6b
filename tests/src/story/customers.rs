//! What customers do with the link in a reminder.

use super::{Telling, Verb};
use bytes::Bytes;
use http::{Method, Request};
use local::server::dispatch;

pub(super) const VERBS: &[Verb] = &[
    ("opens", "CUSTOMER", "A customer opens the link of the latest letter to them."),
    ("presses", "CUSTOMER INVOICE", "A customer presses the button of an invoice behind that link."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["opens", customer] => telling.opens(customer).await,
        ["presses", customer, invoice] => telling.presses(customer, invoice).await,
        _ => return false,
    }
    true
}

impl Telling {
    async fn opens(&mut self, customer: &str) {
        let answer = self.asked(Method::GET, customer, String::new()).await;
        self.read(customer, &answer);
    }

    async fn presses(&mut self, customer: &str, invoice: &str) {
        let answer = self.asked(Method::POST, customer, format!("invoice={invoice}")).await;
        match answer.headers().get("location").and_then(|location| location.to_str().ok()) {
            Some(location) => self.say(&format!("{customer} is led to {location}")),
            None => self.read(customer, &answer),
        }
    }

    /// The headings and buttons of a page are what people see first.
    fn read(&mut self, customer: &str, answer: &http::Response<Bytes>) {
        let page = String::from_utf8_lossy(answer.body()).into_owned();
        let tags = page.split('<').filter_map(|tag| tag.split_once('>'));
        let shown = tags.filter(|(tag, _)| ["h1", "h2", "button"].contains(&tag.split(' ').next().unwrap_or_default()));
        let shown = shown.map(|(_, text)| text.trim()).collect::<Vec<_>>().join("; ");
        self.say(&format!("{customer} reads: {shown}"));
    }

    async fn asked(&self, method: Method, customer: &str, body: String) -> http::Response<Bytes> {
        let to = format!("{customer}@shop.example");
        let letters = self.service.outbox.letters().unwrap();
        let link = letters.iter().find(|(_, letter)| letter.to == to).and_then(|(_, letter)| letter.links.first());
        let link = link.unwrap_or_else(|| panic!("{customer} has no letter with a link"));
        let path = link.trim_start_matches(&self.service.context.settings.base_url);
        let request = Request::builder().method(method).uri(path).body(Bytes::from(body)).unwrap();
        dispatch(&self.service, &request).await
    }
}
