"""The page at /graphql: GraphiQL if build.sh has bundled it into ASSETS, otherwise a plain form."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gateway.browser_policy import PAGE
from schema.schema import SCHEMA

_HERE = Path(__file__).parent

ASSETS = _HERE / "assets"
"""The output of build.sh."""

SOURCES = ("form.js", "page.css", "token.js")
"""Files that a page loads unbundled."""

POLICY = {"Content-Security-Policy": PAGE}
"""The headers of the page, and of what it loads."""

HOW_TO_BUILD = "install Node.js with npm, run `make run` or `sh gateway/graphiql/build.sh`, and restart the gateway"

_PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Journal Gateway</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/graphiql/page.css">
    {head}
  </head>
  <body>
    <div id="sign-in"></div>
    <div id="graphiql">{content}</div>
    <script type="application/json" id="session">{session}</script>
    <script type="module" src="{script}"></script>
  </body>
</html>
"""

_FORM = """
      <main>
        <h1>Journal Gateway</h1>
        <p class="notice">GraphiQL is not built on this server. To build it, {how_to_build}.</p>
        <form id="operation">
          <label for="example">Example</label>
          <select id="example">{examples}</select>
          <label for="document">Operation</label>
          <textarea id="document" rows="16" spellcheck="false" required></textarea>
          <label for="variables">Variables, as JSON</label>
          <textarea id="variables" rows="6" spellcheck="false"></textarea>
          <p><button type="submit">Run</button> <button type="button" id="stop" disabled>Stop</button>
            <kbd>Ctrl</kbd>+<kbd>Enter</kbd> also runs it.</p>
        </form>
        <h2 id="answer-title">Answer</h2>
        <pre id="answer" role="log" aria-labelledby="answer-title" tabindex="0"></pre>
        <p>Reference: <a href="/graphiql/schema.graphql">GraphQL schema</a>,
          <a href="/openapi.json">OpenAPI description of the REST interface</a>. The documentation is in the
          project's <code>docs</code> folder.</p>
      </main>
    """


@dataclass(frozen=True, slots=True)
class Tab:
    """One operation on the page. GraphiQL names the tab after the operation."""

    query: str
    variables: str = ""


def is_built() -> bool:
    """Whether GraphiQL has been built."""
    return (ASSETS / "graphiql.js").exists()


def page(tabs: Sequence[Tab]) -> str:
    """The page with these tabs. It loads nothing from other hosts."""
    if is_built():
        head = '<link rel="stylesheet" href="/graphiql/assets/graphiql.css">'
        return _filled(tabs, head, "/graphiql/assets/graphiql.js")
    examples = "".join(f"<option>{escape(_title(tab))}</option>" for tab in tabs)
    form = _FORM.format(how_to_build=_code(HOW_TO_BUILD), examples=examples)
    return _filled(tabs, "", "/graphiql/form.js", form)


def routes() -> list[BaseRoute]:
    """The files that the page loads and links to, below /graphiql."""
    return [
        *([Mount("/assets", StaticFiles(directory=ASSETS))] if is_built() else []),
        *(Route(f"/{name}", _source(name)) for name in SOURCES),
        Route("/schema.graphql", _schema),
    ]


def _filled(tabs: Sequence[Tab], head: str, script: str, content: str = "") -> str:
    contents = [asdict(tab) for tab in tabs]
    # A browser keeps the user's edits until the tabs themselves change.
    digest = blake2b(json.dumps(contents).encode(), digest_size=8).hexdigest()
    session = _for_html({"session": f"journal-gateway-{digest}", "tabs": contents})
    return _PAGE.format(head=head, content=content, session=session, script=script)


def _title(tab: Tab) -> str:
    """The operation's name: `RunsList` of `query RunsList {` or `query RunsList($first: Int) {`."""
    operation = next(line for line in tab.query.splitlines() if not line.startswith("#"))
    return operation.split()[1].partition("(")[0]


def _source(name: str) -> Callable[[Request], Response]:
    def source(_request: Request) -> Response:
        # Always revalidated: the file changes with each release, its URL does not.
        return FileResponse(_HERE / name, headers={"Cache-Control": "no-cache"})

    return source


def _schema(_request: Request) -> Response:
    return PlainTextResponse(SCHEMA.as_str() + "\n")


def _code(text: str) -> str:
    """The text as HTML, with text between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _for_html(value: object) -> str:
    """JSON that cannot end the script element that contains it."""
    return json.dumps(value).replace("<", "\\u003c")
