//! Files of letters: how they are read, what is refused, and what is told of them.

use super::{Letter, LettersRead, corrections, letters, read_letters};
use crate::case::Class;
use crate::policies::Policies;
use serde_json::json;

fn read(text: &str) -> LettersRead {
    read_letters(&letters(text).unwrap(), Policies::shipped().unwrap().tickets.current())
}

#[test]
fn columns_stand_in_any_order_and_two_of_them_may_be_missing() {
    let of = |subject: &str, body: &str, class| Letter { subject: subject.to_owned(), body: body.to_owned(), class };
    for (what, text, expected) in [
        ("all", "subject,body,class\na,b,chargeback\n", of("a", "b", Some(Class::Chargeback))),
        ("another order", "Class, BODY ,id,Subject\n tax_question ,b,7,a\n", of("a", "b", Some(Class::TaxQuestion))),
        ("no class", "subject,body\na,b\n", of("a", "b", None)),
        ("a body alone", "body\nb\n", of("", "b", None)),
        (
            "a spreadsheet's mark and quotes",
            "\u{feff}subject,body\r\n\"a\",\"b \"\"c\"\",\nd\"\r\n",
            of("a", "b \"c\",\nd", None),
        ),
        ("nothing written", "subject,body\n,\"\"\n", of("", "", None)),
    ] {
        assert_eq!(letters(text), Ok(vec![expected]), "{what}");
    }
}

#[test]
fn what_is_wrong_is_named_by_its_row() {
    let many = "body,class\n".to_owned() + &"b,magic\n".repeat(7);
    for (text, expected) in [
        ("", "no column `body`"),
        ("subject,text\na,b\n", "no column `body`"),
        ("subject,body\n", "there is no row"),
        ("body,class\nb,chargeback\nb,magic\n", "row 3: `magic` is no class"),
        ("body,class\nb,\n", "row 2: `` is no class"),
        ("subject,body\na,b\na\na,b,c\n", "row 3: it has 1 cells, the first row 2; row 4: it has 3 cells"),
        (many.as_str(), "; and 2 more"),
    ] {
        let refused = letters(text).unwrap_err();
        assert!(refused.contains(expected), "{text:?}: {refused}");
    }
}

#[test]
fn without_classes_each_letter_has_its_line() {
    let read = read("subject,body\nA question,I was charged twice this month\n,xqzt wv prlk\n");
    let text = read.as_text();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["class", "confidence", "abstained"]);
    assert_eq!((rows[1][0], rows[1][2], rows.len()), ("duplicate_charge", "false", 3), "{text}");
    assert_eq!(rows[2], ["not_billing", "0", "true"], "{text}");
    let told = read.as_json();
    assert!(told.get("figures").is_none() && told["items"][0].get("truth").is_none(), "{told}");
    assert!(told["items"][0]["reasons"].to_string().contains("twice"), "{told}");
}

#[test]
fn with_classes_it_is_told_how_good_that_is() {
    let read = read(
        "body,class\none thing was taken twice from my card,duplicate_charge\nI was charged twice,duplicate_charge\n\
         how do I reset my password,not_billing\nxqzt wv prlk,overcharge\n",
    );
    // By hand: of duplicate charges all are found; of what is not billing one of one, and one of two said is right.
    let told = read.as_json();
    let figures = &told["figures"];
    assert_eq!((&figures["rows"], &figures["classes"].as_array().unwrap().len()), (&json!(4), &3));
    let mean = figures["macro_f1"].as_f64().unwrap();
    assert!((0.555..0.556).contains(&mean), "{mean}, and by hand 5/9");
    let confusion = json!({"duplicate_charge": {"duplicate_charge": 2}, "not_billing": {"not_billing": 1},
        "overcharge": {"not_billing": 1}});
    assert_eq!(figures["confusion"], confusion);
    let froms: Vec<f64> =
        figures["coverage"].as_array().unwrap().iter().map(|it| it["from"].as_f64().unwrap()).collect();
    assert_eq!((froms.len(), froms.first(), froms.last()), (10, Some(&0.5), Some(&0.95)));
    assert_eq!((&figures["coverage"][0]["rows"], &figures["coverage"][0]["right"]), (&json!(3), &json!(1.0)), "{told}");
    assert_eq!((&figures["sure"]["from"], &figures["calibration"][0]["rows"]), (&json!(0.88), &json!(1)), "{told}");
    let text = read.as_text();
    let parts =
        ["4 judged, macro-F1 0.556\n", "| 0.50 | 0.750 | 1.000 | 0.0000 |\n", "| 0.0–0.1 | 1 | 0.000 | 0.000 |"];
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("The truth at the left:\n\n| | pa·fa |"), "{text}");
}

#[test]
fn what_people_corrected_becomes_lines_to_learn_from() {
    let file = "subject,body,class\nRe: Hm,\"I was charged\ttwice\n\n> older words\",duplicate_charge\n\
                A bill,\"wrong\nperiod\",invoice_discrepancy\n,,chargeback\n";
    let told = corrections(&letters(file).unwrap());
    let rows = wording::corpus::table(&told);
    let rows: Vec<_> = rows.iter().map(|row| (row.class.name(), row.text.as_str())).collect();
    assert_eq!(rows, [("duplicate_charge", "I was charged twice"), ("invoice_discrepancy", "A bill\nwrong\nperiod")]);
    assert_eq!(corrections(&letters("body\nb\n").unwrap()), "", "nobody says what it is");
}
