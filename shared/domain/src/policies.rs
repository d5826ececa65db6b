//! All rules together, as they are shipped: only what stands on top of everything else knows every policy.

use crate::ageing::AgeingPolicy;
use crate::approval::ApprovalPolicy;
use crate::cash::CashPolicy;
use crate::classify::ClassifyPolicy;
use crate::decline::{Declines, Family, Of, Retry, Way};
use crate::document::DocumentPolicy;
use crate::dunning::{Advice, DunningPolicy, HoursPolicy, Paid};
use crate::import::metadata::Naming;
use crate::incident::IncidentPolicy;
use crate::notice::NoticePolicy;
use crate::playbook::PlaybookPolicy;
use crate::policy::{Limits, Refused, Rules, SetupPolicy, Texts, Versions};
use crate::report::ReportPolicy;
use crate::ticket::{AnswerPolicy, LanguagePolicy, TicketPolicy};
use std::sync::LazyLock;

/// The shipped policies as they were read: once, however often they are asked for.
static READ: LazyLock<Result<Policies, Refused>> = LazyLock::new(|| Policies::read(SHIPPED, None));

/// Everything that is rule and not code.
#[derive(Debug, Clone)]
pub struct Policies {
    pub advice: Versions<Advice>,
    pub ageing: Versions<AgeingPolicy>,
    pub answers: Versions<AnswerPolicy>,
    pub approval: Versions<ApprovalPolicy>,
    pub cash: Versions<CashPolicy>,
    pub classify: Versions<ClassifyPolicy>,
    pub declines: Versions<Declines>,
    pub documents: Versions<DocumentPolicy>,
    pub dunning: Versions<DunningPolicy>,
    pub hours: Versions<HoursPolicy>,
    pub incidents: Versions<IncidentPolicy>,
    pub languages: Versions<LanguagePolicy>,
    pub limits: Versions<Limits>,
    pub metadata: Versions<Naming>,
    pub notices: Versions<NoticePolicy>,
    pub playbooks: Versions<PlaybookPolicy>,
    pub report: Versions<ReportPolicy>,
    pub setup: Versions<SetupPolicy>,
    pub texts: Versions<Texts>,
    pub tickets: Versions<TicketPolicy>,
}

impl Policies {
    /// Reads the shipped policies.
    pub fn shipped() -> Result<Self, Refused> {
        READ.clone()
    }

    /// The shipped policies with another dunning policy in the place of all its versions, as somebody tries it out.
    pub fn shipped_with_dunning(text: &str) -> Result<Self, Refused> {
        const PLACE: &str = "shared/policy/dunning/";
        let own = toml::from_str::<toml::Table>(text).unwrap_or_default();
        let version = own.get("version").and_then(toml::Value::as_integer).unwrap_or(1);
        let name = format!("{PLACE}v{version}.toml");
        let others = SHIPPED.iter().filter(|(file, _)| !file.starts_with(PLACE)).copied();
        let files: Vec<(&str, &str)> = others.chain([(name.as_str(), text)]).collect();
        Self::load(&files)
    }

    /// Reads and checks policies, alone and together.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, Refused> {
        Self::read(files, READ.as_ref().ok())
    }

    /// What is the same as shipped is not read again.
    fn read(files: &[(&str, &str)], shipped: Option<&Self>) -> Result<Self, Refused> {
        let policies = Self {
            advice: of(files, shipped.map(|all| &all.advice))?,
            ageing: of(files, shipped.map(|all| &all.ageing))?,
            answers: of(files, shipped.map(|all| &all.answers))?,
            approval: of(files, shipped.map(|all| &all.approval))?,
            cash: of(files, shipped.map(|all| &all.cash))?,
            classify: of(files, shipped.map(|all| &all.classify))?,
            declines: of(files, shipped.map(|all| &all.declines))?,
            documents: of(files, shipped.map(|all| &all.documents))?,
            dunning: of(files, shipped.map(|all| &all.dunning))?,
            hours: of(files, shipped.map(|all| &all.hours))?,
            incidents: of(files, shipped.map(|all| &all.incidents))?,
            languages: of(files, shipped.map(|all| &all.languages))?,
            limits: of(files, shipped.map(|all| &all.limits))?,
            metadata: of(files, shipped.map(|all| &all.metadata))?,
            notices: of(files, shipped.map(|all| &all.notices))?,
            playbooks: of(files, shipped.map(|all| &all.playbooks))?,
            report: of(files, shipped.map(|all| &all.report))?,
            setup: of(files, shipped.map(|all| &all.setup))?,
            texts: of(files, shipped.map(|all| &all.texts))?,
            tickets: of(files, shipped.map(|all| &all.tickets))?,
        };
        policies.lint_together()?;
        policies.lint_ladder()?;
        policies.lint_recoveries(files)?;
        Ok(policies)
    }

    fn lint_together(&self) -> Result<(), Refused> {
        let texts = self.texts.current();
        let wanted =
            self.dunning.all().flat_map(|policy| policy.templates().map(|text| ("dunning", policy.version, text)));
        let prepared =
            self.classify.all().flat_map(|policy| policy.replies().map(|text| ("classify", policy.version, text)));
        let waiting = self.incidents.all().map(|policy| ("incidents", policy.version, policy.reply.as_str()));
        let played =
            self.playbooks.all().flat_map(|policy| policy.written().map(|text| ("playbooks", policy.version, text)));
        let overdue =
            self.ageing.all().flat_map(|policy| policy.templates().map(|text| ("ageing", policy.version, text)));
        let answered =
            self.answers.all().flat_map(|policy| policy.texts().map(|text| ("answers", policy.version, text)));
        let noticed =
            self.notices.all().flat_map(|policy| policy.templates().map(|text| ("notices", policy.version, text)));
        let asked = self.tickets.all().flat_map(|policy| policy.texts().map(|text| ("tickets", policy.version, text)));
        let cash = self.cash.all().flat_map(|policy| policy.texts().map(|text| ("cash", policy.version, text)));
        let all = wanted.chain(overdue).chain(noticed).chain(prepared).chain(waiting).chain(played);
        let all = all.chain(asked).chain(cash).chain(answered);
        for (name, version, text) in all {
            if texts.text(text).is_none() {
                let file = format!("shared/policy/{name}/v{version}.toml");
                return Err(Refused { file, line: 1, message: format!("no text is called `{text}`") });
            }
        }
        for (version, text) in self.dunning.all().flat_map(|policy| policy.texted().map(|text| (policy.version, text)))
        {
            if texts.text(text).is_none_or(|text| !text.has_sms()) {
                let file = format!("shared/policy/dunning/v{version}.toml");
                return Err(Refused { file, line: 1, message: format!("no text called `{text}` is for phones") });
            }
        }
        let warnings = self.dunning.all().filter_map(|policy| Some((policy.version, policy.warning.as_ref()?)));
        for (version, text) in warnings.flat_map(|(version, rule)| rule.letters().map(move |text| (version, text))) {
            if texts.text(text).is_none_or(|text| !text.says("time_left")) {
                let file = format!("shared/policy/dunning/v{version}.toml");
                return Err(Refused {
                    file,
                    line: 1,
                    message: format!("no text called `{text}` says how long is left"),
                });
            }
        }
        for (version, id) in self.languages.all().flat_map(|policy| policy.told().map(move |id| (policy.version(), id)))
        {
            if texts.reader(Some(id), None).language() != id {
                let file = format!("shared/policy/languages/v{version}.toml");
                return Err(Refused {
                    file,
                    line: 1,
                    message: format!("no text is in `{id}`, so that it is not told"),
                });
            }
        }
        let families = self.declines.all().flat_map(|policy| {
            policy.family.iter().map(|family| ("declines", policy.version, family.customer_reason.as_str()))
        });
        let incidents = self.incidents.all().map(|policy| ("incidents", policy.version, policy.reason.as_str()));
        for (name, version, reason) in families.chain(incidents) {
            if !texts.has_phrase(reason) {
                let file = format!("shared/policy/{name}/v{version}.toml");
                let message = format!("no phrase of the texts says `{reason}` in every language");
                return Err(Refused { file, line: 1, message });
            }
        }
        Ok(())
    }

    /// Every letter of the ladder lists what is due beside: what it lists counts as said.
    fn lint_ladder(&self) -> Result<(), Refused> {
        let texts = self.texts.current();
        let is_silent = |id: &str| texts.text(id).is_none_or(|text| !text.says("also_open"));
        for policy in self.ageing.all() {
            if let Some(text) = policy.templates().find(|text| is_silent(text)) {
                let file = format!("shared/policy/ageing/v{}.toml", policy.version);
                let message = format!("no text called `{text}` lists what is due beside");
                return Err(Refused { file, line: 1, message });
            }
            let is_vague = |id: &&str| texts.text(id).is_none_or(|text| !text.says("time_left"));
            if let Some(text) = policy.warnings().find(is_vague) {
                let file = format!("shared/policy/ageing/v{}.toml", policy.version);
                return Err(Refused {
                    file,
                    line: 1,
                    message: format!("no text called `{text}` says how long is left"),
                });
            }
        }
        Ok(())
    }

    /// Every family that a recovery is planned by is one, every letter of it has its place beside others, every end is
    /// held for long enough, and no rule of tries breaks a network's by construction.
    fn lint_recoveries(&self, files: &[(&str, &str)]) -> Result<(), Refused> {
        let declines = self.declines.current();
        let held_min = self.limits.current().hold_hours_min;
        for policy in self.dunning.all() {
            let file = format!("shared/policy/dunning/v{}.toml", policy.version);
            let text = files.iter().find(|(name, _)| *name == file).map_or("", |(_, text)| *text);
            let line = |offset: usize| text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
            let refused = |offset, message| Err(Refused { file: file.clone(), line: line(offset), message });
            for (offset, name) in policy.families() {
                if declines.family.iter().all(|family| family.id.get_ref() != name) {
                    return refused(offset, format!("no family is called `{name}`"));
                }
            }
            if let Some((offset, text)) = policy.unranked() {
                return refused(offset, format!("nobody says how much `{text}` says beside other letters"));
            }
            if let Some((offset, hours)) = policy.holds().find(|(_, hours)| *hours < held_min) {
                let said = format!("an end is held for {held_min} hours at least, and this one for {hours}");
                return refused(offset, said);
            }
            if let Some(rule) = &policy.second_card {
                // Where one is never tried again a second one may be; what people look at first it does not answer.
                let named = |family: &&Family| rule.families.get_ref().contains(family.id.get_ref());
                let asked = |family: &&Family| matches!(family.retry, Retry::AfterCustomer | Retry::InternalReview);
                if let Some(family) = declines.family.iter().filter(named).find(asked) {
                    let said = format!(
                        "`{}` waits for somebody, and is no reason to charge a second card",
                        family.id.get_ref()
                    );
                    return refused(rule.families.span().start, said);
                }
                let mut limits = declines.limit.iter().filter(|limit| limit.category.is_none() && limit.of == Of::Card);
                if let Some(said) = limits.find_map(|limit| rule.breaks(limit)) {
                    return refused(rule.most.span().start, said);
                }
            }
            for rule in &policy.tries {
                let tried = |family: &&Family| rule.families.get_ref().contains(family.id.get_ref());
                if let Some(family) = declines.family.iter().filter(tried).find(|family| family.retry > Retry::Later) {
                    let said = format!("`{}` is not tried again by itself", family.id.get_ref());
                    return refused(rule.families.span().start, said);
                }
                if let Some((offset, way)) = rule.strange_way(|way| is_way(declines, way)) {
                    return refused(offset, format!("`{way}` is no way of paying, and no network of the declines"));
                }
                let applies = |network: &str| {
                    let paid = Paid::through(declines, Some(network));
                    let mut own = rule.families.get_ref().iter().filter_map(|family| policy.rule_of(family, paid));
                    own.any(|own| own.id.get_ref() == rule.id.get_ref())
                };
                for limit in declines.limit.iter().filter(|limit| limit.category.is_none()) {
                    if let Some(said) = rule.breaks(limit).filter(|_| applies(&limit.network)) {
                        return refused(rule.most.span().start, said);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether a rule of tries may name it: a way of paying, or a network by the name that limits have for it.
fn is_way(declines: &Declines, name: &str) -> bool {
    let is_network = declines.network.iter().any(|network| network.names.first().is_some_and(|own| own == name));
    is_network || Way::ALL.iter().any(|way| way.name() == name)
}

/// The shipped files, by name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("shared/policy/advice/v1.toml", include_str!("../../policy/advice/v1.toml")),
    ("shared/policy/ageing/v1.toml", include_str!("../../policy/ageing/v1.toml")),
    ("shared/policy/answers/v1.toml", include_str!("../../policy/answers/v1.toml")),
    ("shared/policy/approval/v1.toml", include_str!("../../policy/approval/v1.toml")),
    ("shared/policy/approval/v2.toml", include_str!("../../policy/approval/v2.toml")),
    ("shared/policy/cash/v1.toml", include_str!("../../policy/cash/v1.toml")),
    ("shared/policy/classify/v1.toml", include_str!("../../policy/classify/v1.toml")),
    ("shared/policy/classify/v2.toml", include_str!("../../policy/classify/v2.toml")),
    ("shared/policy/declines/v1.toml", include_str!("../../policy/declines/v1.toml")),
    ("shared/policy/declines/v2.toml", include_str!("../../policy/declines/v2.toml")),
    ("shared/policy/declines/v3.toml", include_str!("../../policy/declines/v3.toml")),
    ("shared/policy/documents/v1.toml", include_str!("../../policy/documents/v1.toml")),
    ("shared/policy/dunning/v1.toml", include_str!("../../policy/dunning/v1.toml")),
    ("shared/policy/dunning/v2.toml", include_str!("../../policy/dunning/v2.toml")),
    ("shared/policy/dunning/v3.toml", include_str!("../../policy/dunning/v3.toml")),
    ("shared/policy/hours/v1.toml", include_str!("../../policy/hours/v1.toml")),
    ("shared/policy/incidents/v1.toml", include_str!("../../policy/incidents/v1.toml")),
    ("shared/policy/languages/v1.toml", include_str!("../../policy/languages/v1.toml")),
    ("shared/policy/limits/v1.toml", include_str!("../../policy/limits/v1.toml")),
    ("shared/policy/metadata/v1.toml", include_str!("../../policy/metadata/v1.toml")),
    ("shared/policy/notices/v1.toml", include_str!("../../policy/notices/v1.toml")),
    ("shared/policy/playbooks/v1.toml", include_str!("../../policy/playbooks/v1.toml")),
    ("shared/policy/report/v1.toml", include_str!("../../policy/report/v1.toml")),
    ("shared/policy/setup/v1.toml", include_str!("../../policy/setup/v1.toml")),
    ("shared/policy/texts/v1.toml", include_str!("../../policy/texts/v1.toml")),
    ("shared/policy/tickets/v1.toml", include_str!("../../policy/tickets/v1.toml")),
];

fn of<T: Rules + Clone>(files: &[(&str, &str)], shipped: Option<&Versions<T>>) -> Result<Versions<T>, Refused> {
    let folder = format!("/{}/", T::NAME);
    let is_own = |file: &&(&str, &str)| file.0.contains(&folder);
    let own: Vec<(&str, &str)> = files.iter().filter(is_own).copied().collect();
    match shipped.filter(|_| SHIPPED.iter().filter(is_own).eq(&own)) {
        Some(versions) => Ok(versions.clone()),
        None => Versions::load(&own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, change: impl Fn(&str) -> String) -> Result<Policies, Refused> {
        let texts: Vec<(String, String)> = SHIPPED
            .iter()
            .map(|(file, text)| {
                ((*file).to_owned(), if file.contains(name) { change(text) } else { (*text).to_owned() })
            })
            .collect();
        let files: Vec<_> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        Policies::load(&files)
    }

    #[test]
    fn the_shipped_policies_pass_their_lint() {
        Policies::shipped().unwrap();
    }

    #[test]
    fn what_is_not_the_same_as_shipped_is_read_again() {
        let version = |policies: &Policies| policies.report.current().effective().to_owned();
        let (_, text) = SHIPPED.iter().find(|(file, _)| file.contains("/report/")).unwrap();
        let shipped = Policies::shipped().unwrap();
        assert!(text.contains(&version(&shipped)), "{text}");
        let later = with("/report/", |text| text.replace(&version(&shipped), "2026-02-28")).unwrap();
        assert_eq!(version(&later), "2026-02-28");
        assert_eq!(version(&Policies::load(SHIPPED).unwrap()), version(&shipped));
        let fewer: Vec<_> = SHIPPED.iter().filter(|(file, _)| !file.ends_with("/classify/v2.toml")).copied().collect();
        assert!(Policies::load(&fewer).unwrap().classify.version(2).is_none(), "a version less is another policy");
    }

    #[test]
    fn an_end_that_is_held_too_shortly_is_refused_on_its_line() {
        let (file, text) = SHIPPED.iter().find(|(file, _)| file.ends_with("/dunning/v3.toml")).unwrap();
        let line = text.lines().position(|line| line.contains("hold_hours = 72")).unwrap() + 1;
        for (hours, refused_on) in [(1, Some(line)), (71, Some(line)), (72, None), (73, None), (720, None)] {
            let own = text.replacen("hold_hours = 72", &format!("hold_hours = {hours}"), 1);
            let shipped = with("dunning/v3", |_| own.clone()).err();
            let alone = Policies::shipped_with_dunning(&own).err();
            for refused in [shipped, alone] {
                assert_eq!(refused.as_ref().map(|it| it.line), refused_on, "{hours}: {refused:?}");
                assert!(refused.is_none_or(|it| it.file == *file), "{hours}");
            }
        }
    }

    #[test]
    fn a_bad_policy_is_refused_with_its_line() {
        let rows: &[(&str, &str, &str, &str)] = &[
            (
                "report",
                "settles_after_secs = 300",
                "settles_after_secs = 30",
                "`settles_after_secs` must be at least 60",
            ),
            ("report", "summed_months = 13", "summed_months = 0", "`summed_months` must be at least 1"),
            ("ageing", "from_day = 31", "from_day = 32", "days 31 to 31 are in no bucket"),
            ("ageing", "from_day = 31", "from_day = 30", "day 30 is in two buckets"),
            ("ageing", "from_day = 0", "from_day = 1", "days 0 to 0 are in no bucket"),
            ("ageing", "to_day = 60\n", "", "`31-60` is called `30+` by its days"),
            ("ageing", "bucket = \"90+\"", "bucket = \"91+\"", "`91+` is called `90+` by its days"),
            ("ageing", "from_day = 91", "from_day = 91\nto_day = 120", "`90+` is called `91-120` by its days"),
            ("ageing", "bucket = \"31-60\"", "bucket = \"0-30\"", "`0-30` is used twice"),
            ("ageing", "acts_on_day = 61", "acts_on_day = 91", "day 91 is not in `61-90`"),
            ("ageing", "owner = \"manager\"", "owner = \"cfo\"", "unknown variant"),
            ("ageing", "owner = \"manager\"", "owner = \"legal\"", "legal could not end the task"),
            ("ageing", "template = \"overdue_2\"", "template = \"no_such_text\"", "no text is called"),
            ("ageing", "template = \"overdue_2\"", "template = \"debt_open\"", "lists what is due beside"),
            ("ageing", "USD = \"500.00\"", "USD = \"500.001\"", "needs an amount over which"),
            ("ageing", "approved_by = \"vp\"\n", "", "say in `approved_by` who agrees to a letter of `61-90`"),
            ("ageing", "approved_by = \"vp\"", "approved_by = \"legal\"", "legal could not agree to a letter"),
            ("ageing", "approved_by = \"vp\"", "approved_by = \"billing_specialist\"", "which is manager's"),
            ("ageing", "owner = \"vp\"", "owner = \"vp\"\napproved_by = \"vp\"", "`90+` sends no letter"),
            ("ageing", "acts_at_hour = 9", "acts_at_hour = 24", "an hour is 0 to 23"),
            ("ageing", "why = \"A transfer", "why = \"\" # \"", "has no `why`"),
            ("ageing", "from_day = 91", "from_day = 91\nrequired = true", "`90+` sends no letter"),
            ("ageing", "access = \"suspended\"\n", "", "whoever never pays keeps all of it"),
            ("ageing", "access = \"suspended\"", "access = \"ended\"", "the ladder ends nothing"),
            ("ageing", "access = \"suspended\"", "access = \"warned\"", "access only falls"),
            ("ageing", "access = \"warned\"\n", "", "nobody is `restricted` who was not warned 14 days before"),
            ("ageing", "required = true\naccess = \"warned\"", "access = \"warned\"", "a letter that is `required`"),
            ("ageing", "warned_days = 14", "warned_days = 0", "a warning leaves 1 to 90 days"),
            ("answers", "id = \"refund\"", "id = \"credit\"", "`credit` is used twice"),
            ("answers", "id = \"refund\"", "id = \"refunds\"", "no kind of action is called `refunds`"),
            ("answers", "asked = \"answer_asked\"", "asked = \"no_such_text\"", "no text is called"),
            ("answers", "\"postmaster\"", "\"Postmaster\"", "`Postmaster` is not written in small letters"),
            ("answers", "minutes = 240", "minutes = 0", "are at least one"),
            ("classify", "id = \"held-not-taken\"", "id = \"held\"", "nothing finds `held`"),
            (
                "classify",
                "[[finding]]\nid = \"dispute-opened\"",
                "[[finding]]\nid = \"inquiry-opened\"",
                "`inquiry-opened` is used twice",
            ),
            ("classify", "reply = \"held_not_taken\"", "reply = \"no_such_text\"", "no text is called"),
            ("classify", "why = \"", "why = \"\" #", "has no `why`"),
            ("classify", "family = [\"expired\"]", "family = [\"insufficient_funds\"]", "can never match"),
            ("dunning", "mail = \"reminder_1\"", "mail = \"no_such_text\"", "no text is called"),
            ("dunning", "after_days = 3", "after_days = 0", "before the step before it"),
            ("dunning/v2", "access = \"restricted\"", "access = \"warned\"", "access only falls"),
            ("dunning/v2", "access = \"warned\"", "access = \"suspended\"", "nobody is `suspended` who was not warned"),
            (
                "dunning/v2",
                "\"suspended\" } },\n    { after_days = 30, then = \"person\" }",
                "\"suspended\" } },\n    { after_days = 30, then = { mail = \"reminder_3\" } }",
                "a plan ends with",
            ),
            (
                "dunning/v2",
                "{ after_days = 16, then = { access = \"suspended\" } },\n    { after_days = 30",
                "{ after_days = 16, then = { access = \"suspended\" } },\n    { after_days = 29",
                "before the last try, which may be on day 30",
            ),
            ("dunning/v2", "most = 6", "most = 20", "visa allows 15 tries in 30 days"),
            ("dunning/v2", "most = 6", "most = 0", "leave it out"),
            ("dunning/v2", "\"temporary\", ", "\"temporary\", \"expired\", ", "`expired` is not tried again by itself"),
            ("dunning/v2", "\"temporary\", ", "\"temporary\", \"weather\", ", "no family is called `weather`"),
            ("dunning/v2", "\"temporary\", ", "\"temporary\", \"declined\", ", "stands in two rules of tries"),
            ("dunning/v2", "to_day = 30", "to_day = 0", "a window ends on a later day"),
            ("dunning/v2", "gap_hours = [3, 9, 20]", "gap_hours = [0]", "an hour at least"),
            ("dunning/v2", "least_chance = \"0.027\"", "least_chance = \"1\"", "between 0 and 1"),
            ("dunning/v2", "spread = \"0.3\"", "spread = \"3\"", "from 0 to 1 deviations"),
            ("dunning/v2", "friday = 135", "fryday = 135", "a leaning names"),
            (
                "dunning/v2",
                "id = \"standard\"",
                "id = \"standard\"\ncountries = [\"DE\"]",
                "the last one must have no condition",
            ),
            (
                "dunning/v3",
                "{ after_days = 16, then = { access = \"suspended\" } },\n    { after_days = 30",
                "{ after_days = 16, then = { access = \"suspended\" } },\n    { after_days = 29",
                "before the last try, which may be on day 30",
            ),
            ("dunning/v3", ", hold_hours = 72", "", "for how long it is held"),
            ("dunning/v3", "hold_hours = 72", "hold_hours = 71", "held for 72 hours at least, and this one for 71"),
            ("limits", "hold_hours_min = 72", "hold_hours_min = 0", "`hold_hours_min` must be at least 1"),
            ("limits", "hold_hours_min = 72", "hold_hours_min = 73", "held for 73 hours at least, and this one for 72"),
            ("dunning/v3", "prompt = \"final_notice\", ", "", "which letter tells of it"),
            ("dunning/v3", "prompt = \"final_notice\"", "prompt = \"no_such_text\"", "`no_such_text` tells of an end"),
            ("dunning/v3", "end = \"subscription\"", "end = \"account\"", "unknown variant"),
            ("dunning/v3", "sms = \"reminder_2\"", "sms = \"cancelled\"", "no text called `cancelled` is for phones"),
            ("dunning/v3", "failures = 3", "failures = 0", "an escalation comes after 1 to 20 failed tries"),
            ("dunning/v3", "owner = \"billing_specialist\"", "owner = \"legal\"", "legal could not end the task"),
            (
                "advice",
                "group = []",
                "[[group]]\nid = \"\"\ncell = [{ at = \"noon\", speaks = 1, give_or_take = 9 }]",
                "nothing is called `noon`",
            ),
            ("approval", "up_to = \"1000.00\"", "up_to = \"400.00\"", "can never match"),
            ("approval", "over = \"1000.00\"", "over = \"1500.00\"", "nobody"),
            ("approval", "over = \"1000.00\"", "from = \"1000.01\"", "nobody"),
            ("declines/v2", "retry = \"later\"", "retry = \"perhaps\"", "unknown variant"),
            (
                "declines/v2",
                "customer_reason = \"Your card has expired.\"",
                "customer_reason = \"Your card is too old.\"",
                "no phrase of the texts says `Your card is too old.`",
            ),
            ("incidents", "reason = \"Some", "reason = \"A few", "no phrase of the texts says `A few"),
            ("notices", "text = \"card_expires_2\"", "text = \"no_such_text\"", "no text is called"),
            ("notices", "days_before = 7", "days_before = 30", "fewer than of the one before it"),
            ("notices", "days_before = 7", "days_before = 0", "fewer than of the one before it"),
            ("notices", "days_before = 30", "days_before = 91", "at most 90"),
            ("notices", "after_minutes = 30", "after_minutes = 0", "1 to 1440 minutes"),
            ("notices", "acts_at_hour = 9", "acts_at_hour = 24", "an hour is 0 to 23"),
            ("notices", "why = \"A card", "why = \"\" # \"", "has no `why`"),
            ("texts", "de = \"Ihre Karte ist abgelaufen.\"\n", "", "is not there in `de`"),
            ("hours", "quiet_from = \"20:00\"", "quiet_from = \"07:00\"", "ends before it begins"),
            ("hours", "why = \"Nobody", "why = \"\" # \"", "has no `why`"),
            ("setup", "hours = 72", "hours = 0", "at least one hour"),
            ("setup", "why = \"What takes", "why = \"\" # \"", "has no `why`"),
            ("setup", "cases_max = 50", "cases_max = 0", "1 to 100 cases"),
            ("limits", "board_bytes_max = 48000", "board_bytes_max = 49000", "two boards must fit into an item"),
            ("tickets", "id = \"chargeback\"", "id = \"refund_request\"", "`refund_request` is used twice"),
            ("tickets", "id = \"not_billing\"", "id = \"nothing\"", "unknown variant"),
            ("tickets", "role = \"l1\"", "role = \"analyst\"", "analyst only reads tickets"),
            ("tickets", "minutes = 480\nwhy", "minutes = 0\nwhy", "at least one"),
            ("tickets", "minutes = 120\nsame", "minutes = 0\nsame", "`chargeback` is answered after a minute"),
            (
                "tickets",
                "same = [\"other_billing\"]",
                "same = []",
                "`other_billing` is at least the same trouble as itself",
            ),
            ("tickets", "same = []", "same = [\"tax_question\"]", "`not_billing` opens no case"),
            ("tickets", "text = \"ticket_waited\"", "text = \"no_such_text\"", "no text is called"),
            ("tickets", "confidence_min = \"0.88\"", "confidence_min = \"1.1\"", "`confidence_min` is over 0"),
            ("tickets", "also_min = \"0.85\"", "also_min = \"0\"", "`also_min` is over 0"),
            ("tickets", "looks = [\"card\"", "looks = [\"stars\"", "unknown variant"),
            ("tickets", "why = \"A bank's", "why = \"\" # \"", "`chargeback` has no `why`"),
            ("limits", "boards_max = 4", "boards_max = 0", "at least one board"),
            ("limits", "told_people_max = 20", "told_people_max = 0", "at least one person"),
            ("limits", "review_hours = 6", "review_hours = 0", "`review_hours` must be at least 1"),
            ("limits", "debit_days_max = 14", "debit_days_max = 0", "`debit_days_max` must be at least 1"),
            ("limits", "paying_minutes_max = 120", "paying_minutes_max = 29", "is `paying_minutes` at least"),
            ("limits", "paying_minutes_max = 120", "paying_minutes_max = 1440", "less than `paying_hours`"),
            ("limits", "paying_minutes = 30", "paying_minutes = 0", "`paying_minutes` must be at least 1"),
            ("limits", "secs = 20", "secs = 0", "`press.secs` must be at least 1"),
            ("limits", "at_once_max = 2", "at_once_max = 0", "`press.at_once_max` must be at least 1"),
            ("limits", "request_bytes_max = 500000", "request_bytes_max = 100000", "room for what an item holds"),
            ("limits", "recoveries_written_max = 40", "recoveries_written_max = 61", "1 to 60 recoveries"),
            ("dunning/v3", "id = \"second_card\"", "id = \"funds\"", "`funds` is used twice"),
            ("dunning/v3", "gap_hours = [72]", "gap_hours = [72]\nways = [\"card\"]", "a second card is a card"),
            (
                "dunning/v3",
                "\"barred\", \"lost_or_stolen\", \"temporary\"",
                "\"expired\", \"temporary\"",
                "`expired` waits for somebody",
            ),
            ("dunning/v3", "sitting_minutes = 60", "sitting_minutes = 0", "for 1 to 1440 minutes"),
            (
                "dunning/v3",
                "{ after_days = 14, then = { access = \"restricted\" } }",
                "{ after_days = 11, then = { access = \"restricted\" } }",
                "has 48 hours before anything is taken",
            ),
            (
                "dunning/v3",
                "letters = [\"reminder_1\", ",
                "letters = [\"final_notice\", ",
                "the letter before a warning",
            ),
            (
                "dunning/v3",
                "\"reminder_3\"]\nhours",
                "\"reminder_3\", \"final_notice\"]\nhours",
                "says how long is left",
            ),
            ("dunning/v3", "hours = 48", "hours = 0", "a warning leaves 1 to 720 hours"),
            ("dunning/v3", "letters = [\"final_notice\"]", "letters = [\"no_such\"]", "no step mails `no_such`"),
            ("dunning/v3", "letters = [\"final_notice\"]", "letters = []", "`final_notice` tells of an end"),
            (
                "dunning/v3",
                "{ access = \"suspended\" } },",
                "{ access = \"suspended\" } },\n    { after_days = 22, then = { mail = \"reminder_3\" } },",
                "nobody is warned who is suspended",
            ),
            (
                "dunning/v3",
                "{ access = \"warned\" } },\n    { after_days = 30, then = \"person\" }",
                "{ access = \"warned\" } },\n    { after_days = 29, then = \"person\" }",
                "before the last try, which may be on day 30",
            ),
            (
                "dunning/v3",
                "ways = [\"debit\"]\n",
                "ways = [\"card\"]\n",
                "ach lets a debit be presented 2 times again",
            ),
            (
                "dunning/v3",
                "most = 2",
                "most = 3",
                "ach lets a debit be presented 2 times again, and this tries it 3 times",
            ),
            (
                "dunning/v3",
                "ways = [\"pad\"]\n",
                "ways = [\"autogiro\"]\n",
                "pad lets a debit be presented 1 times again",
            ),
            ("dunning/v3", "ways = [\"debit\"]\n", "ways = [\"debit\", \"barter\"]\n", "`barter` is no way of paying"),
            (
                "dunning/v3",
                "\"risk_block\"]",
                "\"risk_block\", \"invalid_account\", \"revoked\", \"barred\"]",
                "`high_risk` before it",
            ),
            ("declines/v3", "\"paypal\", ", "\"paypal\", \"sepa\", ", "`sepa` stands twice among the ways of paying"),
            ("dunning/v3", "hours = 24\nlisted_max", "hours = 0\nlisted_max", "keeps others back for 1 to 168 hours"),
            ("dunning/v3", "listed_max = 10", "listed_max = 0", "a letter lists 1 to 50 others"),
            ("dunning/v3", ", \"final_notice\"]", ", \"reminder_1\"]", "`reminder_1` is there twice"),
            ("dunning/v3", ", \"final_notice\"]", "]", "nobody says how much `final_notice` says"),
            ("dunning/v3", "why = \"Who owes", "why = \"\" # \"", "`together` has no `why`"),
            ("hours", "49 = [\"DE\"]", "49 = [\"XX\"]", "`XX` has no zones"),
            ("notices", "link_days = 30", "link_days = 0", "1 to 365 days"),
            ("languages", "id = \"de\"", "id = \"en\"", "`en` is used twice"),
            ("languages", "id = \"de\"", "id = \"da\"", "no text is in `da`"),
            (
                "languages",
                "\"ich\", ",
                "\"ich\", \"the\", ",
                "`the` says as much for `en` as for `de`, and is not shared",
            ),
            ("languages", "\"ich\", ", "\"ich\", \"mich\", ", "`mich` stands twice among the words of `de`"),
            ("languages", "\"ich\", ", "\"Ich\", ", "`Ich` is not one word in small letters"),
            ("languages", "\"abonnement\", ", "\"abonnement\", \"ich\", ", "no two languages share `ich`"),
            ("languages", "\"abonnement\", ", "", "`abonnement` says as much for"),
            ("languages", "points = 3", "points = 0", "have 1 to 9 points"),
            ("languages", "near_max = 60", "near_max = 100", "`near_max` is below 100 percent"),
            ("languages", "lead_min = 3", "lead_min = 0", "one point at least"),
            ("languages", "why = \"An answer", "why = \"\" # \"", "`enough` has no `why`"),
            ("texts", "company = 30", "company = 60", "an SMS takes"),
        ];
        for (name, from, to, expected) in rows.iter().copied() {
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
