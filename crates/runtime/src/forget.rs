//! Forgets what nobody is shown any more: old entries of environments' logs,
//! notifications, runs of jobs that are not their last one, runs in no session.
//!
//! **Invariant:** a round is bounded. It goes on where the last one of this
//! process ended, and begins anew at the end; two nodes that do the same do no
//! harm.

use app::App;
use app::ops::environments::{Forget, Further};
use app::ops::jobs::ForgetRuns;
use domain::Result;
use domain::id::{EnvironmentId, RunId};
use domain::policy::Actor;

use crate::{PRUNE_EVERY, ticks};

/// Steps of one kind in one round.
const STEPS: usize = 20;

/// How far it has come.
#[derive(Default)]
struct Place {
    environment: Option<EnvironmentId>,
    run: Option<RunId>,
}

/// Forgets, again and again.
pub(crate) async fn forget(app: App) {
    let mut place = Place::default();
    let mut ticks = ticks(PRUNE_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = place.round(&app).await {
            tracing::warn!(%error, "forgetting what is old failed; it is tried again");
        }
    }
}

impl Place {
    async fn round(&mut self, app: &App) -> Result<()> {
        for _ in 0..STEPS {
            let after = self.environment.take();
            match app.call(&Actor::System, Forget { after }).await? {
                Further::Behind(last) => self.environment = last,
                Further::Done => break,
            }
        }
        for _ in 0..STEPS {
            let after = self.run.take();
            self.run = app.call(&Actor::System, ForgetRuns { after }).await?;
            if self.run.is_none() {
                break;
            }
        }
        Ok(())
    }
}
