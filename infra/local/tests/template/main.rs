//! Does `template.yaml` say what the code needs, and nothing else? What cfn-lint can not know:
//! names inside events, routes, variables, what each function is allowed to do.

mod events;
mod permissions;
mod routes;
mod variables;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use local::template::{Function, Name, Template};
use serde_json::Value;
use shared::ports::queue::QueueName;

fn template() -> Template {
    Template::ours().expect("template.yaml is readable")
}

fn functions_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions")
}

fn function(folder: &str) -> Function {
    template().functions().into_iter().find(|f| f.folder == folder).expect("every folder is a function")
}

/// The sources of a function, file by file, without its tests.
fn sources_of(folder: &str) -> Vec<String> {
    let files = fs::read_dir(functions_folder().join(folder).join("src")).expect("a function's sources").flatten();
    let text =
        files.filter(|file| file.path().extension().is_some_and(|e| e == "rs") && file.file_name() != "tests.rs");
    let code = text.map(|file| fs::read_to_string(file.path()).expect("a readable source"));
    code.map(|code| code.split("#[cfg(test)]").next().unwrap_or_default().to_owned()).collect()
}

/// What a resource can be asked for with `!GetAtt`, as far as it is used here.
fn has_attribute(kind: &str, attribute: &str) -> bool {
    matches!(
        (kind, attribute),
        ("AWS::SQS::Queue" | "AWS::DynamoDB::Table" | "AWS::S3::Bucket" | "AWS::KMS::Key", "Arn")
    )
}

/// Names that every template knows.
fn is_pseudo(id: &str) -> bool {
    matches!(id, "AWS::AccountId" | "AWS::Partition" | "AWS::Region" | "AWS::StackName")
}

fn unknown_names(template: &Template) -> Vec<String> {
    let known = |name: &Name| match (&name.attribute, template.find(&name.id)) {
        (None, found) => found.is_some() || is_pseudo(&name.id),
        (Some(attribute), Some(resource)) => has_attribute(resource["Type"].as_str().unwrap_or_default(), attribute),
        (Some(_), None) => false,
    };
    let names = template.names().expect("only notations this check knows");
    names.into_iter().filter(|(_, name)| !known(name)).map(|(place, name)| format!("{place}: {name:?}")).collect()
}

#[test]
fn everything_named_exists_also_inside_events() {
    let unknown = unknown_names(&template());
    assert!(unknown.is_empty(), "named but not there:\n{}", unknown.join("\n"));
}

#[test]
fn a_name_inside_an_event_that_does_not_exist_is_found() {
    let text = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        M:\n          Type: SQS\n          Properties: {Queue: !GetAtt Nowhere.Arn, Other: !Sub \"${F.Missing}\"}\n";
    let found = unknown_names(&Template::parse(text).expect("readable"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|line| line.contains("/Events/M/") && line.contains("Nowhere")), "{found:?}");
}

#[test]
fn every_folder_is_a_function_and_every_function_a_folder() {
    let entries = fs::read_dir(functions_folder()).expect("the functions").flatten();
    let folders: BTreeSet<String> =
        entries.filter(|e| e.path().is_dir()).map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let template = template();
    let functions = template.functions();
    assert_eq!(functions.iter().map(|f| f.folder.clone()).collect::<BTreeSet<_>>(), folders);
    for function in &functions {
        let resource = template.find(&function.id).expect("it is a resource");
        assert_eq!(resource["Properties"]["CodeUri"], format!("functions/{}", function.folder));
        assert_eq!(resource["Metadata"]["BuildMethod"], "rust-cargolambda", "{}", function.id);
    }
}

#[test]
fn a_message_stays_hidden_six_times_as_long_as_its_function_may_run() {
    let template = template();
    let queues = template.of_type("AWS::SQS::Queue");
    let mut read = BTreeSet::new();
    for function in template.functions() {
        for (_, event) in function.events.iter().filter(|(kind, _)| kind == "SQS") {
            let id = event["Queue"]["Fn::GetAtt"][0].as_str().expect("the queue is named");
            let queue = queues.iter().find(|(queue, _)| *queue == id).expect("a queue").1;
            let hidden_s = queue["VisibilityTimeout"].as_u64().expect("it is set");
            assert!(hidden_s >= 6 * function.timeout_s, "{id} hides for {hidden_s} s, {} runs longer", function.id);
            assert_eq!(
                event["FunctionResponseTypes"],
                serde_json::json!(["ReportBatchItemFailures"]),
                "{}",
                function.id
            );
            assert!(event["BatchSize"].as_u64().is_some_and(|size| (1..=10).contains(&size)), "{}", function.id);
            assert_dead_letters(&template, queue);
            read.insert(id.to_owned());
        }
    }
    let letters = queues.iter().filter(|(_, queue)| queue["RedrivePolicy"].is_null()).count();
    assert_eq!(read.len() + letters, queues.len(), "a queue that nobody reads");
}

fn assert_dead_letters(template: &Template, queue: &Value) {
    let redrive = &queue["RedrivePolicy"];
    assert!(redrive["maxReceiveCount"].as_u64().is_some_and(|times| times >= 5), "given up too early: {queue}");
    let id = redrive["deadLetterTargetArn"]["Fn::GetAtt"][0].as_str().expect("dead letters go somewhere");
    let letters = &template.find(id).expect("a queue")["Properties"];
    assert_eq!(letters["MessageRetentionPeriod"], 1_209_600, "people need the longest time SQS gives");
}

#[test]
fn queues_are_called_what_the_code_calls_them() {
    let template = template();
    let given = &template.functions()[0].variables;
    for (variable, name) in [("DIAL_QUEUE_URL", QueueName::Dial), ("CALL_EVENTS_QUEUE_URL", QueueName::CallEvents)] {
        let id = given[variable]["Ref"].as_str().expect("the variable is the queue's address");
        let called = &template.find(id).expect("a queue")["Properties"]["QueueName"]["Fn::Sub"];
        assert_eq!(called, &format!("${{AWS::StackName}}-{}", name.as_str()));
    }
}

#[test]
fn what_runs_on_a_clock_runs_every_minute_and_alone_where_two_would_harm() {
    let template = template();
    for folder in ["feeder", "reconcile"] {
        let function = function(folder);
        let schedules: Vec<_> = function.events.iter().filter(|(kind, _)| kind == "ScheduleV2").collect();
        assert_eq!(schedules.len(), 1, "{folder}");
        assert_eq!(schedules[0].1["ScheduleExpression"], "rate(1 minute)", "{folder}");
    }
    for folder in ["reconcile", "migrate"] {
        let resource = template.find(&function(folder).id).expect("a function");
        assert_eq!(resource["Properties"]["ReservedConcurrentExecutions"], 1, "{folder}");
    }
}

#[test]
fn what_can_not_be_made_again_outlives_the_stack() {
    let template = template();
    for id in ["AuditTable", "ObjectsBucket", "DataKeysSecret", "MasterKey"] {
        let resource = template.find(id).expect("it is there");
        assert_eq!(
            (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]),
            (&"Retain".into(), &"Retain".into()),
            "{id}"
        );
    }
}
