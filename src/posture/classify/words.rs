//! The words of names and tags: a user named `botanist` is no bot.

/// The words of a user's name, in small letters. Of an email address only what stands before the `@`: the rest names the
/// organization.
pub(super) fn of_name(name: &str) -> Vec<String> {
    let local = name.split('@').next().filter(|local| !local.is_empty());
    words(local.unwrap_or(name))
}

/// The words of a text, in small letters. A word ends where no letter follows, where a small letter is followed by a capital
/// (`svcBackup`), and before the last of several capitals if a small letter follows it (`CIRunner`).
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        let begins =
            character.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next.is_lowercase());
        if (begins || !character.is_alphabetic()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphabetic() {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_what_is_no_letter_and_where_a_capital_begins_one() {
        for (text, expected) in [
            ("svc-backup", &["svc", "backup"][..]),
            ("svc_backup.v2", &["svc", "backup", "v"]),
            ("svc+deploy,prod=eu", &["svc", "deploy", "prod", "eu"]),
            ("app01", &["app"]),
            ("svcBackup", &["svc", "backup"]),
            ("CIRunner", &["ci", "runner"]),
            ("CICD", &["cicd"]),
            ("HTTPApiV2", &["http", "api", "v"]),
            ("Customer Service", &["customer", "service"]),
            ("botanist", &["botanist"]),
            ("Дом-бот", &["дом", "бот"]),
            ("--7--", &[]),
            ("", &[]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn of_an_address_only_the_name_before_it_counts() {
        assert_eq!(of_name("jane.roe@app.example"), ["jane", "roe"]);
        assert_eq!(of_name("ci@example.com"), ["ci"]);
        assert_eq!(of_name("@bot"), ["bot"], "no address");
    }
}
