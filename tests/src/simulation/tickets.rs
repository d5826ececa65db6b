//! What the staff do about tickets in a storm: they answer and end them, say what they are and whose, and write down
//! calls.

use super::asked::{Asked, Paid};
use super::letters::{SUBJECT, WORDS, address};
use super::{CUSTOMERS, Sent, Storm};
use crate::faults::Fate;
use crate::world;
use app::ports::Clock;
use domain::ticket::TicketName;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;

/// Who is at tickets.
pub(super) const STAFF: [&str; 4] = ["lena", "luis", "bea", "mara"];

/// What people answer. The second is nothing for a stranger, and whoever writes it to one is to be refused.
const ANSWERS: [&str; 3] = ["We look at it.", "We have refunded 49.00 USD to you.", "Please write to us once more."];
/// What Zendesk gets wrong. What it shows late it shows before the policy says that it has settled.
const TROUBLES: [&str; 10] = [
    "429",
    "429 600",
    "503",
    "409",
    "422",
    "500",
    "500_done",
    "timeout_done",
    "timeout_not_done",
    "shows_late 200, timeout_done",
];

/// The talk with customers, as whoever plays them and the staff knows it.
#[derive(Debug, Default)]
pub struct Talk {
    pub tickets: Vec<Written>,
    pub pressed: Vec<Pressed>,
    pub asked: Vec<Asked>,
    /// Because of which ticket somebody asked for a payment, each time that this may have been done.
    pub askings: Vec<TicketName>,
    pub paid: Vec<Paid>,
}

/// A ticket that somebody wrote.
#[derive(Debug)]
pub struct Written {
    pub name: TicketName,
    /// Every address that its letters came from, as far as its help desk tells them.
    pub from: Vec<String>,
    /// Since when a colleague may have said whose it is.
    pub vouched_at: Option<Timestamp>,
    /// Nothing, where a colleague wrote it down.
    pub(super) letters: Vec<Sent>,
}

/// An answer that somebody pressed the button for.
#[derive(Debug)]
pub struct Pressed {
    pub ticket: TicketName,
    pub text: String,
    /// Whether nobody writes these words a second time.
    pub is_own: bool,
    /// Whether they were told that it is being sent.
    pub is_taken: bool,
    /// Whether all who pressed were told that it is not.
    pub is_refused: bool,
}

impl Storm {
    /// Somebody of the staff, or a customer who was asked to pay, does something about a ticket.
    pub(super) async fn something_of_tickets(&mut self, fate: &Fate) -> Result<(), String> {
        match self.dice.roll(14) {
            0..=3 => self.somebody_answers(fate).await,
            4 | 5 => self.somebody_says_of_a_ticket(fate).await,
            6 => self.somebody_calls(fate).await,
            7 => self.a_letter_comes_again(fate).await,
            8 => {
                for trouble in self.dice.pick(&TROUBLES).split(", ") {
                    self.service.sandbox.trouble("zendesk", trouble).map_err(|error| error.to_string())?;
                }
            }
            9 | 10 => self.somebody_asks_for_payment(fate).await,
            11 | 12 => self.somebody_pays().await?,
            _ => self.somebody_places_a_payment(fate).await,
        }
        if self.dice.roll(2) == 0 {
            self.work(fate).await;
        }
        Ok(())
    }

    /// The place of a ticket that has reached us.
    pub(super) fn some_ticket(&mut self) -> Option<usize> {
        let has_come = |letter: &Sent| self.acknowledged.contains(letter);
        let is_here = |it: &Written| it.letters.is_empty() || it.letters.iter().any(has_come);
        let here: Vec<usize> = (0..self.talk.tickets.len()).filter(|at| is_here(&self.talk.tickets[*at])).collect();
        (!here.is_empty()).then(|| *self.dice.pick(&here))
    }

    /// Somebody answers, in their own words or with what is prepared; two may press the same at once.
    async fn somebody_answers(&mut self, fate: &Fate) {
        let Some(place) = self.some_ticket() else { return };
        let ticket = self.talk.tickets[place].name.clone();
        let draft = if self.dice.roll(3) == 0 { self.some_draft(fate, &ticket).await } else { None };
        let is_own = draft.is_none();
        let own = *self.dice.pick(&ANSWERS);
        let text = draft.unwrap_or_else(|| format!("{own} This is note {}.", self.talk.pressed.len()));
        let (staff, is_doubled) = (*self.dice.pick(&STAFF), self.dice.roll(3) == 0);
        let body = json!({"text": text, "solved": self.dice.roll(4) == 0});
        let path = format!("/api/tickets/{}/reply", ticket.address());
        let answers = self
            .alive(fate, async |service| {
                let press = async || world::ask(service, staff, Method::POST, &path, Some(&body), None).await.0;
                if is_doubled {
                    let (one, two) = tokio::join!(press(), press());
                    vec![one, two]
                } else {
                    vec![press().await]
                }
            })
            .await;
        let answers = answers.unwrap_or_default();
        let is_taken = answers.contains(&StatusCode::OK);
        let is_refused = !answers.is_empty() && answers.iter().all(StatusCode::is_client_error);
        self.talk.pressed.push(Pressed { ticket, text, is_own, is_taken, is_refused });
    }

    async fn some_draft(&mut self, fate: &Fate, ticket: &TicketName) -> Option<String> {
        let path = format!("/api/tickets/{}/drafts", ticket.address());
        let offered = self
            .alive(fate, async |service| world::ask(service, "lena", Method::GET, &path, None, None).await.1)
            .await?;
        let drafts = offered["drafts"].as_array().filter(|drafts| !drafts.is_empty())?;
        self.dice.pick(drafts)["text"].as_str().map(str::to_owned)
    }

    /// Somebody ends a ticket, gives it to somebody or back, says what it is, or whose.
    async fn somebody_says_of_a_ticket(&mut self, fate: &Fate) {
        let Some(place) = self.some_ticket() else { return };
        let (what, body) = match self.dice.roll(8) {
            0..=2 => ("close", json!({"note": "they called"})),
            3 => ("assign", json!({"to": *self.dice.pick(&["luis", "bea", ""])})),
            4 | 5 => {
                let class = *self.dice.pick(&["refund_request", "payment_failed", "other_billing", "not_billing"]);
                ("class", json!({"class": class}))
            }
            _ => {
                let account = format!("stripe:{}", self.dice.pick(CUSTOMERS));
                ("account", json!({"account": account, "note": "called the number on file"}))
            }
        };
        let (staff, now) = (*self.dice.pick(&STAFF), self.service.clock.now());
        let path = format!("/api/tickets/{}/{what}", self.talk.tickets[place].name.address());
        let answer = self
            .alive(fate, async |service| world::ask(service, staff, Method::POST, &path, Some(&body), None).await.0)
            .await;
        // Whoever hears no answer does not know whether it was done.
        if what == "account" && answer.is_none_or(|status| !status.is_client_error()) {
            self.talk.tickets[place].vouched_at.get_or_insert(now);
        }
    }

    /// Somebody calls, and whoever takes the call writes it down.
    async fn somebody_calls(&mut self, fate: &Fate) {
        self.asked += 1;
        let key = format!("call-{}", self.asked);
        let customer = *self.dice.pick(CUSTOMERS);
        let is_stranger = self.dice.roll(3) == 0;
        let from = address(customer, is_stranger, &key);
        let words = format!("{} I called about it, too.", self.dice.pick(&WORDS));
        let body = json!({"subject": SUBJECT, "body": words, "requester": {"email": from, "name": "Ada"}});
        let answer = self
            .alive(fate, async |service| {
                world::ask(service, "lena", Method::POST, "/api/tickets", Some(&body), Some(&key)).await
            })
            .await;
        let Some((StatusCode::CREATED, shown)) = answer else { return };
        let name = shown["id"].as_str().and_then(TicketName::at).unwrap();
        if self.talk.tickets.iter().all(|it| it.name != name) {
            self.talk.tickets.push(Written { name, from: vec![from], vouched_at: None, letters: Vec::new() });
        }
    }

    /// A help desk sends once more what it was told that we have.
    async fn a_letter_comes_again(&mut self, fate: &Fate) {
        let all = self.talk.tickets.iter().flat_map(|it| &it.letters);
        let had: Vec<Sent> = all.filter(|letter| self.acknowledged.contains(letter)).cloned().collect();
        if had.is_empty() {
            return;
        }
        let Sent { provider, body, .. } = self.dice.pick(&had).clone();
        self.alive(fate, async |service| world::deliver_to(service, provider, &body).await).await;
    }

    /// Once the weather is clear the desk sees to most of what is left, and some customers pay late.
    pub(super) async fn clears_the_desk(&mut self) -> Result<(), String> {
        let all: Vec<TicketName> = self.talk.tickets.iter().map(|it| it.name.clone()).collect();
        for ticket in all {
            let (what, body) = match self.dice.roll(8) {
                0 => continue,
                1 => ("reply", json!({"text": "We have seen to it.", "solved": true})),
                _ => ("close", json!({"note": "seen to"})),
            };
            let path = format!("/api/tickets/{}/{what}", ticket.address());
            let (status, answer) = world::ask(&self.service, "mara", Method::POST, &path, Some(&body), None).await;
            if status.is_server_error() || status == StatusCode::NOT_FOUND {
                return Err(format!("{path} was answered {status}: {answer}"));
            }
        }
        self.service.work().await.map_err(|error| error.to_string())?;
        for place in 0..self.talk.asked.len() {
            if self.dice.roll(3) == 0 {
                self.sends_money(place)?;
            }
        }
        self.delivers_the_rest().await
    }
}
