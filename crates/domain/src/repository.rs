//! Repositories on GitHub: their names, pull requests as links, who gets what
//! kind of token, and what a list of checks comes to (OpenPod 2.14, 4.4).
//!
//! **Invariant:** names and links are compared as GitHub does, without regard
//! to letter case; what cannot be a name never reaches a path of its API.

use std::fmt;

use crate::limits;
use crate::team::{Level, Role};
use crate::{Error, Result};

/// Where repositories are seen by people; links to pull requests begin so.
const HOST: &str = "https://github.com/";

/// A repository: whose it is and what it is called there.
#[derive(Clone, Debug)]
pub struct Slug {
    owner: String,
    name: String,
}

impl Slug {
    /// A repository by owner and name.
    ///
    /// # Errors
    /// `Invalid` unless both are 1 to 100 letters, digits, `.`, `-` and `_`,
    /// and neither is a step of a path.
    pub fn new(owner: &str, name: &str) -> Result<Self> {
        let name = name.strip_suffix(".git").unwrap_or(name);
        if is_word(owner) && is_word(name) {
            return Ok(Self {
                owner: owner.to_owned(),
                name: name.to_owned(),
            });
        }
        Err(Error::invalid(
            "invalid_repository",
            "a repository is named https://github.com/owner/name: letters, digits, '.', '-' and '_', at most 100 of each",
        ))
    }

    /// Reads a link to a repository, or `owner/name`.
    ///
    /// # Errors
    /// As [`Slug::new`].
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let path = behind_host(text).unwrap_or(text);
        let path = path.strip_suffix('/').unwrap_or(path);
        let (owner, name) = path.split_once('/').unwrap_or(("", ""));
        Self::new(owner, name)
    }

    /// Whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The one spelling by which it is found.
    pub fn key(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl PartialEq for Slug {
    fn eq(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Eq for Slug {}

fn is_word(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (1..=limits::REPOSITORY_NAME_CHARS).contains(&text.len())
        && text.bytes().all(plain)
        && !matches!(text, "." | "..")
}

/// What follows the host of a link, in any letter case.
fn behind_host(text: &str) -> Option<&str> {
    let (host, path) = text.split_at_checked(HOST.len())?;
    host.eq_ignore_ascii_case(HOST).then_some(path)
}

/// A pull request by its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    /// The repository it is to be merged into.
    pub repository: Slug,
    /// Its number there.
    pub number: u64,
}

impl PullRequest {
    /// Reads `https://github.com/owner/name/pull/number`, in any letter case,
    /// with or without a slash at its end.
    ///
    /// # Errors
    /// `Invalid` for anything else.
    pub fn parse(link: &str) -> Result<Self> {
        let path = behind_host(link.trim()).ok_or_else(not_a_pull_request)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.split('/');
        let taken = [parts.next(), parts.next(), parts.next(), parts.next()];
        let ([Some(owner), Some(name), Some(word), Some(number)], None) = (taken, parts.next())
        else {
            return Err(not_a_pull_request());
        };
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        let number = number.parse().ok().filter(|n| digits && *n > 0);
        match (
            Slug::new(owner, name),
            word.eq_ignore_ascii_case("pull"),
            number,
        ) {
            (Ok(repository), true, Some(number)) => Ok(Self { repository, number }),
            _ => Err(not_a_pull_request()),
        }
    }
}

impl fmt::Display for PullRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{HOST}{}/pull/{}", self.repository, self.number)
    }
}

fn not_a_pull_request() -> Error {
    Error::invalid(
        "invalid_pull_request",
        "pr_url must be https://github.com/owner/name/pull/number",
    )
}

crate::words! {
    /// How far a token reaches inside its one repository.
    pub enum Access {
        /// It reads contents and pull requests.
        Read = "read",
        /// It pushes and opens pull requests, too.
        Write = "write",
        /// The server's own: it reads contents, pull requests, checks and
        /// statuses, and is given to nobody.
        Inspect = "inspect",
    }
}

impl Access {
    /// The most that a role is given: those who code may write. A level that
    /// does not code belongs to the others.
    pub fn of(role: Role) -> Self {
        match role {
            Role::Owner | Role::Member(Level::Pm | Level::Lead | Level::Worker) => Self::Write,
            Role::Outsider => Self::Read,
        }
    }

    /// What is asked of GitHub for it, and nothing beyond.
    pub fn permissions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Read => &[("contents", "read"), ("pull_requests", "read")],
            Self::Write => &[("contents", "write"), ("pull_requests", "write")],
            Self::Inspect => &[
                ("checks", "read"),
                ("contents", "read"),
                ("pull_requests", "read"),
                ("statuses", "read"),
            ],
        }
    }
}

/// What one check or commit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is fine, or says nothing against: success, neutral, skipped.
    Passed,
    /// It is not: failure, error, timed out, cancelled, and words we do not
    /// know.
    Failed,
    /// It has not come to its end.
    Pending,
}

impl Outcome {
    /// Reads the words of a check run, or of a commit status as its
    /// conclusion. A check that GitHub gave up on did not pass, and neither
    /// did one whose word is new to us.
    pub fn read(status: &str, conclusion: Option<&str>) -> Self {
        match (status, conclusion) {
            ("completed", Some("success" | "neutral" | "skipped")) => Self::Passed,
            ("completed", Some("pending") | None) => Self::Pending,
            ("completed", Some(_)) => Self::Failed,
            _ => Self::Pending,
        }
    }
}

crate::words! {
    /// What all checks of a commit come to.
    pub enum Summary {
        /// There are some, and none speaks against the commit.
        AllPassed = "all_passed",
        /// At least one does.
        SomeFailed = "some_failed",
        /// None does, and at least one has not come to its end.
        Pending = "pending",
        /// There are none.
        NoChecks = "no_checks",
    }
}

/// How many checks said what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub total: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that have not come to their end.
    pub pending: usize,
}

impl Tally {
    /// Counts.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            tally.total += 1;
            match outcome {
                Outcome::Passed => tally.passed += 1,
                Outcome::Failed => tally.failed += 1,
                Outcome::Pending => tally.pending += 1,
            }
        }
        tally
    }

    /// What they come to.
    pub fn summary(self) -> Summary {
        match self {
            Self { total: 0, .. } => Summary::NoChecks,
            Self { failed: 1.., .. } => Summary::SomeFailed,
            Self { pending: 1.., .. } => Summary::Pending,
            _ => Summary::AllPassed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Outcome, PullRequest, Slug, Summary, Tally};
    use crate::team::{Level, Role};

    #[test]
    fn repositories_by_link_and_by_name() {
        for good in [
            "https://github.com/Acme/web.site",
            "HTTPS://GitHub.com/acme/WEB.site/",
            "https://github.com/acme/web.site.git",
            " acme/web.site ",
        ] {
            let slug = Slug::parse(good).expect(good);
            assert_eq!(slug.key(), "acme/web.site", "{good}");
        }
        let long = format!("acme/{}", "x".repeat(101));
        for bad in [
            "",
            "acme",
            "acme/",
            "/web",
            "acme/web/tree",
            "acme/..",
            "./web",
            "acme/w b",
            "acme/w%2f",
            "acme/.git",
            "https://gitlab.com/acme/web",
            "http://github.com/acme/web",
            "git@github.com:acme/web",
            long.as_str(),
        ] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pull_requests_by_link() {
        let expected = PullRequest::parse("https://github.com/acme/web/pull/7").expect("a link");
        for good in [
            "https://github.com/ACME/Web/pull/7/",
            "https://GITHUB.com/acme/web/PULL/7",
        ] {
            assert_eq!(PullRequest::parse(good).expect(good), expected, "{good}");
        }
        for bad in [
            "",
            "https://github.com/acme/web",
            "https://github.com/acme/web/issues/7",
            "https://github.com/acme/web/pull/",
            "https://github.com/acme/web/pull/0",
            "https://github.com/acme/web/pull/+7",
            "https://github.com/acme/web/pull/7/files",
            "https://github.com/acme/web/pull/7?x",
            "https://github.com/acme/../pull/7",
            "https://github.com.evil.example/acme/web/pull/7",
            "acme/web/pull/7",
        ] {
            assert!(PullRequest::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn those_who_code_may_write() {
        assert_eq!(Access::of(Role::Owner), Access::Write);
        assert_eq!(Access::of(Role::Member(Level::Worker)), Access::Write);
        assert_eq!(Access::of(Role::Outsider), Access::Read);
        for access in [Access::Read, Access::Inspect] {
            let reads = access.permissions().iter().all(|(_, to)| *to == "read");
            assert!(reads, "{access:?}");
        }
    }

    #[test]
    fn what_checks_come_to() {
        let ended = |word| Outcome::read("completed", Some(word));
        let running = Outcome::read("in_progress", None);
        let table: [(&[Outcome], Summary); 12] = [
            (&[], Summary::NoChecks),
            (&[ended("success")], Summary::AllPassed),
            (&[ended("neutral")], Summary::AllPassed),
            (&[ended("skipped"), ended("success")], Summary::AllPassed),
            (&[ended("cancelled")], Summary::SomeFailed),
            (&[ended("timed_out")], Summary::SomeFailed),
            (&[ended("action_required")], Summary::SomeFailed),
            (&[ended("startup_failure")], Summary::SomeFailed),
            (&[ended("stale"), ended("success")], Summary::SomeFailed),
            (&[ended("failure"), running], Summary::SomeFailed),
            (&[ended("success"), running], Summary::Pending),
            (&[Outcome::read("queued", None)], Summary::Pending),
        ];
        for (outcomes, expected) in table {
            let summary = Tally::of(outcomes.iter().copied()).summary();
            assert_eq!(summary, expected, "{outcomes:?}");
        }
    }
}
