"""What can go wrong in the domain, in words for the person concerned.

Domain errors know nothing of HTTP or exit statuses: the outermost layer maps each class once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class HonggeError(Exception):
    """The base of every error that this package raises on purpose.

    The message of a subclass is its ``template``: English, the key of the catalogues.

    Parameters
    ----------
    **values
        What goes into the template's places.
    """

    template = "Something went wrong."

    def __init__(self, **values: Any) -> None:
        self.message = Message(self.template, values)
        super().__init__(self.message.english())


class SettingRefusedError(HonggeError):
    """An environment variable has a value that its setting can't have."""

    template = "The setting %(name)s can't be “%(value)s”: %(reason)s."


class SettingMissingError(SettingRefusedError):
    """A setting is needed by another one."""

    template = "The setting %(name)s is missing: %(other)s needs it."


class StoreUnavailableError(HonggeError):
    """The database can't be reached or started."""

    template = "The database can't be reached: %(reason)s"


class StoreRefusedError(HonggeError):
    """An extension that the model needs is not in the database, and can't be made."""

    template = (
        "The database has no extension “%(extension)s”, and it can't be made: %(reason)s. "
        "An administrator can install it, and run CREATE EXTENSION %(extension)s in this database."
    )


class UnknownDatumError(HonggeError):
    """A datum or coordinate system nobody here knows."""

    template = "“%(datum)s” is not a known datum; use wgs84, cgcs2000, gcj02, bd09 or an EPSG code."


class NoTransformationError(UnknownDatumError):
    """A coordinate system from which no public transformation leads to WGS 84."""

    template = (
        "No public transformation leads from “%(datum)s” to WGS 84; convert to CGCS2000 first."
    )


class DatumRefusedError(HonggeError):
    """The operator's settings refuse this datum."""

    template = "Positions in %(datum)s are not accepted by this installation."


class FileRefusedError(HonggeError):
    """A file can't be read as what it should be."""

    template = "%(file)s: %(reason)s"

    def call_file(self, path: str, name: str) -> None:
        """Say the name by which somebody knows a file that was kept elsewhere to be read."""
        values = {
            key: value.replace(path, name) if isinstance(value, str) else value
            for key, value in self.message.values.items()
        }
        self.message = Message(self.message.template, values | {"file": name})


class UnknownTileError(HonggeError):
    """A tile outside the pyramid, or of a layer that is not drawn."""

    template = "There is no tile %(layer)s/%(z)s/%(x)s/%(y)s."


class NotFoundError(HonggeError):
    """Something asked for by name is not there."""

    template = "There is no %(kind)s “%(name)s”."


class PublicationRefusedError(HonggeError):
    """A plan can't become a generation."""

    template = "The generation can't be published: %(reason)s."


class StepRefusedError(HonggeError):
    """A step of a draft's review that can't be taken."""

    template = "%(reason)s"


class PlanNotReadyError(PublicationRefusedError):
    """A plan has faults that forbid publishing; ``findings`` are they, each with its words."""

    template = "The generation can't be published. %(reason)s"

    def __init__(self, reason: Message, findings: Sequence[Any]) -> None:
        super().__init__(reason=reason)
        self.findings = findings


class PlanImportRefusedError(HonggeError):
    """A plan that was read can't be written as a draft."""

    template = "%(file)s can't become a draft: the draft's own rules forbid it."


class ProposalRefusedError(HonggeError):
    """A proposal can't be computed, called off or taken just now."""


class InvalidPositionError(HonggeError):
    """Numbers that are no position on earth."""

    template = "Longitude %(lon)s, latitude %(lat)s is not a position on earth."


class InvalidAccuracyError(HonggeError):
    """An accuracy radius that can't be one."""

    template = "An accuracy of %(accuracy_m)s m is not a radius between 0 and 100000 m."


class PolygonRefusedError(HonggeError):
    """A geometry that can't own positions."""

    template = (
        "Row %(row)s is no polygon, or reaches beyond ±180° of longitude or ±90° of latitude."
    )


class PhotoRefusedError(HonggeError):
    """A file that is no photo, or one that can't be taken."""

    template = "%(reason)s"


class TooBusyError(HonggeError):
    """More work of one kind has come in than is done at once."""

    template = "There is too much to do just now. Try again in a few seconds."


class InvalidFieldError(HonggeError):
    """A field of a request has a value it can't have; ``field`` names it by its path."""

    template = "%(field)s: %(reason)s"


class ActionRefusedError(HonggeError):
    """An issue's state does not allow an action, or has changed since it was read."""

    template = "%(reason)s"

    def __init__(self, reason: Message, state: str, version: int, allowed: tuple[str, ...]) -> None:
        super().__init__(reason=reason)
        self.state = state
        self.version = version
        self.allowed = allowed


class KeyReusedError(HonggeError):
    """An idempotency key comes again with another body."""

    template = "The Idempotency-Key “%(key)s” was used before with another body."


class SlotFullError(HonggeError):
    """Every seat of a slot is booked; ``next`` are the beginnings of the next free slots."""

    template = "This time is fully booked by now."

    def __init__(self, following: tuple[datetime, ...]) -> None:
        super().__init__()
        self.next = following


class BookingRefusedError(HonggeError):
    """A booking's state does not allow what is wanted."""

    template = "%(reason)s"


class SignInNeededError(HonggeError):
    """Nobody is signed in, or no longer."""

    template = "Sign in first."


class TokenRefusedError(HonggeError):
    """A program's token is unknown, revoked or expired."""

    template = "This token is not valid: it is unknown, revoked or expired."


class NotPermittedError(HonggeError):
    """Somebody is known, and may not do this."""

    template = "Your account is not allowed to do this."


class FewHouseholdsError(NotPermittedError):
    """A figure would tell of the households of a building or two, to who may not read them."""

    template = (
        "Walks of less than %(minutes)s min, and buildings by name, tell of few households: that is"
        " for those who may read the households there."
    )


class ScopeMissingError(NotPermittedError):
    """A program's token was not made for this."""

    template = "The token lacks the scope “%(scope)s”."


class TokenNotTakenError(NotPermittedError):
    """Something that only a person may do."""

    template = "This can't be done with a token: sign in with a browser."


class PasswordChangeNeededError(NotPermittedError):
    """The password was given out by somebody else and has to be replaced first."""

    template = "Choose a password of your own first."


class ForgedRequestError(NotPermittedError):
    """A request that changes something does not prove that it comes from our own pages."""

    template = "This form is out of date or came from elsewhere: load the page again and repeat."


class SignInRefusedError(HonggeError):
    """Name and password don't belong together; which of them is wrong is never said."""

    template = "User name or password is wrong."


class SignInTooSoonError(HonggeError):
    """Too many tries to sign in."""

    template = "Too many attempts. Try again in %(wait)s seconds."

    def __init__(self, wait: int) -> None:
        super().__init__(wait=wait)
        self.wait = wait


class ReportsTooFastError(HonggeError):
    """Too many reports from one address, without an account."""

    template = (
        "Too many reports come from your network just now. Try again in %(wait)s seconds; what you"
        " have written stays here."
    )

    def __init__(self, wait: int) -> None:
        super().__init__(wait=wait)
        self.wait = wait


class BookingsTooFastError(ReportsTooFastError):
    """Too many bookings from one address, without an account."""

    template = (
        "Too many bookings come from your network just now. Try again in %(wait)s seconds, or call"
        " the station."
    )


class ProviderFailedError(HonggeError):
    """The OpenID Connect provider's answer can't be relied on; the log says more."""

    template = "Signing in at “%(provider)s” did not succeed. Start again."


class UnknownIdentityError(HonggeError):
    """The provider knows somebody for whom there is no account here."""

    template = (
        "“%(provider)s” knows you, but there is no account for you here. Ask an administrator."
    )


class AccountExistsError(HonggeError):
    """The name of an account is taken."""

    template = "There is an account “%(name)s” already."
