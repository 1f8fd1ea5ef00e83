//! A change of an AWS config file, as it is shown.

use crate::tools::text::visible;

/// Settings whose values are nobody's to see.
const SECRET: [&str; 3] = ["aws_secret_access_key", "aws_session_token", "aws_security_token"];

/// The lines that go with a minus, those that come with a plus.
pub(super) fn lines(gone: &str, new: &str) -> Vec<String> {
    let signed = |sign: char, text: &str| -> Vec<String> {
        text.lines().map(|line| format!("{sign}{}", visible(&without_secret(line)))).collect()
    };
    [signed('-', gone), signed('+', new)].concat()
}

fn without_secret(line: &str) -> String {
    match line.split_once('=') {
        Some((name, _)) if SECRET.contains(&name.trim().to_ascii_lowercase().as_str()) => {
            format!("{name}= (not shown)")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_goes_is_not_shown_and_nothing_steers_the_terminal() {
        let gone = "[profile x]\naws_access_key_id = AKIA\naws_secret_access_key=hush\n AWS_Session_Token = hush\na = \u{1b}[2J\r\n";
        let shown = lines(gone, "[profile x]\nregion = y\n");
        assert_eq!(
            shown[..4],
            [
                "-[profile x]",
                "-aws_access_key_id = AKIA",
                "-aws_secret_access_key= (not shown)",
                "- AWS_Session_Token = (not shown)"
            ]
        );
        assert!(!shown.concat().contains(['\u{1b}', '\r']) && !shown.concat().contains("hush"), "{shown:?}");
        assert_eq!(shown[5..], ["+[profile x]", "+region = y"]);
    }
}
