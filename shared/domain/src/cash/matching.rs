//! What is a payment for? By the request that it names, by its invoice, or by amount and payer: then a person says.

use super::{CashPolicy, Line, Request};
use crate::book::HistoryLine;
use crate::event::InvoiceStatus;
use crate::id::{AccountId, RequestId};
use crate::money::Money;
use crate::staff::MACHINE;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Money that came in, as far as it says what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    pub account: &'a AccountId,
    pub payment: &'a str,
    pub amount: Money,
    pub at: Option<Timestamp>,
    /// On which its provider books it.
    pub invoice: Option<&'a str>,
    /// What was written with it.
    pub reference: Option<&'a str>,
}

/// What it may be for.
#[derive(Debug, Clone, Copy)]
pub struct Owing<'a> {
    /// Those of its account that are not over, and the one that it names, whatever has become of that.
    pub requests: &'a [&'a Request],
    /// The newest invoices of its account.
    pub invoices: &'a [HistoryLine],
}

/// That a payment is for a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// Whose payment it is: somebody else may pay.
    pub account: AccountId,
    pub payment: String,
    pub amount: Money,
    /// The invoice on which it was booked, where it is one of the request's.
    pub line: Option<String>,
    pub way: Way,
    /// A decimal between 0 and 1.
    pub confidence: String,
    /// Who said so.
    pub by: String,
    pub at: Timestamp,
}

/// By what a payment was matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It names the request.
    Request,
    /// Its provider books it on the invoice.
    Invoice,
    /// It names the invoice's number.
    Number,
    /// Amount and payer are those.
    Amount,
    /// A person said so.
    ByHand,
}

/// What a payment may be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Request(RequestId),
    Invoice(String),
}

/// One of several things that it may be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    #[serde(flatten)]
    pub target: Target,
    pub way: Way,
    pub confidence: String,
}

/// Why a person has to look at a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It says nothing that is certain.
    NoReference,
    /// It names a request that there is not.
    UnknownRequest,
    /// It names a request that was withdrawn.
    Withdrawn,
    /// It is in another currency than the request that it names.
    OtherCurrency,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Certain {
        request: RequestId,
        line: Option<String>,
        way: Way,
        confidence: String,
    },
    ToLookAt {
        why: Why,
        candidates: Vec<Candidate>,
    },
    /// It pays an invoice that nobody was asked for.
    Elsewhere,
}

impl Way {
    /// Every way, the surest first.
    pub const ALL: [Self; 5] = [Self::Request, Self::Invoice, Self::Number, Self::Amount, Self::ByHand];

    fn words(self) -> &'static str {
        match self {
            Self::Request => "which names the request",
            Self::Invoice => "which is booked on the invoice",
            Self::Number => "which names the invoice",
            Self::Amount => "by amount and payer",
            Self::ByHand => "as a person said",
        }
    }
}

impl Why {
    /// Every reason, for whoever describes them.
    pub const ALL: [Self; 4] = [Self::NoReference, Self::UnknownRequest, Self::Withdrawn, Self::OtherCurrency];

    /// For whoever has to look.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoReference => "it does not say for certain what it is for",
            Self::UnknownRequest => "it names a payment request that nobody made",
            Self::Withdrawn => "it is for a payment request that was withdrawn",
            Self::OtherCurrency => "it is in another currency than the payment request that it names",
        }
    }
}

impl Matched {
    /// What it shows, in words.
    pub fn words(&self) -> String {
        format!("{} by payment {}, {}", self.amount, self.payment, self.way.words())
    }

    /// Whether its provider books it on an invoice of the request.
    pub fn is_booked(&self) -> bool {
        self.way == Way::Invoice || (self.way == Way::Request && self.line.is_some())
    }

    /// What Recoup found.
    pub fn found(incoming: &Incoming<'_>, found: (Option<String>, Way, String), at: Timestamp) -> Self {
        let (line, way, confidence) = found;
        let (account, payment) = (incoming.account.clone(), incoming.payment.to_owned());
        Self { account, payment, amount: incoming.amount, line, way, confidence, by: MACHINE.to_owned(), at }
    }
}

/// Finds what a payment is for. What says more is asked first, and what is less than certain is left to a person.
pub fn matching(incoming: &Incoming<'_>, owing: Owing<'_>, policy: &CashPolicy) -> Found {
    if let Some(id) = incoming.reference.and_then(RequestId::named_in) {
        return by_request(incoming, owing, &id, policy);
    }
    let fits = |request: &&&Request| {
        request.currency() == incoming.amount.currency() && request.is_before(incoming.at) && !request.is_full()
    };
    if let Some(invoice) = incoming.invoice {
        let asking = owing.requests.iter().filter(fits).find(|request| request.asks_for(invoice));
        return asking.map_or(Found::Elsewhere, |request| Found::Certain {
            request: request.id.clone(),
            line: Some(invoice.to_owned()),
            way: Way::Invoice,
            confidence: policy.confidence.invoice.to_string(),
        });
    }
    let candidates = by_number(incoming, owing, policy);
    let certain = candidates.iter().find(|(_, confidence, ..)| *confidence >= policy.certain_from);
    if let Some((request, confidence, line)) = certain {
        let (request, line, confidence) = (request.id.clone(), Some(line.invoice.clone()), confidence.to_string());
        return Found::Certain { request, line, way: Way::Number, confidence };
    }
    let named = candidates.into_iter().map(|(request, confidence, _)| Candidate {
        target: Target::Request(request.id.clone()),
        way: Way::Number,
        confidence: confidence.to_string(),
    });
    let named: Vec<_> = named.collect();
    let candidates = if named.is_empty() { by_amount(incoming, owing, policy) } else { named };
    Found::ToLookAt { why: Why::NoReference, candidates }
}

fn by_request(incoming: &Incoming<'_>, owing: Owing<'_>, id: &RequestId, policy: &CashPolicy) -> Found {
    let Some(request) = owing.requests.iter().find(|request| request.id == *id) else {
        return Found::ToLookAt { why: Why::UnknownRequest, candidates: by_amount(incoming, owing, policy) };
    };
    let named = |confidence: Decimal| {
        let target = Target::Request(id.clone());
        vec![Candidate { target, way: Way::Request, confidence: confidence.to_string() }]
    };
    if request.currency() != incoming.amount.currency() {
        return Found::ToLookAt { why: Why::OtherCurrency, candidates: named(Decimal::ZERO) };
    }
    if request.withdrawn.is_some() {
        return Found::ToLookAt { why: Why::Withdrawn, candidates: named(Decimal::ZERO) };
    }
    if request.is_full() {
        return Found::ToLookAt { why: Why::NoReference, candidates: named(Decimal::ZERO) };
    }
    Found::Certain {
        request: id.clone(),
        line: incoming.invoice.filter(|invoice| request.asks_for(invoice)).map(str::to_owned),
        way: Way::Request,
        confidence: policy.confidence.request.to_string(),
    }
}

/// The lines whose number or id stands in what was written. Surest is the one of which the payment is what is open.
fn by_number<'a>(
    incoming: &Incoming<'_>,
    owing: Owing<'a>,
    policy: &CashPolicy,
) -> Vec<(&'a Request, Decimal, &'a Line)> {
    let written = incoming.reference.unwrap_or_default();
    let names = |id: &str| written.split_whitespace().any(|word| !id.is_empty() && word.eq_ignore_ascii_case(id));
    let open = open(incoming, owing);
    let lines = open.flat_map(|request| request.standing().map(move |line| (request, line)));
    let named = lines.filter(|(_, line)| names(&line.number) || names(&line.invoice));
    let sure = |line: &Line| {
        if line.open() == incoming.amount { policy.confidence.number } else { policy.confidence.number_alone }
    };
    named.map(|(request, line)| (request, sure(line), line)).collect()
}

/// The requests of the payer's own account in its currency that are not over.
fn open<'a>(incoming: &Incoming<'_>, owing: Owing<'a>) -> impl Iterator<Item = &'a Request> {
    let (account, currency, at) = (incoming.account.clone(), incoming.amount.currency(), incoming.at);
    let all = owing.requests.iter().copied().filter(move |request| request.is_before(at) && !request.is_over());
    all.filter(move |it| it.account == account && it.currency() == currency && !it.is_full())
}

/// What looks like it: that much is open of a request, of one of its lines, or of another invoice of the payer.
fn by_amount(incoming: &Incoming<'_>, owing: Owing<'_>, policy: &CashPolicy) -> Vec<Candidate> {
    let is_it = |request: &&Request| {
        request.remaining() == incoming.amount || request.standing().any(|line| line.open() == incoming.amount)
    };
    let requests: Vec<_> = open(incoming, owing).collect();
    let asked = requests.iter().copied().filter(is_it).map(|request| Target::Request(request.id.clone()));
    let billed = owing.invoices.iter().filter(|line| {
        let is_open = line.status == Some(InvoiceStatus::Open) && line.remaining == Some(incoming.amount);
        is_open && !requests.iter().any(|request| request.asks_for(&line.invoice))
    });
    let targets: Vec<_> = asked.chain(billed.map(|line| Target::Invoice(line.invoice.clone()))).collect();
    let sure = if targets.len() > 1 { policy.confidence.several } else { policy.confidence.amount };
    let candidate = |target, sure: Decimal| Candidate { target, way: Way::Amount, confidence: sure.to_string() };
    if !targets.is_empty() {
        return targets.into_iter().map(|target| candidate(target, sure)).collect();
    }
    match requests[..] {
        [request] if incoming.amount < request.remaining() => {
            vec![candidate(Target::Request(request.id.clone()), policy.confidence.part)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cash::{Asked, Credit};
    use crate::money::Currency;
    use crate::policy::{Rules, read};
    use serde_json::{from_value, json};

    fn policy() -> CashPolicy {
        read("cash", include_str!("../../../policy/cash/v1.toml"), CashPolicy::lint).unwrap()
    }

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD)
    }

    fn account() -> AccountId {
        AccountId::of("stripe", "default", "cus_1")
    }

    fn request(ticket: &str, lines: &[(&str, i64)]) -> Request {
        let lines = lines.iter().map(|(id, minor)| Line::new(id, &id.to_uppercase(), usd(*minor))).collect();
        let asked = Asked { account: &account(), ticket, lines, credit: Credit::default(), by: "lena" };
        Request::new(asked, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH)
    }

    fn billed(id: &str, minor: i64, status: &str) -> HistoryLine {
        from_value(json!({"created_at": "2026-03-01T09:00:00Z", "invoice": id, "number": null, "total": usd(minor),
            "remaining": usd(minor), "status": status}))
        .unwrap()
    }

    /// What was found, in a line.
    fn told(found: &Found) -> String {
        match found {
            Found::Certain { request, line, way, confidence } => {
                let short = &request.as_str()[request.as_str().len() - 4..];
                format!("{short} {} {way:?} {confidence}", line.as_deref().unwrap_or("-"))
            }
            Found::ToLookAt { why, candidates } => {
                let named = candidates.iter().map(|it| match &it.target {
                    Target::Request(id) => format!("{} {}", &id.as_str()[id.as_str().len() - 4..], it.confidence),
                    Target::Invoice(id) => format!("{id} {}", it.confidence),
                });
                format!("{why:?}: {}", named.collect::<Vec<_>>().join(", "))
            }
            Found::Elsewhere => "elsewhere".to_owned(),
        }
    }

    #[test]
    fn a_payment_is_for_what_it_names_and_else_a_person_says() {
        let (first, second) = (request("t1", &[("in_1", 4_900), ("in_2", 1_000)]), request("t2", &[("in_3", 5_900)]));
        let mut gone = request("t3", &[("in_4", 700)]);
        gone.withdraw("the ticket was closed", "lena", Timestamp::UNIX_EPOCH);
        let own = |request: &Request| request.id.to_string();
        let short = |request: &Request| own(request)[own(request).len() - 4..].to_owned();
        let (one, two, three) = (short(&first), short(&second), short(&gone));
        let invoices = [billed("in_7", 2_500, "open"), billed("in_8", 2_600, "paid"), billed("in_1", 4_900, "open")];
        let nobodys = RequestId::of(&account(), "t9").to_string();
        let rows = [
            ("names the request", None, Some(own(&first)), 5_900, format!("{one} - Request 1.00")),
            ("and its invoice", Some("in_2"), Some(own(&first)), 1_000, format!("{one} in_2 Request 1.00")),
            ("and another's invoice", Some("in_9"), Some(own(&first)), 1_000, format!("{one} - Request 1.00")),
            ("a part", None, Some(own(&first)), 1, format!("{one} - Request 1.00")),
            ("too much", None, Some(own(&first)), 9_999, format!("{one} - Request 1.00")),
            ("names one that is gone", None, Some(own(&gone)), 700, format!("Withdrawn: {three} 0")),
            ("names one of nobody", None, Some(nobodys), 1_000, format!("UnknownRequest: {one} 0.80")),
            ("booked on an invoice", Some("in_2"), None, 1_000, format!("{one} in_2 Invoice 1.00")),
            ("booked on another", Some("in_9"), None, 1_000, "elsewhere".to_owned()),
            ("names a number", None, Some("IN_2".to_owned()), 1_000, format!("{one} in_2 Number 0.95")),
            ("and is another amount", None, Some("in_2".to_owned()), 999, format!("NoReference: {one} 0.70")),
            ("two requests with one amount", None, None, 5_900, format!("NoReference: {one} 0.40, {two} 0.40")),
            ("one line of a request", None, None, 1_000, format!("NoReference: {one} 0.80")),
            ("an invoice that nobody asked for", None, None, 2_500, "NoReference: in_7 0.80".to_owned()),
            ("an invoice that is paid", None, None, 2_600, "NoReference: ".to_owned()),
            ("no amount of anything", None, Some("thanks 7".to_owned()), 33, "NoReference: ".to_owned()),
        ];
        let requests = [&first, &second, &gone];
        let owing = Owing { requests: &requests, invoices: &invoices };
        for (name, invoice, reference, minor, expected) in rows {
            let (account, amount) = (account(), usd(minor));
            let reference = reference.as_deref();
            let incoming = Incoming { account: &account, payment: "ch_1", amount, at: None, invoice, reference };
            assert_eq!(told(&matching(&incoming, owing, &policy())), expected, "{name}");
        }
    }

    #[test]
    fn of_another_currency_or_payer_only_what_is_named_counts() {
        let first = request("t1", &[("in_1", 4_900)]);
        let requests = [&first];
        let owing = Owing { requests: &requests, invoices: &[] };
        let (own, other) = (account(), AccountId::of("stripe", "default", "guest:ch_1"));
        let id = first.id.to_string();
        let eur = Money::from_minor(4_900, Currency::EUR);
        for (name, account, amount, reference, expected) in [
            ("another payer", &other, usd(4_900), None, "NoReference: "),
            ("another payer, who names it", &other, usd(4_900), Some(id.as_str()), "Request 1.00"),
            ("another currency", &own, eur, None, "NoReference: "),
            ("another currency, and names it", &own, eur, Some(id.as_str()), "OtherCurrency: "),
            ("a part of the only one", &own, usd(100), None, " 0.30"),
        ] {
            let incoming = Incoming { account, payment: "ch_1", amount, at: None, invoice: None, reference };
            let found = told(&matching(&incoming, owing, &policy()));
            assert!(found.contains(expected), "{name}: {found}");
        }
    }

    #[test]
    fn what_was_paid_before_it_was_asked_for_is_for_something_else() {
        let first = request("t1", &[("in_1", 4_900)]);
        let (requests, own) = ([&first], account());
        let owing = Owing { requests: &requests, invoices: &[] };
        for (at, expected) in [(-1, "elsewhere"), (0, " in_1 Invoice 1.00"), (1, " in_1 Invoice 1.00")] {
            let at = Some(Timestamp::from_second(at).unwrap());
            let (invoice, amount) = (Some("in_1"), usd(4_900));
            let incoming = Incoming { account: &own, payment: "ch_1", amount, at, invoice, reference: None };
            let found = told(&matching(&incoming, owing, &policy()));
            assert!(found.ends_with(expected), "{at:?}: {found}");
        }
    }
}
