//! A file as rows of named cells, whatever its format.

use super::complaint::Complaints;
use std::collections::BTreeMap;

/// The longest row that is read: a record must fit into one stored item with room to spare.
pub(super) const ROW_BYTES_MAX: usize = 65_536;
pub(super) const TOO_LONG: &str = "is longer than 64 KB: a quote may be missing, or the row does not belong here";

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) names: Vec<Name>,
    pub(super) rows: Vec<Raw>,
    /// The line of the header, where the format has one.
    pub(super) header: Option<usize>,
}

/// A column as the file names it, and the line that names it first.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A row: the cells that hold something, each with the place of its name.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) line: usize,
    pub(super) cells: Vec<(usize, Cell)>,
}

/// What a cell holds; only JSON has more than texts. Numbers stay as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    List(Vec<Cell>),
    Pairs(BTreeMap<String, Cell>),
}

impl Cell {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            Self::List(_) | Self::Pairs(_) => None,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text().is_some_and(str::is_empty)
    }
}

/// Reads bytes as UTF-8, with or without a byte order mark.
pub(super) fn text<'a>(bytes: &'a [u8], complaints: &mut Complaints) -> Option<&'a str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        complaints.on(1, None, "this file is UTF-16: save it as UTF-8 (in Excel, `CSV UTF-8`)");
        return None;
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if text.trim().is_empty() => {
            complaints.on(1, None, "this file is empty: export it again with at least one row");
            None
        }
        Ok(text) => Some(text),
        Err(error) => {
            let row = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            complaints.on(row, None, "this row is not UTF-8: save the file as UTF-8 (in Excel, `CSV UTF-8`)");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utf_8_is_read() {
        let rows: [(&str, &[u8], Result<&str, usize>); 6] = [
            ("plain", b"a", Ok("a")),
            ("a mark", b"\xef\xbb\xbfa", Ok("a")),
            ("empty", b"", Err(1)),
            ("only a mark and blanks", b"\xef\xbb\xbf \r\n", Err(1)),
            ("another encoding", b"a\nM\xfcller\n", Err(2)),
            ("two bytes each", b"\xff\xfea\0", Err(1)),
        ];
        for (name, bytes, expected) in rows {
            let mut complaints = Complaints::default();
            let read = text(bytes, &mut complaints);
            let found = complaints.or(read).map(Option::unwrap_or_default).map_err(|refused| refused.complaints[0].row);
            assert_eq!(found, expected, "{name}");
        }
    }
}
