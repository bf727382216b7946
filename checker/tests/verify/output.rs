//! What `checker verify` prints for people, word for word.

use crate::project::Project;

#[test]
fn all_passed() {
    let project = Project::solution();
    let output = project.verify("alice");
    assert_eq!(
        steady(&output.stdout),
        "\
Task 1  Start the workflow   alice, sandbox
  built the handler in N s, deployed 10 resources in N ms

  an ordinary CV
    passed   object-uploaded      s3://scan-cv-input-alice/cv-NONCE0000.txt
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    passed   execution-started    cv-NONCE0000-txt-UUID
    passed   execution-input      {\"key\":\"cv-NONCE0000.txt\",\"extension\":\"txt\"}
    passed   log-entry            \"Starting SF execution\" and the execution's name
    passed   execution-succeeded  SUCCEEDED

  spaces, unicode and a long name
    passed   object-uploaded      s3://scan-cv-input-alice/Zoë Ångström-Nowak + Ko/Życiorys & CV (100% final, really the last version) NONCE0001.PDF
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    passed   execution-started    yciorys-CV-100-final-really-the-last-versio-UUID
    passed   execution-input      {\"key\":\"Zoë Ångström-Nowak + Ko/Życiorys & CV (100% final, really the last version) NONCE0001.PDF\",\"extension\":\"pdf\"}
    passed   log-entry            \"Starting SF execution\" and the execution's name
    passed   execution-succeeded  SUCCEEDED

  the same name twice
    passed   object-uploaded      s3://scan-cv-input-alice/again-NONCE0002.txt, twice
    passed   function-invoked     scan-file, requests REQUEST and REQUEST
    passed   function-succeeded   N ms
    passed   execution-started    again-NONCE0002-txt-UUID, again-NONCE0002-txt-UUID
    passed   execution-input      {\"key\":\"again-NONCE0002.txt\",\"extension\":\"txt\"}
    passed   log-entry            \"Starting SF execution\" and the execution's name
    passed   execution-succeeded  SUCCEEDED

  a Word document, which is refused
    passed   object-uploaded     s3://scan-cv-input-alice/word-NONCE0003.docx
    passed   function-invoked    scan-file, request REQUEST
    passed   function-succeeded  N ms
    passed   no-execution        none was started
    passed   refusal-logged      refused, and logged with the key

  All 4 probes passed.

1 of 1 tasks passed: N s, N processes of functions
"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_start_of_task_1() {
    let project = Project::start();
    let output = project.verify("alice");
    assert_eq!(
        steady(&output.stdout),
        "\
Task 1  Start the workflow   alice, sandbox
  built the handler in N s, deployed 10 resources in N ms

  an ordinary CV
    passed   object-uploaded      s3://scan-cv-input-alice/cv-NONCE0000.txt
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    failed   execution-started    scan-file ran (request REQUEST) without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here
    skipped  execution-input      needs execution-started
    skipped  log-entry            needs execution-started
    skipped  execution-succeeded  needs execution-started

  spaces, unicode and a long name
    passed   object-uploaded      s3://scan-cv-input-alice/Zoë Ångström-Nowak + Ko/Życiorys & CV (100% final, really the last version) NONCE0001.PDF
    passed   function-invoked     scan-file, request REQUEST
    passed   function-succeeded   N ms
    failed   execution-started    scan-file ran (request REQUEST) without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here
    skipped  execution-input      needs execution-started
    skipped  log-entry            needs execution-started
    skipped  execution-succeeded  needs execution-started

  the same name twice
    passed   object-uploaded      s3://scan-cv-input-alice/again-NONCE0002.txt, twice
    passed   function-invoked     scan-file, requests REQUEST and REQUEST
    passed   function-succeeded   N ms
    failed   execution-started    scan-file ran (requests REQUEST and REQUEST) without an error, but no execution of scan-cv-alice-ScanCvWorkflow carries the key
             look  handler/src/scan_file/mod.rs:50   // TODO: Start the workflow here
    skipped  execution-input      needs execution-started
    skipped  log-entry            needs execution-started
    skipped  execution-succeeded  needs execution-started

  a Word document, which is refused
    passed   object-uploaded     s3://scan-cv-input-alice/word-NONCE0003.docx
    passed   function-invoked    scan-file, request REQUEST
    passed   function-succeeded  N ms
    passed   no-execution        none was started
    passed   refusal-logged      refused, and logged with the key

  3 of 4 probes failed. Doc: tasks/1-start-the-workflow/README.md, step 4. A hint: cargo checker hint 1

0 of 1 tasks passed: N s, N processes of functions
"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// The text with words in place of what differs from run to run: times, and words
/// with a run's nonce, a UUID or the begin of a request id in them.
fn steady(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let words: Vec<&str> = text.split_inclusive([' ', '\n', ')']).collect();
    let next = words.iter().skip(1).copied().chain([""]);
    words
        .iter()
        .zip(next)
        .map(|(word, next)| steady_word(word, next.trim_end()))
        .collect()
}

fn steady_word(word: &str, next: &str) -> String {
    let is_hex = |text: &str| text.bytes().all(|it| it.is_ascii_hexdigit());
    let bare = word.trim_end_matches([' ', '\n', ')']);
    if matches!(next, "ms" | "s," | "processes") && bare.parse::<f64>().is_ok() {
        return word.replace(bare, "N");
    }
    if bare.len() == 8 && is_hex(bare) {
        return word.replace(bare, "REQUEST");
    }
    let mut text = word.to_owned();
    let find = |text: &str, length: usize, is_it: &dyn Fn(&str) -> bool| {
        (0..text.len()).find(|at| text.get(*at..at + length).is_some_and(is_it))
    };
    while let Some(at) = find(&text, 36, &|it| uuid::Uuid::try_parse(it).is_ok()) {
        text.replace_range(at..at + 36, "UUID");
    }
    // What follows counts the tasks and the probes.
    while let Some(at) = find(&text, 14, &|it| it.starts_with("cv") && is_hex(&it[2..])) {
        text.replace_range(at..at + 10, "NONCE");
    }
    text
}
