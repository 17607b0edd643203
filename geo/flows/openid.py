"""Signing in by an OpenID Connect provider: authorization code with PKCE.

OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3; discovery by OpenID Connect Discovery 1.0; PKCE
by RFC 7636; the issuer in the provider's answer by RFC 9207. The provider says who somebody is;
what they may do here is decided by the roles of their account here.
"""

from __future__ import annotations

import logging
import secrets
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from geo.errors import ProviderFailedError, SettingRefusedError, UnknownIdentityError
from geo.flows.sign_in import TOKEN_BYTES, admit, digest
from geo.settings import PREFIX, settings
from geo.store import accounts
from geo.store.accounts import Flow
from geo.store.asking import RESIDENT
from geo.store.engine import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.flows.sign_in import Place, SignedIn

log = logging.getLogger(__name__)

FLOW_S = 600.0
TIMEOUT_S = 10
LEEWAY_S = 60
VERIFIER_BYTES = 48
SCOPE = "openid profile email"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Provider(NamedTuple):
    """A provider as it describes itself."""

    issuer: str
    client_id: str
    client_secret: str | None
    metadata: dict[str, Any]


class Begun(NamedTuple):
    """Where to send a browser, and the secret that it keeps meanwhile."""

    address: str
    state: str


def begin(return_url: str, wanted: str, url: str | None = None) -> Begun:
    """Begin a sign-in at the provider.

    Parameters
    ----------
    return_url
        Where the provider sends the browser afterwards.
    wanted
        Where it goes then.
    url
        Address of the database.

    Raises
    ------
    ProviderFailedError
        When there is none, or it does not describe itself.
    """
    known = provider()
    state, nonce = (secrets.token_urlsafe(TOKEN_BYTES) for _ in range(2))
    verifier = secrets.token_urlsafe(VERIFIER_BYTES)
    with _client(known, return_url) as client, session(url, RESIDENT) as opened:
        address, _ = client.create_authorization_url(
            known.metadata["authorization_endpoint"],
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        accounts.begin_flow(opened, digest(state), Flow(nonce, verifier, wanted), FLOW_S)
    return Begun(address, state)


def finish(  # noqa: PLR0913 - what a browser brings back, and where it comes from
    given: Mapping[str, str],
    state: str | None,
    return_url: str,
    place: Place,
    *,
    url: str | None = None,
    request_id: str | None = None,
) -> tuple[SignedIn, str]:
    """Take somebody in whom the provider sends back.

    Parameters
    ----------
    given
        The answer's parameters.
    state
        The secret that this browser has kept.
    return_url
        As it was given to the provider.
    place
        Where the browser is.
    url
        Address of the database.
    request_id
        For the audit trail.

    Returns
    -------
    tuple
        The session, and where the browser wanted to go.

    Raises
    ------
    ProviderFailedError
        When the answer isn't one to a question of this browser, or does not hold.
    UnknownIdentityError
        When there is no account for the one whom the provider knows.
    """
    known = provider()
    flow = _flow(known, given, state, url)
    token = _exchange(known, given.get("code", ""), flow, return_url)
    try:
        claims = read_id_token(token, flow.nonce, known)
    except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as error:
        raise _failed(known, f"the ID token does not hold: {error!r}") from error
    account_id = _account(known, claims, url)
    return admit(account_id, place, None, url, request_id), flow.next


def provider() -> Provider:
    """Return the provider that is set, as it describes itself now.

    Raises
    ------
    ProviderFailedError
        When it can't be reached, or describes another one.
    SettingRefusedError
        When its address is not encrypted.
    """
    chosen = settings()
    if not chosen.oidc_issuer or not chosen.oidc_client_id:
        raise ProviderFailedError(provider=chosen.oidc_label)
    parts = urlsplit(chosen.oidc_issuer)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise SettingRefusedError(
            name=f"{PREFIX}OIDC_ISSUER", value=chosen.oidc_issuer, reason="https is needed"
        )
    secret = chosen.oidc_client_secret
    plain = secret.get_secret_value() if secret else None
    known = Provider(chosen.oidc_issuer, chosen.oidc_client_id, plain, {})
    address = f"{chosen.oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
    metadata = _fetch(known, address)
    if metadata.get("issuer") != chosen.oidc_issuer:
        raise _failed(known, f"it calls itself {metadata.get('issuer')!r}")
    if any(one not in metadata for one in ("authorization_endpoint", "token_endpoint", "jwks_uri")):
        raise _failed(known, "its description lacks an endpoint")
    return known._replace(metadata=metadata)


def read_id_token(token: Mapping[str, Any], nonce: str, known: Provider) -> dict[str, Any]:
    """Return the claims of an ID token once signature, issuer, audience, time and nonce hold.

    Raises
    ------
    JoseError, ValueError, KeyError
        When one of them doesn't.
    """
    offered = known.metadata.get("id_token_signing_alg_values_supported") or SIGNATURES
    algorithms = [one for one in SIGNATURES if one in offered]
    keys = KeySet.import_key_set(_fetch(known, known.metadata["jwks_uri"]))
    registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
    decoded = jwt.decode(token["id_token"], key=keys, registry=registry)
    options = {
        "iss": {"essential": True, "value": known.issuer},
        "aud": {"essential": True, "value": known.client_id},
    }
    params = {
        "nonce": nonce,
        "client_id": known.client_id,
        "access_token": token.get("access_token"),
    }
    claims = CodeIDToken(decoded.claims, decoded.header, options, params)
    claims.validate(leeway=LEEWAY_S)
    return dict(claims)


def _flow(known: Provider, given: Mapping[str, str], state: str | None, url: str | None) -> Flow:
    """Take out the flow that an answer belongs to: begun by this browser, and not yet answered."""
    returned = given.get("state", "")
    if not state or not compare_digest(returned.encode(), state.encode()):
        raise _failed(known, "the answer belongs to no sign-in of this browser")
    with session(url, RESIDENT) as opened:
        flow = accounts.take_flow(opened, digest(state))
    if flow is None:
        raise _failed(known, "the sign-in has been answered already, or too late")
    if given.get("iss", known.issuer) != known.issuer:
        raise _failed(known, "the answer comes from another issuer")
    if "code" not in given:
        raise _failed(known, f"it answers {given.get('error', 'nothing')[:80]!r}")
    return flow


def _exchange(known: Provider, code: str, flow: Flow, return_url: str) -> dict[str, Any]:
    try:
        with _client(known, return_url) as client:
            token: dict[str, Any] = client.fetch_token(
                known.metadata["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=flow.code_verifier,
                timeout=TIMEOUT_S,
            )
    except (AuthlibBaseError, requests.RequestException, ValueError) as error:
        raise _failed(known, f"the code was not taken: {type(error).__name__}") from error
    return token


def _account(known: Provider, claims: Mapping[str, Any], url: str | None) -> int:
    chosen = settings()
    name = claims.get(chosen.oidc_name_claim)
    if chosen.oidc_name_claim == "email" and claims.get("email_verified") is not True:
        name = None
    shown = claims.get("name")
    with session(url, RESIDENT) as opened:
        found = accounts.identity_account(
            opened,
            known.issuer,
            str(claims["sub"]),
            name=name if isinstance(name, str) else None,
            display_name=shown if isinstance(shown, str) and shown.strip() else str(name),
            may_create=chosen.oidc_create_accounts,
        )
    if found is None:
        raise UnknownIdentityError(provider=chosen.oidc_label)
    return found


def _client(known: Provider, return_url: str) -> OAuth2Session:
    methods = known.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    by_header = "client_secret_basic" in methods
    secret_by = "client_secret_basic" if by_header else "client_secret_post"
    return OAuth2Session(
        known.client_id,
        known.client_secret,
        token_endpoint_auth_method=secret_by if known.client_secret else "none",
        scope=SCOPE,
        redirect_uri=return_url,
    )


def _fetch(known: Provider, address: str) -> Any:
    try:
        answer = requests.get(address, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        raise _failed(known, f"{address} does not answer: {type(error).__name__}") from error


def _failed(known: Provider, reason: str) -> ProviderFailedError:
    log.warning("OpenID Connect at %s: %s", known.issuer, reason)
    return ProviderFailedError(provider=settings().oidc_label)
