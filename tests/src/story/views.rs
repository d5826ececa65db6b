//! What people look at; looking changes nothing.

use super::words::{each, fields, text};
use super::{Telling, Verb};
use crate::world;
use app::store::keys;
use domain::case::Case;
use domain::money::{Currency, Money};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) const VERBS: &[Verb] = &[
    ("show", "PROVIDER:CUSTOMER", "Lena looks at an account's sidebar; what is not known is left out."),
    ("cases", "", "What each case advises, its evidence, and what is not known."),
    ("drafts", "INVOICE", "What the case of a failed payment advises, and the reply that it drafts."),
    ("play", "STAFF PLAYBOOK FIELD=VALUE …", "Somebody asks what a playbook would do."),
    ("access", "ACCOUNT", "What a customer may use, since when, and what is next if nothing is paid."),
    ("tasks", "", "What only people can do, and have not done."),
    ("tickets", "", "Each ticket, and of how many known accounts it is."),
    ("wait", "", "Nobody does anything; time passes until here."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["show", account] => telling.show(account).await,
        ["cases"] => telling.cases().await,
        ["drafts", invoice] => telling.drafts(invoice).await,
        ["play", staff, name, fields @ ..] => telling.play(staff, name, fields).await,
        ["access", account] => telling.access(account).await,
        ["tasks"] => telling.tasks().await,
        ["tickets"] => telling.tickets().await,
        ["wait"] => {}
        _ => return false,
    }
    true
}

impl Telling {
    async fn show(&mut self, account: &str) {
        self.service.work().await.unwrap();
        let sidebar = world::ask_text(&self.service, "lena", &format!("/api/accounts/{account}")).await;
        let known: Vec<_> =
            sidebar.lines().take_while(|line| !line.is_empty()).filter(|line| !line.ends_with("not known")).collect();
        self.say(&format!("{account} shows {}", known.join("; ")));
    }

    async fn cases(&mut self) {
        self.service.work().await.unwrap();
        for account in self.accounts().await {
            for case in world::records::<Case>(&self.service, &keys::cases(&account)).await {
                let evidence = case.evidence.iter().map(|it| format!("{} {}", it.label.to_lowercase(), it.value));
                let missing = case.missing.iter().map(|it| format!("not known: {it}"));
                let known = evidence.chain(missing).collect::<Vec<_>>().join("; ");
                self.say(&format!("about {} {}: {} {known}", case.class.name(), case.about, case.advice));
            }
        }
    }

    async fn drafts(&mut self, invoice: &str) {
        let cases = world::get(&self.service, "/api/cases?state=open&class=payment_failed").await;
        for case in each(&cases["items"]).filter(|case| case["about"] == invoice) {
            let case = world::get(&self.service, &format!("/api/cases/{}", text(&case["id"]))).await;
            let preview = &case["preview"];
            let reply: Vec<_> = text(&preview["reply"]["body"]).split_whitespace().collect();
            self.say(&format!("for {invoice}: {} Draft: {}", text(&preview["advice"]), reply.join(" ")));
        }
    }

    async fn play(&mut self, staff: &str, name: &str, words: &[&str]) {
        let mut body = json!({});
        for (field, text) in fields(words) {
            body[field] = match field {
                "amount" => json!(Money::parse(text, Currency::USD).unwrap()),
                "case" => self.case_about(text).await,
                _ => json!(text),
            };
        }
        let path = format!("/api/playbooks/{name}");
        let play = world::post_text(&self.service, staff, &path, &body).await;
        self.say(&play.replace('\n', "\n    "));
    }

    /// The id of the case about a payment or an invoice.
    async fn case_about(&self, id: &str) -> Value {
        let cases = world::get(&self.service, "/api/cases").await;
        let found = each(&cases["items"]).find(|case| case["about"] == id);
        found.unwrap_or_else(|| panic!("there is no case about {id}"))["id"].clone()
    }

    async fn access(&mut self, account: &str) {
        self.service.work().await.unwrap();
        let whole = if account.contains(':') { account.to_owned() } else { format!("stripe:{account}") };
        let entitled = world::get(&self.service, &format!("/api/entitlements/{whole}")).await;
        let (state, next) = (text(&entitled["state"]), text(&entitled["next"]["state"]));
        let since = shortly(&entitled["since"]);
        let then =
            if next.is_empty() { "nothing".to_owned() } else { format!("{next} {}", shortly(&entitled["next"]["at"])) };
        self.say(&format!("{account} has access: {state} since {since}, next {then}"));
    }

    async fn tasks(&mut self) {
        self.service.work().await.unwrap();
        let tasks = world::get(&self.service, "/api/tasks").await;
        let mut open = each(&tasks["items"])
            .filter(|task| task["state"] == "open")
            .map(|task| text(&task["what"]))
            .collect::<Vec<_>>();
        open.sort_unstable();
        if open.is_empty() {
            self.say("there is no task");
        }
        for what in open {
            self.say(&format!("task: {what}"));
        }
    }

    async fn tickets(&mut self) {
        self.service.work().await.unwrap();
        let tickets = world::get(&self.service, "/api/tickets").await;
        for ticket in each(&tickets["items"]) {
            let (id, status, body) = (&ticket["id"], &ticket["status"], &ticket["body"]);
            let accounts = each(&ticket["accounts"]).count();
            self.say(&format!("ticket {id} {status}: {body}, of {accounts} known account(s)"));
        }
    }
}

/// A time of an answer as stories say it.
fn shortly(time: &Value) -> String {
    let time: Option<Timestamp> = text(time).parse().ok();
    time.map_or_else(|| "long ago".to_owned(), |time| time.strftime("%m-%d %H:%M").to_string())
}
