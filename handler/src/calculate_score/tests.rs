//@ file task 4 solution
use super::*;

fn score(excluded: bool) -> Value {
    let branch = |name: &str, value: Value| {
        let branch = json!({ "key": "Zoë 1.txt", name: value });
        branch.as_object().cloned().unwrap()
    };
    let branches = [
        branch("itExperience", json!(50)),
        branch("cloudExperience", json!(35)),
        branch("nodeExperience", json!(20)),
        branch("isExcluded", json!(excluded)),
    ];
    handle("input", &branches).unwrap().into()
}

#[test]
fn the_sum_of_the_branches_or_nothing() {
    assert_eq!(score(false)["calculatedScore"], 105);
    assert_eq!(score(true)["calculatedScore"], 0);
    assert_eq!(score(false)["key"], "Zoë 1.txt");
    //@ task 5 solution
    assert_eq!(score(false)["copySource"], "input/Zo%C3%AB%201.txt");
    //@ end
}

#[test]
fn a_branch_that_is_missing_is_named() {
    let error = handle("input", &[]).unwrap_err().to_string();
    assert_eq!(error, "there are no branches");
    let branch = json!({ "key": "a.txt" }).as_object().cloned().unwrap();
    let error = handle("input", &[branch]).unwrap_err().to_string();
    assert_eq!(error, "no branch of the workflow returned itExperience");
}
