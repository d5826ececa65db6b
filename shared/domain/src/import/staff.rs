//! Staff: who may decide what. The role here is the role that every decision reads.

use super::columns::{Column, Record};
use super::complaint::Complaints;
use super::row::Row;
use super::together::doubled;
use super::{Kind, cell, contact};
use crate::staff::{MACHINE, Role, Slack, Staff, is_id};
use serde::{Deserialize, Serialize};

/// One person, as a file names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    #[serde(flatten)]
    pub staff: Staff,
}

const OWN: &[Column] = &[
    ("id", &["staff", "staff_id"]),
    ("name", &["full_name"]),
    ("email", &["e_mail"]),
    ("role", &[]),
    ("slack_team", &["slack_team_id"]),
    ("slack_user", &["slack_user_id"]),
    ("languages", &["language"]),
];

impl Record for StaffRow {
    const KIND: Kind = Kind::Staff;
    const COLUMNS: &'static [&'static [Column]] = &[OWN];

    fn read(row: &mut Row<'_>) -> Option<Self> {
        let id = row.must("id", id);
        let name = row.must("name", cell::text);
        let email = row.must("email", contact::email);
        let role = row.must("role", |text| cell::one_of(text, &Role::ALL, Role::name));
        let slack = (row.may("slack_team", cell::id), row.may("slack_user", cell::id));
        if row.has("slack_team") != row.has("slack_user") {
            row.complain("slack_user", "a Slack user and their team belong together: fill in both or neither");
        }
        let slack = slack.0.zip(slack.1).map(|(team, user)| Slack { team, user });
        let languages = row.may("languages", languages).unwrap_or_default();
        Some(Self { staff: Staff { id: id?, name: name?, email: email?, role: role?, slack, languages } })
    }

    fn together(all: &[(usize, Self)], complaints: &mut Complaints) {
        doubled(all.iter().map(|(line, row)| (*line, &row.staff.id)), "id", "this id", complaints);
        let emails = all.iter().map(|(line, row)| (*line, row.staff.email.to_lowercase()));
        doubled(emails, "email", "this address", complaints);
        let slack = all.iter().filter_map(|(line, row)| Some((*line, row.staff.slack.as_ref()?)));
        doubled(slack, "slack_user", "this Slack user", complaints);
    }
}

/// Reads languages by their two letters, such as `en de`, in the order in which they are named.
fn languages(text: &str) -> Result<Vec<String>, String> {
    let mut languages: Vec<String> = Vec::new();
    for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        let language = word.to_ascii_lowercase();
        if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(format!("`{word}` is no language: write two letters for each, such as `en de`"));
        }
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    Ok(languages)
}

/// Reads a staff id: it stands in tokens and routes, and Recoup's own name is nobody else's.
fn id(text: &str) -> Result<String, String> {
    let id = cell::id(text)?;
    if !is_id(&id) {
        return Err(format!("`{id}` is no staff id: write small letters, digits, points and dashes"));
    }
    if id == MACHINE { Err(format!("`{MACHINE}` is Recoup itself: choose another id")) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Records;
    use crate::import::tests::{both, complaints, csv};

    #[test]
    fn every_column_is_read_from_both_formats() {
        let records = both(
            Kind::Staff,
            "id,name,email,role,slack_team,slack_user,languages\nmara,Mara M.,mara@example.com,Manager,T1,U1,EN; de de\n\
             bea,Bea B.,bea@example.com,Billing Specialist,,,\n",
            r#"{"id":"mara","name":"Mara M.","email":"mara@example.com","role":"manager","slack_team":"T1","slack_user":"U1",
                "languages":"en de"}

               {"id":"bea","name":"Bea B.","email":"bea@example.com","role":"billing_specialist"}"#,
        );
        let Records::Staff(rows) = records else { panic!("these are staff") };
        assert_eq!((rows[0].staff.role, rows[1].staff.role), (Role::Manager, Role::BillingSpecialist));
        assert_eq!(
            (rows[0].staff.slack.as_ref().map(|slack| slack.user.as_str()), rows[1].staff.slack.is_none()),
            (Some("U1"), true)
        );
        let speaks = |language| rows.iter().map(|row| row.staff.speaks(language)).collect::<Vec<_>>();
        assert_eq!((speaks("de"), speaks("en"), speaks("fr")), (vec![true, false], vec![true; 2], vec![false; 2]));
    }

    #[test]
    fn a_language_has_two_letters() {
        let head = "id,name,email,role,languages\n";
        let said = complaints(csv(Kind::Staff, &format!("{head}a,A,a@x.de,l1,en german\n")));
        assert!(said.len() == 1 && said[0].starts_with("row 2, languages: `german` is no language"), "{said:?}");
    }

    #[test]
    fn each_mistake_is_told_with_its_row() {
        let head = "id,name,email,role,slack_team,slack_user\n";
        let rows = [
            ("a role", "a,A,a@x.de,boss,,", "row 2, role: `boss` is not known here: write one of analyst, l1"),
            ("no role", "a,A,a@x.de,,,", "row 2, role: is empty"),
            ("the machine", "recoup,A,a@x.de,l1,,", "row 2, id: `recoup` is Recoup itself"),
            ("an id", "A B,A,a@x.de,l1,,", "row 2, id: `A B` is no id"),
            ("a large letter", "Anna,A,a@x.de,l1,,", "row 2, id: `Anna` is no staff id"),
            ("half of Slack", "a,A,a@x.de,l1,,U1", "row 2, slack_user: a Slack user and their team"),
            ("an id twice", "a,A,a@x.de,l1,,\na,B,b@x.de,l1,,", "row 3, id: this id stands in row 2"),
            ("an address twice", "a,A,a@x.de,l1,,\nb,B,A@X.de,l1,,", "row 3, email: this address stands in row 2"),
            (
                "one Slack user twice",
                "a,A,a@x.de,l1,T,U\nb,B,b@x.de,l1,T,U",
                "row 3, slack_user: this Slack user stands in row 2",
            ),
        ];
        for (name, text, expected) in rows {
            let said = complaints(csv(Kind::Staff, &format!("{head}{text}\n")));
            assert!(said.len() == 1 && said[0].starts_with(expected), "{name}: {said:?}");
        }
        let two_teams = format!("{head}a,A,a@x.de,l1,T,U\nb,B,b@x.de,l1,T2,U\n");
        assert_eq!(complaints(csv(Kind::Staff, &two_teams)), Vec::<String>::new());
    }
}
