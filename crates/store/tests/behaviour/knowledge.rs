//! What a project remembers is found alike on both engines, whatever is
//! searched for; and chat that was not read is counted.

use domain::id::{AccountId, ChannelId, KnowledgeId, MessageId, ProjectId, made_at};
use domain::knowledge::{Category, Importance};
use domain::{Time, search};
use store::tables::audit;
use store::tables::channels::{self, Channel};
use store::tables::knowledge::{self, Entry, Filter, Stretch, Text};
use store::tables::messages::{self, Message, Said, SubjectKind, Unread};
use store::{Sql, Store, Val};
use testkit::engine::Engine;
use uuid::Uuid;

use super::with_store;

const HERE: ProjectId = ProjectId(Uuid::from_u128(1));
const THERE: ProjectId = ProjectId(Uuid::from_u128(2));
const ME: AccountId = AccountId(Uuid::from_u128(3));
const YOU: AccountId = AccountId(Uuid::from_u128(4));

/// Title, content, category, importance and tags of the entries, numbered from 0.
const ENTRIES: [(&str, &str, Category, Importance, &[&str]); 7] = [
    (
        "Database Schema Architecture",
        "PostgreSQL with 12 tables",
        Category::Architecture,
        Importance::High,
        &["schemas"],
    ),
    (
        "Deployment",
        "We deploy the database on Fridays, never the schema",
        Category::Patterns,
        Importance::Normal,
        &[],
    ),
    (
        "Why Rust",
        "Deploying is copying one file; don't fear it",
        Category::Decisions,
        Importance::Pinned,
        &["deployments"],
    ),
    (
        "\u{dc}bergr\u{f6}\u{df}en",
        "Gr\u{f6}\u{df}e in snake_case: table_name, 1e5 and v2.10",
        Category::General,
        Importance::Low,
        &[],
    ),
    (
        "\u{4f60}\u{597d}",
        "naive na\u{ef}ve caf\u{e9} 'quoted' \u{a7}hdatabas",
        Category::General,
        Importance::Normal,
        &["\u{a7}p00000000000000000000000000000002"],
    ),
    (
        "AND OR NOT",
        "near(a b) column:value star* caret^",
        Category::Context,
        Importance::Normal,
        &[],
    ),
    (
        "Older notes",
        "The schema of the old database is gone",
        Category::Context,
        Importance::Low,
        &[],
    ),
];

fn entry(number: usize) -> Entry {
    let (title, content, category, importance, tags) = ENTRIES[number];
    let number = u128::try_from(number).expect("small");
    Entry {
        id: KnowledgeId(Uuid::from_u128(number)),
        project: HERE,
        text: Text {
            title: title.into(),
            content: content.into(),
            category,
            importance,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        },
        version: 1,
        author: ME,
        editor: ME,
        created_at: Time(0),
        updated_at: Time(0),
    }
}

async fn put(store: &Store, entry: Entry) {
    let written = store.write(move |tx| {
        let entry = entry.clone();
        Box::pin(async move {
            if entry.version == 1 {
                knowledge::insert(tx, &entry).await
            } else {
                knowledge::update(tx, &entry).await
            }
        })
    });
    written.await.expect("written");
}

async fn remember_all(store: &Store) {
    for number in 0..ENTRIES.len() {
        put(store, entry(number)).await;
    }
}

const EVERYTHING: Filter = Filter {
    project: HERE,
    category: None,
    importance: None,
};
const FIRST: Stretch = Stretch {
    rows: 50,
    offset: 0,
};

async fn found_in(store: &Store, filter: Filter, text: &str, stretch: Stretch) -> Vec<u128> {
    let words = search::sought(text);
    let found = store.read(move |tx| {
        let words = words.clone();
        Box::pin(async move { knowledge::find_words(tx, filter, &words, stretch).await })
    });
    let found = found
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    found.iter().map(|entry| entry.id.0.as_u128()).collect()
}

async fn found(store: &Store, text: &str) -> Vec<u128> {
    found_in(store, EVERYTHING, text, FIRST).await
}

testkit::on_both_engines! {
    fn all_words_occur_and_titles_come_first(engine: Engine) {
        with_store(engine, async |store| {
            remember_all(&store).await;
            let searches: [(&str, &[u128]); 17] = [
                ("database", &[0, 6, 1]),
                ("databases, SCHEMAS!", &[0, 6, 1]),
                ("the schema of a database", &[0, 6, 1]),
                ("deploy", &[2, 1]),
                ("deployed on fridays", &[1]),
                ("database rust", &[]),
                ("table", &[3, 0]),
                ("snake case", &[3]),
                ("\u{dc}BERGR\u{d6}\u{df}EN", &[3]),
                ("ubergrossen", &[]),
                ("\u{4f60}\u{597d}", &[4]),
                ("\u{4f60}", &[]),
                ("na\u{ef}ve", &[4]),
                ("1e5 v2 10", &[3]),
                ("near value", &[5]),
                ("hdatabas", &[4]),
                ("12", &[0]),
            ];
            for (text, expected) in searches {
                assert_eq!(found(&store, text).await, expected, "{text}");
            }
        });
    }

    fn hostile_searches_find_nothing_and_harm_nothing(engine: Engine) {
        with_store(engine, async |store| {
            remember_all(&store).await;
            let long = "drop table knowledge; ".repeat(500);
            let quotes = "\"'".repeat(5_000);
            let searches = [
                "", "the", "\"", "'", "'' or 1=1 --", "x\0y", "(", "!", "* ^ : - + & | ! <->", "\u{a7}", "words : x",
                "\u{a7}p00000000000000000000000000000001", "\\", "%", "{title} : x", "NEARBY()", &long, &quotes,
            ];
            for text in searches {
                assert_eq!(found(&store, text).await, [0_u128; 0], "{text}");
            }
            assert_eq!(found(&store, "AND OR NOT").await, [0_u128; 0], "only stop words");
            let emoji = "\u{1f4a9}".repeat(10_000);
            assert_eq!(found(&store, &emoji).await, [0_u128; 0]);
        });
    }

    fn filters_combine_and_pages_follow_each_other(engine: Engine) {
        with_store(engine, async |store| {
            remember_all(&store).await;
            let only = |category, importance| Filter { project: HERE, category, importance };
            let (context, low) = (Some(Category::Context), Some(Importance::Low));
            for (filter, text, expected) in [
                (only(context, None), "database", &[6_u128][..]),
                (only(None, low), "database", &[6]),
                (only(None, low), "case", &[3]),
                (only(context, low), "schema", &[6]),
                (only(context, Some(Importance::High)), "schema", &[]),
                (Filter { project: THERE, ..EVERYTHING }, "database", &[]),
            ] {
                assert_eq!(found_in(&store, filter, text, FIRST).await, expected, "{filter:?} {text}");
            }
            for rows in 1..4 {
                let mut all = Vec::new();
                for offset in (0..9).step_by(usize::try_from(rows).expect("small")) {
                    all.extend(found_in(&store, EVERYTHING, "database", Stretch { rows, offset }).await);
                }
                assert_eq!(all, [0, 6, 1], "in pages of {rows}");
            }
            for (filter, expected) in [
                (EVERYTHING, &[6_u128, 5, 4, 3, 2, 1, 0][..]),
                (only(context, None), &[6, 5]),
                (only(None, low), &[6, 3]),
                (only(context, low), &[6]),
            ] {
                let listed = store.read(move |tx| Box::pin(knowledge::list(tx, filter, FIRST)));
                let listed: Vec<_> = listed.await.expect("a list").iter().map(|e| e.id.0.as_u128()).collect();
                assert_eq!(listed, expected, "{filter:?}");
            }
        });
    }

    fn pages_follow_each_other_also_where_no_title_has_the_words(engine: Engine) {
        with_store(engine, async |store| {
            for number in 20..27_u128 {
                let mut granite = entry(1);
                granite.id = KnowledgeId(Uuid::from_u128(number));
                granite.text.content = "Walls of granite".into();
                put(&store, granite).await;
            }
            let in_pages = async |rows: u32| {
                let mut all = Vec::new();
                for offset in (0..12).step_by(usize::try_from(rows).expect("small")) {
                    all.extend(found_in(&store, EVERYTHING, "granite walls", Stretch { rows, offset }).await);
                }
                all
            };
            for rows in 1..9 {
                assert_eq!(in_pages(rows).await, [26, 25, 24, 23, 22, 21, 20], "in pages of {rows}");
            }
            let mut titled = entry(2);
            titled.id = KnowledgeId(Uuid::from_u128(19));
            titled.text.title = "Granite walls".into();
            put(&store, titled).await;
            for rows in 1..9 {
                assert_eq!(in_pages(rows).await, [19, 26, 25, 24, 23, 22, 21, 20], "in pages of {rows}");
            }
        });
    }

    fn a_new_version_is_found_by_its_own_words(engine: Engine) {
        with_store(engine, async |store| {
            remember_all(&store).await;
            let mut next = entry(0);
            next.text.title = "Storage".into();
            next.text.content = "Files, and the database is gone".into();
            next.text.tags.clear();
            next.version = 2;
            next.editor = YOU;
            put(&store, next.clone()).await;
            assert_eq!(found(&store, "architecture").await, [0_u128; 0]);
            assert_eq!(found(&store, "storage").await, [0]);
            assert_eq!(found(&store, "database").await, [0, 6, 1], "the last written first");
            let id = next.id;
            let kept = store.read(move |tx| Box::pin(async move {
                let now = knowledge::find(tx, id).await?;
                Ok((now, knowledge::versions(tx, id, FIRST).await?))
            }));
            let (now, former) = kept.await.expect("read");
            assert_eq!(now, Some(next));
            assert_eq!(former, [entry(0).into()]);
        });
    }

    fn the_audit_misses_versions_and_words(engine: Engine) {
        with_store(engine, async |store| {
            remember_all(&store).await;
            let mut next = entry(0);
            next.version = 2;
            put(&store, next).await;
            assert_eq!(violated(&store).await, [""; 0]);
            let damage = async |sql: Sql| {
                let damaged = store.write(move |tx| Box::pin(tx.write(sql, vec![])));
                damaged.await.expect("damage");
            };
            damage(Sql {
                sqlite: "delete from knowledge_words where rowid = 2",
                postgres: "update knowledge set words = null where place = 2",
            }).await;
            assert_eq!(violated(&store).await, ["everything a project remembers can be found"]);
            damage(Sql::new("delete from knowledge_versions")).await;
            assert_eq!(violated(&store).await, [
                "every version of what a project remembers is kept", "everything a project remembers can be found",
            ]);
        });
    }

    fn unread_messages_are_counted_by_channel(engine: Engine) {
        with_store(engine, async |store| {
            let written = store.write(|tx| Box::pin(async {
                let member = Sql::new("insert into memberships (project, account, position, level, joined_at) \
                    values ($1, $2, $3, 'worker', 0)");
                tx.write(member, vec![Val::id(HERE), Val::id(ME), Val::id(HERE)]).await?;
                for (number, project, name) in [(10, HERE, "general"), (11, HERE, "design"), (12, THERE, "general")] {
                    let channel = ChannelId(Uuid::from_u128(number));
                    let row = Channel { id: channel, project, name: name.into(), created_at: Time(0) };
                    channels::insert(tx, &row).await?;
                    for time in 0..10_u8 {
                        let author = if time % 5 == 0 { ME } else { YOU };
                        messages::say(tx, &said(channel, author, time)).await?;
                    }
                }
                Ok(())
            }));
            written.await.expect("written");
            let unread = async |since, rows| {
                let unread = store.read(move |tx| Box::pin(messages::unread(tx, ME, Time(since), rows)));
                unread.await.expect("counts")
            };
            let counts = |design, general| [("design", design), ("general", general)].map(|(channel, count)| {
                Unread { project: HERE, channel: channel.to_owned(), count }
            });
            assert_eq!(unread(0, 100).await, counts(8, 8));
            assert_eq!(unread(i64::MIN, 100).await, counts(8, 8));
            assert_eq!(unread(6_000_000, 100).await, counts(4, 4));
            assert_eq!(unread(i64::MAX, 100).await, []);
            let some: i64 = unread(0, 10).await.iter().map(|unread| unread.count).sum();
            assert_eq!(some, 10);
        });
    }
}

/// The invariants that do not hold.
async fn violated(store: &Store) -> Vec<&'static str> {
    let findings = store.read(|tx| {
        Box::pin(async move {
            let mut findings = Vec::new();
            for invariant in audit::invariants() {
                findings.push(audit::check(tx, invariant).await?);
            }
            Ok(findings)
        })
    });
    let findings = findings.await.expect("findings");
    let violated = findings.iter().filter(|finding| finding.violations > 0);
    violated.map(|finding| finding.says).collect()
}

/// A message that was written so many seconds after 1970.
fn said(channel: ChannelId, author: AccountId, seconds: u8) -> Said {
    let time = Time(i64::from(seconds) * 1_000_000);
    let random = [seconds, 0, 0, 0, 0, 0, 0, channel.0.as_bytes()[15]];
    Said {
        message: Message {
            id: MessageId(made_at(time, random)),
            subject: channel.0,
            subject_kind: SubjectKind::Channel,
            parent: None,
            author,
            body: "Hm.".into(),
            upvotes: 0,
            downvotes: 0,
            created_at: time,
            author_handle: String::new(),
            author_display_name: String::new(),
        },
        mentions: vec![ME],
    }
}
