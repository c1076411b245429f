//! What one event of an upstream's stream says, as far as it is read.

use serde::Deserialize;
use serde_json::Value;

/// A chunk; the whole answer of an upstream that does not stream reads alike.
#[derive(Deserialize)]
pub(super) struct ChunkIn {
    #[serde(default)]
    pub(super) choices: Option<Vec<ChoiceIn>>,
    #[serde(default)]
    pub(super) usage: Option<UsageIn>,
    #[serde(default)]
    pub(super) error: Option<Value>,
    #[serde(default)]
    pub(super) system_fingerprint: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ChoiceIn {
    #[serde(default, alias = "message")]
    pub(super) delta: Option<DeltaIn>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct DeltaIn {
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default, alias = "reasoning_content")]
    pub(super) reasoning: Option<String>,
    #[serde(default)]
    pub(super) refusal: Option<String>,
    #[serde(default)]
    pub(super) tool_calls: Option<Vec<ToolIn>>,
}

#[derive(Deserialize)]
pub(super) struct ToolIn {
    #[serde(default)]
    pub(super) index: Option<usize>,
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) function: Option<FunctionIn>,
}

#[derive(Deserialize)]
pub(super) struct FunctionIn {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) arguments: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct UsageIn {
    #[serde(default)]
    pub(super) prompt_tokens: i64,
    #[serde(default)]
    pub(super) completion_tokens: i64,
}
