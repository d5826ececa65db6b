//! Which room knows which? There is no circle, so that each can be read with what stands below it and nothing else.

use crate::documents::fenced;
use crate::rust::{code, words};
use crate::{product, read};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Which room uses which, and the first file of it that does. A room is a file, or a folder with its file, in `src`.
type Arrows = BTreeMap<String, BTreeMap<String, String>>;

const CRATES: [&str; 2] = ["shared/domain", "shared/app"];

#[test]
fn no_circle_between_rooms() {
    let circles = CRATES.into_iter().filter_map(|folder| {
        let arrows = arrows(folder);
        assert!(arrows.len() > 10, "{folder} has lost its rooms: {:?}", arrows.keys());
        let shortest = arrows.keys().filter_map(|room| ring(&arrows, room)).min_by_key(Vec::len);
        shortest.map(|ring| format!("{folder}: {}", told(&arrows, &ring)))
    });
    let circles: Vec<String> = circles.collect();
    assert!(circles.is_empty(), "move what both need into a room below them:\n{}", circles.join("\n"));
}

#[test]
fn every_arrow_runs_down_the_list_of_the_architecture() {
    let document = read("docs/architecture.md");
    for folder in CRATES {
        let (arrows, mut list) = (arrows(folder), listed(&document, folder));
        let up = not_down(&arrows, &list);
        list.sort_unstable();
        let rooms: Vec<&str> = arrows.keys().map(String::as_str).collect();
        assert_eq!(list, rooms, "docs/architecture.md lists each room of {folder} once, with what it is for");
        assert!(up.is_empty(), "{folder}: against the list of docs/architecture.md, {}", up.join(", "));
    }
}

/// The rooms of a crate in the document's order: below the crate's own line, one a line, its name first.
fn listed<'a>(document: &'a str, folder: &str) -> Vec<&'a str> {
    let own = format!("{folder}/src");
    let below = fenced(document).flat_map(str::lines).skip_while(|line| *line != own).skip(1);
    below.take_while(|line| line.starts_with(' ')).filter_map(|line| line.split_whitespace().next()).collect()
}

/// The arrows that run up a list, each with a file that it starts from.
fn not_down(arrows: &Arrows, list: &[&str]) -> Vec<String> {
    let place = |room: &str| list.iter().position(|listed| *listed == room);
    let all = arrows.iter().flat_map(|(room, used)| used.iter().map(move |(other, file)| (room, other, file)));
    all.filter(|(room, other, _)| place(room) >= place(other))
        .map(|(room, other, file)| format!("`{room}` uses `{other}` ({file})"))
        .collect()
}

fn arrows(folder: &str) -> Arrows {
    let mut arrows = Arrows::new();
    for (file, text) in product(folder) {
        let module: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
        if module != ["lib"] {
            let used = arrows.entry(module[0].to_owned()).or_default();
            for room in used_by(&code(&text), module.len()) {
                used.entry(room).or_insert_with(|| file.clone());
            }
        }
    }
    let rooms: BTreeSet<String> = arrows.keys().cloned().collect();
    for (room, used) in &mut arrows {
        used.retain(|other, _| other != room && rooms.contains(other));
    }
    arrows
}

/// What stands behind `crate::`, or behind as many `super::` as lead there from a module of this depth.
fn used_by(code: &str, depth: usize) -> BTreeSet<String> {
    let words = words(code);
    let leads = |place: usize, word: &str| words[place..].starts_with(&[word, ":", ":"]);
    let mut used = BTreeSet::new();
    for place in 0..words.len() {
        let ups = (place..words.len()).step_by(3).take_while(|place| leads(*place, "super")).count();
        let is_first = place < 3 || !leads(place - 3, "super");
        if leads(place, "crate") {
            used.extend(firsts(&words[place + 3..]));
        } else if ups == depth && is_first {
            used.extend(firsts(&words[place + 3 * ups..]));
        }
    }
    used
}

/// The first name of each path in a tree of uses: `a::b`, or `{a::{b, c}, d}`.
fn firsts(tree: &[&str]) -> Vec<String> {
    if tree.first() != Some(&"{") {
        return tree.first().map(|first| (*first).to_owned()).into_iter().collect();
    }
    let (mut open, mut found) = (0, Vec::new());
    for (place, word) in tree.iter().enumerate() {
        match *word {
            "{" => open += 1,
            "}" if open == 1 => break,
            "}" => open -= 1,
            name if open == 1 && ["{", ","].contains(&tree[place - 1]) => found.push(name.to_owned()),
            _ => {}
        }
    }
    found
}

/// The shortest way from a room back to it.
fn ring<'a>(arrows: &'a Arrows, from: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for to in arrows.get(*way.last()?).into_iter().flat_map(BTreeMap::keys) {
            if to == from {
                return Some(way);
            }
            if seen.insert(to) {
                ways.push_back(way.iter().copied().chain([to.as_str()]).collect());
            }
        }
    }
    None
}

fn told(arrows: &Arrows, ring: &[&str]) -> String {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    let arrow = |(from, to): (&&str, &&str)| format!("`{from}` uses `{to}` ({})", arrows[*from][*to]);
    format!("{}: a circle", pairs.map(arrow).collect::<Vec<_>>().join(" and "))
}

#[test]
fn a_room_is_seen_however_it_is_named() {
    for (name, text, depth, expected) in [
        ("a use", "use crate::case::{Case, State};", 1, vec!["case"]),
        ("several", "use crate::{case::{Case, id}, money, book::*};", 1, vec!["book", "case", "money"]),
        ("the room itself", "use crate::case;", 1, vec!["case"]),
        ("in between", "fn a(b: crate::event::Item) {}", 1, vec!["event"]),
        ("for its children only", "pub(in crate::case) fn a() {}", 1, vec!["case"]),
        ("from below", "use super::super::case::Case;", 2, vec!["case"]),
        ("from beside", "use super::case;", 1, vec!["case"]),
        ("its own parent", "use super::case;", 2, vec![]),
        ("another crate", "use domain::case::Case;", 1, vec![]),
    ] {
        assert_eq!(used_by(text, depth).into_iter().collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn a_list_is_read_line_by_line() {
    let document =
        "`shared/a/src`\n```text\nshared/a/src\n  one   uses two\n  two\n\nshared/b/src\n  three\n```\n  four\n";
    assert_eq!(listed(document, "shared/a"), ["one", "two"]);
    assert_eq!(listed(document, "shared/b"), ["three"]);
}

/// What uses what, always in a file called `x.rs`.
fn made(all: &[(&str, &str)]) -> Arrows {
    let mut arrows = Arrows::new();
    for (from, to) in all {
        arrows.entry((*from).to_owned()).or_default().insert((*to).to_owned(), format!("{from}/x.rs"));
    }
    arrows
}

#[test]
fn an_arrow_that_runs_up_is_told() {
    let list = ["a", "b", "c"];
    assert_eq!(not_down(&made(&[("a", "b"), ("a", "c"), ("b", "c")]), &list), Vec::<String>::new());
    assert_eq!(not_down(&made(&[("a", "b"), ("c", "b")]), &list), ["`c` uses `b` (c/x.rs)"]);
}

#[test]
fn a_circle_is_told_with_both_ends() {
    for (name, all, expected) in [
        ("none", [("a", "b"), ("b", "c"), ("a", "c")], None),
        (
            "two",
            [("a", "b"), ("b", "a"), ("a", "c")],
            Some("`a` uses `b` (a/x.rs) and `b` uses `a` (b/x.rs): a circle"),
        ),
        (
            "three",
            [("a", "b"), ("b", "c"), ("c", "a")],
            Some("`a` uses `b` (a/x.rs) and `b` uses `c` (b/x.rs) and `c` uses `a` (c/x.rs): a circle"),
        ),
    ] {
        let arrows = made(&all);
        assert_eq!(ring(&arrows, "a").map(|ring| told(&arrows, &ring)).as_deref(), expected, "{name}");
    }
}
