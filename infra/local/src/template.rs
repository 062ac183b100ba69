//! `template.yaml` as data: what is in it, what names what, and values once somebody says what the
//! names stand for. Knows CloudFormation's notation; what the resources mean is not its business.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// The template this program was built beside.
const TEXT: &str = include_str!("../../../template.yaml");

/// Why the template can not be read, or a value in it not be worked out.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not YAML.
    #[error("template.yaml is not readable: {0}")]
    Unreadable(#[from] serde_yaml_ng::Error),
    /// It names something that nobody gave a value.
    #[error("nothing is known about `{0}` of template.yaml")]
    Unknown(String),
    /// A notation that this reader does not know.
    #[error("template.yaml: {0} can not be worked out here")]
    Notation(String),
}

/// The template, every short form (`!Ref X`) in its long one (`{"Ref": "X"}`).
#[derive(Debug, Clone)]
pub struct Template(Value);

/// Something that the template names: a resource or parameter, or an attribute of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// `DialQueue`, `AWS::Region`.
    pub id: String,
    /// `Arn`.
    pub attribute: Option<String>,
}

impl From<&str> for Name {
    fn from(id: &str) -> Self {
        Self { id: id.to_owned(), attribute: None }
    }
}

/// What the names stand for.
#[derive(Debug, Clone, Default)]
pub struct Stack(BTreeMap<Name, String>);

/// One function of the template.
#[derive(Debug, Clone)]
pub struct Function {
    /// `UploadFunction`.
    pub id: String,
    /// The folder below `functions/`.
    pub folder: String,
    /// Its longest run.
    pub timeout_s: u64,
    /// Variables of its own and of all functions, not worked out.
    pub variables: BTreeMap<String, Value>,
    /// What it is woken by: type and properties.
    pub events: Vec<(String, Value)>,
    /// What it may do: its own statements and those of the managed policies it names.
    pub statements: Vec<Value>,
}

impl Template {
    /// The template of this product.
    pub fn ours() -> Result<Self, TemplateError> {
        Self::parse(TEXT)
    }

    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self(long_form(serde_yaml_ng::from_str(text)?)?))
    }

    /// The resources of a type, with their properties.
    pub fn of_type(&self, kind: &str) -> Vec<(&str, &Value)> {
        let of = self.0["Resources"].as_object().into_iter().flatten().filter(|(_, r)| r["Type"] == kind);
        of.map(|(id, resource)| (id.as_str(), &resource["Properties"])).collect()
    }

    /// One resource or parameter, if there is such.
    pub fn find(&self, id: &str) -> Option<&Value> {
        self.0["Resources"].get(id).or_else(|| self.0["Parameters"].get(id))
    }

    /// What parameters are where nobody says otherwise.
    pub fn defaults(&self) -> Vec<(&str, &str)> {
        let parameters = self.0["Parameters"].as_object().into_iter().flatten();
        parameters.filter_map(|(id, parameter)| Some((id.as_str(), parameter["Default"].as_str()?))).collect()
    }

    /// Every function.
    pub fn functions(&self) -> Vec<Function> {
        let all = &self.0["Globals"]["Function"]["Environment"]["Variables"];
        let function = |(id, own): (&str, &Value)| {
            let variables = [all, &own["Environment"]["Variables"]].into_iter().filter_map(Value::as_object).flatten();
            let events =
                own["Events"].as_object().into_iter().flatten().map(|(_, event)| {
                    (event["Type"].as_str().unwrap_or_default().to_owned(), event["Properties"].clone())
                });
            let folder = own["CodeUri"].as_str().unwrap_or_default();
            Function {
                id: id.to_owned(),
                folder: folder.strip_prefix("functions/").unwrap_or(folder).to_owned(),
                timeout_s: own["Timeout"].as_u64().unwrap_or_default(),
                variables: variables.map(|(name, value)| (name.clone(), value.clone())).collect(),
                events: events.collect(),
                statements: self.statements(&own["Policies"]),
            }
        };
        self.of_type("AWS::Serverless::Function").into_iter().map(function).collect()
    }

    /// The variables that all functions are given.
    pub fn common_variables(&self) -> Vec<&str> {
        let common = self.0["Globals"]["Function"]["Environment"]["Variables"].as_object();
        common.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    fn statements(&self, policies: &Value) -> Vec<Value> {
        let mut found = Vec::new();
        for policy in policies.as_array().into_iter().flatten() {
            let named = policy["Ref"].as_str().and_then(|id| self.find(id));
            let document = named.map_or(policy, |managed| &managed["Properties"]["PolicyDocument"]);
            found.extend(document["Statement"].as_array().cloned().unwrap_or_default());
        }
        found
    }

    /// Everything the template names, with the place where it does.
    pub fn names(&self) -> Result<Vec<(String, Name)>, TemplateError> {
        let mut found = Vec::new();
        collect(&self.0, "", &mut found)?;
        Ok(found)
    }
}

impl Stack {
    /// Gives a name its value.
    pub fn set(&mut self, id: &str, attribute: Option<&str>, value: impl Into<String>) {
        self.0.insert(Name { id: id.to_owned(), attribute: attribute.map(str::to_owned) }, value.into());
    }

    /// The value of a name.
    pub fn get(&self, name: &Name) -> Result<&str, TemplateError> {
        let dotted = || name.attribute.as_ref().map_or(name.id.clone(), |a| format!("{}.{a}", name.id));
        self.0.get(name).map(String::as_str).ok_or_else(|| TemplateError::Unknown(dotted()))
    }

    /// A text of the template with every name replaced.
    pub fn text(&self, value: &Value) -> Result<String, TemplateError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(yes) => Ok(yes.to_string()),
            _ => {
                let template = value.get("Fn::Sub").and_then(Value::as_str);
                let mut text = template.unwrap_or("${_}").to_owned();
                for name in names_in(value)? {
                    let dotted = name.attribute.as_ref().map_or(name.id.clone(), |a| format!("{}.{a}", name.id));
                    let place = if template.is_some() { format!("${{{dotted}}}") } else { "${_}".to_owned() };
                    text = text.replace(&place, self.get(&name)?);
                }
                Ok(text)
            }
        }
    }
}

/// The names in one `Ref`, `Fn::GetAtt` or `Fn::Sub`; an error for anything else.
fn names_in(value: &Value) -> Result<Vec<Name>, TemplateError> {
    let plain = |id: &str| Name { id: id.to_owned(), attribute: None };
    let dotted = |text: &str| match text.split_once('.') {
        Some((id, attribute)) => Name { id: id.to_owned(), attribute: Some(attribute.to_owned()) },
        None => plain(text),
    };
    if let Some(id) = value.get("Ref").and_then(Value::as_str) {
        return Ok(vec![plain(id)]);
    }
    if let Some(parts) = value.get("Fn::GetAtt").and_then(Value::as_array) {
        let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
        return Ok(vec![dotted(&parts.join("."))]);
    }
    if let Some(text) = value.get("Fn::Sub").and_then(Value::as_str) {
        let ends = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
        return Ok(ends.map(|(name, _)| dotted(name)).collect());
    }
    Err(TemplateError::Notation(value.to_string()))
}

fn collect(value: &Value, place: &str, found: &mut Vec<(String, Name)>) -> Result<(), TemplateError> {
    match value {
        Value::Object(map) if map.len() == 1 && map.keys().all(|k| k == "Ref" || k.starts_with("Fn::")) => {
            found.extend(names_in(value)?.into_iter().map(|name| (place.to_owned(), name)));
        }
        Value::Object(map) => {
            for (key, inner) in map {
                collect(inner, &format!("{place}/{key}"), found)?;
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, place, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn long_form(yaml: Yaml) -> Result<Value, TemplateError> {
    Ok(match yaml {
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let value = long_form(tagged.value)?;
            match (tag.trim_start_matches('!'), value) {
                ("Ref", value) => json!({ "Ref": value }),
                ("GetAtt", Value::String(dotted)) => {
                    json!({ "Fn::GetAtt": dotted.splitn(2, '.').collect::<Vec<_>>() })
                }
                (name, value) => json!({ format!("Fn::{name}"): value }),
            }
        }
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(long_form).collect::<Result<_, _>>()?),
        Yaml::Mapping(map) => {
            let mut object = Map::new();
            for (key, value) in map {
                let key = key.as_str().ok_or_else(|| TemplateError::Notation(format!("{key:?}")))?.to_owned();
                object.insert(key, long_form(value)?);
            }
            Value::Object(object)
        }
        plain => serde_yaml_ng::from_value(plain)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {Name: !Sub "${AWS::StackName}-q", Of: !GetAtt D.Arn}}
  D: {Type: AWS::SQS::Queue, Properties: {Of: {Ref: P}}}
"#;

    #[test]
    fn every_name_is_found_with_its_place_in_short_and_long_form() {
        let names = Template::parse(SMALL).expect("readable").names().expect("known notation");
        let said: Vec<String> = names.iter().map(|(at, n)| format!("{at} {} {:?}", n.id, n.attribute)).collect();
        assert_eq!(
            said,
            [
                "/Resources/D/Properties/Of P None",
                "/Resources/Q/Properties/Name AWS::StackName None",
                "/Resources/Q/Properties/Of D Some(\"Arn\")",
            ]
        );
    }

    #[test]
    fn values_are_worked_out_and_what_nobody_knows_is_named() {
        let mut stack = Stack::default();
        stack.set("AWS::StackName", None, "s");
        stack.set("D", Some("Arn"), "arn:d");
        assert_eq!(stack.text(&json!({"Fn::Sub": "${AWS::StackName}-${D.Arn}!"})).expect("known"), "s-arn:d!");
        assert_eq!(stack.text(&json!({"Fn::GetAtt": ["D", "Arn"]})).expect("known"), "arn:d");
        let error = stack.text(&json!({"Ref": "E"})).expect_err("unknown");
        assert!(error.to_string().contains("`E`"));
        assert!(stack.text(&json!({"Fn::If": ["a", "b", "c"]})).is_err());
    }
}
