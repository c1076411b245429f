//! Briefs of tasks, and the skills by which open ones are found.

use domain::brief::{Brief, Hash};
use domain::id::TaskId;
use domain::{Error, Result};

use crate::{Row, Tx, Val, lists};

statements! {
    INSERT = "insert into briefs (task, payload, schema, rules, requirements, verifier, skills, protected, acceptance) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    FIND = "select payload, schema, rules, requirements, verifier, skills, protected, acceptance from briefs where task = $1";
    SKILLS = "select skills from briefs where task = $1";
    ADD_SKILL = "insert into task_skills (skill, task) values ($1, $2) on conflict do nothing";
    DROP_SKILL = "delete from task_skills where skill = $1 and task = $2";
}

/// Writes a brief, and the skills by which its task is found while it is open.
pub async fn insert(tx: &mut Tx, task: TaskId, brief: &Brief) -> Result<()> {
    let Brief {
        payload,
        schema,
        rules,
        requirements,
        verifier,
        skills,
        protected,
        acceptance,
    } = brief;
    let params = vec![
        Val::id(task),
        payload.clone().into(),
        schema.clone().into(),
        rules.clone().into(),
        requirements.clone().into(),
        (*verifier).into(),
        lists::joined(skills),
        lists::joined(protected),
        (*acceptance).into(),
    ];
    tx.write(INSERT, params).await?;
    for skill in skills {
        tx.write(ADD_SKILL, vec![skill.into(), Val::id(task)])
            .await?;
    }
    Ok(())
}

/// A task that is final is not found by its skills any more.
pub async fn forget_skills(tx: &mut Tx, task: TaskId) -> Result<()> {
    let skills = tx.row(SKILLS, vec![Val::id(task)], |row| lists::split(row, 0));
    for skill in skills.await?.unwrap_or_default() {
        tx.write(DROP_SKILL, vec![skill.into(), Val::id(task)])
            .await?;
    }
    Ok(())
}

/// The brief of a task, if it has one.
pub async fn find(tx: &mut Tx, task: TaskId) -> Result<Option<Brief>> {
    tx.row(FIND, vec![Val::id(task)], read).await
}

fn read(row: &Row<'_>) -> Result<Brief> {
    Ok(Brief {
        payload: row.opt_text(0)?,
        schema: row.opt_text(1)?,
        rules: row.opt_text(2)?,
        requirements: row.opt_text(3)?,
        verifier: row.opt_bytes(4)?.map(hash).transpose()?,
        skills: lists::split(row, 5)?,
        protected: lists::split(row, 6)?,
        acceptance: hash(row.bytes(7)?)?,
    })
}

fn hash(bytes: Vec<u8>) -> Result<Hash> {
    bytes.try_into().map_err(|_| Error::internal())
}
