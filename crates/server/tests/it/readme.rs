//! What the documents say, held against the program: the README's walk is run
//! as it stands there, its tables are complete, links and file names in all of
//! them lead somewhere, and the example they explain is the code.
//!
//! To extend the walk, write into the README between its marks: the first
//! block starts the server (here another port is put in), the others are one
//! session, and `#=>` is followed by a part of what it prints.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use server::{Provider, Settings};
use testkit::engine::Engine;
use testkit::process::{Guildhall, run};

const BINARY: &str = env!("CARGO_BIN_EXE_guildhall");
const README: &str = include_str!("../../../../README.md");
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/adding-an-operation.md",
    "docs/operating.md",
];

/// Where the README's server listens.
const README_URL: &str = "http://127.0.0.1:4300";
/// How the README starts it, behind the operator's key.
const README_START: &str = " cargo run --release -- serve";

fn between<'t>(text: &'t str, begin: &str, end: &str) -> &'t str {
    let rest = text.split_once(begin).map(|(_, rest)| rest);
    let part = rest.and_then(|rest| rest.split_once(end));
    part.unwrap_or_else(|| panic!("nothing between {begin} and {end}"))
        .0
}

/// The shell blocks of the walk: the one that starts the server, the session.
fn walk() -> (&'static str, String) {
    let walk = between(README, "<!-- walk -->\n", "<!-- /walk -->");
    let blocks = walk.split("```sh\n").skip(1);
    let mut blocks = blocks.map(|block| block.split("```").next().unwrap_or_default());
    let start = blocks.next().expect("a block that starts the server");
    (start, blocks.collect())
}

#[test]
fn the_readmes_walk_leads_from_registration_to_payment() {
    let (start, session) = walk();
    let key = start
        .trim()
        .strip_suffix(README_START)
        .and_then(|start| start.strip_prefix("GUILDHALL_OPERATOR_KEY="))
        .unwrap_or_else(|| panic!("an unknown way to start the server: {start}"));
    let scratch = Engine::Sqlite.scratch();
    let server = Guildhall::command(BINARY)
        .database(scratch.url())
        .env("GUILDHALL_OPERATOR_KEY", key)
        .start();

    let begin = format!("GUILDHALL={README_URL}\n");
    assert_eq!(
        session.matches(README_URL).count(),
        1,
        "one place to change"
    );
    let script = session.replace(&begin, &format!("GUILDHALL={}\n", server.base_url()));
    let direct = [("no_proxy", "*"), ("NO_PROXY", "*")];
    let printed = run("bash", &["-euxo", "pipefail", "-c", &script], &direct).ok();
    let promises: Vec<_> = session
        .lines()
        .filter_map(|line| line.strip_prefix("#=> "))
        .collect();
    assert!(promises.len() >= 7, "the walk shows too little");
    for promise in promises {
        assert!(printed.contains(promise), "{promise} is not in\n{printed}");
    }

    let board = server.client().get("/api/leaderboard").ok();
    assert_eq!(board["leaderboard"][0]["username"], "ada");
    assert_eq!(board["leaderboard"][0]["total_payouts"]["POLT"], 500);
    let tasks = server.client().get("/api/tasks?status=completed").ok();
    assert_eq!(tasks["tasks"][0]["payout_status"], "paid");
    run(BINARY, &["audit", "--database", scratch.url()], &[]).ok();
}

/// The rows of the table under a heading, as cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let section = between(README, heading, "\n#");
    let rows = section.lines().filter(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let row = row.trim_matches('|').replace("\\|", "/");
        row.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    rows.skip(2).map(cells).collect()
}

/// Every setting by its TOML key, with its default as the table shows it.
fn defaults(key: &str, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let named = |name: &str| match key {
                "" => name.to_owned(),
                key => format!("{key}.{name}"),
            };
            let fields = fields.iter();
            fields
                .flat_map(|(name, value)| defaults(&named(name), value))
                .collect()
        }
        Value::Null | Value::Array(_) | Value::Object(_) => vec![(key.into(), "none".into())],
        Value::String(text) if text.is_empty() => vec![(key.into(), "none".into())],
        Value::String(text) => vec![(key.into(), format!("`{text}`"))],
        other => vec![(key.into(), format!("`{other}`"))],
    }
}

#[test]
fn the_readmes_table_of_settings_is_complete() {
    let mut settings = Settings::default();
    // Providers are named by the operator.
    settings
        .providers
        .insert("NAME".into(), Provider::default());
    let settings = serde_json::to_value(settings).expect("settings");
    let mut wanted: Vec<_> = defaults("", &settings)
        .into_iter()
        .map(|(key, default)| {
            let environment = key.to_ascii_uppercase().replace('.', "__");
            vec![
                format!("`{key}`"),
                format!("`GUILDHALL_{environment}`"),
                default,
            ]
        })
        .collect();
    let rows = table("## Configuration");
    let mut shown: Vec<_> = rows.into_iter().map(|row| row[..3].to_vec()).collect();
    wanted.sort();
    shown.sort();
    assert_eq!(shown, wanted);
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed = between(help, "Commands:\n", "\n\n").lines();
    let names = listed.filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

#[test]
fn the_readmes_table_of_commands_is_complete() {
    let shown: Vec<_> = table("## Commands")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    let help = |arguments: &[&str]| commands(&run(BINARY, arguments, &[]).ok());
    let mut wanted = help(&["help"]);
    wanted.retain(|name| name != "key");
    let of_keys = help(&["help", "key"]);
    wanted.extend(of_keys.iter().map(|name| format!("key {name}")));
    for name in &wanted {
        let row = format!("`guildhall {name}");
        assert!(shown.iter().any(|cell| cell.starts_with(&row)), "{name}");
    }
    assert_eq!(shown.len(), wanted.len(), "{shown:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

#[test]
fn the_readme_and_its_neighbours_link_to_what_is_there() {
    for document in DOCUMENTS {
        let folder = root().join(document);
        let folder = folder.parent().expect("a folder");
        let text = read(document);
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap_or_default();
            let is_ours = !link.is_empty() && !link.contains("://");
            assert!(!is_ours || folder.join(link).exists(), "{document}: {link}");
        }
    }
}

#[test]
fn the_readme_and_its_neighbours_name_files_that_are_there() {
    for document in DOCUMENTS {
        let text = read(document);
        let quoted = text.split('`').skip(1).step_by(2);
        let is_plain = |word: &&str| !word.contains(['{', '<', '*', ' ', '\n']);
        for name in quoted.filter(is_plain) {
            let begins = |folder: &&str| name.starts_with(*folder);
            let folders = ["crates/", "migrations/", "xtask/", "bench/", "docs/", ".c"];
            let place = if folders.iter().any(begins) {
                root().join(name)
            } else if name.contains("/src/") {
                root().join("crates").join(name)
            } else {
                continue;
            };
            assert!(place.exists(), "{document}: {name}");
        }
    }
}

#[test]
fn the_readmes_neighbour_explains_the_code_as_it_is() {
    let text = read("docs/adding-an-operation.md");
    let sources = [
        "crates/app/src/ops/tasks/renew.rs",
        "crates/api/src/dialect/polt/tasks.rs",
        "crates/api/src/dialect/polt/mod.rs",
    ];
    let sources = sources.map(read).concat();
    let lines: Vec<_> = sources.lines().map(str::trim).collect();
    let blocks = text.split("```rust\n").skip(1);
    let code = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines());
    let code = code.map(|line| line.split("//").next().unwrap_or_default().trim());
    let shown: Vec<_> = code.filter(|line| !line.is_empty()).collect();
    assert!(shown.len() > 20, "the example was not found");
    for line in shown {
        assert!(lines.contains(&line), "{line}");
    }
}
