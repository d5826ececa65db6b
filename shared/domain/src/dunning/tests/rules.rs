//! Any rules of recovery, as people write them: most of them load, and what somebody has edited may say what no rules
//! may say.

use super::Dice;

/// Where they would stand.
pub(super) const FILE: &str = "shared/policy/dunning/v9.toml";

const HEAD: &str = r#"version = 9
effective = "2026-01-01"
"#;

const ADVISER: &str = r#"
[adviser]
why = "w"
first_chance = "0.15"
spread = "0.3"
groups_max = 9
chance = ["0.63", "0.45", "0.35"]
moment = ["0.14", "0.20", "0.28"]
age = ["0.28", "0.20", "0.20"]
"#;

const WARNING: &str = r#"
[warning]
letters = ["reminder_1", "reminder_2", "reminder_3"]
hours = 48
why = "w"
"#;

/// Within what networks allow, and as the lint wants them.
pub(super) fn any(dice: &mut Dice) -> String {
    let from_day = dice.number(4);
    let to_day = from_day + 1 + dice.number(26);
    let tries = format!(
        "\n[[tries]]\nid = \"funds\"\nwhy = \"w\"\nfamilies = [\"insufficient_funds\"]\n\
         windows = [{{ from_day = {from_day}, to_day = {to_day} }}]\n\
         gap_hours = [{}, {}]\nmost = {}\nleast_chance = \"0.027\"\n",
        3 + dice.number(30),
        3 + dice.number(50),
        1 + dice.number(8),
    );
    // A debit is presented again once at most, whatever its scheme is.
    let debits = format!(
        "\n[[tries]]\nid = \"debit\"\nwhy = \"w\"\nfamilies = [\"insufficient_funds\"]\nways = [\"debit\"]\n\
         windows = [{{ from_day = 0, to_day = {to_day} }}]\ngap_hours = [24]\nmost = 1\nleast_chance = \"0.027\"\n"
    );
    let high = segment("high", "amount_from = { USD = \"100.00\" }\n", &steps(dice, to_day));
    let all = segment("all", "", &steps(dice, to_day));
    let escalation = format!(
        "\n[escalation]\nfailures = {}\nsitting_minutes = 60\nowner = \"manager\"\nwhy = \"w\"\n",
        1 + dice.roll(5)
    );
    let escalation = if dice.roll(2) == 0 { escalation.as_str() } else { "" };
    format!("{HEAD}{tries}{debits}{ADVISER}{WARNING}{escalation}{high}{all}")
}

/// The same, with a line or two that somebody has changed.
pub(super) fn edited(dice: &mut Dice) -> String {
    let text = any(dice);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..1 + dice.roll(2) {
        let says = |line: &String| ["    {", "most", "windows", "gap_hours"].iter().any(|it| line.starts_with(it));
        let saying: Vec<usize> = (0..lines.len()).filter(|place| says(&lines[*place])).collect();
        let (place, other) = (*dice.pick(&saying), *dice.pick(&saying));
        match dice.roll(7) {
            0 => lines.swap(place, other),
            1 => drop(lines.remove(place)),
            2 => lines.insert(place, lines[place].clone()),
            3 | 4 => lines[place] = with_number(&lines[place], dice.number(60)),
            5 => lines[place] = lines[place].replace("warned", "suspended").replace("mail", "access"),
            _ => lines[place] = lines[place].replace("restricted", "warned").replace("reminder_2", "no_such_text"),
        }
    }
    lines.join("\n")
}

/// A line with another number in the place of its first.
fn with_number(line: &str, number: i64) -> String {
    let Some(from) = line.find(|char: char| char.is_ascii_digit()) else { return line.to_owned() };
    let rest = line[from..].trim_start_matches(|char: char| char.is_ascii_digit());
    format!("{}{number}{rest}", &line[..from])
}

fn segment(id: &str, whose: &str, steps: &[String]) -> String {
    format!("\n[[segment]]\nid = \"{id}\"\nwhy = \"w\"\n{whose}steps = [\n{}]\n", steps.concat())
}

/// First a letter; then letters, text messages, people and changes of access in any order, those in theirs; and last an
/// end, or whatever else is no message.
fn steps(dice: &mut Dice, last_try: i64) -> Vec<String> {
    const FALLS: [&str; 4] = ["warned", "restricted", "suspended", "ended"];
    let mail = |number: i64| format!("{{ mail = \"reminder_{number}\" }}");
    let person = || "\"person\"".to_owned();
    let ends = dice.roll(2) == 0;
    let falls = if ends { &FALLS[..1 + dice.place(3)] } else { &FALLS[..dice.place(FALLS.len() + 1)] };
    let mut kinds: Vec<String> = falls.iter().map(|state| format!("{{ access = \"{state}\" }}")).collect();
    for number in 0..dice.number(3) {
        // Nobody is warned who is suspended, and each of these warns.
        let most = kinds.iter().position(|kind| kind.contains("\"suspended\"")).unwrap_or(kinds.len());
        kinds.insert(dice.place(kinds.len() + 1).min(most), mail(number + 2));
    }
    for _ in 0..dice.roll(3) {
        kinds.insert(dice.place(kinds.len() + 1), person());
    }
    if dice.roll(2) == 0 {
        kinds.insert(dice.place(kinds.len() + 1), "{ sms = \"reminder_2\" }".to_owned());
    }
    kinds.insert(0, mail(1));
    if ends {
        let hold_hours = 1 + dice.number(100);
        kinds.push(format!("{{ end = \"subscription\" }}, prompt = \"final_notice\", hold_hours = {hold_hours}"));
    }
    if kinds.last().is_some_and(|kind| kind.contains("mail") || kind.contains("sms")) {
        kinds.push(person());
    }
    on_days(dice, &kinds, last_try)
}

/// Each on a day: what takes something two days after its warning, and the last after all tries.
fn on_days(dice: &mut Dice, kinds: &[String], last_try: i64) -> Vec<String> {
    let (mut day, mut warned_on): (i64, Option<i64>) = (dice.number(3), None);
    let mut steps = Vec::new();
    for (place, kind) in kinds.iter().enumerate() {
        let is_same = place > 0 && kinds[place - 1] == *kind;
        let takes = kind.contains("access") || kind.contains("end =");
        day += i64::from(is_same) + dice.number(4);
        if let Some(on) = warned_on.filter(|_| takes) {
            (day, warned_on) = (day.max(on + 2), None);
        }
        if kind.contains("\"ended\"") || kind.contains("end =") || place + 1 == kinds.len() {
            day = day.max(last_try);
        }
        warned_on = if kind.contains("\"warned\"") { Some(day) } else { warned_on };
        steps.push(format!("    {{ after_days = {day}, then = {kind} }},\n"));
    }
    steps
}
