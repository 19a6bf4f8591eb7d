"""How DBOS, which makes workflows durable, is set up."""

import json
import logging
import re
from typing import Any

from dbos import DBOSConfig, Serializer, WorkflowStatusString
from sqlalchemy.exc import DBAPIError

APPLICATION = "journal-gateway"
QUEUE = "journal_runs"
VERSION = "1"
"""Fixed, because a version computed from the code would orphan unfinished workflows at the next release."""

ENDED = frozenset(
    status.value
    for status in (
        WorkflowStatusString.SUCCESS,
        WorkflowStatusString.ERROR,
        WorkflowStatusString.CANCELLED,
        WorkflowStatusString.MAX_RECOVERY_ATTEMPTS_EXCEEDED,
    )
)
"""The states in which DBOS does nothing more for a workflow."""


class JsonSerializer(Serializer):
    """Stores DBOS data as readable JSON, without executable code."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=repr)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


class WithoutStatements(logging.Filter):
    """Shortens what DBOS logs of a failed statement to the reason, without SQL, parameters and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True."""
        record.msg, record.args = _without_statement(record.getMessage()), ()
        if record.exc_info and isinstance(error := record.exc_info[1], DBAPIError):
            record.msg, record.exc_info = f"{record.msg}: {' '.join(str(error.orig).split())}", None
        return True


def _without_statement(text: str) -> str:
    begun, traceback, trace = text.partition("Traceback (most recent call last):\n")
    if traceback and (failed := _FAILED.findall(trace)):
        text = f"{begun}{failed[-1]}"
    return re.split(r"\n\[SQL:|\n\(Background on this error", text, maxsplit=1)[0]


_FAILED = re.compile(r"^sqlalchemy\.exc\.\w+: .*", re.MULTILINE)
"""The last line of a traceback that ends with a failed statement."""

logging.getLogger("dbos").addFilter(WithoutStatements())


def configuration(url: str, executor: str) -> DBOSConfig:
    """The configuration of one process; DBOS keeps its tables beside the ledger's."""
    return {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": VERSION,
        "executor_id": executor,
        "log_level": "WARNING",
        "serializer": JsonSerializer(),
    }
