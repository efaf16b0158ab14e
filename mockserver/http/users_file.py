"""The users file: who may ask, by what secret, and what agents are told of them.

users:
  alice:
    keys: [alice-key]                  # sent as x-api-key, or as a bearer token
    permissions: [threads:write]
    details: {team: red}               # further keys of langgraph_auth_user
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.engine.identity import Identity
from mockserver.http.keys import EXPECTED, sendable
from mockserver.scripts.language import kind
from mockserver.written import FileRefusedError, RefusalError, mapping, read

if TYPE_CHECKING:
    from pathlib import Path

    from mockserver.written import Place

_KEYS = ("keys", "permissions", "details")
_OWN = ("identity", "is_authenticated", "permissions")


class UsersFileError(FileRefusedError):
    """A users file that cannot be used: file, line, what was expected, the closest valid name."""


def load(path: Path) -> dict[str, Identity]:
    """The users of a file, by each of their secrets. Raises UsersFileError."""
    return read(path, _users, UsersFileError)


def _users(content: Any) -> dict[str, Identity]:
    table = mapping(("users",), mapping((), content, ("users",)).get("users"), None)
    found: dict[str, Identity] = {}
    for name, spec in table.items():
        identity, keys = _user(("users", name), name, spec)
        for index, key in enumerate(keys):
            if key in found:
                text = f"this key is {found[key].name}'s already"
                raise RefusalError(("users", name, "keys", index), text)
            found[key] = identity
    if not found:
        raise RefusalError(("users",), "expected at least one user")
    return found


def _user(place: Place, name: str, content: Any) -> tuple[Identity, list[str]]:
    if not name:
        raise RefusalError(place, "expected a name")
    spec = mapping(place, content, _KEYS)
    keys = _texts((*place, "keys"), spec.get("keys"))
    if not keys:
        raise RefusalError((*place, "keys"), "expected at least one key: nobody could be this user")
    for index, key in enumerate(keys):
        if not sendable(key):
            raise RefusalError((*place, "keys", index), f"expected {EXPECTED}")
    permissions = _texts((*place, "permissions"), spec.get("permissions", []))
    details = mapping((*place, "details"), spec.get("details", {}), None)
    for key in _OWN:
        if key in details:
            raise RefusalError((*place, "details", key), "this key has its meaning already")
    told = {**details, "permissions": permissions}
    return Identity(name, tuple(permissions), told), keys


def _texts(place: Place, content: Any) -> list[str]:
    if not isinstance(content, list):
        raise RefusalError(place, f"expected a list of texts, got {kind(content)}")
    for index, text in enumerate(content):
        if not isinstance(text, str):
            raise RefusalError((*place, index), f"expected a text, got {kind(text)}")
    return content
