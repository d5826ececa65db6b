//! Prior exceptions: what was granted to an account beside the rules, as the next decision on it should know.

use super::columns::{Column, Record, WHO};
use super::complaint::Complaints;
use super::row::Row;
use super::together::doubled;
use super::{Kind, Who, cell};
use crate::money::Money;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One thing that was granted. It allows nothing: whoever decides next is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    #[serde(flatten)]
    pub who: Who,
    pub kind: ExceptionKind,
    pub amount: Option<Money>,
    pub percent: Option<Decimal>,
    pub granted_on: Date,
    /// As it was written down: who granted it may have left.
    pub granted_by: String,
    pub reason: String,
    /// The last day on which it holds; absent for what happened once, or holds on.
    pub until: Option<Date>,
    /// Where it was written down: a ticket, a mail, a contract.
    pub reference: Option<String>,
}

/// Named as the actions are; what no action does is told apart as far as a decision asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionKind {
    Refund,
    Credit,
    Discount,
    ExtendTrial,
    ExtendGrace,
    Pause,
    Defer,
    WriteOff,
    WaivedFee,
    PaymentTerms,
    Other,
}

impl ExceptionKind {
    /// All that a file may write.
    pub const ALL: [Self; 11] = [
        Self::Refund,
        Self::Credit,
        Self::Discount,
        Self::ExtendTrial,
        Self::ExtendGrace,
        Self::Pause,
        Self::Defer,
        Self::WriteOff,
        Self::WaivedFee,
        Self::PaymentTerms,
        Self::Other,
    ];

    /// As it stands in JSON and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Credit => "credit",
            Self::Discount => "discount",
            Self::ExtendTrial => "extend_trial",
            Self::ExtendGrace => "extend_grace",
            Self::Pause => "pause",
            Self::Defer => "defer",
            Self::WriteOff => "write_off",
            Self::WaivedFee => "waived_fee",
            Self::PaymentTerms => "payment_terms",
            Self::Other => "other",
        }
    }

    /// Whether it gave money away, so that its amount must be known.
    fn is_money(self) -> bool {
        matches!(self, Self::Refund | Self::Credit | Self::WriteOff | Self::WaivedFee)
    }
}

const OWN: &[Column] = &[
    ("kind", &["type"]),
    ("amount", &[]),
    ("currency", &["currency_code"]),
    ("percent", &["discount_percent"]),
    ("granted_on", &["date", "granted_at"]),
    ("granted_by", &["approved_by"]),
    ("reason", &["note"]),
    ("until", &["valid_until", "expires_on"]),
    ("reference", &["ticket"]),
];

impl Exception {
    /// Whether it holds on a day, or held and is only remembered.
    pub fn holds(&self, on: Date) -> bool {
        self.granted_on <= on && self.until.is_none_or(|until| on <= until)
    }
}

impl Record for Exception {
    const KIND: Kind = Kind::Exceptions;
    const COLUMNS: &'static [&'static [Column]] = &[WHO, OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let who = row.who();
        let kind = row.must("kind", |text| cell::one_of(text, &ExceptionKind::ALL, ExceptionKind::name));
        let amount = row.money("amount");
        let percent = row.may("percent", cell::percent);
        let granted_on = row.must("granted_on", cell::date);
        let granted_by = row.must("granted_by", cell::text);
        let reason = row.must("reason", cell::text);
        let until = row.may("until", cell::date);
        let reference = row.may("reference", cell::text);
        if kind.is_some_and(ExceptionKind::is_money) && !row.has("amount") {
            row.missing("amount");
        }
        if kind == Some(ExceptionKind::Discount) && !row.has("amount") && !row.has("percent") {
            row.complain("percent", "a discount has a percentage or an amount: fill in one of the two");
        }
        if until.is_some() && granted_on.is_some() && until < granted_on {
            row.complain("until", "lies before `granted_on`: write the last day on which it holds");
        }
        Some(Self {
            amount,
            percent,
            until,
            reference,
            who: who?,
            kind: kind?,
            granted_on: granted_on?,
            granted_by: granted_by?,
            reason: reason?,
        })
    }

    /// Two alike on one day happen; two that are the same in everything are one that was written twice.
    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        let keys = all.iter().map(|(line, one)| {
            let granted = (one.granted_on, &one.granted_by, one.amount, one.percent);
            (*line, (&one.who, one.kind, granted, one.until, &one.reason, &one.reference))
        });
        doubled(keys, "customer", "this exception", complaints);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Records;
    use crate::import::tests::{both, complaints, csv};

    #[test]
    fn every_column_is_read_from_both_formats() {
        let records = both(
            Kind::Exceptions,
            "account,kind,amount,percent,granted_on,granted_by,reason,until,reference\n\
             stripe/default:cus_1,Refund,24.00 USD,,2025-11-03,mara,Outage on the 1st,,T-1\n\
             stripe:cus_1,discount,,20,2025-12-01,vera,\"Kept, after a complaint\",2026-11-30,\n",
            r#"{"provider":"stripe","customer":"cus_1","kind":"refund","amount":{"amount":"24.00","currency":"USD"},
                "granted_on":"2025-11-03","granted_by":"mara","reason":"Outage on the 1st","reference":"T-1"}

               {"provider":"stripe","customer":"cus_1","kind":"discount","percent":"20.0","granted_on":"2025-12-01",
                "granted_by":"vera","reason":"Kept, after a complaint","until":"2026-11-30"}"#,
        );
        let Records::Exceptions(exceptions) = records else { panic!("these are exceptions") };
        let on = |text: &str| text.parse::<Date>().unwrap();
        for (day, holds) in [("2025-11-30", false), ("2025-12-01", true), ("2026-11-30", true), ("2026-12-01", false)] {
            assert_eq!(exceptions[1].holds(on(day)), holds, "{day}");
        }
        assert_eq!(exceptions[0].amount.map(|amount| amount.to_string()).as_deref(), Some("24.00 USD"));
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let head = "account,kind,amount,percent,granted_on,granted_by,reason,until\n";
        let good = "stripe:c,refund,1 USD,,2026-01-01,mara,Outage,";
        let rows = [
            ("a kind", "stripe:c,gift,,,2026-01-01,mara,x,".to_owned(), "row 2, kind: `gift` is not known here"),
            ("money without an amount", "stripe:c,credit,,,2026-01-01,mara,x,".to_owned(), "row 2, amount: is empty"),
            (
                "a discount of nothing",
                "stripe:c,discount,,,2026-01-01,mara,x,".to_owned(),
                "row 2, percent: a discount has",
            ),
            ("nobody", "stripe:c,other,,,2026-01-01,,x,".to_owned(), "row 2, granted_by: is empty"),
            ("no reason", "stripe:c,other,,,2026-01-01,mara,,".to_owned(), "row 2, reason: is empty"),
            (
                "an American date",
                "stripe:c,other,,,1/31/2026,mara,x,".to_owned(),
                "row 2, granted_on: `1/31/2026` is no date",
            ),
            ("ends first", "stripe:c,other,,,2026-01-02,mara,x,2026-01-01".to_owned(), "row 2, until: lies before"),
            (
                "too fine",
                "stripe:c,refund,1.005 USD,,2026-01-01,mara,x,".to_owned(),
                "row 2, amount: `1.005` has more digits than USD",
            ),
            ("written twice", format!("{good}\n{good}"), "row 3, customer: this exception stands in row 2"),
        ];
        for (name, text, expected) in rows {
            let said = complaints(csv(Kind::Exceptions, &format!("{head}{text}\n")));
            assert!(said.len() == 1 && said[0].starts_with(expected), "{name}: {said:?}");
        }
    }

    #[test]
    fn a_kind_has_the_name_of_its_json() {
        for kind in ExceptionKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
