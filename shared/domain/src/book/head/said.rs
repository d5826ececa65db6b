//! What people say of all recoveries of an account, where they are more than are written at once.

use super::Head;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many such words the head has room for.
const WORDS_MAX: usize = 2;

/// One word, which each recovery takes in by itself that had begun by then. It is small, as whatever stands on the
/// head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidOfAll {
    /// What is said next has the next one, whatever the clocks of two machines are.
    pub number: u32,
    pub at: Timestamp,
    pub begun_by: Timestamp,
    /// A staff id.
    pub by: String,
    #[serde(flatten)]
    pub word: OfAll,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What can be said of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum OfAll {
    Pause { until: Timestamp },
    Resume,
    Stop,
}

impl Head {
    /// The number of the next word.
    pub fn next_said(&self) -> u32 {
        self.said_of_all.last().map_or(1, |last| last.number + 1)
    }

    /// Says one more. What a later word covers goes first: whoever is stopped needs none before that, and of pauses and
    /// what ends them the last holds.
    pub fn says_of_all(&mut self, said: SaidOfAll) {
        self.said_of_all.push(said);
        while self.said_of_all.len() > WORDS_MAX {
            let words: Vec<_> = self.said_of_all.iter().map(|said| said.word).collect();
            let is_covered = |place: &usize| {
                let later = &words[place + 1..];
                later.contains(&OfAll::Stop) || words[*place] != OfAll::Stop && !later.is_empty()
            };
            let covered = (0..words.len()).find(is_covered).unwrap_or(0);
            self.said_of_all.remove(covered);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_stays_until_another_and_of_the_others_the_last_do() {
        let pause = OfAll::Pause { until: Timestamp::UNIX_EPOCH };
        let (resume, stop) = (OfAll::Resume, OfAll::Stop);
        for (name, words, expected) in [
            ("one", vec![stop], vec![(1, stop)]),
            ("what ends a pause", vec![pause, resume], vec![(1, pause), (2, resume)]),
            ("a pause more", vec![pause, resume, pause], vec![(2, resume), (3, pause)]),
            ("pauses of what begins after a stop", vec![stop, pause, resume, pause], vec![(1, stop), (4, pause)]),
            ("a stop after all", vec![pause, resume, stop], vec![(2, resume), (3, stop)]),
            ("a second stop", vec![stop, pause, stop], vec![(2, pause), (3, stop)]),
            ("a third", vec![stop, stop, stop], vec![(2, stop), (3, stop)]),
        ] {
            let mut head = Head::new("stripe", "default", "cus_1");
            for word in words {
                let (number, at) = (head.next_said(), Timestamp::UNIX_EPOCH);
                head.says_of_all(SaidOfAll { number, at, begun_by: at, by: "lena".into(), word, note: String::new() });
            }
            let kept: Vec<_> = head.said_of_all.iter().map(|said| (said.number, said.word)).collect();
            assert_eq!(kept, expected, "{name}");
        }
    }
}
