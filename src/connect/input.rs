//! Standard input as lines of bounded length.

use std::io::{self, BufRead, Read};

use tokio::sync::mpsc::Sender;

use super::failure::{Failure, INVALID_REQUEST, NOT_JSON};
use super::message::{self, Id, Message};

/// The longest message of a client, in bytes without the line end: more than the gateway takes by default.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// What a line was.
#[derive(Debug, PartialEq)]
pub enum Input {
    /// A request or a notification.
    Message(Message),
    /// Nothing that can be passed on; answered with the id as far as it could be found.
    Faulty(Option<Id>, Failure),
}

/// Reads messages until the input ends or nobody wants more. Blocks, so it has a thread of its own: the process must be
/// able to end while nothing is written to it.
///
/// # Errors
/// When the input cannot be read.
pub fn read(input: impl Read, to: &Sender<Input>) -> io::Result<()> {
    let mut input = io::BufReader::new(input);
    while let Some(line) = next_line(&mut input)? {
        let Some(read) = judged(&line) else { continue };
        if to.blocking_send(read).is_err() {
            break;
        }
    }
    Ok(())
}

/// A line without its end, or its beginning if it is too long.
struct Line {
    text: Vec<u8>,
    is_whole: bool,
}

fn next_line(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let most = u64::try_from(LONGEST_LINE + 1).unwrap_or(u64::MAX);
    let mut text = Vec::new();
    if input.by_ref().take(most).read_until(b'\n', &mut text)? == 0 {
        return Ok(None);
    }
    let ended = text.last() == Some(&b'\n');
    if ended {
        text.pop();
    }
    let is_whole = ended || text.len() <= LONGEST_LINE;
    if !is_whole {
        input.skip_until(b'\n')?;
    }
    Ok(Some(Line { text, is_whole }))
}

fn judged(line: &Line) -> Option<Input> {
    let text = line.text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    if !line.is_whole {
        let said = format!("the message is longer than {LONGEST_LINE} bytes");
        return Some(Input::Faulty(message::id_in(text), Failure::new(INVALID_REQUEST, "MessageTooLong", said)));
    }
    let Ok(text) = std::str::from_utf8(text) else {
        let failure = Failure::new(NOT_JSON, "MessageMalformed", "the message is not UTF-8");
        return Some(Input::Faulty(message::id_in(text), failure));
    };
    match message::parse(text) {
        Ok(message) => message.map(Input::Message),
        Err((id, failure)) => Some(Input::Faulty(id, failure)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::channel;

    use super::*;

    fn read_all(input: &[u8]) -> Vec<String> {
        let (sender, mut receiver) = channel(100);
        read(input, &sender).unwrap();
        drop(sender);
        let mut seen = Vec::new();
        while let Ok(input) = receiver.try_recv() {
            seen.push(match input {
                Input::Message(message) => message.method,
                Input::Faulty(id, failure) => format!("{} {}", failure.code(), serde_json::to_string(&id).unwrap()),
            });
        }
        seen
    }

    fn request(id: usize, method: &str) -> String {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#)
    }

    #[test]
    fn each_line_is_a_message_whatever_ends_it() {
        let input = format!("{}\n\r\n  \n{}\r\n{}", request(1, "a"), request(2, "b"), request(3, "c"));
        assert_eq!(read_all(input.as_bytes()), ["a", "b", "c"]);
    }

    #[test]
    fn a_reply_is_passed_over_and_a_fault_is_told_and_the_stream_goes_on() {
        let input = [r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "nonsense", &request(2, "b")].join("\n");
        assert_eq!(read_all(input.as_bytes()), ["MessageMalformed null", "b"]);
        let mut input = br#"{"jsonrpc":"2.0","id":5,"method":"a"#.to_vec();
        input.extend(b"\xff\"}\n");
        input.extend(request(6, "c").as_bytes());
        assert_eq!(read_all(&input), ["MessageMalformed 5", "c"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_passed_over() {
        let message = |id: usize, length: usize| {
            let head = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"a","params":{{"x":""#);
            format!("{head}{}\"}}}}", "x".repeat(length - head.len() - 3))
        };
        let (most, over) = (message(1, LONGEST_LINE), message(2, LONGEST_LINE + 1));
        let far_over = format!("{{\"x\":\"{}", "x".repeat(3 * LONGEST_LINE));
        let input =
            [&most, &over, &far_over, &request(3, "c"), &message(4, LONGEST_LINE)].map(String::as_str).join("\n");
        assert_eq!(read_all(input.as_bytes()), ["a", "MessageTooLong 2", "MessageTooLong null", "c", "a"]);
    }
}
