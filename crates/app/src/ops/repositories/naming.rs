//! Which tickets name a pull request among their deliverables.

use domain::Result;
use domain::id::ProjectId;
use domain::limits;
use domain::repository::PullRequest;
use serde_json::{Value, json};
use store::tables::tickets::{self, Ticket};

use crate::Cx;

/// Unfinished tickets of a project that name this pull request.
pub(super) async fn naming(
    cx: &mut Cx<'_>,
    project: ProjectId,
    pull: &PullRequest,
) -> Result<Vec<Ticket>> {
    let text = pull.to_string().to_lowercase();
    let found = tickets::delivering(cx.tx, project, &text, limits::PULL_REQUEST_TICKETS).await?;
    let names = |ticket: &Ticket| {
        serde_json::from_str(&ticket.deliverables).is_ok_and(|list| names(&list, pull))
    };
    Ok(found.into_iter().filter(names).collect())
}

/// Whether any text in this value is a link to the pull request.
fn names(value: &Value, pull: &PullRequest) -> bool {
    match value {
        Value::String(text) => PullRequest::parse(text).is_ok_and(|it| it == *pull),
        Value::Array(list) => list.iter().any(|it| names(it, pull)),
        Value::Object(fields) => fields.values().any(|it| names(it, pull)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Those who work on the tickets that name one of these, each once.
pub(super) async fn recipients(
    cx: &mut Cx<'_>,
    project: ProjectId,
    pulls: &[PullRequest],
) -> Result<Value> {
    let mut accounts = Vec::new();
    for pull in pulls {
        let tickets = naming(cx, project, pull).await?;
        accounts.extend(tickets.iter().filter_map(|it| it.task.state.assignee));
    }
    accounts.sort_unstable();
    accounts.dedup();
    let texts = accounts.iter().map(ToString::to_string);
    Ok(json!(texts.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{PullRequest, names};

    #[test]
    fn only_the_whole_link_names_it() {
        let pull = PullRequest::parse("https://github.com/acme/web/pull/7").expect("a link");
        for good in [
            json!(["https://github.com/acme/web/pull/7"]),
            json!([{ "type": "pr", "url": "https://github.com/Acme/WEB/pull/7/" }]),
        ] {
            assert!(names(&good, &pull), "{good}");
        }
        for bad in [
            json!([]),
            json!(["https://github.com/acme/web/pull/77"]),
            json!([{ "url": "see https://github.com/acme/web/pull/7" }]),
        ] {
            assert!(!names(&bad, &pull), "{bad}");
        }
    }
}
