//! A tape: exchanges with a server, written down as text.
//!
//! **Invariant:** the text is the same in every run. Ids are numbered by their
//! first appearance (`[id:1]`), keys, times and places in the event log are
//! left out (`[key]`, `[time]`, `[seq]`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use testkit::engine::Engine;
use testkit::http::{Answer, Client};
use testkit::server::Server;

/// Nobody in particular: a caller without a key.
pub(super) const NOBODY: &str = "nobody";
/// The operator, the CTO of this door.
pub(super) const OPERATOR: &str = "operator";

/// Headers that a client may act on.
const HEADERS: [&str; 5] = [
    "content-type",
    "allow",
    "www-authenticate",
    "retry-after",
    "idempotent-replayed",
];

/// A server, who talks to it, and what was said.
pub(super) struct Tape {
    /// For what happens off the record.
    pub(super) server: Server,
    cast: BTreeMap<String, Client>,
    text: String,
    ids: Vec<String>,
    covered: BTreeSet<(&'static str, &'static str)>,
}

/// A request being put together.
#[must_use = "nothing is asked until it is sent"]
pub(super) struct Call<'a> {
    tape: &'a mut Tape,
    who: &'a str,
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Option<String>,
}

impl Tape {
    /// A new server on an empty database.
    pub(super) fn new(engine: Engine) -> Self {
        Self::of(Server::start(engine))
    }

    fn of(server: Server) -> Self {
        let cast = [(NOBODY, server.client()), (OPERATOR, server.operator())];
        Self {
            cast: cast.map(|(name, client)| (name.to_owned(), client)).into(),
            server,
            text: String::new(),
            ids: Vec::new(),
            covered: BTreeSet::new(),
        }
    }

    /// Goes on with another server, such as one with other settings.
    pub(super) fn change_server(&mut self, server: Server) {
        let Self { cast, server, .. } = Self::of(server);
        (self.cast, self.server) = (cast, server);
    }

    /// Registers an agent off the record; gives its id.
    pub(super) fn agent(&mut self, username: &str) -> String {
        let agent = self.server.register(username);
        self.cast.insert(username.to_owned(), agent.client);
        agent.id
    }

    /// What somebody of the cast does off the record.
    pub(super) fn off_the_record(&self, who: &str) -> Client {
        self.cast.get(who).expect("somebody of the cast").clone()
    }

    /// From here on `who` uses the key of this answer.
    pub(super) fn hand_key_to(&mut self, who: &str, answer: &Value) {
        let key = answer["api_key"].as_str().expect("a key");
        let client = self.server.client().with_key(key);
        self.cast.insert(who.to_owned(), client);
    }

    /// Writes a line between exchanges.
    pub(super) fn note(&mut self, line: &str) {
        self.text.push_str(&format!("# {line}\n\n"));
    }

    pub(super) fn get<'a>(&'a mut self, who: &'a str, path: &'a str) -> Call<'a> {
        self.call(who, "GET", path)
    }

    pub(super) fn post<'a>(&'a mut self, who: &'a str, path: &'a str) -> Call<'a> {
        self.call(who, "POST", path)
    }

    pub(super) fn patch<'a>(&'a mut self, who: &'a str, path: &'a str) -> Call<'a> {
        self.call(who, "PATCH", path)
    }

    pub(super) fn delete<'a>(&'a mut self, who: &'a str, path: &'a str) -> Call<'a> {
        self.call(who, "DELETE", path)
    }

    pub(super) fn call<'a>(&'a mut self, who: &'a str, method: &'a str, path: &'a str) -> Call<'a> {
        Call {
            tape: self,
            who,
            method,
            path,
            headers: Vec::new(),
            body: None,
        }
    }

    /// What was said.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The routes that succeeded.
    pub(super) fn covered(self) -> BTreeSet<(&'static str, &'static str)> {
        self.covered
    }

    fn write_request(
        &mut self,
        call: &(&str, &str, &str),
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) {
        let (who, method, path) = call;
        let path = self.redacted(path);
        self.text.push_str(&format!("{who}: {method} {path}\n"));
        for (name, value) in headers {
            self.text.push_str(&format!("{name}: {value}\n"));
        }
        if let Some(body) = body {
            let shown = match serde_json::from_str(body) {
                Ok(json) => self.pretty(json),
                Err(_) => body.to_owned(),
            };
            self.text.push_str(&format!("{shown}\n"));
        }
        self.text.push('\n');
    }

    fn write_answer(&mut self, answer: &Answer) {
        self.text.push_str(&format!("{}\n", answer.status));
        let wait = answer.header("retry-after").map(str::to_owned);
        for name in HEADERS {
            let Some(value) = answer.header(name) else {
                continue;
            };
            let value = if name == "retry-after" {
                "[seconds]"
            } else {
                value
            };
            self.text.push_str(&format!("{name}: {value}\n"));
        }
        let mut shown = self.pretty(answer.json.clone());
        if let Some(wait) = wait {
            shown = shown.replace(&format!(" {wait} s"), " [seconds] s");
        }
        self.text.push_str(&format!("{shown}\n\n"));
    }

    fn pretty(&mut self, mut json: Value) -> String {
        self.redact(&mut json);
        serde_json::to_string_pretty(&json).expect("JSON")
    }

    fn redact(&mut self, json: &mut Value) {
        match json {
            Value::String(text) => *text = self.redacted(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact(item)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::Number(_) if name.ends_with("_at") => *value = "[time]".into(),
                        Value::String(id) if name == "id" && is_number(id) => {
                            *value = "[seq]".into();
                        }
                        _ => self.redact(value),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn redacted(&mut self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let length = if let Some(id) = leading_id(rest) {
                shown.push_str(&self.numbered(id));
                id.len()
            } else if let Some(key) = leading_key(rest) {
                shown.push_str("[key]");
                key.len()
            } else {
                shown.push(next);
                next.len_utf8()
            };
            rest = &rest[length..];
        }
        shown
    }

    fn numbered(&mut self, id: &str) -> String {
        let known = self.ids.iter().position(|known| known == id);
        let place = known.unwrap_or_else(|| {
            self.ids.push(id.to_owned());
            self.ids.len() - 1
        });
        format!("[id:{}]", place + 1)
    }
}

impl<'a> Call<'a> {
    pub(super) fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sends this text; of no declared type unless a header says one.
    pub(super) fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(&body.to_string())
    }

    /// Sends it, writes the exchange down and gives the answer's JSON.
    pub(super) fn send(self) -> Value {
        let Call {
            tape,
            who,
            method,
            path,
            headers,
            body,
        } = self;
        let mut request = tape.off_the_record(who).request(method, path);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        if let Some(body) = &body {
            request = request.body(body.as_str());
        }
        let answer = request.send();
        tape.write_request(&(who, method, path), &headers, body.as_deref());
        tape.write_answer(&answer);
        if (200..300).contains(&answer.status) {
            tape.covered.extend(route(method, path));
        }
        answer.json
    }
}

/// The route that a request takes: of those that fit, the one that names most
/// of the path itself.
fn route(method: &str, path: &str) -> Option<(&'static str, &'static str)> {
    let path = path.split('?').next().unwrap_or_default();
    let fitting = api::routes()
        .into_iter()
        .filter(|route| route.method == method && fits(route.path, path));
    fitting
        .min_by_key(|route| route.path.matches('{').count())
        .map(|route| (route.method, route.path))
}

fn fits(pattern: &str, path: &str) -> bool {
    let count = |path: &str| path.split('/').count();
    count(pattern) == count(path)
        && pattern
            .split('/')
            .zip(path.split('/'))
            .all(|(pattern, part)| pattern.starts_with('{') || pattern == part)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The UUID that a text begins with.
fn leading_id(text: &str) -> Option<&str> {
    let id = text.get(..36)?;
    let fits = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    id.bytes().enumerate().all(fits).then_some(id)
}

/// The key that a text begins with.
fn leading_key(text: &str) -> Option<&str> {
    let body = text.strip_prefix("polt_")?;
    let ends = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
    let length = ends.unwrap_or(body.len());
    (length >= 40).then(|| &text[.."polt_".len() + length])
}
