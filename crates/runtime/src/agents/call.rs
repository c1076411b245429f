//! One call of a model, passed on bit by bit.

use std::collections::BTreeMap;
use std::time::Duration;

use app::ports::agents::{Piece, ToolCall, ToolState};
use domain::{Error, Result, limits};
use serde_json::Value;
use tokio::time::timeout;

use super::Work;
use crate::models::{Answering, Bit, Chosen, Ending, Question};
use crate::tools::Tools;

/// What a model said in one call.
#[derive(Default)]
pub(super) struct Said {
    /// The text.
    pub(super) text: String,
    /// Tools that it wants called.
    pub(super) calls: Vec<Wanted>,
    /// Whether it was cut off by a limit of length.
    pub(super) is_cut: bool,
    /// The call that each of the model's numbers stands for at the moment:
    /// some give the same number to several.
    places: BTreeMap<usize, usize>,
}

/// A tool that a model wants called.
#[derive(Default)]
pub(super) struct Wanted {
    /// The model's id for the call.
    pub(super) id: String,
    /// The tool.
    pub(super) name: String,
    /// Its arguments, JSON as the model wrote it.
    pub(super) arguments: String,
    is_told: bool,
}

impl Work {
    /// Asks the model, and further ones of the agent's where it cannot be
    /// asked.
    pub(super) async fn call(&mut self, tools: &Tools, messages: &[Value]) -> Result<Said> {
        let within = Duration::from_secs(limits::MODEL_CALL_S);
        let call = timeout(within, self.try_call(tools, messages));
        call.await.unwrap_or_else(|_| {
            Err(Error::upstream(
                "upstream_silent",
                format!(
                    "the model did not come to an end within {} s",
                    limits::MODEL_CALL_S
                ),
            ))
        })
    }

    async fn try_call(&mut self, tools: &Tools, messages: &[Value]) -> Result<Said> {
        let offered = self.offered(tools);
        let request = std::mem::take(&mut self.turn.request);
        let question = Question {
            messages,
            tools: &offered,
            request: &request,
        };
        let answering = self.ask(&question).await;
        self.turn.request = request;
        self.listen(answering?).await
    }

    /// The first model that can be asked.
    async fn ask(&self, question: &Question<'_>) -> Result<Answering> {
        let mut outcome = self.models.choose(&self.turn.model)?.ask(question).await;
        for model in self.fallbacks() {
            if outcome.is_ok() {
                break;
            }
            if let Ok(chosen) = self.models.choose(&model) {
                outcome = Chosen::ask(&chosen, question).await;
            }
        }
        outcome
    }

    /// Models to ask where the agent's first one fails (Polpo 4).
    fn fallbacks(&self) -> Vec<String> {
        let model = self
            .turn
            .agent
            .as_ref()
            .and_then(|it| it.document.get("model"));
        let listed = model.and_then(|model| model.get("fallbacks")?.as_array());
        let texts = listed.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// The agent's own tools and those of the caller, which come first where
    /// both have a name.
    fn offered(&self, tools: &Tools) -> Vec<Value> {
        let own = tools.specs().iter();
        let own = own.filter(|spec| !name_of(spec).is_some_and(|name| self.is_callers(name)));
        own.chain(&self.turn.client_tools).cloned().collect()
    }

    /// Whether a tool is one of the caller's.
    pub(super) fn is_callers(&self, name: &str) -> bool {
        let mut names = self.turn.client_tools.iter().filter_map(name_of);
        names.any(|known| known == name)
    }

    async fn listen(&mut self, mut answering: Answering) -> Result<Said> {
        let mut said = Said::default();
        while let Some(bit) = answering.next().await? {
            match bit {
                Bit::Text(text) => {
                    said.text.push_str(&text);
                    if said.text.len() > limits::MODEL_ANSWER_BYTES {
                        return Err(too_long());
                    }
                    self.tell(Piece::Text(text)).await;
                }
                Bit::Thinking(text) => self.tell(Piece::Thinking(text)).await,
                Bit::Tool {
                    index,
                    id,
                    name,
                    arguments,
                } => {
                    let wanted = said.wanted(index, id.as_deref())?;
                    wanted.add(id, name, &arguments)?;
                    self.prepare(wanted).await;
                }
                Bit::End(ending) => {
                    self.note(ending, &mut said);
                    return Ok(said);
                }
            }
        }
        Err(Error::internal())
    }

    /// Tells once that a tool will be called.
    async fn prepare(&self, wanted: &mut Wanted) {
        if wanted.is_told || wanted.name.is_empty() || self.is_callers(&wanted.name) {
            return;
        }
        wanted.is_told = true;
        self.tell(Piece::Tool(ToolCall {
            id: wanted.id.clone(),
            name: wanted.name.clone(),
            arguments: Value::Null,
            result: None,
            state: ToolState::Preparing,
        }))
        .await;
    }

    fn note(&mut self, ending: Ending, said: &mut Said) {
        said.is_cut = ending.is_cut;
        self.used = self.used.plus(ending.usage);
        self.fingerprint = ending.fingerprint.or_else(|| self.fingerprint.take());
    }
}

impl Said {
    /// The call that a bit belongs to.
    fn wanted(&mut self, index: usize, id: Option<&str>) -> Result<&mut Wanted> {
        let known = self.places.get(&index).copied();
        let known = known.filter(|place| self.calls.get(*place).is_some_and(|it| it.has(id)));
        let place = known.unwrap_or(self.calls.len());
        if place >= limits::TOOLS_AT_ONCE {
            return Err(too_long());
        }
        if known.is_none() {
            self.places.insert(index, place);
            self.calls.push(Wanted {
                id: format!("call_{}", place + 1),
                ..Wanted::default()
            });
        }
        self.calls.get_mut(place).ok_or_else(Error::internal)
    }
}

impl Wanted {
    /// Whether a bit with this id is one of this call.
    fn has(&self, id: Option<&str>) -> bool {
        let other = id.filter(|id| !id.is_empty() && *id != self.id);
        other.is_none() || self.name.is_empty()
    }

    fn add(&mut self, id: Option<String>, name: Option<String>, arguments: &str) -> Result<()> {
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            self.id = id;
        }
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.name = name;
        }
        self.arguments.push_str(arguments);
        if self.arguments.len() > limits::MODEL_ANSWER_BYTES {
            return Err(too_long());
        }
        Ok(())
    }
}

/// The name of a tool in OpenAI's form.
fn name_of(spec: &Value) -> Option<&str> {
    spec["function"]["name"].as_str()
}

fn too_long() -> Error {
    Error::upstream(
        "upstream_nonsense",
        "the model does not come to an end: its answer is longer than any real one",
    )
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn bits_of_calls_are_put_together() {
        let mut said = Said::default();
        for (index, id, name, arguments) in [
            (0, Some("a"), Some("ls"), "{\"p"),
            (0, None, None, "\":1}"),
            (1, Some("b"), Some("pwd"), ""),
            // Some providers call everything the first.
            (0, Some("c"), Some("cat"), "{"),
            (0, Some("c"), None, "}"),
        ] {
            let wanted = said.wanted(index, id).expect("few");
            let owned = |text: Option<&str>| text.map(str::to_owned);
            wanted
                .add(owned(id), owned(name), arguments)
                .expect("short");
        }
        let calls: Vec<_> = said
            .calls
            .iter()
            .map(|it| (&*it.id, &*it.name, &*it.arguments))
            .collect();
        assert_eq!(
            calls,
            [
                ("a", "ls", "{\"p\":1}"),
                ("b", "pwd", ""),
                ("c", "cat", "{}")
            ]
        );
        for index in 3..32 {
            assert!(said.wanted(index, None).is_ok());
        }
        assert!(said.wanted(99, None).is_err(), "there is a bound");
    }
}
