//! One turn of an agent in a run: it is followed, noted, and cut off when it
//! takes too long or goes silent.

use std::time::Duration;

use app::App;
use app::ops::jobs::{Cut, Ended, Taken};
use app::ports::agents::{End, Finish, Piece, ToolCall, ToolState, Toolbox, Turn};
use domain::Time;
use domain::id::RunId;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::board::{Board, Stop, Stopped};
use super::mask::{masked, shortened};
use crate::ticks;

/// How often a run's clocks are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Milliseconds without a sign of life after which somebody is warned, and
/// after which the run is ended (Polpo 3.1).
const SILENT_MS: (i64, i64) = (5 * 60_000, 10 * 60_000);
/// Calls of a model that an agent may make, unless it says otherwise.
const CALLS: u32 = 150;

/// How a turn came to its end.
pub(super) enum Outcome {
    /// By itself, or cut off by its clocks.
    Ended(Box<Worked>),
    /// Somebody stopped it.
    Stopped(Stop),
}

/// What came of a turn.
pub(super) struct Worked {
    /// For the result.
    pub(super) ended: Ended,
    /// How many tools were called.
    pub(super) tool_calls: u64,
    /// What the agent asked, where it asked by a tool.
    pub(super) asked: Option<String>,
}

/// Lets the agent of a run work.
pub(super) async fn turn(app: &App, board: &Board, taken: &Taken, stop: &mut Stopped) -> Outcome {
    let mut follower = Follower::new(app, board, taken);
    let pieces = match begin(app, taken) {
        Ok(pieces) => pieces,
        Err(why) => return Outcome::Ended(Box::new(follower.failed(why))),
    };
    follower.follow(pieces, stop).await
}

fn begin(app: &App, taken: &Taken) -> Result<mpsc::Receiver<Piece>, String> {
    let agents = app.agents().map_err(|error| error.message.to_string())?;
    let worker = taken.worker.clone();
    let worker = worker.ok_or("the agent of this task is gone: assign it to another one")?;
    let most = worker.document.get("maxTurns").and_then(Value::as_u64);
    let model = taken.model.clone().or_else(|| agents.default_model());
    let model = model
        .ok_or("the agent has no model and the server has no default one: set the agent's model")?;
    let turn = Turn {
        environment: taken.holding.environment,
        run: taken.holding.run,
        agent: Some(worker),
        model,
        messages: taken.messages.clone(),
        request: Map::new(),
        client_tools: Vec::new(),
        toolbox: Toolbox::Working,
        most_calls: most.and_then(|most| most.try_into().ok()).unwrap_or(CALLS),
        attended: None,
    };
    Ok(agents.begin(app, turn))
}

struct Follower<'a> {
    app: &'a App,
    board: &'a Board,
    taken: &'a Taken,
    began: Time,
    last_sign: Time,
    is_warned: bool,
    tool_calls: u64,
    /// Everything that was said, and what was said since the last tool.
    said: (String, String),
}

impl<'a> Follower<'a> {
    fn new(app: &'a App, board: &'a Board, taken: &'a Taken) -> Self {
        let now = app.now();
        Self {
            app,
            board,
            taken,
            began: now,
            last_sign: now,
            is_warned: false,
            tool_calls: 0,
            said: Default::default(),
        }
    }

    fn run(&self) -> RunId {
        self.taken.holding.run
    }

    async fn follow(&mut self, mut pieces: mpsc::Receiver<Piece>, stop: &mut Stopped) -> Outcome {
        let mut looks = ticks(LOOK);
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => {
                    let why = stop.borrow_and_update().unwrap_or(Stop::Ended);
                    return Outcome::Stopped(why);
                }
                piece = pieces.recv() => match piece {
                    Some(Piece::End(end)) => return Outcome::Ended(Box::new(self.end(end))),
                    Some(piece) => self.note(piece),
                    None => {
                        let why = "the turn of the agent broke off".to_owned();
                        return Outcome::Ended(Box::new(self.failed(why)));
                    }
                },
                _ = looks.tick() => if let Some(cut) = self.overrun() {
                    return Outcome::Ended(Box::new(self.cut_off(cut)));
                },
            }
        }
    }

    /// Whether it takes too long or has gone silent.
    fn overrun(&mut self) -> Option<Cut> {
        let now = self.app.now();
        let elapsed = millis(self.began, now);
        let idle = millis(self.last_sign, now);
        if elapsed >= self.taken.most_ms {
            let timeout = self.taken.most_ms;
            return Some(Cut::TimedOut { elapsed, timeout });
        }
        if idle >= SILENT_MS.1 {
            return Some(Cut::Stale { idle });
        }
        if idle >= SILENT_MS.0 && !self.is_warned {
            self.is_warned = true;
            self.board.with(self.run(), |notes| notes.warn(idle));
        }
        None
    }

    fn note(&mut self, piece: Piece) {
        let now = self.app.now();
        self.last_sign = now;
        self.is_warned = false;
        self.app.voices().tell(self.taken.sheet.id(), &piece);
        match piece {
            Piece::Text(text) => {
                self.said.0.push_str(&text);
                self.said.1.push_str(&text);
            }
            Piece::Tool(call) => self.note_tool(call, now),
            Piece::Thinking(_) | Piece::End(_) => {}
        }
    }

    fn note_tool(&mut self, call: ToolCall, now: Time) {
        if call.state == ToolState::Preparing {
            return;
        }
        let spoken = std::mem::take(&mut self.said.1);
        let is_call = matches!(call.state, ToolState::Calling | ToolState::Interrupted);
        self.tool_calls += u64::from(is_call);
        let tool_calls = self.tool_calls;
        let ts = app::iso(now);
        self.board.with(self.run(), |notes| {
            if !spoken.trim().is_empty() {
                let text = shortened(&spoken);
                notes
                    .entries
                    .push(json!({ "ts": ts, "type": "assistant", "text": text }));
            }
            if is_call {
                let input = masked(&call.arguments);
                let file = file_of(&input);
                notes.activity.insert("toolCalls".into(), json!(tool_calls));
                notes.activity.insert("lastTool".into(), json!(call.name));
                let mut told = Map::from_iter([("tool".to_owned(), json!(call.name))]);
                if let Some(file) = file {
                    notes.activity.insert("lastFile".into(), file.clone());
                    told.insert("file".into(), file);
                }
                notes.told = Some(told);
                notes.entries.push(json!({
                    "ts": ts, "type": "tool_use", "tool": call.name, "toolId": call.id, "input": input,
                }));
            } else {
                let content = shortened(call.result.as_deref().unwrap_or(""));
                notes.entries.push(json!({
                    "ts": ts, "type": "tool_result", "tool": call.name, "toolId": call.id, "content": content,
                    "isError": call.state == ToolState::Error,
                }));
            }
            notes.touch(now);
        });
    }

    fn end(&mut self, end: End) -> Worked {
        let End {
            finish,
            usage,
            outcomes,
            files,
            fingerprint: _,
        } = end;
        let tokens = usage.prompt_tokens.saturating_add(usage.completion_tokens);
        let (exit_code, stderr, asked) = match finish {
            Finish::Stop | Finish::Length => (0, String::new(), None),
            Finish::AskUser(question) => (0, String::new(), Some(questions(&question))),
            Finish::ClientTools(_) => (1, "the model called a tool that is not there".into(), None),
            Finish::Exhausted => (
                1,
                "the agent used up the turns it may take (maxTurns) before it was done".into(),
                None,
            ),
            Finish::Cancelled => (130, "the run was cancelled".into(), None),
            Finish::Failed(error) => (1, error.message.to_string(), None),
        };
        let mut ended = self.ended(exit_code, stderr, Some(tokens));
        let (created, edited) = &files;
        let noted = [("filesCreated", created), ("filesEdited", edited)];
        let noted = noted.map(|(name, files)| (name.to_owned(), json!(files)));
        ended.activity.extend(noted);
        ended.outcomes = outcomes;
        ended.files = files;
        Worked {
            ended,
            tool_calls: self.tool_calls,
            asked,
        }
    }

    fn failed(&mut self, why: String) -> Worked {
        Worked {
            ended: self.ended(1, why, None),
            tool_calls: self.tool_calls,
            asked: None,
        }
    }

    fn cut_off(&mut self, cut: Cut) -> Worked {
        let why = match cut {
            Cut::TimedOut { elapsed, timeout } => {
                format!("the run took {elapsed} ms and may take {timeout} ms (maxDuration)")
            }
            Cut::Stale { idle } => format!("the agent showed no sign of life for {idle} ms"),
        };
        let mut worked = self.failed(why);
        worked.ended.exit_code = 124;
        worked.ended.cut = Some(cut);
        worked
    }

    fn ended(&mut self, exit_code: i64, stderr: String, tokens: Option<i64>) -> Ended {
        let now = self.app.now();
        let (all, last) = std::mem::take(&mut self.said);
        let stdout = if last.trim().is_empty() { all } else { last };
        let ts = app::iso(now);
        let noted = self.board.with(self.run(), |notes| {
            notes.touch(now);
            if let Some(tokens) = tokens {
                notes.activity.insert("totalTokens".into(), json!(tokens));
            }
            let mut entries = std::mem::take(&mut notes.entries);
            if !stderr.is_empty() {
                entries.push(json!({ "ts": ts, "type": "error", "text": stderr }));
            }
            entries.push(json!({ "ts": ts, "type": "result", "text": shortened(&stdout) }));
            (notes.activity.clone(), entries)
        });
        let (activity, entries) = noted.unwrap_or_default();
        Ended {
            exit_code,
            stdout,
            stderr,
            duration_ms: millis(self.began, now),
            outcomes: Vec::new(),
            files: Default::default(),
            cut: None,
            activity,
            entries,
        }
    }
}

/// The file that a tool is called with, if it is one about a file.
fn file_of(input: &Value) -> Option<Value> {
    let named = ["path", "file", "file_path", "filename"];
    named
        .iter()
        .find_map(|name| input.get(name))
        .filter(|path| path.is_string())
        .cloned()
}

/// What an agent asks, as one text.
fn questions(asked: &Value) -> String {
    let list = asked.get("questions").and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(|question| {
        let text = question.get("question").and_then(Value::as_str);
        text.or_else(|| question.as_str())
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn millis(from: Time, to: Time) -> i64 {
    to.0.saturating_sub(from.0).max(0) / 1_000
}
