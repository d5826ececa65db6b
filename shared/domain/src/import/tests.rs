//! What holds for every kind of file: one bad row refuses it, nothing makes it panic, and what is said twice is one import.

use super::*;
use crate::policies::Policies;
use std::collections::BTreeSet;

pub(super) const GIVEN: Given<'static> = Given {
    providers: &["chargebee", "lemonsqueezy", "mollie", "revenuecat", "stripe"],
    tables: &["iso8583", "mastercard_advice", "sepa", "stripe"],
    families: &["declined", "expired", "insufficient_funds"],
    provider: None,
    source: None,
    extra: Extra::Refuse,
};

pub(super) fn csv(kind: Kind, text: &str) -> Result<Records, Refused> {
    read(kind, Format::Csv, text.as_bytes(), &GIVEN).map(|(records, _)| records)
}

/// Reads objects that stand on several lines each, with an empty line between them.
pub(super) fn json(kind: Kind, objects: &str) -> Result<Records, Refused> {
    let lines: Vec<String> = objects.split("\n\n").map(|object| object.lines().map(str::trim).collect()).collect();
    read(kind, Format::JsonLines, lines.join("\n").as_bytes(), &GIVEN).map(|(records, _)| records)
}

/// Reads the same from both formats; what is stored and read again is the same, too.
pub(super) fn both(kind: Kind, separated: &str, objects: &str) -> Records {
    let [from_csv, from_json] =
        [csv(kind, separated), json(kind, objects)].map(|read| read.unwrap_or_else(|refused| panic!("{refused}")));
    assert_eq!(from_csv, from_json, "the formats differ");
    assert_eq!(import_id(&from_csv), import_id(&from_json));
    let stored = serde_json::to_string(&from_csv).unwrap();
    assert_eq!(serde_json::from_str::<Records>(&stored).unwrap(), from_csv, "{stored}");
    from_csv
}

pub(super) fn complaints(read: Result<Records, Refused>) -> Vec<String> {
    read.err().map_or(Vec::new(), |refused| refused.complaints.iter().map(ToString::to_string).collect())
}

/// One good file of each kind; two rows each.
const GOOD: [(Kind, &str); 8] = [
    (
        Kind::Customers,
        "provider,customer,name,credit_limit,metadata.Segment\nstripe,cus_1,Acme,500 USD,SMB\nmollie,cst_1,Bits,,\n",
    ),
    (Kind::Catalogue, "provider,price,unit,currency,interval\nstripe,p1,19,USD,month\nstripe,p2,49.00,USD,month\n"),
    (
        Kind::Contracts,
        "account,reference,price,starts_on\nstripe:cus_1,C-1,p1,2026-01-01\nstripe:cus_2,C-2,p1,2026-01-01\n",
    ),
    (Kind::Usage, "account,seats_used,as_of\nstripe:cus_1,5,2026-01-01\nstripe:cus_2,6,2026-01-01\n"),
    (Kind::Staff, "id,name,email,role\na,A,a@x.de,l1\nb,B,b@x.de,vp\n"),
    (
        Kind::Exceptions,
        "account,kind,granted_on,granted_by,reason\nstripe:c,pause,2026-01-01,mara,Fire\nstripe:c,other,2026-01-02,mara,Flood\n",
    ),
    (Kind::NetworkRules, "network,tries_max,days,from,why\nvisa,20,30,2026-01-01,A\nach,2,180,2026-01-01,B\n"),
    (Kind::Rates, "date,currency,rate\n2026-11-27,USD,1.1588\n2026-11-27,JPY,181.05\n"),
];

#[test]
fn a_kind_is_known_by_its_name() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.name()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
    assert_eq!(Kind::parse("network_rules"), None);
    assert_eq!(GOOD.map(|(kind, _)| kind), Kind::ALL);
}

#[test]
fn a_format_is_known_by_its_file_or_media_type() {
    let rows = [
        (Format::of_file("a/b.CSV"), Some(Format::Csv)),
        (Format::of_file("b.v2.jsonl"), Some(Format::JsonLines)),
        (Format::of_file("csv"), None),
        (Format::of_file("b.xlsx"), None),
        (Format::of_media_type("text/csv; charset=utf-8"), Some(Format::Csv)),
        (Format::of_media_type("Application/X-NDJSON"), Some(Format::JsonLines)),
        (Format::of_media_type("application/json"), None),
    ];
    for (row, (found, expected)) in rows.into_iter().enumerate() {
        assert_eq!(found, expected, "row {row}");
    }
}

#[test]
fn the_same_content_is_the_same_import() {
    let mut ids = BTreeSet::new();
    for (kind, text) in GOOD {
        let records = csv(kind, text).unwrap();
        let id = import_id(&records);
        assert_eq!((records.kind(), records.count()), (kind, 2));
        let lines: Vec<_> = text.lines().collect();
        let [header, first, second] = lines[..] else { panic!("two rows and a header") };
        for (name, other) in [
            ("in another order", format!("{header}\n{second}\n{first}\n")),
            ("from Windows", format!("\u{feff}{header}\r\n{first}\r\n{second}\r\n")),
            ("from Germany", text.replace(',', ";")),
            ("with an empty row", format!("{header}\n\n{first}\n,,\n{second}")),
        ] {
            assert_eq!(import_id(&csv(kind, &other).unwrap()), id, "{kind:?} {name}");
        }
        assert_ne!(
            import_id(&csv(kind, &format!("{header}\n{first}\n")).unwrap()),
            id,
            "{kind:?}: a row less is another import"
        );
        assert!(ids.insert(id), "no two kinds have one id");
    }
    let spelled = "provider,price,unit,currency,interval\nstripe,p1,19.00,usd,monthly\nstripe,p2,49,usd,1 month\n";
    assert!(
        ids.contains(&import_id(&csv(Kind::Catalogue, spelled).unwrap())),
        "the spelling of a figure does not count"
    );
}

#[test]
fn one_bad_row_refuses_the_whole_file() {
    for (kind, text) in GOOD {
        let refused = csv(kind, &format!("{text}x\n")).unwrap_err();
        assert_eq!((refused.complaints.len(), refused.complaints[0].row, refused.more), (1, 4, 0), "{kind:?}");
    }
}

/// A row may go over several lines, and lines may be empty; of the ECB's files one row holds several rates.
#[test]
fn each_record_is_told_with_the_line_on_which_it_begins() {
    let rows: [(Kind, Format, &str, &[usize]); 3] = [
        (
            Kind::Exceptions,
            Format::Csv,
            "account,kind,granted_on,granted_by,reason\nstripe:c,pause,2026-01-01,mara,\"Fire\nand flood\"\n\nstripe:c,other,2026-01-02,mara,Flood\n",
            &[2, 5],
        ),
        (
            Kind::Usage,
            Format::JsonLines,
            "{\"account\":\"stripe:a\",\"seats_used\":5,\"as_of\":\"2026-01-01\"}\n\n{\"account\":\"stripe:b\",\"seats_used\":6,\"as_of\":\"2026-01-01\"}\n",
            &[1, 3],
        ),
        (Kind::Rates, Format::Csv, "Date, USD, JPY\n27 November 2026, 1.1588, 181.05\n", &[2, 2]),
    ];
    for (kind, format, text, expected) in rows {
        let (records, lines) = read(kind, format, text.as_bytes(), &GIVEN).unwrap();
        assert_eq!((records.count(), lines.as_slice()), (expected.len(), expected), "{kind:?}");
    }
}

#[test]
fn what_the_rows_do_not_say_may_be_said_beside_the_file() {
    let text = "customer\ncus_1\n";
    let given = Given { provider: Some("stripe"), source: Some("eu"), ..GIVEN };
    let Ok((Records::Customers(customers), _)) = read(Kind::Customers, Format::Csv, text.as_bytes(), &given) else {
        panic!("it can be read")
    };
    assert_eq!(customers[0].who, Who { provider: "stripe".into(), source: "eu".into(), customer: "cus_1".into() });
}

#[test]
fn many_complaints_are_counted() {
    let text: String = (0..1_000).map(|row| format!("stripe,cus_{row},x\n")).collect();
    let refused = csv(Kind::Customers, &format!("provider,customer,email\n{text}")).unwrap_err();
    assert_eq!((refused.complaints.len(), refused.more), (COMPLAINTS_MAX, 900));
    assert_eq!((refused.complaints[0].row, refused.complaints[99].row), (2, 101));
}

/// Cuts good files short and puts into them what does not belong there; whatever comes of it is read or refused.
#[test]
fn nothing_makes_it_panic() {
    let pieces = [
        "\"",
        "\r",
        "\n",
        ",",
        ";",
        "\u{0}",
        "é",
        "=",
        "{",
        "[",
        "}",
        "null",
        "1e400",
        "-",
        "99999999999999999999999999999",
    ];
    for (kind, text) in GOOD {
        let lines: Vec<_> = text.lines().collect();
        let fields =
            lines[0].split(',').zip(lines[1].split(',')).map(|(name, value)| format!("\"{name}\":\"{value}\""));
        let object = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
        for (format, text) in [(Format::Csv, text), (Format::JsonLines, object.as_str())] {
            assert!(read(kind, format, text.as_bytes(), &GIVEN).is_ok(), "{kind:?} {format:?}");
            for at in 0..text.len() {
                let (before, after) = text.split_at(at);
                let _ = read(kind, format, before.as_bytes(), &GIVEN);
                for piece in pieces {
                    let _ = read(kind, format, format!("{before}{piece}{after}").as_bytes(), &GIVEN);
                }
            }
        }
        for bytes in [&b"\xff\xfe\x00"[..], b"\xef\xbb\xbf", b"\n\n\n", b"\"", b"\xc3", b"{}", b"{}\n[]"] {
            for format in [Format::Csv, Format::JsonLines] {
                assert!(read(kind, format, bytes, &GIVEN).is_err(), "{kind:?} {format:?} {bytes:?}");
            }
        }
    }
}

#[test]
fn normalising_is_part_of_what_an_import_says() {
    let policies = Policies::shipped().unwrap();
    let naming = policies.metadata.current();
    let [mut one, mut other] = ["Segment", "customer-segment"].map(|key| {
        csv(Kind::Customers, &format!("provider,customer,metadata.{key}\nstripe,cus_1,Mid Market\n")).unwrap()
    });
    assert_ne!(import_id(&one), import_id(&other));
    let noted = one.normalise(naming);
    assert_eq!((noted.len(), noted[0].who.customer.as_str()), (1, "cus_1"));
    assert!(!other.normalise(naming).is_empty());
    assert_eq!(import_id(&one), import_id(&other), "the names of keys do not count once they are normal");
    assert!(one.normalise(naming).iter().all(|noted| noted.changes.is_empty()), "and there is nothing left to change");
}
