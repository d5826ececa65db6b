//! What the refund request form says, in English.

/// The label of the address.
pub const EMAIL: &str = "Your e-mail address";
/// The label of the invoice.
pub const INVOICE: &str = "Invoice number";
/// The label of the end of a card number.
pub const LAST4: &str = "Last four digits of the card";
/// Below these two.
pub const ONE_OF: &str = "One of these two is enough.";
/// The label of the amount.
pub const AMOUNT: &str = "Amount, if it is about a part";
/// The label of the reasons.
pub const REASON: &str = "Why do you ask?";
/// The label of what they write.
pub const TEXT: &str = "What happened?";
/// The button of the form.
pub const SEND: &str = "Send";
/// The button of the link, in the message and behind it.
pub const CONFIRM: &str = "Confirm the request";
/// What the reason `duplicate_charge` means to a customer; so the others.
pub const DUPLICATE_CHARGE: &str = "I was charged twice";
/// The reason `billing_error`.
pub const BILLING_ERROR: &str = "The bill is wrong";
/// The reason `service_outage`.
pub const SERVICE_OUTAGE: &str = "The service did not work";
/// The reason `customer_dissatisfaction`.
pub const DISSATISFACTION: &str = "I am not satisfied";
/// The reason `other`.
pub const OTHER: &str = "Another reason";
/// What is to be mended: there is no address.
pub const NO_EMAIL: &str = "Please enter an e-mail address that we can write to.";
/// Neither an invoice nor a card is named.
pub const NO_PAYMENT: &str = "Please name the invoice, or the last four digits of the card.";
/// It is no end of a card number.
pub const NO_LAST4: &str = "Please enter exactly four digits.";
/// Another reason has no words.
pub const NO_TEXT: &str = "Please tell us what happened.";
/// They wrote very much.
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
