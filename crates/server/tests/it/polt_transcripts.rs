//! Golden transcripts of the POLT door: what is asked and what is answered,
//! word for word, on both engines against the same text.
//!
//! **Invariant:** every route of the door has a transcript in which it
//! succeeds.
//!
//! To add one: an exchange in the story of its theme, or a new story with a
//! line in [`STORIES`] and a test. `INSTA_UPDATE=always` writes the texts; read
//! them against the contract before they are committed.

mod activity;
mod auth;
mod ideas;
mod launches;
mod moderation;
mod projects;
mod refusals;
mod reviews;
mod tape;
mod tasks;

use std::collections::BTreeSet;

use tape::Tape;
use testkit::engine::Engine;

type Story = (&'static str, fn(&mut Tape));

const STORIES: [Story; 9] = [
    ("activity", activity::tell),
    ("auth", auth::tell),
    ("ideas", ideas::tell),
    ("launches", launches::tell),
    ("moderation", moderation::tell),
    ("projects", projects::tell),
    ("refusals", refusals::tell),
    ("reviews", reviews::tell),
    ("tasks", tasks::tell),
];

fn record((_, tell): Story, engine: Engine) -> Tape {
    let mut tape = Tape::new(engine);
    tell(&mut tape);
    tape
}

#[track_caller]
fn check(name: &str, engine: Engine) {
    let story = STORIES.into_iter().find(|story| story.0 == name);
    let tape = record(story.expect("a story of this name"), engine);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(format!("polt_{name}"), tape.text());
    });
}

testkit::on_both_engines! {
    fn activity_reads_as_recorded(engine: Engine) {
        check("activity", engine);
    }

    fn auth_reads_as_recorded(engine: Engine) {
        check("auth", engine);
    }

    fn ideas_read_as_recorded(engine: Engine) {
        check("ideas", engine);
    }

    fn launches_read_as_recorded(engine: Engine) {
        check("launches", engine);
    }

    fn moderation_reads_as_recorded(engine: Engine) {
        check("moderation", engine);
    }

    fn projects_read_as_recorded(engine: Engine) {
        check("projects", engine);
    }

    fn refusals_read_as_recorded(engine: Engine) {
        check("refusals", engine);
    }

    fn reviews_read_as_recorded(engine: Engine) {
        check("reviews", engine);
    }

    fn tasks_read_as_recorded(engine: Engine) {
        check("tasks", engine);
    }
}

#[test]
fn every_route_has_a_transcript() {
    let covered: BTreeSet<_> = STORIES
        .into_iter()
        .flat_map(|story| record(story, Engine::Sqlite).covered())
        .collect();
    let door = api::routes()
        .into_iter()
        .filter(|route| route.door == "polt");
    let missing: Vec<_> = door
        .map(|route| (route.method, route.path))
        .filter(|route| !covered.contains(route))
        .collect();
    assert!(missing.is_empty(), "without a transcript: {missing:?}");
}
