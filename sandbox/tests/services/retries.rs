//! Asynchronous invocations: a failed one is tried again, twice.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sandbox::activity::What;
use states_language::{Clock, DrivenClock};

use crate::client::invoke;
use crate::server::Server;

#[tokio::test]
async fn twice_one_and_two_minutes_later() {
    let begin = SystemTime::now();
    let clock = DrivenClock::new(begin);
    let mut server = Server::with_clock(&["fails"], Arc::new(clock.clone())).await;
    let answer = invoke("fails", "{}")
        .with("x-amz-invocation-type", "Event")
        .send(&server.address())
        .await;
    assert_eq!((answer.status, answer.body.len()), (202, 0));
    let id = answer.header("x-amzn-requestid").unwrap().to_owned();
    for minutes in [0, 1, 3] {
        while clock.now() < begin + Duration::from_secs(minutes * 60) {
            clock.advance();
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.now(), begin + Duration::from_secs(minutes * 60));
        let tried = server
            .until("a try", |activity| match &activity.what {
                What::FunctionFinished {
                    request_id, error, ..
                } => {
                    assert!(
                        error
                            .as_ref()
                            .is_some_and(|it| it.contains("it is too late"))
                    );
                    Some(request_id.clone())
                }
                _ => None,
            })
            .await;
        assert_eq!(tried, id);
    }
    assert!(!clock.advance(), "nothing waits any more");
}

#[tokio::test]
async fn a_success_is_not_repeated() {
    let clock = DrivenClock::new(SystemTime::now());
    let mut server = Server::with_clock(&["echo"], Arc::new(clock.clone())).await;
    invoke("echo", "{}")
        .with("x-amz-invocation-type", "Event")
        .send(&server.address())
        .await;
    assert_eq!(server.finished().await, None);
    // It is done with the event once it serves another one.
    invoke("echo", "{}").send(&server.address()).await;
    assert!(!clock.advance(), "nothing waits");
}
