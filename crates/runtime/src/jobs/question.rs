//! An agent asked instead of working: a model says whether that is so, and
//! what it is to be told (Polpo 3.1).

use app::App;
use app::ops::jobs::Taken;
use app::ports::agents::{Finish, Piece, Toolbox, Turn};
use serde_json::{Map, Value, json};

const PROMPT: &str = "An agent that works on a task alone, without anybody to ask, has said what follows instead of a \
result. Decide whether it asks something that keeps it from going on. If it does, answer in the name of whoever gave \
the task, with the most sensible assumption. Answer with JSON alone: {\"question\": true or false, \"answer\": \"...\"}.";
/// Bytes of an answer of the model that are looked at.
const ANSWER_BYTES: usize = 64 << 10;

/// What the agent is told; nothing where it asked nothing, or nobody can say.
pub(super) async fn answer(app: &App, taken: &Taken, said: &str) -> Option<String> {
    let task = taken.sheet.text("description");
    let messages = vec![
        json!({ "role": "system", "content": PROMPT }),
        json!({ "role": "user", "content": format!("The task:\n{task}\n\nWhat the agent said:\n{said}") }),
    ];
    let text = asked(app, taken, messages).await?;
    let verdict = json_in(&text)?;
    let is_question = verdict.get("question").and_then(Value::as_bool)?;
    let answer = verdict.get("answer").and_then(Value::as_str)?;
    (is_question && !answer.trim().is_empty()).then(|| answer.to_owned())
}

/// Asks the agent's model something, without tools.
async fn asked(app: &App, taken: &Taken, messages: Vec<Value>) -> Option<String> {
    let agents = app.agents().ok()?;
    let model = taken.judge.clone().or_else(|| agents.default_model())?;
    let turn = Turn {
        environment: taken.holding.environment,
        run: taken.holding.run,
        agent: None,
        model,
        messages,
        request: Map::new(),
        client_tools: Vec::new(),
        toolbox: Toolbox::Empty,
        most_calls: 1,
        attended: None,
    };
    let mut pieces = agents.begin(app, turn);
    let mut text = String::new();
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Text(more) if text.len() < ANSWER_BYTES => text.push_str(&more),
            Piece::End(end) => return matches!(end.finish, Finish::Stop).then_some(text),
            _ => {}
        }
    }
    None
}

/// The first JSON object in a text.
pub(super) fn json_in(text: &str) -> Option<Value> {
    let begins = text.char_indices().filter(|(_, c)| *c == '{');
    let read = |(at, _)| {
        let rest: &str = text.get(at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        values.next()?.ok().filter(Value::is_object)
    };
    begins.take(BEGINNINGS).find_map(read)
}

/// How many beginnings of an object are looked at.
const BEGINNINGS: usize = 50;

#[cfg(test)]
mod tests {
    use super::json_in;
    use serde_json::json;

    #[test]
    fn json_is_found_in_talk() {
        let found = json_in("Well:\n```json\n{\"a\": {\"b\": 1}}\n``` so.");
        assert_eq!(found, Some(json!({ "a": { "b": 1 } })));
        assert_eq!(
            json_in("no { json } here {\"x\":2}"),
            Some(json!({ "x": 2 }))
        );
        assert_eq!(json_in("nothing"), None);
    }
}
