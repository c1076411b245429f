//! What the user might say next, where the caller wants to show it: the model
//! is asked once more, and nothing is suggested where that fails.

use domain::{limits, text};
use serde_json::{Map, Value, json};

use super::open::Chat;
use super::tally::{Outcome, Tally};
use crate::App;
use crate::ports::agents::{Steering, Toolbox, Turn};

/// Suggestions at most.
const MOST: usize = 4;
const ASK: &str = "Suggest up to three short messages that the user might send next. Answer with nothing but a JSON \
    array of objects with two texts each: \"label\", at most five words, and \"prompt\", the message itself.";

/// Adds suggestions to an answer that came to its end.
pub(super) async fn add(app: &App, chat: &Chat, mut messages: Vec<Value>, outcome: &mut Outcome) {
    let Ok(whole) = &mut outcome.answer else {
        return;
    };
    let Ok(agents) = app.agents() else { return };
    if whole.finished.reason != "stop" {
        return;
    }
    messages.push(json!({ "role": "assistant", "content": whole.text }));
    messages.push(json!({ "role": "user", "content": ASK }));
    let turn = Turn {
        environment: chat.environment,
        run: chat.run,
        agent: None,
        model: chat.model.clone(),
        messages,
        request: Map::new(),
        client_tools: Vec::new(),
        toolbox: Toolbox::Empty,
        most_calls: 1,
        attended: Some(Steering::default()),
    };
    let mut pieces = agents.begin(app, turn);
    let mut tally = Tally::default();
    while let Some(piece) = pieces.recv().await {
        tally.take(piece, false);
    }
    let said = tally.outcome();
    outcome.usage = outcome.usage.plus(said.usage);
    whole.finished.usage = outcome.usage;
    whole.suggestions = said.answer.map(|it| read(&it.text)).unwrap_or_default();
}

/// The suggestions in what a model said, which may have a fence around them.
fn read(said: &str) -> Vec<Value> {
    let list = said.find('[').zip(said.rfind(']'));
    let list = list.and_then(|(from, to)| said.get(from..=to));
    let list: Vec<Value> = list
        .and_then(|list| serde_json::from_str(list).ok())
        .unwrap_or_default();
    let texts = list.iter().filter_map(|it| {
        let label = it["label"].as_str()?.trim();
        let prompt = it["prompt"].as_str().unwrap_or(label).trim();
        (!label.is_empty()).then(|| (label.to_owned(), prompt.to_owned()))
    });
    (1..)
        .zip(texts.take(MOST))
        .map(|(number, (label, prompt))| {
            json!({
                "id": format!("suggestion-{number}"),
                "label": text::cut(label, limits::NAME_CHARS),
                "prompt": text::cut(prompt, limits::SUMMARY_CHARS),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn suggestions_are_found_in_what_was_said() {
        let said = "```json\n[{\"label\": \"More\", \"prompt\": \"Tell me more\"}, {\"x\": 1}, {\"label\": \"Stop\"}]\n```";
        let found = read(said);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (&found[0]["id"], &found[0]["prompt"]),
            (&"suggestion-1".into(), &"Tell me more".into())
        );
        assert_eq!(found[1]["prompt"], "Stop");
        for nothing in ["", "no", "]x[", "[1"] {
            assert!(read(nothing).is_empty(), "{nothing}");
        }
    }
}
