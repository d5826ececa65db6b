//! A payment request: which invoices a customer was asked for because of a ticket, and what came in for them.

use super::{Credit, Done, Matched, Notice, NoticeState, Step, Way};
use crate::debt;
use crate::id::{AccountId, RequestId};
use crate::money::{Currency, Money};
use crate::policy::shorten;
use crate::staff::MACHINE;
use crate::telling::Channel;
use crate::ticket::TicketName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many payments one request takes in by itself; what comes after them is a person's.
const MATCHED_MAX: usize = 25;
/// How much is kept of what shows a step.
const EVIDENCE_BYTES_MAX: usize = 1_500;

/// One for each ticket of an account. What it comes to is counted anew from its lines and its payments each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub id: RequestId,
    pub account: AccountId,
    /// As `provider/source/id`.
    pub ticket: String,
    pub lines: Vec<Line>,
    /// What came in for it, as it came.
    pub matched: Vec<Matched>,
    pub withdrawn: Option<Withdrawn>,
    /// When all of it was there and its provider showed it so.
    pub resolved_at: Option<Timestamp>,
    /// How it stood with what the customer owed.
    pub credit: Credit,
    /// Who asked for the payment.
    pub by: String,
    pub at: Timestamp,
    /// When somebody looks whether its ticket and its invoices are as they were.
    pub look_at: Timestamp,
    /// When somebody looks whether more was collected than was known at its end: payments may be told after invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_back_at: Option<Timestamp>,
    pub debt_mail: Notice,
    pub confirmation: Option<Notice>,
    /// The steps from the ticket to the money, in the order in which they were done.
    pub done: Vec<Done>,
}

/// One invoice that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub invoice: String,
    /// What stands on it.
    pub number: String,
    /// What was open of it.
    pub amount: Money,
    /// What its provider has shown as paid of that since.
    pub settled: Money,
    /// Why nobody is asked for it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<String>,
    /// Ours, where it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// Why and by whom it was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub why: String,
    pub by: String,
    pub at: Timestamp,
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked<'a> {
    pub account: &'a AccountId,
    pub ticket: &'a str,
    /// At least one, all of one currency.
    pub lines: Vec<Line>,
    pub credit: Credit,
    pub by: &'a str,
}

/// What has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    PartlyPaid,
    Paid,
    Overpaid,
    Withdrawn,
}

impl State {
    /// In the order of a request's life.
    pub const ALL: [Self; 5] = [Self::Open, Self::PartlyPaid, Self::Paid, Self::Overpaid, Self::Withdrawn];

    /// As it stands in JSON, and in the keys of the lists, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::PartlyPaid => "partly_paid",
            Self::Paid => "paid",
            Self::Overpaid => "overpaid",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Line {
    /// What is open of an invoice.
    pub fn new(invoice: &str, number: &str, amount: Money) -> Self {
        Self {
            invoice: invoice.to_owned(),
            number: number.to_owned(),
            amount,
            settled: Money::zero(amount.currency()),
            dropped: None,
            link: None,
        }
    }

    /// What of it the provider does not show as paid.
    pub fn open(&self) -> Money {
        self.amount.minus(self.settled)
    }

    /// How it stands now. `by_credit` says that nobody paid it: the customer's credit did.
    fn see(&mut self, standing: debt::Standing, by_credit: bool) {
        let dropped = match standing {
            debt::Standing::Paid(_) if by_credit => "it was settled with credit",
            debt::Standing::Paid(_) => {
                self.settled = self.amount;
                return;
            }
            debt::Standing::Open(Some(left)) if left.currency() == self.amount.currency() => {
                let left = left.max(Money::zero(left.currency())).min(self.amount);
                self.settled = self.amount.minus(left);
                return;
            }
            debt::Standing::Open(_) => return,
            debt::Standing::Withdrawn => "it is void or written off",
            debt::Standing::Disputed => "it is disputed",
            debt::Standing::Left => "its customer has left",
            debt::Standing::InReview => "it is in question",
        };
        self.dropped = Some(dropped.to_owned());
    }
}

impl Request {
    /// Begins, with a letter that leaves at once.
    pub fn new(asked: Asked<'_>, now: Timestamp, look_at: Timestamp) -> Self {
        let Asked { account, ticket, lines, credit, by } = asked;
        assert!(!lines.is_empty(), "a request asks for an invoice at least");
        Self {
            id: RequestId::of(account, ticket),
            account: account.clone(),
            ticket: ticket.to_owned(),
            lines,
            matched: Vec::new(),
            withdrawn: None,
            resolved_at: None,
            credit,
            by: by.to_owned(),
            at: now,
            look_at,
            looks_back_at: None,
            debt_mail: Notice::new(Channel::Mail, now),
            confirmation: None,
            done: Vec::new(),
        }
    }

    /// The ticket because of which it was made.
    pub fn ticket_name(&self) -> TicketName {
        TicketName::parse(&self.ticket).expect("a request holds the name of its ticket")
    }

    /// One that was withdrawn, and for which nothing came, is asked for anew: what was written about it still finds it.
    pub fn may_begin_again(&self) -> bool {
        self.withdrawn.is_some() && self.matched.is_empty()
    }

    /// The one currency of its lines.
    pub fn currency(&self) -> Currency {
        self.lines.first().expect("a request asks for an invoice at least").amount.currency()
    }

    /// The invoices that are still asked for.
    pub fn standing(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.dropped.is_none())
    }

    /// Whether a payment of that time came after it was asked for. Providers count in seconds.
    pub fn is_before(&self, paid_at: Option<Timestamp>) -> bool {
        paid_at.is_none_or(|at| self.at.as_second() <= at.as_second())
    }

    /// Whether it asks for an invoice.
    pub fn asks_for(&self, invoice: &str) -> bool {
        self.withdrawn.is_none() && self.standing().any(|line| line.invoice == invoice)
    }

    /// Whether the money for an invoice has come: with all else that it asks for, or by payments that are for this one.
    pub fn has_money_for(&self, invoice: &str) -> bool {
        let own = self.matched.iter().filter(|matched| matched.line.as_deref() == Some(invoice));
        let paid = self.sum(own.map(|matched| matched.amount));
        let has_all = !self.matched.is_empty() && !self.remaining().is_positive();
        let covers = |line: &Line| line.invoice == invoice && paid >= line.amount;
        self.asks_for(invoice) && (has_all || self.standing().any(covers))
    }

    /// Whether what has come holds an invoice: all of its money, or a part by a person's word of which its provider
    /// shows less.
    pub fn stands_for(&self, invoice: &str) -> bool {
        let is_said = |matched: &&Matched| matched.way == Way::ByHand && matched.line.as_deref() == Some(invoice);
        let said = self.sum(self.matched.iter().filter(is_said).map(|matched| matched.amount));
        let is_untold = |line: &Line| line.invoice == invoice && said > line.settled;
        self.has_money_for(invoice) || (self.asks_for(invoice) && self.standing().any(is_untold))
    }

    /// Whether it has come for any of its invoices.
    pub fn has_money(&self) -> bool {
        self.standing().any(|line| self.has_money_for(&line.invoice))
    }

    /// What was asked for at first.
    pub fn asked(&self) -> Money {
        self.sum(self.lines.iter().map(|line| line.amount))
    }

    /// What is asked for now.
    pub fn amount(&self) -> Money {
        self.sum(self.standing().map(|line| line.amount))
    }

    /// What came in: as its payments say, or as the provider shows its invoices where that is more.
    pub fn received(&self) -> Money {
        let paid = self.sum(self.matched.iter().map(|matched| matched.amount));
        paid.max(self.sum(self.standing().map(|line| line.settled)))
    }

    /// What is still to come.
    pub fn remaining(&self) -> Money {
        self.amount().minus(self.received()).max(Money::zero(self.currency()))
    }

    /// What came in beyond it. It is given back by a person or not at all.
    pub fn over(&self) -> Option<Money> {
        Some(self.received().minus(self.amount())).filter(|over| over.is_positive())
    }

    fn sum(&self, amounts: impl Iterator<Item = Money>) -> Money {
        amounts.fold(Money::zero(self.currency()), Money::plus)
    }

    /// What has become of it.
    pub fn state(&self) -> State {
        if self.withdrawn.is_some() {
            State::Withdrawn
        } else if self.over().is_some() {
            State::Overpaid
        } else if !self.remaining().is_positive() {
            State::Paid
        } else if self.received().is_positive() {
            State::PartlyPaid
        } else {
            State::Open
        }
    }

    /// Whether nothing of it is waited for any more.
    pub fn is_over(&self) -> bool {
        self.withdrawn.is_some() || self.resolved_at.is_some()
    }

    /// Whether it has taken in as many payments as it holds.
    pub fn is_full(&self) -> bool {
        self.matched.len() >= MATCHED_MAX
    }

    /// Why its customer was not asked for certain, where the letter that asks has ended so and something is still to
    /// come.
    pub fn unasked(&self) -> Option<String> {
        if self.is_over() || !self.remaining().is_positive() {
            return None;
        }
        match &self.debt_mail.standing {
            NoticeState::Skipped { why } => Some(format!("the letter was not sent: {why}")),
            NoticeState::InDoubt { reason } => Some(format!("nobody knows whether the letter arrived: {reason}")),
            NoticeState::Waiting { .. } | NoticeState::Sending { .. } | NoticeState::Sent { .. } => None,
        }
    }

    /// Whether a payment is known to be for it, and nobody else has to find what it is for.
    pub fn has(&self, account: &AccountId, payment: &str) -> bool {
        let is_it = |matched: &&Matched| matched.account == *account && matched.payment == payment;
        self.matched.iter().filter(is_it).any(|matched| self.withdrawn.is_none() || matched.is_booked())
    }

    /// The payments that were for it until it was withdrawn: of those a person says what they are for.
    pub fn let_go(&self) -> impl Iterator<Item = &Matched> {
        let is_here = |matched: &&Matched| matched.amount.is_positive() && !matched.is_booked();
        self.matched.iter().filter(move |_| self.withdrawn.is_some()).filter(is_here)
    }

    /// When it has to be looked at.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let looks = Some(self.look_at).filter(|_| !self.is_over());
        let told = self.confirmation.as_ref().and_then(Notice::wakes_at);
        [looks, self.looks_back_at, self.debt_mail.wakes_at(), told].into_iter().flatten().min()
    }

    /// It was looked for what came to be known after its end.
    pub fn looked_back(&mut self, now: Timestamp) {
        self.looks_back_at = self.looks_back_at.filter(|at| *at > now);
    }

    /// Takes in a payment; one that is known has only another amount.
    pub fn take(&mut self, matched: Matched) {
        let is_it = |known: &&mut Matched| known.payment == matched.payment && known.account == matched.account;
        match self.matched.iter_mut().find(is_it) {
            Some(known) => known.amount = matched.amount,
            None => self.matched.push(matched),
        }
    }

    /// What of a payment that is known for it is here by now; what was there when it ended stays.
    pub fn recount(&mut self, account: &AccountId, payment: &str, amount: Option<Money>) {
        if self.is_over() {
            return;
        }
        let zero = Money::zero(self.currency());
        let own = self.matched.iter_mut().find(|it| it.account == *account && it.payment == payment);
        if let Some(own) = own {
            own.amount = amount.filter(|amount| amount.currency() == zero.currency()).unwrap_or(zero);
        }
    }

    /// Takes in how one of its invoices stands; `credited` is what of it was settled with credit.
    pub fn see(&mut self, invoice: &str, standing: debt::Standing, credited: Option<Money>) {
        let was_paid = self.matched.iter().any(|matched| matched.line.as_deref() == Some(invoice));
        let lines = self.lines.iter_mut().filter(|line| line.invoice == invoice && line.dropped.is_none());
        for line in lines {
            let covers = |credit: Money| credit.currency() == line.amount.currency() && credit >= line.amount;
            let by_credit = !was_paid && credited.is_some_and(covers);
            line.see(standing, by_credit);
        }
    }

    /// What follows from how it stands: it is withdrawn where nothing is left to ask for, and over where all is there.
    pub fn go_on(&mut self, now: Timestamp) {
        if self.is_over() {
            return;
        }
        if self.standing().next().is_none() {
            if self.matched.is_empty() {
                let why = self.lines.iter().find_map(|line| line.dropped.clone()).unwrap_or_default();
                self.withdraw(&why, MACHINE, now);
            }
            return;
        }
        if self.remaining().is_positive() {
            return;
        }
        let payments: Vec<_> = self.matched.iter().map(Matched::words).collect();
        let evidence = if payments.is_empty() {
            "the provider shows it as paid, and told of no payment".to_owned()
        } else {
            payments.join("; ")
        };
        let by = self.matched.iter().map(|matched| matched.by.clone()).find(|by| by != MACHINE);
        self.did(Step::Matched, now, by.as_deref().unwrap_or(MACHINE), evidence);
        if self.standing().all(|line| !line.open().is_positive()) {
            let numbers: Vec<_> = self.standing().map(|line| line.number.clone()).collect();
            self.did(Step::InvoicePaid, now, MACHINE, format!("{} is paid", numbers.join(", ")));
            self.resolved_at = Some(now);
        }
    }

    /// Takes it back.
    pub fn withdraw(&mut self, why: &str, by: &str, at: Timestamp) {
        if !self.is_over() {
            self.withdrawn = Some(Withdrawn { why: why.to_owned(), by: by.to_owned(), at });
            self.debt_mail.skip("the request was withdrawn before");
        }
    }

    /// Notes a step with what shows it; what was done stays as it was.
    pub fn did(&mut self, step: Step, at: Timestamp, by: &str, evidence: impl Into<String>) {
        if self.done.iter().all(|done| done.step != step) {
            let mut evidence = evidence.into();
            shorten(&mut evidence, EVIDENCE_BYTES_MAX);
            self.done.push(Done { step, at, by: by.to_owned(), evidence, whom: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debt::Standing;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD)
    }

    fn account() -> AccountId {
        AccountId::of("stripe", "default", "cus_1")
    }

    fn request() -> Request {
        let lines = vec![Line::new("in_1", "IN-1", usd(4_900)), Line::new("in_2", "IN-2", usd(1_000))];
        let (account, credit) = (account(), Credit::default());
        let asked = Asked { account: &account, ticket: "ticket/default/t1", lines, credit, by: "lena" };
        Request::new(asked, at(0), at(100))
    }

    fn payment(id: &str, minor: i64, line: Option<&str>) -> Matched {
        Matched {
            account: account(),
            payment: id.to_owned(),
            amount: usd(minor),
            line: line.map(str::to_owned),
            way: Way::Request,
            confidence: "1.00".to_owned(),
            by: MACHINE.to_owned(),
            at: at(1),
        }
    }

    #[test]
    fn what_remains_is_what_neither_payments_nor_the_provider_show() {
        type Row = (&'static str, Vec<Matched>, [Standing; 2], (State, i64, Option<i64>));
        let open = |minor| Standing::Open(Some(usd(minor)));
        let (paid, still) = (Standing::Paid(None), [open(4_900), open(1_000)]);
        let rows: [Row; 13] = [
            ("nothing", vec![], still, (State::Open, 5_900, None)),
            ("a part by a payment", vec![payment("ch_1", 900, None)], still, (State::PartlyPaid, 5_000, None)),
            ("a part at the provider", vec![], [open(4_000), open(1_000)], (State::PartlyPaid, 5_000, None)),
            (
                "the same part by both",
                vec![payment("ch_1", 900, Some("in_1"))],
                [open(4_000), open(1_000)],
                (State::PartlyPaid, 5_000, None),
            ),
            ("one cent too little", vec![payment("ch_1", 5_899, None)], still, (State::PartlyPaid, 1, None)),
            ("all by a payment", vec![payment("ch_1", 5_900, None)], still, (State::Paid, 0, None)),
            ("all at the provider", vec![], [paid, paid], (State::Paid, 0, None)),
            ("all by both", vec![payment("ch_1", 5_900, None)], [paid, paid], (State::Paid, 0, None)),
            ("one cent too much", vec![payment("ch_1", 5_901, None)], [paid, paid], (State::Overpaid, 0, Some(1))),
            (
                "in two payments",
                vec![payment("ch_1", 4_900, Some("in_1")), payment("ch_2", 1_000, None)],
                still,
                (State::Paid, 0, None),
            ),
            (
                "told twice",
                vec![payment("ch_1", 4_900, None), payment("ch_1", 4_900, None)],
                still,
                (State::PartlyPaid, 1_000, None),
            ),
            ("one of two is void", vec![], [open(4_900), Standing::Withdrawn], (State::Open, 4_900, None)),
            (
                "paid, and then void",
                vec![payment("ch_1", 5_900, None)],
                [paid, Standing::Withdrawn],
                (State::Overpaid, 0, Some(1_000)),
            ),
        ];
        for (name, payments, standings, expected) in rows {
            let mut request = request();
            payments.into_iter().for_each(|payment| request.take(payment));
            request.see("in_1", standings[0], None);
            request.see("in_2", standings[1], None);
            let over = request.over().and_then(Money::minor);
            let found = (request.state(), request.remaining().minor().unwrap(), over);
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn it_is_over_once_the_provider_shows_its_invoices_as_paid() {
        let mut request = request();
        request.take(payment("ch_1", 5_900, None));
        request.go_on(at(5));
        assert_eq!((request.state(), request.is_over()), (State::Paid, false), "the provider still asks for them");
        request.see("in_1", Standing::Paid(None), None);
        request.go_on(at(6));
        assert!(!request.is_over());
        request.see("in_2", Standing::Paid(None), None);
        request.go_on(at(7));
        assert_eq!(request.resolved_at, Some(at(7)));
        let steps: Vec<_> = request.done.iter().map(|done| (done.step, done.at, done.evidence.as_str())).collect();
        assert_eq!(steps.len(), 2, "{steps:?}");
        assert_eq!(steps[0], (Step::Matched, at(5), "59.00 USD by payment ch_1, which names the request"));
        assert_eq!(steps[1], (Step::InvoicePaid, at(7), "IN-1, IN-2 is paid"));
        request.withdraw("late", "lena", at(8));
        assert_eq!(request.state(), State::Paid, "what is over is not withdrawn");
    }

    #[test]
    fn it_is_withdrawn_when_nothing_is_left_to_ask_for() {
        let credit = Some(usd(4_900));
        for (name, standing, credited, expected) in [
            ("void", Standing::Withdrawn, None, Some("it is void or written off")),
            ("disputed", Standing::Disputed, None, Some("it is disputed")),
            ("in question", Standing::InReview, None, Some("it is in question")),
            ("its customer left", Standing::Left, None, Some("its customer has left")),
            ("paid elsewise", Standing::Paid(None), credit, Some("it was settled with credit")),
            ("paid", Standing::Paid(None), None, None),
            ("open", Standing::Open(None), None, None),
        ] {
            let mut request = request();
            request.see("in_1", standing, credited);
            request.go_on(at(5));
            assert_eq!(request.withdrawn, None, "{name}: one of two");
            request.see("in_2", standing, credited);
            request.go_on(at(6));
            assert_eq!(request.withdrawn.as_ref().map(|it| it.why.as_str()), expected, "{name}");
            assert_eq!(request.may_begin_again(), expected.is_some(), "{name}");
        }
        let mut paid = request();
        paid.take(payment("ch_1", 4_900, Some("in_1")));
        paid.see("in_1", Standing::Withdrawn, None);
        paid.see("in_2", Standing::Withdrawn, None);
        paid.go_on(at(7));
        assert_eq!((paid.state(), paid.withdrawn.is_some()), (State::Overpaid, false), "somebody's money is here");
    }

    #[test]
    fn whom_its_letter_did_not_reach_was_not_asked_for_certain() {
        type Came = fn(&mut Request);
        let rows: [(&str, Came, Option<&str>); 5] = [
            ("it has not left", |_| {}, None),
            ("it was sent", |request| request.debt_mail.sent(at(1)), None),
            ("in doubt", |request| assert!(request.debt_mail.doubt("silence", None)), Some("letter arrived: silence")),
            ("paid meanwhile", |request| request.take(payment("ch_1", 5_900, None)), None),
            ("withdrawn", |request| request.withdraw("closed", "lena", at(2)), None),
        ];
        for (name, came, expected) in rows {
            let mut request = request();
            request.debt_mail.begin(at(50));
            came(&mut request);
            let why = request.unasked();
            assert_eq!(why.is_some(), expected.is_some(), "{name}: {why:?}");
            assert!(expected.is_none_or(|part| why.is_some_and(|why| why.ends_with(part))), "{name}");
        }
        let mut skipped = request();
        skipped.debt_mail.skip("the account has no address");
        assert_eq!(skipped.unasked().as_deref(), Some("the letter was not sent: the account has no address"));
        skipped.take(payment("ch_1", 5_900, None));
        assert_eq!(skipped.unasked(), None, "it is paid all the same");
    }

    #[test]
    fn it_wakes_for_its_letters_and_to_look_again() {
        let mut request = request();
        assert_eq!(request.wake_at(), Some(at(0)), "the letter leaves at once");
        request.debt_mail.begin(at(50));
        assert_eq!(request.wake_at(), Some(at(50)));
        request.debt_mail.sent(at(1));
        assert_eq!(request.wake_at(), Some(at(100)));
        request.withdraw("closed", "lena", at(2));
        assert_eq!(request.wake_at(), None);
        request.looks_back_at = Some(at(200));
        request.looked_back(at(199));
        assert_eq!(request.wake_at(), Some(at(200)), "payments may be told after its end");
        request.looked_back(at(200));
        assert_eq!(request.wake_at(), None, "once");
    }

    #[test]
    fn money_stands_for_an_invoice_with_all_else_or_where_it_is_for_that_one() {
        let gone = |mut request: Request| {
            request.withdraw("its ticket was closed", MACHINE, at(2));
            request
        };
        for (name, matched, expected) in [
            ("nothing has come", vec![], false),
            ("all of both", vec![payment("ch_1", 5_900, None)], true),
            ("more than both", vec![payment("ch_1", 6_900, None)], true),
            ("a cent too little of both", vec![payment("ch_1", 5_899, None)], false),
            ("all of this one", vec![payment("ch_1", 4_900, Some("in_1"))], true),
            ("a part of it", vec![payment("ch_1", 4_899, Some("in_1"))], false),
            ("the rest of it", vec![payment("ch_1", 4_899, Some("in_1")), payment("ch_2", 1, Some("in_1"))], true),
            ("all of the other", vec![payment("ch_1", 1_000, Some("in_2"))], false),
            ("as much, and nobody knows for which", vec![payment("ch_1", 4_900, None)], false),
        ] {
            let mut request = request();
            matched.into_iter().for_each(|payment| request.take(payment));
            assert_eq!(request.has_money_for("in_1"), expected, "{name}");
            assert_eq!(request.has_money(), expected || name == "all of the other", "{name}");
            assert_eq!(request.stands_for("in_1"), expected, "{name}: what nobody said is no part");
            assert!(!request.has_money_for("in_9") && !gone(request).has_money_for("in_1"), "{name}");
        }
    }

    #[test]
    fn a_part_holds_its_invoice_by_a_persons_word_until_its_provider_shows_as_much() {
        let by_hand = |minor, line| Matched { way: Way::ByHand, ..payment("ch_1", minor, line) };
        for (name, matched, left, expected) in [
            ("a part, by hand", by_hand(2_000, Some("in_1")), 4_900, true),
            ("of which less is shown", by_hand(2_000, Some("in_1")), 2_901, true),
            ("and it is shown", by_hand(2_000, Some("in_1")), 2_900, false),
            ("nobody knows for which", by_hand(2_000, None), 4_900, false),
            ("of the other one", by_hand(200, Some("in_2")), 4_900, false),
            ("it is given back", by_hand(0, Some("in_1")), 4_900, false),
            ("a part that names the request", payment("ch_1", 2_000, Some("in_1")), 4_900, false),
        ] {
            let mut request = request();
            request.take(matched);
            request.see("in_1", Standing::Open(Some(usd(left))), None);
            assert_eq!(request.stands_for("in_1"), expected, "{name}");
            assert!(!request.has_money_for("in_1"), "{name}: a ticket may be closed");
            request.withdraw("its ticket was closed", MACHINE, at(2));
            assert!(!request.stands_for("in_1"), "{name}: withdrawn, it holds nothing");
        }
    }

    #[test]
    fn what_is_withdrawn_lets_its_payments_go_but_not_what_its_provider_books() {
        let of = |way, line| Matched { way, ..payment("ch_1", 2_000, line) };
        for (name, matched, expected) in [
            ("it names the request", of(Way::Request, None), true),
            ("and is booked", of(Way::Request, Some("in_1")), false),
            ("it is booked", of(Way::Invoice, Some("in_1")), false),
            ("it names the invoice", of(Way::Number, Some("in_1")), true),
            ("a person said so", of(Way::ByHand, Some("in_1")), true),
            ("it is given back", payment("ch_1", 0, None), false),
        ] {
            let mut request = request();
            let is_here = matched.amount.is_positive();
            request.take(matched);
            assert!(request.has(&account(), "ch_1") && request.let_go().next().is_none(), "{name}: it stands");
            request.withdraw("its ticket was closed", MACHINE, at(2));
            assert_eq!(request.let_go().count(), usize::from(expected), "{name}");
            assert_eq!(request.has(&account(), "ch_1"), is_here && !expected, "{name}");
        }
    }
}
