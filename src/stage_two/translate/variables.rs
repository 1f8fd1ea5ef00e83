//! Policy variables of the two keys: `${aws:CalledViaAWSMCP}` becomes the session tag's.

use super::conditions::{CALLED_VIA, CALLED_VIA_TAG_KEY, VIA};

/// What becomes of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Renamed {
    Unchanged,
    Text(String),
    Untranslatable(&'static str),
}

const AMBIGUOUS: &str =
    "without an MCP server ${aws:ViaAWSMCPService} may be \"false\" or have no value; the session tag has none";

/// Renames the variables of a text of a compiled document, in which each `${` begins one.
pub(super) fn rename(text: &str) -> Renamed {
    let (mut renamed, mut rest, mut changed) = (String::new(), text, false);
    while let Some((before, variable)) = rest.split_once("${") {
        let end = variable.find([',', '}']).unwrap_or(variable.len());
        let (key, after) = variable.split_at(end);
        if key.eq_ignore_ascii_case(VIA) {
            return Renamed::Untranslatable(AMBIGUOUS);
        }
        let is_ours = key.eq_ignore_ascii_case(CALLED_VIA);
        changed |= is_ours;
        // A default stands in quotes, and what looks like a variable within is none.
        let quoted =
            if after.starts_with(',') { after.match_indices('\'').nth(1).map_or(after.len(), |(at, _)| at) } else { 0 };
        let (skipped, after) = after.split_at(quoted);
        renamed.extend([before, "${", if is_ours { CALLED_VIA_TAG_KEY } else { key }, skipped]);
        rest = after;
    }
    if !changed {
        return Renamed::Unchanged;
    }
    renamed.push_str(rest);
    Renamed::Text(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_variable_of_the_key_is_renamed() {
        for (text, expected) in [
            ("a/${aws:CalledViaAWSMCP}/b", Some("a/${aws:PrincipalTag/CalledViaAWSMCP}/b")),
            ("${AWS:calledviaawsmcp}${aws:username}", Some("${aws:PrincipalTag/CalledViaAWSMCP}${aws:username}")),
            (
                "${aws:CalledViaAWSMCP, 'x}'}${aws:CalledViaAWSMCP}",
                Some("${aws:PrincipalTag/CalledViaAWSMCP, 'x}'}${aws:PrincipalTag/CalledViaAWSMCP}"),
            ),
            ("${aws:username, '${aws:CalledViaAWSMCP}'}", None),
            ("${$}{aws:CalledViaAWSMCP}", None),
            ("${*}${?}aws:CalledViaAWSMCP", None),
            ("${aws:CalledViaAWSMCPx}", None),
            ("", None),
        ] {
            let expected = expected.map_or(Renamed::Unchanged, |text| Renamed::Text(text.to_owned()));
            assert_eq!(rename(text), expected, "{text}");
        }
        assert_eq!(rename("${aws:viaawsmcpservice, 'x'}"), Renamed::Untranslatable(AMBIGUOUS));
    }
}
