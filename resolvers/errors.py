"""Errors of requests that cannot be answered. Broken rules are violations: see `runs.violations`."""


class RequestError(Exception):
    """The request cannot be answered. `code` becomes `extensions.code`."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *path: str) -> None:
        """`path` is that of the argument at fault, in Python names, if it is one."""
        super().__init__(message)
        self.path = path
        self.extensions = {"code": self.code}


class NotFound(RequestError):
    """Nothing with that name or number exists."""

    code = "NOT_FOUND"


class Unauthenticated(RequestError):
    """The caller sent no valid access token or credentials."""

    code = "UNAUTHENTICATED"


class Forbidden(RequestError):
    """The caller lacks a required permission."""

    code = "FORBIDDEN"


class TooSlow(RequestError):
    """What was asked took too long; it was cancelled, and nothing was changed."""

    code = "DEADLINE_EXCEEDED"


class Unavailable(RequestError):
    """The server cannot answer now; a retry may succeed."""

    code = "SERVICE_UNAVAILABLE"
