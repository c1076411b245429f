//! A worker checks an output before handing it in (AGI ATM 4). Nothing is
//! kept.

use domain::Result;
use domain::id::TaskId;
use domain::policy::Actor;

use super::deliver::check_size;
use super::visible;
use crate::ops::tasks::Asked;
use crate::verification::Report;
use crate::{App, Cx, Op};

/// Checks an output against what a task asks.
#[derive(Clone, Debug)]
pub struct Preflight {
    task: TaskId,
    output: String,
    report: Option<Report>,
}

/// What the checks said.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The report; `None` where the task checks nothing.
    pub report: Option<Report>,
}

impl Preflight {
    /// A check of an output, which is JSON.
    pub fn new(task: TaskId, output: String) -> Self {
        Self {
            task,
            output,
            report: None,
        }
    }
}

impl Op for Preflight {
    type Output = Preview;
    operation!("contracts.preflight", Deliver, Reads);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        check_size(&self.output)?;
        let asked = Asked { task: self.task };
        if let Some((brief, _)) = app.call(&Actor::System, asked).await? {
            self.report = Some(app.examine(&brief, &self.output).await?);
        }
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Preview> {
        visible(cx, self.task).await?;
        Ok(Preview {
            report: self.report,
        })
    }
}
