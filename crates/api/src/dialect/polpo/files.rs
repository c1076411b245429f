//! The work folders of hosted agents (Polpo 2.14).

use app::ops::files::{Alter, Find, List, Open, Preview, Previewed, Roots, Upload, Uploaded};
use app::ports::files::{Change, Changed, Entry, Listing, Read, Root, Search};
use app::{Content, Reply};
use domain::{Error, Result, Time, limits, media};
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::Form;
use super::part::part;
use super::{Polpo, answer, both};
use crate::calendar::IsoMillis;
use crate::dialect::ErrandWire;
use crate::input::Input;
use crate::routes::Routes;

/// How many files a search answers, unless it is asked for fewer.
const FOUND_DEFAULT: usize = 50;

/// A path of the query that must be there.
fn path(input: &Input<'_>) -> Result<String> {
    let path = input.query("path").map(|path| path.into_owned());
    path.ok_or_else(|| Error::field("path", "is required"))
}

fn bounded(input: &Input<'_>, name: &'static str, most: usize) -> Result<Option<usize>> {
    let given = input.number(name)?;
    let number = given.map(|number| usize::try_from(number).ok().filter(|number| *number > 0));
    let refusal = || Error::field(name, "must be a number above zero");
    Ok(number
        .map(|number| number.ok_or_else(refusal))
        .transpose()?
        .map(|number| number.min(most)))
}

/// The name at the end of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn root(root: &Root) -> Value {
    let Root { path, files, bytes } = root;
    let (id, name, description) = match *path {
        "/work" => ("workspace", "Workspace", "What agents work on"),
        _ => (
            "attachments",
            "Attachments",
            "What came with chats; only read",
        ),
    };
    json!({
        "id": id,
        "name": name,
        "path": path,
        "absolutePath": path,
        "description": description,
        "icon": "folder",
        "totalFiles": files,
        "totalSize": bytes,
    })
}

impl<D: Polpo> ErrandWire<D> for Roots {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(roots: Vec<Root>, _: Time) -> Reply {
        let roots: Vec<_> = roots.iter().map(root).collect();
        answer::<D>(200, &json!({ "roots": roots })).into()
    }
}

fn entry(entry: &Entry) -> Value {
    let Entry {
        name,
        is_folder,
        size,
        modified_at,
    } = entry;
    let mut shown = json!({ "name": name, "type": if *is_folder { "directory" } else { "file" } });
    if let Some(size) = size {
        shown["size"] = json!(size);
        shown["mimeType"] = json!(media::of_name(name));
    }
    if let Some(at) = modified_at {
        shown["modifiedAt"] = json!(IsoMillis(*at).to_string());
    }
    shown
}

impl<D: Polpo> ErrandWire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            path: input
                .query("path")
                .map_or_else(|| ".".into(), |path| path.into_owned()),
            part: part(input)?,
        })
    }

    fn encode(listing: Listing, _: Time) -> Reply {
        let Listing { path, entries } = listing;
        let entries: Vec<_> = entries.iter().map(entry).collect();
        answer::<D>(200, &json!({ "path": path, "entries": entries })).into()
    }
}

impl<D: Polpo> ErrandWire<D> for Preview {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let lines = bounded(input, "maxLines", usize::MAX)?;
        Ok(Self {
            path: path(input)?,
            lines: lines.unwrap_or(limits::PREVIEW_LINES),
        })
    }

    fn encode(previewed: Previewed, _: Time) -> Reply {
        let Previewed { read, text, is_cut } = previewed;
        let name = name_of(&read.path);
        let guessed = media::of_name(name);
        let sort = match &text {
            Some(_) => "text",
            None if guessed.starts_with("image/") => "image",
            None => "binary",
        };
        let mut shown = json!({
            "path": read.path,
            "name": name,
            "type": sort,
            "mimeType": guessed,
            "size": read.size,
            "truncated": is_cut,
        });
        if let Some(text) = text {
            shown["content"] = json!(text);
        }
        answer::<D>(200, &shown).into()
    }
}

/// The bytes of a file in a form in which no browser runs them.
pub(super) fn raw(read: Read, (name, guessed): (&str, &str), is_download: bool) -> Reply {
    let how = if is_download { "attachment" } else { "inline" };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let safe: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let encoded = encoded.replace('+', "%20").replace('*', "%2A");
    let disposition = format!("{how}; filename=\"{safe}\"; filename*=UTF-8''{encoded}");
    Reply {
        status: 200,
        headers: vec![
            ("content-disposition".into(), disposition),
            ("x-content-type-options".into(), "nosniff".into()),
            (
                "content-security-policy".into(),
                "default-src 'none'; sandbox".into(),
            ),
            ("cache-control".into(), "private, no-store".into()),
        ],
        content: Content::Raw {
            media: media::harmless(guessed).into(),
            bytes: read.bytes,
        },
    }
}

impl<D: Polpo> ErrandWire<D> for Open {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let download = input.query("download");
        Ok(Self {
            path: path(input)?,
            is_download: download.is_some_and(|word| matches!(&*word, "1" | "true")),
        })
    }

    fn encode((read, is_download): (Read, bool), _: Time) -> Reply {
        let name = name_of(&read.path).to_owned();
        raw(read, (&name, media::of_name(&name)), is_download)
    }
}

impl<D: Polpo> ErrandWire<D> for Find {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let limit = bounded(input, "limit", limits::FOUND_FILES)?;
        let text = |name| input.query(name).map(|text| text.into_owned());
        let root = match text("root").as_deref() {
            None | Some("workspace") => ".".into(),
            Some("attachments") => "/attachments".into(),
            Some(path) => path.to_owned(),
        };
        Ok(Self(Search {
            part: text("q").unwrap_or_default(),
            root,
            limit: limit.unwrap_or(FOUND_DEFAULT),
        }))
    }

    fn encode((paths, total): (Vec<String>, usize), _: Time) -> Reply {
        let shown = |path: &String| json!({ "name": name_of(path), "path": path });
        let files: Vec<_> = paths.iter().map(shown).collect();
        answer::<D>(200, &json!({ "files": files, "total": total })).into()
    }
}

impl<D: Polpo> ErrandWire<D> for Upload {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let form = Form::read(input)?;
        Ok(Self {
            folder: form.field("path").unwrap_or(".").to_owned(),
            files: form
                .files
                .into_iter()
                .map(|file| (file.name, file.bytes))
                .collect(),
        })
    }

    fn encode(Uploaded(files): Uploaded, _: Time) -> Reply {
        let shown = |(name, size): &(String, usize)| json!({ "name": name, "size": size });
        let uploaded: Vec<_> = files.iter().map(shown).collect();
        answer::<D>(200, &json!({ "uploaded": uploaded, "count": files.len() })).into()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeIn {
    path: String,
    new_name: Option<String>,
}

impl<D: Polpo> ErrandWire<D> for Alter {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let ChangeIn { path, new_name } = input.json()?;
        let asked = input.parts.uri.path();
        Ok(Self(if asked.ends_with("/mkdir") {
            Change::Mkdir { path }
        } else if asked.ends_with("/rename") {
            let name = new_name.ok_or_else(|| Error::field("newName", "is required"))?;
            Change::Rename { path, name }
        } else {
            Change::Delete { path }
        }))
    }

    fn encode(changed: Changed, _: Time) -> Reply {
        let Changed {
            path,
            renamed_to,
            is_new: _,
        } = changed;
        let shown = match renamed_to {
            Some(name) => json!({ "oldPath": path, "newName": name }),
            None => json!({ "path": path }),
        };
        answer::<D>(200, &shown).into()
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get_errand "/files/roots" => Roots;
        get_errand "/files/list" => List;
        get_errand "/files/preview" => Preview;
        get_errand "/files/read" => Open;
        get_errand "/files/search" => Find;
        post_errand "/files/upload" => Upload;
        post_errand "/files/mkdir" => Alter;
        post_errand "/files/rename" => Alter;
        post_errand "/files/delete" => Alter;
    }
}
