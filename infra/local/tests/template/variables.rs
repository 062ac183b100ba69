//! Every function is given the variables it reads, and none that nobody reads.

use std::collections::BTreeSet;

use shared::config::{
    AwsPlace, AwsSection, EdgeConfig, ExotelSection, PlaybookSection, Stage, StoreConfig, Variable, WrappedKeysSection,
    variables_of,
};

use super::{sources_of, template};

/// Read by the libraries that run a function, not by `config`.
const READ_BY_LIBRARIES: [&str; 2] = ["AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "RUST_LOG"];

/// What a function reads, by what its `main.rs` puts together.
fn read_by(folder: &str) -> BTreeSet<Variable> {
    let main = sources_of(folder).concat();
    let mut read = Vec::new();
    if main.contains("start_logging(") {
        read.extend(variables_of::<Stage>());
    }
    if main.contains("Deployed::new(") {
        read.extend(
            [variables_of::<StoreConfig>(), variables_of::<EdgeConfig>(), variables_of::<AwsSection>()].concat(),
        );
        read.extend([variables_of::<AwsPlace>(), variables_of::<WrappedKeysSection>()].concat());
        read.extend(variables_of::<PlaybookSection>());
    }
    if main.contains("upkeep(") {
        read.extend([variables_of::<StoreConfig>(), variables_of::<AwsPlace>()].concat());
        read.extend(variables_of::<WrappedKeysSection>());
    }
    if main.contains("telephony(") {
        read.extend(variables_of::<ExotelSection>());
    }
    read.into_iter().collect()
}

#[test]
fn what_a_function_can_not_start_without_it_is_given() {
    for function in template().functions() {
        let read = read_by(&function.folder);
        assert!(read.len() > 5, "the search finds what {} reads", function.folder);
        let missing: Vec<_> =
            read.iter().filter(|v| v.required && !function.variables.contains_key(&v.name)).map(|v| &v.name).collect();
        assert!(missing.is_empty(), "{} is not given {missing:?}", function.id);
    }
}

#[test]
fn what_a_function_is_given_it_reads() {
    let template = template();
    let common: BTreeSet<&str> = template.common_variables().into_iter().collect();
    for function in template.functions() {
        let read: BTreeSet<String> = read_by(&function.folder).into_iter().map(|v| v.name).collect();
        let unread: Vec<_> = function
            .variables
            .keys()
            .filter(|name| !read.contains(*name) && !READ_BY_LIBRARIES.contains(&name.as_str()))
            // Globals can not leave one function out; `migrate` has no use for most of them.
            .filter(|name| !(function.folder == "migrate" && common.contains(name.as_str())))
            .collect();
        assert!(unread.is_empty(), "{} never reads {unread:?}", function.id);
    }
}

#[test]
fn no_secret_stands_in_the_template() {
    // What config.rs keeps in a `SecretString`.
    let secret =
        ["DATABASE_URL", "REDIS_PASSWORD", "EXOTEL_SHARED_SECRET", "SIGNING_SECRET", "DATA_KEYS", "EXOTEL_TOKEN"];
    for function in template().functions() {
        for name in secret {
            let Some(value) = function.variables.get(name) else { continue };
            let text = value["Fn::Sub"].as_str().unwrap_or_default();
            assert!(text.starts_with("secretsmanager:${"), "{}: {name} is {value}", function.id);
        }
    }
}
