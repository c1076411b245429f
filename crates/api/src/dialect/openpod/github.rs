//! Repositories at this door (OpenPod 2.14, 4.4): flat answers, without an
//! envelope.

use std::collections::BTreeMap;

use app::ops::repositories::{
    CHALLENGE_FILE, Connect, Connection, Issued, Pulls, Shelf, Token, Unlink, Unlinked, Verified,
    Verify,
};
use app::ports::github::{Check, Place, Pull, Shown};
use app::{Answer, Reply};
use axum::response::Response;
use domain::id::ProjectId;
use domain::repository::Tally;
use domain::{Error, Result, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Openpod;
use super::envelope::{At, flat};
use super::error::render_invalid;
use crate::dialect::{ErrandWire, Wire};
use crate::input::Input;

/// The id of a project, from the query or a body; malformed ones are refused
/// here (OpenPod 2.14).
fn project(given: Option<&str>) -> Result<ProjectId> {
    let given = given.filter(|text| !text.is_empty());
    let given = given.ok_or_else(|| Error::field("project_id", "is required"))?;
    ProjectId::parse(given).ok_or_else(|| Error::field("project_id", "must be a UUID"))
}

#[derive(Deserialize)]
struct ProjectIn {
    project_id: Option<String>,
}

fn project_of_body(input: &Input<'_>) -> Result<ProjectId> {
    let ProjectIn { project_id } = input.json()?;
    project(project_id.as_deref())
}

impl ErrandWire<Openpod> for Token {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let reads_only = |word: &str| match word {
            "read" => Some(true),
            "write" => Some(false),
            _ => None,
        };
        Ok(Self {
            project: project(input.query("project_id").as_deref())?,
            reads_only: input
                .word("access", reads_only, "read, write")?
                .unwrap_or(false),
        })
    }

    fn encode(issued: Issued, _: Time) -> Reply {
        #[derive(Serialize)]
        struct Out {
            token: String,
            expires_at: At,
            permissions: BTreeMap<String, String>,
            repo_owner: String,
            repo_name: String,
            repo_full_name: String,
        }
        let Issued { token, repository } = issued;
        let app::ports::github::Token {
            token,
            expires_at,
            permissions,
        } = token;
        flat(
            200,
            &Out {
                token,
                expires_at: At(expires_at),
                permissions,
                repo_owner: repository.owner().to_owned(),
                repo_name: repository.name().to_owned(),
                repo_full_name: repository.to_string(),
            },
        )
        .into()
    }
}

#[derive(Serialize)]
struct PullOut {
    number: u64,
    title: String,
    state: String,
    merged: bool,
    draft: bool,
    url: String,
    author: Option<String>,
    head_branch: String,
    base_branch: String,
    head_sha: String,
    additions: u64,
    deletions: u64,
    changed_files: u64,
    created_at: String,
    updated_at: String,
    merged_at: Option<String>,
}

impl From<Pull> for PullOut {
    fn from(pull: Pull) -> Self {
        let Pull {
            number,
            title,
            state,
            draft,
            url,
            author,
            head_branch,
            base_branch,
            head_sha,
            additions,
            deletions,
            changed_files,
            created_at,
            updated_at,
            merged_at,
        } = pull;
        Self {
            number,
            title,
            state,
            merged: merged_at.is_some(),
            draft,
            url,
            author,
            head_branch,
            base_branch,
            head_sha,
            additions,
            deletions,
            changed_files,
            created_at,
            updated_at,
            merged_at,
        }
    }
}

impl ErrandWire<Openpod> for Pulls {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: project(input.query("project_id").as_deref())?,
            shown: input
                .word("state", Shown::parse, "open, closed, all")?
                .unwrap_or(Shown::Open),
        })
    }

    fn encode(shelf: Shelf, _: Time) -> Reply {
        #[derive(Serialize)]
        struct Out {
            repo: String,
            state: &'static str,
            count: usize,
            pull_requests: Vec<PullOut>,
        }
        let Shelf {
            repository,
            shown,
            pulls,
        } = shelf;
        flat(
            200,
            &Out {
                repo: repository.to_string(),
                state: shown.as_str(),
                count: pulls.len(),
                pull_requests: pulls.into_iter().map(PullOut::from).collect(),
            },
        )
        .into()
    }
}

#[derive(Serialize)]
struct CheckOut {
    name: String,
    status: String,
    conclusion: Option<String>,
    url: Option<String>,
}

impl From<Check> for CheckOut {
    fn from(check: Check) -> Self {
        let Check {
            name,
            status,
            conclusion,
            url,
        } = check;
        Self {
            name,
            status,
            conclusion,
            url,
        }
    }
}

impl ErrandWire<Openpod> for Verify {
    fn decode(input: &Input<'_>) -> Result<Self> {
        #[derive(Deserialize)]
        struct In {
            project_id: Option<String>,
            pr_url: Option<String>,
        }
        let In { project_id, pr_url } = input.json()?;
        let link = pr_url.filter(|text| !text.is_empty());
        Ok(Self {
            project: project(project_id.as_deref())?,
            link: link.ok_or_else(|| Error::field("pr_url", "is required"))?,
        })
    }

    fn encode(verified: Verified, _: Time) -> Reply {
        #[derive(Serialize)]
        struct DetailOut {
            total: usize,
            passed: usize,
            failed: usize,
            pending: usize,
        }
        #[derive(Serialize)]
        struct Out {
            valid: bool,
            pr_number: u64,
            pr_title: String,
            pr_state: String,
            pr_url: String,
            merged: bool,
            draft: bool,
            head_branch: String,
            base_branch: String,
            head_sha: String,
            additions: u64,
            deletions: u64,
            changed_files: u64,
            checks_summary: &'static str,
            checks_detail: DetailOut,
            checks: Vec<CheckOut>,
        }
        let Verified {
            pull,
            checks,
            tally,
        } = verified;
        let Tally {
            total,
            passed,
            failed,
            pending,
        } = tally;
        let pull = PullOut::from(pull);
        flat(
            200,
            &Out {
                valid: true,
                pr_number: pull.number,
                pr_title: pull.title,
                pr_state: pull.state,
                pr_url: pull.url,
                merged: pull.merged,
                draft: pull.draft,
                head_branch: pull.head_branch,
                base_branch: pull.base_branch,
                head_sha: pull.head_sha,
                additions: pull.additions,
                deletions: pull.deletions,
                changed_files: pull.changed_files,
                checks_summary: tally.summary().as_str(),
                checks_detail: DetailOut {
                    total,
                    passed,
                    failed,
                    pending,
                },
                checks: checks.into_iter().map(CheckOut::from).collect(),
            },
        )
        .into()
    }

    fn refuse(error: Error) -> Response {
        render_invalid(error)
    }
}

impl ErrandWire<Openpod> for Connect {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let project = project_of_body(input)?;
        Ok(Self { project })
    }

    fn encode(connection: Connection, _: Time) -> Reply {
        let body = match connection {
            Connection::Linked(place) => {
                let Place {
                    installation,
                    repository,
                } = place;
                json!({ "connected": true, "repo": repository.to_string(), "installation_id": installation })
            }
            Connection::Uninstalled { repository, app } => json!({
                "connected": false,
                "message": format!("the GitHub App is not installed on {repository}: its owner opens install_url and selects it, then connect again"),
                "repo": repository.to_string(),
                "install_url": install_url(&app),
            }),
            Connection::Unproven {
                repository,
                app,
                challenge,
            } => json!({
                "connected": false,
                "message": format!("prove that you control {repository}: put the challenge on a line of its own in the file {CHALLENGE_FILE} on its default branch, then connect again"),
                "repo": repository.to_string(),
                "install_url": install_url(&app),
                "challenge": challenge,
                "challenge_file": CHALLENGE_FILE,
            }),
        };
        flat(200, &body).into()
    }
}

fn install_url(app: &str) -> String {
    format!("https://github.com/apps/{app}/installations/new")
}

impl Wire<Openpod> for Unlink {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let project = project_of_body(input)?;
        Ok(Self { project })
    }

    fn encode(unlinked: Unlinked, _: Time) -> Answer {
        let Unlinked(repository) = unlinked;
        flat(
            200,
            &json!({ "connected": false, "repo": repository.to_string() }),
        )
    }
}
