//! The shape of a mission: which job needs which, and what stands between them
//! (Polpo 2.9, 3.3).
//!
//! **Invariant:** a plan without [`causes`] can be executed: every title that
//! is named exists, nothing waits for itself, and what a gate, checkpoint or
//! delay holds back also needs what stands before it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::condition::{Condition, Value};
use crate::error::Detail;
use crate::{Error, Result};

/// A job of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its title, unique in the plan.
    pub title: String,
    /// Titles of the jobs it needs.
    pub needs: Vec<String>,
}

crate::words! {
    /// What stands between jobs; the words are those of the document.
    pub enum Kind {
        /// Lets on once what stands before it is good enough.
        Gate = "qualityGates",
        /// Lets on once somebody says so.
        Checkpoint = "checkpoints",
        /// Lets on after a time.
        Delay = "delays",
    }
}

/// Something between jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// What it is.
    pub kind: Kind,
    /// Its name, unique among its kind.
    pub name: String,
    /// Titles of the jobs that must have ended.
    pub after: Vec<String>,
    /// Titles of the jobs that it holds back.
    pub blocks: Vec<String>,
}

/// Everything that is wrong with the shape of a plan, in the order of the
/// document.
pub fn causes(steps: &[Step], barriers: &[Barrier]) -> Vec<Detail> {
    let mut causes = Vec::new();
    let titles = titles(steps, &mut causes);
    for (index, step) in steps.iter().enumerate() {
        for need in &step.needs {
            let problem = match need {
                need if *need == step.title => "names the task itself".to_owned(),
                need if titles.contains_key(need.as_str()) => continue,
                need => format!("names \"{need}\", which is no task of this mission"),
            };
            push(&mut causes, format!("tasks[{index}].dependsOn"), problem);
        }
    }
    let ring = circle(steps);
    if !ring.is_empty() {
        let problem = format!("wait for each other in a circle: {}", ring.join(", "));
        push(&mut causes, "tasks", problem);
    }
    for kind in Kind::ALL {
        let of_kind = barriers.iter().filter(|barrier| barrier.kind == kind);
        check_barriers(of_kind, steps, &titles, &mut causes);
    }
    causes
}

fn push(
    causes: &mut Vec<Detail>,
    field: impl Into<Cow<'static, str>>,
    problem: impl Into<Cow<'static, str>>,
) {
    causes.push(Detail {
        field: field.into(),
        rule: Cow::Borrowed(""),
        problem: problem.into(),
    });
}

/// Where each title stands; a second task of a title is a cause.
fn titles<'a>(steps: &'a [Step], causes: &mut Vec<Detail>) -> BTreeMap<&'a str, usize> {
    let mut titles = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        if titles.insert(step.title.as_str(), index).is_some() {
            let problem = format!("\"{}\" is the title of another task, too", step.title);
            push(causes, format!("tasks[{index}].title"), problem);
        }
    }
    titles
}

fn check_barriers<'a>(
    barriers: impl Iterator<Item = &'a Barrier>,
    steps: &[Step],
    titles: &BTreeMap<&str, usize>,
    causes: &mut Vec<Detail>,
) {
    let mut names = BTreeSet::new();
    for (index, barrier) in barriers.enumerate() {
        let place = format!("{}[{index}]", barrier.kind.as_str());
        if !names.insert(&barrier.name) {
            let problem = format!("\"{}\" is the name of another one, too", barrier.name);
            push(causes, format!("{place}.name"), problem);
        }
        for (list, key) in [
            (&barrier.after, "afterTasks"),
            (&barrier.blocks, "blocksTasks"),
        ] {
            if list.is_empty() {
                push(causes, format!("{place}.{key}"), "must name a task");
            }
            for title in list.iter().filter(|t| !titles.contains_key(t.as_str())) {
                let problem = format!("names \"{title}\", which is no task of this mission");
                push(causes, format!("{place}.{key}"), problem);
            }
        }
        for blocked in &barrier.blocks {
            let Some(step) = titles.get(blocked.as_str()).and_then(|at| steps.get(*at)) else {
                continue;
            };
            let missing = |after: &&String| !step.needs.contains(after);
            let known = barrier
                .after
                .iter()
                .filter(|a| titles.contains_key(a.as_str()));
            for after in known.filter(missing) {
                let problem = format!("\"{blocked}\" must have \"{after}\" in its dependsOn, too");
                push(causes, format!("{place}.blocksTasks"), problem);
            }
        }
    }
}

/// Titles of tasks that can never begin because they wait for each other.
fn circle(steps: &[Step]) -> Vec<&str> {
    let ordered: BTreeSet<_> = order(steps).into_iter().collect();
    let stuck = steps.iter().enumerate();
    stuck
        .filter(|(index, _)| !ordered.contains(index))
        .map(|(_, step)| step.title.as_str())
        .collect()
}

/// The places of the tasks in an order in which each comes behind what it
/// needs, otherwise as they are written. Those in a circle, and those behind
/// one, are missing. What a task says of itself or of no task is passed over.
pub fn order(steps: &[Step]) -> Vec<usize> {
    let places: BTreeMap<_, _> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| (step.title.as_str(), index))
        .collect();
    let mut waiting: Vec<BTreeSet<usize>> = Vec::with_capacity(steps.len());
    let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.iter().enumerate() {
        let needs = step.needs.iter().filter_map(|n| places.get(n.as_str()));
        let needs: BTreeSet<_> = needs.copied().filter(|need| *need != index).collect();
        for need in &needs {
            followers.entry(*need).or_default().push(index);
        }
        waiting.push(needs);
    }
    let free = |(index, needs): (usize, &BTreeSet<usize>)| needs.is_empty().then_some(index);
    let mut ready: BTreeSet<_> = waiting.iter().enumerate().filter_map(free).collect();
    let mut ordered = Vec::with_capacity(steps.len());
    while let Some(index) = ready.pop_first() {
        ordered.push(index);
        for follower in followers.get(&index).into_iter().flatten() {
            let Some(needs) = waiting.get_mut(*follower) else {
                continue;
            };
            needs.remove(&index);
            if needs.is_empty() {
                ready.insert(*follower);
            }
        }
    }
    ordered
}

/// How a job that stands before a barrier came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Whether it was done, once it has ended.
    pub done: Option<bool>,
    /// Its score, where it was given one.
    pub score: Option<f64>,
}

/// Whether nothing before a barrier goes on any more.
pub fn has_ended(before: &[Outcome]) -> bool {
    before.iter().all(|outcome| outcome.done.is_some())
}

/// The average of the scores that were given.
pub fn average(scores: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for score in scores.flatten() {
        sum += score;
        count = count.saturating_add(1);
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// What the condition of a quality gate may name: how the jobs before it came
/// out.
///
/// | name | it is |
/// |---|---|
/// | `total`, `done`, `failed` | how many jobs there are, were done, have failed |
/// | `allPassed` | whether all of them were done |
/// | `scored` | how many were given a score |
/// | `avgScore`, `minScore`, `maxScore` | of the scores; null where there is none |
pub const GATE_PATHS: &[&str] = &[
    "total",
    "done",
    "failed",
    "allPassed",
    "scored",
    "avgScore",
    "minScore",
    "maxScore",
];

/// Reads the condition of a quality gate.
///
/// # Errors
/// `Invalid` when it is none, or names what there is not.
pub fn gate_condition(text: &str) -> Result<Condition> {
    let condition = Condition::parse(text)?;
    let unknown = condition.paths().find(|path| !GATE_PATHS.contains(path));
    match unknown {
        None => Ok(condition),
        Some(path) => Err(Error::field(
            "condition",
            format!(
                "names \"{path}\", which a quality gate does not know: it knows {}",
                GATE_PATHS.join(", ")
            ),
        )),
    }
}

/// What a path of a gate's condition leads to.
fn find(path: &str, before: &[Outcome]) -> Value {
    let count = |fits: fn(&Outcome) -> bool| {
        let count = before.iter().filter(|outcome| fits(outcome)).count();
        // Far fewer jobs than a number can count.
        Value::Number(count as f64)
    };
    let scores = || before.iter().filter_map(|outcome| outcome.score);
    let number = |score: Option<f64>| score.map_or(Value::Null, Value::Number);
    match path {
        "total" => count(|_| true),
        "done" => count(|outcome| outcome.done == Some(true)),
        "failed" => count(|outcome| outcome.done == Some(false)),
        "allPassed" => Value::Bool(before.iter().all(|outcome| outcome.done == Some(true))),
        "scored" => count(|outcome| outcome.score.is_some()),
        "avgScore" => number(average(scores().map(Some))),
        "minScore" => number(scores().reduce(f64::min)),
        "maxScore" => number(scores().reduce(f64::max)),
        _ => Value::Null,
    }
}

/// What a quality gate asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standard {
    /// That everything before it was done.
    pub all_passed: bool,
    /// An average score of at least this. Where nothing was scored it is not
    /// reached.
    pub min_score: Option<f64>,
    /// What else must hold, with its text.
    pub condition: Option<(String, Condition)>,
}

/// What a quality gate says.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Something before it goes on.
    Open,
    /// It is good enough.
    Passed(Option<f64>),
    /// It is not, and why.
    Failed(Option<f64>, String),
}

impl Standard {
    /// Judges what stands before a gate.
    pub fn judge(&self, before: &[Outcome]) -> Verdict {
        if !has_ended(before) {
            return Verdict::Open;
        }
        let average = average(before.iter().map(|outcome| outcome.score));
        let failed = before.iter().filter(|outcome| outcome.done == Some(false));
        let failed = failed.count();
        if self.all_passed && failed > 0 {
            let reason = format!("{failed} of {} tasks failed", before.len());
            return Verdict::Failed(average, reason);
        }
        match (self.min_score, average) {
            (Some(wanted), Some(average)) if average < wanted => Verdict::Failed(
                Some(average),
                format!("the average score {average:.2} is below {wanted:.2}"),
            ),
            (Some(wanted), None) => Verdict::Failed(
                None,
                format!("no task was scored, and {wanted:.2} is asked"),
            ),
            _ => match &self.condition {
                Some((text, condition)) if !condition.holds(|path| find(path, before)) => {
                    Verdict::Failed(average, format!("the condition does not hold: {text}"))
                }
                _ => Verdict::Passed(average),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Barrier, Kind, Outcome, Standard, Step, Verdict, causes, gate_condition, order};

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn step(title: &str, needs: &[&str]) -> Step {
        Step {
            title: title.into(),
            needs: texts(needs),
        }
    }

    fn barrier(kind: Kind, name: &str, after: &[&str], blocks: &[&str]) -> Barrier {
        Barrier {
            kind,
            name: name.into(),
            after: texts(after),
            blocks: texts(blocks),
        }
    }

    fn problems(steps: &[Step], barriers: &[Barrier]) -> Vec<String> {
        let causes = causes(steps, barriers).into_iter();
        causes
            .map(|cause| format!("{}: {}", cause.field, cause.problem))
            .collect()
    }

    #[test]
    fn what_is_needed_may_stand_behind_and_comes_first() {
        let steps = [step("c", &["b"]), step("b", &["a"]), step("a", &[])];
        assert_eq!(order(&steps), [2, 1, 0]);
        assert!(problems(&steps, &[]).is_empty());
        let independent = [step("x", &[]), step("y", &[]), step("z", &[])];
        assert_eq!(order(&independent), [0, 1, 2]);
    }

    #[test]
    fn every_cause_is_told() {
        let steps = [
            step("a", &["a"]),
            step("b", &["c", "x"]),
            step("c", &["b"]),
            step("a", &[]),
        ];
        let barriers = [
            barrier(Kind::Delay, "d", &[], &["b"]),
            barrier(Kind::Gate, "g", &["a"], &["b", "y"]),
            barrier(Kind::Gate, "g", &["b"], &["c"]),
        ];
        assert_eq!(
            problems(&steps, &barriers),
            [
                "tasks[3].title: \"a\" is the title of another task, too",
                "tasks[0].dependsOn: names the task itself",
                "tasks[1].dependsOn: names \"x\", which is no task of this mission",
                "tasks: wait for each other in a circle: b, c",
                "qualityGates[0].blocksTasks: names \"y\", which is no task of this mission",
                "qualityGates[0].blocksTasks: \"b\" must have \"a\" in its dependsOn, too",
                "qualityGates[1].name: \"g\" is the name of another one, too",
                "delays[0].afterTasks: must name a task",
            ]
        );
    }

    #[test]
    fn gates_judge_what_has_ended() {
        let outcome = |done, score| Outcome { done, score };
        let good = outcome(Some(true), Some(4.0));
        let poor = outcome(Some(true), Some(2.0));
        let bad = outcome(Some(false), None);
        let open = outcome(None, None);
        let all = Standard {
            all_passed: true,
            ..Standard::default()
        };
        let three = Standard {
            min_score: Some(3.0),
            ..Standard::default()
        };
        let condition = |text: &str| Standard {
            condition: Some((text.to_owned(), gate_condition(text).unwrap())),
            ..Standard::default()
        };
        let (few, high) = (
            condition("failed <= 1 && minScore >= 2"),
            condition("avgScore > 3.5 || total == 1"),
        );
        let passes = |standard: &Standard, before: &[Outcome]| match standard.judge(before) {
            Verdict::Open => None,
            Verdict::Passed(_) => Some(true),
            Verdict::Failed(..) => Some(false),
        };
        for (standard, before, expected) in [
            (&all, vec![good, open], None),
            (&all, vec![good, poor], Some(true)),
            (&all, vec![good, bad], Some(false)),
            (&three, vec![good, poor], Some(true)),
            (&three, vec![poor, bad], Some(false)),
            (&three, vec![good, bad], Some(true)),
            (&three, vec![bad], Some(false)),
            (&Standard::default(), vec![bad], Some(true)),
            (&few, vec![good, bad], Some(true)),
            (&few, vec![bad, bad, good], Some(false)),
            (&few, vec![bad], Some(false)),
            (&high, vec![good, poor], Some(false)),
            (&high, vec![bad], Some(true)),
        ] {
            assert_eq!(
                passes(standard, &before),
                expected,
                "{standard:?} {before:?}"
            );
        }
        for bad in ["failed", "failed <", "coverage > 3", "avgScore >= 3; drop"] {
            assert!(gate_condition(bad).is_err(), "{bad}");
        }
        assert_eq!(three.judge(&[good, poor]), Verdict::Passed(Some(3.0)));
    }
}
