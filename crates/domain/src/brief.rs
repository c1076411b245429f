//! What a publisher of machine-verified work agrees to beyond the task's own
//! terms: what is given, what must come back and how that is checked
//! (AGI ATM 2.5, 4). Fixed at publishing.

use crate::{Error, Result, limits, text};

/// SHA-256 of something.
pub type Hash = [u8; 32];

/// A task's brief. What is JSON is kept as text: nothing but the checks looks
/// into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brief {
    /// What workers are given, a JSON object that everybody sees.
    pub payload: Option<String>,
    /// The JSON Schema of an output.
    pub schema: Option<String>,
    /// Further checks of an output, as JSON.
    pub rules: Option<String>,
    /// What must be delivered, as JSON: a text or an object.
    pub requirements: Option<String>,
    /// The WebAssembly module that judges an output.
    pub verifier: Option<Hash>,
    /// What a worker should be able to do.
    pub skills: Vec<String>,
    /// Names of the fields that only the publisher and whom it grants access
    /// can read.
    pub protected: Vec<String>,
    /// SHA-256 over what work is accepted by: schema, rules, requirements and
    /// verifier.
    pub acceptance: Hash,
}

/// What only the publisher and whom it grants access can read. To this server
/// all of it is opaque: it is checked for presence and size and given back as
/// it came (AGI ATM 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protected {
    /// Its id, made by the publisher's side.
    pub payload_id: String,
    /// How it is encrypted, such as `A256GCM`.
    pub algorithm: String,
    /// The initialisation vector.
    pub iv: String,
    /// The encrypted fields.
    pub ciphertext: String,
    /// The names of the fields, which everybody sees.
    pub field_names: Vec<String>,
    /// The publisher's public key, as JSON.
    pub owner_key: Option<String>,
    /// The content key, wrapped for the publisher, as JSON.
    pub owner_wrapped_key: Option<String>,
}

impl Protected {
    /// Checks presence and sizes.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self) -> Result<()> {
        let opaque = |field, text: &str| {
            text::required(field, text, limits::SEALED_BYTES)?;
            if text.len() > limits::SEALED_BYTES {
                let most = limits::SEALED_BYTES;
                return Err(Error::field(field, format!("must be at most {most} bytes")));
            }
            Ok(())
        };
        opaque("protectedPayload.payloadId", &self.payload_id)?;
        opaque("protectedPayload.algorithm", &self.algorithm)?;
        opaque("protectedPayload.iv", &self.iv)?;
        opaque("protectedPayload.ciphertext", &self.ciphertext)?;
        for (field, key) in [
            ("protectedPayload.ownerKey", &self.owner_key),
            ("protectedPayload.ownerWrappedKey", &self.owner_wrapped_key),
        ] {
            key.as_deref().map_or(Ok(()), |key| opaque(field, key))?;
        }
        if self.field_names.is_empty() {
            return Err(Error::field(
                "protectedPayload.fieldNames",
                "must name the fields that are protected",
            ));
        }
        Ok(())
    }
}

impl Brief {
    /// Whether anything checks an output.
    pub fn is_checked(&self) -> bool {
        self.schema.is_some() || self.rules.is_some() || self.verifier.is_some()
    }

    /// Checks sizes and names.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self) -> Result<()> {
        let parts = [
            ("publicPayload", &self.payload, limits::PAYLOAD_BYTES),
            ("expectedSchema", &self.schema, limits::SCHEMA_BYTES),
            ("outputRules", &self.rules, limits::SCHEMA_BYTES),
            (
                "deliveryRequirements",
                &self.requirements,
                limits::PAYLOAD_BYTES,
            ),
        ];
        for (field, part, most) in parts {
            let part = part.as_deref().unwrap_or("");
            if part.len() > most {
                return Err(Error::field(
                    field,
                    format!("must be at most {most} bytes of JSON"),
                ));
            }
            text::optional(field, part, most)?;
        }
        text::words(
            "requiredSkills",
            &self.skills,
            limits::SKILLS,
            limits::SKILL_CHARS,
        )?;
        text::words(
            "protectedPayload.fieldNames",
            &self.protected,
            limits::CRITERIA,
            limits::NAME_CHARS,
        )
    }
}

/// A skill as it is compared: trimmed, in small letters.
pub fn skill(text: &str) -> String {
    text.trim().to_lowercase()
}
