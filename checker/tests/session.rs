//! The checker as a library: one session, many users; and what comes of one object.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use checker::course::stack::Stack;
use checker::error::Error;
use checker::session::event::{Event, What};
use checker::session::stop::Stop;
use checker::session::{Options, Session, Wanted};
use checker::target::aws::Aws;
use checker::target::cargo::{Screen, Terminal};
use checker::target::local::Local;
use checker::verdict::Verdict;
use sandbox::activity::{Activity, What as Happened};

const USERS: usize = 20;

fn session() -> (Session, Arc<Mutex<Vec<Event>>>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let options = Options::on_sandbox(Terminal::default());
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let told = events.clone();
    let listener = Arc::new(move |event| told.lock().unwrap().push(event));
    (Session::new(root.to_owned(), options, listener), events)
}

/// What tells where a run is, in a word.
fn word(what: &What) -> &'static str {
    match what {
        What::Cargo(_) | What::Built(_) => "built",
        What::Deployed { .. } => "deployed",
        What::Uploading { .. } => "uploading",
        What::Arrived { .. } => "arrived",
        What::Waiting { .. } => "waiting",
        What::LookingForLate { .. } => "looking",
        What::Decided { .. } => "decided",
        What::Judged(_) => "judged",
        What::CleaningUp => "cleaning",
        What::CleanedUp => "cleaned",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_session_verifies_twenty_users_at_once_on_one_sandbox() {
    let (session, events) = session();
    let session = Arc::new(session);
    let (_stopper, stop) = Stop::new();
    let mut runs = tokio::task::JoinSet::new();
    for number in 0..USERS {
        let (session, mut stop) = (session.clone(), stop.clone());
        runs.spawn(async move {
            let wanted = Wanted::Tasks(vec!["1".to_owned()]);
            let user = format!("user-{number}");
            session.verify(&user, &wanted, &mut stop).await.unwrap().run
        });
    }
    let all = runs.join_all().await;
    assert_eq!(all.len(), USERS);
    for run in &all {
        assert_eq!(run.tasks[0].verdict, Verdict::Passed, "{run:?}");
    }
    Arc::into_inner(session).unwrap().end().await;
    // The events of each user, in their order; only one of them built the handler.
    let mut told: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for event in events.lock().unwrap().iter() {
        let words = told.entry(event.user.clone()).or_default();
        if words.last() != Some(&word(&event.what)) {
            words.push(word(&event.what));
        }
    }
    assert_eq!(told.len(), USERS);
    let built = told.values().filter(|it| it.contains(&"built")).count();
    assert_eq!(built, 1);
    for (user, mut words) in told {
        words.retain(|it| !["built", "waiting", "looking"].contains(it));
        words.dedup();
        let expected = [
            "deployed",
            "uploading",
            "arrived",
            "uploading",
            "arrived",
            "decided",
            "judged",
            "cleaning",
            "cleaned",
        ];
        assert_eq!(words, expected, "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_verified_again() {
    let (session, _) = session();
    let (_stopper, mut stop) = Stop::new();
    for id in ["1", "2", "1"] {
        let wanted = Wanted::Tasks(vec![id.to_owned()]);
        let run = session
            .verify("alice", &wanted, &mut stop)
            .await
            .unwrap()
            .run;
        assert_eq!(
            (run.tasks[0].id.as_str(), run.tasks[0].verdict),
            (id, Verdict::Passed)
        );
    }
    let none = session
        .verify("alice", &Wanted::Tasks(Vec::new()), &mut stop)
        .await;
    assert!(matches!(none, Err(Error::Input(_))), "{none:?}");
    session.end().await;
}

#[tokio::test]
async fn a_run_that_is_stopped_has_no_verdict() {
    let (session, _) = session();
    let (stopper, mut stop) = Stop::new();
    stopper.stop();
    let wanted = Wanted::Tasks(vec!["1".to_owned()]);
    let ended = session.verify("alice", &wanted, &mut stop).await;
    assert!(matches!(ended, Err(Error::Interrupted)), "{ended:?}");
    session.end().await;
}

/// What led to an activity, and to that, and so on.
fn origins<'a>(all: &'a [Activity], mut at: &'a Activity) -> Vec<&'static str> {
    let mut found = Vec::new();
    loop {
        found.push(match &at.what {
            Happened::ObjectCreated { .. } => "object",
            Happened::FunctionInvoked { .. } => "invocation",
            Happened::ExecutionStarted { .. } => "execution",
            Happened::ExecutionFinished { .. } => "end",
            Happened::Log { .. } => "line",
            other => panic!("{other:?}"),
        });
        match at.cause {
            Some(id) => at = all.iter().find(|it| it.id == id).unwrap(),
            None => return found,
        }
    }
}

/// All that comes of an upload is traced back to it.
#[tokio::test(flavor = "multi_thread")]
async fn the_way_of_one_object() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let stack = Stack::compile(root, "alice", None).unwrap();
    let screen = Screen {
        terminal: Terminal::default(),
        show: &|_| {},
    };
    let local = Local::start(root, &stack, 0, screen).await.unwrap();
    local.deploy(&stack).unwrap();
    let aws = Aws::sandbox(local.sandbox.endpoint(), &stack.service.region);
    let mut live = local.sandbox.activities();
    let put = aws
        .s3
        .put_object()
        .bucket(&stack.input_bucket)
        .key("cv.txt");
    let body = b"Rust and Node.js".to_vec().into();
    put.body(body).send().await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let activity = live.recv().await.unwrap();
            if let Happened::ExecutionFinished { status, .. } = &activity.what {
                assert_eq!(status, "SUCCEEDED");
                return activity;
            }
        }
    });
    let ended = ended.await.unwrap();
    let (all, _) = local.sandbox.activities_since(0);
    let way = ["end", "execution", "invocation", "object"];
    assert_eq!(origins(&all, &ended), way);
    let of_invocation = ["invocation", "execution", "invocation", "object"];
    let invoked = all
        .iter()
        .filter(|it| matches!(it.what, Happened::FunctionInvoked { .. }));
    let ways: Vec<_> = invoked.map(|it| origins(&all, it)).collect();
    assert_eq!(ways[0], ["invocation", "object"]);
    assert!(
        ways.len() > 1 && ways[1..].iter().all(|it| it == &of_invocation),
        "{ways:?}"
    );
    let lines = all
        .iter()
        .filter(|it| matches!(it.what, Happened::Log { .. }));
    assert!(
        lines
            .map(|it| origins(&all, it))
            .all(|it| it[1] == "invocation")
    );
    let filed = all
        .iter()
        .filter(|it| matches!(it.what, Happened::ObjectCreated { .. }));
    let filed: Vec<_> = filed.map(|it| origins(&all, it)).collect();
    assert!(filed.len() > 1, "{filed:?}");
    assert_eq!(filed[0], ["object"]);
    assert!(
        filed[1..].iter().all(|it| it[1..].ends_with(&way[1..])),
        "{filed:?}"
    );
    local.end().await;
}
