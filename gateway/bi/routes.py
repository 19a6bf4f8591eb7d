"""The routes of `/bi`."""

from collections.abc import AsyncIterator, Sequence

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from gateway.authentication import Authentication
from gateway.bi import pages
from gateway.bi.answering import Handler, answerer, application
from gateway.bi.cursor import CURSOR
from gateway.bi.description import PREFIX, description
from gateway.bi.rows import FORMATS, Format, items
from gateway.bi.values import moment_text
from resolvers.bi import Reports
from resolvers.context import Gateway
from storage.bi.reading import Row

NEXT_CURSOR = "X-Next-Cursor"
AS_OF = "X-As-Of"


def routes(gateway: Gateway, authentication: Authentication) -> list[BaseRoute]:
    """Every path of `/bi`."""

    def route(path: str, handler: Handler) -> Route:
        return Route(path, answerer(gateway, authentication, handler), methods=["GET"])

    app = application(
        [route(PREFIX, _views), route(f"{PREFIX}/", _views), route(f"{PREFIX}/{{view}}", _view)],
        f"GET {PREFIX} lists the views",
    )
    return [Route(PREFIX, app), Route(f"{PREFIX}/{{path:path}}", app)]


async def _views(reports: Reports, _request: Request) -> Response:
    return _json(description((await reports.views()).values()))


async def _view(reports: Reports, request: Request) -> Response:
    name: str = request.path_params["view"]
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix in FORMATS:
        return await _lines(reports, request, stem, FORMATS[suffix])
    asked = await pages.asked(reports, stem if suffix == "json" else name, request.query_params)
    page = await pages.page(reports, asked, asked.limit or pages.LIMIT_DEFAULT)
    return await to_thread.run_sync(_page, asked, page)


def _page(asked: pages.Wanted, page: pages.Page) -> Response:
    return _json(
        {
            "items": list(items(page.rows, asked.columns)),
            "next_cursor": page.next_cursor,
            "as_of": moment_text(page.as_of),
        }
    )


async def _lines(reports: Reports, request: Request, name: str, form: Format) -> Response:
    asked = await pages.asked(reports, name, request.query_params)
    # Read before the response begins, so that what fails at once is refused in the usual form.
    first = await pages.page(reports, asked, asked.limit or pages.STREAMED_ROWS)
    headers = {"Content-Type": form.media_type, AS_OF: moment_text(first.as_of)}
    if first.next_cursor is not None and asked.limit is None:
        body = () if request.method == "HEAD" else _written(pages.following(reports, asked, first), asked, form)
        return StreamingResponse(body, headers=headers)
    if first.next_cursor is not None:
        query = request.url.include_query_params(**{CURSOR: first.next_cursor}).query
        headers |= {NEXT_CURSOR: first.next_cursor, "Link": f'<?{query}>; rel="next"'}
    lines = await to_thread.run_sync(form.lines, first.rows, asked.columns)
    return Response(form.head(asked.columns) + lines, headers=headers)


async def _written(found: AsyncIterator[Sequence[Row]], asked: pages.Wanted, form: Format) -> AsyncIterator[bytes]:
    yield form.head(asked.columns)
    async for rows in found:
        yield await to_thread.run_sync(form.lines, rows, asked.columns)


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
