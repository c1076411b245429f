//! GitHub over HTTP: the port that `app` names, for the operator's App.
//!
//! | file | does |
//! |---|---|
//! | `key.rs` | the App's private key, and the assertion it signs |
//! | `calls.rs` | one request, and what its failures are called |
//! | `tokens.rs` | tokens for one repository, kept until they run out |
//! | `shapes.rs` | GitHub's JSON, as far as it is read |
//!
//! **Invariant:** every request ends within the configured time, every answer
//! is read up to a bound, no redirect is followed, and nothing secret is
//! logged.
//!
//! To add a question: a method of the port, its request here, its JSON in
//! `shapes.rs`, and the same question in the double, `testkit::github`.

mod calls;
mod key;
mod shapes;
mod tokens;

use std::time::Duration;

use app::Clock;
use app::ports::Reply;
use app::ports::github::{Check, GitHub, Place, Pull, Shown, Token};
use domain::repository::{Access, Slug};
use domain::{Kind, Result, limits};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;

use calls::{Calls, Question};
use key::Key;
use shapes::{InstallationIn, ListedPullIn, PullIn, RunsIn, StatusIn};
use tokens::Tokens;

/// How many checks or statuses are asked for at once; GitHub gives no more.
const PAGE_ROWS: usize = 100;
/// A file as it is, not wrapped in JSON.
const RAW: &str = "application/vnd.github.raw+json";

/// What the operator set about the App.
pub struct Configured {
    /// Where the API is, without a slash at its end.
    pub api_base: String,
    /// The App's number.
    pub app_id: u64,
    /// The App's private key, PEM.
    pub private_key: String,
    /// How long one request may take.
    pub timeout: Duration,
}

/// GitHub, as the operator's App sees it.
pub struct Client {
    calls: Calls,
    tokens: Tokens,
}

impl Client {
    /// Gets ready; asks nobody yet.
    ///
    /// # Errors
    /// A sentence for the operator, when the key cannot be read or the address
    /// would send it in clear text.
    pub fn new(configured: Configured, clock: Clock) -> Result<Self, String> {
        let Configured {
            api_base,
            app_id,
            private_key,
            timeout,
        } = configured;
        let key = Key::read(app_id, &private_key)?;
        Ok(Self {
            calls: Calls::new(&api_base, timeout)?,
            tokens: Tokens::new(key, clock),
        })
    }

    /// The server's own token for a repository.
    async fn inspector(&self, place: &Place) -> Result<Token> {
        self.tokens.get(&self.calls, place, Access::Inspect).await
    }

    /// The outcome of questions asked with it; where it was refused, the next
    /// question is asked with a new one.
    fn inspected<T>(&self, place: &Place, outcome: Result<T>) -> Result<T> {
        if let Err(error) = &outcome
            && error.kind == Kind::Upstream
        {
            self.tokens.forget(place, Access::Inspect);
        }
        outcome
    }

    async fn find_installation(&self, repository: &Slug) -> Result<Option<i64>> {
        let assertion = self.tokens.assertion()?;
        let path = format!("/repos/{repository}/installation");
        let asked = Question::get(path, &assertion);
        let found: Option<InstallationIn> = self.calls.find(asked).await?;
        Ok(found.map(|it| it.id))
    }

    async fn find_file(&self, place: &Place, path: &str) -> Result<Option<String>> {
        let token = self.inspector(place).await?;
        let path = format!("/repos/{}/contents/{path}", place.repository);
        let mut asked = Question::get(path, &token.token);
        asked.accept = RAW;
        let bytes = self.calls.bytes(asked).await?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn find_pull(&self, place: &Place, token: &Token, number: u64) -> Result<Option<Pull>> {
        let path = format!("/repos/{}/pulls/{number}", place.repository);
        let asked = Question::get(path, &token.token);
        let found: Option<PullIn> = self.calls.find(asked).await?;
        Ok(found.map(Pull::from))
    }

    /// GitHub's list has no statistics, so each pull request of it is asked
    /// for, some at a time and in the order of the list.
    async fn list_pulls(&self, place: &Place, shown: Shown) -> Result<Vec<Pull>> {
        let token = self.inspector(place).await?;
        let path = format!(
            "/repos/{}/pulls?state={}&per_page={}&sort=updated&direction=desc",
            place.repository,
            shown.as_str(),
            limits::PULL_REQUESTS
        );
        let asked = Question::get(path, &token.token);
        let listed: Vec<ListedPullIn> = self.calls.get(asked).await?;
        let numbers = listed.into_iter().map(|it| it.number);
        let pulls = stream::iter(numbers.take(limits::PULL_REQUESTS))
            .map(|number| self.find_pull(place, &token, number))
            .buffered(limits::GITHUB_AT_ONCE)
            .try_collect::<Vec<_>>();
        // One that is gone since is left out.
        Ok(pulls.await?.into_iter().flatten().collect())
    }

    async fn list_checks(&self, place: &Place, sha: &str) -> Result<Vec<Check>> {
        let token = self.inspector(place).await?;
        let commit = format!("/repos/{}/commits/{sha}", place.repository);
        let runs = format!("{commit}/check-runs");
        let runs = self.paged(&runs, &token, |page: RunsIn| page.check_runs);
        let statuses = format!("{commit}/status");
        let statuses = self.paged(&statuses, &token, |page: StatusIn| page.statuses);
        let (runs, statuses) = tokio::try_join!(runs, statuses)?;
        let runs = runs.into_iter().map(Check::from);
        Ok(runs.chain(statuses.into_iter().map(Check::from)).collect())
    }

    /// Every row of a list that comes in pages.
    async fn paged<P: serde::de::DeserializeOwned, R>(
        &self,
        path: &str,
        token: &Token,
        rows: fn(P) -> Vec<R>,
    ) -> Result<Vec<R>> {
        let mut all = Vec::new();
        for page in 1..=limits::CHECK_PAGES {
            let path = format!("{path}?per_page={PAGE_ROWS}&page={page}");
            let found = rows(self.calls.get(Question::get(path, &token.token)).await?);
            let last = found.len() < PAGE_ROWS;
            all.extend(found);
            if last {
                break;
            }
        }
        Ok(all)
    }
}

impl GitHub for Client {
    fn installation<'a>(&'a self, repository: &'a Slug) -> Reply<'a, Option<i64>> {
        Box::pin(self.find_installation(repository))
    }

    fn token<'a>(&'a self, place: &'a Place, access: Access) -> Reply<'a, Token> {
        Box::pin(self.tokens.get(&self.calls, place, access))
    }

    fn file<'a>(&'a self, place: &'a Place, path: &'a str) -> Reply<'a, Option<String>> {
        Box::pin(async move { self.inspected(place, self.find_file(place, path).await) })
    }

    fn pulls<'a>(&'a self, place: &'a Place, shown: Shown) -> Reply<'a, Vec<Pull>> {
        Box::pin(async move { self.inspected(place, self.list_pulls(place, shown).await) })
    }

    fn pull<'a>(&'a self, place: &'a Place, number: u64) -> Reply<'a, Option<Pull>> {
        Box::pin(async move {
            let token = self.inspector(place).await?;
            self.inspected(place, self.find_pull(place, &token, number).await)
        })
    }

    fn checks<'a>(&'a self, place: &'a Place, sha: &'a str) -> Reply<'a, Vec<Check>> {
        Box::pin(async move { self.inspected(place, self.list_checks(place, sha).await) })
    }
}

impl Question<'_> {
    fn get(path: String, credential: &str) -> Question<'_> {
        Question {
            method: Method::GET,
            path,
            credential,
            accept: calls::JSON,
            body: None,
        }
    }
}
