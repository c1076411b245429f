//! Models: who answers when a hosted agent thinks (Polpo 4).
//!
//! Every provider speaks one protocol, OpenAI's chat completions, always asked
//! for a stream; `mock` is built in and asks nobody.
//!
//! | file | does |
//! |---|---|
//! | `spelling.rs` | the three spellings of a model |
//! | `question.rs` | what a model is asked, as the body of a request |
//! | `upstream.rs` | one request: retries, time limits, what refusals are called |
//! | `events.rs` | server-sent events out of bytes |
//! | `chunk.rs` | what one event says |
//! | `answering.rs` | an answer, bit by bit |
//! | `mock.rs` | the provider that asks nobody |
//!
//! **Invariant:** an answer that did not come to its end is a failure and never
//! a text. Keys of providers are in no log, error or `Debug` output.
//!
//! To add a provider, the operator adds a section to the configuration. Another
//! protocol would be a variant of `Source` in `answering.rs`.

mod answering;
mod chunk;
mod events;
mod mock;
mod question;
mod spelling;
mod upstream;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::Hidden;
use app::ports::agents::{ProviderStanding, Usage};
use domain::{Error, Result};

pub(crate) use answering::{Answering, Bit, Ending};
pub(crate) use question::Question;
use upstream::Upstream;

/// The provider that is built in.
const MOCK: &str = "mock";
/// What is asked when nothing is configured.
const OFFLINE_MODEL: &str = "mock/echo";

/// What the operator set about models.
#[derive(Clone, Debug, Default)]
pub struct Configured {
    /// By name.
    pub providers: BTreeMap<String, Provider>,
    /// The model to ask where nobody names one.
    pub default_model: Option<String>,
}

/// A provider of models.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Where its API is, such as `https://api.groq.com/openai/v1`.
    pub base_url: String,
    /// Its key, where it needs one; never empty.
    pub api_key: Option<Hidden>,
    /// Models that are listed.
    pub models: Vec<String>,
    /// What its tokens cost.
    pub price: Price,
    /// How long it may be silent.
    pub timeout: Duration,
}

/// Millionths of a credit that a thousand tokens cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// That are read.
    pub input: i64,
    /// That are written.
    pub output: i64,
}

impl Price {
    /// What is used, with what it costs; a part of a millionth counts as one.
    fn of(self, prompt_tokens: i64, completion_tokens: i64) -> Usage {
        let cost = |tokens: i64, price: i64| tokens.max(0).saturating_mul(price);
        let thousandfold =
            cost(prompt_tokens, self.input).saturating_add(cost(completion_tokens, self.output));
        Usage {
            prompt_tokens,
            completion_tokens,
            micro_credits: thousandfold.saturating_add(999) / 1_000,
        }
    }
}

/// Every model that can be asked. Cheap to clone.
#[derive(Clone)]
pub struct Models {
    inner: Arc<Inner>,
}

struct Inner {
    upstreams: BTreeMap<String, Arc<Upstream>>,
    default_model: String,
}

/// Who is asked, and for which model.
#[derive(Clone)]
pub(crate) struct Chosen {
    source: Option<Arc<Upstream>>,
    model: String,
}

impl Models {
    /// Gets ready; asks nobody yet.
    ///
    /// # Errors
    /// A sentence for the operator, when an address or a model's name makes no
    /// sense.
    pub fn new(configured: &Configured) -> Result<Self, String> {
        let mut upstreams = BTreeMap::new();
        for (name, provider) in &configured.providers {
            if name == MOCK {
                return Err("providers.mock: mock is built in, choose another name".into());
            }
            let upstream = Upstream::new(name, provider)?;
            upstreams.insert(name.clone(), Arc::new(upstream));
        }
        let default_model = default_model(configured);
        let models = Self {
            inner: Arc::new(Inner {
                upstreams,
                default_model,
            }),
        };
        let default = &models.inner.default_model;
        models
            .choose(default)
            .map_err(|error| format!("hosting.default_model is {default}: {}", error.message))?;
        Ok(models)
    }

    /// Who answers for a model, in any of the three spellings.
    ///
    /// # Errors
    /// `Invalid` (`model_not_found`).
    pub(crate) fn choose(&self, model: &str) -> Result<Chosen> {
        let Inner {
            upstreams,
            default_model,
        } = &*self.inner;
        let model = match model.trim() {
            "" => default_model.as_str(),
            model => model,
        };
        let listed = upstreams.values().find(|it| it.lists(model));
        if let Some(upstream) = listed {
            return Ok(Chosen::at(upstream, model));
        }
        let Some((provider, rest)) = spelling::read(model) else {
            return Err(unknown(model));
        };
        if provider == MOCK {
            return Ok(Chosen {
                source: None,
                model: rest.to_owned(),
            });
        }
        let upstream = upstreams.get(&provider).ok_or_else(|| unknown(model))?;
        Ok(Chosen::at(upstream, rest))
    }

    /// Models that are listed, as `provider/model`.
    pub(crate) fn listed(&self) -> Vec<String> {
        let upstreams = self.inner.upstreams.iter();
        let mut listed: Vec<_> = upstreams
            .flat_map(|(name, it)| {
                it.models()
                    .iter()
                    .map(move |model| format!("{name}/{model}"))
            })
            .collect();
        if !listed.contains(&self.inner.default_model) {
            listed.insert(0, self.inner.default_model.clone());
        }
        listed
    }

    /// The model to ask where nobody names one.
    /// The providers that are set, and the one that is built in.
    pub(crate) fn providers(&self) -> Vec<ProviderStanding> {
        let set = self.inner.upstreams.iter();
        let set = set.map(|(name, upstream)| ProviderStanding {
            name: name.clone(),
            has_key: upstream.has_key(),
        });
        let mock = ProviderStanding {
            name: MOCK.into(),
            has_key: true,
        };
        set.chain([mock]).collect()
    }

    pub(crate) fn default_model(&self) -> &str {
        &self.inner.default_model
    }
}

impl Chosen {
    fn at(upstream: &Arc<Upstream>, model: &str) -> Self {
        Self {
            source: Some(Arc::clone(upstream)),
            model: model.to_owned(),
        }
    }

    /// Asks, and answers once the first bytes are there.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(crate) async fn ask(&self, question: &Question<'_>) -> Result<Answering> {
        match &self.source {
            None => Ok(Answering::scripted(mock::script(question))),
            Some(upstream) => upstream.ask(&self.model, question).await,
        }
    }
}

fn default_model(configured: &Configured) -> String {
    let first = || {
        let mut listed = configured
            .providers
            .iter()
            .filter_map(|(name, it)| Some(format!("{name}/{}", it.models.first()?)));
        listed.next()
    };
    let set = configured.default_model.clone();
    set.filter(|model| !model.trim().is_empty())
        .or_else(first)
        .unwrap_or_else(|| OFFLINE_MODEL.into())
}

fn unknown(model: &str) -> Error {
    let shown = domain::text::cut(model.to_owned(), domain::limits::NAME_CHARS);
    Error::invalid(
        "model_not_found",
        format!(
            "the model {shown} cannot be asked here: name one as provider/model whose provider the operator \
             has set up (GET /v1/models lists some), or leave it out"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{Configured, Models, Price, Provider};
    use std::time::Duration;

    fn models(default: Option<&str>, listed: &[&str]) -> Result<Models, String> {
        let provider = Provider {
            base_url: "http://127.0.0.1:1/v1".into(),
            api_key: Some(app::Hidden("hush".into())),
            models: listed.iter().map(|it| (*it).to_owned()).collect(),
            price: Price::default(),
            timeout: Duration::from_secs(1),
        };
        assert!(!format!("{provider:?}").contains("hush"));
        Models::new(&Configured {
            providers: [("groq".to_owned(), provider)].into(),
            default_model: default.map(str::to_owned),
        })
    }

    #[test]
    fn a_model_is_found_in_every_spelling() {
        let models = models(None, &["odd:name"]).expect("models");
        for (spelled, asked) in [
            ("groq/llama-3", "llama-3"),
            ("groq:llama-3", "llama-3"),
            ("llama-3", "llama-3"),
            ("groq/meta/llama:8b", "meta/llama:8b"),
            ("odd:name", "odd:name"),
            ("", "odd:name"),
            ("mock/echo", "echo"),
        ] {
            let chosen = models.choose(spelled).expect(spelled);
            assert_eq!(chosen.model, asked, "{spelled}");
            assert_eq!(chosen.source.is_none(), spelled.starts_with("mock"));
        }
        for bad in ["gpt-9", "openai/gpt-9", "nonsense", "groq/", "/x"] {
            let code = models.choose(bad).map(|_| ()).map_err(|error| error.code);
            assert_eq!(code, Err("model_not_found"), "{bad}");
        }
    }

    #[test]
    fn there_is_always_a_default() {
        let default =
            |models: Result<Models, String>| models.map(|models| models.default_model().to_owned());
        assert_eq!(default(models(None, &[])), Ok("mock/echo".into()));
        assert_eq!(default(models(None, &["a"])), Ok("groq/a".into()));
        assert_eq!(default(models(Some("groq/b"), &["a"])), Ok("groq/b".into()));
        assert!(models(Some("nowhere/b"), &[]).is_err());
    }

    #[test]
    fn a_price_is_per_thousand_tokens_and_rounded_up() {
        let price = Price {
            input: 500,
            output: 2_000,
        };
        assert_eq!(price.of(1_000, 10).micro_credits, 520);
        assert_eq!(price.of(1, 0).micro_credits, 1);
        assert_eq!(price.of(0, 0).micro_credits, 0);
    }
}
