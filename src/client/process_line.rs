//! The words of a `credential_process` in an AWS config file
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>).

/// A word that cannot stand in a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot stand in an AWS config file: some of AWS's tools would read a comment or a new line in it")]
pub struct Unwritable(pub String);

/// A word as it is read alike by a shell, which most SDKs run the line with, and by botocore, which splits it by itself as
/// Python's `shlex` does.
///
/// # Errors
/// When no quotes make it one word for all of AWS's tools.
pub fn quoted(word: &str) -> Result<String, Unwritable> {
    // AWS's tools differ in where they see a comment; a mark behind a blank is one to some even within quotes.
    let has_comment = word.split_whitespace().skip(1).any(|part| part.starts_with(['#', ';']));
    if has_comment || word.chars().any(char::is_control) || word.contains('\u{fffd}') {
        return Err(Unwritable(word.to_owned()));
    }
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "_-./:=@%+,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Ok(word.to_owned());
    }
    // Double quotes are what AWS documents; within them a shell obeys these characters.
    if !word.contains(['"', '$', '`', '\\', '!']) {
        return Ok(format!("\"{word}\""));
    }
    Ok(format!("'{}'", word.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_what_was_quoted() {
        for word in [
            "plain",
            "",
            "with blanks",
            "it's",
            "a\"b",
            "$HOME",
            "`id`",
            "a\\b",
            "!x",
            "a b'c\"d$e",
            "*",
            "~",
            "a;b",
            "a&b",
            "a#b",
            "(x)",
            "ä",
        ] {
            let script = format!("printf %s {}", quoted(word).unwrap());
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word, "{script}");
        }
    }

    #[test]
    fn what_some_tools_read_as_a_comment_or_a_line_is_refused() {
        for word in ["a #b", "a ;b", "a\nb", "a\rb", "a\tb", "a \t#", "\u{1b}"] {
            assert_eq!(quoted(word), Err(Unwritable(word.to_owned())));
        }
    }
}
