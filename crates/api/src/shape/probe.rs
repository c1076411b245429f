//! The probe: a `Deserializer` that has a value of every kind.

use std::cell::RefCell;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use super::{Trace, Wrong};

/// Answers what it is asked for, and writes it down.
#[derive(Clone)]
pub(super) struct Probe<'t> {
    pub(super) trace: &'t Trace,
    /// Where in the schema.
    pub(super) at: String,
    pub(super) schema: &'t RefCell<Value>,
}

impl<'t> Probe<'t> {
    fn note(&self, schema: Value) {
        *self.schema.borrow_mut() = schema;
    }

    /// A probe for a part of this one's value.
    fn inside<'i>(&self, part: &str, schema: &'i RefCell<Value>) -> Probe<'i>
    where
        't: 'i,
    {
        Probe {
            trace: self.trace,
            at: format!("{}/{part}", self.at),
            schema,
        }
    }
}

macro_rules! plain {
    ($($method:ident: $kind:expr => $visit:ident($($value:expr)?);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.note(json!({ "type": $kind }));
            visitor.$visit($($value)?)
        }
    )*};
}

macro_rules! count {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.note(json!({ "type": "integer", "minimum": 0 }));
            visitor.visit_u64(1)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Wrong;

    plain! {
        deserialize_bool: "boolean" => visit_bool(true);
        deserialize_i8: "integer" => visit_i64(1);
        deserialize_i16: "integer" => visit_i64(1);
        deserialize_i32: "integer" => visit_i64(1);
        deserialize_i64: "integer" => visit_i64(1);
        deserialize_f32: "number" => visit_f64(1.0);
        deserialize_f64: "number" => visit_f64(1.0);
        deserialize_char: "string" => visit_char('a');
        deserialize_str: "string" => visit_str("");
        deserialize_string: "string" => visit_str("");
        deserialize_bytes: "string" => visit_bytes(b"");
        deserialize_byte_buf: "string" => visit_bytes(b"");
        deserialize_identifier: "string" => visit_str("");
        deserialize_unit: "null" => visit_unit();
    }
    count! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.note(json!({}));
        match self.trace.shown {
            0 => visitor.visit_unit(),
            1 => visitor.visit_str(""),
            2 => visitor.visit_i64(1),
            3 => visitor.visit_bool(true),
            4 => visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>())),
            _ => visitor.visit_seq(Nothing),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    /// What may be missing may be null too.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let schema = self.schema;
        let read = visitor.visit_some(self);
        let mut schema = schema.borrow_mut();
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
        if let Some(kind) = schema.get_mut("type").filter(|kind| kind.is_string()) {
            *kind = json!([kind.take(), "null"]);
        }
        read
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        if name != RAW {
            return visitor.visit_newtype_struct(self);
        }
        self.note(json!({}));
        visitor.visit_map(MapDeserializer::new([(RAW, "null")].into_iter()))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let entry = RefCell::new(json!({}));
        let one = Entries {
            probe: Some(self.inside("items", &entry)),
        };
        let read = visitor.visit_seq(one);
        self.note(json!({ "type": "array", "items": entry.into_inner() }));
        read
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let entry = RefCell::new(json!({}));
        let fields = Fields {
            probe: self.clone(),
            names: vec!["any"].into_iter(),
            into: Some(&entry),
            known: Map::new(),
        };
        let read = visitor.visit_map(fields);
        self.note(json!({ "type": "object", "additionalProperties": entry.into_inner() }));
        read
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let mut known = Map::new();
        for name in names {
            known.insert((*name).to_owned(), json!({}));
        }
        self.note(json!({ "type": "object", "properties": known }));
        let mut in_order = names.to_vec();
        in_order.sort_by_key(|name| !self.trace.has_spellings(&self.at, name));
        visitor.visit_map(Fields {
            probe: self,
            names: in_order.into_iter(),
            into: None,
            known,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.note(json!({ "type": "string", "enum": words }));
        let first = words.first().copied().unwrap_or_default();
        visitor.visit_enum(StrDeserializer::new(first))
    }
}

/// The name under which `serde_json` asks for text as it stands.
const RAW: &str = "$serde_json::private::RawValue";

/// A list of one.
struct Entries<'t> {
    probe: Option<Probe<'t>>,
}

impl<'de> SeqAccess<'de> for Entries<'_> {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        self.probe
            .take()
            .map(|probe| seed.deserialize(probe))
            .transpose()
    }
}

/// A list of none.
struct Nothing;

impl<'de> SeqAccess<'de> for Nothing {
    type Error = Wrong;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        _: S,
    ) -> Result<Option<S::Value>, Wrong> {
        Ok(None)
    }
}

/// Every field of an object, one after the other.
struct Fields<'t> {
    probe: Probe<'t>,
    names: std::vec::IntoIter<&'static str>,
    /// Where the one value goes of an object whose names are free.
    into: Option<&'t RefCell<Value>>,
    known: Map<String, Value>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Wrong;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Wrong> {
        let (trace, at) = (self.probe.trace, self.probe.at.as_str());
        let next = self.names.find(|name| trace.gives(at, name));
        next.map(|name| seed.deserialize(StrDeserializer::new(name)))
            .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Wrong> {
        if let Some(into) = self.into {
            return seed.deserialize(self.probe.inside("additionalProperties", into));
        }
        let name = self.probe.trace.last.borrow().1.clone();
        let schema = RefCell::new(json!({}));
        let part = format!("properties/{name}");
        let read = seed.deserialize(self.probe.inside(&part, &schema));
        self.known.insert(name, schema.into_inner());
        let known = Value::Object(self.known.clone());
        self.probe
            .note(json!({ "type": "object", "properties": known }));
        read
    }
}
