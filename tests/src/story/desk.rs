//! Tickets: who writes, whose a ticket is, what is answered, and how long all of it took.

use super::words::{each, text};
use super::{Telling, Verb};
use crate::world;
use app::store::{self, keys};
use domain::case::Case;
use domain::telling::State as Sent;
use domain::ticket::{Answer, Ticket, TicketName};
use http::Method;
use serde_json::{Value, json};

pub(super) const VERBS: &[Verb] = &[
    (
        "mails",
        "ADDRESS TICKET SUBJECT … -- WORD …",
        "Somebody writes to the help desk from an address; the same TICKET again is a further letter.",
    ),
    ("files", "NUMBER SUBJECT … -- WORD …", "The same at Zendesk, which does not tell the address."),
    ("verify", "STAFF TICKET CUSTOMER WORD …", "Somebody says whose a ticket is, and how they know."),
    (
        "answer",
        "STAFF TICKET OUTCOME",
        "Somebody sends the answer that is prepared; `done` and `denied` end the ticket.",
    ),
    ("reply", "STAFF TICKET WORD …", "Somebody answers in their own words."),
    ("close", "STAFF TICKET WORD …", "Somebody ends a ticket, because of WORD …"),
    ("finish", "STAFF WORD …", "Somebody says that the first open task which begins so is done."),
    (
        "played",
        "STAFF TICKET",
        "Somebody looks how the playbook of a ticket's case stands, and how long it took so far.",
    ),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["mails", address, ticket, words @ ..] if words.contains(&"--") => telling.mails(address, ticket, words).await,
        ["files", number, words @ ..] if words.contains(&"--") => telling.files(number, words).await,
        ["verify", staff, ticket, customer, note @ ..] => telling.verify(staff, ticket, customer, note).await,
        ["answer", staff, ticket, outcome] => telling.answer(staff, ticket, outcome).await,
        ["reply", staff, ticket, words @ ..] => {
            let said = json!({"text": words.join(" ")});
            telling.post_as(staff, &format!("/api/tickets/{ticket}/reply"), Some(&said)).await;
        }
        ["close", staff, ticket, note @ ..] => {
            let said = json!({"note": note.join(" ")});
            telling.post_as(staff, &format!("/api/tickets/{ticket}/close"), Some(&said)).await;
        }
        ["finish", staff, words @ ..] => telling.finish(staff, &words.join(" ")).await,
        ["played", staff, ticket] => telling.played(staff, ticket).await,
        _ => return false,
    }
    true
}

/// The subject and the words of a letter.
fn letter(words: &[&str]) -> (String, String) {
    let mut parts = words.splitn(2, |word| *word == "--").map(|part| part.join(" "));
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

impl Telling {
    async fn mails(&mut self, address: &str, id: &str, words: &[&str]) {
        let (subject, body) = letter(words);
        let is_known = self.desk.iter().any(|known| known == id);
        let kind = if is_known { "ticket.commented" } else { "ticket.created" };
        let event = format!("tkt_{}", self.next_number());
        let told = json!({"id": event, "type": kind, "created_at": self.at, "ticket": {
            "id": id, "subject": subject, "body": body, "status": "open", "csat": null,
            "requester": {"email": address, "name": null}}});
        self.arrives("ticket", id.to_owned(), &told).await;
    }

    async fn files(&mut self, number: &str, words: &[&str]) {
        let (subject, body) = letter(words);
        let event = format!("zd_{}", self.next_number());
        let told = json!({"type": "zen:event-type:ticket.created", "id": event, "account_id": 1,
            "subject": format!("zen:ticket:{number}"), "time": self.at, "zendesk_event_version": "2022-11-06",
            "detail": {"id": number, "subject": subject, "description": body, "status": "OPEN", "requester_id": "555"},
            "event": {}});
        self.arrives("zendesk", format!("zendesk:{number}"), &told).await;
    }

    async fn arrives(&mut self, provider: &str, address: String, told: &Value) {
        let answer = world::deliver_to(&self.service, provider, told.to_string().as_bytes()).await;
        self.answered(answer);
        if !self.desk.contains(&address) {
            self.desk.push(address);
        }
        self.service.work().await.unwrap();
    }

    async fn verify(&mut self, staff: &str, ticket: &str, customer: &str, note: &[&str]) {
        let said = json!({"account": format!("stripe:{customer}"), "note": note.join(" ")});
        self.post_as(staff, &format!("/api/tickets/{ticket}/account"), Some(&said)).await;
    }

    async fn answer(&mut self, staff: &str, ticket: &str, outcome: &str) {
        let offered = world::get(&self.service, &format!("/api/tickets/{ticket}/drafts")).await;
        let Some(draft) = each(&offered["drafts"]).find(|draft| draft["outcome"] == outcome) else {
            let all: Vec<_> = each(&offered["drafts"]).map(|draft| text(&draft["outcome"])).collect();
            self.say(&format!("nothing is prepared that says {outcome}; there is: {}", all.join(", ")));
            return;
        };
        let solved = matches!(outcome, "done" | "denied");
        let said =
            json!({"text": draft["text"], "outcome": outcome, "solved": solved, "answered": offered["answered"]});
        self.post_as(staff, &format!("/api/tickets/{ticket}/reply"), Some(&said)).await;
    }

    async fn finish(&mut self, staff: &str, what: &str) {
        let tasks = world::get(&self.service, "/api/tasks").await;
        let mut open = each(&tasks["items"]).filter(|task| task["state"] == "open");
        let Some(task) = open.find(|task| text(&task["what"]).starts_with(what)) else {
            self.say(&format!("no open task begins with `{what}`"));
            return;
        };
        let path = format!("/api/tasks/{}", text(&task["id"]));
        if self.post_as(staff, &path, Some(&json!({"done": true}))).await.is_some() {
            self.say(&format!("{staff} has done: {what}"));
        }
    }

    async fn played(&mut self, staff: &str, ticket: &str) {
        let Some(id) = self.case_of(ticket).await else {
            self.say(&format!("ticket {ticket} has no case"));
            return;
        };
        let (_, case) = world::ask(&self.service, staff, Method::GET, &format!("/api/cases/{id}"), None, None).await;
        let name = text(&case["playbook"]["playbook"]);
        if name.is_empty() {
            self.say(&format!("the case of ticket {ticket} has no playbook"));
            return;
        }
        let play =
            world::post_text(&self.service, staff, &format!("/api/playbooks/{name}"), &json!({"case": id})).await;
        self.say(&play.replace('\n', "\n    "));
        let (minutes, target) = (text(&case["handling"]["minutes"]), &case["handling"]["target"]);
        self.say(&format!("    people were at it for {minutes} minutes, of {} to {}", target[0], target[1]));
    }

    /// The ticket that an address names.
    async fn ticket_at(&self, address: &str) -> Ticket {
        let name = TicketName::at(address).unwrap_or_else(|| panic!("`{address}` is no ticket"));
        let ticket = store::read(&self.service.context, &keys::ticket(&name.provider, &name.source, &name.id)).await;
        ticket.unwrap().unwrap_or_else(|| panic!("the story has no ticket {address}"))
    }

    /// The id of its case.
    pub(super) async fn case_of(&self, address: &str) -> Option<String> {
        self.ticket_at(address).await.handling.case.map(|case| case.to_string())
    }

    /// What is different of the tickets that were written: how each stands, and what was answered.
    pub(super) async fn look_at_desk(&mut self) {
        for address in self.desk.clone() {
            let ticket = self.ticket_at(&address).await;
            let case: Option<Case> = match &ticket.handling.case {
                Some(case) => store::read(&self.service.context, &keys::case(case)).await.unwrap(),
                None => None,
            };
            self.once(&format!("desk {address}"), ticket_line(&address, &ticket, case.as_ref()));
            for answer in &ticket.handling.answers {
                self.once(&format!("answer {address} {}", answer.number), answer_line(&address, answer));
            }
        }
    }
}

fn ticket_line(address: &str, ticket: &Ticket, case: Option<&Case>) -> String {
    let handling = &ticket.handling;
    let class = handling.taken_for.as_ref().and_then(|taken| taken.certain());
    let class = class.map_or_else(|| "nobody knows what it is about".to_owned(), |class| class.title().to_lowercase());
    let contact = if ticket.is_from_a_contact() { "from a contact" } else { "from nobody whom we know" };
    let case = case.map(|case| format!(", its case is about {}", case.about)).unwrap_or_default();
    let has_it = handling.assigned_to.as_deref().unwrap_or("nobody");
    let due = handling.due_at.map(|at| at.strftime(", due %m-%d %H:%M").to_string()).unwrap_or_default();
    let repeats = handling.merged_into.as_ref().map(|first| format!(", a repeat of {first}")).unwrap_or_default();
    let state = handling.state.name();
    format!("ticket {address}: {state}, {class}, {contact}{case}, {has_it} has it{due}{repeats}")
}

/// What the customer reads, in one line.
fn answer_line(address: &str, answer: &Answer) -> String {
    let state = match &answer.state {
        Sent::Sending => "is being sent".to_owned(),
        Sent::Sent => "is sent".to_owned(),
        Sent::InDoubt { reason } => format!("may have been sent: {reason}"),
        Sent::Refused { reason, .. } => format!("is not taken: {reason}"),
    };
    let words: Vec<_> = answer.text.split_whitespace().collect();
    let (outcome, by) = (answer.outcome.name(), &answer.by);
    format!("ticket {address}: answer {} ({outcome}, by {by}) {state}: {}", answer.number, words.join(" "))
}
