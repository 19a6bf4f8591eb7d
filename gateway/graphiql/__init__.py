"""The GraphiQL page. build.sh bundles it into ASSETS; without that, browsers load it from its public CDN."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

_HERE = Path(__file__).parent

ASSETS = _HERE / "assets"
"""What build.sh makes; to be served at /graphiql/assets."""

_PAGE = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Journal Gateway</title>
    <link rel="icon" href="data:,">
    <style>body {{ margin: 0 }} #graphiql {{ height: 100dvh }}</style>
    {head}
  </head>
  <body>
    <div id="graphiql"></div>
    <script type="application/json" id="session">{session}</script>
    {script}
  </body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Tab:
    """One operation the page opens with. GraphiQL names the tab after the operation."""

    query: str
    variables: str = ""


def page(tabs: Sequence[Tab]) -> str:
    """The page, opening with these tabs. A browser keeps its own edits of them for as long as they are the same."""
    contents = [asdict(tab) for tab in tabs]
    digest = blake2b(json.dumps(contents).encode(), digest_size=8).hexdigest()
    session = _for_html({"session": f"journal-gateway-{digest}", "tabs": contents})
    if (ASSETS / "graphiql.js").exists():
        head = '<link rel="stylesheet" href="/graphiql/assets/graphiql.css">'
        script = '<script type="module" src="/graphiql/assets/graphiql.js"></script>'
    else:
        versions = json.loads((_HERE / "package.json").read_text())["dependencies"]
        imports = _for_html({"imports": _cdn_imports(versions)})
        head = (
            f'<link rel="stylesheet" href="{_cdn("graphiql", versions)}/dist/style.css">\n'
            f'    <script type="importmap">{imports}</script>'
        )
        script = f'<script type="module">\n{(_HERE / "graphiql.js").read_text()}</script>'
    return _PAGE.format(head=head, session=session, script=script)


def _cdn(package: str, versions: dict[str, str]) -> str:
    return f"https://esm.sh/{package}@{versions[package]}"


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
