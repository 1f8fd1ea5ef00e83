//! Lists in pages.

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;

use crate::sandbox::constraint::MARKER;
use crate::sandbox::error::ServiceError;
use crate::sandbox::input::Input;
use crate::sandbox::xml::Xml;

/// Which part of a list was asked for.
#[derive(Debug)]
pub(super) struct Page<'a> {
    size: usize,
    marker: Option<&'a str>,
}

/// IAM's own default.
const DEFAULT_SIZE: u32 = 100;

impl<'a> Page<'a> {
    /// Reads `MaxItems` and `Marker`.
    pub(super) fn read(input: &Input<'a>) -> Self {
        let size = input.number("MaxItems", 1..=1000).unwrap_or(DEFAULT_SIZE);
        Self { size: usize::try_from(size).unwrap_or(usize::MAX), marker: input.optional("Marker", &MARKER) }
    }

    /// The page of a list that is sorted by its items' keys, and what asks for the next one.
    ///
    /// The marker holds the key of the last item given, not a position: what is created or deleted between two pages
    /// neither hides an item nor shows one twice.
    ///
    /// # Errors
    /// When the marker is none that a list gave.
    pub(super) fn of<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Paged<T>, ServiceError> {
        let after = self.marker.map(opened).transpose()?;
        let mut rest =
            items.into_iter().filter(|item| after.as_ref().is_none_or(|after| key(item) > *after)).peekable();
        let items: Vec<T> = rest.by_ref().take(self.size).collect();
        let marker = rest.peek().and(items.last()).map(|last| BASE64URL_NOPAD.encode(key(last).as_bytes()));
        Ok(Paged { items, marker })
    }

    /// The same of a list that is not sorted yet.
    ///
    /// # Errors
    /// When the marker is none that a list gave.
    pub(super) fn of_unsorted<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Paged<T>, ServiceError> {
        let mut items: Vec<T> = items.into_iter().collect();
        items.sort_by_cached_key(&key);
        self.of(items, key)
    }
}

/// A key for lists in the order of age: the oldest first.
pub(super) fn by_age(made: Timestamp, id: &str) -> String {
    format!("{:012}/{id}", made.as_second())
}

fn opened(marker: &str) -> Result<String, ServiceError> {
    BASE64URL_NOPAD
        .decode(marker.as_bytes())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| ServiceError::validation("Invalid Marker."))
}

/// One page.
#[derive(Debug)]
pub(super) struct Paged<T> {
    pub(super) items: Vec<T>,
    marker: Option<String>,
}

impl<T> Paged<T> {
    /// The list `name` with its items, and whether there is more.
    pub(super) fn write(self, name: &str, member: impl FnMut(&mut Xml, T)) -> Xml {
        let mut xml = Xml::new();
        self.write_into(&mut xml, name, member);
        xml
    }

    /// The same, after what is already there.
    pub(super) fn write_into(self, xml: &mut Xml, name: &str, member: impl FnMut(&mut Xml, T)) {
        xml.value("IsTruncated", self.marker.is_some()).list(name, self.items, member);
        xml.optional("Marker", self.marker.as_deref());
    }

    /// The items in lists that `inside` writes, and whether there is more.
    pub(super) fn write_lists(self, inside: impl FnOnce(&mut Xml, &[T])) -> Xml {
        let mut xml = Xml::new();
        inside(&mut xml, &self.items);
        xml.value("IsTruncated", self.marker.is_some()).optional("Marker", self.marker.as_deref());
        xml
    }
}

impl Paged<&String> {
    /// The same, of a list of texts.
    pub(super) fn write_texts(self, name: &str) -> Xml {
        let mut xml = Xml::new();
        xml.value("IsTruncated", self.marker.is_some()).texts(name, self.items.into_iter().map(String::as_str));
        xml.optional("Marker", self.marker.as_deref());
        xml
    }
}
