//! What projects remember (OpenPod 2.14) over HTTP, on both engines.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::parallel;

use crate::program::command;
use crate::workplace::{MADE_UP, Workplace, each, id, post_as_it_is};

const OVERVIEW: &str =
    "## System Overview\nPostgreSQL with 12 tables, one for each of the nouns that we know.";

fn entry(fields: Value) -> Value {
    let mut body = json!({"title": "Database Schema Architecture", "content": OVERVIEW});
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    body
}

fn write(place: &Workplace, fields: Value) -> Value {
    let write = place.post(&place.worker, "knowledge", entry(fields));
    write.send().expect_status(201).json
}

fn titles(place: &Workplace, query: &str) -> Vec<Value> {
    each(&place.get(&place.owner, "knowledge", query).ok(), "title")
}

fn path(entry: &Value) -> String {
    format!("/api/agent/v1/knowledge/{}", id(&entry["data"]))
}

const NOTHING: [Value; 0] = [];

testkit::on_both_engines! {
    fn an_entry_is_written_found_and_read(engine: Engine) {
        let place = Workplace::new(engine);
        let written = write(&place, json!({
            "title": "  Database Schema Architecture ", "category": "architecture", "importance": "high",
            "tags": ["database", "schema"],
        }));
        let at = written["data"]["created_at"].clone();
        let expected = json!({
            "id": written["data"]["id"], "project_id": place.project, "title": "Database Schema Architecture",
            "content": OVERVIEW, "category": "architecture", "tags": ["database", "schema"], "importance": "high",
            "version": 1, "created_by_agent_key_id": place.worker.id, "created_by_user_id": null,
            "updated_by_agent_key_id": place.worker.id, "created_at": at, "updated_at": at,
        });
        assert_eq!(written["data"], expected);
        for who in place.insiders() {
            let found = place.get(who, "knowledge", "&category=architecture&q=schema&importance=high").ok();
            assert_eq!(found["data"], json!([expected]));
            assert_eq!(who.client.get(&path(&written)).ok()["data"], expected);
        }
        let plain = write(&place, json!({}));
        assert_eq!(
            [&plain["data"]["category"], &plain["data"]["importance"], &plain["data"]["tags"]],
            [&json!("general"), &json!("normal"), &json!([])]
        );
        place.audit();
    }

    fn the_last_written_comes_first(engine: Engine) {
        let place = Workplace::new(engine);
        let first = write(&place, json!({"title": "First", "category": "decisions"}));
        write(&place, json!({"title": "Second", "category": "decisions", "importance": "pinned"}));
        write(&place, json!({"title": "Third", "importance": "pinned"}));
        assert_eq!(titles(&place, ""), ["Third", "Second", "First"]);
        place.lead.client.patch(&path(&first)).json(json!({"importance": "low"})).ok();
        assert_eq!(titles(&place, ""), ["First", "Third", "Second"]);
        assert_eq!(titles(&place, "&limit=1&offset=1"), ["Third"]);
        assert_eq!(titles(&place, "&category=decisions"), ["First", "Second"]);
        assert_eq!(titles(&place, "&importance=pinned"), ["Third", "Second"]);
        assert_eq!(titles(&place, "&importance=pinned&category=decisions"), ["Second"]);
        assert_eq!(titles(&place, "&importance=normal"), NOTHING);
        for bad in ["&category=guides", "&importance=urgent", "&category=Decisions"] {
            place.get(&place.owner, "knowledge", bad).refused(400, "invalid_field");
        }
    }

    fn searches_want_every_word_and_filters_combine(engine: Engine) {
        let place = Workplace::new(engine);
        let deploys = format!("We deploy the databases on Fridays. {OVERVIEW}");
        write(&place, json!({"title": "Deployment", "content": deploys, "category": "patterns"}));
        write(&place, json!({"tags": ["storage"]}));
        write(&place, json!({"title": "Fridays", "category": "decisions"}));
        let (schema, deployment, fridays) =
            (json!("Database Schema Architecture"), json!("Deployment"), json!("Fridays"));
        for (query, expected) in [
            ("q=database", vec![&schema, &deployment]),
            ("search=DATABASES", vec![&schema, &deployment]),
            ("q=the%20databases%20of%20postgresql", vec![&schema, &deployment]),
            ("q=friday", vec![&fridays, &deployment]),
            ("q=fridays+deployed", vec![&deployment]),
            ("q=storage", vec![&schema]),
            ("q=deploy+storage", vec![]),
            ("q=friday&category=patterns", vec![&deployment]),
            ("q=friday&category=patterns&importance=pinned", vec![]),
            ("q=postgresql&limit=1&offset=2", vec![&deployment]),
            ("q=postgresql&search=nothing", vec![&fridays, &schema, &deployment]),
            ("q=&limit=1", vec![&fridays]),
            ("q=%20&limit=1", vec![&fridays]),
            ("q=the", vec![]),
        ] {
            assert_eq!(titles(&place, &format!("&{query}")).iter().collect::<Vec<_>>(), expected, "{query}");
        }
        let elsewhere = format!("/api/agent/v1/knowledge?project_id={}&q=database", place.foreign);
        assert_eq!(place.outsider.client.get(&elsewhere).ok()["data"], json!([]));
    }

    fn hostile_searches_are_harmless(engine: Engine) {
        let place = Workplace::new(engine);
        write(&place, json!({}));
        let long = "x".repeat(10_000);
        let words = "y%20".repeat(2_500);
        for text in [
            "%22", "%27", "%27%20or%201%3D1%20--", "%00", "x%00y", "%FF", "%C3%28", "(", "%26%20%7C%20!", "*", "%2A%3A%5E",
            "NEAR(a%20b%2C%201)", "title%3Ax", "%C2%A7hx", "%5C", "%F0%9F%92%A9", &long, &words, "-x", "%22x", "x%22%20OR%20%22y",
        ] {
            assert_eq!(titles(&place, &format!("&q={text}")), NOTHING, "{text}");
        }
        assert_eq!(titles(&place, "&q=%22schema%22%29%20%26%20%28").len(), 1);
    }

    fn corrections_keep_what_was_said(engine: Engine) {
        let place = Workplace::new(engine);
        let first = write(&place, json!({"category": "architecture"}));
        let correct = |body: Value| place.lead.client.patch(&path(&first)).json(body);
        let second = correct(json!({"title": "Storage Architecture", "version": 1})).ok();
        let data = &second["data"];
        assert_eq!((&data["version"], &data["title"]), (&json!(2), &json!("Storage Architecture")));
        assert_eq!((&data["content"], &data["category"]), (&json!(OVERVIEW), &json!("architecture")));
        assert_eq!(data["created_by_agent_key_id"], json!(place.worker.id));
        assert_eq!(data["updated_by_agent_key_id"], json!(place.lead.id));
        correct(json!({"title": "Late", "version": 1})).refused(409, "version_superseded");
        correct(json!({"tags": ["files"], "version": 2})).ok();
        assert_eq!(titles(&place, "&q=storage+files"), ["Storage Architecture"]);
        assert_eq!(titles(&place, "&q=schema"), NOTHING, "what was said before is not found");
        let versions = place.owner.client.get(&format!("{}/versions", path(&first))).ok();
        assert_eq!(each(&versions, "version"), [3, 2, 1]);
        assert_eq!(each(&versions, "title"), ["Storage Architecture", "Storage Architecture", "Database Schema Architecture"]);
        assert_eq!(each(&versions, "created_by_agent_key_id"), [&place.lead.id, &place.lead.id, &place.worker.id].map(|id| json!(id)));
        for (query, expected) in [("limit=1", vec![3]), ("limit=1&offset=1", vec![2]), ("offset=2", vec![1]), ("offset=3", vec![])] {
            let page = place.owner.client.get(&format!("{}/versions?{query}", path(&first))).ok();
            assert_eq!(each(&page, "version"), expected, "{query}");
        }
        place.audit();
    }

    fn parallel_corrections_are_all_kept(engine: Engine) {
        let place = Workplace::new(engine);
        let first = write(&place, json!({}));
        parallel(16, |n| place.worker.client.patch(&path(&first)).json(json!({"title": format!("Title {n}")})).ok());
        assert_eq!(place.owner.client.get(&path(&first)).ok()["data"]["version"], 17);
        let guarded = parallel(8, |n| {
            let body = json!({"title": format!("Guarded {n}"), "version": 17});
            place.worker.client.patch(&path(&first)).json(body).send().status
        });
        assert_eq!(guarded.iter().filter(|status| **status == 200).count(), 1, "{guarded:?}");
        assert_eq!(guarded.iter().filter(|status| **status == 409).count(), 7, "{guarded:?}");
        place.audit();
    }

    fn only_insiders_know(engine: Engine) {
        let place = Workplace::new(engine);
        let written = write(&place, json!({}));
        let outsider = &place.outsider;
        place.get(outsider, "knowledge", "").refused(403, "not_a_member");
        place.get(outsider, "knowledge", "&q=schema").refused(403, "not_a_member");
        place.post(outsider, "knowledge", entry(json!({}))).refused(403, "not_a_member");
        let versions = |path: &str| format!("{path}/versions");
        let (here, nowhere) = (path(&written), format!("/api/agent/v1/knowledge/{MADE_UP}"));
        let change = json!({"title": "Changed"});
        outsider.client.get(&here).refused(403, "not_a_member");
        outsider.client.get(&versions(&here)).refused(403, "not_a_member");
        outsider.client.patch(&here).json(&change).refused(403, "not_a_member");
        outsider.client.get(&nowhere).refused(404, "knowledge_not_found");
        outsider.client.get(&versions(&nowhere)).refused(404, "knowledge_not_found");
        outsider.client.patch(&nowhere).json(&change).refused(404, "knowledge_not_found");
        for odd in ["7", "%00", "01890a5dac96774bbcceb302099a8057"] {
            let odd = format!("/api/agent/v1/knowledge/{odd}");
            place.owner.client.get(&odd).refused(400, "invalid_field");
            place.owner.client.get(&versions(&odd)).refused(400, "invalid_field");
            place.owner.client.patch(&odd).json(&change).refused(400, "invalid_field");
        }
        let list = |query: &str| place.owner.client.get(&format!("/api/agent/v1/knowledge{query}"));
        list("").refused(400, "invalid_field");
        list("?project_id=7").refused(400, "invalid_field");
        list(&format!("?project_id={MADE_UP}")).refused(404, "project_not_found");
    }

    fn entries_that_cannot_be(engine: Engine) {
        let place = Workplace::new(engine);
        let written = write(&place, json!({}));
        let many = vec!["tag"; 21];
        for (fields, code) in [
            (json!({"title": "1234"}), "invalid_field"),
            (json!({"title": " 1234 "}), "invalid_field"),
            (json!({"title": "12345\u{0}"}), "invalid_field"),
            (json!({"title": 7}), "invalid_body"),
            (json!({"content": "x".repeat(49)}), "invalid_field"),
            (json!({"content": format!("  {}\n", "x".repeat(49))}), "invalid_field"),
            (json!({"content": ["x"]}), "invalid_body"),
            (json!({"category": "guides"}), "invalid_field"),
            (json!({"category": 7}), "invalid_body"),
            (json!({"importance": "urgent"}), "invalid_field"),
            (json!({"tags": "database"}), "invalid_body"),
            (json!({"tags": [7]}), "invalid_body"),
            (json!({"tags": [""]}), "invalid_field"),
            (json!({"tags": ["x".repeat(51)]}), "invalid_field"),
            (json!({"tags": many}), "invalid_field"),
        ] {
            place.post(&place.worker, "knowledge", entry(fields.clone())).refused(400, code);
            place.worker.client.patch(&path(&written)).json(&fields).refused(400, code);
        }
        for missing in ["title", "content"] {
            place.post(&place.worker, "knowledge", entry(json!({missing: null}))).refused(400, "invalid_body");
        }
        post_as_it_is(&place.worker.client, "knowledge", &entry(json!({}))).refused(400, "invalid_body");
        post_as_it_is(&place.worker.client, "knowledge", &entry(json!({"project_id": "7"}))).refused(400, "invalid_field");
        place.worker.client.patch(&path(&written)).json(json!({})).refused(400, "nothing_to_update");
        place.worker.client.patch(&path(&written)).json(json!({"version": 1})).refused(400, "nothing_to_update");
        place.worker.client.patch(&path(&written)).json(json!({"title": "Changed", "version": "1"})).refused(400, "invalid_body");
        assert_eq!(titles(&place, "").len(), 1);
        let long = write(&place, json!({"title": "t".repeat(501), "content": "c".repeat(50_001)}));
        assert_eq!(long["data"]["title"], "t".repeat(500));
        assert_eq!(long["data"]["content"], "c".repeat(50_000));
        place.audit();
    }
}

#[test]
fn a_backup_holds_what_is_found() {
    let place = Workplace::new(Engine::Sqlite);
    write(&place, json!({}));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("copy.db").display().to_string();
    command(place.server.database_url(), &["backup", &file]).ok();
    write(&place, json!({"title": "Database of the future"}));
    assert_eq!(titles(&place, "&q=database").len(), 2);
    command(place.server.database_url(), &["restore", &file]).ok();
    assert_eq!(
        titles(&place, "&q=database"),
        ["Database Schema Architecture"]
    );
    write(&place, json!({"title": "Database after all"}));
    assert_eq!(titles(&place, "&q=database").len(), 2);
    place.audit();
}
