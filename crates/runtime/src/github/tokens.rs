//! Tokens for one repository: minted with its name and the least permissions,
//! and kept until shortly before they run out, because GitHub limits how many
//! an App may ask for.
//!
//! **Invariant:** a token is kept under its installation, repository and
//! access, so nobody is given one that reaches further.

use app::Clock;
use app::ports::github::{Place, Token};
use domain::repository::Access;
use domain::time::Span;
use domain::{Error, Result, limits};
use http::{Method, StatusCode};
use quick_cache::sync::Cache;
use serde_json::{Map, Value, json};

use super::calls::{Calls, JSON, Question};
use super::key::Key;
use super::shapes::TokenIn;

/// How long a token that is handed out works at least.
const STILL_GOOD_FOR: Span = Span::seconds(5 * 60);

type Reach = (i64, String, Access);

/// The mint and what it made.
pub(super) struct Tokens {
    key: Key,
    clock: Clock,
    kept: Cache<Reach, Token>,
}

impl Tokens {
    pub(super) fn new(key: Key, clock: Clock) -> Self {
        Self {
            key,
            clock,
            kept: Cache::new(limits::REPOSITORY_TOKENS),
        }
    }

    /// Says who the App is.
    pub(super) fn assertion(&self) -> Result<String> {
        self.key.assertion(self.clock.now())
    }

    /// A token that is kept, or a new one.
    pub(super) async fn get(&self, calls: &Calls, place: &Place, access: Access) -> Result<Token> {
        let reach = reach(place, access);
        let needed_until = self.clock.now().plus(STILL_GOOD_FOR);
        if let Some(token) = self.kept.get(&reach)
            && token.expires_at > needed_until
        {
            return Ok(token);
        }
        let token = self.mint(calls, place, access).await?;
        self.kept.insert(reach, token.clone());
        Ok(token)
    }

    /// Forgets a token that GitHub does not take any more.
    pub(super) fn forget(&self, place: &Place, access: Access) {
        self.kept.remove(&reach(place, access));
    }

    async fn mint(&self, calls: &Calls, place: &Place, access: Access) -> Result<Token> {
        let permissions = access.permissions().iter();
        let permissions = permissions.map(|(name, to)| ((*name).to_owned(), Value::from(*to)));
        let asked = Question {
            method: Method::POST,
            path: format!("/app/installations/{}/access_tokens", place.installation),
            credential: &self.assertion()?,
            accept: JSON,
            body: Some(json!({
                "repositories": [place.repository.name()],
                "permissions": permissions.collect::<Map<_, _>>(),
            })),
        };
        let bytes = calls.ask(asked).await?.map_err(|refusal| {
            if refusal.status == StatusCode::NOT_FOUND {
                return uninstalled();
            }
            refusal.named()
        })?;
        let minted: TokenIn = serde_json::from_slice(&bytes).map_err(|cause| {
            tracing::warn!(%cause, "a token of GitHub's could not be read");
            uninstalled()
        })?;
        Ok(minted.into())
    }
}

fn reach(place: &Place, access: Access) -> Reach {
    (place.installation, place.repository.key(), access)
}

fn uninstalled() -> Error {
    Error::upstream(
        "github_refused",
        "GitHub gives no token: the App is not installed on the repository any more; install it and connect again",
    )
}
