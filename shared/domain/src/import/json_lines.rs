//! JSON Lines: one object on each line. Numbers are taken as they were written, never by way of a float.

use super::complaint::{Complaints, quoted};
use super::table::{Cell, Name, ROW_BYTES_MAX, Raw, TOO_LONG, Table};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// How deep a value may nest: `{"tiers":[{"up_to":1}]}` needs two.
const DEPTH_MAX: u32 = 3;

pub(super) fn table(text: &str, complaints: &mut Complaints) -> Table {
    let mut table = Table::default();
    let mut places = BTreeMap::new();
    for (before, text) in text.lines().enumerate() {
        let (line, text) = (before + 1, text.trim());
        if text.is_empty() {
            continue;
        }
        if text.len() > ROW_BYTES_MAX {
            complaints.on(line, None, TOO_LONG);
            continue;
        }
        let Fields(fields) = match serde_json::from_str(text) {
            Ok(fields) => fields,
            Err(error) => {
                complaints.on(line, None, not_an_object(text, &error));
                continue;
            }
        };
        let mut cells: Vec<(usize, Cell)> = Vec::new();
        let mut seen = Vec::new();
        for (name, value) in fields {
            let place = *places.entry(name.clone()).or_insert_with(|| {
                table.names.push(Name { text: name.clone(), line });
                table.names.len() - 1
            });
            if seen.contains(&place) {
                complaints.on(
                    line,
                    Some(&name),
                    format!("{} stands twice in this object: keep one of the two", quoted(&name)),
                );
            }
            seen.push(place);
            match cell(value, 0) {
                Ok(cell) => cells.extend(cell.filter(|cell| !cell.is_blank()).map(|cell| (place, cell))),
                Err(message) => complaints.on(line, Some(&name), message),
            }
        }
        table.rows.push(Raw { line, cells });
    }
    if table.rows.is_empty() && complaints.are_none() {
        complaints.on(1, None, "no row can be taken from this file: write one object on each line");
    }
    table
}

fn not_an_object(text: &str, error: &serde_json::Error) -> String {
    if text.starts_with('[') {
        return "is a JSON array: write one object on each line, without brackets and commas between them".to_owned();
    }
    format!("is not one JSON object (look at character {}): write one object on each line", error.column())
}

/// A value as a cell; `null` is none. Every level is parsed once more, which is one reason for the limit of their number.
fn cell(value: &RawValue, depth: u32) -> Result<Option<Cell>, &'static str> {
    if depth > DEPTH_MAX {
        return Err("nests too deep: write a text, a list or an object");
    }
    let text = value.get();
    let unreadable = |_| "holds a character that does not exist: write it again";
    match text.as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => serde_json::from_str(text).map(|text| Some(Cell::Text(text))).map_err(unreadable),
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).map_err(unreadable)?;
            let cells: Result<Vec<_>, _> = values.into_iter().map(|value| cell(value, depth + 1)).collect();
            Ok(Some(Cell::List(cells?.into_iter().flatten().collect())))
        }
        Some(b'{') => {
            let Fields(fields) = serde_json::from_str(text).map_err(unreadable)?;
            let mut pairs = BTreeMap::new();
            for (name, value) in fields {
                if let Some(cell) = cell(value, depth + 1)? {
                    if pairs.contains_key(&name) {
                        return Err("names something twice: keep one of the two");
                    }
                    pairs.insert(name, cell);
                }
            }
            Ok(Some(Cell::Pairs(pairs)))
        }
        _ => Ok(Some(Cell::Text(text.to_owned()))),
    }
}

/// The fields of an object as they stand, so that one that is named twice is seen.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EachField)
    }
}

struct EachField;

impl<'de> Visitor<'de> for EachField {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry::<String, &'de RawValue>()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, String> {
        let mut complaints = Complaints::default();
        let table = table(text, &mut complaints);
        complaints.or(table).map_err(|refused| refused.complaints[0].to_string())
    }

    #[test]
    fn values_stay_as_they_were_written() {
        let table = read("\r\n{\"a\":24.10,\"b\":true,\"c\":null,\"d\":[1,\"x\"],\"e\":{\"k\":1e3}}\r\n").unwrap();
        let cells: Vec<_> =
            table.rows[0].cells.iter().map(|(place, cell)| (table.names[*place].text.as_str(), cell.clone())).collect();
        let text = |text: &str| Cell::Text(text.to_owned());
        let expected = vec![
            ("a", text("24.10")),
            ("b", text("true")),
            ("d", Cell::List(vec![text("1"), text("x")])),
            ("e", Cell::Pairs(BTreeMap::from([("k".to_owned(), text("1e3"))]))),
        ];
        assert_eq!(cells, expected);
        assert_eq!((table.rows[0].line, table.header), (2, None));
    }

    #[test]
    fn what_no_row_is_made_of_is_told() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_000));
        let rows: [(&str, &str, &str); 9] = [
            ("an array", "[{\"a\":1}]", "row 1: is a JSON array"),
            ("cut off", "{\"a\":1}\n{\"a\":", "row 2: is not one JSON object"),
            ("a text", "\"a\"", "row 1: is not one JSON object"),
            ("two in a line", "{\"a\":1}{\"a\":2}", "row 1: is not one JSON object"),
            ("a name twice", "{\"a\":1,\"a\":2}", "row 1, a: `a` stands twice"),
            ("a name twice inside", "{\"a\":{\"b\":1,\"b\":2}}", "row 1, a: names something twice"),
            ("half a character", "{\"a\":\"\\ud800\"}", "row 1"),
            ("too deep", &deep, "row 1, a: nests too deep"),
            ("a megabyte", &long, "row 1: is longer than 64 KB"),
        ];
        for (name, text, expected) in rows {
            let said = read(text).unwrap_err();
            assert!(said.starts_with(expected), "{name}: {said}");
        }
    }
}
