//! CSV, as people and spreadsheets write it: the first row names the columns.

use super::complaint::Complaints;
use super::table::{Cell, Name, ROW_BYTES_MAX, Raw, TOO_LONG, Table};
use csv::{ReaderBuilder, StringRecord};
use std::io::Read;

/// Stands behind every file. The parser takes the end of a file for the end of an open quote, which would lose all the
/// rows that the quote has swallowed; if it swallowed this row too, we know.
const END: &str = "\n\u{1}end";

pub(super) fn table(text: &str, complaints: &mut Complaints) -> Table {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes().chain(END.as_bytes()));
    let mut table = Table::default();
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let mut record = StringRecord::new();
    loop {
        let read = reader.read_record(&mut record);
        let found = record.position().and_then(|position| usize::try_from(position.byte()).ok());
        let line = lines.reach(found.unwrap_or(text.len()));
        if lines.at >= text.len() {
            break;
        }
        if !read.unwrap_or(false) {
            complaints.on(line, None, "cannot be read as CSV: check its quotes");
            break;
        }
        if record.iter().any(|cell| cell.ends_with(END)) {
            complaints.on(
                line,
                None,
                "opens a quote that is never closed: close it, or write a quote inside a text twice",
            );
            break;
        }
        take(&record, line, &mut table, complaints);
    }
    if table.rows.is_empty() && complaints.are_none() {
        let header = table.header.unwrap_or(1);
        complaints.on(
            header,
            None,
            "no row can be taken from this file: the first row names the columns, each further row is a record",
        );
    }
    table
}

/// Takes a row: the first is the header, and one of blanks is what a spreadsheet leaves behind.
fn take(record: &StringRecord, line: usize, table: &mut Table, complaints: &mut Complaints) {
    if record.iter().all(blank) {
        return;
    }
    if record.as_slice().len() > ROW_BYTES_MAX {
        complaints.on(line, None, TOO_LONG);
        return;
    }
    if table.header.is_none() {
        table.header = Some(line);
        table.names = record.iter().map(|name| Name { text: name.trim().to_owned(), line }).collect();
        while table.names.pop_if(|name| name.text.is_empty()).is_some() {}
        return;
    }
    let width = table.names.len();
    if record.len() < width {
        let cells = record.len();
        complaints.on(
            line,
            None,
            format!("has {cells} cells where the header has {width}: write an empty cell for what is not known"),
        );
    } else if record.iter().skip(width).any(|cell| !blank(cell)) {
        let what = "has more cells than the header: a text that holds a separator stands in quotes";
        complaints.on(line, None, what);
    } else {
        let cells = record.iter().take(width).enumerate().filter(|(_, cell)| !blank(cell));
        table.rows.push(Raw { line, cells: cells.map(|(place, cell)| (place, Cell::Text(cell.to_owned()))).collect() });
    }
}

fn blank(cell: &str) -> bool {
    cell.trim().is_empty()
}

/// What stands between the names of the header: where the comma is the decimal sign, spreadsheets write semicolons.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: &u8| header.bytes().filter(|byte| byte == sign).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Where the rows begin. The parser's own line numbers are wrong after blank lines and with CRLF: its offsets are not.
///
/// <https://github.com/BurntSushi/rust-csv/issues/208>, <https://github.com/BurntSushi/rust-csv/issues/395>
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the row that the parser looked for from `offset` on, blank lines passed over.
    fn reach(&mut self, offset: usize) -> usize {
        let offset = offset.clamp(self.at, self.text.len());
        let start = offset + self.text[offset..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line += ends(&self.text[self.at..start]);
        self.at = start;
        self.line
    }
}

/// How many lines end in a piece that is followed by no line feed: LF, CRLF and a lone CR each end one.
fn ends(piece: &[u8]) -> usize {
    let feeds = piece.iter().filter(|byte| **byte == b'\n').count();
    let lone = piece.windows(2).filter(|pair| pair[0] == b'\r' && pair[1] != b'\n').count();
    feeds + lone + usize::from(piece.last() == Some(&b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(usize, Vec<String>)>, Vec<String>) {
        let mut complaints = Complaints::default();
        let table = table(text, &mut complaints);
        let texts = |raw: &Raw| raw.cells.iter().filter_map(|(_, cell)| cell.text().map(str::to_owned)).collect();
        let rows = table.rows.iter().map(|raw| (raw.line, texts(raw))).collect();
        let said = complaints
            .or(())
            .err()
            .map_or(Vec::new(), |refused| refused.complaints.iter().map(ToString::to_string).collect());
        (rows, said)
    }

    #[test]
    fn rows_have_the_lines_that_a_person_sees() {
        /// Name, file, and each record with its line.
        type Row<'a> = (&'a str, &'a str, &'a [(usize, &'a [&'a str])]);
        let rows: [Row<'_>; 9] = [
            ("plain", "a,b\n1,2\n3,4\n", &[(2, &["1", "2"]), (3, &["3", "4"])]),
            ("no last line end", "a,b\n1,2", &[(2, &["1", "2"])]),
            ("windows", "a,b\r\n1,2\r\n3,4\r\n", &[(2, &["1", "2"]), (3, &["3", "4"])]),
            ("lone returns", "a,b\r1,2\r3,4", &[(2, &["1", "2"]), (3, &["3", "4"])]),
            ("blank lines", "\na,b\n\n1,2\r\n\r\n,\n3,4\n\n", &[(4, &["1", "2"]), (7, &["3", "4"])]),
            ("a line end in quotes", "a,b\n\"x\ny\",2\n3,4\n", &[(2, &["x\ny", "2"]), (4, &["3", "4"])]),
            ("quotes in quotes", "a,b\n\"say \"\"hi\"\", please\",2\n", &[(2, &["say \"hi\", please", "2"])]),
            ("semicolons", "a;b\n1,5;2\n", &[(2, &["1,5", "2"])]),
            ("columns that were emptied", "a,b,,\n1,2,,\n3,4\n", &[(2, &["1", "2"]), (3, &["3", "4"])]),
        ];
        for (name, text, expected) in rows {
            let (found, said) = read(text);
            let expected: Vec<(usize, Vec<String>)> = expected
                .iter()
                .map(|(line, cells)| (*line, cells.iter().map(|cell| (*cell).to_owned()).collect()))
                .collect();
            assert_eq!(found, expected, "{name}");
            assert_eq!(said, Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn what_no_table_is_made_of_is_told() {
        let long = format!("a,b\n1,{}\n1,2\n", "x".repeat(1_000_000));
        let rows: [(&str, &str, &str); 6] = [
            ("only a header", "a,b\n", "row 1: no row"),
            ("too few cells", "a,b\n1,2\n1\n", "row 3: has 1 cells"),
            ("too many cells", "a,b\n1,2,3\n1,2\n", "row 2: has more cells"),
            ("a megabyte", &long, "row 2: is longer than 64 KB"),
            ("an open quote", "a,b\n1,2\n1,\"2\n3,4\n", "row 3: opens a quote"),
            ("an open quote in the header", "\"a,b\n1,2\n", "row 1: opens a quote"),
        ];
        for (name, text, expected) in rows {
            let (_, said) = read(text);
            assert!(said.first().is_some_and(|said| said.starts_with(expected)), "{name}: {said:?}");
        }
    }
}
