//! A job is written.

use domain::event::Happening;
use domain::id::{JobId, MissionId};
use domain::job::{Phase, Status};
use domain::time::Span;
use domain::{Error, Result, Time, limits, text};
use serde_json::{Map, Value, json};
use store::Lock;
use store::tables::environments::Environment;
use store::tables::jobs::{self, Job};

use super::fields::{checked, precedence};
use super::sheet::{give_up, written};
use super::{Sheet, market, setting};
use crate::ops::environments;
use crate::{Cx, Op, calendar};

/// A job to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewJob {
    /// Its title.
    pub(crate) title: String,
    /// What is to be done.
    pub(crate) description: String,
    /// The name of the agent that does it; need not exist yet.
    pub(crate) agent: String,
    /// The run of a mission to which it belongs.
    pub(crate) group: Option<String>,
    /// That mission.
    pub(crate) mission: Option<MissionId>,
    /// Whether its mission holds it back for now.
    pub(crate) held: bool,
    /// Whether it is a draft.
    pub(crate) is_draft: bool,
    /// Jobs that must be done first; they exist.
    pub(crate) needs: Vec<JobId>,
    /// Its place among those that are written at once.
    pub(crate) place: i64,
    /// Everything else that was said about it, as it came: `expectations`,
    /// `maxRetries` and so on; what is no field of a job is dropped.
    pub(crate) fields: Map<String, Value>,
}

/// Writes a job. A mission that writes its jobs goes on with its run itself,
/// once all of them are there.
///
/// # Errors
/// `Invalid` naming a field; `Conflict` when a job of its title has not ended;
/// `NotFound` for a needed job that does not exist.
pub(crate) async fn create(cx: &mut Cx<'_>, environment: &Environment, new: NewJob) -> Result<Job> {
    check_texts(&new)?;
    let NewJob {
        title,
        description,
        agent,
        group,
        mission,
        held,
        is_draft,
        needs,
        fields,
        place,
    } = new;
    let checked = checked(&fields)?;
    let mut document = checked.document;
    document.insert("description".into(), description.into());
    let ids: Vec<_> = needs.iter().map(ToString::to_string).collect();
    document.insert("dependsOn".into(), json!(ids));
    let retries = setting(environment, "maxRetries").unwrap_or(limits::JOB_RETRIES);
    document
        .entry("maxRetries")
        .or_insert_with(|| retries.into());
    let job = Job {
        // Ids made at once sort by chance: lists keep the order of the writing.
        id: cx.id_at(cx.now.plus(Span(place))),
        environment: environment.id,
        title,
        agent,
        group,
        mission,
        status: if is_draft {
            Status::Draft
        } else {
            Status::Pending
        },
        phase: Phase::Execution,
        waits: 0,
        held,
        retries: 0,
        precedence: precedence(&document),
        alarm: first_alarm(&document, cx.now),
        document: written(&document),
        created_at: cx.now,
        updated_at: cx.now,
    };
    put(cx, environment, job, &needs, checked.dropped).await
}

async fn put(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mut job: Job,
    needs: &[JobId],
    dropped: Vec<String>,
) -> Result<Job> {
    let mut failed = None;
    if !needs.is_empty() {
        cx.tx.lock(Lock::Environment(environment.id)).await?;
        (job.waits, failed) = waits(cx, environment, needs).await?;
    }
    market::check(cx, environment, &Sheet::open(job.clone()))?;
    if !jobs::insert(cx.tx, &job).await? {
        return Err(title_taken(&job.title));
    }
    for need in needs {
        jobs::need(cx.tx, job.id, *need).await?;
    }
    let mut sheet = Sheet::open(job);
    let facts = json!({ "task": sheet.shown() });
    sheet
        .tell(cx, environment, Happening::JobCreated, facts)
        .await?;
    for message in dropped {
        let facts = json!({
            "level": "warn",
            "message": format!("task {}: {message}", sheet.id()),
        });
        sheet
            .tell(cx, environment, Happening::HostingLog, facts)
            .await?;
    }
    // Nothing would ever let it begin: the deadlock rule holds at once.
    if let (Some(failed), Status::Pending) = (failed, sheet.job.status) {
        give_up(cx, environment, &mut sheet, failed).await?;
    }
    let is_ready = sheet.job.status == Status::Pending && sheet.job.waits == 0 && !sheet.job.held;
    if is_ready {
        market::offer(cx, environment, &mut sheet).await?;
        cx.wake(environment.id);
    }
    Ok(sheet.job)
}

/// For how many of the needed jobs it waits, and one that has failed.
async fn waits(
    cx: &mut Cx<'_>,
    environment: &Environment,
    needs: &[JobId],
) -> Result<(i64, Option<JobId>)> {
    let mut waits = 0;
    let mut failed = None;
    for need in needs {
        let needed = jobs::find(cx.tx, environment.id, *need).await?;
        let needed = needed.ok_or_else(|| unknown_need(&need.to_string()))?;
        waits += i64::from(needed.status != Status::Done);
        if needed.status == Status::Failed {
            failed = failed.or(Some(needed.id));
        }
    }
    Ok((waits, failed))
}

fn check_texts(new: &NewJob) -> Result<()> {
    text::required("title", &new.title, limits::JOB_TITLE_CHARS)?;
    text::required("description", &new.description, limits::JOB_TEXT_CHARS)?;
    text::required("assignTo", &new.agent, limits::NAME_CHARS)?;
    if let Some(group) = &new.group {
        text::required("group", group, limits::JOB_TITLE_CHARS)?;
    }
    if new.needs.len() > limits::JOB_NEEDS {
        return Err(Error::field(
            "dependsOn",
            format!("must be at most {}", limits::JOB_NEEDS),
        ));
    }
    Ok(())
}

/// When its deadline is looked at for the first time: once four fifths of the
/// time are over.
fn first_alarm(document: &Map<String, Value>, now: Time) -> Option<Time> {
    let deadline = document.get("deadline").and_then(Value::as_str)?;
    let left = calendar::read(deadline)?.0.saturating_sub(now.0).max(0);
    Some(Time(now.0.saturating_add(left / 5 * 4)))
}

pub(super) fn title_taken(title: &str) -> Error {
    Error::conflict(
        "title_taken",
        format!(
            "a task with the title \"{title}\" already exists and has not ended: wait for it, or choose another title"
        ),
    )
}

fn unknown_need(name: &str) -> Error {
    Error::field(
        "dependsOn",
        format!("names \"{name}\", which is neither the id nor the title of a task here"),
    )
}

/// Writes a job for a caller.
#[derive(Clone, Debug, Default)]
pub struct Create {
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// The name of the agent that does it.
    pub agent: String,
    /// A name that it shares with others.
    pub group: Option<String>,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Ids or titles of jobs that must be done first.
    pub needs: Vec<String>,
    /// Everything else, as it came.
    pub fields: Map<String, Value>,
}

impl Op for Create {
    type Output = Value;
    operation!("jobs.create", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let Self {
            title,
            description,
            agent,
            group,
            is_draft,
            needs,
            fields,
        } = self;
        let mut found = Vec::with_capacity(needs.len().min(limits::JOB_NEEDS));
        for name in needs.iter().take(limits::JOB_NEEDS + 1) {
            let id = named(cx, &environment, name).await?;
            if !found.contains(&id) {
                found.push(id);
            }
        }
        let new = NewJob {
            title,
            description,
            agent,
            group,
            mission: None,
            held: false,
            is_draft,
            needs: found,
            place: 0,
            fields,
        };
        let job = create(cx, &environment, new).await?;
        Ok(super::shown(&job))
    }
}

/// The job of this id or, where there is none, of this title.
async fn named(cx: &mut Cx<'_>, environment: &Environment, name: &str) -> Result<JobId> {
    if let Some(id) = JobId::parse(name)
        && jobs::find(cx.tx, environment.id, id).await?.is_some()
    {
        return Ok(id);
    }
    let titled = jobs::titled(cx.tx, environment.id, name).await?;
    titled.ok_or_else(|| unknown_need(name))
}
