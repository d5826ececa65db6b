//! What may stand in a path, behind its question mark, and in a header.

use super::shape::{any, date, flag, text, time, words};
use crate::task::Listed;
use domain::action::{KINDS, State};
use domain::case::{self, Class};
use domain::cash;
use domain::import::Kind;
use domain::incident;
use domain::playbook::Name;
use domain::ticket;
use serde_json::{Value, json};

/// A parameter beside the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    Limit,
    Cursor,
    Class,
    StateOfCase,
    StateOfAction,
    KindOfAction,
    RequestedBy,
    Sort,
    ProviderOfAccount,
    Owing,
    InTrouble,
    StateOfIncident,
    StateOfTask,
    StateOfRequest,
    AssignedTo,
    StateOfTicket,
    ClassOfTicket,
    Assignee,
    Account,
    DueBefore,
    Segment,
    Paused,
    At,
    Bucket,
    FormatOfCase,
    FormatOfReport,
    DryRun,
    Since,
    Extra,
    Provider,
    Source,
    Network,
    Gateway,
    Advice,
    Number,
    AccountOfDocuments,
    IdempotencyKey,
    TicketKey,
}

impl Parameter {
    pub fn described(self) -> Value {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 100});
        let key = json!({"type": "string", "minLength": 1, "maxLength": 255});
        let (name, schema, meaning) = match self {
            Self::Limit => ("limit", limit, "How many items at most."),
            Self::Cursor => ("cursor", text(), "The `next` of the page before."),
            Self::Class => {
                ("class", words(Class::ALL), "Only cases of this class; a page may then hold fewer than `limit`.")
            }
            Self::StateOfCase => {
                ("state", words([case::State::Open, case::State::Resolved]), "Only those in this state.")
            }
            Self::StateOfAction => ("state", words(State::ALL), "Only those in this state."),
            Self::KindOfAction => {
                ("kind", words(KINDS), "Only those of this kind; a page may then hold fewer than `limit`.")
            }
            Self::RequestedBy => {
                let meaning = "Only what this member of staff asked for; a page may then hold fewer than `limit`.";
                ("requested_by", text(), meaning)
            }
            Self::Sort => ("sort", words(["newest", "oldest"]), "Which come first; the newest, without it."),
            Self::ProviderOfAccount => {
                let names = providers::ALL.iter().map(|provider| provider.name);
                ("provider", words(names), "Only those of this provider; a page may then hold fewer than `limit`.")
            }
            Self::Owing => {
                let meaning =
                    "Only those that owe something, or only the others; a page may then hold fewer than `limit`.";
                ("owing", flag(), meaning)
            }
            Self::InTrouble => {
                let meaning =
                    "Only those with an open case, or only the others; a page may then hold fewer than `limit`.";
                ("in_trouble", flag(), meaning)
            }
            Self::StateOfIncident => {
                ("state", words([incident::State::Open, incident::State::Over]), "Only those in this state.")
            }
            Self::StateOfTask => {
                ("state", words(Listed::ALL.map(Listed::name)), "Only these; without it, those that are open today.")
            }
            Self::StateOfRequest => ("state", words(cash::State::ALL), "Only those in this state."),
            Self::AssignedTo => {
                ("assigned_to", text(), "Only those of this member of staff; a page may then hold fewer than `limit`.")
            }
            Self::StateOfTicket => ("state", words(ticket::State::ALL), "Only those in this state."),
            Self::ClassOfTicket => {
                let meaning =
                    "Only those taken for this class, for certain or not; a page may then hold fewer than `limit`.";
                ("class", words(Class::ALL), meaning)
            }
            Self::Assignee => {
                let meaning = "Only those of this member of staff, or with `none` of nobody; a page may then hold fewer \
                    than `limit`.";
                ("assignee", text(), meaning)
            }
            Self::Account => {
                ("account", text(), "Only those of this account; a page may then hold fewer than `limit`.")
            }
            Self::DueBefore => {
                ("due_before", any([date(), time()]), "Only those that go on before this time, or this day.")
            }
            Self::Segment => {
                ("segment", text(), "Only those of this segment; a page may then hold fewer than `limit`.")
            }
            Self::Paused => {
                let meaning = "Only those that wait because somebody said so, or only the others; a page may then \
                    hold fewer than `limit`.";
                ("paused", flag(), meaning)
            }
            Self::At => {
                ("at", any([date(), time()]), "When; of a day its end, in the zone of the reports. Now, without it.")
            }
            Self::Bucket => {
                let meaning =
                    "Only the items of this bucket, such as `31-60`; a page may then hold fewer than `limit`.";
                ("bucket", text(), meaning)
            }
            Self::FormatOfCase => ("format", words(["slack"]), "The preview as Slack's blocks."),
            Self::FormatOfReport => ("format", words(["json", "html"]), "`html` leads to the page."),
            Self::DryRun => ("dry_run", flag(), "Only says what it would do."),
            Self::Since => ("since", date(), "Only what is newer; a time does as well."),
            Self::Extra => {
                ("extra", words(["refuse", "keep"]), "Whether columns of customers that nobody knows become metadata.")
            }
            Self::Provider => ("provider", text(), "Whose rows these are where they do not say."),
            Self::Source => ("source", text(), "Of which source they are where they do not say."),
            Self::Network => {
                ("network", text(), "The network's code, its name, or both: `43`, `mastercard`, `mastercard:43`.")
            }
            Self::Gateway => ("gateway", text(), "Whose code it is that the provider passes on."),
            Self::Advice => ("advice", text(), "The provider's advice in words, or the network's as its number."),
            Self::Number => ("number", text(), "Only the one with this whole number."),
            Self::AccountOfDocuments => ("account", text(), "Only those of this account."),
            Self::IdempotencyKey => ("Idempotency-Key", key, "A repeat under the same key answers the same action."),
            Self::TicketKey => ("Idempotency-Key", key, "A repeat under the same key answers the same ticket."),
        };
        let (place, required) = match self {
            Self::IdempotencyKey => ("header", true),
            Self::TicketKey => ("header", false),
            _ => ("query", false),
        };
        json!({"name": name, "in": place, "required": required, "schema": schema, "description": meaning})
    }
}

/// A gap of a path.
pub fn in_path(pattern: &str, gap: &str) -> Value {
    let all = || providers::ALL.iter().map(|provider| provider.name);
    let schema = match (pattern, gap) {
        ("/webhooks/{provider}/{source}" | "/api/sources/{provider}/{source}", "provider") => words(all()),
        ("/api/backfill/{provider}/{source}", "provider") => {
            words(providers::ALL.iter().filter(|provider| provider.api.is_some()).map(|provider| provider.name))
        }
        ("/api/import/{kind}", _) => words(Kind::ALL),
        ("/api/playbooks/{name}", _) => words(Name::ALL),
        (_, "month") => json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "examples": ["2026-01"]}),
        _ => text(),
    };
    let of_account = gap == "account" || pattern.starts_with("/api/accounts/");
    let meaning =
        if of_account { "Recoup's id, or `provider[/source]:customer_id` such as `stripe:cus_1`." } else { gap };
    json!({"name": gap, "in": "path", "required": true, "schema": schema, "description": meaning})
}
