//! Three reviewers look at a result, independently, and agree on scores
//! (Polpo 3.2).

use app::App;
use app::ops::jobs::{Sheet, Taken};
use app::ports::agents::{Finish, Piece, Toolbox, Turn};
use domain::assessment::{
    Dimension, THRESHOLD, agreed, default_dimensions, is_score, nearest, overall,
};
use serde_json::{Map, Value, json};

use super::mask::shortened;
use super::question::json_in;

/// How many look at it.
const REVIEWERS: usize = 3;
/// Calls of a model that one may make to look around.
const CALLS: u32 = 20;
/// Bytes of what a reviewer says that are kept.
const SAID_BYTES: usize = 256 << 10;
/// Characters of the result that a reviewer is shown.
const SHOWN_CHARS: usize = 30_000;
const TOOL: &str = "submit_review";

/// What the reviewers agreed on.
#[derive(Clone, Debug)]
pub(super) struct Reviewed {
    /// Whether the score suffices.
    pub(super) passed: bool,
    /// By dimension, with weights and reasons.
    pub(super) scores: Vec<Value>,
    /// Of all of them together.
    pub(super) global_score: f64,
    /// What it had to be.
    pub(super) threshold: f64,
    /// Why, in words.
    pub(super) reasoning: String,
    /// What each of them gave.
    pub(super) reviewers: Vec<Value>,
}

/// A score and why.
type Score = (f64, String);

/// What one reviewer gave, by dimension.
type Review = Vec<Option<Score>>;

/// Has a result reviewed; where all reviewers fail, once more.
pub(super) async fn review(
    app: &App,
    taken: &Taken,
    sheet: &Sheet,
    expectation: &Value,
) -> Result<Reviewed, String> {
    let dimensions = dimensions(expectation);
    let threshold = expectation.get("threshold").and_then(Value::as_f64);
    let desk = Desk {
        app,
        taken,
        question: question(sheet, expectation, &dimensions),
        dimensions: &dimensions,
    };
    for _ in 0..2 {
        let reviews = futures_util::future::join_all((0..REVIEWERS).map(|_| desk.review())).await;
        let reviews: Vec<_> = reviews.into_iter().flatten().collect();
        if let Some(reviewed) = agree(&dimensions, &reviews, threshold.unwrap_or(THRESHOLD)) {
            return Ok(reviewed);
        }
    }
    Err("no reviewer came to a verdict that can be read".into())
}

fn dimensions(expectation: &Value) -> Vec<Dimension> {
    let Some(given) = expectation.get("dimensions").and_then(Value::as_array) else {
        return default_dimensions();
    };
    let text = |value: &Value, field: &str| {
        let text = value.get(field).and_then(Value::as_str);
        text.unwrap_or("").to_owned()
    };
    let dimension = |value: &Value| Dimension {
        name: text(value, "name"),
        description: format!("{} {}", text(value, "description"), rubric(value)),
        weight: value.get("weight").and_then(Value::as_f64).unwrap_or(0.0),
    };
    given.iter().map(dimension).collect()
}

fn rubric(dimension: &Value) -> String {
    match dimension.get("rubric") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// What a reviewer is asked.
fn question(sheet: &Sheet, expectation: &Value, dimensions: &[Dimension]) -> String {
    let original = sheet.text("originalDescription");
    let task = if original.is_empty() {
        sheet.text("description")
    } else {
        original
    };
    let result = sheet.document.get("result");
    let stdout = result.and_then(|result| result.get("stdout")?.as_str());
    let stdout: String = stdout.unwrap_or("").chars().take(SHOWN_CHARS).collect();
    let mut asked = format!(
        "The task \"{}\":\n{task}\n\nWhat its agent answered:\n{stdout}\n",
        sheet.job.title
    );
    let made = sheet
        .list("_filesCreated")
        .iter()
        .chain(sheet.list("_filesEdited"));
    let made: Vec<_> = made.filter_map(Value::as_str).collect();
    if !made.is_empty() {
        asked += &format!("\nFiles that were made or changed: {}\n", made.join(", "));
    }
    if let Some(criteria) = expectation.get("criteria").and_then(Value::as_str) {
        asked += &format!("\nWhat it is judged by:\n{criteria}\n");
    }
    asked += "\nScore each of these from 1 (worst) to 5 (best):\n";
    for dimension in dimensions {
        asked += &format!("- {}: {}\n", dimension.name, dimension.description);
    }
    asked
}

const PROMPT: &str = "You review the result of a task that somebody else did. Look at the files that matter with your \
tools before you judge; be strict and fair. When you know enough, call submit_review, or answer with JSON alone: \
{\"scores\": [{\"dimension\": \"...\", \"score\": 1 to 5, \"reasoning\": \"...\"}], \"summary\": \"...\"}.";

/// What all reviewers of a result have before them.
struct Desk<'a> {
    app: &'a App,
    taken: &'a Taken,
    question: String,
    dimensions: &'a [Dimension],
}

impl Desk<'_> {
    /// One reviewer: it looks around and judges; where what it says cannot be
    /// read, it is asked once more for the scores alone.
    async fn review(&self) -> Option<Review> {
        let mut messages = vec![
            json!({ "role": "system", "content": PROMPT }),
            json!({ "role": "user", "content": self.question }),
        ];
        let said = self.ask(messages.clone(), true).await?;
        if let Some(review) = self.read(&said) {
            return Some(review);
        }
        messages.push(json!({ "role": "assistant", "content": shortened(&said) }));
        messages.push(
            json!({ "role": "user", "content": "Now give your scores by calling submit_review." }),
        );
        let said = self.ask(messages, false).await?;
        self.read(&said)
    }

    /// What a reviewer says: the arguments of its call, or its text.
    async fn ask(&self, messages: Vec<Value>, may_look: bool) -> Option<String> {
        let agents = self.app.agents().ok()?;
        let model = self
            .taken
            .judge
            .clone()
            .or_else(|| agents.default_model())?;
        let mut request = Map::new();
        if !may_look {
            let choice = json!({ "type": "function", "function": { "name": TOOL } });
            request.insert("tool_choice".into(), choice);
        }
        let turn = Turn {
            environment: self.taken.holding.environment,
            run: self.taken.holding.run,
            agent: self.taken.worker.clone().filter(|_| may_look),
            model,
            messages,
            request,
            client_tools: vec![tool(self.dimensions)],
            toolbox: if may_look {
                Toolbox::Reading
            } else {
                Toolbox::Empty
            },
            most_calls: if may_look { CALLS } else { 1 },
            attended: None,
        };
        let mut pieces = agents.begin(self.app, turn);
        let mut said = String::new();
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Text(text) if said.len() < SAID_BYTES => said.push_str(&text),
                Piece::End(end) => {
                    return match end.finish {
                        Finish::ClientTools(calls) => Some(arguments(&calls).unwrap_or(said)),
                        Finish::Stop | Finish::Length | Finish::Exhausted => Some(said),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        None
    }

    /// The scores in what a reviewer said; nothing where there is none.
    fn read(&self, said: &str) -> Option<Review> {
        let given = json_in(said)?;
        let review: Review = self
            .dimensions
            .iter()
            .map(|dimension| score(&given, &dimension.name))
            .collect();
        review.iter().any(Option::is_some).then_some(review)
    }
}

/// The arguments of the call by which scores are given.
fn arguments(calls: &[Value]) -> Option<String> {
    let call = calls.iter().find(|call| call["function"]["name"] == TOOL)?;
    match &call["function"]["arguments"] {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// The score of one dimension, from a list of scores or an object of them.
fn score(given: &Value, dimension: &str) -> Option<Score> {
    let scores = given.get("scores").unwrap_or(given);
    let found = match scores {
        Value::Array(list) => list.iter().find(|entry| entry["dimension"] == dimension),
        Value::Object(fields) => fields.get(dimension),
        _ => None,
    }?;
    let number = found.as_f64().or_else(|| found.get("score")?.as_f64())?;
    let reasoning = found.get("reasoning").and_then(Value::as_str);
    is_score(number).then(|| (number, reasoning.unwrap_or("").to_owned()))
}

fn tool(dimensions: &[Dimension]) -> Value {
    let names: Vec<_> = dimensions.iter().map(|d| d.name.as_str()).collect();
    json!({
        "type": "function",
        "function": {
            "name": TOOL,
            "description": "Gives your scores.",
            "parameters": {
                "type": "object",
                "required": ["scores"],
                "properties": {
                    "summary": { "type": "string" },
                    "scores": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["dimension", "score", "reasoning"],
                            "properties": {
                                "dimension": { "type": "string", "enum": names },
                                "score": { "type": "number", "minimum": 1, "maximum": 5 },
                                "reasoning": { "type": "string" },
                            },
                        },
                    },
                },
            },
        },
    })
}

/// What several reviews come to together; nothing where there is none.
fn agree(dimensions: &[Dimension], reviews: &[Review], threshold: f64) -> Option<Reviewed> {
    let mut scores = Vec::new();
    let mut weighted = Vec::new();
    let mut reasons = Vec::new();
    for (place, dimension) in dimensions.iter().enumerate() {
        let given: Vec<_> = reviews
            .iter()
            .filter_map(|review| review.get(place)?.clone())
            .collect();
        let numbers: Vec<_> = given.iter().map(|(number, _)| *number).collect();
        let Some(score) = agreed(&numbers) else {
            continue;
        };
        let reason = nearest(&numbers, score).and_then(|nearest| given.get(nearest));
        let reason = reason.map_or("", |(_, reason)| reason.as_str());
        weighted.push((dimension.weight, score));
        reasons.push(format!("{}: {score} ({reason})", dimension.name));
        scores.push(json!({
            "dimension": dimension.name,
            "score": score,
            "weight": dimension.weight,
            "reasoning": reason,
        }));
    }
    let global_score = overall(&weighted)?;
    Some(Reviewed {
        passed: global_score >= threshold,
        scores,
        global_score,
        threshold,
        reasoning: reasons.join("\n"),
        reviewers: reviewers(dimensions, reviews),
    })
}

fn reviewers(dimensions: &[Dimension], reviews: &[Review]) -> Vec<Value> {
    let one =
        |(index, review): (usize, &Review)| {
            let scores = dimensions.iter().zip(review).filter_map(|(dimension, score)| {
            let (score, reasoning) = score.as_ref()?;
            Some(json!({ "dimension": dimension.name, "score": score, "reasoning": reasoning }))
        });
            json!({ "reviewer": index + 1, "scores": scores.collect::<Vec<_>>() })
        };
    reviews.iter().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{Review, agree, score};
    use domain::assessment::default_dimensions;
    use serde_json::json;

    #[test]
    fn scores_are_read_in_both_forms() {
        let list = json!({ "scores": [{ "dimension": "a", "score": 4, "reasoning": "r" }] });
        assert_eq!(score(&list, "a"), Some((4.0, "r".into())));
        let map = json!({ "scores": { "a": 3.5, "b": { "score": 2 } } });
        assert_eq!(score(&map, "a"), Some((3.5, String::new())));
        assert_eq!(score(&map, "b"), Some((2.0, String::new())));
        for bad in [
            json!({ "scores": { "a": 7 } }),
            json!({}),
            json!({ "scores": "a" }),
        ] {
            assert_eq!(score(&bad, "a"), None, "{bad}");
        }
    }

    #[test]
    fn reviewers_agree_by_dimension() {
        let dimensions = default_dimensions();
        let all = |score: f64| -> Review { vec![Some((score, format!("r{score}"))); 4] };
        let reviewed = agree(&dimensions, &[all(4.0), all(4.0), all(1.0)], 3.0).expect("scores");
        assert!(reviewed.passed);
        assert!((reviewed.global_score - 4.0).abs() < 1e-9);
        assert_eq!(reviewed.scores[0]["reasoning"], "r4");
        assert_eq!(reviewed.reviewers.len(), 3);
        assert!(agree(&dimensions, &[], 3.0).is_none());
    }
}
