"""SigV4 signing with botocore's own signer, so that requests are signed by code the gateway's authors did not write."""

import os
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta, timezone

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session

Headers = list[tuple[str, str]]


def credentials_from_environment() -> Credentials:
    """The key pair in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, with AWS_SESSION_TOKEN where it is set; or what
    botocore finds for AWS_PROFILE, where that is set."""
    if profile := os.environ.get("AWS_PROFILE"):
        found = Session(profile=profile).get_credentials()
        if found is None:
            raise SystemExit(f"the profile {profile} has no credentials")
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
    try:
        return Credentials(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ.get("AWS_SESSION_TOKEN"),
        )
    except KeyError as missing:
        raise SystemExit(f"set {missing.args[0]}: requests cannot be signed without it") from None


class SignerAt(SigV4Auth):
    """botocore's signer at a moment of the caller's choosing; botocore itself only knows now."""

    def __init__(self, credentials: Credentials, service: str, region: str, skew: timedelta = timedelta()) -> None:
        super().__init__(credentials, service, region)
        self.skew = skew

    def add_auth(self, request: AWSRequest) -> None:
        signed_at = datetime.now(timezone.utc) + self.skew
        request.context["timestamp"] = signed_at.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        string_to_sign = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(string_to_sign, request))


def sign(
    signer: SignerAt,
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    unsigned: Collection[str] = (),
) -> Headers:
    """The headers to send: those given, and the ones that signing adds. Those named in `unsigned` are sent unsigned."""
    given = list(headers)
    left_out = {name.lower() for name in unsigned}
    request = AWSRequest(method=method, url=url, data=body)
    for name, value in given:
        if name.lower() not in left_out:
            request.headers.add_header(name, value)
    signer.add_auth(request)
    return list(request.headers.items()) + [header for header in given if header[0].lower() in left_out]
