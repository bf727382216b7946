//! What tasks are asked with, and for how long they are waited for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use states_language::{
    BoxFuture, Clock, DrivenClock, Execution, ExecutionContext, FailureStage, History,
    IntegrationPattern, Outcome, StateMachine, TaskFailure, TaskProgress, TaskRequest, TaskRunner,
};

use crate::machine::{Answer, FUNCTION, one, run};

const PUBLISH: &str = "arn:aws:states:::sns:publish";

#[test]
fn timeouts() {
    for fields in [
        json!({ "TimeoutSeconds": 5 }),
        json!({ "TimeoutSecondsPath": "$.t" }),
    ] {
        let mut state = json!({ "Type": "Task", "Resource": PUBLISH });
        state
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let ran = run(&one(state), &json!({ "t": 5 }), &[Answer::Silent]);
        assert_eq!(
            (ran.failure(), ran.took.as_secs()),
            (("States.Timeout", ""), 5)
        );
        assert_eq!(ran.events[4]["type"], "TaskTimedOut");
        assert_eq!(
            ran.events[4]["taskTimedOutEventDetails"],
            json!({ "error": "States.Timeout", "resource": "publish", "resourceType": "sns" })
        );
    }
}

/// A catcher gets an empty cause where there is none.
#[test]
fn a_caught_timeout() {
    let machine = json!({
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 1, "End": true,
                "Catch": [
                    { "ErrorEquals": ["States.TaskFailed"], "Next": "Wrong" },
                    { "ErrorEquals": ["States.Timeout"], "Next": "Caught" },
                ],
            },
            "Wrong": { "Type": "Fail" },
            "Caught": { "Type": "Pass", "End": true },
        },
    });
    let ran = run(&machine, &json!({}), &[Answer::Silent]);
    assert_eq!(
        *ran.output(),
        json!({ "Error": "States.Timeout", "Cause": "" })
    );
}

/// Beats every second, up to a number of beats, then is silent.
struct Beating {
    clock: DrivenClock,
    beats: u64,
}

impl TaskRunner for Beating {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        Box::pin(async move {
            assert_eq!(request.pattern, IntegrationPattern::WaitForTaskToken);
            assert_eq!(request.input["token"], request.task_token.unwrap());
            progress.submitted(&json!({ "taken": true }));
            for _ in 0..self.beats {
                let next = self.clock.now() + Duration::from_secs(1);
                self.clock.sleep_until(next).await;
                progress.heartbeat();
            }
            std::future::pending().await
        })
    }
}

fn execute(
    machine: &Value,
    tasks: impl FnOnce(&DrivenClock) -> Arc<dyn TaskRunner>,
) -> (Outcome, u64, History) {
    let begun = SystemTime::UNIX_EPOCH;
    let clock = DrivenClock::new(begun);
    let history = History::new();
    let execution = Execution {
        program: Arc::new(StateMachine::parse(&machine.to_string()).unwrap()),
        context: ExecutionContext::named("m", "e", "eu-west-1", "123456789012"),
        input: "{}".to_owned(),
        tasks: tasks(&clock),
        clock: Arc::new(clock.clone()),
        history: history.clone(),
    };
    let outcome = clock.run(execution.run()).unwrap();
    let took = clock.now().duration_since(begun).unwrap().as_secs();
    (outcome, took, history)
}

#[test]
fn heartbeats() {
    let machine = one(json!({
        "Type": "Task",
        "Resource": format!("{PUBLISH}.waitForTaskToken"),
        "Parameters": { "Message": "beat", "token.$": "$$.Task.Token" },
        "HeartbeatSeconds": 3,
        "TimeoutSeconds": 60,
    }));
    let (outcome, took, history) = execute(&machine, |clock| {
        Arc::new(Beating {
            clock: clock.clone(),
            beats: 10,
        })
    });
    let timed_out = Outcome::Failed {
        error: Some("States.Timeout".to_owned()),
        cause: None,
    };
    assert_eq!((outcome, took), (timed_out, 13));
    let types: Vec<String> = history
        .events()
        .iter()
        .map(|it| json!(it)["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        types[2..6],
        [
            "TaskScheduled",
            "TaskStarted",
            "TaskSubmitted",
            "TaskTimedOut"
        ]
    );
}

/// Fails at a stage.
struct FailsAt(FailureStage);

impl TaskRunner for FailsAt {
    fn run<'a>(
        &'a self,
        _request: TaskRequest,
        _progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        let failure = TaskFailure::new("Own", "because").at(self.0);
        Box::pin(std::future::ready(Err(failure)))
    }
}

#[test]
fn the_stage_of_a_failure() {
    for (resource, stage, expected) in [
        (PUBLISH, FailureStage::Run, "TaskFailed"),
        (PUBLISH, FailureStage::Start, "TaskStartFailed"),
        (PUBLISH, FailureStage::Submit, "TaskSubmitFailed"),
        (FUNCTION, FailureStage::Run, "LambdaFunctionFailed"),
        (FUNCTION, FailureStage::Start, "LambdaFunctionStartFailed"),
    ] {
        let machine = one(json!({ "Type": "Task", "Resource": resource }));
        let (_, _, history) = execute(&machine, |_| Arc::new(FailsAt(stage)));
        assert_eq!(json!(history.events()[4])["type"], expected);
    }
}

/// Remembers the whole of each request.
#[derive(Default)]
struct Remembers(Mutex<HashMap<String, TaskRequest>>);

impl TaskRunner for Remembers {
    fn run<'a>(
        &'a self,
        request: TaskRequest,
        _progress: TaskProgress,
    ) -> BoxFuture<'a, Result<Value, TaskFailure>> {
        self.0
            .lock()
            .unwrap()
            .insert(request.state_name.clone(), request);
        Box::pin(std::future::ready(Ok(json!({}))))
    }
}

#[test]
fn what_a_runner_is_told() {
    let machine = one(json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Credentials": { "RoleArn.$": "States.Format('arn:aws:iam::{}:role/other', '123456789012')" },
        "TimeoutSeconds": 7,
        "HeartbeatSeconds": 3,
    }));
    let remembers = Arc::new(Remembers::default());
    let (_, _, history) = execute(&machine, |_| remembers.clone());
    let asked = remembers.0.lock().unwrap();
    let request = &asked["S"];
    assert_eq!(request.pattern, IntegrationPattern::Sync2);
    assert_eq!(request.timeout, Some(Duration::from_secs(7)));
    assert_eq!(request.heartbeat, Some(Duration::from_secs(3)));
    assert_eq!(
        request.execution_arn,
        "arn:aws:states:eu-west-1:123456789012:execution:m:e"
    );
    let role = "arn:aws:iam::123456789012:role/other";
    assert_eq!(request.credentials_role_arn.as_deref(), Some(role));
    let scheduled = json!(history.events()[2])["taskScheduledEventDetails"].clone();
    assert_eq!(scheduled["taskCredentials"], json!({ "roleArn": role }));
    assert_eq!(
        (
            &scheduled["timeoutInSeconds"],
            &scheduled["heartbeatInSeconds"]
        ),
        (&json!(7), &json!(3))
    );
}
