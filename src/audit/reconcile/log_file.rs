//! CloudTrail's log files: what their names say, and the events in them.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html>

use std::fmt;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::range::Range;

/// The largest log file that is read, decompressed; CloudTrail's own are smaller by far. What is larger was not written by
/// CloudTrail, and would fill the memory.
pub(super) const LARGEST: u64 = 256 * 1024 * 1024;

/// The longest word of an error that is repeated: it may quote the file.
const LONGEST_ERROR: usize = 200;

/// What gzip data begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What is to be done with a file of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It holds events of the range, or may.
    Yes,
    /// It is a log file that was delivered before the range began, so all its events are older.
    TooOld,
    /// It is no log file: a digest, an insight, a gateway's own records, or something else's.
    No,
}

/// What the name of a file, with its folders, says of it.
pub(super) fn wanted(path: &str, range: &Range) -> Wanted {
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let other = ["CloudTrail-Digest", "CloudTrail-Insight"].iter().any(|kind| path.contains(kind));
    // Gateways' own records, which lie in a bucket as log files do.
    if other || name.contains("_McpGateway_") || !(plain.ends_with(".json") || plain.ends_with(".jsonl")) {
        return Wanted::No;
    }
    match (delivered(plain), range.from) {
        (Some(delivered), Some(from)) if delivered < from => Wanted::TooOld,
        _ => Wanted::Yes,
    }
}

/// When a file was delivered, by the name that CloudTrail gives it:
/// `ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz`. It is the end of that minute.
fn delivered(name: &str) -> Option<Timestamp> {
    let (_, behind) = name.split_once("_CloudTrail_")?;
    let (time, _) = behind.split_once('_')?.1.split_once('_')?;
    let minute = DateTime::strptime("%Y%m%dT%H%MZ", time).ok()?;
    let minute = TimeZone::UTC.to_timestamp(minute).ok()?;
    minute.checked_add(jiff::SignedDuration::from_mins(1)).ok()
}

/// Gives the JSON of each event of a log file to `each`, compressed or not. A `.jsonl` has an event on each line, as the
/// sandbox writes them.
///
/// # Errors
/// When the file is not read to its end; what stands before was given.
pub(super) fn events(name: &str, reader: impl Read, each: &mut dyn FnMut(&str)) -> io::Result<()> {
    events_of(name, reader, LARGEST, each)
}

fn events_of(name: &str, reader: impl Read, largest: u64, each: &mut dyn FnMut(&str)) -> io::Result<()> {
    let (text, ended) = text(reader, largest);
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    let parsed = if plain.ends_with(".jsonl") {
        text.lines().filter(|line| !line.trim().is_empty()).for_each(each);
        Ok(())
    } else {
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        deserializer.deserialize_any(Document(each)).and_then(|()| deserializer.end())
    };
    ended?;
    parsed.map_err(|error| {
        let words: String = error.to_string().chars().take(LONGEST_ERROR).collect();
        io::Error::new(io::ErrorKind::InvalidData, format!("it is no CloudTrail log file: {words}"))
    })
}

/// As much of the text as there is, and why there is no more.
fn text(mut reader: impl Read, largest: u64) -> (String, io::Result<()>) {
    let mut begins = Vec::new();
    let read = reader.by_ref().take(GZIP.len() as u64).read_to_end(&mut begins);
    let is_compressed = begins == GZIP;
    let whole = io::Cursor::new(begins).chain(reader);
    let (bytes, ended) = match read {
        Err(error) => (Vec::new(), Err(error)),
        Ok(_) if is_compressed => bounded(MultiGzDecoder::new(whole), largest),
        Ok(_) => bounded(whole, largest),
    };
    match String::from_utf8(bytes) {
        Ok(text) => (text, ended),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            let refused = io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
            (String::from_utf8(bytes).unwrap_or_default(), ended.and(Err(refused)))
        }
    }
}

fn bounded(reader: impl Read, largest: u64) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let ended = match reader.take(largest + 1).read_to_end(&mut bytes) {
        Ok(read) if read as u64 > largest => {
            bytes.clear();
            Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it holds more than {largest} bytes")))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    (bytes, ended)
}

/// `{"Records": [...]}`.
struct Document<'f>(&'f mut dyn FnMut(&str));

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with Records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "Records" {
                members.next_value_seed(Records(&mut *self.0))?;
                found = true;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(A::Error::custom("it has no Records")) }
    }
}

struct Records<'f>(&'f mut dyn FnMut(&str));

impl<'de> serde::de::DeserializeSeed<'de> for Records<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some(event) = events.next_element::<&'de RawValue>()? {
            (self.0)(event.get());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn read(name: &str, bytes: &[u8]) -> (Vec<String>, Option<String>) {
        let mut given = Vec::new();
        let ended = events(name, bytes, &mut |event| given.push(event.to_owned()));
        (given, ended.err().map(|error| error.to_string()))
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn events_are_given_as_they_stand_compressed_or_not() {
        let text = br#"{"x": {"Records": 1}, "Records": [{"a": 1}, 7, "b"], "y": [2]}"#;
        let expected = (["{\"a\": 1}", "7", "\"b\""].map(str::to_owned).to_vec(), None);
        assert_eq!(read("a.json", text), expected);
        assert_eq!(read("a.json.gz", &packed(text)), expected);
        assert_eq!(read("a.json.gz", text), expected, "a tool that fetched it has decompressed it");
        assert_eq!(read("a.json", br#"{"Records":[]}"#), (Vec::new(), None));
        assert_eq!(read("a.jsonl", b"{\"a\": 1}\n\n{}\n"), (vec!["{\"a\": 1}".to_owned(), "{}".to_owned()], None));
    }

    #[test]
    fn a_broken_file_says_so_and_gives_what_stands_before() {
        let text = br#"{"Records": [{"a": 1}, {"b": 2}]}"#;
        let (given, error) = read("a.json", &text[..text.len() - 4]);
        assert_eq!(given, ["{\"a\": 1}"]);
        assert!(error.unwrap().contains("no CloudTrail log file"));
        let packed = packed(text);
        assert!(read("a.json.gz", &packed[..packed.len() - 9]).1.is_some());
        for text in
            ["", "[]", "{}", "null", "{\"Records\": 7}", "{\"Records\": []} x", "{\"Records\": [\"\u{7f}\u{1}\"]}"]
        {
            assert!(read("a.json", text.as_bytes()).1.is_some(), "{text}");
        }
        let (given, error) = read("a.json", b"{\"Records\": [{\"a\": 1}, \"\xff\"]}");
        assert_eq!((given.len(), error.as_deref()), (1, Some("it is not UTF-8")));
        let long = format!("{{\"Records\": \"{}\"}}", "x".repeat(1_000_000));
        assert!(read("a.json", long.as_bytes()).1.unwrap().len() < 300);
    }

    #[test]
    fn nesting_costs_no_stack() {
        let text = format!("{{\"Records\": [{}1{}]}}", "[".repeat(500_000), "]".repeat(500_000));
        let (given, _) = read("a.json", text.as_bytes());
        assert!(given.len() <= 1);
    }

    #[test]
    fn a_file_that_grows_beyond_all_bounds_is_refused() {
        let bomb = packed(&vec![b' '; 100_000]);
        for (bytes, largest) in [(&bomb, 99_999), (&vec![b' '; 100_000], 99_999)] {
            let error = events_of("a.json.gz", &bytes[..], largest, &mut |_| {}).unwrap_err();
            assert_eq!(error.to_string(), "it holds more than 99999 bytes");
        }
    }

    #[test]
    fn names_say_what_a_file_is_and_when_it_was_delivered() {
        let range = Range { from: Some("2026-11-20T12:00:00Z".parse().unwrap()), to: Timestamp::MAX };
        let named =
            |time: &str| format!("AWSLogs/1/CloudTrail/us-east-1/2026/11/20/1_CloudTrail_us-east-1_{time}_x9.json.gz");
        assert_eq!(wanted(&named("20261120T1200Z"), &range), Wanted::Yes);
        assert_eq!(wanted(&named("20261120T1159Z"), &range), Wanted::Yes);
        assert_eq!(wanted(&named("20261120T1158Z"), &range), Wanted::TooOld);
        assert_eq!(wanted(&named("not a time"), &range), Wanted::Yes);
        assert_eq!(wanted(&named("20261120T1158Z"), &Range { from: None, ..range }), Wanted::Yes);
        for (name, expected) in [
            ("anything.json", Wanted::Yes),
            ("aws-trail.jsonl", Wanted::Yes),
            ("McpGateway/trail.json", Wanted::Yes),
            ("a/McpGateway/r/2026/11/20/123456789012_McpGateway_r_20261120T1005Z_x.json.gz", Wanted::No),
            ("a/1_CloudTrail-Digest_us-east-1_t_us-east-1_20261120T120000Z.json.gz", Wanted::No),
            ("AWSLogs/1/CloudTrail-Insight/us-east-1/x.json.gz", Wanted::No),
            ("notes.txt", Wanted::No),
            ("x.gz", Wanted::No),
        ] {
            assert_eq!(wanted(name, &range), expected, "{name}");
        }
    }
}
