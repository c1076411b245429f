//! What comes next in a run of a mission.

use domain::Result;
use domain::id::MissionId;
use store::tables::environments::Environment;

use crate::Cx;

/// Goes on with a run of a mission after one of its jobs has ended, was made or
/// was removed: lets jobs go that gates, checkpoints and delays held back,
/// pauses, completes.
pub(crate) async fn advance(
    cx: &mut Cx<'_>,
    environment: &Environment,
    mission: MissionId,
    group: &str,
) -> Result<()> {
    let _ = (cx, environment, mission, group);
    Ok(())
}
