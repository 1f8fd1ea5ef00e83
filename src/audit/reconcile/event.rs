//! An event of CloudTrail, as far as it is compared.
//!
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use jiff::Timestamp;
use serde::de::MapAccess;

use super::record::session_arn;
use crate::audit::query::Text;
use crate::audit::query::loose::{self, Loose, object, skip, value};
use crate::context::stamp::{CALLED_VIA_TAG, VIA_TAG};

/// What is compared of an event, and what of it is shown. A part that is missing, or of another kind than CloudTrail writes,
/// is empty.
#[derive(Debug, Default)]
pub(crate) struct EventView<'a> {
    id: Text<'a>,
    shared_id: Text<'a>,
    time: Text<'a>,
    name: Text<'a>,
    source: Text<'a>,
    region: Text<'a>,
    pub(crate) request_id: Text<'a>,
    pub(crate) error_code: Text<'a>,
    account: Text<'a>,
    pub(super) source_ip: Text<'a>,
    pub(crate) identity: Identity<'a>,
    request: Parameters<'a>,
    response: Response<'a>,
    resources: Vec<Affected<'a>>,
}

/// `userIdentity`.
#[derive(Debug, Default)]
pub(crate) struct Identity<'a> {
    pub(crate) arn: Text<'a>,
    pub(super) access_key: Text<'a>,
    session: SessionContext<'a>,
}

/// `sessionContext`.
#[derive(Debug, Default)]
struct SessionContext<'a> {
    source_identity: Text<'a>,
}

/// `requestParameters`.
#[derive(Debug, Default)]
struct Parameters<'a> {
    role: Text<'a>,
    session_name: Text<'a>,
    source_identity: Text<'a>,
    tags: Tags<'a>,
    /// What names the entity that is acted on.
    names: Vec<(&'static str, Text<'a>)>,
}

/// Session tags, those that were given and those that came along from the session before. CloudTrail writes the former
/// as a list and as an object
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_ctlogs>).
#[derive(Debug, Default)]
struct Tags<'a> {
    via: Text<'a>,
    called_via: Text<'a>,
}

#[derive(Debug, Default)]
struct Tag<'a> {
    key: Text<'a>,
    value: Text<'a>,
}

/// `responseElements` of AssumeRole.
#[derive(Debug, Default)]
struct Response<'a> {
    user: AssumedUser<'a>,
}

#[derive(Debug, Default)]
struct AssumedUser<'a> {
    arn: Text<'a>,
}

/// One of `resources`.
#[derive(Debug, Default)]
struct Affected<'a> {
    arn: Text<'a>,
}

object!(EventView: "eventID" => id, "sharedEventID" => shared_id, "eventTime" => time, "eventName" => name,
    "eventSource" => source, "awsRegion" => region, "requestID" => request_id, "errorCode" => error_code,
    "recipientAccountId" => account, "sourceIPAddress" => source_ip, "userIdentity" => identity,
    "requestParameters" => request, "responseElements" => response, "resources" => resources);
object!(Identity: "arn" => arn, "accessKeyId" => access_key, "sessionContext" => session);
object!(SessionContext: "sourceIdentity" => source_identity);
object!(Tag: "key" => key, "value" => value);
object!(Response: "assumedRoleUser" => user);
object!(AssumedUser: "arn" => arn);
object!(Affected: "ARN" => arn);

/// The request parameters that name what IAM acts on, as CloudTrail spells them.
const NAMING: [&str; 14] = [
    "userName",
    "roleName",
    "groupName",
    "policyArn",
    "policyName",
    "accessKeyId",
    "serialNumber",
    "certificateId",
    "sSHPublicKeyId",
    "serviceSpecificCredentialId",
    "instanceProfileName",
    "openIDConnectProviderArn",
    "sAMLProviderArn",
    "policySourceArn",
];

impl<'de> Loose<'de> for Parameters<'de> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        match name {
            "roleArn" => self.role = value(members)?,
            "roleSessionName" => self.session_name = value(members)?,
            "sourceIdentity" => self.source_identity = value(members)?,
            "principalTags" | "incomingTransitiveTags" => self.tags.add(value(members)?),
            "tags" => value::<Vec<Tag<'de>>, A>(members)?.into_iter().for_each(|tag| self.tags.one(tag)),
            _ => match NAMING.iter().find(|naming| **naming == name) {
                Some(naming) => self.names.push((naming, value(members)?)),
                None => skip(members)?,
            },
        }
        Ok(())
    }
}

/// From an object. STS does not tell keys apart by letter case.
impl<'de> Loose<'de> for Tags<'de> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
        if name.eq_ignore_ascii_case(VIA_TAG) {
            self.via = value(members)?;
        } else if name.eq_ignore_ascii_case(CALLED_VIA_TAG) {
            self.called_via = value(members)?;
        } else {
            skip(members)?;
        }
        Ok(())
    }
}

impl<'a> Tags<'a> {
    fn add(&mut self, other: Self) {
        let Self { via, called_via } = other;
        if via.get().is_some() {
            self.via = via;
        }
        if called_via.get().is_some() {
            self.called_via = called_via;
        }
    }

    fn one(&mut self, Tag { key, value }: Tag<'a>) {
        if key.get().is_some_and(|key| key.eq_ignore_ascii_case(VIA_TAG)) {
            self.via = value;
        } else if key.get().is_some_and(|key| key.eq_ignore_ascii_case(CALLED_VIA_TAG)) {
            self.called_via = value;
        }
    }
}

impl<'a> EventView<'a> {
    /// Reads an event; none where it is no JSON object, or lacks what every event has.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        let view: Self = loose::read(json).ok()?;
        let is_event = view.time().is_some() && view.name.get().is_some() && view.source.get().is_some();
        is_event.then_some(view)
    }

    /// `eventTime`.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.time.get()?.parse().ok()
    }

    /// What is the same of an event that comes twice, also where two accounts are each told of one request.
    pub(super) fn key(&self) -> String {
        let id = [&self.shared_id, &self.id, &self.request_id].into_iter().find_map(Text::get);
        match id {
            Some(id) => short(id),
            None => format!("{} {}", self.action(), self.time.get().unwrap_or_default()),
        }
    }

    /// `eventID`.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.get()
    }

    /// The action, as policies write it: `iam:CreateUser`.
    pub(super) fn action(&self) -> String {
        let source = self.source.get().unwrap_or_default();
        let service = source.split('.').next().unwrap_or_default();
        short(&format!("{service}:{}", self.name.get().unwrap_or_default()))
    }

    /// Where it happened.
    pub(super) fn region(&self) -> &str {
        self.region.get().unwrap_or_default()
    }

    /// The account whose trail it is in.
    pub(super) fn account(&self) -> &str {
        self.account.get().unwrap_or_default()
    }

    /// Whether a role was to be assumed by AssumeRole.
    pub(crate) fn is_assume_role(&self) -> bool {
        self.name.is("AssumeRole") && self.source.get().is_some_and(|source| source.starts_with("sts."))
    }

    /// `eventName`.
    pub(crate) fn name(&self) -> &str {
        self.name.get().unwrap_or_default()
    }

    /// `eventSource`.
    pub(crate) fn source(&self) -> &str {
        self.source.get().unwrap_or_default()
    }

    /// The source identity of the session that asked; of AssumeRole the one that was to be set.
    pub(crate) fn source_identity(&self) -> Option<&str> {
        let set = self.request.source_identity.get().filter(|_| self.is_assume_role());
        set.or(self.identity.session.source_identity.get())
    }

    /// The gateway whose stamp a session was to carry, from AssumeRole's own tags or from those that came along.
    pub(crate) fn stamped_by(&self) -> Option<&str> {
        let tags = &self.request.tags;
        (self.is_assume_role() && tags.via.is("true")).then(|| tags.called_via.get()).flatten()
    }

    /// The session that AssumeRole gave, or would have given.
    pub(crate) fn assumed(&self) -> Option<String> {
        if !self.is_assume_role() {
            return None;
        }
        let answered = self.response.user.arn.get().map(str::to_owned);
        answered.or_else(|| session_arn(self.request.role.get()?, self.request.session_name.get()?))
    }

    /// The session that AssumeRole says it gave.
    pub(super) fn answered_session(&self) -> Option<&str> {
        self.response.user.arn.get()
    }

    /// What it was about, for people: an ARN, or the parameters that name it.
    pub(super) fn resource(&self) -> String {
        if let Some(arn) = self.resources.iter().find_map(|resource| resource.arn.get()) {
            return short(arn);
        }
        if self.is_assume_role() {
            return short(self.request.role.get().unwrap_or_default());
        }
        let named = |(name, text): &(&str, Text<'_>)| text.get().map(|text| format!("{name}={}", short(text)));
        self.request.names.iter().filter_map(named).collect::<Vec<_>>().join(" ")
    }

    /// The values by which what it was about can be told; none where CloudTrail does not say.
    pub(super) fn names(&self) -> Vec<String> {
        let resources = self.resources.iter().map(|resource| &resource.arn);
        let named = self.request.names.iter().map(|(_, text)| text);
        resources.chain(named).filter_map(Text::get).map(short).collect()
    }
}

/// The most characters that are kept of a text: AWS's are shorter, and the rest is somebody's attempt.
const LONGEST: usize = 2048;

/// A text that is kept, cut.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stamped(parameters: &serde_json::Value) -> Option<String> {
        let event = json!({"eventTime": "2026-11-20T12:00:00Z", "eventName": "AssumeRole",
            "eventSource": "sts.amazonaws.com", "requestParameters": parameters})
        .to_string();
        EventView::of(&event).unwrap().stamped_by().map(str::to_owned)
    }

    #[test]
    fn a_stamp_is_found_in_each_form_that_cloudtrail_has_for_it() {
        let object = json!({"ViaAWSMCPService": "true", "CalledViaAWSMCP": "gw", "McpCaller": "x"});
        let list = json!([{"key": "CalledViaAWSMCP", "value": "gw"}, {"key": "viaawsmcpservice", "value": "true"}]);
        for parameters in [
            json!({"principalTags": object}),
            json!({"tags": list}),
            json!({"incomingTransitiveTags": object, "tags": [{"key": "Team", "value": "x"}]}),
        ] {
            assert_eq!(stamped(&parameters).as_deref(), Some("gw"), "{parameters}");
        }
        for parameters in [
            json!({"principalTags": {"ViaAWSMCPService": "false", "CalledViaAWSMCP": "gw"}}),
            json!({"principalTags": {"ViaAWSMCPService": "true"}}),
            json!({"principalTags": "ViaAWSMCPService", "tags": {"key": "ViaAWSMCPService"}}),
            json!(null),
        ] {
            assert_eq!(stamped(&parameters), None, "{parameters}");
        }
    }

    #[test]
    fn a_source_identity_is_the_session_s_or_the_one_that_is_set() {
        let event = |name: &str, source: &str| {
            json!({"eventTime": "2026-11-20T12:00:00Z", "eventName": name, "eventSource": source,
                "userIdentity": {"sessionContext": {"sourceIdentity": "alice"}},
                "requestParameters": {"sourceIdentity": "bob"}})
            .to_string()
        };
        let of = |event: &str| EventView::of(event).unwrap().source_identity().map(str::to_owned);
        assert_eq!(of(&event("AssumeRole", "sts.amazonaws.com")).as_deref(), Some("bob"));
        assert_eq!(of(&event("GetUser", "iam.amazonaws.com")).as_deref(), Some("alice"));
    }

    #[test]
    fn what_lacks_a_time_a_name_or_a_source_is_no_event() {
        let whole =
            json!({"eventTime": "2026-11-20T12:00:00Z", "eventName": "GetUser", "eventSource": "iam.amazonaws.com"});
        assert!(EventView::of(&whole.to_string()).is_some());
        for missing in ["eventTime", "eventName", "eventSource"] {
            let mut event = whole.clone();
            event[missing] = json!(7);
            assert!(EventView::of(&event.to_string()).is_none(), "{missing}");
        }
        for text in ["[]", "null", "7", "", "{"] {
            assert!(EventView::of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_acted_on_is_told_by_arn_or_by_parameters() {
        let view = |more: serde_json::Value| {
            let mut event = json!({"eventTime": "2026-11-20T12:00:00Z", "eventName": "DetachUserPolicy", "eventSource": "iam.amazonaws.com"});
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            event.to_string()
        };
        let by_name = view(json!({"requestParameters": {"userName": "bob", "policyArn": "arn:p", "path": "/"}}));
        let by_name = EventView::of(&by_name).unwrap();
        assert_eq!(by_name.resource(), "policyArn=arn:p userName=bob");
        assert_eq!(by_name.action(), "iam:DetachUserPolicy");
        let by_arn = view(json!({"resources": [{"ARN": "arn:u"}]}));
        assert_eq!(EventView::of(&by_arn).unwrap().resource(), "arn:u");
        let long = view(json!({"requestParameters": {"userName": "x".repeat(1_000_000)}}));
        assert!(EventView::of(&long).unwrap().resource().len() < 3000);
    }
}
