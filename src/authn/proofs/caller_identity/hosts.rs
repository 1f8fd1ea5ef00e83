//! Where a proof may be forwarded to.

use std::collections::BTreeSet;

use super::reasons::{self, Reason};
use crate::arn::{Partition, Region};
use crate::config::{Config, LoopbackUrl};
use crate::iam::StsHost;

/// What STS may be asked.
#[derive(Debug)]
pub(super) enum Known<'a> {
    /// AWS's own, in the partitions that the gateway serves accounts in.
    OfAws(BTreeSet<Partition>),
    /// The one that the configuration puts in its place, on this machine.
    Configured(&'a LoopbackUrl, BTreeSet<Partition>),
}

impl<'a> Known<'a> {
    pub(super) fn of(config: &'a Config) -> Self {
        let partitions = config.environments.iter().map(|environment| environment.partition).collect();
        match &config.aws.sts_endpoint {
            Some(endpoint) => Self::Configured(endpoint, partitions),
            None => Self::OfAws(partitions),
        }
    }
}

/// Where a proof goes, written by the gateway.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The URL.
    pub(super) url: String,
    /// The host header.
    pub(super) host: String,
    /// The partitions of which this STS can tell principals.
    pub(super) partitions: BTreeSet<Partition>,
    /// The region to sign for; without one, any of those partitions.
    region: Option<Region>,
}

impl Target {
    /// The target that a client's URL names.
    ///
    /// It is taken apart here, by the narrowest grammar: two parsers that disagree on what the host of a URL is are how
    /// requests end up elsewhere.
    pub(super) fn named_by(url: &str, known: &Known<'_>) -> Result<Self, Reason> {
        if url.len() > 256 || !url.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) {
            return Err(reasons::URL);
        }
        let (before, fragment) = split(url, '#');
        let (before, query) = split(before, '?');
        if let Some(query) = query {
            let is_of_signing = |pair: &str| pair.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("x-amz-"));
            return Err(if query.split('&').any(is_of_signing) { reasons::PRESIGNED } else { reasons::QUERY });
        }
        if fragment.is_some() {
            return Err(reasons::FRAGMENT);
        }
        let (scheme, rest) = before.split_once("://").ok_or(reasons::SCHEME)?;
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            return Err(reasons::USERINFO);
        }
        if path != "/" {
            return Err(reasons::PATH);
        }
        match known {
            Known::OfAws(partitions) => Self::of_aws(scheme, authority, partitions),
            Known::Configured(endpoint, partitions) => {
                if endpoint.as_str().split_once("://") != Some((scheme, authority)) {
                    return Err(reasons::ENDPOINT);
                }
                Ok(Self {
                    url: format!("{endpoint}/"),
                    host: authority.to_owned(),
                    partitions: partitions.clone(),
                    region: None,
                })
            }
        }
    }

    fn of_aws(scheme: &str, authority: &str, served: &BTreeSet<Partition>) -> Result<Self, Reason> {
        if scheme != "https" {
            return Err(reasons::SCHEME);
        }
        let (host, port) = split(authority, ':');
        if port.is_some_and(|port| port != "443") {
            return Err(reasons::PORT);
        }
        let sts = StsHost::of(host).filter(StsHost::is_of_a_known_region).ok_or(reasons::HOST)?;
        if !served.contains(&sts.partition()) {
            return Err(reasons::PARTITION);
        }
        let host = sts.to_string();
        Ok(Self {
            url: format!("https://{host}/"),
            host,
            partitions: BTreeSet::from([sts.partition()]),
            region: Some(sts.region()),
        })
    }

    /// Whether requests to it are signed for this region.
    pub(super) fn is_in(&self, region: &str) -> bool {
        match &self.region {
            Some(own) => own.as_str() == region,
            None => region.parse().is_ok_and(|region| self.partitions.contains(&Partition::of(&region))),
        }
    }
}

/// What stands before the first `at`, and what behind it where there is one.
fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, behind)| (before, Some(behind)))
}
