//! One request to GitHub, and what its failures are called.
//!
//! | GitHub | here | |
//! |---|---|---|
//! | does not answer, or not in time | 503 `github_unreachable` | come back |
//! | 429, or 403 with its limit used up | 503 `github_rate_limited` | come back when it says |
//! | 5xx, or nonsense | 502 `github_failed` | its own trouble |
//! | 401, 403, 422 and anything else | 502 `github_refused` | the operator looks at the App |
//! | 404 | nothing there | the caller decides |

use std::time::Duration;

use bytes::Bytes;
use domain::{Error, Kind, Result, limits};
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

/// What GitHub's answers are asked for in.
pub(super) const JSON: &str = "application/vnd.github+json";
const API_VERSION: &str = "2022-11-28";
/// Seconds after which it is worth to ask again.
const AGAIN_AFTER_S: u64 = 5;
/// Seconds to wait where GitHub does not say for how long.
const LIMITED_FOR_S: u64 = 60;

/// A request.
pub(super) struct Question<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) credential: &'a str,
    pub(super) accept: &'static str,
    pub(super) body: Option<serde_json::Value>,
}

/// Sends requests.
pub(super) struct Calls {
    base: String,
    timeout: Duration,
    /// Who gets none in time hears that GitHub does not answer.
    permits: Semaphore,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// A refusal of GitHub's that is not named yet.
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    headers: HeaderMap,
}

impl Calls {
    pub(super) fn new(base: &str, timeout: Duration) -> Result<Self, String> {
        let base = base.trim_end_matches('/').to_owned();
        check_base(&base)?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(base.starts_with("https:"))?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            base,
            timeout,
            permits: Semaphore::new(limits::GITHUB_CALLS),
            client: Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .build(connector),
        })
    }

    /// What must be there.
    pub(super) async fn get<T: DeserializeOwned>(&self, asked: Question<'_>) -> Result<T> {
        let found = self.find(asked).await?;
        found.ok_or_else(|| {
            Error::upstream(
                "github_refused",
                "GitHub does not know the repository, or the App does not reach it any more: connect it again",
            )
        })
    }

    /// What may not be there.
    pub(super) async fn find<T: DeserializeOwned>(&self, asked: Question<'_>) -> Result<Option<T>> {
        let Some(bytes) = self.bytes(asked).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|cause| {
            tracing::warn!(%cause, "an answer of GitHub's could not be read");
            failed()
        })
    }

    /// The bytes of what may not be there.
    pub(super) async fn bytes(&self, asked: Question<'_>) -> Result<Option<Bytes>> {
        match self.ask(asked).await? {
            Ok(bytes) => Ok(Some(bytes)),
            Err(refusal) if refusal.status == StatusCode::NOT_FOUND => Ok(None),
            Err(refusal) => Err(refusal.named()),
        }
    }

    /// Asks, and gives GitHub's refusals as they are.
    pub(super) async fn ask(&self, asked: Question<'_>) -> Result<Result<Bytes, Refusal>> {
        let path = asked.path.clone();
        let within = tokio::time::timeout(self.timeout, self.exchange(asked));
        let unanswered = |cause: &dyn std::fmt::Display| {
            tracing::warn!(%cause, path, "GitHub did not answer");
            unreachable()
        };
        match within.await {
            Err(late) => Err(unanswered(&late)),
            Ok(Err(cause)) => Err(unanswered(&cause)),
            Ok(Ok((status, _, bytes))) if status.is_success() => Ok(Ok(bytes)),
            Ok(Ok((status, headers, _))) => {
                tracing::info!(%status, path, "GitHub refused");
                Ok(Err(Refusal { status, headers }))
            }
        }
    }

    async fn exchange(
        &self,
        asked: Question<'_>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let _permit = self.permits.acquire().await?;
        let Question {
            method,
            path,
            credential,
            accept,
            body,
        } = asked;
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {credential}"))
            .header(header::ACCEPT, accept)
            .header(header::USER_AGENT, "guildhall")
            .header("x-github-api-version", API_VERSION);
        let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let answer = self.client.request(request.body(Full::new(bytes))?).await?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, limits::GITHUB_ANSWER_BYTES);
        let bytes = body.collect().await?.to_bytes();
        Ok((parts.status, parts.headers, bytes))
    }
}

impl Refusal {
    /// As the caller hears it.
    pub(super) fn named(&self) -> Error {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => self.limited(),
            StatusCode::FORBIDDEN if self.is_used_up() => self.limited(),
            status if status.is_server_error() => failed(),
            StatusCode::UNAUTHORIZED => Error::upstream(
                "github_refused",
                "GitHub does not accept this server's App: its operator checks github.app_id and github.private_key_file",
            ),
            status => Error::upstream(
                "github_refused",
                format!(
                    "GitHub refused with {}: the App's installation must cover the repository and have the permissions \
                     that docs/operating.md lists",
                    status.as_u16()
                ),
            ),
        }
    }

    fn is_used_up(&self) -> bool {
        self.headers.contains_key(header::RETRY_AFTER)
            || self
                .headers
                .get("x-ratelimit-remaining")
                .is_some_and(|left| left == "0")
    }

    fn limited(&self) -> Error {
        let given = self.headers.get(header::RETRY_AFTER);
        let seconds = given.and_then(|it| it.to_str().ok()?.parse().ok());
        let seconds = seconds.unwrap_or(LIMITED_FOR_S);
        Error::unavailable(
            "github_rate_limited",
            format!("GitHub takes no more requests for now: come back in {seconds} s"),
            seconds,
        )
    }
}

fn unreachable() -> Error {
    Error::unavailable(
        "github_unreachable",
        "GitHub does not answer: come back in a moment",
        AGAIN_AFTER_S,
    )
}

fn failed() -> Error {
    let mut error = Error::new(
        Kind::Upstream,
        "github_failed",
        "GitHub failed to answer: try again later, and see https://www.githubstatus.com",
    );
    error.retry_after_s = Some(AGAIN_AFTER_S);
    error
}

/// Credentials go over TLS, or stay on this machine.
fn check_base(base: &str) -> Result<(), String> {
    let uri: Option<Uri> = base.parse().ok();
    let local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let parts = uri
        .as_ref()
        .and_then(|uri| Some((uri.scheme_str()?, uri.host()?)));
    match parts {
        Some(("https", _)) => Ok(()),
        Some(("http", host)) if local(host) => Ok(()),
        _ => Err(format!(
            "github.api_base is {base}: it must be https://..., or http:// on this machine"
        )),
    }
}

/// TLS by the certificates that this machine trusts.
fn tls(needed: bool) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if needed {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(
                "this machine trusts no certificates, so GitHub cannot be reached: install ca-certificates".into(),
            );
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|cause| format!("TLS cannot be set up: {cause}"))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::check_base;

    #[test]
    fn credentials_are_not_sent_in_clear_text() {
        for good in [
            "https://api.github.com",
            "https://ghe.example/api/v3",
            "http://127.0.0.1:4000",
            "http://localhost:1",
        ] {
            assert_eq!(check_base(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "api.github.com",
            "http://api.github.com",
            "ftp://127.0.0.1",
        ] {
            assert!(check_base(bad).is_err(), "{bad}");
        }
    }
}
