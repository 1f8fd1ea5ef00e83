//! HTML that is written piece by piece: whatever is not a literal of this program is escaped, since nothing else can be said.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::tools::text;

/// A piece of a page. Names of elements and attributes are literals; every other text is escaped when it is written, and
/// what would not be seen, or would steer how it is read, is spelled out before.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

/// The attributes of an element.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    /// What was written.
    pub(super) fn finished(self) -> String {
        self.0
    }

    /// A part that this program says itself.
    pub(super) fn literal(&mut self, html: &'static str) {
        self.0.push_str(html);
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) {
        for character in shown(text).chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                plain => self.0.push(plain),
            }
        }
    }

    /// An element with what `inside` writes in it.
    pub(super) fn element(&mut self, name: &'static str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Self)) {
        self.empty(name, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element with this text in it.
    pub(super) fn said(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |inside| inside.text(text));
    }

    /// An element that holds nothing and is not closed, such as `meta`.
    pub(super) fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// JSON for the page's script, which is no script itself: nothing in it can end the element, or begin a comment.
    pub(super) fn data(&mut self, id: &'static str, value: &impl Serialize) {
        let mut value = serde_json::to_value(value).expect("what a page shows serializes");
        show(&mut value);
        self.empty("script", &[("type", "application/json"), ("id", id)]);
        for character in value.to_string().chars() {
            match character {
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    // Nothing fails to be written to a string.
                    let _written = write!(self.0, "\\u{:04x}", u32::from(character));
                }
                plain => self.0.push(plain),
            }
        }
        self.0.push_str("</script>");
    }
}

/// A text with everything visible but its line breaks, which are what they are.
fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return text::visible(text);
    }
    Cow::Owned(text.split('\n').map(text::visible).collect::<Vec<_>>().join("\n"))
}

fn show(value: &mut Value) {
    match value {
        Value::String(text) => *text = shown(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(show),
        Value::Object(members) => {
            members.values_mut().for_each(show);
            let given = std::mem::take(members).into_iter();
            *members = given.map(|(name, value)| (shown(&name).into_owned(), value)).collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_literal_is_escaped() {
        let mut page = Markup::default();
        page.said("p", &[("title", "\"><img src=x onerror='a()'>")], "</p><script>a&b</script>");
        let html = page.finished();
        assert_eq!(
            html,
            "<p title=\"&quot;&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;\">&lt;/p&gt;&lt;script&gt;a&amp;b&lt;/script&gt;</p>"
        );
    }

    #[test]
    fn what_steers_how_a_text_is_read_is_spelled_out_and_lines_stay_lines() {
        let mut page = Markup::default();
        page.text("a\u{202e}b\nc\u{0}");
        assert_eq!(page.finished(), "a\\u{202e}b\nc\\u{0}");
    }

    #[test]
    fn data_cannot_end_its_element_and_means_the_same() {
        let hostile = "</script><!--<script>\u{2028}&\"";
        let mut page = Markup::default();
        page.data("d", &vec![hostile]);
        let html = page.finished();
        let inside = html.strip_prefix("<script type=\"application/json\" id=\"d\">").unwrap();
        let inside = inside.strip_suffix("</script>").unwrap();
        assert!(!inside.contains(['<', '>', '&', '\u{2028}']), "{inside}");
        let read: Vec<String> = serde_json::from_str(inside).unwrap();
        assert_eq!(text::original(&read[0]), hostile);
    }
}
