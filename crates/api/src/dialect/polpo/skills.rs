//! Skills, on both shelves (Polpo 2.13).

use app::Answer;
use app::ops::skills::{Add, Assign, Create, Describe, Get, Index, List, Remove, Shelf, Skill};
use domain::{Result, Time};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Polpo, answer, both, changed};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

/// The shelf that a path names.
fn shelf(input: &Input<'_>) -> Shelf {
    match input.parts.uri.path().contains("/skills/orchestrator") {
        true => Shelf::Orchestrator,
        false => Shelf::Agents,
    }
}

fn shown<D: Polpo>(skill: &Skill) -> Value {
    let Skill {
        name,
        description,
        document,
        content: _,
        assigned,
        path,
    } = skill;
    let mut shown = document.clone();
    shown.insert("name".into(), json!(name));
    shown.insert("description".into(), json!(description));
    shown.insert("source".into(), json!("project"));
    shown.insert("path".into(), json!(path));
    shown.insert("assignedTo".into(), json!(assigned));
    if !D::IS_ENVELOPED {
        shown.insert("id".into(), json!(name));
    }
    Value::Object(shown)
}

fn with_content<D: Polpo>(skill: &Skill) -> Value {
    let mut shown = shown::<D>(skill);
    shown["content"] = json!(skill.content);
    shown
}

/// Tags and category, as far as they are set.
fn indexed(skill: &Skill) -> Map<String, Value> {
    let is_of_index = |name: &str| matches!(name, "tags" | "category");
    let document = skill.document.iter();
    document
        .filter(|(name, _)| is_of_index(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            shelf: shelf(input),
        })
    }

    fn encode(skills: Vec<Skill>, _: Time) -> Answer {
        answer::<D>(200, &skills.iter().map(shown::<D>).collect())
    }
}

impl<D: Polpo> Wire<D> for Index {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            shelf: shelf(input),
        })
    }

    fn encode(skills: Vec<Skill>, _: Time) -> Answer {
        let skills = skills.iter();
        let index = skills.map(|skill| (skill.name.clone(), Value::Object(indexed(skill))));
        answer::<D>(200, &Value::Object(index.collect()))
    }
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            shelf: shelf(input),
            name: input.param("name").to_owned(),
        })
    }

    fn encode(skill: Skill, _: Time) -> Answer {
        answer::<D>(200, &with_content::<D>(&skill))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateIn {
    name: String,
    description: String,
    content: String,
    allowed_tools: Option<Vec<String>>,
}

impl<D: Polpo> Wire<D> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let CreateIn {
            name,
            description,
            content,
            allowed_tools,
        } = input.json()?;
        Ok(Self {
            shelf: shelf(input),
            name,
            description,
            content,
            allowed_tools,
        })
    }

    fn encode(skill: Skill, _: Time) -> Answer {
        let told = json!({ "name": skill.name, "path": skill.path });
        changed::<D>(201, &told, &with_content::<D>(&skill))
    }
}

#[derive(Deserialize)]
struct AssignIn {
    agent: String,
}

impl<D: Polpo> Wire<D> for Assign {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AssignIn { agent } = input.json()?;
        Ok(Self {
            skill: input.param("name").to_owned(),
            agent,
            has: !input.parts.uri.path().ends_with("/unassign"),
        })
    }

    fn encode((skill, agent): (String, String), _: Time) -> Answer {
        let mut told = json!({ "skill": skill, "agent": agent });
        if !D::IS_ENVELOPED {
            told["id"] = json!(skill);
        }
        answer::<D>(200, &told)
    }
}

#[derive(Default, Deserialize)]
struct DescribeIn {
    tags: Option<Vec<String>>,
    category: Option<String>,
}

impl<D: Polpo> Wire<D> for Describe {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let DescribeIn { tags, category } = input.json_or_default()?;
        Ok(Self {
            shelf: shelf(input),
            name: input.param("name").to_owned(),
            tags,
            category,
        })
    }

    fn encode(skill: Skill, _: Time) -> Answer {
        let mut told = indexed(&skill);
        told.insert("skill".into(), json!(skill.name));
        if !D::IS_ENVELOPED {
            told.insert("id".into(), json!(skill.name));
        }
        answer::<D>(200, &Value::Object(told))
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            shelf: shelf(input),
            name: input.param("name").to_owned(),
        })
    }

    fn encode(name: String, _: Time) -> Answer {
        answer::<D>(200, &json!({ "removed": name }))
    }
}

impl<D: Polpo> Wire<D> for Add {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode((): (), _: Time) -> Answer {
        answer::<D>(200, &Value::Null)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/skills" => List;
        post "/skills/create" => Create;
        post "/skills/add" => Add;
        get "/skills/index" => Index;
        get "/skills/{name}/content" => Get;
        put "/skills/{name}/index" => Describe;
        post "/skills/{name}/assign" => Assign;
        post "/skills/{name}/unassign" => Assign;
        delete "/skills/{name}" => Remove;
        get "/skills/orchestrator" => List;
        post "/skills/orchestrator/create" => Create;
        post "/skills/orchestrator/add" => Add;
        get "/skills/orchestrator/index" => Index;
        get "/skills/orchestrator/{name}/content" => Get;
        put "/skills/orchestrator/{name}/index" => Describe;
        delete "/skills/orchestrator/{name}" => Remove;
    }
}
