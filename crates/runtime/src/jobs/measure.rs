//! What is measured of a job's result: a command prints a number, which must
//! reach a threshold (Polpo 3.2).

use app::App;
use app::ops::jobs::Taken;
use domain::assessment::measured;
use serde_json::{Value, json};

use crate::workspace::{Limits, Workspace};

/// What one metric came to.
pub(super) struct Measured {
    name: String,
    threshold: f64,
    value: Option<f64>,
    /// Whether it reached its threshold.
    pub(super) passed: bool,
    /// In words.
    pub(super) message: String,
}

impl Measured {
    /// As the assessment has it.
    pub(super) fn shown(&self) -> Value {
        let Self {
            name,
            threshold,
            value,
            passed,
            message,
        } = self;
        let mut shown = json!({
            "name": name,
            "threshold": threshold,
            "passed": passed,
            "message": message,
        });
        if let Some(value) = value {
            shown["value"] = json!(value);
        }
        shown
    }
}

/// The name of a metric.
pub(super) fn name(metric: &Value) -> &str {
    text(metric, "name")
}

fn text<'a>(metric: &'a Value, field: &str) -> &'a str {
    metric.get(field).and_then(Value::as_str).unwrap_or("")
}

/// Measures one.
pub(super) async fn measure(app: &App, taken: &Taken, metric: &Value) -> Measured {
    let threshold = metric.get("threshold").and_then(Value::as_f64);
    let threshold = threshold.unwrap_or(0.0);
    let (value, message) = match read(app, taken, text(metric, "command")).await {
        Ok(value) if value >= threshold => (Some(value), format!("{value} reaches {threshold}")),
        Ok(value) => (Some(value), format!("{value} is below {threshold}")),
        Err(why) => (None, why),
    };
    Measured {
        name: name(metric).to_owned(),
        threshold,
        value,
        passed: value.is_some_and(|value| value >= threshold),
        message,
    }
}

/// The number that a command prints.
async fn read(app: &App, taken: &Taken, command: &str) -> Result<f64, String> {
    let told = |error: domain::Error| error.message.to_string();
    let workspace = Workspace::of(app, taken.holding.environment).map_err(told)?;
    let ran = workspace.run(command, Limits::default()).await;
    let ran = ran.map_err(told)?;
    if ran.timed_out {
        return Err("its command ran too long".into());
    }
    if ran.exit_code != 0 {
        return Err(format!(
            "its command ended with exit code {}",
            ran.exit_code
        ));
    }
    let number = measured(&ran.stdout);
    number.ok_or_else(|| "its command's last line does not begin with a number".into())
}
