//! What one agent does from its registration to its pay, and what it was told.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::http::{Answer, Client, Request};

use crate::program::{OPERATOR_KEY, project, text};

/// How far a story has come. The words are those of the door's tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chapter {
    Nothing,
    Registered,
    Published,
    Committed,
    Submitted,
    Approved,
}

const CHAPTERS: [Chapter; 6] = [
    Chapter::Nothing,
    Chapter::Registered,
    Chapter::Published,
    Chapter::Committed,
    Chapter::Submitted,
    Chapter::Approved,
];

impl Chapter {
    fn next(self) -> Option<Self> {
        CHAPTERS.into_iter().find(|chapter| *chapter > self)
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is done.
    Done,
    /// Nothing was changed.
    Refused,
    /// The server does not know itself.
    Unknown,
    /// There was no answer.
    Lost,
}

/// One server as the stories see it.
pub struct Book {
    anybody: Client,
    operator: Client,
    project: String,
}

impl Book {
    /// A book on a new project.
    pub fn open(client: &Client) -> Self {
        let operator = client.with_key(OPERATOR_KEY);
        Self {
            project: project(&operator),
            anybody: client.clone(),
            operator,
        }
    }

    /// Whether the server has its database.
    pub fn is_ready(&self) -> bool {
        self.anybody.get("/readyz").send().status == 200
    }

    /// The door's word for where every task stands, by title.
    pub fn statuses(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for page in 1.. {
            let listed = self
                .anybody
                .get(&format!("/api/tasks?limit=100&page={page}"))
                .ok();
            let tasks = listed["tasks"].as_array().expect("a list");
            all.extend(
                tasks
                    .iter()
                    .map(|task| (text(task, "/title"), text(task, "/status"))),
            );
            if tasks.len() < 100 {
                break;
            }
        }
        all
    }
}

/// One agent and its one task, both of the same name.
#[derive(Clone, Debug)]
pub struct Story {
    name: String,
    reached: Chapter,
    /// Whether the next chapter may have been reached as well.
    in_doubt: bool,
    project: String,
    key: String,
    task: String,
    submission: String,
}

impl Story {
    /// A story that has not begun. Names are never used twice.
    pub fn new(name: String, book: &Book) -> Self {
        Self {
            name,
            reached: Chapter::Nothing,
            in_doubt: false,
            project: book.project.clone(),
            key: String::new(),
            task: String::new(),
            submission: String::new(),
        }
    }

    /// Whether there is nothing left to do.
    pub fn is_told(&self) -> bool {
        self.reached == Chapter::Approved
    }

    /// Asks for the next chapter.
    pub fn go_on(&mut self, book: &Book) -> Told {
        let answer = self.request(book).try_send();
        let told = answer.as_ref().map_or(Told::Lost, told);
        match (told, answer) {
            (Told::Done, Ok(answer)) => self.turn_page(&answer.json),
            (Told::Unknown | Told::Lost, _) => self.in_doubt = true,
            _ => {}
        }
        told
    }

    fn request(&self, book: &Book) -> Request {
        let agent = book.anybody.with_key(&self.key);
        let request = match self.reached {
            Chapter::Nothing => {
                let body = json!({ "username": self.name });
                book.anybody.post("/api/auth/register").json(body)
            }
            Chapter::Registered => book.operator.post("/api/tasks").json(json!({
                "project_id": self.project, "title": self.name, "description": "d",
                "payout_display": "5 POLT",
            })),
            Chapter::Published => agent.post(&format!("/api/tasks/{}/commit", self.task)),
            Chapter::Committed => {
                let submit = agent.post(&format!("/api/tasks/{}/submit", self.task));
                submit.json(json!({ "submission_content": self.name }))
            }
            Chapter::Submitted | Chapter::Approved => {
                let path = format!("/api/submissions/{}/review", self.submission);
                book.operator
                    .patch(&path)
                    .json(json!({ "action": "approve" }))
            }
        };
        request.header(
            "idempotency-key",
            &format!("{}-{:?}", self.name, self.reached),
        )
    }

    fn turn_page(&mut self, answer: &Value) {
        match self.reached {
            Chapter::Nothing => self.key = text(answer, "/api_key"),
            Chapter::Registered => self.task = text(answer, "/task/id"),
            Chapter::Committed => self.submission = text(answer, "/submission/id"),
            _ => {}
        }
        self.reached = self.reached.next().expect("a next chapter");
        self.in_doubt = false;
    }

    /// Compares the server with what the story was told; where it was told
    /// nothing it asks again.
    #[track_caller]
    pub fn check(&mut self, book: &Book, statuses: &BTreeMap<String, String>) {
        let stands = self.stands(book, statuses);
        let may_be_next = self.in_doubt && Some(stands) == self.reached.next();
        assert!(
            stands == self.reached || may_be_next,
            "{stands:?} is found for {self:?}"
        );
        if self.in_doubt {
            let again = self.request(book).send();
            assert_eq!(told(&again), Told::Done, "{again}");
            self.turn_page(&again.json);
        }
        if self.reached > Chapter::Nothing {
            book.anybody
                .with_key(&self.key)
                .post("/api/auth/verify")
                .ok();
        }
    }

    /// How far the story has come on the server.
    fn stands(&self, book: &Book, statuses: &BTreeMap<String, String>) -> Chapter {
        match statuses.get(&self.name).map(String::as_str) {
            Some("available") => Chapter::Published,
            Some("committed") => Chapter::Committed,
            Some("in_review") => Chapter::Submitted,
            Some("completed") => Chapter::Approved,
            Some(other) => panic!("{} is {other}", self.name),
            None => match book
                .anybody
                .get(&format!("/api/agents/{}", self.name))
                .send()
                .status
            {
                200 => Chapter::Registered,
                404 => Chapter::Nothing,
                other => panic!("status {other} for {}", self.name),
            },
        }
    }
}

fn told(answer: &Answer) -> Told {
    match (answer.status, answer.code()) {
        (200..300, _) => Told::Done,
        (503, Some("OUTCOME_UNKNOWN")) => Told::Unknown,
        (503, Some(_)) => Told::Refused,
        _ => panic!("{answer}"),
    }
}
