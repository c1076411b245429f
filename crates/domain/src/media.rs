//! Media types of files: guessed from their names, and the few that are safe to
//! be shown by a browser.

/// Endings of names and what they stand for.
#[rustfmt::skip]
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css"), ("csv", "text/csv"), ("htm", "text/html"), ("html", "text/html"),
    ("js", "text/javascript"), ("mjs", "text/javascript"), ("log", "text/plain"), ("md", "text/markdown"),
    ("txt", "text/plain"), ("json", "application/json"), ("jsonl", "application/x-ndjson"),
    ("pdf", "application/pdf"), ("tar", "application/x-tar"), ("gz", "application/gzip"),
    ("zip", "application/zip"), ("wasm", "application/wasm"), ("xml", "application/xml"),
    ("yaml", "application/yaml"), ("yml", "application/yaml"), ("toml", "application/toml"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("gif", "image/gif"), ("jpeg", "image/jpeg"), ("jpg", "image/jpeg"), ("png", "image/png"),
    ("svg", "image/svg+xml"), ("webp", "image/webp"), ("mp3", "audio/mpeg"), ("ogg", "audio/ogg"),
    ("wav", "audio/wav"), ("mp4", "video/mp4"), ("webm", "video/webm"),
    ("c", "text/x-c"), ("go", "text/x-go"), ("java", "text/x-java"), ("py", "text/x-python"),
    ("rb", "text/x-ruby"), ("rs", "text/x-rust"), ("sh", "text/x-shellscript"), ("sql", "text/x-sql"),
    ("ts", "text/x-typescript"), ("tsx", "text/x-typescript"),
];

/// What is said of a file of which nothing is known.
pub const UNKNOWN: &str = "application/octet-stream";

/// Pictures that a browser only shows.
const PICTURES: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

/// The media type of a file, by the ending of its name.
pub fn of_name(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let known = TYPES
        .iter()
        .find(|(known, _)| ending.eq_ignore_ascii_case(known));
    known.map_or(UNKNOWN, |(_, media)| media)
}

/// The media type under which a file of a stranger is sent: never one that a
/// browser would run. Texts are plain ones, pictures are what they are, the
/// rest is bytes.
pub fn harmless(media: &str) -> &'static str {
    let media = media.split(';').next().unwrap_or_default().trim();
    if let Some(picture) = PICTURES
        .into_iter()
        .find(|known| media.eq_ignore_ascii_case(known))
    {
        return picture;
    }
    let media = media.to_ascii_lowercase();
    let is_text = media.starts_with("text/")
        || ["json", "xml", "yaml", "toml", "javascript"]
            .iter()
            .any(|word| media.ends_with(word));
    if is_text {
        "text/plain; charset=utf-8"
    } else {
        UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::{UNKNOWN, harmless, of_name};

    #[test]
    fn nothing_that_runs_is_sent_as_what_it_is() {
        for (name, media, sent) in [
            ("a.html", "text/html", "text/plain; charset=utf-8"),
            ("a.SVG", "image/svg+xml", "text/plain; charset=utf-8"),
            ("a.js", "text/javascript", "text/plain; charset=utf-8"),
            ("a.png", "image/png", "image/png"),
            ("a.pdf", "application/pdf", UNKNOWN),
            ("a.json", "application/json", "text/plain; charset=utf-8"),
            ("a", UNKNOWN, UNKNOWN),
            ("a.", UNKNOWN, UNKNOWN),
        ] {
            assert_eq!(
                (of_name(name), harmless(of_name(name))),
                (media, sent),
                "{name}"
            );
        }
        assert_eq!(
            harmless("Text/HTML; charset=utf-8"),
            "text/plain; charset=utf-8"
        );
        assert_eq!(
            harmless("application/xhtml+xml"),
            "text/plain; charset=utf-8"
        );
    }
}
