//! `[github]`: the operator's App at GitHub. All of it or nothing is set.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use app::ports::github::Identity;
use runtime::github::Configured;
use serde::{Deserialize, Serialize};

/// Taken from the environment as it is: a secret of digits only is a text all
/// the same.
pub(super) const SECRET_VARIABLE: &str = "GUILDHALL_GITHUB__WEBHOOK_SECRET";

/// The operator's App at GitHub.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GitHub {
    /// Where the API is; GitHub Enterprise has another.
    pub api_base: String,
    /// The App's number; without it there is no App.
    pub app_id: Option<u64>,
    /// The App's name in links.
    pub app_slug: Option<String>,
    /// The file with the App's private key, PEM.
    pub private_key_file: Option<PathBuf>,
    /// What the App's deliveries are signed with.
    pub webhook_secret: Option<String>,
    /// How long one request to GitHub may take.
    pub timeout_ms: u64,
}

impl Default for GitHub {
    fn default() -> Self {
        Self {
            api_base: "https://api.github.com".into(),
            app_id: None,
            app_slug: None,
            private_key_file: None,
            webhook_secret: None,
            timeout_ms: 10_000,
        }
    }
}

// The secret stays out of every log.
impl fmt::Debug for GitHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            api_base,
            app_id,
            app_slug,
            private_key_file,
            webhook_secret,
            timeout_ms,
        } = self;
        f.debug_struct("GitHub")
            .field("api_base", api_base)
            .field("app_id", app_id)
            .field("app_slug", app_slug)
            .field("private_key_file", private_key_file)
            .field("webhook_secret", &webhook_secret.as_ref().map(|_| ".."))
            .field("timeout_ms", timeout_ms)
            .finish()
    }
}

impl GitHub {
    /// What operations look at.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.app_id?;
        Some(Identity {
            slug: self.app_slug.clone().unwrap_or_default(),
            webhook_secret: self.webhook_secret.clone().filter(|it| !it.is_empty()),
        })
    }

    /// What the requests need; reads the key.
    ///
    /// # Errors
    /// When only a part is set, or the key's file cannot be read.
    pub(crate) fn configured(&self) -> Result<Option<Configured>> {
        let Some(app_id) = self.app_id else {
            return Ok(None);
        };
        let file = self.private_key_file.as_ref();
        let file = file.context("github.app_id is set and github.private_key_file is not")?;
        let slug = self.app_slug.as_deref().unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        anyhow::ensure!(
            !slug.is_empty() && slug.bytes().all(plain),
            "github.app_slug must be the App's name as in https://github.com/apps/NAME"
        );
        let private_key = std::fs::read_to_string(file).with_context(|| {
            format!("github.private_key_file {} cannot be read", file.display())
        })?;
        Ok(Some(Configured {
            api_base: self.api_base.clone(),
            app_id,
            private_key,
            timeout: Duration::from_millis(self.timeout_ms),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::GitHub;

    #[test]
    fn the_secret_is_not_printed() {
        let settings = GitHub {
            webhook_secret: Some("hush".into()),
            app_id: Some(1),
            ..GitHub::default()
        };
        let shown = format!("{settings:?} {:?}", settings.identity());
        assert!(!shown.contains("hush"), "{shown}");
    }

    #[test]
    fn half_an_app_is_refused() {
        let half = GitHub {
            app_id: Some(1),
            ..GitHub::default()
        };
        assert!(half.configured().is_err());
        let none = GitHub::default().configured();
        assert!(none.is_ok_and(|it| it.is_none()));
    }
}
