//! The work folders of hosted agents and what comes with chats (Polpo 2.14).

use serde_json::json;
use testkit::engine::Engine;
use testkit::http::{Answer, Client, Request};
use testkit::on_both_engines;
use testkit::server::Server;

const FILES: &str = "/api/v1/files";

/// Sends a form with one file, in a request that `post` makes.
pub(super) fn form(
    post: impl Fn(&str) -> Request,
    path: &str,
    field: (&str, &str),
    file: (&str, &[u8]),
) -> Answer {
    let (name, value) = field;
    let (filename, bytes) = file;
    let head = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n\
         --xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--xyz--\r\n"].concat();
    let request = post(path).header("content-type", "multipart/form-data; boundary=xyz");
    request.body(body).send()
}

fn upload(client: &Client, folder: &str, name: &str, text: &str) -> Answer {
    form(
        |path| client.post(path),
        &format!("{FILES}/upload"),
        ("path", folder),
        (name, text.as_bytes()),
    )
}

fn names(client: &Client, path: &str) -> Vec<String> {
    let listed = client.get(&format!("/v1/files/list?path={path}")).ok();
    let entries = listed["entries"].as_array().expect("entries").iter();
    entries
        .map(|entry| entry["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

on_both_engines! {
    fn files_are_uploaded_listed_read_moved_and_deleted(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let sent = upload(&live, "notes", "a.md", "# One\ntwo\nthree\n").ok();
        assert_eq!(sent["data"], json!({ "uploaded": [{ "name": "a.md", "size": 16 }], "count": 1 }));
        let made = live.post(&format!("{FILES}/mkdir")).json(json!({ "path": "empty/deep" })).ok();
        assert_eq!(made["data"], json!({ "path": "empty/deep" }));
        let listed = live.get(&format!("{FILES}/list?path=notes")).ok();
        let entry = &listed["data"]["entries"][0];
        assert_eq!((&entry["name"], &entry["type"], &entry["size"], &entry["mimeType"]),
            (&json!("a.md"), &json!("file"), &json!(16), &json!("text/markdown")));
        assert_eq!(names(&live, "."), ["empty", "notes"]);
        let preview = live.get(&format!("{FILES}/preview?path=notes/a.md&maxLines=2")).ok();
        assert_eq!((&preview["data"]["content"], &preview["data"]["truncated"]), (&json!("# One\ntwo\n"), &json!(true)));
        let read = live.get("/v1/files/read?path=/work/notes/a.md").send().expect_status(200);
        assert_eq!(read.text, "# One\ntwo\nthree\n");
        let renamed = live.post(&format!("{FILES}/rename")).json(json!({ "path": "notes/a.md", "newName": "b.md" })).ok();
        assert_eq!(renamed["data"], json!({ "oldPath": "notes/a.md", "newName": "b.md" }));
        let found = live.get(&format!("{FILES}/search?q=B.MD")).ok();
        assert_eq!(found["data"], json!({ "files": [{ "name": "b.md", "path": "notes/b.md" }], "total": 1 }));
        let roots = live.get(&format!("{FILES}/roots")).ok();
        assert_eq!((&roots["data"]["roots"][0]["totalFiles"], &roots["data"]["roots"][0]["totalSize"]), (&json!(1), &json!(16)));
        let gone = live.post(&format!("{FILES}/delete")).json(json!({ "path": "notes" })).ok();
        assert_eq!(gone["data"], json!({ "path": "notes" }));
        live.get(&format!("{FILES}/read?path=notes/b.md")).refused(404, "NOT_FOUND");
        live.get("/v1/files/list?path=notes").refused(404, "not_found");
    }

    fn a_browser_runs_nothing_of_it(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        for (name, media) in [
            ("a.html", "text/plain; charset=utf-8"),
            ("a.svg", "text/plain; charset=utf-8"),
            ("a.js", "text/plain; charset=utf-8"),
            ("a.pdf", "application/octet-stream"),
            ("a.png", "image/png"),
            ("a", "application/octet-stream"),
        ] {
            upload(&live, ".", name, "<script>alert(1)</script>").ok();
            let read = live.get(&format!("{FILES}/read?path={name}")).send().expect_status(200);
            assert_eq!(read.header("content-type"), Some(media), "{name}");
            assert_eq!(read.header("x-content-type-options"), Some("nosniff"));
            assert!(read.header("content-disposition").is_some_and(|how| how.starts_with("inline")));
        }
        let read = live.get(&format!("{FILES}/read?path=a.html&download=1")).send();
        let how = read.header("content-disposition").unwrap_or_default();
        assert!(how.starts_with("attachment; filename=\"a.html\""), "{how}");
    }

    fn no_path_leads_out(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let live = &hosting.live;
        upload(live, ".", "ours", "x").ok();
        let root = server.scratch().folder().join("work");
        let mine = std::fs::read_dir(&root).expect("the work folders").flatten().next().expect("one");
        std::os::unix::fs::symlink("/etc", mine.path().join("files/etc")).expect("a link");
        for path in ["..", "../..", "/etc/passwd", "etc/passwd", "etc", "a/../../b", "%2e%2e/x", "a%00b", "/work/../x"] {
            live.get(&format!("{FILES}/list?path={path}")).refused(400, "VALIDATION_ERROR");
            live.get(&format!("{FILES}/read?path={path}")).refused(400, "VALIDATION_ERROR");
            live.get(&format!("{FILES}/preview?path={path}")).refused(400, "VALIDATION_ERROR");
            live.get(&format!("{FILES}/search?q=a&root={path}")).refused(400, "VALIDATION_ERROR");
        }
        for path in ["..", "../x", "/tmp/x", "etc/x", ".", "", "/work"] {
            for call in ["mkdir", "delete", "rename"] {
                let body = json!({ "path": path, "newName": "y" });
                live.post(&format!("{FILES}/{call}")).json(body).refused(400, "VALIDATION_ERROR");
            }
        }
        for folder in ["..", "/etc", "etc"] {
            upload(live, folder, "x", "x").refused(400, "VALIDATION_ERROR");
        }
        for name in ["..", "."] {
            upload(live, ".", name, "x").refused(400, "VALIDATION_ERROR");
        }
        hosting.test.get(&format!("{FILES}/read?path=ours")).refused(404, "NOT_FOUND");
        assert!(std::fs::metadata("/etc/passwd").is_ok());
    }

    fn what_makes_no_sense_is_refused(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        upload(&live, ".", "a", "x").ok();
        live.get(&format!("{FILES}/read")).refused(400, "VALIDATION_ERROR");
        live.get(&format!("{FILES}/read?path=.")).refused(400, "VALIDATION_ERROR");
        live.get(&format!("{FILES}/list?path=a")).refused(400, "VALIDATION_ERROR");
        live.get(&format!("{FILES}/preview?path=a&maxLines=0")).refused(400, "VALIDATION_ERROR");
        live.get(&format!("{FILES}/preview?path=a&maxLines=many")).refused(400, "VALIDATION_ERROR");
        live.post(&format!("{FILES}/upload")).json(json!({})).refused(400, "VALIDATION_ERROR");
        live.post(&format!("{FILES}/mkdir")).json(json!({ "path": 1 })).refused(400, "VALIDATION_ERROR");
        live.post(&format!("{FILES}/rename")).json(json!({ "path": "a" })).refused(400, "VALIDATION_ERROR");
        live.post(&format!("{FILES}/rename")).json(json!({ "path": "a", "newName": "../b" })).refused(400, "VALIDATION_ERROR");
        upload(&live, ".", "b", "x").ok();
        live.post(&format!("{FILES}/rename")).json(json!({ "path": "a", "newName": "b" })).refused(409, "CONFLICT");
        live.post(&format!("{FILES}/delete")).json(json!({ "path": "none" })).refused(404, "NOT_FOUND");
        upload(&live, "a", "x", "x").refused(400, "VALIDATION_ERROR");
        let long = "x".repeat(1_001);
        live.get(&format!("{FILES}/read?path={long}")).refused(400, "VALIDATION_ERROR");
        server.client().get(&format!("{FILES}/roots")).refused(401, "AUTH_REQUIRED");
    }

    fn changes_are_told(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let mut events = live.get("/api/v1/events").stream();
        upload(&live, "notes", "a.md", "x").ok();
        upload(&live, "notes", "a.md", "y").ok();
        for action in ["created", "modified"] {
            let told = events.wait_for("file:changed").json();
            assert_eq!(told, json!({ "path": "notes/a.md", "dir": "notes", "action": action, "source": "api" }));
        }
    }

    fn attachments_belong_to_a_chat(engine: Engine) {
        let server = Server::start(engine);
        let hosting = server.hosting("compass");
        let live = &hosting.live;
        let attach = |name: &str| form(|path| live.post(path), "/api/v1/attachments", ("sessionId", "s1"), (name, b"\x89PNG"));
        let kept = attach("pic.png").expect_status(201).ok();
        let kept = &kept["data"];
        assert_eq!((&kept["filename"], &kept["mimeType"], &kept["size"], &kept["sessionId"]),
            (&json!("pic.png"), &json!("image/png"), &json!(4), &json!("s1")));
        let id = kept["id"].as_str().expect("an id");
        let listed = live.get("/v1/attachments?sessionId=s1").ok();
        assert_eq!(listed.as_array().map(Vec::len), Some(1));
        assert_eq!(live.get("/v1/attachments?sessionId=s2").ok(), json!([]));
        live.get("/v1/attachments").refused(400, "bad_request");
        let bytes = live.get(&format!("/api/v1/attachments/{id}/download")).send().expect_status(200);
        assert_eq!(bytes.header("content-type"), Some("image/png"));
        // Agents find it, and nobody changes it.
        let path = kept["path"].as_str().expect("a path");
        live.get(&format!("{FILES}/read?path={path}")).send().expect_status(200);
        live.post(&format!("{FILES}/delete")).json(json!({ "path": path })).refused(400, "VALIDATION_ERROR");
        for path in [format!("/api/v1/attachments/{id}"), format!("/api/v1/attachments/{id}/download")] {
            hosting.test.get(&path).refused(404, "NOT_FOUND");
        }
        hosting.test.delete(&format!("/api/v1/attachments/{id}")).refused(404, "NOT_FOUND");
        live.delete(&format!("/api/v1/attachments/{id}")).ok();
        live.delete(&format!("/api/v1/attachments/{id}")).refused(404, "NOT_FOUND");
        live.get(&format!("{FILES}/read?path={path}")).refused(404, "NOT_FOUND");
        live.get("/api/v1/attachments/none").refused(404, "NOT_FOUND");
    }

    fn two_at_once_leave_one_whole_file(engine: Engine) {
        let server = Server::start(engine);
        let live = server.hosting("compass").live;
        let texts: Vec<String> = (0..8).map(|n| n.to_string().repeat(50_000)).collect();
        testkit::parallel(texts.len(), |n| upload(&live, ".", "same", &texts[n]).ok());
        let read = live.get("/v1/files/read?path=same").send().expect_status(200);
        assert!(texts.contains(&read.text), "a mixture");
        assert_eq!(names(&live, "."), ["same"]);
    }
}
