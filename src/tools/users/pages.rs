//! Listings of one user, read to their end.

/// Reads all pages of a listing of one user: `operation` of the SDK, whose pages hold `items`.
///
/// A macro, because every operation of the SDK has types of its own that share no trait.
macro_rules! all_pages {
    ($reader:expr, $resource:expr, $name:expr, $action:expr, $operation:ident, $items:ident) => {
        async {
            let mut all = Vec::new();
            let mut marker = None;
            loop {
                let request = $reader.iam().$operation().user_name($name).set_marker(marker);
                let page = $reader.read($action, $resource, Box::pin(request.send())).await?;
                all.extend(page.$items().iter().cloned());
                marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
                if marker.is_none() {
                    break Ok::<_, crate::iam::AwsFailure>(all);
                }
            }
        }
    };
}

pub(super) use all_pages;
