"""Access tokens of an identity provider, and the callers they identify."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from jwt import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWT,
    get_unverified_header,
)
from jwt.exceptions import PyJWTError

from gateway.openid.keys import IssuerKeys
from gateway.openid.settings import OpenIdSettings
from resolvers.access import Caller, Credential
from resolvers.errors import Unauthenticated
from storage.texts import TextRefused, normalised
from storage.words import Permission

SKEW_SECONDS = 60
"""How far the clocks of the issuer and the gateway may differ."""

TOKEN_LENGTH_MAX = 16_384

EVERY_ORGANIZATION = "*"
"""The value of the claim of organisations that means all of them."""

_TYPES = ("jwt", "at+jwt", "application/at+jwt")
_REQUIRED = ["exp", "iss", "aud", "sub"]
_NAMES = ("name", "preferred_username", "email", "client_id", "azp")
_NAME_LENGTH_MAX = 100
_SUBJECT_LENGTH_MAX = 100
_ACTOR_LENGTH_MAX = 255
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC).timestamp() - 86_400


class OpenId:
    """Identifies the callers of one issuer."""

    def __init__(self, settings: OpenIdSettings) -> None:
        self._settings = settings
        self._keys = IssuerKeys(settings.issuer, settings.algorithms)
        self._jwt = PyJWT(options={"enforce_minimum_key_length": True})

    @property
    def issuer(self) -> str:
        """The URL of the identity provider."""
        return self._settings.issuer

    def start(self) -> None:
        """Fetch the issuer's keys in the background, so that a wrong setting is logged before anyone calls."""
        self._keys.begin_fetching()

    @staticmethod
    def recognises(token: str) -> bool:
        """Whether the token has the form of an issuer's; those of API keys have no dots."""
        return token.count(".") == 2

    async def caller(self, token: str) -> Caller:
        """The caller that the token identifies.

        Raises Unauthenticated for a token that is not valid here, with the reason, and Unavailable if the issuer's
        keys cannot be fetched.
        """
        claims = await self._claims(token)
        roles = [
            self._settings.roles[name]
            for name in _texts(_claim(claims, self._settings.roles_claim))
            if name in self._settings.roles
        ]
        # What only one role may do is not done in an organisation that only another one sees.
        organizations = _common([*(role.organizations for role in roles), self._organizations(claims)])
        subject = _recorded_subject(claims["sub"])
        name = _name(claims)
        return Caller(
            self._actor(subject, name),
            frozenset[Permission]().union(*(role.permissions for role in roles)),
            name or subject,
            organizations,
            Credential(datetime.fromtimestamp(min(int(claims["exp"]) + SKEW_SECONDS, _LAST_MOMENT), UTC)),
        )

    async def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise Unauthenticated(f"The access token has {len(token)} characters; the maximum is {TOKEN_LENGTH_MAX}.")
        try:
            header = get_unverified_header(token)
        except (PyJWTError, ValueError, RecursionError):
            raise Unauthenticated(_MALFORMED) from None
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._settings.algorithms:
            accepted = ", ".join(self._settings.algorithms)
            raise Unauthenticated(
                f"The access token is signed with {str(algorithm)[:20]!a}; this gateway accepts {accepted}."
            )
        kind = str(header.get("typ", "JWT"))
        if kind.lower() not in _TYPES:
            raise Unauthenticated(f"The token is of type {kind[:20]!a}; send an access token, of type at+jwt or JWT.")
        key = await self._keys.key(algorithm, key_id)
        if key is None:
            raise Unauthenticated(f"The access token is signed with a key that {self.issuer} does not publish.")
        try:
            claims: Mapping[str, Any] = self._jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                audience=self._settings.audience,
                issuer=self.issuer,
                leeway=SKEW_SECONDS,
                options={"require": _REQUIRED},
            )
        except PyJWTError as error:
            raise Unauthenticated(self._told(error)) from None
        return claims

    def _told(self, error: PyJWTError) -> str:
        match error:
            case ExpiredSignatureError():
                return f"The access token has expired; get a new one from {self.issuer}."
            case ImmatureSignatureError():
                return "The access token is not valid yet; use it later, or check the clock of its issuer."
            case InvalidAudienceError():
                return f"The access token is for another audience; get one for {self._settings.audience!r}."
            case InvalidIssuerError():
                return f"The access token is from another issuer; get one from {self.issuer}."
            case MissingRequiredClaimError():
                return f"The access token lacks the claim {error.claim!r}; get one from {self.issuer}."
            case InvalidSignatureError():
                return f"The signature of the access token is wrong; get a new one from {self.issuer}."
            case _:
                return _MALFORMED

    def _organizations(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        claim = self._settings.organizations_claim
        if claim is None:
            return None
        found = _claim(claims, claim)
        if found is None:
            raise Unauthenticated(
                f"The access token lacks the claim {claim!r}, which lists the organisations that you may see;"
                " ask the administrator of the identity provider to add it."
            )
        labels = [found] if isinstance(found, str) else _texts(found)
        return None if EVERY_ORGANIZATION in labels else frozenset(filter(None, map(_printable, labels)))

    def _actor(self, subject: str, name: str | None) -> str:
        # What never changes comes first, and nobody's name can look like it.
        actor = f"subject {subject} of {self.issuer}"
        return actor if name is None else f"{actor} ({name[: _ACTOR_LENGTH_MAX - len(actor) - 3]})"


_MALFORMED = "The access token is malformed; send it as its issuer gave it."


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim with that name, which may have dots, or else at the end of that path."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(found: Any) -> list[str]:
    """The texts of a claim: a list, or words in one text as OAuth has scopes."""
    given = found.split() if isinstance(found, str) else found
    return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []


def _common(limits: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """The organisations that all limits allow; None means all."""
    given = [limit for limit in limits if limit is not None]
    return frozenset.intersection(*given) if given else None


def _name(claims: Mapping[str, Any]) -> str | None:
    texts = (claims[claim] for claim in _NAMES if isinstance(claims.get(claim), str))
    return next((name[:_NAME_LENGTH_MAX] for text in texts if (name := _printable(text))), None)


def _printable(text: str) -> str:
    try:
        return normalised(text)
    except TextRefused:
        return ""


def _recorded_subject(subject: str) -> str:
    """The subject as the audit trail has it: its hash if it is longer than there is room, or cannot be read."""
    if subject and len(subject) <= _SUBJECT_LENGTH_MAX and subject.isascii() and subject.isprintable():
        return subject
    return "sha256:" + hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()
