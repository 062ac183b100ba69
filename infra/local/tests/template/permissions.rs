//! What the functions may do is narrow. Whether it is enough, and no more than they use, is tried
//! with the packaged functions.

use serde_json::Value;

use super::template;

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(ToString::to_string).collect(),
        one => vec![one.to_string()],
    }
}

#[test]
fn no_function_may_do_everything_or_anything_to_everything() {
    for function in template().functions() {
        assert!(!function.statements.is_empty(), "{} may do nothing", function.id);
        for statement in &function.statements {
            assert_eq!(statement["Effect"], "Allow");
            for action in texts(&statement["Action"]) {
                assert!(!action.contains('*'), "{}: {action}", function.id);
            }
            for resource in texts(&statement["Resource"]) {
                let whole = resource == "\"*\"" || !resource.contains("Ref") && !resource.contains("Fn::");
                assert!(!whole, "{} may touch more than this stack's own: {resource}", function.id);
            }
        }
    }
}

#[test]
fn only_those_who_ask_exotel_can_read_its_credentials() {
    for function in template().functions() {
        let may = function.statements.iter().any(|s| s["Resource"].to_string().contains("ExotelSecret"));
        assert_eq!(may, ["dial", "reconcile"].contains(&function.folder.as_str()), "{}", function.id);
    }
}

#[test]
fn nobody_may_change_or_remove_what_the_audit_trail_holds() {
    for function in template().functions() {
        let of_table = function.statements.iter().filter(|s| s["Resource"].to_string().contains("AuditTable"));
        for action in of_table.flat_map(|s| texts(&s["Action"])) {
            assert!(
                ["\"dynamodb:PutItem\"", "\"dynamodb:Query\""].contains(&action.as_str()),
                "{}: {action}",
                function.id
            );
        }
    }
}
