//! The doors of the gateway: who is let in with a request, who is given credentials, and what strangers are told.

use std::sync::Arc;

use tower::service_fn;

use crate::audit::Journal;
use crate::authn::keyring::Keyring;
use crate::authn::proofs::caller_identity::{CallerIdentity, OverHttp};
use crate::authn::sigv4::{SigV4Options, SigV4Verifier};
use crate::authn::tokens::Tokens;
use crate::authn::tokens::fetch::Documents;
use crate::current::Current;
use crate::exchange::Exchange;
use crate::exchange::limits::SourceLimit;
use crate::exchange::request::LONGEST_BODY;
use crate::http::{Answers, Exchanging};
use crate::mcp::authenticate::RequestAuthenticator;
use crate::mcp::limits::Limits;
use crate::mcp::protected_resource::ResourceMetadata;
use crate::mcp::refused::RefusedAuthentications;
use crate::mcp::road::InForce;
use crate::mcp::trail::Stationery;
use crate::sealing::SharedKeyset;
use crate::shared_state::SharedState;
use crate::tools::catalogue::Catalogue;

/// What the doors look at.
pub(super) struct Behind<'a> {
    pub(super) in_force: &'a Arc<Current<InForce>>,
    pub(super) keyring: &'a Arc<Keyring>,
    pub(super) keyset: &'a SharedKeyset,
    pub(super) catalogue: Catalogue,
    pub(super) journal: &'a Journal,
    pub(super) stationery: &'a Stationery,
    pub(super) state: &'a Arc<dyn SharedState>,
}

/// The doors.
pub(super) struct Doors<E> {
    /// Lets in whoever signed, or has an access token.
    pub(super) authenticator: Arc<RequestAuthenticator>,
    /// Gives credentials for proofs.
    pub(super) exchange: Exchanging<E, SourceLimit>,
    /// Says who issues access tokens.
    pub(super) resource: Arc<ResourceMetadata>,
    /// Limits who was let in.
    pub(super) limits: Arc<Limits>,
}

/// Opens them for requests that are signed for this scope.
pub(super) fn open(scope: SigV4Options, behind: &Behind<'_>) -> Doors<impl Answers + use<>> {
    let Behind { in_force, keyring, keyset, catalogue, journal, stationery, state } = behind;
    let clock = &stationery.clock;
    let refused = RefusedAuthentications::new((*journal).clone(), Arc::clone(in_force), (*stationery).clone());
    let refused = Arc::new(refused);
    let tokens = Arc::new(Tokens::new(Arc::new(Documents::default()), Arc::clone(clock)));
    let exchange = Arc::new(Exchange {
        in_force: Arc::clone(in_force),
        keyset: Arc::clone(keyset),
        caller_identity: CallerIdentity::new(Arc::new(OverHttp::new()), Arc::clone(clock)).sharing(Arc::clone(state)),
        tokens: Arc::clone(&tokens),
        journal: (*journal).clone(),
        refused: Arc::clone(&refused),
        stationery: (*stationery).clone(),
    });
    let (rates, limited) = (Arc::clone(in_force), Arc::clone(&refused));
    let limits = Limits::new(
        Arc::clone(state),
        Arc::clone(clock),
        move || rates.get().config.limits.rates,
        move |head, caller| limited.note_limited(head, caller),
    );
    let signatures = SigV4Verifier::new(scope, Arc::clone(keyring), Arc::clone(clock));
    Doors {
        authenticator: Arc::new(RequestAuthenticator {
            signatures: signatures.with_credentials(Arc::clone(keyset)),
            tokens,
            in_force: Arc::clone(in_force),
            catalogue: *catalogue,
            refused,
        }),
        exchange: Exchanging {
            service: service_fn(move |request| Arc::clone(&exchange).answer(request)),
            per_source: Arc::new(SourceLimit::new(Arc::clone(in_force), Arc::clone(clock))),
            longest_body: LONGEST_BODY,
        },
        resource: Arc::new(ResourceMetadata::new(Arc::clone(in_force))),
        limits: Arc::new(limits),
    }
}
