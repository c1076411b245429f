//! One request to a provider: retries, time limits, and what its refusals are
//! called here.
//!
//! | provider | here | |
//! |---|---|---|
//! | not reached, 5xx | 502 `upstream_failed` | after retries |
//! | 429 | 502 `upstream_rate_limited` | after retries, with its `Retry-After` |
//! | 401, 403 | 502 `upstream_refused` | the operator looks at the key |
//! | other 4xx | 400 `model_refused` | with what it says |
//! | silence | 502 `upstream_silent` | |
//! | a stream that breaks off | 502 `upstream_broken` | never retried |
//! | what cannot be read | 502 `upstream_nonsense` | |

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use app::Hidden;
use bytes::Bytes;
use domain::{Error, Kind, Result, limits, text};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::time::timeout;

use super::answering::{Answering, refused};
use super::question::Body;
use super::{Price, Provider, Question};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);
/// What is waited before the first retry; twice as long before the next.
const BACKOFF: Duration = Duration::from_millis(250);

/// A provider that can be asked.
pub(super) struct Upstream {
    name: String,
    uri: Uri,
    authorization: Option<HeaderValue>,
    api_key: Option<Hidden>,
    models: Vec<String>,
    price: Price,
    timeout: Duration,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why a try brought no answer.
enum Miss {
    /// Another try may.
    Passing(Error, Option<Duration>),
    /// It is no use to try again.
    Final(Error),
}

impl Upstream {
    /// Whether it is asked with a key.
    pub(super) fn has_key(&self) -> bool {
        self.authorization.is_some()
    }

    pub(super) fn new(name: &str, provider: &Provider) -> Result<Self, String> {
        let Provider {
            base_url,
            api_key,
            models,
            price,
            timeout,
        } = provider;
        let at = |problem: &dyn fmt::Display| format!("providers.{name}.{problem}");
        let uri = format!("{}/chat/completions", base_url.trim().trim_end_matches('/'));
        let uri: Uri = uri
            .parse()
            .map_err(|_| at(&"base_url is no address of a server"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(at(&"base_url must begin with https:// or http://"));
        }
        let authorization = match api_key {
            None => None,
            Some(Hidden(key)) => {
                let value = HeaderValue::try_from(format!("Bearer {key}"));
                let mut value = value.map_err(|_| at(&"api_key has characters that no key has"))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let client = client(uri.scheme_str() == Some("https")).map_err(|cause| at(&cause))?;
        Ok(Self {
            name: name.to_owned(),
            uri,
            authorization,
            api_key: api_key.clone(),
            models: models.clone(),
            price: *price,
            timeout: *timeout,
            client,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn price(&self) -> Price {
        self.price
    }

    pub(super) fn models(&self) -> &[String] {
        &self.models
    }

    pub(super) fn lists(&self, model: &str) -> bool {
        self.models.iter().any(|listed| listed == model)
    }

    /// Asks, again where that may help, until the first bytes are there.
    pub(super) async fn ask(
        self: &Arc<Self>,
        model: &str,
        question: &Question<'_>,
    ) -> Result<Answering> {
        let body = serde_json::to_vec(&Body { model, question }).map_err(|_| Error::internal())?;
        let body = Bytes::from(body);
        let mut tries = 0;
        loop {
            let (error, after) = match self.attempt(body.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(Miss::Final(error)) => return Err(error),
                Err(Miss::Passing(error, after)) => (error, after),
            };
            let after = after.unwrap_or(BACKOFF.saturating_mul(1 << tries));
            let is_too_long = after > Duration::from_secs(limits::MODEL_RETRY_AFTER_S);
            if tries >= limits::MODEL_RETRIES || is_too_long {
                return Err(error);
            }
            tries += 1;
            let _ = timeout(after, std::future::pending::<()>()).await;
        }
    }

    async fn attempt(self: &Arc<Self>, body: Bytes) -> Result<Answering, Miss> {
        let asked = body.len();
        let mut request = Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream")
            .header(header::USER_AGENT, "guildhall");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization.clone());
        }
        let request = request
            .body(Full::new(body))
            .map_err(|_| Miss::Final(Error::internal()))?;
        let response = match timeout(self.timeout, self.client.request(request)).await {
            Err(_) => return Err(Miss::Final(silent())),
            Ok(Err(cause)) => return Err(Miss::Passing(unreached(&self.name, &cause), None)),
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            return self.answered(response, asked).await;
        }
        Err(self.refusal(response).await)
    }

    async fn answered(
        self: &Arc<Self>,
        response: Response<Incoming>,
        asked: usize,
    ) -> Result<Answering, Miss> {
        let media = response.headers().get(header::CONTENT_TYPE);
        let media = media.and_then(|it| it.to_str().ok()).unwrap_or_default();
        if !media.is_empty() && !media.starts_with("text/event-stream") {
            tracing::warn!(
                provider = self.name,
                media,
                "a model does not answer in a stream"
            );
            return Err(Miss::Final(nonsense()));
        }
        Ok(Answering::streamed(
            Arc::clone(self),
            response.into_body(),
            asked,
        ))
    }

    async fn refusal(&self, response: Response<Incoming>) -> Miss {
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limits::UPSTREAM_REFUSAL_BYTES).collect();
        let body = match timeout(self.timeout, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            _ => Bytes::new(),
        };
        let status = parts.status;
        tracing::info!(provider = self.name, %status, "a model was not answered for");
        match status {
            StatusCode::TOO_MANY_REQUESTS => {
                let after = retry_after(&parts.headers);
                Miss::Passing(limited(after), after)
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Miss::Final(locked_out(&self.name)),
            StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT => {
                Miss::Passing(failed(status), None)
            }
            status if status.is_server_error() => {
                Miss::Passing(failed(status), retry_after(&parts.headers))
            }
            status if status.is_client_error() => Miss::Final(self.refused(status, &body)),
            status => Miss::Final(failed(status)),
        }
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Error {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = self.said(body.get("error").unwrap_or(&body));
        refused(format!(
            "the model's provider refused the request with {}{said}",
            status.as_u16()
        ))
    }

    /// An error that came within a stream.
    pub(super) fn told(&self, error: &Value) -> Error {
        tracing::info!(provider = self.name, "a model failed within its answer");
        Error::upstream(
            "upstream_failed",
            format!("the model failed while it answered{}", self.said(error)),
        )
    }

    /// What a provider says, without its key and not at length.
    fn said(&self, error: &Value) -> String {
        let message = error.get("message").unwrap_or(error).as_str();
        let Some(message) = message.map(str::trim).filter(|message| !message.is_empty()) else {
            return String::new();
        };
        let hidden = match &self.api_key {
            Some(Hidden(key)) => message.replace(key, "[REDACTED]"),
            None => message.to_owned(),
        };
        format!(": {}", text::cut(hidden, limits::EXCERPT_CHARS))
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let given = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: f64 = given.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn unreached(provider: &str, cause: &dyn std::error::Error) -> Error {
    let mut told = cause.to_string();
    let mut source = cause.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    tracing::warn!(provider, cause = told, "a model is not reached");
    Error::upstream(
        "upstream_failed",
        "the model's provider cannot be reached: try again later",
    )
}

fn failed(status: StatusCode) -> Error {
    Error::upstream(
        "upstream_failed",
        format!(
            "the model's provider failed with {}: try again later",
            status.as_u16()
        ),
    )
}

fn limited(after: Option<Duration>) -> Error {
    let mut error = Error::new(
        Kind::Upstream,
        "upstream_rate_limited",
        "the model's provider takes no more requests for now: try again later",
    );
    error.retry_after_s = after.map(|after| after.as_secs().max(1));
    error
}

fn locked_out(provider: &str) -> Error {
    Error::upstream(
        "upstream_refused",
        format!(
            "the model's provider does not accept this server's key: its operator checks providers.{provider}.api_key"
        ),
    )
}

pub(super) fn silent() -> Error {
    Error::upstream(
        "upstream_silent",
        "the model's provider did not answer in time: try again later",
    )
}

pub(super) fn broken(cause: &dyn fmt::Display) -> Error {
    tracing::warn!(%cause, "the answer of a model broke off");
    Error::upstream(
        "upstream_broken",
        "the answer of the model broke off: what came before is not complete, ask again",
    )
}

pub(super) fn nonsense() -> Error {
    Error::upstream(
        "upstream_nonsense",
        "the model's provider sent what cannot be read: its operator checks that base_url leads to a chat API in OpenAI's form",
    )
}

fn client(is_secure: bool) -> Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>, String> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls(is_secure)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(limits::MODEL_CONNECTIONS)
        .build(connector))
}

/// TLS by the certificates that this machine trusts.
fn tls(is_needed: bool) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if is_needed {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(
                "base_url: this machine trusts no certificates: install ca-certificates".into(),
            );
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|cause| format!("base_url: TLS cannot be set up: {cause}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
