//! What the checker asks Step Functions about executions.

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;

use crate::aws::Aws;
use crate::error::Error;
use crate::evidence::{Execution, Step, StepKind};
use crate::stack::Stack;

/// The state machine's ARN, by its name; asked for once.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn machine_arn(
    aws: &Aws,
    stack: &Stack,
    known: &mut Option<String>,
) -> Result<Option<String>, Error> {
    if known.is_none() {
        let mut pages = aws.sfn.list_state_machines().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws.unclear("list the state machines", &error))?;
            let mut machines = page.state_machines().iter();
            if let Some(found) = machines.find(|machine| machine.name() == stack.workflow) {
                *known = Some(found.state_machine_arn().to_owned());
                break;
            }
        }
    }
    Ok(known.clone())
}

/// The executions of a state machine that started since then, in milliseconds since 1970, and
/// have this status, if one is given.
///
/// # Errors
///
/// Where AWS does not let the checker see.
pub async fn started_since(
    aws: &Aws,
    machine: &str,
    since: i64,
    status: Option<ExecutionStatus>,
) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(machine)
        .set_status_filter(status)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| aws.unclear("list the executions", &error))?;
        for execution in page.executions() {
            // Newest first: what follows is older still.
            if execution.start_date().to_millis().unwrap_or(i64::MAX) < since {
                return Ok(found);
            }
            found.push(execution.execution_arn().to_owned());
        }
    }
    Ok(found)
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
    let Some(machine) = machine_arn(aws, stack, &mut None).await? else {
        return Ok(Vec::new());
    };
    let mut running = Vec::new();
    for arn in started_since(aws, &machine, since, Some(ExecutionStatus::Running)).await? {
        let described = describe(aws, &arn).await?;
        if described.input().is_some_and(|input| input.contains(nonce)) || arn.contains(nonce) {
            running.push(arn);
        }
    }
    Ok(running)
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
            let entered = event.state_entered_event_details();
            let exited = event.state_exited_event_details();
            let kind = match (entered, exited) {
                (Some(entered), _) => StepKind::Entered(entered.name().to_owned()),
                (_, Some(exited)) => StepKind::Exited(
                    exited.name().to_owned(),
                    exited.output().unwrap_or_default().to_owned(),
                ),
                _ if event.r#type().as_str() == "ParallelStateStarted" => StepKind::BranchesStarted,
                _ => StepKind::Other,
            };
            execution.history.push(Step {
                id: event.id(),
                previous: event.previous_event_id(),
                kind,
            });
        }
    }
    Ok(())
}
