//! The fields of one Exotel message, whichever way they travelled: query string, urlencoded
//! form, multipart form or JSON (exotel.md 2.1, 4.1). Nested values become flat keys
//! (`Legs[0][Status]`), so that one reader serves all four.

use serde_json::Value;

use crate::domain::phone::{mask, mask_in_text};

/// More fields than any message of Exotel's has; the rest is dropped.
const MAX_FIELDS: usize = 300;
/// Deeper nesting than `Legs[0][Status]` needs is not ours to read.
const MAX_DEPTH: u8 = 6;

/// Values that are addresses of recordings and streams (they may hold credentials) or secrets of
/// our own: never stored, never logged.
const NEVER_SHOWN: [&str; 6] = ["recordingurl", "streamurl", "k", "s", "call_id", "customfield"];
/// Values that are ids or times: shown as they are, however many digits they have.
const SHOWN: [&str; 10] = [
    "callsid",
    "streamsid",
    "flow_id",
    "tenant_id",
    "datecreated",
    "dateupdated",
    "starttime",
    "endtime",
    "currenttime",
    "created",
];
/// Values that are telephone numbers.
const NUMBERS: [&str; 10] = [
    "from",
    "to",
    "callfrom",
    "callto",
    "dialwhomnumber",
    "number",
    "phonenumbersid",
    "outgoingphonenumber",
    "callerid",
    "forwardedfrom",
];

/// Flat fields in the order they came. Names are compared without regard to case; the first of
/// two equal names wins.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a query string or an urlencoded form. Never fails: odd bytes become `U+FFFD`.
    pub fn from_query(query: &str) -> Self {
        let mut fields = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            fields.push(&decode(key), decode(value));
        }
        fields
    }

    /// Reads a body by what it is, with the header as a second opinion: Exotel's pages disagree on
    /// the content type, and a proxy may lose it. `None` where nothing could be made of it; an
    /// empty body is no fields.
    pub fn from_body(content_type: Option<&str>, body: &[u8]) -> Option<Self> {
        let body = body.trim_ascii();
        let boundary = content_type.and_then(boundary_of);
        match body.first() {
            None => Some(Self::default()),
            Some(b'{') => Self::from_json(body),
            Some(b'-') if body.starts_with(b"--") => {
                let first_line = body.split(|b| *b == b'\n').next().unwrap_or_default();
                Some(Self::from_multipart(first_line.trim_ascii(), body))
            }
            Some(_) => match boundary {
                Some(boundary) => Some(Self::from_multipart(format!("--{boundary}").as_bytes(), body)),
                None => {
                    let fields = Self::from_query(&String::from_utf8_lossy(body));
                    fields.0.iter().any(|(_, value)| !value.is_empty()).then_some(fields)
                }
            },
        }
    }

    fn from_json(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let mut fields = Self::default();
        for (key, value) in value.as_object()? {
            fields.flatten(key, value, 0);
        }
        Some(fields)
    }

    /// `delimiter` with its two dashes in front. Files and unnamed parts are passed over.
    fn from_multipart(delimiter: &[u8], body: &[u8]) -> Self {
        let mut fields = Self::default();
        for part in split_on(body, delimiter) {
            let Some((head, value)) = split_head(part) else { continue };
            let Some(name) = name_of_part(&String::from_utf8_lossy(head)) else { continue };
            let value = value.strip_suffix(b"\n").unwrap_or(value);
            let value = value.strip_suffix(b"\r").unwrap_or(value);
            fields.push(&name, String::from_utf8_lossy(value).into_owned());
        }
        fields
    }

    /// Adds the other's fields behind these.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.truncate(MAX_FIELDS);
    }

    /// A field's text without surrounding space and quotes. Empty, and Exotel's word `null`, are
    /// absence.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        values.find_map(|value| {
            let text = value.trim().trim_matches('"').trim();
            (!text.is_empty() && !text.eq_ignore_ascii_case("null")).then_some(text)
        })
    }

    /// The first of several names a value is known by.
    pub fn first_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// A whole number of seconds, written as a number or as text, with or without a fraction.
    pub fn seconds(&self, name: &str) -> Option<i32> {
        let text = self.get(name)?;
        text.split('.').next()?.parse().ok().filter(|seconds| *seconds >= 0)
    }

    /// Whether any field's name starts so.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.0.iter().any(|(key, _)| key.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix)))
    }

    /// All fields for the record: numbers masked, links, secrets and `CustomField` left out.
    pub fn masked(&self) -> Value {
        let mut shown = serde_json::Map::new();
        for (key, value) in &self.0 {
            let leaf = leaf(key);
            if value.is_empty() || NEVER_SHOWN.contains(&leaf.as_str()) {
                continue;
            }
            let text = if SHOWN.contains(&leaf.as_str()) {
                value.clone()
            } else if NUMBERS.contains(&leaf.as_str()) {
                mask(value)
            } else {
                mask_in_text(value)
            };
            shown.entry(mask_in_text(key)).or_insert(Value::String(text));
        }
        Value::Object(shown)
    }

    fn push(&mut self, key: &str, value: String) {
        // Stream and Legs also come as one key that holds JSON (exotel.md 5.4).
        if (key.eq_ignore_ascii_case("Stream") || key.eq_ignore_ascii_case("Legs"))
            && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(&value)
        {
            return self.flatten(key, &inner, 0);
        }
        self.keep(key, value);
    }

    fn flatten(&mut self, key: &str, value: &Value, depth: u8) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::Null => {}
            Value::String(text) if depth == 0 => self.push(key, text.clone()),
            Value::String(text) => self.keep(key, text.clone()),
            Value::Bool(_) | Value::Number(_) => self.keep(key, value.to_string()),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.flatten(&format!("{key}[{i}]"), item, depth + 1);
                }
            }
            Value::Object(map) => {
                for (name, item) in map {
                    self.flatten(&format!("{key}[{name}]"), item, depth + 1);
                }
            }
        }
    }

    /// Without NUL: the records can not hold one, and a stray byte must not cost the whole report.
    fn keep(&mut self, key: &str, value: String) {
        if self.0.len() < MAX_FIELDS {
            self.0.push((key.replace('\0', ""), value.replace('\0', "")));
        }
    }
}

/// Printed as the record shows them: a log line must not hold a number either.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.masked())
    }
}

/// Undoes one percent-encoding. Never fails: odd bytes become `U+FFFD`.
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (byte, hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                // Two hex digits make at most 255.
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                i += 3;
                continue;
            }
            (b'+', _, _) => out.push(b' '),
            _ => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `Legs[0][Number]` → `number`.
fn leaf(key: &str) -> String {
    let last = key.rsplit('[').next().unwrap_or(key);
    last.trim_end_matches(']').to_lowercase()
}

fn boundary_of(content_type: &str) -> Option<&str> {
    let (_, rest) = content_type.split_once("boundary=")?;
    let boundary = rest.split(';').next().unwrap_or(rest).trim().trim_matches('"');
    (!boundary.is_empty()).then_some(boundary)
}

fn split_on<'a>(body: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    if delimiter.len() < 3 {
        return parts;
    }
    let (mut start, mut at) = (0, 0);
    while let Some(window) = body.get(at..at + delimiter.len()) {
        if window == delimiter {
            parts.push(&body[start..at]);
            at += delimiter.len();
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(&body[start..]);
    parts
}

/// A part's headers and its value, separated by an empty line.
fn split_head(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let find = |mark: &[u8]| part.windows(mark.len()).position(|w| w == mark).map(|at| (at, at + mark.len()));
    let (end, start) = find(b"\r\n\r\n").or_else(|| find(b"\n\n"))?;
    Some((&part[..end], &part[start..]))
}

fn name_of_part(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_lowercase().starts_with("content-disposition"))?;
    if line.to_lowercase().contains("filename") {
        return None;
    }
    let name = line.split(';').find_map(|piece| piece.trim().strip_prefix("name="))?;
    Some(name.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_four_ways_of_travelling_lead_to_the_same_field() {
        let multipart =
            b"--xx\r\nContent-Disposition: form-data; name=\"Legs[0][Status]\"\r\n\r\ncompleted\r\n--xx--\r\n";
        for body in [
            &multipart[..],
            b"Legs%5B0%5D%5BStatus%5D=completed",
            br#"{"Legs":[{"Status":"completed"}]}"#,
            br#"{"legs":"[{\"status\":\"completed\"}]"}"#,
        ] {
            let fields = Fields::from_body(None, body).expect("readable");
            assert_eq!(fields.get("Legs[0][Status]"), Some("completed"), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_preamble_before_the_first_part_is_passed_over() {
        let body = b"hello\r\n--xx\r\nContent-Disposition: form-data; name=\"CallSid\"\r\n\r\nabc\r\n--xx--";
        let fields = Fields::from_body(Some("multipart/form-data; boundary=\"xx\""), body).expect("readable");
        assert_eq!(fields.get("CallSid"), Some("abc"));
    }

    #[test]
    fn null_as_text_empty_text_and_quotes_are_read_as_meant() {
        let fields = Fields::from_query("a=null&b=&c=%221%22&d=+x+&CALLSID=1");
        assert_eq!((fields.get("a"), fields.get("b")), (None, None));
        assert_eq!((fields.get("c"), fields.get("d"), fields.get("CallSid")), (Some("1"), Some("x"), Some("1")));
    }

    #[test]
    fn seconds_come_as_numbers_and_as_text() {
        let fields = Fields::from_body(None, br#"{"a":96,"b":"96","c":96.4,"d":-1,"e":"soon"}"#).expect("readable");
        assert_eq!([fields.seconds("a"), fields.seconds("b"), fields.seconds("c")], [Some(96); 3]);
        assert_eq!([fields.seconds("d"), fields.seconds("e")], [None; 2]);
    }

    #[test]
    fn the_record_holds_no_number_no_link_and_no_secret() {
        let fields = Fields::from_query(
            "k=hush&CallFrom=09000000001&Stream[StreamUrl]=wss://u:p@x&RecordingUrl=https://x&note=ask%209000000001%20or&\
             other=%2B91%2090000%2000001&Error=no%20route%20to%2090000%2000001%20now&9000000001=1&StartTime=2026-11-23+10:15:04&CustomField=phone=9000000001",
        );
        let shown = format!("{fields:?}");
        for secret in ["hush", "9000000001", "90000 00001", "wss:", "https:"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("*******0001") && shown.contains("2026-11-23 10:15:04"), "{shown}");
    }

    #[test]
    fn percent_signs_that_encode_nothing_stay() {
        let fields = Fields::from_query("a=100%&b=%zz&c=%E0%A4%85+%2B");
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), (Some("100%"), Some("%zz"), Some("अ +")));
    }

    #[test]
    fn a_nul_that_the_records_could_not_hold_is_left_out() {
        for (kind, body) in [("a", &b"CallSid=a%00b&x%00=1"[..]), ("b", br#"{"CallSid":"a\u0000b","x\u0000":1}"#)] {
            let fields = Fields::from_body(None, body).expect(kind);
            assert_eq!(fields.get("CallSid"), Some("ab"), "{kind}");
            assert!(!fields.masked().to_string().contains("u0000"), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(body in prop::collection::vec(any::<u8>(), 0..400), kind in ".{0,40}") {
            let _ = Fields::from_body(Some(&kind), &body).map(|fields| fields.masked());
        }

        #[test]
        fn no_multipart_lookalike_makes_the_reader_panic(body in "(--x|\r\n|\n|name=|;|\"|Content-Disposition:|ü|[a-z{}\\[\\]%+]){0,60}") {
            let _ = Fields::from_body(Some("multipart/form-data; boundary=x"), body.as_bytes());
            let _ = Fields::from_query(&body).masked();
        }
    }
}
