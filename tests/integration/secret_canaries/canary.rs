//! Values that must not be found, and the search for them in every form in which a program could write them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::{BASE64, BASE64URL, HEXLOWER};

/// What every canary that is made here begins with.
const BEGINNING: &str = "canarybird";

/// How long each of them is.
const LENGTH: usize = BEGINNING.len() + 10;

/// Makes each canary another.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// A secret that was put somewhere.
#[derive(Debug, Clone)]
pub(super) struct Canary {
    /// Where it was put.
    pub(super) what: String,
    /// The part that is looked for: letters and digits, so that most encodings leave it as it is.
    core: String,
    /// Whether its own client may read it in an answer: what is wrong with a request is told with the client's words.
    pub(super) may_be_echoed: bool,
}

impl Canary {
    /// One that is put at this place and told to nobody.
    pub(super) fn new(what: impl Into<String>) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { what: what.into(), core: format!("{BEGINNING}{number:05}zq7kw"), may_be_echoed: false }
    }

    /// A secret that is there already, such as the text of a key's file.
    pub(super) fn of(what: &str, secret: &str) -> Self {
        Self { what: what.to_owned(), core: secret.to_owned(), may_be_echoed: false }
    }

    /// The same, and its client may be told it.
    pub(super) fn echoed(self) -> Self {
        Self { may_be_echoed: true, ..self }
    }

    /// Its letters and digits alone: what fits where little does.
    pub(super) fn plain(&self) -> String {
        self.core.clone()
    }

    /// With characters behind it that fit almost nowhere.
    pub(super) fn text(&self) -> String {
        format!("{}/+=\"x\\ {0}", self.core)
    }

    /// Longer than anything takes.
    pub(super) fn long(&self) -> String {
        format!("{0}{1}{0}{1}{0}", self.core, "-".repeat(3000))
    }

    /// The form in which it stands in this text, if it does.
    pub(super) fn found_in(&self, haystack: &Haystack) -> Option<&'static str> {
        let encoded = || encoded_in(self.core.as_bytes(), haystack);
        if self.core.starts_with(BEGINNING) {
            if haystack.made_here.contains(&self.core) {
                return Some("as it is");
            }
            // Letters and digits alone, which neither JSON nor URLs escape.
            return if haystack.has_encoded_canaries { encoded() } else { None };
        }
        if haystack.folded.contains(&self.core.to_lowercase()) {
            return Some("as it is");
        }
        if haystack.folded.contains(&json(&self.core).to_lowercase()) {
            return Some("in JSON");
        }
        if haystack.folded.contains(&percent(self.core.as_bytes())) {
            return Some("URL-encoded");
        }
        encoded()
    }
}

/// The form that has another letter for each, if the bytes stand there in one.
fn encoded_in(bytes: &[u8], haystack: &Haystack) -> Option<&'static str> {
    if haystack.folded.contains(&HEXLOWER.encode(bytes)) {
        return Some("in hexadecimal");
    }
    // Within something longer it may begin at any of three places of base64's groups.
    let in_base64 = (0..3).any(|before| {
        let padded = [&vec![0; before][..], bytes].concat();
        let whole = &padded[..padded.len() / 3 * 3];
        let (from, to) = (if before > 0 { 4 } else { 0 }, whole.len() / 3 * 4);
        [BASE64.encode(whole), BASE64URL.encode(whole)].iter().any(|text| haystack.text.contains(&text[from..to]))
    });
    in_base64.then_some("in base64")
}

/// As JSON escapes it, the quotes left out.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string().trim_matches('"').to_owned()
}

/// With every byte escaped that is no letter, digit or one of `-_.~`, in lower case.
fn percent(bytes: &[u8]) -> String {
    let escaped = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(*byte).to_string(),
        other => format!("%{other:02x}"),
    };
    bytes.iter().map(escaped).collect::<String>().to_lowercase()
}

/// What is searched.
pub(super) struct Haystack {
    pub(super) name: String,
    text: String,
    folded: String,
    /// The canaries that stand there as they are, all of those that are made here: there are thousands, and a search for each
    /// takes its time.
    made_here: HashSet<String>,
    /// Whether anything stands there that could be the beginning of an encoded canary.
    has_encoded_canaries: bool,
}

impl Haystack {
    pub(super) fn new(name: &str, text: String) -> Self {
        let folded = text.to_lowercase();
        let places = folded.match_indices(BEGINNING).map(|(place, _)| place);
        let made_here = places.filter_map(|place| folded.get(place..place + LENGTH)).map(ToOwned::to_owned).collect();
        let mut haystack = Self { name: name.to_owned(), folded, text, made_here, has_encoded_canaries: false };
        haystack.has_encoded_canaries = encoded_in(BEGINNING.as_bytes(), &haystack).is_some();
        haystack
    }
}

#[test]
fn every_form_is_found() {
    let canary = Canary::of("a test", "k3y/of+TESTS==\"q");
    let core = canary.plain();
    let bytes = core.as_bytes();
    let mut forms = vec![core.clone(), core.to_uppercase(), json(&core), HEXLOWER.encode(bytes), percent(bytes)];
    forms.push(HEXLOWER.encode(bytes).to_uppercase());
    for before in ["", "a", "ab", "abc", "Basic user:"] {
        let longer = format!("{before}{core}, and more");
        forms.extend([BASE64.encode(longer.as_bytes()), BASE64URL.encode(longer.as_bytes())]);
    }
    for form in forms {
        let found = canary.found_in(&Haystack::new("", format!("before {form} after")));
        assert!(found.is_some(), "{form}");
    }
    assert_eq!(canary.found_in(&Haystack::new("", "k3y of tests".to_owned())), None);
    let long = Canary::new("a test");
    for before in ["", "a", "ab"] {
        let longer = format!("{before}{}", long.text());
        for form in [BASE64.encode(longer.as_bytes()), HEXLOWER.encode(longer.as_bytes())] {
            assert!(long.found_in(&Haystack::new("", form.clone())).is_some(), "{form}");
        }
    }
    for form in [long.text(), long.long(), long.plain().to_uppercase(), format!("x{0}{0}", long.plain())] {
        assert!(long.found_in(&Haystack::new("", form.clone())).is_some(), "{form}");
        assert!(Canary::new("another").found_in(&Haystack::new("", form)).is_none());
    }
    let cut: String = long.long().chars().take(64).collect();
    assert!(long.found_in(&Haystack::new("", cut)).is_some(), "one that was cut short is found as well");
}
