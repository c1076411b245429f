//! Calls of public addresses.
//!
//! **Invariant:** every call is made by `crate::outgoing`, which connects to
//! public addresses alone and follows no redirect.

use std::time::Duration;

use bytes::Bytes;
use domain::{Error, Result, limits};
use http::{HeaderName, HeaderValue, Method, Request, header};

use super::Kit;
use super::args::Args;
use crate::outgoing::{Bounds, Reply};

const TIMEOUT: Duration = Duration::from_secs(30);
const BODY_BYTES: usize = 1 << 20;
/// Headers that one call may send.
const HEADERS: usize = 30;
/// Headers of the connection, which are not the caller's.
const OURS: [HeaderName; 5] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
];
/// Headers of an answer that say something to a model.
const SHOWN: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::LOCATION,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
];

impl Kit {
    pub(super) async fn fetch(&self, args: &Args<'_>) -> Result<String> {
        let request = request(args)?;
        let bounds = Bounds {
            timeout: TIMEOUT,
            body_bytes: BODY_BYTES,
        };
        let sent = self
            .workspace
            .outgoing(&self.app)
            .send(request, bounds)
            .await;
        let reply = sent.map_err(|failure| Error::upstream("fetch_failed", failure.to_string()))?;
        Ok(told(&reply))
    }
}

fn request(args: &Args<'_>) -> Result<Request<Bytes>> {
    let url = args.required("url")?;
    domain::text::optional("url", url, limits::LINK_CHARS)?;
    let method = match args.word("method", &["GET", "POST"])? {
        Some("POST") => Method::POST,
        _ => Method::GET,
    };
    let body = args.text("body")?.unwrap_or_default();
    if body.len() > BODY_BYTES {
        return Err(Error::field(
            "body",
            format!("must be at most {BODY_BYTES} bytes long"),
        ));
    }
    let body = Bytes::copy_from_slice(body.as_bytes());
    let mut request = Request::new(body);
    *request.uri_mut() = url
        .parse()
        .map_err(|_| Error::field("url", "must be a link such as https://example.org/"))?;
    *request.method_mut() = method;
    let ours = HeaderValue::from_static("guildhall-agent");
    request.headers_mut().insert(header::USER_AGENT, ours);
    let Some(given) = args.any("headers") else {
        return Ok(request);
    };
    let bad = || {
        Error::field(
            "headers",
            "must be an object of texts, without those of the connection",
        )
    };
    let given = given
        .as_object()
        .filter(|given| given.len() <= HEADERS)
        .ok_or_else(bad)?;
    for (name, value) in given {
        let name = HeaderName::try_from(name.as_str())
            .ok()
            .filter(|name| !OURS.contains(name));
        let value = value
            .as_str()
            .and_then(|value| HeaderValue::try_from(value).ok());
        let (Some(name), Some(value)) = (name, value) else {
            return Err(bad());
        };
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

fn told(reply: &Reply) -> String {
    let mut told = format!("HTTP {}\n", reply.status);
    for name in SHOWN {
        if let Some(value) = reply
            .headers
            .get(&name)
            .and_then(|value| value.to_str().ok())
        {
            told += &format!("{name}: {value}\n");
        }
    }
    if reply.status.is_redirection() {
        told += "[not followed: fetch the location if you want what is there]\n";
    }
    told.push('\n');
    match std::str::from_utf8(&reply.body) {
        Ok(text) => told += text,
        Err(_) if is_text(reply) => told += &String::from_utf8_lossy(&reply.body),
        Err(_) => told += &format!("[{} bytes that are no text]", reply.body.len()),
    }
    if reply.is_cut {
        told += "\n[... cut ...]";
    }
    told
}

fn is_text(reply: &Reply) -> bool {
    let media = reply.headers.get(header::CONTENT_TYPE);
    let media = media
        .and_then(|media| media.to_str().ok())
        .unwrap_or_default();
    media.starts_with("text/") || media.contains("json")
}
