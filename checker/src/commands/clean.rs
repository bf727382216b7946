//! `checker clean`: empties a user's buckets, so that `npx sls remove` can succeed:
//! CloudFormation deletes no bucket that holds something.

use std::path::Path;
use std::process::ExitCode;

use crate::commands::agree::agreed;
use crate::commands::cli::Clean;
use crate::commands::print::print;
use crate::course::stack::Stack;
use crate::course::task;
use crate::error::Error;
use crate::evidence::objects::{Listed, find_objects, remove_objects};
use crate::report::plain;
use crate::target::aws::Aws;
use crate::workspace::project::check_user;

/// How many keys of a bucket are shown.
const SHOWN: usize = 5;

/// Shows what is in the buckets that the stack names, asks, and removes it.
///
/// # Errors
///
/// Where the names cannot be told, AWS does not let the checker look or remove, or nobody
/// can be asked.
pub async fn clean(root: &Path, arguments: &Clean) -> Result<ExitCode, Error> {
    check_user(&arguments.user)?;
    let place = &arguments.place;
    let stack = Stack::compile(root, &arguments.user, place.region.as_deref())?;
    let mut aws = Aws::real(
        place.endpoint_url.as_deref(),
        &stack.service.region,
        place.profile.as_deref(),
    )
    .await?;
    aws.find_owner().await?;
    let mut contents = Vec::new();
    for bucket in &stack.buckets {
        contents.push((bucket.clone(), find_objects(&aws, bucket).await?));
    }
    for bucket in stack.other_buckets(&task::read_all(root, &stack.course)?) {
        // One that cannot be looked into may be anybody's.
        let found = find_objects(&aws, &bucket).await.unwrap_or_default();
        if found.exists {
            contents.push((bucket, found));
        }
    }
    print(&shown(&stack.service.stack_name, &contents))?;
    let count: usize = contents.iter().map(|(_, it)| it.keys.len()).sum();
    if count == 0 || arguments.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let question = format!("Remove {}? They do not come back.", objects(count));
    if !arguments.yes && !agreed(&question)? {
        print("Nothing was removed.\n")?;
        return Ok(ExitCode::from(1));
    }
    // What was shown, and nothing that has come since.
    for (bucket, found) in &contents {
        remove_objects(&aws, bucket, &found.keys).await?;
    }
    print(&format!(
        "Removed {}. Now: {}={} npx sls remove\n",
        objects(count),
        stack.course.participant.variable,
        arguments.user
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn objects(count: usize) -> String {
    match count {
        1 => "1 object".to_owned(),
        _ => format!("{count} objects"),
    }
}

fn shown(stack: &str, contents: &[(String, Listed)]) -> String {
    let mut text = format!("The buckets of the stack {stack}:\n");
    for (bucket, found) in contents {
        let state = match (found.exists, found.keys.len()) {
            (false, _) => "is not there".to_owned(),
            (true, 0) => "is empty".to_owned(),
            (true, count) => format!("holds {}, {} bytes", objects(count), found.bytes),
        };
        text += &format!("  {bucket} {state}\n");
        for key in found.keys.iter().take(SHOWN) {
            text += &format!("    {}\n", plain::line(key));
        }
        if found.keys.len() > SHOWN {
            text += &format!("    and {} more\n", found.keys.len() - SHOWN);
        }
    }
    text
}
