//! Forms with files: `multipart/form-data`, which has arrived whole.

use std::convert::Infallible;

use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use domain::{Error, Result, limits};
use futures_util::{FutureExt, stream};
use multer::{Constraints, Multipart, SizeLimit};

use crate::input::{Body, Input, Wanted};

/// A form.
#[derive(Default)]
pub(super) struct Form {
    fields: Vec<(String, String)>,
    /// Its files.
    pub(super) files: Vec<File>,
}

/// A file of a form.
pub(super) struct File {
    /// What it is called.
    pub(super) name: String,
    /// Its media type, by its sender or its name.
    pub(super) media: String,
    /// It.
    pub(super) bytes: Bytes,
}

impl Form {
    /// Reads the form of a request.
    pub(super) fn read(input: &Input<'_>) -> Result<Self> {
        input.wants(|| Wanted::Form)?;
        let Body::Other(bytes) = &input.body else {
            return Err(no_form());
        };
        let media = input.parts.headers.get(CONTENT_TYPE);
        let media = media
            .and_then(|value| value.to_str().ok())
            .ok_or_else(no_form)?;
        let boundary = multer::parse_boundary(media).map_err(|_| no_form())?;
        // All of it is there, so that nothing in here waits.
        let read = parse(bytes.clone(), boundary).now_or_never();
        let read = read.ok_or_else(|| broken("it has no end"))?;
        read.map_err(|cause| broken(&cause.to_string()))
    }

    /// A field that is no file.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

async fn parse(bytes: Bytes, boundary: String) -> Result<Form, multer::Error> {
    let whole = stream::once(std::future::ready(Ok::<_, Infallible>(bytes)));
    let size = SizeLimit::new().whole_stream(limits::HOSTING_BODY_BYTES as u64);
    let constraints = Constraints::new().size_limit(size);
    let mut parts = Multipart::with_constraints(whole, boundary, constraints);
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await? {
        if form.fields.len().saturating_add(form.files.len()) > limits::UPLOADED_FILES {
            break;
        }
        let name = part.name().unwrap_or_default().to_owned();
        let media = part.content_type().map(ToString::to_string);
        match part.file_name().map(str::to_owned) {
            Some(file) => form.files.push(File {
                media: media.unwrap_or_else(|| domain::media::of_name(&file).to_owned()),
                // Some clients send the path that it had with them.
                name: file
                    .rsplit(['/', '\\'])
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
                bytes: part.bytes().await?,
            }),
            None => form.fields.push((name, part.text().await?)),
        }
    }
    Ok(form)
}

fn no_form() -> Error {
    Error::invalid(
        "invalid_body",
        "the body must be a form with files: multipart/form-data, with the field file",
    )
}

fn broken(cause: &str) -> Error {
    Error::invalid("invalid_body", format!("the form cannot be read: {cause}"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::FutureExt;

    use super::parse;

    /// The field path and the files: name, media type, bytes.
    type Parts = (Option<String>, Vec<(String, String, Bytes)>);

    fn read(body: &str) -> Option<Parts> {
        let read = parse(Bytes::copy_from_slice(body.as_bytes()), "b".into());
        let form = read.now_or_never().expect("nothing waits").ok()?;
        let path = form.field("path").map(str::to_owned);
        let files = form.files.into_iter();
        Some((
            path,
            files
                .map(|file| (file.name, file.media, file.bytes))
                .collect(),
        ))
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\nnotes\r\n\
            --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\\\x\\\\a.md\"\r\n\r\n# Hi\r\n--b--\r\n";
        let (path, files) = read(body).expect("a form");
        assert_eq!(path.as_deref(), Some("notes"));
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].1, "text/markdown");
        assert_eq!(
            (files[0].0.as_str(), &files[0].2[..]),
            ("a.md", &b"# Hi"[..])
        );
        for bad in [
            "",
            "--b",
            "--b\r\n\r\nx",
            "--c--",
            "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx",
        ] {
            assert!(read(bad).is_none(), "{bad:?}");
        }
    }
}
