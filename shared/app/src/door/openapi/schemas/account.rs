//! Accounts: the sidebar, what was told of them, who they are, and what is recovered of them.

use super::Named;
use crate::door::openapi::shape::{
    any, date, decimal, flag, list, money, object, only, or_null, page, record, see, text, time, told, whole, words,
};
use domain::book::By;
use domain::book::entitlement::Entitlement;
use domain::dunning::{Ended, PlanState, StepState, Word};
use domain::event::{DisputeStatus, InvoiceStatus, Origin, PaymentStatus, Role, SubscriptionStatus};
use domain::sidebar::Basis;
use serde_json::{Value, json};

pub(super) fn schemas() -> Named {
    vec![
        ("Sidebar", sidebar()),
        ("Accounts", page("Sidebar")),
        (
            "Question",
            only([(
                "q",
                told(text(), "An e-mail address, a name, an invoice, a refund, or a card's last four digits."),
            )]),
        ),
        ("Hit", hit()),
        ("Hits", page("Hit")),
        ("TimelineLine", timeline_line()),
        ("Timeline", page("TimelineLine")),
        ("Seen", seen()),
        ("Entitled", entitled()),
        ("Group", group()),
        ("GroupOther", group_other()),
        ("GroupSaid", object([("other", text()), ("same", flag()), ("by", text()), ("note", text()), ("at", time())])),
        (
            "GroupRecord",
            object([
                ("account", text()),
                ("members", list(text())),
                ("apart", list(text())),
                ("said", list(see("GroupSaid"))),
            ]),
        ),
        ("GroupWord", only([("account", text()), ("same", flag()), ("note?", text())])),
        ("Plan", plan()),
        ("Plans", page("Plan")),
        ("Recoveries", recoveries()),
        ("Forecast", forecast()),
        ("TryOutcome", try_outcome()),
        ("TryOutcomes", page("TryOutcome")),
        ("RecoveryWord", recovery_word()),
        ("SecondCard", second_card()),
        ("SecondCardTold", object([("second_card", or_null(see("SecondCard")))])),
        ("SecondCardWord", second_card_word()),
        ("Held", held()),
    ]
}

fn entitled() -> Value {
    object([
        ("account", text()),
        ("state", or_null(entitlements())),
        ("since", or_null(time())),
        ("why", text()),
        ("next", told(or_null(object([("state", entitlements()), ("at", time())])), "If nothing is paid until then.")),
        ("as_of", or_null(time())),
    ])
}

fn entitlements() -> Value {
    use Entitlement::{Active, Ended, Grace, Restricted, Suspended, Warned};
    words([Active, Grace, Warned, Restricted, Suspended, Ended])
}

pub(super) fn dispute_states() -> Value {
    use DisputeStatus::{Closed, Lost, Open, UnderReview, Won};
    words([Open, UnderReview, Closed, Lost, Won])
}

/// What is not known is null.
fn hit() -> Value {
    let kinds = [
        "account",
        "invoice",
        "payment",
        "subscription",
        "card",
        "case",
        "action",
        "task",
        "ticket",
        "payment_request",
        "incident",
    ];
    object([
        ("kind", words(kinds)),
        ("id", told(text(), "Ours, or a provider's where it is one of its objects.")),
        ("label", told(text(), "What it is, and whose.")),
        ("account", or_null(text())),
        ("url", told(text(), "The page that it leads to.")),
    ])
}

fn sidebar() -> Value {
    let maybe = || or_null(text());
    let account = object([
        ("id", text()),
        ("provider", text()),
        ("source", text()),
        ("customer", told(text(), "The provider's id.")),
        ("name", maybe()),
        ("email", maybe()),
        ("phone", maybe()),
        ("billing_address", maybe()),
        ("strategic", or_null(flag())),
        ("no_sms", told(or_null(flag()), "Whether they want no text messages.")),
        ("no_mail", told(or_null(flag()), "Whether they want no mail but what must be sent.")),
        ("owner", maybe()),
        ("unsubscribed_at?", told(time(), "Since when they want no messages before their card expires.")),
    ]);
    let total = "What each interval comes to with all seats and add-ons that recur with it, before tax and credit.";
    let plan = object([
        ("name", maybe()),
        ("price", or_null(money())),
        ("interval", maybe()),
        ("total", told(or_null(money()), total)),
        ("renews_at", or_null(time())),
    ]);
    let card =
        object([("brand", text()), ("last4", text()), ("exp_month", or_null(whole())), ("exp_year", or_null(whole()))]);
    let other = object([("id", told(text(), "The provider's id.")), ("brand", text()), ("last4", text())]);
    let pending = "What waits for approval or is under way: where an account is shown by itself.";
    let credits = object([
        ("available", or_null(money())),
        ("applied", or_null(money())),
        ("pending", told(or_null(money()), pending)),
    ]);
    let dunning = object([
        ("invoice", text()),
        ("segment", text()),
        ("step", whole()),
        ("next", maybe()),
        ("next_at", or_null(time())),
        ("policy_version", whole()),
    ]);
    let open_case = object([
        ("id", text()),
        ("class", text()),
        ("opened_at", time()),
        ("recommended?", told(recommended(), "Where it is shown by itself.")),
    ]);
    object([
        ("account", account),
        ("plan", plan),
        ("payment_method", or_null(card)),
        ("second_card?", told(see("SecondCard"), "The card that the customer lets be charged beside it.")),
        ("other_cards?", told(list(other), "Where it is shown by itself: cards that are kept and not charged.")),
        ("status", status()),
        ("history", list(bill())),
        ("payments?", told(list(moved()), "Where it is shown by itself: payments and failed tries, the newest first.")),
        ("credits", credits),
        ("subscription", subscription()),
        ("lifetime", lifetime()),
        ("dunning", told(or_null(dunning), "Null when nothing is being recovered.")),
        ("cases", list(open_case)),
        ("more_cases", told(whole(), "How many more are open: of very many those are named that were opened last.")),
        ("past_cases?", told(list(past_case()), "Where it is shown by itself: those that ended, the newest first.")),
        ("exceptions", list(see("Granted"))),
        ("tickets?", told(list(see("TicketLine")), "Where it is shown by itself: those that are open first.")),
        ("tasks?", told(list(task_line()), "Where it is shown by itself: those that are open first.")),
        ("actions", told(text(), "The path of its actions.")),
        (
            "latest_actions?",
            told(list(action_line()), "Where it is shown by itself, unless there are more than are looked through."),
        ),
    ])
}

/// A payment or a failed try.
fn moved() -> Value {
    use PaymentStatus::{Canceled, Failed, NeedsAction, Pending, Succeeded};
    let maybe = || or_null(text());
    let mark = object([
        ("says", text()),
        ("case", told(maybe(), "The case that says so.")),
        ("recommended", or_null(recommended())),
    ]);
    object([
        ("at", time()),
        ("payment", told(maybe(), "The provider's id.")),
        ("amount", or_null(money())),
        ("status", or_null(words([Pending, NeedsAction, Failed, Canceled, Succeeded]))),
        ("given_back", or_null(money())),
        ("method", maybe()),
        ("invoice_id", maybe()),
        ("invoice", told(maybe(), "The number that the customer knows.")),
        ("why", told(maybe(), "Why it failed.")),
        ("marks", told(list(mark), "What is the matter with it.")),
    ])
}

fn recommended() -> Value {
    let maybe = || or_null(text());
    object([
        ("says", text()),
        ("action", told(maybe(), "What was asked for because of it.")),
        ("state", told(maybe(), "How that stands.")),
    ])
}

fn past_case() -> Value {
    object([("id", text()), ("class", text()), ("opened_at", time()), ("resolved_at", time()), ("resolution", text())])
}

fn task_line() -> Value {
    use domain::task::State::{Done, Dropped, Open};
    object([
        ("id", text()),
        ("what", text()),
        ("state", words([Open, Done, Dropped])),
        ("due_at", time()),
        ("assigned_to", or_null(text())),
    ])
}

fn action_line() -> Value {
    object([
        ("id", text()),
        ("kind", text()),
        ("summary", text()),
        ("state", text()),
        ("requested_by", text()),
        ("requested_at", time()),
    ])
}

fn status() -> Value {
    let paid = object([("at", time()), ("amount", or_null(money())), ("payment", text())]);
    let upcoming = object([
        ("at", time()),
        ("amount", or_null(money())),
        (
            "amount_from",
            told(or_null(words(Basis::ALL)), "Told by the provider, or computed from the plan, before tax and credit."),
        ),
    ]);
    let dispute = object([
        ("id", text()),
        ("payment", text()),
        ("amount", or_null(money())),
        ("status", dispute_states()),
        ("formal", or_null(flag())),
        ("evidence_due_at", or_null(time())),
    ]);
    object([
        ("entitlement", or_null(entitlements())),
        ("last_payment", or_null(paid)),
        ("next_invoice", or_null(upcoming)),
        ("outstanding", or_null(money())),
        ("failures_12m", whole()),
        ("failed_tries", told(whole(), "Since the last payment that came in.")),
        ("disputes", list(dispute)),
        (
            "more_disputes?",
            told(whole(), "How many more are open: of very many the claims are named, and what is due next."),
        ),
    ])
}

fn bill() -> Value {
    use InvoiceStatus::{Draft, Open, Paid, Uncollectible, Void};
    object([
        ("date", time()),
        ("amount", or_null(money())),
        ("status", or_null(words([Draft, Open, Uncollectible, Paid, Void]))),
        ("method", or_null(text())),
        ("invoice_id", text()),
        ("invoice", told(or_null(text()), "The number that the customer knows.")),
    ])
}

fn subscription() -> Value {
    use SubscriptionStatus::{Active, Ended, Incomplete, PastDue, Paused, Trial, Unpaid};
    let addon = object([
        ("name", text()),
        ("price", or_null(money())),
        ("quantity", whole()),
        ("kind", words([Role::Plan, Role::Addon, Role::Usage, Role::OneOff])),
    ]);
    object([
        ("started_at", or_null(time())),
        ("contract_end", or_null(time())),
        ("auto_renew", or_null(flag())),
        ("seats_used", or_null(whole())),
        ("seats_total", or_null(whole())),
        ("seats_min", told(or_null(whole()), "By its contract it has no fewer.")),
        ("utilisation", told(or_null(decimal()), "A share between 0 and 1.")),
        ("seats_as_of", or_null(time())),
        ("addons", or_null(list(addon))),
        ("status", or_null(words([Incomplete, Trial, Active, PastDue, Paused, Unpaid, Ended]))),
        ("trial_ends_at", or_null(time())),
        ("resumes_at", or_null(time())),
    ])
}

fn lifetime() -> Value {
    object([
        ("revenue", or_null(money())),
        ("revenue_covers", told(or_null(text()), "Of which payments it is the sum, and until when.")),
        ("months_active", or_null(whole())),
        ("mrr", or_null(money())),
        ("arr", or_null(money())),
        ("churn_risk", or_null(words(["low", "medium", "high"]))),
        ("churn_reasons", list(text())),
    ])
}

fn timeline_line() -> Value {
    object([
        ("id", told(text(), "The provider's id of the event.")),
        ("at", time()),
        ("kind", told(text(), "What happened, in Recoup's words.")),
        ("says", told(text(), "The same as a sentence, with its money and its reason.")),
        ("origin", words([Origin::Webhook, Origin::Answer, Origin::Lookup, Origin::Listed])),
        ("seen", list(see("Seen"))),
        ("trace", text()),
    ])
}

/// A sighting of one of the provider's objects.
fn seen() -> Value {
    let resources = [
        "customer",
        "balance",
        "card",
        "chosen",
        "subscription",
        "invoice",
        "credit_note",
        "payment",
        "refund",
        "dispute",
        "link",
        "ticket",
    ];
    let mut seen = record();
    seen["properties"] = json!({"resource": words(resources)});
    seen["required"] = json!(["resource"]);
    seen["additionalProperties"] = json!(true);
    told(seen, "What was seen of one resource; what the provider does not send is null.")
}

fn group() -> Value {
    let others = || list(see("GroupOther"));
    object([
        ("account", text()),
        ("confirmed", others()),
        ("proposed", told(others(), "What looks like it; nobody has said yet.")),
        ("apart", others()),
        ("said", list(see("GroupSaid"))),
    ])
}

fn group_other() -> Value {
    object([
        ("account", text()),
        ("provider", text()),
        ("source", text()),
        ("customer", text()),
        ("name", or_null(text())),
        ("because", or_null(text())),
    ])
}

fn plan() -> Value {
    let left = object([
        ("rule", text()),
        ("of", told(whole(), "How many tries the rule allows.")),
        ("used", whole()),
        ("until", told(or_null(time()), "When the oldest counts no more; until when a debit may be presented again.")),
    ]);
    object([
        ("account", text()),
        ("invoice", text()),
        ("segment", text()),
        ("policy_version", whole()),
        ("started_at", time()),
        ("state", words([PlanState::Running, PlanState::Stopped, PlanState::Finished])),
        ("reason", or_null(text())),
        ("steps", list(step())),
        ("incident", told(or_null(text()), "The incident that its failure was a part of.")),
        ("held_until", or_null(time())),
        ("held_since", or_null(time())),
        ("control", control()),
        ("tries", tries()),
        (
            "tries_left",
            told(
                list(left),
                "What the networks' rules leave of tries, whoever makes them; only with one account's own.",
            ),
        ),
        ("escalated_at?", told(time(), "When it became a matter of whoever looks after the account.")),
        ("ends_asked", told(whole(), "How often people were asked to end what its invoice is for.")),
        ("spared_until?", told(time(), "Until when nothing is taken and nothing ends: the money may be coming.")),
        ("trace", text()),
        ("name", told(or_null(text()), "How the customer is called.")),
        ("number", told(or_null(text()), "What stands on the invoice.")),
        ("amount", told(or_null(money()), "What is open of it.")),
        ("why", told(text(), "Why it could not be collected; on the ladder, since when it is due.")),
        ("next", or_null(text())),
        ("next_at", or_null(time())),
        ("paused_until", told(or_null(time()), "The later of a pause and a promise.")),
        ("queue", told(whole(), "Of two on one day, the lower is looked at first; 9 is everybody's.")),
    ])
}

fn step() -> Value {
    use StepState::{Asked, InDoubt, Sending, Sent, Skipped, Waiting};
    object([
        ("number", whole()),
        ("kind", words(["mail", "sms", "access", "offer", "end", "person"])),
        ("template?", told(text(), "Which text is sent.")),
        ("access?", told(entitlements(), "What the customer may use from then on.")),
        ("ends?", told(words(["subscription"]), "What people are asked to end at the provider.")),
        ("owner?", told(text(), "Whose task an offer is where nobody looks after the account: a role.")),
        ("hold_hours?", told(whole(), "For how long that is held after the letter before it.")),
        ("due_at", time()),
        ("state", words([Waiting, Sending, Asked, Sent, InDoubt, Skipped])),
        ("done_at", or_null(time())),
        ("doubt_at", or_null(time())),
        ("refusals", told(whole(), "How often the mail service refused it.")),
        (
            "again_at",
            told(or_null(time()), "When it is tried again after that, or when the night is over for the customer."),
        ),
        ("why?", told(text(), "Why it was left out, where that is its own reason.")),
        ("expected_at", told(time(), "When it is to be expected: what is paused moves.")),
        ("reason", told(or_null(text()), "Why it stands so, where that does not show.")),
    ])
}

/// What people have said of it.
fn control() -> Value {
    let promise = object([
        ("date", date()),
        ("amount", money()),
        ("until", told(time(), "When that day is over where the customer lives.")),
        ("open", told(money(), "What was open when it was given.")),
    ]);
    let said = object([
        ("at", time()),
        ("by", told(text(), "A staff id, or `recoup` for what came of a promise.")),
        ("word", words(Word::NAMES)),
        ("until?", time()),
        ("date?", date()),
        ("amount?", money()),
        ("note?", text()),
    ]);
    object([
        ("paused_until", or_null(time())),
        ("promise", told(or_null(promise), "What the customer has promised, until it is kept or broken.")),
        ("kept", told(whole(), "How many promises were kept.")),
        ("broken", told(whole(), "How many were not.")),
        ("hastened?", told(whole(), "On the ladder: the rung that the last broken promise brought at once.")),
        ("keeps?", told(flag(), "On the ladder: whether nothing is taken, because somebody looks after the customer.")),
        ("agreed?", told(whole(), "On the ladder: the rung whose letter somebody has agreed to last.")),
        (
            "asked_about?",
            told(see("Money"), "How much was open when somebody was asked for it: their word is about no more."),
        ),
        ("heeded?", told(whole(), "The number of the last word about all recoveries that it has taken in.")),
        ("said", told(list(said), "What people said of it, the latest twelve, oldest first.")),
    ])
}

/// When Recoup tries it again, and when it has.
fn tries() -> Value {
    let thousandths = |what| told(whole(), what);
    let next = || {
        object([
            ("number", whole()),
            ("at", time()),
            (
                "rule",
                told(text(), "Which rule of tries lets it be; `card_given` where the customer gave another card."),
            ),
            ("policy_version", whole()),
            ("chance", told(or_null(whole()), "How likely it is thought to succeed, in thousandths.")),
            ("likely", thousandths("How likely this moment was to be chosen, in thousandths.")),
            (
                "candidates",
                list(object([("at", time()), ("chance", thousandths("How likely it is thought to succeed then."))])),
            ),
            ("chosen_at?", time()),
            (
                "reasons?",
                list(object([
                    ("about", told(text(), "As the table of the advice calls it: `hour 6`, `weekday 2`.")),
                    ("odds", thousandths("How many times as high the odds are for it, in thousandths.")),
                ])),
            ),
            ("why?", told(list(text()), "The reasons in words.")),
            ("advice_version?", told(whole(), "The version of what was learned when it was chosen.")),
            (
                "second?",
                told(
                    object([("id", text()), ("card", text())]),
                    "The card that it names beside the one that is charged.",
                ),
            ),
        ])
    };
    let ended = object([
        ("outcome", words(["paid", "declined", "not_made", "over"])),
        ("code?", told(text(), "The provider's code of why it was declined.")),
        ("why?", told(text(), "Why nothing was tried.")),
    ]);
    let chose_none = object([
        ("chosen_at", time()),
        ("likely", thousandths("How likely that was, in thousandths.")),
        ("advice_version?", whole()),
    ]);
    let made = object([
        ("action", text()),
        ("begun_at", time()),
        ("chosen", next()),
        ("ended", told(or_null(ended), "Null while nobody knows.")),
        ("card?", told(text(), "The card that it named: one that was just given, or a second one.")),
        ("card_id?", told(text(), "The provider's id of that card.")),
    ]);
    object([
        ("next", or_null(next())),
        ("why_none", told(or_null(text()), "Why no try is planned, where none is.")),
        ("chose_none?", told(chose_none, "Where a moment could have been chosen, and none was.")),
        ("made", told(list(made), "The latest twelve, oldest first.")),
        ("begun", told(whole(), "How many were ever begun.")),
        ("look_at", told(or_null(time()), "When it is looked at again.")),
        ("card", told(or_null(text()), "The card that the customer gave since, while there was no try with it.")),
        ("card_id?", told(text(), "The provider's id of that card.")),
        ("heeded_at?", told(time(), "When the card was given, where very many recoveries were told of it at once.")),
        ("taken_back_at?", told(time(), "When somebody took the last one back: its day has no other.")),
        ("unmade?", told(next(), "The try that was planned when the recovery ended.")),
    ])
}

/// The board: a page of recoveries, and what is expected of all.
fn recoveries() -> Value {
    object([
        ("items", list(see("Plan"))),
        ("next", told(or_null(text()), "The cursor of the next page; null on the last one.")),
        ("forecast", told(or_null(see("Forecast")), "On the first page.")),
    ])
}

fn forecast() -> Value {
    let expected = object([
        ("currency", text()),
        ("recoveries", whole()),
        ("open", money()),
        ("paid", told(or_null(whole()), "How many are expected to be paid; null, like all that follows, of too few.")),
        ("amount", or_null(money())),
        ("low", told(or_null(money()), "Between this and `high` it lies, 19 times of 20.")),
        ("high", or_null(money())),
    ]);
    object([
        ("days", whole()),
        ("complete", told(flag(), "Whether all that run are in it; else those that go on first.")),
        ("recoveries", told(whole(), "How many are in it.")),
        ("by_segment", told(whole(), "By how often earlier ones of their segment and age were paid.")),
        ("by_all", told(whole(), "By how often earlier ones of their age were, whatever their segment.")),
        ("by_next_try", told(whole(), "Only by the chance of their next try.")),
        ("unknown", told(whole(), "Of these nothing is known, and none is expected.")),
        ("earlier", told(whole(), "By how many payments that failed 60 days ago or earlier shares are counted.")),
        ("currencies", list(expected)),
    ])
}

/// One try, or a choice that came to none: nobody is named in it.
fn try_outcome() -> Value {
    object([
        ("failed_at", time()),
        ("tried_at", told(or_null(time()), "Null where nothing was tried.")),
        ("tries_before", told(whole(), "How often it was tried again before.")),
        ("provider", text()),
        ("code", told(text(), "Why the try before it failed.")),
        ("network", text()),
        ("funding", text()),
        ("issuer", told(text(), "The bank, or the country in which the card was issued.")),
        ("country", text()),
        ("succeeded", or_null(flag())),
        ("recovery", told(text(), "The same for all lines of one recovery; it does not say whose.")),
        ("segment", text()),
        ("by", told(words([By::Provider, By::Recoup, By::Customer]), "Who tried.")),
        ("chosen_at", told(or_null(time()), "When it was chosen whether it is tried again, and when.")),
        ("moment", told(or_null(time()), "What was chosen.")),
        ("likely", told(or_null(whole()), "How likely that was to be chosen, in thousandths.")),
        ("ended", told(or_null(words(Ended::ALL)), "How the recovery stands.")),
        ("ended_at", told(or_null(time()), "Since when; of one that is open, until when it was seen.")),
        ("advice_version", told(or_null(whole()), "The version of what was learned when it was chosen.")),
    ])
}

fn recovery_word() -> Value {
    let note = || ("note?", told(text(), "At most 500 characters."));
    let until = told(any([date(), time()]), "A time, or the end of a day where the customer lives.");
    only([
        (
            "invoice?",
            told(
                text(),
                "The provider's id of it; without it, all that are recovered. What climbs the ladder has to be named.",
            ),
        ),
        ("pause?", only([("until", until), note()])),
        ("resume?", only([note()])),
        ("stop?", only([("note", told(text(), "Why; at most 500 characters."))])),
        ("promise?", only([("date", date()), ("amount", money()), note()])),
    ])
}

fn second_card() -> Value {
    object([
        ("card", told(text(), "The provider's id of it.")),
        ("brand", text()),
        ("last4", text()),
        ("by", told(text(), "Who wrote it down: a staff id.")),
        ("at", time()),
        ("note", told(text(), "How the customer agreed.")),
        ("stands", told(flag(), "False once the card is gone, has expired, or has another number.")),
    ])
}

fn second_card_word() -> Value {
    let agreed = only([
        ("card", told(text(), "The provider's id of it, as in `other_cards` of the account.")),
        ("last4", told(text(), "The end of its number, so that no other card is meant.")),
        ("note", told(text(), "How the customer agreed; at most 200 characters.")),
    ]);
    only([("agreed?", agreed), ("revoked?", only([]))])
}

fn held() -> Value {
    let maybe = || or_null(text());
    object([
        ("account", text()),
        ("as_of", time()),
        (
            "person",
            object([
                ("name", maybe()),
                ("email", maybe()),
                ("phone", maybe()),
                ("address", maybe()),
                ("locale", told(maybe(), "In which language they are written to.")),
                ("country", maybe()),
                ("customer_since", or_null(time())),
            ]),
        ),
        (
            "contacts",
            told(
                object([("emails", list(text())), ("phones", list(text())), ("addresses", list(text()))]),
                "How they are and were reached, the last first.",
            ),
        ),
        ("erased_at", or_null(time())),
        ("imported", or_null(record())),
        ("tickets", told(list(see("Ticket")), "Few at a time, each in full.")),
        ("next?", told(text(), "The `cursor` of further tickets, where there are more.")),
        ("records", see("Sidebar")),
        ("kept", told(text(), "What an erasure leaves, and why.")),
    ])
}
