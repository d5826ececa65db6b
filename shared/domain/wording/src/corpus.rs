//! What the weights are learned from: sentences, each line a way to say something, and what is said around them.
//!
//! A line such as `you {took|charged} <it> twice` is one wording: all that can be made of it goes to one side of a
//! split. `<it>` stands for what a line `it = the money | 24 euros` lists.

use crate::Class;
use crate::numbers::Draw;
use std::collections::BTreeMap;

/// One utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub class: Class,
    /// Its language, as `en`.
    pub language: String,
    /// What it was made of: rows of one wording are learned together or not at all.
    pub wording: String,
    /// The words.
    pub text: String,
}

/// What lists stand for, by name.
pub type Lists = BTreeMap<String, Vec<String>>;

/// Reads lists: `name = one | another`.
pub fn lists(text: &str) -> Lists {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let list = |line: &str| {
        let (name, values) = line.split_once(" = ")?;
        Some((name.trim().to_owned(), values.split(" | ").map(|value| value.trim().to_owned()).collect()))
    };
    lines.filter_map(list).collect()
}

/// Makes the utterances of a file: at most so many of each line, drawn the same every time.
pub fn rows(class: Class, language: &str, text: &str, lists: &Lists, most: usize) -> Vec<Row> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut rows = Vec::new();
    for line in lines {
        let wording = format!("{}/{language}/{line}", class.name());
        let mut draw = Draw::new(u64::from(crate::features::number(20, &[wording.as_bytes()])));
        let mut made: Vec<String> = Vec::new();
        let wanted = if line.contains(['{', '<']) { most } else { 1 };
        for _ in 0..wanted * 3 {
            let said = said(line, lists, &mut draw).replace("\\n", "\n");
            if made.len() < wanted && !made.contains(&said) {
                made.push(said);
            }
        }
        rows.extend(made.into_iter().map(|text| Row {
            class,
            language: language.to_owned(),
            wording: wording.clone(),
            text,
        }));
    }
    rows
}

/// Reads utterances that stand by themselves: class, language, wording and words, apart by tabs.
pub fn table(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut cells = line.splitn(4, '\t');
        let class = Class::parse(cells.next()?)?;
        let (language, wording) = (cells.next()?.to_owned(), cells.next()?.to_owned());
        Some(Row { class, language, wording, text: cells.next()?.replace("\\n", "\n") })
    };
    text.lines().filter_map(row).collect()
}

/// One thing that a line can say.
fn said(line: &str, lists: &Lists, draw: &mut Draw) -> String {
    let mut said = String::new();
    let mut rest = line;
    while let Some(open) = rest.find(['{', '<']) {
        said.push_str(&rest[..open]);
        let close = if rest[open..].starts_with('{') { '}' } else { '>' };
        let Some((inner, after)) = rest[open + 1..].split_once(close) else { break };
        if close == '}' {
            let ways: Vec<&str> = inner.split('|').collect();
            said.push_str(&self::said(ways[draw.below(ways.len())], lists, draw));
        } else {
            let list = lists.get(inner).map_or(&[][..], Vec::as_slice);
            said.push_str(list.get(draw.below(list.len().max(1))).map_or("", String::as_str));
        }
        rest = after;
    }
    said.push_str(rest);
    said
}

/// Puts around an utterance what people put there whatever they write about: greetings, a neutral sentence, an end.
/// One in a few words gets a slip of the finger.
pub(crate) fn dressed(row: &Row, around: &Lists, draw: &mut Draw) -> String {
    let list = |name: &str| around.get(&format!("{name}_{}", row.language)).map_or(&[][..], Vec::as_slice);
    let mut some = |name: &str, one_in: usize| {
        let list = list(name);
        if list.is_empty() || draw.below(one_in) != 0 { "" } else { list[draw.below(list.len())].as_str() }
    };
    let parts = [
        some("greeting", 2).to_owned(),
        some("neutral", 3).to_owned(),
        row.text.clone(),
        some("neutral", 3).to_owned(),
        some("end", 2).to_owned(),
    ];
    let text = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    let slips = draw.below(3);
    (0..slips).fold(text, |text, _| slipped(&text, draw))
}

/// One letter lost, doubled, or changed with its neighbour.
fn slipped(text: &str, draw: &mut Draw) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 12 {
        return text.to_owned();
    }
    let place = 1 + draw.below(letters.len() - 3);
    if !letters[place - 1..place + 2].iter().all(|c| c.is_alphabetic()) {
        return text.to_owned();
    }
    match draw.below(3) {
        0 => drop(letters.remove(place)),
        1 => letters.insert(place, letters[place]),
        _ => letters.swap(place, place + 1),
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{lists, rows, table};
    use crate::Class;

    #[test]
    fn a_line_says_what_its_parts_allow_and_the_same_every_time() {
        let lists = lists("# what is paid\nit = the money | 24 euros\n");
        let text = "# refunds\nyou {took|charged} <it> twice\n\nplain words\n";
        let made = rows(Class::DuplicateCharge, "en", text, &lists, 10);
        assert_eq!(made.len(), 5, "two times two, and one: {made:?}");
        assert!(made.iter().any(|row| row.text == "you charged 24 euros twice"));
        assert_eq!(made, rows(Class::DuplicateCharge, "en", text, &lists, 10));
        assert_eq!(made[0].wording, made[3].wording);
        assert_ne!(made[0].wording, made[4].wording);
    }

    #[test]
    fn a_table_is_read_and_what_is_no_row_is_left_out() {
        let rows = table("overcharge\ten\tf1\ttoo\\nmuch\nnonsense\nother\ten\tf\tx\n");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].text, "too\nmuch");
    }
}
