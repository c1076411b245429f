//! GitHub's JSON, as far as it is read.

use std::collections::BTreeMap;

use app::ports::github::{Check, Pull, Token};
use domain::Time;
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct InstallationIn {
    pub(super) id: i64,
}

#[derive(Deserialize)]
pub(super) struct TokenIn {
    token: String,
    expires_at: Timestamp,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
}

impl From<TokenIn> for Token {
    fn from(minted: TokenIn) -> Self {
        let TokenIn {
            token,
            expires_at,
            permissions,
        } = minted;
        Self {
            token,
            expires_at: Time(expires_at.as_microsecond()),
            permissions,
        }
    }
}

/// A pull request in a list: no statistics, nor `merged`.
#[derive(Deserialize)]
pub(super) struct ListedPullIn {
    pub(super) number: u64,
}

#[derive(Deserialize)]
pub(super) struct PullIn {
    number: u64,
    title: String,
    state: String,
    #[serde(default)]
    draft: bool,
    html_url: String,
    user: Option<UserIn>,
    head: BranchIn,
    base: BranchIn,
    additions: u64,
    deletions: u64,
    changed_files: u64,
    created_at: String,
    updated_at: String,
    merged_at: Option<String>,
}

#[derive(Deserialize)]
struct UserIn {
    login: String,
}

#[derive(Deserialize)]
struct BranchIn {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
}

impl From<PullIn> for Pull {
    fn from(pull: PullIn) -> Self {
        let PullIn {
            number,
            title,
            state,
            draft,
            html_url,
            user,
            head,
            base,
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
            draft,
            url: html_url,
            author: user.map(|user| user.login),
            head_branch: head.branch,
            base_branch: base.branch,
            head_sha: head.sha,
            additions,
            deletions,
            changed_files,
            created_at,
            updated_at,
            merged_at,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RunsIn {
    pub(super) check_runs: Vec<RunIn>,
}

#[derive(Deserialize)]
pub(super) struct RunIn {
    name: String,
    status: String,
    conclusion: Option<String>,
    html_url: Option<String>,
}

impl From<RunIn> for Check {
    fn from(run: RunIn) -> Self {
        let RunIn {
            name,
            status,
            conclusion,
            html_url,
        } = run;
        Self {
            name,
            status,
            conclusion,
            url: html_url,
        }
    }
}

/// The newest status of each context of a commit.
#[derive(Deserialize)]
pub(super) struct StatusIn {
    pub(super) statuses: Vec<ContextIn>,
}

#[derive(Deserialize)]
pub(super) struct ContextIn {
    context: String,
    state: String,
    target_url: Option<String>,
}

/// A commit status in the words of a check run.
impl From<ContextIn> for Check {
    fn from(status: ContextIn) -> Self {
        let ContextIn {
            context,
            state,
            target_url,
        } = status;
        let (status, conclusion) = match state.as_str() {
            "pending" => ("pending", None),
            _ => ("completed", Some(state)),
        };
        Self {
            name: context,
            status: status.to_owned(),
            conclusion,
            url: target_url,
        }
    }
}
