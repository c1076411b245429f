//! Refusals that no single route owns.

use testkit::server::Server;

use super::tape::{NOBODY, OPERATOR, Tape};

pub(super) fn tell(tape: &mut Tape) {
    tape.agent("ada");
    let project = tape.server.project("Compass");
    let task = tape.server.task(&project, "Write the manual");
    let commit = format!("/api/tasks/{task}/commit");
    let json = ("content-type", "application/json");
    tape.note("An empty body must not call itself JSON");
    tape.post("ada", &commit).header(json.0, json.1).send();
    tape.delete(OPERATOR, &format!("/api/tasks/{task}"))
        .header(json.0, json.1)
        .send();
    tape.note("Bodies that cannot be read");
    tape.post("ada", &commit)
        .header(json.0, json.1)
        .body("{")
        .send();
    let form = "application/x-www-form-urlencoded";
    tape.post("ada", &commit)
        .header(json.0, form)
        .body("a=1")
        .send();
    let submit = format!("/api/tasks/{task}/submit");
    tape.post("ada", &submit)
        .header(json.0, "text/plain")
        .body("done")
        .send();
    tape.post("ada", &submit)
        .header(json.0, json.1)
        .body("[]")
        .send();
    tape.post("ada", &submit).send();
    tape.note("Nothing there");
    tape.get(NOBODY, "/api/nothing").send();
    tape.call(NOBODY, "PUT", "/api/tasks").send();
    limits(tape);
}

fn limits(tape: &mut Tape) {
    tape.note("Too much at once");
    let narrow = Server::start_with(tape.server.engine(), |settings| {
        settings.limits.enabled = true;
        settings.limits.reads_per_minute = 1;
    });
    tape.change_server(narrow);
    tape.get(NOBODY, "/api/tasks").send();
    tape.get(NOBODY, "/api/tasks").send();
}
