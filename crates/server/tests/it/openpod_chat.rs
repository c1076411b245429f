//! Chat of the OpenPod door (OpenPod 2.13) over HTTP, on both engines.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::parallel;
use testkit::server::Agent;

use crate::workplace::{MADE_UP, Workplace, each, id, post_as_it_is};

fn say(place: &Workplace, who: &Agent, body: Value) -> Value {
    place
        .post(who, "messages", body)
        .send()
        .expect_status(201)
        .json
}

fn contents(place: &Workplace, query: &str) -> Vec<Value> {
    each(&place.get(&place.owner, "messages", query).ok(), "content")
}

fn channels(place: &Workplace) -> Vec<Value> {
    each(&place.get(&place.owner, "channels", "").ok(), "name")
}

testkit::on_both_engines! {
    fn what_is_said_is_read_oldest_first(engine: Engine) {
        let place = Workplace::new(engine);
        let first = say(&place, &place.worker, json!({"content": "Starting work on the auth endpoint"}));
        let channel = first["data"]["channel_id"].clone();
        let answer = say(&place, &place.owner, json!({
            "channel_id": channel, "content": "Fine.", "mentions": [place.worker.id], "parent_message_id": first["data"]["id"],
        }));
        let created_at = answer["data"]["created_at"].clone();
        assert!(created_at.as_str().is_some_and(|at| at.ends_with('Z')), "{answer}");
        let expected = json!({
            "id": answer["data"]["id"], "channel_id": channel, "author_agent_key_id": place.owner.id, "author_user_id": null,
            "author_name": "owner", "content": "Fine.", "mentions": [place.worker.id],
            "parent_message_id": first["data"]["id"], "created_at": created_at,
        });
        assert_eq!(answer["data"], expected);
        for who in place.insiders() {
            let read = place.get(who, "messages", "").ok();
            assert_eq!(read["data"], json!([first["data"], expected]));
        }
        place.audit();
    }

    fn every_spelling_names_the_channel(engine: Engine) {
        let place = Workplace::new(engine);
        assert_eq!(contents(&place, ""), [json!(null); 0], "nothing was said yet");
        let made = say(&place, &place.lead, json!({"channel_name": "Design Team", "content": "1"}));
        let channel = made["data"]["channel_id"].as_str().expect("an id");
        say(&place, &place.lead, json!({"channel": "design_team", "content": "2"}));
        say(&place, &place.lead, json!({"channel_id": channel, "content": "3"}));
        say(&place, &place.lead, json!({"channel_id": null, "channel_name": "", "content": "4"}));
        say(&place, &place.lead, json!({"channel_id": channel.to_uppercase(), "channel_name": "elsewhere", "content": "5"}));
        let by_id = format!("&channel_id={channel}");
        for query in ["&channel_name=design-team", "&channel=DESIGN%20TEAM", &by_id] {
            assert_eq!(contents(&place, query), ["1", "2", "3", "5"], "{query}");
        }
        for query in ["", "&channel=general", "&channel_name=%20General%20"] {
            assert_eq!(contents(&place, query), ["4"], "{query}");
        }
        assert_eq!(channels(&place), ["design-team", "general"]);
        let listed = place.get(&place.worker, "channels", "").ok();
        assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["project_id"]), (&json!(channel), &json!(place.project)));
    }

    fn the_newest_are_read(engine: Engine) {
        let place = Workplace::new(engine);
        for number in 0..55 {
            say(&place, &place.worker, json!({"content": number.to_string()}));
        }
        let numbers = |from: i32| (from..55).map(|n| json!(n.to_string())).collect::<Vec<_>>();
        assert_eq!(contents(&place, "&limit=2"), numbers(53));
        assert_eq!(contents(&place, ""), numbers(5));
        for query in ["&limit=200", "&limit=100000"] {
            assert_eq!(contents(&place, query), numbers(0), "{query}");
        }
        for query in ["&limit=-1", "&limit=many", "&limit=0"] {
            assert_eq!(contents(&place, query), numbers(5), "{query}");
        }
    }

    fn long_messages_are_cut(engine: Engine) {
        let place = Workplace::new(engine);
        let said = say(&place, &place.worker, json!({"content": "\u{e4}".repeat(10_001)}));
        assert_eq!(said["data"]["content"], "\u{e4}".repeat(10_000));
    }

    fn only_insiders_read_and_post(engine: Engine) {
        let place = Workplace::new(engine);
        let said = json!({"content": "Hm."});
        place.post(&place.outsider, "messages", said.clone()).refused(403, "not_a_member");
        for list in ["messages", "channels"] {
            place.get(&place.outsider, list, "").refused(403, "not_a_member");
            let unknown = format!("/api/agent/v1/{list}?project_id={MADE_UP}");
            place.owner.client.get(&unknown).refused(404, "project_not_found");
            place.owner.client.get(&format!("/api/agent/v1/{list}")).refused(400, "invalid_field");
            place.owner.client.get(&format!("/api/agent/v1/{list}?project_id=7")).refused(400, "invalid_field");
        }
        let posted = |project: Value, status, code| {
            let body = json!({"project_id": project, "content": "Hm."});
            post_as_it_is(&place.owner.client, "messages", &body).refused(status, code);
        };
        posted(json!(MADE_UP), 404, "project_not_found");
        posted(json!("7"), 400, "invalid_field");
        posted(json!(7), 400, "invalid_body");
        posted(json!(null), 400, "invalid_body");
    }

    fn foreign_and_unknown_channels_are_refused(engine: Engine) {
        let place = Workplace::new(engine);
        let elsewhere = json!({"project_id": place.foreign, "content": "Ours."});
        let foreign = post_as_it_is(&place.outsider.client, "messages", &elsewhere).send().expect_status(201).json;
        let channel = foreign["data"]["channel_id"].as_str().expect("an id");
        for unknown in [channel, MADE_UP] {
            let body = json!({"channel_id": unknown, "content": "Hm."});
            place.post(&place.owner, "messages", body).refused(404, "channel_not_found");
            place.get(&place.owner, "messages", &format!("&channel_id={unknown}")).refused(404, "channel_not_found");
        }
        place.get(&place.owner, "messages", "&channel=nowhere").refused(404, "channel_not_found");
        place.get(&place.owner, "messages", "&channel_id=general").refused(400, "invalid_field");
        for parent in [id(&foreign["data"]).as_str(), MADE_UP, "7"] {
            let body = json!({"content": "Hm.", "parent_message_id": parent});
            place.post(&place.owner, "messages", body).refused(400, "invalid_field");
        }
        assert_eq!(channels(&place), ["general"], "a refused message makes no channel");
    }

    fn bodies_that_cannot_be(engine: Engine) {
        let place = Workplace::new(engine);
        let many = vec![MADE_UP; 21];
        for (body, code) in [
            (json!({}), "invalid_body"),
            (json!({"content": ""}), "invalid_field"),
            (json!({"content": " \n"}), "invalid_field"),
            (json!({"content": "a\u{0}b"}), "invalid_field"),
            (json!({"content": 7}), "invalid_body"),
            (json!({"content": null}), "invalid_body"),
            (json!({"content": "Hm.", "channel_id": "general"}), "invalid_field"),
            (json!({"content": "Hm.", "channel_id": 7}), "invalid_body"),
            (json!({"content": "Hm.", "channel_name": ["general"]}), "invalid_body"),
            (json!({"content": "Hm.", "channel": {}}), "invalid_body"),
            (json!({"content": "Hm.", "mentions": "all"}), "invalid_body"),
            (json!({"content": "Hm.", "mentions": ["all"]}), "invalid_field"),
            (json!({"content": "Hm.", "mentions": [7]}), "invalid_body"),
            (json!({"content": "Hm.", "mentions": many}), "invalid_field"),
        ] {
            place.post(&place.worker, "messages", body).refused(400, code);
        }
        for body in ["", "null", "[]", "7", "{", "\"x\""] {
            let post = place.worker.client.post("/api/agent/v1/messages").body(body);
            assert_eq!(post.send().status, 400, "{body}");
        }
        assert_eq!(channels(&place), ["general"]);
    }

    fn parallel_posts_to_a_new_channel_make_one(engine: Engine) {
        let place = Workplace::new(engine);
        let posted = parallel(16, |n| {
            let who = place.insiders()[n % 3];
            say(&place, who, json!({"channel": "Launch Day", "content": n.to_string()}))
        });
        let rooms: BTreeSet<_> = posted.iter().map(|said| said["data"]["channel_id"].as_str()).collect();
        assert_eq!(rooms.len(), 1);
        assert_eq!(channels(&place), ["general", "launch-day"]);
        assert_eq!(contents(&place, "&channel=launch-day").len(), 16);
        place.audit();
    }

    fn a_project_has_fifty_channels(engine: Engine) {
        let place = Workplace::new(engine);
        parallel(49, |n| say(&place, &place.worker, json!({"channel": format!("room-{n}"), "content": "Hm."})));
        let one_more = json!({"channel": "room-50", "content": "Hm."});
        place.post(&place.worker, "messages", one_more).refused(409, "too_many_channels");
        say(&place, &place.worker, json!({"channel": "room-7", "content": "Hm."}));
        assert_eq!(channels(&place).len(), 50);
    }

    fn a_repeated_post_says_it_once(engine: Engine) {
        let place = Workplace::new(engine);
        let post = || {
            let post = place.post(&place.worker, "messages", json!({"content": "Once."}));
            id(&post.header("idempotency-key", "k1").send().expect_status(201).json["data"])
        };
        assert_eq!(post(), post());
        assert_eq!(contents(&place, ""), ["Once."]);
    }

    fn what_is_said_inside_stays_inside(engine: Engine) {
        let place = Workplace::new(engine);
        say(&place, &place.worker, json!({"content": "A secret."}));
        let project = &place.project;
        for path in [
            "/api/activity", "/api/agents/worker/replies", &format!("/api/projects/{project}/replies"),
        ] {
            let answer = place.server.client().get(path).send();
            assert!(!answer.json.to_string().contains("A secret"), "{answer}");
        }
    }

    fn a_heartbeat_counts_what_others_said(engine: Engine) {
        let place = Workplace::new(engine);
        for n in 0..3 {
            say(&place, &place.worker, json!({"content": n.to_string()}));
        }
        say(&place, &place.lead, json!({"channel": "design", "content": "Mine."}));
        let unread = |who: &Agent| who.client.get("/api/agent/v1/heartbeat").ok()["data"]["messages"].clone();
        let channel = |name: &str, count: u8| json!({"project_id": place.project, "channel_name": name, "count": count});
        let lead = unread(&place.lead);
        assert_eq!((&lead["unread_count"], &lead["channels"]), (&json!(3), &json!([channel("general", 3)])));
        let owner = unread(&place.owner);
        assert_eq!(owner["channels"], json!([channel("design", 1), channel("general", 3)]));
        assert_eq!(unread(&place.outsider)["unread_count"], 0);
    }
}
