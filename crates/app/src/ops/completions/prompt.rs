//! What a hosted agent is told about itself before anything else (Polpo 4).
//!
//! To add something that agents are told, write a small function beside its noun
//! that reads it, and a line in [`prompt`].

use std::fmt::Write;

use domain::Result;
use domain::id::EnvironmentId;
use serde_json::{Map, Value};
use store::tables::hosted::Agent;

use crate::Cx;
use crate::ops::{memory, skills};

/// The prompt of an agent: who it is, what it was told, what is remembered,
/// what it can do.
pub(crate) async fn prompt(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    agent: &Agent,
    document: &Map<String, Value>,
) -> Result<String> {
    let mut prompt = who(&agent.name, document);
    if let Some(told) = text(document, "systemPrompt") {
        let _ = write!(prompt, "\n\n{told}");
    }
    let remembered = memory::blocks(cx, environment, &agent.name).await?;
    if !remembered.is_empty() {
        let _ = write!(prompt, "\n\n{}", remembered.trim_end());
    }
    for skill in skills::of_agent(cx, environment, agent).await? {
        let _ = write!(
            prompt,
            "\n\n## Skill: {}\n\n{}",
            skill.name,
            skill.content.trim()
        );
    }
    Ok(prompt)
}

/// What the application tells an agent, behind its own prompt.
pub(crate) fn with_instructions(mut prompt: String, system: &[String]) -> String {
    if !system.is_empty() {
        let _ = write!(prompt, "\n\n## Instructions\n\n{}", system.join("\n\n"));
    }
    prompt
}

fn text<'d>(document: &'d Map<String, Value>, field: &str) -> Option<&'d str> {
    let text = document.get(field)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The agent's name, role and identity.
fn who(name: &str, document: &Map<String, Value>) -> String {
    let nobody = Map::new();
    let identity = document.get("identity").and_then(Value::as_object);
    let identity = identity.unwrap_or(&nobody);
    let mut told = format!("You are {}", text(identity, "displayName").unwrap_or(name));
    if let Some(role) = text(document, "role") {
        let _ = write!(told, ", {role}");
    }
    told.push('.');
    for (field, label) in [
        ("title", "Title"),
        ("company", "Company"),
        ("email", "Email"),
        ("bio", "About you"),
        ("timezone", "Time zone"),
        ("tone", "Tone"),
        ("personality", "Personality"),
    ] {
        if let Some(value) = text(identity, field) {
            let _ = write!(told, "\n{label}: {value}");
        }
    }
    let duties = identity.get("responsibilities").and_then(Value::as_array);
    for duty in duties.into_iter().flatten() {
        let area = duty.as_str().or_else(|| duty["area"].as_str());
        let Some(area) = area else { continue };
        let _ = write!(told, "\nResponsibility: {area}");
        if let Some(more) = duty["description"].as_str() {
            let _ = write!(told, " - {more}");
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::{who, with_instructions};
    use serde_json::json;

    #[test]
    fn an_agent_is_told_who_it_is() {
        let document = json!({
            "role": "a bookkeeper",
            "identity": { "displayName": "Ada", "tone": "dry", "responsibilities": ["books", { "area": "tax", "description": "on time" }] },
        });
        let told = who("ada", document.as_object().expect("an object"));
        assert_eq!(
            told,
            "You are Ada, a bookkeeper.\nTone: dry\nResponsibility: books\nResponsibility: tax - on time"
        );
        let told = with_instructions(told, &["Be brief.".into()]);
        assert!(told.ends_with("\n\n## Instructions\n\nBe brief."), "{told}");
    }
}
