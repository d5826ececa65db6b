//! How far a case has come, stage by stage: each says in words how it stands, so that nobody needs its colour.

use crate::frame::time;
use crate::names::Names;
use domain::playbook::{OnPath, Passed};
use maud::{Markup, html};

pub(super) fn path(path: &[OnPath], names: &Names) -> Markup {
    html! {
        section {
            h2 id="path" { "How far it has come" }
            ol .path aria-labelledby="path" { @for on in path { (stage(on, names)) } }
        }
    }
}

fn stage(on: &OnPath, names: &Names) -> Markup {
    let mood = match on.state {
        Passed::Done => "good",
        Passed::Next => "warn",
        Passed::Later | Passed::NotNeeded => "soft",
    };
    html! {
        li aria-current=[(on.state == Passed::Next).then_some("step")] {
            (on.stage.title()) " " span class={ "state " (mood) } { (on.state.title()) }
            @if on.at.is_some() || on.by.is_some() {
                br;
                span .soft {
                    @if let Some(at) = on.at { (time(at)) }
                    @if let (Some(_), Some(_)) = (on.at, &on.by) { ", " }
                    @if let Some(by) = &on.by { (names.who(by)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::playbook::Stage;

    #[test]
    fn each_stage_says_how_it_stands_and_one_is_next() {
        let on = |stage, state, at: Option<&str>, by: Option<&str>| {
            let (at, by) = (at.map(|at| at.parse().unwrap()), by.map(str::to_owned));
            OnPath { stage, state, at, by }
        };
        let names = Names::default().with([("lena".to_owned(), "Lena <l>".to_owned())]);
        let stages = [
            on(Stage::Classify, Passed::Done, Some("2026-03-01T09:00:00Z"), Some("lena")),
            on(Stage::Draft, Passed::Done, None, Some("recoup")),
            on(Stage::Ask, Passed::Next, None, None),
            on(Stage::Record, Passed::Later, None, None),
        ];
        let shown = path(&stages, &names).into_string();
        for expected in [
            "<li>Classify <span class=\"state good\">done</span>",
            "2026-03-01 09:00 UTC</time>, Lena &lt;l&gt;</span>",
            "<span class=\"soft\">Recoup</span>",
            "<li aria-current=\"step\">Ask <span class=\"state warn\">next</span></li>",
            "<li>Record <span class=\"state soft\">later</span></li>",
        ] {
            assert!(shown.contains(expected), "{expected} is not in {shown}");
        }
        assert_eq!(shown.matches("aria-current").count(), 1);
    }
}
