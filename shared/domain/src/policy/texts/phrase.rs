//! What the code itself fills into gaps, in English: loading refuses texts in which a language lacks one of them.

pub mod request;

/// A plan whose name nobody told.
pub const YOUR_SUBSCRIPTION: &str = "your subscription";
/// When it ends, where no date was told.
pub const END_OF_PERIOD: &str = "the end of the period that is paid for";
/// What is charged where nothing is.
pub const NOTHING: &str = "nothing";
/// What is charged where the provider counts.
pub const ITS_SHARE: &str = "its share of the price";
/// Before what a plan includes.
pub const INCLUDES: &str = "The new plan includes:";
/// Before the last of several things.
pub const AND: &str = "and";
/// Between what a line is about and how much it comes to.
pub const COLON: &str = ":";
/// Of a line of a bill: before what it should have come to.
pub const AGREED: &str = "agreed";
/// Of a bill: a line that nobody has a name for.
pub const OTHER_CHARGE: &str = "Other charge";
/// Of a bill: what is taken off.
pub const DISCOUNT: &str = "Discount";
/// Of a bill: what is laid on top.
pub const TAX: &str = "Tax";
/// Of a bill: what all of it comes to.
pub const TOTAL: &str = "Total";
/// What the next invoice comes to, where nobody told it.
pub const AS_PLANNED: &str = "the amount that your plan says";
/// Behind what it comes to, where that was computed.
pub const BEFORE_TAX: &str = "before tax";
/// Where a document is that has no page.
pub const ATTACHED: &str = "attached";
/// What is due, where the provider did not send it.
pub const UNKNOWN_AMOUNT: &str = "an unknown amount";
/// Above a letter: what is due.
pub const AMOUNT: &str = "Amount";
/// Above a letter: for what.
pub const INVOICE: &str = "Invoice";
/// Above a letter: how many days the service goes on.
pub const DAYS_LEFT: &str = "Days left to pay";
/// Above a letter: how long ago it was due.
pub const DAYS_OVERDUE: &str = "Days overdue";
/// The button of a letter that leads to a page to pay.
pub const PAY: &str = "Pay or change how you pay";
/// The button of a letter that leads to anything else.
pub const OPEN: &str = "Open";
/// Behind a link to pay: above what else is owed.
pub const ALSO_OPEN: &str = "This is still open";

/// In a letter: above what else is owed.
pub const OPEN_BESIDE: &str = "Also open";
/// In a letter: before the day of what else is overdue.
pub const DUE_ON: &str = "due on";
/// In a letter: before what all of it comes to.
pub const WITH_THIS: &str = "Together with this invoice";
/// In a letter: that it does not list all that is overdue.
pub const MORE_FOLLOWS: &str = "Further invoices follow in a letter of their own.";

/// Above a letter: which card.
pub const CARD: &str = "Card";
/// Above a letter: until the end of which month.
pub const VALID_UNTIL: &str = "Valid until";
/// The button that leads to where a card is given.
pub const GIVE_CARD: &str = "Give another card";
/// The button of whoever wants to hear no more of it.
pub const DO_NOT_TELL: &str = "Do not tell me";
/// The button of whoever wants to hear of it after all.
pub const TELL_AGAIN: &str = "Tell me again";

/// All of them.
pub const ALL: [&str; 32] = [
    YOUR_SUBSCRIPTION,
    END_OF_PERIOD,
    NOTHING,
    ITS_SHARE,
    INCLUDES,
    AND,
    COLON,
    AGREED,
    OTHER_CHARGE,
    DISCOUNT,
    TAX,
    TOTAL,
    AS_PLANNED,
    BEFORE_TAX,
    ATTACHED,
    UNKNOWN_AMOUNT,
    AMOUNT,
    INVOICE,
    DAYS_LEFT,
    DAYS_OVERDUE,
    PAY,
    OPEN,
    ALSO_OPEN,
    OPEN_BESIDE,
    DUE_ON,
    WITH_THIS,
    MORE_FOLLOWS,
    CARD,
    VALID_UNTIL,
    GIVE_CARD,
    DO_NOT_TELL,
    TELL_AGAIN,
];
