//! What a tool may know of the call beyond its arguments.

use std::sync::Arc;

use crate::audit::RequestLog;
use crate::authn::{Caller, Narrowing};
use crate::authorize::{Authorizer, Mapped};
use crate::config::{Access, GatewayName, NewSecrets, RoleMapping};
use crate::context::{Origin, Stamp};
use crate::iam::Account;
use crate::posture::classify::Thresholds;

/// Who calls, in which environment, with which role and stamp.
#[derive(Debug, Clone)]
pub struct CallFacts {
    /// The verified caller.
    pub caller: Arc<Caller>,
    /// The environment that the call is for.
    pub environment: String,
    /// The account that the call acts on.
    pub account: Account,
    /// The role mapping that matched.
    pub mapping: Arc<RoleMapping>,
    /// What is stamped on the caller's sessions.
    pub stamp: Stamp,
    /// Where the call came from, and when.
    pub origin: Origin,
    /// What the way in which the request was authenticated takes away.
    pub narrowing: Narrowing,
    /// Whether the whole gateway is read-only at this moment.
    pub read_only: bool,
    /// What becomes of the secret of a new access key.
    pub new_secrets: NewSecrets,
    /// From how sure on a user is taken for a machine.
    pub thresholds: Thresholds,
    /// What this replica's records say of requests to AWS, where it keeps any.
    pub requests: Option<Arc<RequestLog>>,
    /// The judge of stage one, for tools that ask what it would say.
    pub authorizer: Option<Authorizer>,
}

impl CallFacts {
    /// The facts of a call of `caller`, who is `mapped` and authenticated in this way, through the gateway of this name.
    /// Nobody is told a new secret by it, unless [`Self::with_new_secrets`] says so.
    #[must_use]
    pub fn of(
        mapped: &Mapped,
        caller: &Arc<Caller>,
        narrowing: Narrowing,
        gateway: &GatewayName,
        origin: Origin,
        read_only: bool,
    ) -> Self {
        let environment = mapped.environment.name.as_str();
        Self {
            caller: Arc::clone(caller),
            environment: environment.to_owned(),
            account: Account { partition: mapped.environment.partition, id: mapped.mapping.role_arn.account() },
            mapping: Arc::clone(&mapped.mapping),
            stamp: Stamp::new(gateway.as_str(), environment, caller, &mapped.mapping.tags),
            narrowing,
            origin,
            read_only,
            new_secrets: NewSecrets::Refuse,
            thresholds: Thresholds::default(),
            requests: None,
            authorizer: None,
        }
    }

    /// What the caller may do, all things considered.
    #[must_use]
    pub fn access(&self) -> Access {
        let may_write = match self.narrowing {
            Narrowing::Nothing => true,
            Narrowing::UnsignedBody => self.mapping.bearer_writes,
            Narrowing::ReadingScope => false,
        };
        if self.read_only || !may_write { Access::ReadOnly } else { self.mapping.access }
    }

    /// The word for how the request was authenticated, in policies.
    #[must_use]
    pub fn authentication(&self) -> &'static str {
        if self.narrowing.is_of_bearer() { "bearer" } else { self.caller.kind.as_str() }
    }

    /// The same, in a gateway that takes users for machines from here on.
    #[must_use]
    pub fn with_thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// The same, in a gateway in which this becomes of the secrets of new access keys.
    #[must_use]
    pub fn with_new_secrets(mut self, new_secrets: &NewSecrets) -> Self {
        self.new_secrets = new_secrets.clone();
        self
    }

    /// The same, in a gateway that has this judge.
    #[must_use]
    pub fn with_authorizer(mut self, authorizer: &Authorizer) -> Self {
        self.authorizer = Some(authorizer.clone());
        self
    }

    /// The same, in a gateway whose records tell this of requests to AWS.
    #[must_use]
    pub fn with_requests(mut self, requests: &Arc<RequestLog>) -> Self {
        self.requests = Some(Arc::clone(requests));
        self
    }
}
