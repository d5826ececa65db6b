//! Rules as dated, versioned data: read once, checked when read, never edited after release.

mod limits;
mod texts;

pub use limits::Limits;
pub use texts::{Text, Texts};

use crate::incident::IncidentPolicy;
use crate::metadata::Naming;
use crate::playbook::PlaybookPolicy;
use crate::{approval::ApprovalPolicy, classify::ClassifyPolicy, decline::Declines, dunning::DunningPolicy, report::ReportPolicy};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned;

/// One kind of policy file.
pub trait Rules: DeserializeOwned {
    /// The folder of its versions.
    const NAME: &'static str;
    fn version(&self) -> u32;
    /// The date from which it holds.
    fn effective(&self) -> &str;
    /// What is wrong with rules that can be read.
    fn lint(&self) -> Vec<Complaint>;
}

/// Something wrong with a policy, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    offset: usize,
    message: String,
}

impl Complaint {
    pub fn at(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }

    pub fn on<T>(place: &Spanned<T>, message: impl Into<String>) -> Self {
        Self::at(place.span().start, message)
    }

    /// Complains of every id that was used before.
    pub fn doubled<'a>(ids: impl Iterator<Item = &'a Spanned<String>>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        ids.filter(|id| !seen.insert(id.get_ref().clone())).map(|id| Self::on(id, format!("`{}` is used twice", id.get_ref()))).collect()
    }
}

/// A policy that was refused, with the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct Refused {
    pub file: String,
    pub line: usize,
    pub message: String,
}

/// All released versions of one policy.
#[derive(Debug, Clone)]
pub struct Versions<T>(BTreeMap<u32, T>);

impl<T: Rules> Versions<T> {
    /// Reads and checks every version; `files` are names and texts.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, Refused> {
        let mut versions = BTreeMap::new();
        for (file, text) in files {
            let refused = |offset: usize, message: String| Refused {
                file: (*file).to_owned(),
                line: text[..offset.min(text.len())].lines().count().max(1),
                message,
            };
            let rules: T =
                toml::from_str(text).map_err(|error| refused(error.span().map_or(0, |span| span.start + 1), error.message().to_owned()))?;
            if let Some(complaint) = rules.lint().into_iter().next() {
                return Err(refused(complaint.offset + 1, complaint.message));
            }
            let version = rules.version();
            if rules.effective().parse::<Date>().is_err() {
                return Err(refused(0, format!("`effective` is a date such as 2026-01-01, not `{}`", rules.effective())));
            }
            if !file.ends_with(&format!("{}/v{version}.toml", T::NAME)) {
                return Err(refused(0, format!("version {version} of `{0}` belongs into {0}/v{version}.toml", T::NAME)));
            }
            versions.insert(version, rules);
        }
        if versions.is_empty() {
            return Err(Refused { file: T::NAME.to_owned(), line: 1, message: "there is no version of this policy".to_owned() });
        }
        Ok(Self(versions))
    }

    /// The newest version, which new work begins with.
    pub fn current(&self) -> &T {
        self.0.values().next_back().expect("loading refuses a policy without a version")
    }

    /// The version that held at a time: what was judged by it is judged the same for ever. Before the first, the first.
    pub fn at(&self, at: Timestamp) -> &T {
        let on = at.to_zoned(TimeZone::UTC).date();
        let held = |rules: &&T| rules.effective().parse::<Date>().is_ok_and(|from| from <= on);
        let oldest = || self.0.values().next().expect("loading refuses a policy without a version");
        self.0.values().rfind(held).unwrap_or_else(oldest)
    }

    /// The version that older work began with.
    pub fn version(&self, version: u32) -> Option<&T> {
        self.0.get(&version)
    }

    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }
}

/// Everything that is rule and not code.
#[derive(Debug, Clone)]
pub struct Policies {
    pub approval: Versions<ApprovalPolicy>,
    pub classify: Versions<ClassifyPolicy>,
    pub declines: Versions<Declines>,
    pub dunning: Versions<DunningPolicy>,
    pub incidents: Versions<IncidentPolicy>,
    pub limits: Versions<Limits>,
    pub metadata: Versions<Naming>,
    pub playbooks: Versions<PlaybookPolicy>,
    pub report: Versions<ReportPolicy>,
    pub texts: Versions<Texts>,
}

/// The shipped files, by name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("shared/policy/approval/v1.toml", include_str!("../../policy/approval/v1.toml")),
    ("shared/policy/classify/v1.toml", include_str!("../../policy/classify/v1.toml")),
    ("shared/policy/declines/v1.toml", include_str!("../../policy/declines/v1.toml")),
    ("shared/policy/dunning/v1.toml", include_str!("../../policy/dunning/v1.toml")),
    ("shared/policy/incidents/v1.toml", include_str!("../../policy/incidents/v1.toml")),
    ("shared/policy/limits/v1.toml", include_str!("../../policy/limits/v1.toml")),
    ("shared/policy/metadata/v1.toml", include_str!("../../policy/metadata/v1.toml")),
    ("shared/policy/playbooks/v1.toml", include_str!("../../policy/playbooks/v1.toml")),
    ("shared/policy/report/v1.toml", include_str!("../../policy/report/v1.toml")),
    ("shared/policy/texts/v1.toml", include_str!("../../policy/texts/v1.toml")),
];

impl Policies {
    /// Reads the shipped policies.
    pub fn shipped() -> Result<Self, Refused> {
        Self::load(SHIPPED)
    }

    /// Reads and checks policies, alone and together.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, Refused> {
        let policies = Self {
            approval: of(files)?,
            classify: of(files)?,
            declines: of(files)?,
            dunning: of(files)?,
            incidents: of(files)?,
            limits: of(files)?,
            metadata: of(files)?,
            playbooks: of(files)?,
            report: of(files)?,
            texts: of(files)?,
        };
        policies.lint_together()?;
        Ok(policies)
    }

    fn lint_together(&self) -> Result<(), Refused> {
        let texts = self.texts.current();
        let wanted = self.dunning.all().flat_map(|policy| policy.templates().map(|text| ("dunning", policy.version, text)));
        let prepared = self.classify.all().flat_map(|policy| policy.replies().map(|text| ("classify", policy.version, text)));
        let waiting = self.incidents.all().map(|policy| ("incidents", policy.version, policy.reply.as_str()));
        let played = self.playbooks.all().flat_map(|policy| policy.written().map(|text| ("playbooks", policy.version, text)));
        for (name, version, text) in wanted.chain(prepared).chain(waiting).chain(played) {
            if texts.text(text).is_none() {
                let file = format!("shared/policy/{name}/v{version}.toml");
                return Err(Refused { file, line: 1, message: format!("no text is called `{text}`") });
            }
        }
        Ok(())
    }
}

fn of<T: Rules>(files: &[(&str, &str)]) -> Result<Versions<T>, Refused> {
    let folder = format!("/{}/", T::NAME);
    let own: Vec<_> = files.iter().filter(|(name, _)| name.contains(&folder)).copied().collect();
    Versions::load(&own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, change: impl Fn(&str) -> String) -> Result<Policies, Refused> {
        let texts: Vec<(String, String)> = SHIPPED
            .iter()
            .map(|(file, text)| ((*file).to_owned(), if file.contains(name) { change(text) } else { (*text).to_owned() }))
            .collect();
        let files: Vec<_> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        Policies::load(&files)
    }

    #[test]
    fn the_shipped_policies_pass_their_lint() {
        Policies::shipped().unwrap();
    }

    #[test]
    fn a_bad_policy_is_refused_with_its_line() {
        let rows: [(&str, &str, &str, &str); 10] = [
            ("classify", "id = \"held-not-taken\"", "id = \"held\"", "nothing finds `held`"),
            ("classify", "[[finding]]\nid = \"dispute-opened\"", "[[finding]]\nid = \"inquiry-opened\"", "`inquiry-opened` is used twice"),
            ("classify", "reply = \"held_not_taken\"", "reply = \"no_such_text\"", "no text is called"),
            ("classify", "why = \"", "why = \"\" #", "has no `why`"),
            ("classify", "family = [\"expired\"]", "family = [\"insufficient_funds\"]", "can never match"),
            ("dunning", "mail = \"reminder_1\"", "mail = \"no_such_text\"", "no text is called"),
            ("dunning", "after_days = 3", "after_days = 1", "before or with the step before it"),
            ("approval", "up_to = \"1000.00\"", "up_to = \"400.00\"", "can never match"),
            ("approval", "over = \"1000.00\"", "over = \"1500.00\"", "nobody"),
            ("declines", "retry = \"later\"", "retry = \"perhaps\"", "unknown variant"),
        ];
        for (name, from, to, expected) in rows {
            let refused = with(name, |text| {
                assert!(text.contains(from), "{name} holds `{from}`");
                text.replacen(from, to, 1)
            })
            .err()
            .unwrap_or_else(|| panic!("{name}: `{to}` is not refused"));
            assert!(refused.message.contains(expected), "{name}: {refused}");
        }
    }
}
