"""The questions on the page for reports have the answers that the page shows, on the ledger of the demo."""

import asyncio
import json
import re
from pathlib import Path

from gateway.application import Application
from gateway.demo import fill
from storage.database import Database
from tests.support.served import served

PAGE = Path(__file__).parents[2] / "docs" / "bi.md"
QUESTION = re.compile(r"^```graphql\n(.*?)^```\n\n```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_the_real_answers(empty_database: Database) -> None:
    application = Application(empty_database)
    questions = QUESTION.findall(PAGE.read_text("utf-8"))
    assert len(questions) == 3
    with served(application, empty_database) as client:
        asyncio.run(fill(application.gateway))
        for document, answer in questions:
            assert client.query(document) == json.loads(answer), document
