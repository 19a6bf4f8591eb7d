"""The ledger's settings: set once, shared by all processes of the ledger, and changed only on request."""

from dataclasses import dataclass

from sqlmodel import Session

from storage import audit
from storage.currencies import all_currencies, currency_of
from storage.database import Database
from storage.errors import OperatorError
from storage.journal_runs import running_run
from storage.settings import (
    Ledger,
    LedgerSettings,
    count_without_home_amount,
    ledger_of,
    lock_settings,
    recorded_home_currencies,
    settings_row,
)


class SettingsRefused(OperatorError):
    """The requested settings are refused; nothing was changed. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The settings requested by a command; None if not given."""

    home_currency: str | None = None
    aggregate_currency: bool | None = None


def settle(database: Database, wanted: Wanted, *, actor: str, serving: bool) -> list[str]:
    """Set the settings that the ledger lacks, and return a sentence for each change.

    Settings that are not given keep their values. Serving with a home currency but without aggregation turns
    aggregation off; an import creates no entries, so it leaves aggregation unset. Raises SettingsRefused if the
    ledger has other settings, and MoneyError for an unknown home currency.
    """
    if wanted == Wanted():
        return []
    with database.read() as session:
        stored = settings_row(session)
    _check_contradictions(stored, wanted)
    if _is_set(stored, wanted, serving=serving):
        # A server must be able to start while a long import holds the settings.
        return []
    with database.write() as session:
        settings = lock_settings(session)
        _check_contradictions(settings, wanted)
        _check_home_currency(session, settings, wanted)
        if serving and wanted.home_currency is not None and settings.aggregate_currency is None:
            wanted = Wanted(wanted.home_currency, bool(wanted.aggregate_currency))
        return _set(session, settings, wanted, actor)


def _is_set(stored: LedgerSettings, wanted: Wanted, *, serving: bool) -> bool:
    """Whether nothing of what is wanted is left to be set."""
    asks_aggregation = wanted.aggregate_currency is not None or (serving and wanted.home_currency is not None)
    home = wanted.home_currency in (None, stored.home_currency)
    return home and (stored.aggregate_currency is not None or not asks_aggregation)


def check_agreement(database: Database, wanted: Wanted) -> None:
    """Check that the ledger has these settings, without changing any. Raises SettingsRefused."""
    with database.read() as session:
        settings = settings_row(session)
    _check_contradictions(settings, wanted)
    for given, stored, option in (
        (wanted.home_currency, settings.home_currency, "--home-currency"),
        (wanted.aggregate_currency, settings.aggregate_currency, "--aggregate-currency"),
    ):
        if given is not None and stored is None:
            raise SettingsRefused(
                f"{option} is not set in this ledger, and --check does not set it; set it first with:"
                " journal-gateway settings"
            )


def change(database: Database, wanted: Wanted, *, actor: str) -> list[str]:
    """Change the settings, and return a sentence for each change.

    Raises SettingsRefused for another home currency if transactions have home amounts, and for any change while a
    run is Pending or Processing; MoneyError for an unknown home currency.
    """
    with database.write() as session:
        settings = lock_settings(session)
        _check_home_currency(session, settings, wanted)
        obstacle = running_run(session)
        if obstacle is not None:
            raise SettingsRefused(
                f"journal run {obstacle.number} is {obstacle.status.value}; change the settings after it has ended"
            )
        return _set(session, settings, wanted, actor)


def settings_of(database: Database) -> Ledger:
    """The current settings."""
    with database.read() as session:
        return ledger_of(session)


def _check_contradictions(settings: LedgerSettings, wanted: Wanted) -> None:
    if settings.home_currency is not None and wanted.home_currency not in (None, settings.home_currency):
        raise SettingsRefused(
            f"the home currency of this ledger is {settings.home_currency}, not {wanted.home_currency}; leave"
            f" --home-currency out, or change it: journal-gateway settings --home-currency {wanted.home_currency}"
        )
    if settings.aggregate_currency is not None and wanted.aggregate_currency not in (None, settings.aggregate_currency):
        stored, requested, option = (
            "kept in transaction currency",
            "aggregated in the home currency",
            "--aggregate-currency",
        )
        if settings.aggregate_currency:
            stored, requested, option = requested, stored, "--no-aggregate-currency"
        raise SettingsRefused(
            f"the entries of this ledger are {stored}, not {requested}; leave {option} out, or change it:"
            f" journal-gateway settings {option}"
        )


def _check_home_currency(session: Session, settings: LedgerSettings, wanted: Wanted) -> None:
    home = wanted.home_currency or settings.home_currency
    if home is None and wanted.aggregate_currency:
        raise SettingsRefused(
            "entries are aggregated in the home currency, but this ledger has none; give --home-currency"
        )
    if home is None or home == settings.home_currency:
        return
    currency_of(all_currencies(session), home)
    recorded = recorded_home_currencies(session)
    # A ledger of an earlier release may have home amounts in several currencies; it can choose any of them.
    if recorded and (settings.home_currency is not None or home not in recorded):
        raise SettingsRefused(
            f"transactions of this ledger have home amounts in {', '.join(recorded)}, which never change; its"
            f" home currency cannot become {home}"
        )


def _set(session: Session, settings: LedgerSettings, wanted: Wanted, actor: str) -> list[str]:
    before = settings.model_dump(exclude={"id"})
    changes = []
    home = wanted.home_currency
    if home is not None and home != settings.home_currency:
        settings.home_currency = home
        changes.append(f"The home currency of this ledger is now {home}.")
        count = count_without_home_amount(session, home)
        if count == 1:
            changes.append(
                f"1 transaction in another currency has no amount in {home}; send it again with its exchange rate."
            )
        elif count:
            changes.append(
                f"{count:,} transactions in other currencies have no amount in {home};"
                " send them again with their exchange rates."
            )
    if wanted.aggregate_currency not in (None, settings.aggregate_currency):
        settings.aggregate_currency = wanted.aggregate_currency
        kept = (
            f"aggregated in {settings.home_currency}" if wanted.aggregate_currency else "kept in transaction currency"
        )
        changes.append(f"The entries of this ledger are {kept}.")
    if changes:
        session.add(settings)
        audit.record(
            session,
            actor=actor,
            action=audit.Action.SET,
            subject_type=audit.SubjectType.LEDGER,
            subject="settings",
            before=before,
            after=settings.model_dump(exclude={"id"}),
        )
    return changes
