//! `[providers.<name>]`: who answers for models, and `[hosting]`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Hosting;
use anyhow::{Context, Result};
use app::Hidden;
use runtime::models;
use serde::{Deserialize, Serialize};

/// How the variables begin that hold a provider's settings.
const START: &str = "GUILDHALL_PROVIDERS__";
/// Names the default model, too, as the vendor's server has it (Polpo 4).
pub(super) const MODEL_VARIABLE: &str = "POLPO_MODEL";
/// How those end that hold its key.
const KEY_END: &str = "__API_KEY";
/// What a credit's million tokens come to in millionths of a credit for a
/// thousand tokens.
const PER_THOUSAND: f64 = 1_000.0;
/// Credits for a million tokens that nobody asks for.
const PRICE_MAX: f64 = 1_000_000_000.0;

/// A provider of models: anybody with a chat API in OpenAI's form.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// Where its API is, such as `https://api.groq.com/openai/v1`.
    pub base_url: String,
    /// Its key, where it needs one.
    pub api_key: Option<String>,
    /// Models that are listed; every other may be asked, too.
    pub models: Vec<String>,
    /// What its tokens cost.
    pub price: Price,
    /// Seconds that it may be silent.
    pub timeout_s: u64,
}

/// Credits for a million tokens.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Price {
    /// That are read.
    pub input: f64,
    /// That are written.
    pub output: f64,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            api_key: None,
            models: Vec::new(),
            price: Price::default(),
            timeout_s: 120,
        }
    }
}

// The key stays out of every log.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            base_url,
            api_key,
            models,
            price,
            timeout_s,
        } = self;
        f.debug_struct("Provider")
            .field("base_url", base_url)
            .field("api_key", &api_key.as_ref().map(|_| ".."))
            .field("models", models)
            .field("price", price)
            .field("timeout_s", timeout_s)
            .finish()
    }
}

/// The variables that hold keys of providers: they are taken as they are,
/// because a key of digits only is a text all the same.
pub(super) fn key_variables() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names
        .filter(|name| name.starts_with(START) && name.ends_with(KEY_END))
        .collect()
}

/// Puts what these variables hold in its place.
pub(super) fn take_keys(providers: &mut BTreeMap<String, Provider>, variables: &[String]) {
    for variable in variables {
        let name = variable.strip_prefix(START);
        let Some(name) = name.and_then(|it| it.strip_suffix(KEY_END)) else {
            continue;
        };
        if let Ok(key) = std::env::var(variable) {
            let provider = providers.entry(name.to_lowercase()).or_default();
            provider.api_key = Some(key);
        }
    }
}

/// What models are asked with.
///
/// # Errors
/// When a price makes no sense.
pub(crate) fn configured(
    providers: &BTreeMap<String, Provider>,
    hosting: &Hosting,
) -> Result<models::Configured> {
    let mut configured = models::Configured {
        default_model: hosting.default_model.clone(),
        ..models::Configured::default()
    };
    for (name, provider) in providers {
        let read = provider
            .read()
            .with_context(|| format!("providers.{name}"))?;
        configured.providers.insert(name.to_lowercase(), read);
    }
    Ok(configured)
}

impl Provider {
    fn read(&self) -> Result<models::Provider> {
        anyhow::ensure!(!self.base_url.is_empty(), "base_url is not set");
        anyhow::ensure!(self.timeout_s > 0, "timeout_s must be at least 1");
        let key = self.api_key.clone().filter(|key| !key.is_empty());
        Ok(models::Provider {
            base_url: self.base_url.clone(),
            api_key: key.map(Hidden),
            models: self.models.clone(),
            price: models::Price {
                input: price(self.price.input)?,
                output: price(self.price.output)?,
            },
            timeout: Duration::from_secs(self.timeout_s),
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the price was checked to be small"
)]
fn price(credits: f64) -> Result<i64> {
    anyhow::ensure!(
        (0.0..=PRICE_MAX).contains(&credits),
        "a price must be credits for a million tokens"
    );
    Ok((credits * PER_THOUSAND).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::{Price, Provider, configured};
    use crate::settings::Hosting;

    fn provider() -> Provider {
        Provider {
            base_url: "http://127.0.0.1:1".into(),
            api_key: Some("hush".into()),
            price: Price {
                input: 0.5,
                output: 2.0,
            },
            ..Provider::default()
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        assert!(!format!("{:?}", provider()).contains("hush"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let read = |provider| configured(&[("x".to_owned(), provider)].into(), &Hosting::default());
        assert!(read(provider()).is_ok_and(|it| it.providers["x"].price.input == 500));
        for bad in [
            Provider::default(),
            Provider {
                timeout_s: 0,
                ..provider()
            },
            Provider {
                price: Price {
                    input: -1.0,
                    output: 0.0,
                },
                ..provider()
            },
        ] {
            assert!(read(bad).is_err());
        }
    }
}
