//! The views that somebody keeps: lists as they asked for them, by names of their own.

use serde::{Deserialize, Serialize};

/// The lists of which a view can be kept.
const LISTS: [&str; 11] = [
    "/accounts",
    "/actions",
    "/approvals",
    "/cases",
    "/disputes",
    "/documents",
    "/dunning",
    "/incidents",
    "/payment-requests",
    "/tasks",
    "/tickets",
];

/// How many views one person keeps, how long their names are, and what they ask for.
const VIEWS_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 60;
const ADDRESS_BYTES_MAX: usize = 500;

/// One person's, in the order in which they were kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Views {
    pub staff: String,
    all: Vec<View>,
}

/// A list with what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: String,
    pub address: String,
}

/// Why a view was not kept. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    #[error("give the view a name of at most {most} characters", most = NAME_CHARS_MAX)]
    Name,
    #[error("only a list with something chosen can be kept: choose, press Show, and keep what is shown then")]
    List,
    #[error("you keep {most} views already: remove one first", most = VIEWS_MAX)]
    Full,
}

impl Views {
    /// Nobody keeps any at first.
    pub fn new(staff: &str) -> Self {
        Self { staff: staff.to_owned(), all: Vec::new() }
    }

    /// Keeps a list as it was asked for; another view of the same list that has this name is it no more.
    pub fn keep(&mut self, name: &str, address: &str) -> Result<(), NotKept> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(NotKept::Name);
        }
        let list = list_of(address).filter(|list| address.len() > list.len() + 1).ok_or(NotKept::List)?;
        self.forget(name, list);
        if self.all.len() >= VIEWS_MAX {
            return Err(NotKept::Full);
        }
        self.all.push(View { name: name.to_owned(), address: address.to_owned() });
        Ok(())
    }

    /// Keeps the view of this list no more.
    pub fn forget(&mut self, name: &str, list: &str) {
        self.all.retain(|view| view.name != name || list_of(&view.address) != Some(list));
    }

    /// Those of one list.
    pub fn of(&self, list: &str) -> impl Iterator<Item = &View> {
        self.all.iter().filter(move |view| list_of(&view.address) == Some(list))
    }
}

/// The list that an address leads to, if it is one of ours and nothing else can be meant by it.
pub fn list_of(address: &str) -> Option<&'static str> {
    let path = address.split('?').next().unwrap_or_default();
    let is_plain = address.len() <= ADDRESS_BYTES_MAX && address.bytes().all(|byte| byte.is_ascii_graphic());
    LISTS.into_iter().find(|list| is_plain && *list == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(views: &Views, list: &str) -> Vec<String> {
        views.of(list).map(|view| format!("{} {}", view.name, view.address)).collect()
    }

    #[test]
    fn a_view_is_kept_by_its_name_until_it_is_kept_anew_or_forgotten() {
        let mut views = Views::new("lena");
        views.keep(" Mine ", "/tasks?assigned_to=lena").unwrap();
        views.keep("Mine", "/cases?state=open").unwrap();
        views.keep("Mine", "/cases?state=open&sort=oldest").unwrap();
        assert_eq!(names(&views, "/cases"), ["Mine /cases?state=open&sort=oldest"]);
        assert_eq!(names(&views, "/tasks"), ["Mine /tasks?assigned_to=lena"]);
        views.forget("Mine", "/cases");
        assert_eq!((names(&views, "/cases").len(), names(&views, "/tasks").len()), (0, 1));
    }

    #[test]
    fn only_so_many_lists_of_ours_are_kept() {
        let mut views = Views::new("lena");
        for (name, address, expected) in [
            ("", "/cases?state=open", NotKept::Name),
            ("a\nb", "/cases?state=open", NotKept::Name),
            (&"x".repeat(61), "/cases?state=open", NotKept::Name),
            ("all", "/cases", NotKept::List),
            ("all", "/cases?", NotKept::List),
            ("out", "//evil.example/cases?x=1", NotKept::List),
            ("out", "javascript:alert(1)", NotKept::List),
            ("split", "/cases?x=1\r\nset-cookie: a", NotKept::List),
            ("long", &format!("/cases?account={}", "x".repeat(500)), NotKept::List),
            ("no list", "/policies?policy=x", NotKept::List),
        ] {
            assert_eq!(views.keep(name, address), Err(expected), "{name}: {address}");
        }
        for number in 0..VIEWS_MAX {
            views.keep(&format!("view {number}"), "/cases?state=open").unwrap();
        }
        assert_eq!(views.keep("one more", "/cases?state=open"), Err(NotKept::Full));
        assert_eq!(views.keep("view 3", "/cases?state=resolved"), Ok(()), "it takes the place of another");
    }
}
