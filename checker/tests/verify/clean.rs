//! `checker clean` removes what it has shown, from the buckets of the stack alone.
#![cfg(target_os = "linux")]

use std::process::Output;

use checker::target::aws::Aws;

use crate::endpoint::{Served, signed_in};
use crate::project::Project;

const SHOWN: &str = "The buckets of the stack scan-cv-alice-dev:
  scan-cv-input-alice holds 7 objects, 14 bytes
    a 0.txt
    a 1.txt
    a 2.txt
    a 3.txt
    a 4.txt
    and 2 more
";

fn clean(project: &Project, served: &Served, more: &[&str]) -> Output {
    let mut checker = signed_in(project.checker());
    checker.args(["clean", "--user", "alice", "--endpoint-url"]);
    checker.arg(&served.endpoint).args(more).output().unwrap()
}

#[test]
fn only_what_the_stack_names() {
    let project = Project::solution();
    let served = Served::start(&project);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = Aws::sandbox(&served.endpoint, "eu-west-1").s3;
    let count = |bucket: &str| {
        let listed = runtime.block_on(s3.list_objects_v2().bucket(bucket).send());
        listed.unwrap().contents().len()
    };
    let put = |bucket: &str, key: String| {
        let object = s3.put_object().bucket(bucket).key(key);
        runtime
            .block_on(object.body(b"cv".to_vec().into()).send())
            .unwrap();
    };
    let other = "scan-cv-input-alice-b";
    let eu = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("eu-west-1".into())
        .build();
    let made = s3.create_bucket().bucket(other);
    runtime
        .block_on(made.create_bucket_configuration(eu).send())
        .unwrap();
    for number in 0..7 {
        put("scan-cv-input-alice", format!("a {number}.txt"));
    }
    put(other, "kept.txt".to_owned());

    let output = clean(&project, &served, &["--dry-run"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), SHOWN);
    let output = clean(&project, &served, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: nobody can be asked here. Add --yes to go on, or --dry-run to look only.\n"
    );
    assert_eq!(count("scan-cv-input-alice"), 7);

    let output = clean(&project, &served, &["--yes"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        format!("{SHOWN}Removed 7 objects. Now: STUDENT_NAME=alice npx sls remove\n")
    );
    assert_eq!((count("scan-cv-input-alice"), count(other)), (0, 1));
    let output = clean(&project, &served, &["--yes"]);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "The buckets of the stack scan-cv-alice-dev:\n  scan-cv-input-alice is empty\n"
    );
}
