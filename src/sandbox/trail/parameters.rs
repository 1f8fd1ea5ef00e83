//! A request's parameters as CloudTrail writes them: nested, in lower camel case, without what is secret.

use serde_json::{Map, Number, Value};

use crate::sandbox::input::Fields;
use crate::sandbox::secret_parameters::is_secret;

/// CloudTrail's own words for it.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

const NUMBERS: [&str; 8] = [
    "DurationSeconds",
    "MaxItems",
    "MaxResults",
    "MaxSessionDuration",
    "MinimumPasswordLength",
    "MaxPasswordAge",
    "PasswordReusePrevention",
    "CredentialAgeDays",
];

/// Other texts may read `true` without being a truth value: a tag's value is text whatever it says.
const FLAGS: [&str; 9] = [
    "SetAsDefault",
    "OnlyAttached",
    "PasswordResetRequired",
    "RequireSymbols",
    "RequireNumbers",
    "RequireUppercaseCharacters",
    "RequireLowercaseCharacters",
    "AllowUsersToChangePassword",
    "HardExpiry",
];

/// How much is told of the parameters of one request, in bytes of JSON; CloudTrail cuts, too, but later.
pub(super) const MOST: usize = 40 * 1024;

/// What a text ends with of which the rest is not told.
pub(super) const CUT: &str = "... (cut)";

/// The member that says how many parameters are not told at all.
const OMITTED: &str = "omitted";

/// What a parameter comes to besides its name and its value: quotes, colon, comma, and braces at every level.
const AROUND: usize = 8;

/// How many names lie one within the other at most.
const DEEPEST: usize = 8;

/// The parameters; null where there are none. What comes to more than `most` bytes is cut, with a mark.
pub(super) fn recorded(fields: &Fields, most: usize) -> Value {
    let mut root = Node::default();
    let mut left = most - OMITTED.len() - CUT.len() - 2 * AROUND;
    let mut omitted = 0_usize;
    for (name, value) in fields.iter().filter(|(name, _)| !matches!(*name, "Action" | "Version")) {
        let around = written(name) + AROUND * (1 + name.matches('.').count().min(DEEPEST));
        match left.checked_sub(around) {
            Some(rest) if omitted == 0 => {
                let value = leaf(name, value, rest);
                left = rest.saturating_sub(value.to_string().len());
                root.put(name, value);
            }
            _ => omitted += 1,
        }
    }
    if omitted > 0 {
        root.put(OMITTED, omitted.into());
    }
    if root.children.is_empty() { Value::Null } else { root.into_value() }
}

/// A text as it is, if it comes to no more than `most` bytes in JSON, and else its beginning and the mark.
pub(super) fn cut(text: &str, most: usize) -> String {
    let mut left = most;
    let mut fits = |(_, c): &(usize, char)| {
        let rest = left.checked_sub(written(c.encode_utf8(&mut [0; 4])));
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    match text.char_indices().find(|at| !fits(at)) {
        Some((end, _)) => format!("{}{CUT}", &text[..end]),
        None => text.to_owned(),
    }
}

/// How many bytes a text is within quotes.
fn written(text: &str) -> usize {
    let of_byte = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..=31 => 6,
        _ => 1,
    };
    text.bytes().map(of_byte).sum()
}

fn leaf(name: &str, value: &str, most: usize) -> Value {
    if is_secret(name) {
        return HIDDEN.into();
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    match (value, value.parse::<u32>()) {
        ("true" | "false", _) if FLAGS.contains(&last) => (value == "true").into(),
        (_, Ok(number)) if NUMBERS.contains(&last) => Number::from(number).into(),
        _ => cut(value, most).into(),
    }
}

/// A parameter or a structure of them, in the order in which they came.
#[derive(Debug, Default)]
struct Node {
    value: Option<Value>,
    children: Vec<(String, Node)>,
}

impl Node {
    fn put(&mut self, name: &str, value: Value) {
        // No parameter lies deeper; what does is told in one piece, so that nothing recurses as a stranger says.
        let node = name.splitn(DEEPEST, '.').fold(self, Self::child);
        node.value = Some(value);
    }

    fn child(&mut self, name: &str) -> &mut Self {
        let at = self.children.iter().position(|(child, _)| child == name).unwrap_or_else(|| {
            self.children.push((name.to_owned(), Self::default()));
            self.children.len() - 1
        });
        &mut self.children[at].1
    }

    fn into_value(mut self) -> Value {
        if self.children.is_empty() {
            return self.value.unwrap_or_default();
        }
        if self.children.len() == 1 && self.children[0].0 == "member" {
            let mut members = self.children.swap_remove(0).1.children;
            members.sort_by_key(|(index, _)| index.parse::<u32>().unwrap_or(u32::MAX));
            return members.into_iter().map(|(_, member)| member.into_value()).collect();
        }
        self.children.into_iter().map(|(name, child)| (camel(&name), child.into_value())).collect::<Map<_, _>>().into()
    }
}

fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Value {
        let fields = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        recorded(&Fields::new(fields), MOST)
    }

    #[test]
    fn parameters_are_nested_as_cloudtrail_has_them() {
        let recorded = of(&[
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("DurationSeconds", "900"),
            ("RoleArn", "arn:aws:iam::123456789012:role/a"),
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", "true"),
            ("Tags.member.10.Key", "z"),
            ("Tags.member.2.Key", "l"),
            ("TransitiveTagKeys.member.1", "k"),
            ("SetAsDefault", "true"),
        ]);
        assert_eq!(
            recorded,
            json!({
                "durationSeconds": 900,
                "roleArn": "arn:aws:iam::123456789012:role/a",
                "tags": [{"key": "k", "value": "true"}, {"key": "l"}, {"key": "z"}],
                "transitiveTagKeys": ["k"],
                "setAsDefault": true,
            })
        );
        assert_eq!(of(&[("Action", "ListUsers")]), Value::Null);
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let recorded = of(&[("Password", "hunter2"), ("A.member.1.PrivateKey", "hunter2"), ("TokenCode", "123456")]);
        let text = recorded.to_string();
        assert!(!text.contains("hunter2") && !text.contains("123456"), "{text}");
        assert_eq!(recorded["password"], HIDDEN);
    }

    #[test]
    fn what_does_not_fit_is_cut_with_a_mark() {
        let (long, longer) = ("x".repeat(MOST - 100), "é\u{1}".repeat(MOST));
        assert_eq!(of(&[("A", &long)]), json!({"a": long}));
        let cut = of(&[("A", &longer), ("B", "2"), ("C", "3")]);
        let told = cut["a"].as_str().unwrap();
        assert!(longer.starts_with(told.strip_suffix(CUT).unwrap()), "{told}");
        assert_eq!((cut["b"].as_str(), &cut["omitted"]), (None, &json!(2)));
        let size = cut.to_string().len();
        assert!((MOST - 100..=MOST).contains(&size), "{size}");

        let many: Vec<String> = (0..1000).map(|index| format!("{index:0>100}")).collect();
        let pairs: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).chain([("Omitted", "0")]).collect();
        let told = of(&pairs);
        let omitted = usize::try_from(told["omitted"].as_u64().unwrap()).unwrap();
        assert_eq!(told.as_object().unwrap().len() - 1 + omitted, 1001);
    }

    #[test]
    fn names_that_are_no_parameters_do_no_harm() {
        let deep = "a.".repeat(5000);
        assert!(of(&[(&deep, "x")]).is_object());
        assert_eq!(of(&[("A", "1"), ("A.member.1", "2"), ("", "3")]), json!({"": "3", "a": ["2"]}));
    }
}
