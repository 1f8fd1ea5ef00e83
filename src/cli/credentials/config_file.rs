//! The text of an AWS config file with one profile written into it
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>). Everything else stays as it is, byte for byte.

use std::ops::Range;

/// A profile to be written.
#[derive(Debug, Clone)]
pub(super) struct Profile<'a> {
    pub(super) name: &'a str,
    pub(super) settings: Vec<(&'static str, String)>,
}

/// What writing it comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// It stands there already.
    Unchanged,
    /// The new text, with the lines that go and those that come.
    Changed { text: String, gone: String, new: String },
    /// There is more than one section of this name; AWS's tools merge them.
    Ambiguous,
}

impl Profile<'_> {
    /// Writes it into `text`, in place of a profile of the same name or at the end.
    pub(super) fn written_into(&self, text: &str) -> Edit {
        let has_crlf = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
        let end = if has_crlf { "\r\n" } else { "\n" };
        let mut section = format!("[{}]{end}", self.heading());
        for (name, value) in &self.settings {
            section.push_str(&format!("{name} = {value}{end}"));
        }
        match self.sections(text).as_slice() {
            [] => {
                let mut new = String::new();
                if !text.is_empty() {
                    // A last line without its end is ended first.
                    let open = if text.ends_with('\n') { "" } else { end };
                    new = format!("{open}{end}");
                }
                new.push_str(&section);
                Edit::Changed { text: format!("{text}{new}"), gone: String::new(), new: section }
            }
            [range] if same_lines(&text[range.clone()], &section) => Edit::Unchanged,
            [range] => {
                let gone = text[range.clone()].to_owned();
                let rest = &text[range.end..];
                // Where the file ended without one, the section gets its line's end; nothing follows then.
                Edit::Changed { text: format!("{}{section}{rest}", &text[..range.start]), gone, new: section }
            }
            _ => Edit::Ambiguous,
        }
    }

    fn heading(&self) -> String {
        if self.name == "default" { self.name.to_owned() } else { format!("profile {}", self.name) }
    }

    /// Where sections of this profile stand: from the heading to the last line that is neither blank nor a comment.
    fn sections(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let (mut at, mut inside) = (0, false);
        for line in text.split_inclusive('\n') {
            let next = at + line.len();
            if let Some(heading) = heading(line) {
                inside = self.is_headed(heading);
                if inside {
                    found.push(at..next);
                }
            } else if inside && !is_blank_or_comment(line) {
                found.last_mut().expect("a heading was found").end = next;
            }
            at = next;
        }
        found
    }

    /// Whether a heading is this profile's. The default profile may be written with or without the word.
    fn is_headed(&self, heading: &str) -> bool {
        let heading = heading.trim();
        let of_word = heading.strip_prefix("profile").filter(|rest| rest.starts_with(char::is_whitespace));
        match of_word {
            Some(name) => unquoted(name.trim()) == self.name,
            None => self.name == "default" && unquoted(heading) == self.name,
        }
    }
}

/// What stands between the brackets of a line that begins a section.
fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('\u{feff}').strip_prefix('[')?;
    Some(rest.split_once(']').map_or(rest, |(heading, _)| heading))
}

fn unquoted(name: &str) -> &str {
    let within = |quote| name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(name)
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with(['#', ';'])
}

fn same_lines(one: &str, other: &str) -> bool {
    one.lines().map(str::trim_end).eq(other.lines().map(str::trim_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> Profile<'_> {
        let settings =
            vec![("credential_process", "/bin/x credentials".to_owned()), ("region", "us-east-1".to_owned())];
        Profile { name, settings }
    }

    const SECTION: &str = "[profile gw]\ncredential_process = /bin/x credentials\nregion = us-east-1\n";

    #[track_caller]
    fn changed(text: &str) -> (String, String) {
        match profile("gw").written_into(text) {
            Edit::Changed { text, gone, .. } => (text, gone),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_profile_comes_last_and_the_rest_stays() {
        for (before, between) in [
            ("", ""),
            ("[default]\nregion = x\n", "\n"),
            ("[default]\nregion = x", "\n\n"),
            ("# only a comment\n\n", "\n"),
            ("[profile gw2]\na = b\n[profile 'gw x']\n[profilegw]\n[gw]\n[sso-session gw]\n[services gw]\n", "\n"),
            ("[default]\ns3 =\n  [profile gw]\n", "\n"),
            ("# [profile gw]\n;[profile gw]\n", "\n"),
            ("\u{feff}[default]\n", "\n"),
        ] {
            let (text, gone) = changed(before);
            assert_eq!((text, gone.as_str()), (format!("{before}{between}{SECTION}"), ""));
        }
    }

    #[test]
    fn another_profile_of_the_name_is_replaced_and_the_rest_stays() {
        let before = "# mine\r\n[default]\nregion = x\n\n";
        let after = "\n# about the next\n[profile gw2]\na = b";
        for heading in
            ["[profile gw]", "[ profile  gw ] # mine", "[profile \"gw\"]", "[profile\t'gw'] ; x", "[profile gw"]
        {
            let old = format!("{heading}\nrole_arn = y\n# a comment within\n  nested = z\n");
            let (text, gone) = changed(&format!("{before}{old}{after}"));
            let section = SECTION.replace('\n', "\r\n");
            assert_eq!((text, gone), (format!("{before}{section}{after}"), old), "{heading}");
        }
        let (text, gone) = changed("[profile gw]\nregion = y");
        assert_eq!((text.as_str(), gone.as_str()), (SECTION, "[profile gw]\nregion = y"));
    }

    #[test]
    fn lines_end_as_the_files_own_do() {
        let (text, _) = changed("[default]\r\nregion = x\r\n");
        assert_eq!(text, format!("[default]\r\nregion = x\r\n\r\n{}", SECTION.replace('\n', "\r\n")));
        let written = profile("gw").written_into(&text);
        assert_eq!(written, Edit::Unchanged);
    }

    #[test]
    fn what_stands_there_already_is_left_alone() {
        for text in [SECTION.to_owned(), format!("a\n\n{SECTION}\n# x\n[default]\n"), SECTION.trim_end().to_owned()] {
            assert_eq!(profile("gw").written_into(&text), Edit::Unchanged, "{text}");
        }
    }

    #[test]
    fn a_profile_that_stands_there_twice_is_nobodys_guess() {
        assert_eq!(profile("gw").written_into("[profile gw]\n[default]\n[profile gw]\n"), Edit::Ambiguous);
    }

    #[test]
    fn the_default_profile_has_a_heading_of_its_own() {
        for text in ["[default]\na = b\n", "[profile default]\na = b\n"] {
            let Edit::Changed { text, gone, .. } = profile("default").written_into(text) else { panic!("{text}") };
            assert!(text.starts_with("[default]\ncredential_process"), "{text}");
            assert!(!gone.is_empty());
        }
    }
}
