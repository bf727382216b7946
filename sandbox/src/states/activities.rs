//! Activities: tasks that workers ask for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use states_language::{FailureStage, TaskFailure, TaskProgress};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::account::Account;
use crate::arn::arn;
use crate::error::ServiceError;
use crate::time::{epoch_seconds, now_millis};

use super::name::{check_arn, check_name};
use super::page::{Page, next_token};

/// How long GetActivityTask waits for a task ("GetActivityTask" in the API Reference).
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// The account's activities, by ARN.
#[derive(Debug, Default)]
pub struct Activities(Mutex<BTreeMap<String, Activity>>);

#[derive(Debug)]
struct Activity {
    name: String,
    created: i64,
    tasks: VecDeque<Task>,
    arrived: Arc<Notify>,
}

#[derive(Debug)]
struct Task {
    token: String,
    input: String,
    progress: TaskProgress,
}

impl Activities {
    /// Puts a task where the activity's workers find it.
    ///
    /// # Errors
    ///
    /// There is no such activity.
    pub fn schedule(
        &self,
        activity: &str,
        token: &str,
        input: &Value,
        progress: TaskProgress,
    ) -> Result<(), TaskFailure> {
        let mut activities = self.all();
        let Some(found) = activities.get_mut(activity) else {
            let cause = format!("The activity {activity} does not exist.");
            return Err(TaskFailure::new("States.Runtime", cause).at(FailureStage::Start));
        };
        found.tasks.push_back(Task {
            token: token.to_owned(),
            input: input.to_string(),
            progress,
        });
        found.arrived.notify_one();
        Ok(())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Activity>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ARN of an activity.
pub fn arn_of(account: &Account, name: &str) -> String {
    arn("states", &account.region, &format!("activity:{name}"))
}

/// CreateActivity: one that is there already is as good.
pub fn create(account: &Account, name: &str) -> Result<Value, ServiceError> {
    check_name(name)?;
    let arn = arn_of(account, name);
    let mut activities = account.states.activities.all();
    let activity = activities.entry(arn.clone()).or_insert_with(|| Activity {
        name: name.to_owned(),
        created: now_millis(),
        tasks: VecDeque::new(),
        arrived: Arc::new(Notify::new()),
    });
    Ok(json!({ "activityArn": arn, "creationDate": epoch_seconds(activity.created) }))
}

/// DescribeActivity.
pub fn describe(account: &Account, arn: &str) -> Result<Value, ServiceError> {
    check_arn(arn, &["activity"])?;
    let activities = account.states.activities.all();
    let activity = activities.get(arn).ok_or_else(|| unknown(arn))?;
    Ok(shown(arn, activity))
}

/// DeleteActivity: one that is not there is gone already.
pub fn delete(account: &Account, arn: &str) -> Result<Value, ServiceError> {
    check_arn(arn, &["activity"])?;
    account.states.activities.all().remove(arn);
    Ok(json!({}))
}

/// ListActivities, by ARN.
pub fn list(account: &Account, input: &Value) -> Result<Value, ServiceError> {
    let page = Page::of(input, 1000)?;
    let activities = account.states.activities.all();
    let mut rest = activities
        .iter()
        .filter(|(arn, _)| page.after.as_ref().is_none_or(|after| *arn > after))
        .peekable();
    let listed: Vec<_> = rest.by_ref().take(page.size).collect();
    let items: Vec<Value> = listed.iter().map(|(arn, it)| shown(arn, it)).collect();
    let mut answer = json!({ "activities": items });
    if let (Some((last, _)), Some(_)) = (listed.last(), rest.peek()) {
        answer["nextToken"] = next_token(last);
    }
    Ok(answer)
}

fn shown(arn: &str, activity: &Activity) -> Value {
    json!({
        "activityArn": arn,
        "name": activity.name,
        "creationDate": epoch_seconds(activity.created),
    })
}

/// GetActivityTask: waits for a task; after a minute without one, the answer is empty.
pub async fn next_task(
    account: &Account,
    arn: &str,
    worker: Option<&str>,
) -> Result<Value, ServiceError> {
    check_arn(arn, &["activity"])?;
    let found = async {
        loop {
            let arrived = {
                let mut activities = account.states.activities.all();
                let activity = activities.get_mut(arn).ok_or_else(|| unknown(arn))?;
                while let Some(task) = activity.tasks.pop_front() {
                    // Its execution may have ended meanwhile.
                    if account.states.tokens.is_waiting(&task.token) {
                        task.progress.activity_started(worker);
                        return Ok(json!({ "taskToken": task.token, "input": task.input }));
                    }
                }
                activity.arrived.clone()
            };
            arrived.notified().await;
        }
    };
    timeout(LONGEST_POLL, found)
        .await
        .unwrap_or_else(|_| Ok(json!({})))
}

fn unknown(arn: &str) -> ServiceError {
    ServiceError::bad_request(
        "ActivityDoesNotExist",
        format!("Activity Does Not Exist: '{arn}'"),
    )
}
