"""What the roles of an identity provider may do: a TOML file with one table per role.

    [closer]
    permissions = ["View journal runs", "Create Journal Run"]
    organizations = ["Germany"]

`permissions` may also be "standard" or "all". Without `organizations` a role sees all of them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resolvers.access import STANDARD
from resolvers.did_you_mean import DidYouMean
from storage.errors import OperatorError
from storage.texts import TextRefused, normalised
from storage.words import Permission

_GROUPS = {"standard": STANDARD, "all": frozenset(Permission)}
_KEYS = ("permissions", "organizations")


class RolesRefused(OperatorError):
    """The file of roles is invalid. The text says where, and what would be right."""


@dataclass(frozen=True, slots=True)
class Role:
    """What callers with a role may do."""

    permissions: frozenset[Permission]
    organizations: frozenset[str] | None = None
    """The organisations whose transactions they may see; None means all."""


def load_roles(path: Path) -> dict[str, Role]:
    """The roles of a TOML file by their names. Raises RolesRefused."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RolesRefused(f"{path}: cannot be read ({error.strerror or error})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise RolesRefused(f"{path} is not a TOML file: {error}") from error
    if not tables:
        raise RolesRefused(f'{path} has no role; write one, such as\n[closer]\npermissions = "standard"')
    return {name: _role(f"{path}, role {name!r}", table) for name, table in tables.items()}


def _role(place: str, table: Any) -> Role:
    if not isinstance(table, Mapping):
        raise RolesRefused(f"{place}: write a table, with the line `permissions = [...]`")
    for key in table:
        if key not in _KEYS:
            raise RolesRefused(f"{place}: {key!r} is unknown; a role has {' and '.join(_KEYS)}")
    if "permissions" not in table:
        raise RolesRefused(f'{place}: it lacks permissions; give a list of them, "standard" or "all"')
    organizations = table.get("organizations")
    return Role(
        _permissions(place, table["permissions"]),
        None if organizations is None else _organizations(place, organizations),
    )


def _permissions(place: str, given: Any) -> frozenset[Permission]:
    if isinstance(given, str) and given in _GROUPS:
        return _GROUPS[given]
    if not _is_list_of_texts(given):
        raise RolesRefused(f'{place}: permissions is {given!r}; give a list of texts, "standard" or "all"')
    return frozenset(_permission(place, text) for text in given)


def _permission(place: str, text: str) -> Permission:
    for permission in Permission:
        if text.casefold() == permission.value.casefold():
            return permission
    near = DidYouMean(Permission)(text) or "; there are " + ", ".join(Permission)
    raise RolesRefused(f"{place}: {text!r} is not a permission{near}")


def _organizations(place: str, given: Any) -> frozenset[str]:
    if not _is_list_of_texts(given) or not all(text.strip() for text in given):
        raise RolesRefused(f"{place}: organizations is {given!r}; give a list of texts, or omit it for all of them")
    try:
        return frozenset(map(normalised, given))
    except TextRefused as refused:
        raise RolesRefused(f"{place}: organizations: {refused}") from refused


def _is_list_of_texts(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(isinstance(each, str) for each in given)
