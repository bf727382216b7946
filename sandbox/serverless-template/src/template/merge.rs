//! The author's own resources, laid over what was generated.

use serde_json::Value as Json;

/// Lays `source` over `target`: mappings by key, lists by position, and all
/// else replaces what was there.
pub(super) fn merge(target: &mut Json, source: &Json) {
    match (target, source) {
        (Json::Object(target), Json::Object(source)) => {
            for (key, value) in source {
                match target.get_mut(key) {
                    Some(known) => merge(known, value),
                    None => {
                        target.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (Json::Array(target), Json::Array(source)) => {
            for (index, value) in source.iter().enumerate() {
                match target.get_mut(index) {
                    Some(known) => merge(known, value),
                    None => target.push(value.clone()),
                }
            }
        }
        (target, source) => *target = source.clone(),
    }
}

/// Removes properties of resources that are null.
pub(super) fn strip_nulls(template: &mut Json) {
    let Some(resources) = template["Resources"].as_object_mut() else {
        return;
    };
    for resource in resources.values_mut() {
        if let Some(properties) = resource.get_mut("Properties") {
            strip(properties);
        }
    }
}

fn strip(value: &mut Json) {
    match value {
        Json::Object(entries) => {
            entries.retain(|_, value| !value.is_null());
            entries.values_mut().for_each(strip);
        }
        Json::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
