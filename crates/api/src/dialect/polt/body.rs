//! The body rules of the original's framework (POLT 2.1): an empty body must
//! not call itself JSON, a body must say what it is.

use axum::http::request::Parts;
use axum::http::{Method, header};
use bytes::Bytes;
use domain::{Error, Kind, Result};

use crate::input::Body;

/// Sorts a body by its media type.
pub(super) fn accept(parts: &Parts, bytes: Bytes) -> Result<Body> {
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return Ok(Body::Missing);
    }
    let media = parts
        .headers
        .get(header::CONTENT_TYPE)
        .map(|v| v.to_str().unwrap_or("").to_owned());
    let media = media.as_deref().map(|m| {
        m.split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase()
    });
    match media.as_deref() {
        Some("application/json") if bytes.is_empty() => Err(Error::invalid(
            "empty_json_body",
            "the body is empty but 'Content-Type: application/json' was sent: leave the header out, or send a JSON object",
        )),
        Some("application/json") => Body::json(bytes),
        _ if bytes.is_empty() => Ok(Body::Missing),
        Some("text/plain") => Ok(Body::Other(bytes)),
        _ => Err(Error::new(
            Kind::UnsupportedMedia,
            "unsupported_media_type",
            "the body must be JSON: send 'Content-Type: application/json'",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, accept};
    use axum::http::Request;
    use bytes::Bytes;

    fn sorted(method: &str, media: Option<&str>, body: &'static str) -> Result<Body, &'static str> {
        let mut request = Request::builder().method(method);
        if let Some(media) = media {
            request = request.header("content-type", media);
        }
        let (parts, ()) = request.body(()).expect("request").into_parts();
        accept(&parts, Bytes::from_static(body.as_bytes())).map_err(|e| e.code)
    }

    #[test]
    fn the_table_of_the_contract() {
        let json = Some("application/json");
        assert_eq!(sorted("POST", None, ""), Ok(Body::Missing));
        assert_eq!(sorted("POST", json, ""), Err("empty_json_body"));
        assert_eq!(sorted("DELETE", json, ""), Err("empty_json_body"));
        assert_eq!(sorted("DELETE", None, ""), Ok(Body::Missing));
        assert_eq!(sorted("POST", json, "{}"), Ok(Body::Json("{}".into())));
        assert_eq!(
            sorted("POST", Some("Application/JSON; charset=utf-8"), "null"),
            Ok(Body::Json("null".into()))
        );
        assert_eq!(sorted("POST", json, "{"), Err("invalid_json_body"));
        assert_eq!(
            sorted("POST", Some("application/x-www-form-urlencoded"), "a=1"),
            Err("unsupported_media_type")
        );
        assert_eq!(
            sorted("POST", Some("text/plain"), "hello"),
            Ok(Body::Other("hello".into()))
        );
        assert_eq!(sorted("POST", None, "{}"), Err("unsupported_media_type"));
        assert_eq!(sorted("GET", json, ""), Ok(Body::Missing));
    }
}
