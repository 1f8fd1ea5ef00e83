//! Whom trust policies name: by unique id where they are kept, by ARN where they are told.
//!
//! AWS stores the id of a user or role of the account in place of its ARN, so that one who is made anew under the name
//! is not trusted for it, and one who is renamed still is
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>).
//! Accounts, sessions and principals of other accounts are kept as they were written.

use super::Account;

/// Where principals of AWS stand in a document, whatever lists lie between.
const PLACES: [[&str; 3]; 2] = [["Statement", "Principal", "AWS"], ["Statement", "NotPrincipal", "AWS"]];

impl Account {
    /// A trust policy as the account keeps it: with the unique ids of its users and roles.
    pub(in crate::sandbox) fn trust_kept(&self, document: &str) -> String {
        rewritten(document, |principal| self.unique_id(principal).map(str::to_owned))
    }

    /// A kept trust policy as it is told: with the ARNs that users and roles have now, and the ids of those that are gone.
    pub(in crate::sandbox) fn trust_told(&self, document: &str) -> String {
        rewritten(document, |principal| self.arn_of_id(principal))
    }

    fn unique_id(&self, arn: &str) -> Option<&str> {
        let resource = arn.strip_prefix(&self.arn(""))?;
        let name = resource.rsplit('/').next()?;
        let user = self.users.get(name).filter(|user| user.resource() == resource).map(|user| &user.id);
        let role = || self.roles.get(name).filter(|role| role.resource() == resource).map(|role| &role.id);
        user.or_else(role).map(String::as_str)
    }

    fn arn_of_id(&self, id: &str) -> Option<String> {
        let user = || self.users.iter().find(|user| user.id == id).map(super::User::resource);
        let role = || self.roles.iter().find(|role| role.id == id).map(super::Role::resource);
        user().or_else(role).map(|resource| self.arn(&resource))
    }
}

/// The document with other principals, and otherwise as it was to the letter: people compare it with what they wrote.
///
/// It is JSON, with no name twice in an object: what is none was refused before.
fn rewritten(document: &str, other: impl Fn(&str) -> Option<String>) -> String {
    let mut written = String::with_capacity(document.len());
    // For each object or list that is open: the name of the member that is being read, which a list does not have.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut rest = document;
    while let Some(at) = rest.find(['"', '{', '}', '[', ']']) {
        let (between, token) = rest.split_at(at);
        let (token, after) = token.split_at(length(token));
        (rest, written) = (after, written + between);
        match token {
            "{" => open.push(Some(String::new())),
            "[" => open.push(None),
            "}" | "]" => drop(open.pop()),
            text => {
                let text: String = serde_json::from_str(text).unwrap_or_default();
                if after.trim_start().starts_with(':') {
                    open.pop();
                    open.push(Some(text));
                } else if PLACES.iter().any(|place| open.iter().flatten().eq(place))
                    && let Some(other) = other(&text)
                {
                    written += &serde_json::Value::from(other).to_string();
                    continue;
                }
            }
        }
        written += token;
    }
    written + rest
}

/// How long the bracket or the text is with which this begins.
fn length(json: &str) -> usize {
    let mut escaped = false;
    let closes = |byte: u8| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    };
    match json.strip_prefix('"') {
        Some(text) => text.bytes().position(closes).map_or(json.len(), |end| end + 2),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shouted(document: &str) -> String {
        rewritten(document, |principal| (principal != "keep").then(|| principal.to_uppercase()))
    }

    #[test]
    fn principals_of_aws_are_rewritten_and_nothing_else() {
        for (document, expected) in [
            (r#"{"Statement":{"Principal":{"AWS":"a"}}}"#, r#"{"Statement":{"Principal":{"AWS":"A"}}}"#),
            (
                r#" { "Statement" : [ {"Sid":"a","NotPrincipal" :{ "AWS" : [ "a" , "keep","b"], "Service":"a" }}, {"Principal":{"AWS":"c"}} ] } "#,
                r#" { "Statement" : [ {"Sid":"a","NotPrincipal" :{ "AWS" : [ "A" , "keep","B"], "Service":"a" }}, {"Principal":{"AWS":"C"}} ] } "#,
            ),
            (
                r#"{"Id":"a","Statement":{"Condition":{"Principal":{"AWS":"a"}},"Principal":"AWS"},"Principal":{"AWS":"a"}}"#,
                r#"{"Id":"a","Statement":{"Condition":{"Principal":{"AWS":"a"}},"Principal":"AWS"},"Principal":{"AWS":"a"}}"#,
            ),
            (
                r#"{"Statement":{"Sid":"\\\"}]{[:\\","\u0050rincipal":{"\u0041WS":["\u0061","\"b\\"]}}}"#,
                r#"{"Statement":{"Sid":"\\\"}]{[:\\","\u0050rincipal":{"\u0041WS":["A","\"B\\"]}}}"#,
            ),
        ] {
            assert_eq!(shouted(document), expected);
        }
    }

    #[test]
    fn what_is_no_json_does_no_harm() {
        for document in ["", "\"", "\"\\", "}]", "{\"a\"", "\"a\":"] {
            assert_eq!(shouted(document), document);
        }
    }
}
