"""The page at /graphql: GraphiQL where build.sh has bundled it into ASSETS, else a plain form."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from schema.schema import SCHEMA

_HERE = Path(__file__).parent

ASSETS = _HERE / "assets"
"""What build.sh makes."""

SOURCES = ("form.js", "graphiql.js", "page.css", "token.js")
"""What a page loads as it stands here."""

CDN = "https://esm.sh"
CDN_PATH = "/graphiql/from-cdn"

HOW_TO_BUILD = "install Node.js with npm, run `make run` or `sh gateway/graphiql/build.sh`, and start the gateway again"

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
        <p class="notice">GraphiQL is not built on this server. To build it, {how_to_build}.
          Or <a href="{cdn_path}">load GraphiQL from {cdn}</a>: your browser then runs code from that site, which can
          use your access token.</p>
        <form id="operation">
          <label for="example">Example</label>
          <select id="example">{examples}</select>
          <label for="document">Operation</label>
          <textarea id="document" rows="16" spellcheck="false" required></textarea>
          <label for="variables">Variables, as JSON</label>
          <textarea id="variables" rows="6" spellcheck="false"></textarea>
          <p><button type="submit">Run</button> <button type="button" id="stop" disabled>Stop</button>
            <kbd>Ctrl</kbd>+<kbd>Enter</kbd> runs it too.</p>
        </form>
        <h2 id="answer-title">Answer</h2>
        <pre id="answer" role="log" aria-labelledby="answer-title" tabindex="0"></pre>
        <p>The contract: <a href="/graphiql/schema.graphql">GraphQL schema</a>,
          <a href="/openapi.json">OpenAPI description of the REST interface</a>. The documentation is in the folder
          <code>docs</code> of the project.</p>
      </main>
    """


@dataclass(frozen=True, slots=True)
class Tab:
    """One operation the page opens with. GraphiQL names the tab after the operation."""

    query: str
    variables: str = ""


def is_built() -> bool:
    """Whether GraphiQL itself can be served."""
    return (ASSETS / "graphiql.js").exists()


def page(tabs: Sequence[Tab]) -> str:
    """The page, opening with these tabs. It asks no other host for anything."""
    if is_built():
        head = '<link rel="stylesheet" href="/graphiql/assets/graphiql.css">'
        return _filled(tabs, head, "/graphiql/assets/graphiql.js")
    examples = "".join(f"<option>{escape(_title(tab))}</option>" for tab in tabs)
    form = _FORM.format(how_to_build=_code(HOW_TO_BUILD), cdn=CDN, cdn_path=CDN_PATH, examples=examples)
    return _filled(tabs, "", "/graphiql/form.js", form)


def page_from_cdn(tabs: Sequence[Tab]) -> str:
    """The page with GraphiQL from its public CDN, for a user who asks for that."""
    versions: dict[str, str] = json.loads((_HERE / "package.json").read_text())["dependencies"]
    head = (
        f'<link rel="stylesheet" href="{_cdn("graphiql", versions)}/dist/style.css">\n'
        f'    <script type="importmap">{_for_html({"imports": _cdn_imports(versions)})}</script>'
    )
    content = (
        f'<p class="notice">Loading GraphiQL from {CDN}. If it does not appear, that site cannot be reached:'
        ' go back to <a href="/graphql">the form</a>.</p>'
    )
    return _filled(tabs, head, "/graphiql/graphiql.js", content)


def routes(tabs: Sequence[Tab]) -> list[BaseRoute]:
    """What the page loads and links to, below /graphiql."""

    def from_cdn(_request: Request) -> Response:
        return HTMLResponse(page_from_cdn(tabs))

    return [
        *([Mount("/assets", StaticFiles(directory=ASSETS))] if is_built() else []),
        *(Route(f"/{name}", _source(name)) for name in SOURCES),
        Route("/from-cdn", from_cdn),
        Route("/schema.graphql", _schema),
    ]


def _filled(tabs: Sequence[Tab], head: str, script: str, content: str = "") -> str:
    contents = [asdict(tab) for tab in tabs]
    # A browser keeps its own edits of the tabs for as long as they are the same.
    digest = blake2b(json.dumps(contents).encode(), digest_size=8).hexdigest()
    session = _for_html({"session": f"journal-gateway-{digest}", "tabs": contents})
    return _PAGE.format(head=head, content=content, session=session, script=script)


def _title(tab: Tab) -> str:
    """The operation's name: `RunsList` of `query RunsList {` or `query RunsList($first: Int) {`."""
    operation = next(line for line in tab.query.splitlines() if not line.startswith("#"))
    return operation.split()[1].partition("(")[0]


def _source(name: str) -> Callable[[Request], Response]:
    def source(_request: Request) -> Response:
        # Always asked for anew: the file changes with the release, its address does not.
        return FileResponse(_HERE / name, headers={"Cache-Control": "no-cache"})

    return source


def _schema(_request: Request) -> Response:
    return PlainTextResponse(SCHEMA.as_str() + "\n")


def _code(text: str) -> str:
    """The text as HTML, with what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _cdn(package: str, versions: dict[str, str]) -> str:
    return f"{CDN}/{package}@{versions[package]}"


def _cdn_imports(versions: dict[str, str]) -> dict[str, str]:
    """GraphiQL's documented import map: `standalone` bundles a package, save for what all of them must share."""
    shared = {
        "graphiql": "react,react-dom,@graphiql/react,graphql",
        "@graphiql/react": "react,react-dom,graphql,@graphiql/toolkit,@emotion/is-prop-valid",
        "@graphiql/toolkit": "graphql,graphql-ws",
    }
    imports = {"@emotion/is-prop-valid": "data:text/javascript,"}
    for package in versions:
        address = _cdn(package, versions)
        imports[package] = f"{address}?standalone&external={shared[package]}" if package in shared else address
        imports[f"{package}/"] = f"{address}/"
    return imports


def _for_html(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value).replace("<", "\\u003c")
