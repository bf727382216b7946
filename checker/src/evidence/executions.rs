//! What the checker asks Step Functions about executions.

use aws_sdk_sfn::error::ProvideErrorMetadata as _;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus, HistoryEvent};

use crate::course::stack::Stack;
use crate::error::Error;
use crate::evidence::{Execution, Step, StepKind};
use crate::target::aws::Aws;

/// The state machine's ARN, by its name. What was listed for one user of the clients is known for
/// all; who looks for one that is missing waits for nobody but others who do.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn machine_arn(aws: &Aws, stack: &Stack) -> Result<Option<String>, Error> {
    if let Some(arn) = aws.machine(&stack.workflow) {
        return Ok(Some(arn));
    }
    let _turn = aws.listing.lock().await;
    // Or somebody else has found it meanwhile.
    if let Some(arn) = aws.machine(&stack.workflow) {
        return Ok(Some(arn));
    }
    let mut pages = aws.sfn.list_state_machines().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| aws.unclear("list the state machines", &error))?;
        let machines = page.state_machines().iter();
        aws.know_machines(machines.map(|it| (it.name.clone(), it.state_machine_arn.clone())));
        if let Some(arn) = aws.machine(&stack.workflow) {
            return Ok(Some(arn));
        }
    }
    Ok(None)
}

/// The executions of a state machine that started since then, in milliseconds since 1970, and
/// have this status, if one is given; nothing where AWS does not list them, as it does not for
/// machines of the type EXPRESS.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn started_since(
    aws: &Aws,
    machine: &str,
    since: i64,
    status: Option<ExecutionStatus>,
) -> Result<Option<Vec<ExecutionListItem>>, Error> {
    let mut found = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(machine)
        .set_status_filter(status)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Err(error) if error.code() == Some("StateMachineTypeNotSupported") => return Ok(None),
            page => page.map_err(|error| aws.unclear("list the executions", &error))?,
        };
        for execution in page.executions() {
            // Newest first: what follows is older still.
            if execution.start_date().to_millis().unwrap_or(i64::MAX) < since {
                return Ok(Some(found));
            }
            found.push(execution.clone());
        }
    }
    Ok(Some(found))
}

/// Executions of the stack's state machine that run and carry a nonce.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn running_with(
    aws: &Aws,
    stack: &Stack,
    nonce: &str,
    since: i64,
) -> Result<Vec<String>, Error> {
    let Some(machine) = machine_arn(aws, stack).await? else {
        return Ok(Vec::new());
    };
    let mut running = Vec::new();
    let started = started_since(aws, &machine, since, Some(ExecutionStatus::Running)).await?;
    for execution in started.unwrap_or_default() {
        let arn = execution.execution_arn();
        let is_named = execution.name().contains(nonce);
        if is_named
            || describe(aws, arn)
                .await?
                .input()
                .is_some_and(|it| it.contains(nonce))
        {
            running.push(arn.to_owned());
        }
    }
    Ok(running)
}

/// Whether an execution of another state machine of the stack, which carries a nonce, runs.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn others_run(aws: &Aws, stack: &Stack, nonce: &str, since: i64) -> Result<bool, Error> {
    let machines = stack.service.state_machines.iter();
    let names: Vec<&str> = machines
        .filter_map(|it| it.name.as_deref())
        .filter(|it| *it != stack.workflow)
        .collect();
    if names.is_empty() {
        return Ok(false);
    }
    let mut pages = aws.sfn.list_state_machines().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| aws.unclear("list the state machines", &error))?;
        let machines = page.state_machines().iter();
        for machine in machines.filter(|it| names.contains(&it.name())) {
            let arn = machine.state_machine_arn();
            let running = Some(ExecutionStatus::Running);
            let started = started_since(aws, arn, since, running).await?;
            for execution in started.unwrap_or_default() {
                let described = describe(aws, execution.execution_arn()).await?;
                if described.input().is_some_and(|it| it.contains(nonce)) {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// Looks at an execution.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn describe(aws: &Aws, arn: &str) -> Result<DescribeExecutionOutput, Error> {
    let described = aws.sfn.describe_execution().execution_arn(arn).send();
    let described = described.await;
    described.map_err(|error| aws.unclear("look at an execution", &error))
}

/// Reads what happened in an execution.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn read_history(aws: &Aws, execution: &mut Execution) -> Result<(), Error> {
    let mut pages = aws
        .sfn
        .get_execution_history()
        .execution_arn(&execution.arn)
        .include_execution_data(true)
        .max_results(1000)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| aws.unclear("read an execution's history", &error))?;
        for event in page.events() {
            let kind = kind_of(event);
            execution.history.push(Step {
                id: event.id(),
                previous: event.previous_event_id(),
                kind,
            });
        }
    }
    number(&mut execution.history);
    Ok(())
}

/// Lets each event follow from the one before, where an endpoint does not say from which it does.
/// On AWS only the first one, and that by which the first state is entered, follow from none.
fn number(history: &mut [Step]) {
    if history.iter().skip(2).any(|it| it.previous > 0) {
        return;
    }
    for (before, step) in (0..).zip(history) {
        (step.id, step.previous) = (before + 1, before);
    }
}

/// What an event tells, of those by which a verdict is judged.
fn kind_of(event: &HistoryEvent) -> StepKind {
    if let Some(entered) = event.state_entered_event_details() {
        return StepKind::Entered(entered.name().to_owned());
    }
    if let Some(exited) = event.state_exited_event_details() {
        let output = exited.output().unwrap_or_default();
        return StepKind::Exited(exited.name().to_owned(), output.to_owned());
    }
    if let Some(call) = event.lambda_function_scheduled_event_details() {
        let input = call.input().unwrap_or_default();
        return StepKind::Called(call.resource().to_owned(), input.to_owned());
    }
    if let Some(call) = event.task_scheduled_event_details() {
        // An endpoint may name the whole resource.
        let resource = match (call.resource(), call.resource().split_once(":::")) {
            (_, Some((_, resource))) => resource.to_owned(),
            (function, None) if function.contains(":function:") => function.to_owned(),
            (resource, None) => format!("{}:{resource}", call.resource_type()),
        };
        return StepKind::Called(resource, call.parameters().to_owned());
    }
    let succeeded = event.lambda_function_succeeded_event_details();
    let succeeded = succeeded.map(|it| it.output());
    let task = event.task_succeeded_event_details().map(|it| it.output());
    if let Some(output) = succeeded.or(task) {
        return StepKind::Answered(output.unwrap_or_default().to_owned());
    }
    match event.r#type().as_str() {
        "ParallelStateStarted" => StepKind::BranchesStarted,
        _ => failure_of(event).map_or(StepKind::Other, StepKind::Failed),
    }
}

/// Error and cause of an event that tells that a call or a state failed.
fn failure_of(event: &HistoryEvent) -> Option<String> {
    macro_rules! of {
        ($($details:ident),*) => {
            [$(event.$details().map(|it| (it.error(), it.cause()))),*]
        };
    }
    let all = of![
        lambda_function_failed_event_details,
        lambda_function_schedule_failed_event_details,
        lambda_function_start_failed_event_details,
        lambda_function_timed_out_event_details,
        task_failed_event_details,
        task_start_failed_event_details,
        task_submit_failed_event_details,
        task_timed_out_event_details,
        evaluation_failed_event_details
    ];
    let (error, cause) = all.into_iter().flatten().next()?;
    Some(error_text(error, cause).unwrap_or_default())
}

/// Error and cause, as one text.
pub fn error_text(error: Option<&str>, cause: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = [error, cause].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}
