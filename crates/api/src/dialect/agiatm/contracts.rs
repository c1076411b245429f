//! Funded work as its publishers and workers handle it (AGI ATM 2.3, 2.4).

use app::Answer;
use app::ops::contracts::{Contract, Publish, VerifierIn};
use app::ops::credits::Credits;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::brief::{Brief, Hash, Protected};
use domain::hex;
use domain::task::{Mode, Scrutiny};
use domain::{Error, Result, Time, limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::envelope::Fields;
use super::objects::{Task, Wallet};
use super::{Agents, AgiAtm, People, required};
use crate::calendar;
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

/// A publisher's body, with every alias of 2.1: of several the first counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishIn {
    title: String,
    description: String,
    public_payload: Option<Box<RawValue>>,
    payload: Option<Box<RawValue>>,
    expected_schema: Option<Box<RawValue>>,
    output_schema: Option<Box<RawValue>>,
    schema: Option<Box<RawValue>>,
    output_rules: Option<Box<RawValue>>,
    delivery_requirements: Option<Box<RawValue>>,
    budget_credits: Option<i64>,
    budget: Option<i64>,
    bounty: Option<i64>,
    bounty_credits: Option<i64>,
    reward_credits: Option<i64>,
    required_skills: Option<Vec<String>>,
    skills: Option<Vec<String>>,
    skill_tags: Option<Vec<String>>,
    submission_mode: Option<String>,
    review_mode: Option<String>,
    deadline: Option<String>,
    claim_lease_minutes: Option<i64>,
    max_awards: Option<i64>,
    verifier: Option<VerifierWire>,
    protected_payload: Option<ProtectedIn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VerifierWire {
    wasm_base64: Option<String>,
    sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProtectedIn {
    payload_id: String,
    algorithm: String,
    iv: String,
    ciphertext: String,
    field_names: Vec<String>,
    owner_key: Option<Box<RawValue>>,
    owner_wrapped_key: Option<Box<RawValue>>,
}

/// JSON that was sent, but for `null`, which is as good as missing.
fn sent(raw: Option<Box<RawValue>>) -> Option<String> {
    raw.map(|raw| raw.get().to_owned())
        .filter(|text| text != "null")
}

fn read_verifier(verifier: VerifierWire) -> Result<VerifierIn> {
    let VerifierWire {
        wasm_base64,
        sha256,
    } = verifier;
    if let Some(text) = wasm_base64 {
        let module = STANDARD.decode(text.trim()).map_err(|_| {
            Error::field("verifier.wasmBase64", "must be a module in standard Base64")
        })?;
        if module.len() > limits::VERIFIER_BYTES {
            return Err(Error::field(
                "verifier.wasmBase64",
                format!("must be at most {} bytes decoded", limits::VERIFIER_BYTES),
            ));
        }
        return Ok(VerifierIn::Module(module));
    }
    let digits = sha256.ok_or_else(|| required("verifier.wasmBase64 or verifier.sha256"))?;
    read_hash(&digits)
        .map(VerifierIn::Stored)
        .ok_or_else(|| Error::field("verifier.sha256", "must be 64 hexadecimal digits"))
}

pub(super) fn read_hash(digits: &str) -> Option<Hash> {
    hex::decode(digits)?.try_into().ok()
}

/// A word of a closed list, where one was sent.
fn word<T>(
    field: &'static str,
    given: Option<&str>,
    parse: fn(&str) -> Option<T>,
    words: &str,
) -> Result<Option<T>> {
    let unfit = || Error::field(field, format!("must be one of: {words}"));
    given.map(|text| parse(text).ok_or_else(unfit)).transpose()
}

impl<D: AgiAtm> Wire<D> for Publish {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let sent_in: PublishIn = input.json()?;
        if sent_in.max_awards.is_some_and(|awards| awards != 1) {
            return Err(Error::field("maxAwards", "must be 1: one delivery is paid"));
        }
        let deadline = sent_in.deadline.filter(|text| !text.trim().is_empty());
        let deadline = deadline.map(|text| {
            let unfit = || Error::field("deadline", "must be a time in ISO 8601");
            calendar::read(&text).ok_or_else(unfit)
        });
        let protected = sent_in.protected_payload.map(|given| Protected {
            payload_id: given.payload_id,
            algorithm: given.algorithm,
            iv: given.iv,
            ciphertext: given.ciphertext,
            field_names: given.field_names,
            owner_key: sent(given.owner_key),
            owner_wrapped_key: sent(given.owner_wrapped_key),
        });
        Ok(Self {
            title: sent_in.title,
            description: sent_in.description,
            budget: sent_in
                .budget_credits
                .or(sent_in.budget)
                .or(sent_in.bounty)
                .or(sent_in.bounty_credits)
                .or(sent_in.reward_credits)
                .ok_or_else(|| required("budgetCredits"))?,
            deadline: deadline.transpose()?,
            lease_minutes: sent_in.claim_lease_minutes,
            mode: word(
                "submissionMode",
                sent_in.submission_mode.as_deref(),
                Mode::parse,
                "exclusive, open",
            )?
            .unwrap_or(Mode::Exclusive),
            scrutiny: word(
                "reviewMode",
                sent_in.review_mode.as_deref(),
                Scrutiny::parse,
                "manual, auto",
            )?
            .unwrap_or(Scrutiny::Manual),
            brief: Brief {
                payload: sent(sent_in.public_payload).or_else(|| sent(sent_in.payload)),
                schema: sent(sent_in.expected_schema)
                    .or_else(|| sent(sent_in.output_schema))
                    .or_else(|| sent(sent_in.schema)),
                rules: sent(sent_in.output_rules),
                requirements: sent(sent_in.delivery_requirements),
                skills: sent_in
                    .required_skills
                    .or(sent_in.skills)
                    .or(sent_in.skill_tags)
                    .unwrap_or_default(),
                ..Brief::default()
            },
            verifier: sent_in.verifier.map(read_verifier).transpose()?,
            protected,
        })
    }

    fn encode((contract, credits): (Contract, Credits), _: Time) -> Answer {
        Fields::new()
            .with("task", &Task::of(&contract))
            .with("wallet", &Wallet::of(&credits))
            .answer(201)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post::<Agents, Publish>("/api/v1/agent/tasks")
        .post::<People, Publish>("/api/v1/human/tasks")
}
