//! What a customer writes into the refund request form: read as they typed it, and told as a ticket once the address is theirs.

use super::{TakenFor, Tongue};
use crate::action::Reason;
use crate::case::Class;
use crate::event::{Event, Kind, Origin, Seen, TicketSeen, TicketStatus};
use crate::policy::FormLimits;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What tickets name as their help desk that came through the form.
pub const FORM: &str = "form";

/// As long as any address may be.
const EMAIL_BYTES_MAX: usize = 254;
const INVOICE_CHARS_MAX: usize = 60;
const AMOUNT_CHARS_MAX: usize = 40;

/// The reasons that customers choose from: that a bank asks is none of theirs.
pub const REASONS: [Reason; 5] = [
    Reason::DuplicateCharge,
    Reason::BillingError,
    Reason::ServiceOutage,
    Reason::CustomerDissatisfaction,
    Reason::Other,
];

/// The fields as they were typed, with what nobody may keep masked already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub email: String,
    pub invoice: String,
    pub last4: String,
    pub amount: String,
    pub reason: String,
    pub text: String,
}

/// What is wrong with a field. The order is that of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lacks {
    /// There is no address that a message can be sent to.
    Email,
    /// Neither an invoice nor the end of a card is named, or the invoice is endless.
    Payment,
    /// The end of a card has four digits.
    Last4,
    Amount,
    /// Nobody can guess what another reason is.
    Text,
    TooLong,
}

/// A request that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub email: String,
    pub invoice: Option<String>,
    pub last4: Option<String>,
    /// As it was written: it decides nothing.
    pub amount: Option<String>,
    pub reason: Reason,
    pub text: String,
    /// In which language the form was read.
    pub language: String,
}

impl Typed {
    /// Reads the fields, or says everything that is wrong with them.
    pub fn read(&self, language: &str, limits: &FormLimits) -> Result<Wanted, Vec<Lacks>> {
        let email = self.email.trim();
        let invoice = Some(line(&self.invoice)).filter(|it| !it.is_empty());
        let last4: String = self.last4.split_whitespace().collect();
        let last4 = Some(last4).filter(|it| !it.is_empty());
        let amount = Some(line(&self.amount)).filter(|it| !it.is_empty());
        let reason = REASONS.into_iter().find(|reason| reason.name() == self.reason).unwrap_or(Reason::Other);
        let text = plain_text(&self.text);
        let is_long = |it: &Option<String>, max: usize| it.as_ref().is_some_and(|it| it.chars().count() > max);
        let is_end = |it: &String| it.len() == 4 && it.bytes().all(|byte| byte.is_ascii_digit());
        let lacks: Vec<Lacks> = [
            (Lacks::Email, !is_address(email)),
            (Lacks::Payment, (invoice.is_none() && last4.is_none()) || is_long(&invoice, INVOICE_CHARS_MAX)),
            (Lacks::Last4, last4.as_ref().is_some_and(|it| !is_end(it))),
            (Lacks::Amount, is_long(&amount, AMOUNT_CHARS_MAX)),
            (Lacks::Text, reason == Reason::Other && text.is_empty()),
            (Lacks::TooLong, text.chars().count() > limits.text_chars_max),
        ]
        .into_iter()
        .filter_map(|(lacks, is_so)| is_so.then_some(lacks))
        .collect();
        if !lacks.is_empty() {
            return Err(lacks);
        }
        let (email, language) = (email.to_owned(), language.to_owned());
        Ok(Wanted { email, invoice, last4, amount, reason, text, language })
    }
}

impl Wanted {
    /// All that makes two of them the same.
    pub fn parts(&self) -> [&str; 6] {
        [
            &self.email,
            self.invoice.as_deref().unwrap_or_default(),
            self.last4.as_deref().unwrap_or_default(),
            self.amount.as_deref().unwrap_or_default(),
            self.reason.name(),
            &self.text,
        ]
    }

    /// What it tells as a ticket: in the words of the staff what the form asked, and the customer's own before that.
    pub fn event(&self, source: &str, id: &str, at: Timestamp) -> Event {
        let reason = self.reason.name().replace('_', " ");
        let facts = [
            self.invoice.as_ref().map(|invoice| format!("Invoice: {invoice}")),
            self.last4.as_ref().map(|last4| format!("Card ends in: {last4}")),
            self.amount.as_ref().map(|amount| format!("Amount: {amount}")),
            Some(format!("Reason: {reason}")),
        ];
        let facts = facts.into_iter().flatten().collect::<Vec<_>>().join("\n");
        let body = [self.text.as_str(), facts.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let seen = TicketSeen {
            id: id.to_owned(),
            subject: Some(format!("Refund request: {reason}")),
            body: Some(body.join("\n\n")),
            status: Some(TicketStatus::Open),
            requester_email: Some(self.email.clone()),
            verified: true,
            said: Some(Class::RefundRequest.name().to_owned()),
            language: Some(self.language.clone()),
            ..TicketSeen::default()
        };
        Event {
            id: id.to_owned(),
            provider: FORM.to_owned(),
            source: source.to_owned(),
            origin: Origin::Webhook,
            kind: Kind::TicketOpened,
            at,
            customer: None,
            seen: vec![Seen::Ticket(seen)],
        }
    }
}

impl TakenFor {
    /// What the customer chose themselves, where they were asked.
    pub fn chosen(seen: &TicketSeen, at: Timestamp) -> Option<Self> {
        let said = seen.said.as_deref()?;
        let class = Class::ALL.into_iter().find(|class| class.name() == said)?;
        let (by_letter, chosen, words) = (true, true, Vec::new());
        let language = seen.language.clone().map(|language| Tongue { by_letter, at, chosen, language, words });
        Some(Self { by: None, chosen, language, ..Self::by_hand(class, "", at) })
    }
}

/// Whether a message may be sent there. What programs of mail do not all carry is no address here, and nothing is one that
/// could end its line.
fn is_address(text: &str) -> bool {
    let Some((own, host)) = text.split_once('@') else { return false };
    let is_own = |letter: char| letter.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(letter);
    let is_host = |part: &str| {
        !part.is_empty() && !part.starts_with('-') && part.chars().all(|it| it.is_ascii_alphanumeric() || it == '-')
    };
    text.len() <= EMAIL_BYTES_MAX
        && !own.is_empty()
        && own.chars().all(is_own)
        && host.contains('.')
        && host.split('.').all(is_host)
}

/// On one line, without what nobody sees.
fn line(text: &str) -> String {
    plain_text(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes tags out of what somebody wrote, and what turns or hides text. What joins letters and signs stays: Persian and
/// families of emoji need it.
fn plain_text(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, behind)) = rest.split_once('<') {
        plain.push_str(before);
        let opens =
            behind.starts_with(|letter: char| letter.is_ascii_alphabetic() || matches!(letter, '/' | '!' | '?'));
        match behind.split_once('>').filter(|_| opens) {
            Some((_, after)) => rest = after,
            None => {
                plain.push('<');
                rest = behind;
            }
        }
    }
    plain.push_str(rest);
    let is_shown = |letter: &char| {
        let turns = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}');
        !turns && (!letter.is_control() || matches!(letter, '\n' | '\t'))
    };
    plain.chars().filter(is_shown).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    fn typed() -> Typed {
        Typed {
            email: " ada@shop.example ".into(),
            invoice: "INV-1".into(),
            reason: "duplicate_charge".into(),
            text: "I was charged twice.".into(),
            ..Typed::default()
        }
    }

    fn read(typed: &Typed) -> Result<Wanted, Vec<Lacks>> {
        typed.read("en", &Policies::shipped().unwrap().limits.current().form)
    }

    #[test]
    fn what_is_missing_is_said_all_at_once() {
        let max = Policies::shipped().unwrap().limits.current().form.text_chars_max;
        for (what, typed, expected) in [
            ("all there", typed(), vec![]),
            ("nothing", Typed::default(), vec![Lacks::Email, Lacks::Payment, Lacks::Text]),
            ("no address", Typed { email: "ada".into(), ..typed() }, vec![Lacks::Email]),
            ("two lines", Typed { email: "ada@shop.example\nBcc: x@y.example".into(), ..typed() }, vec![Lacks::Email]),
            ("two addresses", Typed { email: "a@b.example,c@d.example".into(), ..typed() }, vec![Lacks::Email]),
            ("no host", Typed { email: "ada@localhost".into(), ..typed() }, vec![Lacks::Email]),
            ("hidden letters", Typed { email: "a\u{200b}da@shop.example".into(), ..typed() }, vec![Lacks::Email]),
            ("no invoice", Typed { invoice: "  ".into(), ..typed() }, vec![Lacks::Payment]),
            ("only the card", Typed { invoice: String::new(), last4: "42 42".into(), ..typed() }, vec![]),
            ("half a card", Typed { last4: "424".into(), ..typed() }, vec![Lacks::Last4]),
            ("a masked card", Typed { last4: "[masked]".into(), ..typed() }, vec![Lacks::Last4]),
            ("an endless invoice", Typed { invoice: "x".repeat(61), ..typed() }, vec![Lacks::Payment]),
            ("an endless amount", Typed { amount: "1".repeat(41), ..typed() }, vec![Lacks::Amount]),
            ("a reason and no words", Typed { text: String::new(), ..typed() }, vec![]),
            ("another reason", Typed { reason: "other".into(), text: "<b></b> ".into(), ..typed() }, vec![Lacks::Text]),
            ("the longest text", Typed { text: "ü".repeat(max), ..typed() }, vec![]),
            ("a letter more", Typed { text: "ü".repeat(max + 1), ..typed() }, vec![Lacks::TooLong]),
        ] {
            assert_eq!(read(&typed).err().unwrap_or_default(), expected, "{what}");
        }
    }

    #[test]
    fn tags_go_and_every_script_stays() {
        for (written, expected) in [
            ("<script>alert(1)</script>", "alert(1)"),
            ("a <b>bold</b> word<br/>", "a bold word"),
            ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
            ("<3 you", "<3 you"),
            ("an open <tag", "an open <tag"),
            ("<<b>img src=x>", "<img src=x>"),
            ("<!-- hidden -->shown", "shown"),
            ("שלום עולם", "שלום עולם"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}💻 paid", "👩\u{200d}💻 paid"),
            ("a\u{202e}b\u{200b}c\u{0}d", "abcd"),
            ("one\n\n\ttwo\r\n", "one\n\n\ttwo"),
        ] {
            assert_eq!(plain_text(written), expected, "{written:?}");
        }
        assert_eq!(line(" INV\n-1 \u{202e}"), "INV -1");
    }

    #[test]
    fn it_becomes_a_ticket_of_a_verified_address_that_asks_for_a_refund() {
        let at: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let wanted = read(&Typed { last4: "4242".into(), amount: "24,00 €".into(), ..typed() }).unwrap();
        let event = wanted.event("stripe.default", "req_1", at);
        let Seen::Ticket(seen) = &event.seen[0] else { unreachable!() };
        let body =
            "I was charged twice.\n\nInvoice: INV-1\nCard ends in: 4242\nAmount: 24,00 €\nReason: duplicate charge";
        assert_eq!(seen.body.as_deref(), Some(body));
        assert_eq!(seen.subject.as_deref(), Some("Refund request: duplicate charge"));
        assert!(seen.verified && event.provider == FORM && event.is_named());
        let taken = TakenFor::chosen(seen, at).unwrap();
        assert_eq!((taken.certain(), taken.by), (Some(Class::RefundRequest), None));
        let tongue = taken.language.unwrap();
        assert_eq!((tongue.language.as_str(), tongue.chosen, tongue.at), (wanted.language.as_str(), true, at));
        assert_eq!(TakenFor::chosen(&TicketSeen::default(), at), None);
    }
}
