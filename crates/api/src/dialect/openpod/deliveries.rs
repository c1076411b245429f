//! What GitHub delivers to this server (OpenPod 4.4). Everything that nobody
//! here waits for, and everything misshapen, is read as [`Heard::Nothing`];
//! whether the delivery is GitHub's at all is for the errand to say.

use app::Reply;
use app::ops::repositories::{Hear, Heard, Signed};
use bytes::Bytes;
use domain::repository::{PullRequest, Slug};
use domain::{Result, Time};
use serde_json::{Value, json};

use super::Openpod;
use super::envelope::flat;
use crate::dialect::ErrandWire;
use crate::input::{Body, Input, Wanted};

impl ErrandWire<Openpod> for Hear {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let header = |name| {
            input
                .parts
                .headers
                .get(name)
                .and_then(|it| it.to_str().ok())
        };
        input.wants(|| Wanted::Anything)?;
        let body = match &input.body {
            Body::Json(bytes) => bytes.clone(),
            Body::Missing | Body::Other(_) => Bytes::new(),
        };
        let told = serde_json::from_slice(&body).unwrap_or_default();
        let event = header("x-github-event").unwrap_or_default();
        Ok(Self {
            heard: read(event, &told).unwrap_or(Heard::Nothing),
            signed: Signed {
                signature: header("x-hub-signature-256").map(str::to_owned),
                body,
            },
        })
    }

    fn encode((): (), _: Time) -> Reply {
        flat(200, &json!({ "received": true })).into()
    }
}

/// Reads a delivery; `None` when nobody waits for it.
fn read(event: &str, told: &Value) -> Option<Heard> {
    match (event, text(told, "/action")?) {
        ("installation", "deleted") => Some(Heard::Uninstalled {
            installation: told.pointer("/installation/id")?.as_i64()?,
        }),
        ("pull_request", "closed") if told.pointer("/pull_request/merged")?.as_bool()? => {
            Some(Heard::Merged { pull: pull(told)? })
        }
        ("check_run", "completed") => checked(told),
        ("pull_request_review", "submitted") => Some(Heard::Reviewed {
            pull: pull(told)?,
            state: text(told, "/review/state")?.to_owned(),
            reviewer: text(told, "/review/user/login").unwrap_or("").to_owned(),
            body: text(told, "/review/body").unwrap_or("").to_owned(),
        }),
        _ => None,
    }
}

/// A check names its pull requests by number; only those into this repository
/// are listed by GitHub, so their links follow.
fn checked(told: &Value) -> Option<Heard> {
    let repository = repository(told)?;
    let listed = told.pointer("/check_run/pull_requests")?.as_array()?;
    let numbers = listed.iter().filter_map(|it| it.get("number")?.as_u64());
    let pulls = numbers.map(|number| PullRequest {
        repository: repository.clone(),
        number,
    });
    Some(Heard::Checked {
        pulls: pulls.collect(),
        name: text(told, "/check_run/name")?.to_owned(),
        conclusion: text(told, "/check_run/conclusion").unwrap_or("").to_owned(),
        status: text(told, "/check_run/status")?.to_owned(),
        repository,
    })
}

fn pull(told: &Value) -> Option<PullRequest> {
    Some(PullRequest {
        repository: repository(told)?,
        number: told.pointer("/pull_request/number")?.as_u64()?,
    })
}

fn repository(told: &Value) -> Option<Slug> {
    Slug::parse(text(told, "/repository/full_name")?).ok()
}

fn text<'v>(told: &'v Value, place: &str) -> Option<&'v str> {
    told.pointer(place)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Heard, PullRequest, read};

    fn seven() -> PullRequest {
        PullRequest::parse("https://github.com/acme/web/pull/7").expect("a link")
    }

    #[test]
    fn a_merge_is_heard_and_a_mere_closing_is_not() {
        let told = |merged| {
            json!({
                "action": "closed",
                "pull_request": { "number": 7, "merged": merged },
                "repository": { "full_name": "acme/web" },
            })
        };
        let merged = Heard::Merged { pull: seven() };
        assert_eq!(read("pull_request", &told(true)), Some(merged));
        assert_eq!(read("pull_request", &told(false)), None);
        assert_eq!(read("push", &told(true)), None);
    }

    #[test]
    fn the_pull_requests_of_a_check_are_links() {
        let told = json!({
            "action": "completed",
            "check_run": {
                "name": "build", "status": "completed", "conclusion": "success",
                "pull_requests": [{ "number": 7, "url": "https://api.github.com/repos/acme/web/pulls/7" }],
            },
            "repository": { "full_name": "acme/web" },
        });
        let Some(Heard::Checked { pulls, name, .. }) = read("check_run", &told) else {
            panic!("a check");
        };
        assert_eq!((pulls, name.as_str()), (vec![seven()], "build"));
    }

    #[test]
    fn what_is_misshapen_is_nothing() {
        for told in [json!(null), json!([]), json!({ "action": "completed" })] {
            assert_eq!(read("check_run", &told), None, "{told}");
        }
    }
}
