//! Every statement this crate can send, looked at without sending it.
//!
//! **Invariants:** each prepares on both engines; its parameters are numbered
//! in order of first appearance, because the embedded engine numbers them so;
//! and a list is read in the order of an index, so that its first page costs
//! the same however long it is. The exceptions are [`SORTED`], which may only
//! shrink.

use std::collections::BTreeSet;

use store::{Location, Sql, Store, tables};
use testkit::engine::{Engine, Scratch};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A migrated database that no store has open any more.
fn migrated(engine: Engine) -> Scratch {
    let scratch = engine.scratch();
    let location = Location::parse(scratch.url()).expect("a location");
    run(async {
        let store = Store::open(&location).await.expect("the store opens");
        store.close().await;
    });
    scratch
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(work)
}

fn sqlite(scratch: &Scratch) -> rusqlite::Connection {
    let file = scratch.url().strip_prefix("sqlite:").expect("a file");
    rusqlite::Connection::open(file).expect("the file opens")
}

/// Runs work on a connection of its own.
fn on_postgres<T>(scratch: &Scratch, work: impl AsyncFnOnce(Client) -> T) -> T {
    run(async {
        let connected = tokio_postgres::connect(scratch.url(), NoTls).await;
        let (client, connection) = connected.expect("a connection");
        tokio::spawn(connection);
        work(client).await
    })
}

/// The numbers of a statement's parameters, each when it first appears.
fn parameters(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for rest in text.split('$').skip(1) {
        let digits = rest.chars().take_while(char::is_ascii_digit);
        let number = digits.collect::<String>().parse().expect("a number");
        if !found.contains(&number) {
            found.push(number);
        }
    }
    found
}

#[test]
fn parameters_are_numbered_as_they_appear() {
    assert_eq!(parameters("a = $2 and b = $1 or c = $2"), [2, 1]);
    for Sql { sqlite, postgres } in tables::statements() {
        let numbers = parameters(sqlite);
        let in_order: Vec<_> = (1..=numbers.len()).collect();
        assert_eq!(numbers, in_order, "{sqlite}");
        // Both texts get the same parameters; here the order does not matter.
        let mut numbers = parameters(postgres);
        numbers.sort_unstable();
        assert_eq!(numbers, in_order, "{postgres}");
    }
}

#[test]
fn every_statement_prepares_on_sqlite() {
    let scratch = migrated(Engine::Sqlite);
    let connection = sqlite(&scratch);
    for Sql { sqlite, .. } in tables::statements() {
        let prepared = connection.prepare(sqlite);
        let prepared = prepared.unwrap_or_else(|error| panic!("{sqlite}\n{error}"));
        assert_eq!(
            prepared.parameter_count(),
            parameters(sqlite).len(),
            "{sqlite}"
        );
    }
}

#[test]
fn every_statement_prepares_on_postgres() {
    let scratch = migrated(Engine::Postgres);
    on_postgres(&scratch, async |client| {
        for Sql { postgres, .. } in tables::statements() {
            let prepared = client.prepare(postgres).await;
            let prepared = prepared.unwrap_or_else(|error| panic!("{postgres}\n{error:?}"));
            assert_eq!(
                prepared.params().len(),
                parameters(postgres).len(),
                "{postgres}"
            );
        }
    });
}

/// Lists that may be sorted when they are read, by a part of their text. Each
/// is bounded otherwise.
const SORTED: [&str; 11] = [
    // Work that asks for a skill, where little does.
    "task_skills s where s.skill in ($1, $2, $3, $4, $5, $6, $7, $8)) and cast",
    // What one project has.
    "t.project = $",
    // What waits in the projects that one agent plans.
    "t.project = p.project",
    "a.project = w.project",
    // What all agents have in hand.
    "t.phase = 'working'",
    "t.phase = 'review'",
    // The sessions with a mark that few have.
    "session_marks m cross join sessions s where",
    // What waits for one task.
    "where s.task = $1 and s.status = 'pending' order by s.id",
    // What one agent has in hand.
    "where t.assignee = $1 and t.phase in ('working', 'review')",
    // The rows of the leaderboard.
    "join earnings g on g.account = l.id order by g.asset",
    // The contributors of one project.
    "order by count(*) desc",
];

/// The lists that the engine sorts.
fn sorted(sorts: impl Fn(&Sql) -> bool) -> BTreeSet<String> {
    let is_list = |sql: &Sql| sql.sqlite.starts_with("select") && sql.sqlite.contains("order by");
    let lists: Vec<_> = tables::statements().into_iter().filter(is_list).collect();
    assert!(lists.len() > 40, "the lists were not found");
    let sorted = lists.iter().filter(|list| sorts(list));
    sorted.map(without_columns).collect()
}

fn assert_bounded(sorted: &BTreeSet<String>) {
    for list in sorted {
        assert!(SORTED.iter().any(|part| list.contains(part)), "{list}");
    }
}

fn without_columns(sql: &Sql) -> String {
    let (_, rest) = sql.sqlite.rsplit_once(" from ").expect("a table");
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The steps of the embedded engine's plan.
fn steps(connection: &rusqlite::Connection, sql: &Sql) -> Vec<String> {
    texts(connection, &format!("explain query plan {}", sql.sqlite), 3)
}

/// One column of what a query answers; its parameters are null.
fn texts(connection: &rusqlite::Connection, sql: &str, column: usize) -> Vec<String> {
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement.raw_query().mapped(|row| row.get(column));
    rows.map(|row| row.expect("a text")).collect()
}

#[test]
fn lists_are_read_in_the_order_of_an_index_on_sqlite() {
    let scratch = migrated(Engine::Sqlite);
    let connection = sqlite(&scratch);
    let sorts = |list: &Sql| {
        steps(&connection, list)
            .iter()
            .any(|step| step.contains("TEMP B-TREE"))
    };
    let sorted = sorted(sorts);
    assert_bounded(&sorted);
    let of_a_project = "tasks t indexed by tasks_by_project where t.listed = 1 and t.project = $1 \
        order by t.payout_rank desc, t.id desc limit $2 offset $3";
    assert!(sorted.contains(of_a_project), "sorting is noticed");
}

/// Tables that a statement goes through from one end until it has a page of
/// what it looks for, by a part of its text.
const GONE_THROUGH: [&str; 2] = [
    // The search of the texts finds its rows itself.
    "knowledge_words",
    // Which job waits in which environment: one step for each of these.
    "with recursive ready",
];

/// Statements that look at every row of a table are no part of what a server
/// does, only of the audit.
#[test]
fn no_table_is_gone_through() {
    let scratch = migrated(Engine::Sqlite);
    let connection = sqlite(&scratch);
    let stored = texts(
        &connection,
        "select name from sqlite_schema where type = 'table'",
        0,
    );
    let audits: Vec<_> = tables::audit::invariants()
        .map(|it| it.statement())
        .collect();
    let mut found = BTreeSet::new();
    for sql in tables::statements() {
        let text = sql.sqlite;
        if audits.contains(&sql) || GONE_THROUGH.iter().any(|part| text.contains(part)) {
            continue;
        }
        let names: Vec<_> = text.split([' ', ',', '(', ')']).collect();
        for step in steps(&connection, &sql) {
            let Some(scanned) = step.strip_prefix("SCAN ") else {
                continue;
            };
            // A table by its name, or by the name that the statement gives it.
            let is_stored = stored.iter().any(|table| {
                scanned == table
                    || names
                        .windows(2)
                        .any(|pair| pair[0] == table && pair[1] == scanned)
            });
            if is_stored {
                found.insert(format!("{step}: {text}"));
            }
        }
    }
    assert_eq!(found, BTreeSet::new());
}

/// What is known by its key, or is of a job or an agent, is not looked for among
/// all that its environment has.
#[test]
fn joins_begin_with_what_is_little() {
    let scratch = migrated(Engine::Sqlite);
    let connection = sqlite(&scratch);
    let needs = |sql: &Sql| sql.sqlite.contains("job_dependencies d cross join jobs");
    let needs: Vec<_> = tables::statements().into_iter().filter(needs).collect();
    assert_eq!(needs.len(), 2, "the statements were not found");
    for sql in needs {
        let plan = steps(&connection, &sql);
        assert!(plan[0].contains("SEARCH d USING"), "{plan:?}");
        assert!(plan[1].starts_with("SEARCH j USING"), "{plan:?}");
        assert!(plan[1].contains("id=?)"), "{plan:?}");
    }
}

/// An account that is paid for years has few rewards that wait, and every
/// payment it makes looks for them.
#[test]
fn rewards_that_were_released_are_not_gone_through() {
    let scratch = migrated(Engine::Sqlite);
    let connection = sqlite(&scratch);
    let waiting = |sql: &Sql| {
        let text = sql.sqlite;
        text.contains("holds") && text.contains("account = $1") && text.contains("ended = 0")
    };
    let waiting: Vec<_> = tables::statements().into_iter().filter(waiting).collect();
    assert!(waiting.len() > 4, "the statements were not found");
    for sql in waiting {
        let plan = steps(&connection, &sql).join("\n");
        assert!(
            plan.contains("PRIMARY KEY (account=? AND ended=?"),
            "{sql:?}\n{plan}"
        );
    }
}

/// Each tree is a page more that a write changes, so an index that nothing
/// reads is a mistake.
#[test]
fn every_index_is_read_or_keeps_something_unique() {
    let scratch = migrated(Engine::Sqlite);
    let connection = sqlite(&scratch);
    let read: Vec<_> = tables::statements()
        .iter()
        .flat_map(|sql| steps(&connection, sql))
        .collect();
    let named = "select name from sqlite_schema where type = 'index' and sql like 'create index%'";
    let mut unread = texts(&connection, named, 0);
    assert!(unread.len() > 50, "the indexes were not found");
    let names = |step: &str, index: &str| step.split_whitespace().any(|word| word == index);
    unread.retain(|index| !read.iter().any(|step| names(step, index)));
    assert_eq!(unread, [""; 0]);
}

/// The planner avoids sorting here where it can; with a few rows it would
/// otherwise prefer it.
#[test]
fn lists_are_read_in_the_order_of_an_index_on_postgres() {
    let scratch = migrated(Engine::Postgres);
    on_postgres(&scratch, async |client| {
        let settings = "set enable_sort = off; set enable_incremental_sort = off; set enable_seqscan = off; \
                        set plan_cache_mode = force_generic_plan";
        client.batch_execute(settings).await.expect("settings");
        let mut sorting = Vec::new();
        for sql in tables::statements() {
            // Merging lists that are in order already has a sort key too, but
            // sorts nothing.
            let is_sort = |line: &str| {
                let step = line.trim_start().trim_start_matches("->").trim_start();
                step.starts_with("Sort  (") || step.starts_with("Incremental Sort")
            };
            let text = sql.postgres.trim_start_matches('(');
            if text.starts_with("select") && plan(&client, sql.postgres).await.lines().any(is_sort)
            {
                sorting.push(sql);
            }
        }
        let sorted = self::sorted(|list| sorting.contains(list));
        assert_bounded(&sorted);
    });
}

async fn plan(client: &Client, text: &str) -> String {
    let nulls = vec!["null"; parameters(text).len()].join(", ");
    let nulls = if nulls.is_empty() {
        nulls
    } else {
        format!("({nulls})")
    };
    let script = format!("deallocate all; prepare list as {text}; explain execute list{nulls}");
    let answers = client.simple_query(&script).await;
    let answers = answers.unwrap_or_else(|error| panic!("{script}\n{error:?}"));
    let line = |answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    answers
        .into_iter()
        .filter_map(line)
        .collect::<Vec<_>>()
        .join("\n")
}
