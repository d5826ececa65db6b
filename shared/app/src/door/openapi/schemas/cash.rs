//! From a ticket to the money: payment requests, and payments that nobody could place.

use super::Named;
use crate::door::openapi::shape::{
    decimal, flag, list, money, object, only, or_null, page, see, text, time, told, whole, words,
};
use domain::cash::{State, Step, Way, Why};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    let wish = only([
        (
            "invoices?",
            told(list(text()), "The provider's ids; without them, all that is open and in no other request."),
        ),
        ("currency?", told(or_null(text()), "Which of several, in ISO 4217.")),
        (
            "turns?",
            told(or_null(whole()), "The ticket's `turns` that were read: what came in since stays to be answered."),
        ),
    ]);
    let said = only([
        ("request?", told(or_null(text()), "The payment request that it is for.")),
        ("invoice?", told(or_null(text()), "The provider's id of the invoice that it is for.")),
        ("none?", told(flag(), "It is for nothing that was asked.")),
    ]);
    vec![
        ("PaymentWish", wish),
        ("PaymentRequest", request()),
        ("PaymentRequests", page("PaymentRequest")),
        ("PaymentSaid", said),
        ("UnmatchedPayment", unmatched()),
        ("UnmatchedPayments", page("UnmatchedPayment")),
    ]
}

fn ways() -> Value {
    words(Way::ALL)
}

fn request() -> Value {
    let invoice = object([
        ("id", text()),
        ("number", text()),
        ("amount", told(money(), "What was open of it.")),
        ("open", told(money(), "What its provider does not show as paid.")),
        ("dropped", or_null(told(text(), "Why it is asked for no more."))),
        ("link", or_null(text())),
    ]);
    let payment = object([
        ("account", told(text(), "Whose payment it is: somebody else may pay.")),
        ("payment", text()),
        ("amount", money()),
        ("invoice", or_null(text())),
        ("way", ways()),
        ("confidence", decimal()),
        ("by", told(text(), "A staff id, or `recoup`.")),
        ("at", time()),
    ]);
    let whom = told(text(), "Who has it, where the evidence is about them.");
    let step =
        object([("step", words(Step::ALL)), ("at", time()), ("by", text()), ("evidence", text()), ("whom?", whom)]);
    let withdrawn = object([("why", text()), ("by", text()), ("at", time())]);
    object([
        ("id", text()),
        ("account", text()),
        ("ticket", told(text(), "Its id in the addresses of tickets.")),
        ("amount", money()),
        ("received", money()),
        ("remaining", money()),
        ("over", or_null(see("Money"))),
        ("state", words(State::ALL)),
        ("link", told(or_null(text()), "Where the first of its invoices is paid; null until the letter is written.")),
        ("invoices", list(invoice)),
        ("payments", list(payment)),
        ("steps", told(list(step), "What was done of the way from the ticket to the money.")),
        ("withdrawn", or_null(withdrawn)),
        ("by", text()),
        ("at", time()),
        ("resolved_at", or_null(time())),
    ])
}

fn unmatched() -> Value {
    let candidate = object([("request?", text()), ("invoice?", text()), ("way", ways()), ("confidence", decimal())]);
    let target = object([("request?", text()), ("invoice?", text())]);
    let ended = object([
        ("at", time()),
        ("by", text()),
        ("target", told(or_null(target), "Null where it is for nothing that was asked.")),
        ("open?", told(money(), "What was open of the invoice, where its provider did not know of the payment.")),
        ("given_back?", told(flag(), "Nothing of it was here any more, so that nobody had to say.")),
    ]);
    object([
        ("id", text()),
        ("account", text()),
        ("payment", text()),
        ("amount", money()),
        ("at", time()),
        ("reference", told(or_null(text()), "What was written with it that can name something.")),
        ("why", words([Why::NoReference, Why::UnknownRequest, Why::Withdrawn, Why::OtherCurrency])),
        ("says", told(text(), "The same in words.")),
        ("candidates", list(candidate)),
        ("ended", or_null(ended)),
    ])
}
