//! What the refund request form says, in English.

/// The label of the field.
pub const EMAIL: &str = "Your e-mail address";
pub const INVOICE: &str = "Invoice number";
pub const LAST4: &str = "Last four digits of the card";
/// Below these two.
pub const ONE_OF: &str = "One of these two is enough.";
pub const AMOUNT: &str = "Amount, if it is about a part";
pub const REASON: &str = "Why do you ask?";
pub const TEXT: &str = "What happened?";
/// The button of the form.
pub const SEND: &str = "Send";
/// The button of the link, in the message and behind it.
pub const CONFIRM: &str = "Confirm the request";
/// What the reasons mean to a customer.
pub const DUPLICATE_CHARGE: &str = "I was charged twice";
pub const BILLING_ERROR: &str = "The bill is wrong";
pub const SERVICE_OUTAGE: &str = "The service did not work";
pub const DISSATISFACTION: &str = "I am not satisfied";
pub const OTHER: &str = "Another reason";
/// What is to be mended.
pub const NO_EMAIL: &str = "Please enter an e-mail address that we can write to.";
pub const NO_PAYMENT: &str = "Please name the invoice, or the last four digits of the card.";
pub const NO_LAST4: &str = "Please enter exactly four digits.";
pub const NO_TEXT: &str = "Please tell us what happened.";
pub const TOO_LONG: &str = "This is too long; please shorten it.";

/// All of them.
pub const ALL: [&str; 19] = [
    EMAIL,
    INVOICE,
    LAST4,
    ONE_OF,
    AMOUNT,
    REASON,
    TEXT,
    SEND,
    CONFIRM,
    DUPLICATE_CHARGE,
    BILLING_ERROR,
    SERVICE_OUTAGE,
    DISSATISFACTION,
    OTHER,
    NO_EMAIL,
    NO_PAYMENT,
    NO_LAST4,
    NO_TEXT,
    TOO_LONG,
];
