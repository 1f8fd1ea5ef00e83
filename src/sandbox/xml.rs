//! Writing the XML that the query protocol answers with.

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Elements, one after the other: the inside of a result.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

/// RFC 3986's unreserved characters, which IAM leaves as they are in the documents it encodes.
const DOCUMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Xml {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// An element made by `inside`.
    pub(super) fn of(name: &str, inside: impl FnOnce(&mut Self)) -> Self {
        let mut xml = Self::new();
        xml.element(name, inside);
        xml
    }

    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was written.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// `<name>...</name>` around what `inside` writes.
    pub(super) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.tag("<", name);
        inside(self);
        self.tag("</", name)
    }

    /// `<name>text</name>`.
    pub(super) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.element(name, |xml| xml.escape(text))
    }

    /// The same, where there is a text.
    pub(super) fn optional(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// A number, or anything else whose text needs no escaping.
    pub(super) fn value(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        self.text(name, &value.to_string())
    }

    /// A time, as IAM writes it: whole seconds in UTC.
    pub(super) fn time(&mut self, name: &str, time: Timestamp) -> &mut Self {
        self.text(name, &seconds(time))
    }

    /// A time, where there is one.
    pub(super) fn optional_time(&mut self, name: &str, time: Option<Timestamp>) -> &mut Self {
        match time {
            Some(time) => self.time(name, time),
            None => self,
        }
    }

    /// A policy document, percent-encoded after RFC 3986 as IAM returns documents.
    pub(super) fn document(&mut self, name: &str, document: &str) -> &mut Self {
        self.text(name, &utf8_percent_encode(document, DOCUMENT).to_string())
    }

    /// A list: `<name><member>...</member>...</name>`, which stands there when it is empty, too.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut member: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.element(name, |xml| {
            for item in items {
                xml.element("member", |xml| member(xml, item));
            }
        })
    }

    /// A list of texts.
    pub(super) fn texts<'a>(&mut self, name: &str, items: impl IntoIterator<Item = &'a str>) -> &mut Self {
        self.list(name, items, |xml, item| xml.escape(item))
    }

    fn tag(&mut self, open: &str, name: &str) -> &mut Self {
        self.0.push_str(open);
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // A parser would read a bare one as a line feed.
                '\r' => self.0.push_str("&#xD;"),
                // No XML 1.0 document can hold the other control characters, not even escaped.
                control if control.is_control() && !matches!(control, '\n' | '\t') => self.0.push('\u{fffd}'),
                other => self.0.push(other),
            }
        }
    }
}

/// A time in whole seconds, in UTC.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_holds_cannot_leave_its_element() {
        let xml = Xml::of("User", |xml| {
            xml.text("UserName", "</UserName>&\"\r\u{1}");
        });
        assert_eq!(xml.as_str(), "<User><UserName>&lt;/UserName&gt;&amp;&quot;&#xD;\u{fffd}</UserName></User>");
    }

    #[test]
    fn documents_are_percent_encoded_and_times_are_whole_seconds() {
        let mut xml = Xml::new();
        xml.document("D", r#"{"a": "b~c"}"#).time("T", "2026-01-31T12:00:00.75Z".parse().unwrap());
        assert_eq!(xml.as_str(), "<D>%7B%22a%22%3A%20%22b~c%22%7D</D><T>2026-01-31T12:00:00Z</T>");
    }

    #[test]
    fn an_empty_list_stands_there() {
        let mut xml = Xml::new();
        xml.texts("Users", []).texts("Groups", ["a", "b"]);
        assert_eq!(xml.as_str(), "<Users></Users><Groups><member>a</member><member>b</member></Groups>");
    }
}
