"""Answers the requests to `/odata/`."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from gateway.compression import COMPRESSED_BYTES_MIN, compressed
from gateway.odata import PATH, answers, options, paging
from gateway.odata.errors import VERSION, MethodRefused
from gateway.odata.formats import Format, json_format, require_version, require_xml
from gateway.odata.metadata import metadata
from gateway.odata.options import Options
from gateway.odata.paging import Place
from gateway.odata.resources import Count, Entity, EntitySet, Metadata, Resource, ServiceDocument, resource
from gateway.odata.types import KEY
from resolvers.bi import Reports
from resolvers.errors import NotFound
from storage.bi.catalogue import Column, View
from storage.bi.questions import Compare, Comparison, Question
from storage.bi.reading import Row

_XML = "application/xml;charset=utf-8"
_TEXT = "text/plain;charset=utf-8"
_VARY = {"Vary": "Accept, Accept-Encoding, Authorization, Prefer"}


async def answer_request(reports: Reports, request: Request) -> Response:
    """The response to a request of the caller. Raises RequestError."""
    require_version(request.headers.get("odata-maxversion"))
    wanted = resource(request.scope["raw_path"])
    if request.method not in ("GET", "HEAD"):
        raise MethodRefused(f"{request.method} is not allowed: the service is read-only; send GET or HEAD.")
    return await _Request(request, reports, options.read(request.scope["query_string"])).answer(wanted)


class _Request:
    """One request of an authenticated caller."""

    def __init__(self, request: Request, reports: Reports, given: dict[str, str]) -> None:
        self._request = request
        self._reports = reports
        self._options = given
        self._root = f"{str(request.base_url).rstrip('/')}{PATH}"

    async def answer(self, wanted: Resource) -> Response:
        """The response for this resource."""
        match wanted:
            case ServiceDocument():
                return await self._service_document()
            case Metadata():
                return await self._metadata()
            case Count(name):
                return await self._count(name)
            case Entity(name, key):
                return await self._entity(name, key)
            case EntitySet(name):
                return await self._page(name)

    async def _service_document(self) -> Response:
        options.only(self._options, options.FORMAT)
        form = self._format()
        names = [view.short_name for view in (await self._reports.views()).values()]
        sets = [{"name": name, "kind": "EntitySet", "url": name} for name in names]
        return await self._json({"@odata.context": f"{self._root}$metadata", "value": sets}, form)

    async def _metadata(self) -> Response:
        options.only(self._options, options.FORMAT)
        require_xml(self._options.get(options.FORMAT))
        views = (await self._reports.views()).values()
        return await self._response(await to_thread.run_sync(metadata, list(views)), _XML)

    async def _count(self, name: str) -> Response:
        view = await self._view(name)
        where = await to_thread.run_sync(options.where, self._options, view)
        number = await self._reports.count(view, where)
        return await self._response(str(number).encode(), _TEXT)

    async def _entity(self, name: str, key: str) -> Response:
        view = await self._view(name)
        options.only(self._options, options.SELECT, options.FORMAT)
        form = self._format()
        chosen = options.selected(self._options, view)
        asked = _with_key(view, chosen or view.columns) if form.metadata == "full" else chosen or view.columns
        is_it = Compare(KEY, Comparison.EQUAL, key)
        found = await self._reports.rows(view, Question([*(each.name for each in asked), "deleted"], where=is_it))
        if not found:
            raise NotFound(f"There is no {name}({key[:100]!r}).")
        (row,) = found
        if row.values[-1]:
            raise NotFound(f"{name}({key[:100]!r}) has been deleted; a $filter with deleted eq true finds it.")
        shown = Row(row.values[:-1], row.position)
        (entity,) = answers.entities(view, asked, [shown], form)
        context = answers.context(self._root, view, chosen, single=True)
        return await self._json({**_context(context, form), **entity}, form)

    async def _page(self, name: str) -> Response:
        view = await self._view(name)
        form = self._format()
        asked = await to_thread.run_sync(options.of_rows, self._options, view)
        columns = _with_key(view, asked.columns) if form.metadata == "full" else asked.columns
        # By place, so that a row that is changed meanwhile is on one page.
        question = Question([each.name for each in columns], asked.where, asked.order, by_change=False)
        begun = Place(0, ()) if asked.token is None else paging.place_of(asked.token, view, question)
        preferred = paging.page_size(self._request.headers.get("prefer"))
        size = preferred or paging.PAGE
        number = await self._reports.count(view, asked.where) if asked.count else None
        rows = await self._rows(view, asked, question, begun, size)
        context = answers.context(self._root, view, asked.columns if asked.selected else None, single=False)
        body = _context(context, form)
        if number is not None:
            body["@odata.count"] = str(number) if form.texts else number

        def written() -> bytes:
            body["value"] = answers.entities(view, columns, rows[:size], form)
            if len(rows) > size:
                following = Place(begun.rows + size, rows[size - 1].position)
                body["@odata.nextLink"] = paging.next_link(self._root, view, self._options, question, following)
            return answers.encoded(body, form)

        applied = {} if preferred is None else {"Preference-Applied": f"{paging.PREFERENCE}={preferred}"}
        return await self._response(await to_thread.run_sync(written), form.media_type, applied)

    async def _view(self, name: str) -> View:
        """The view of an entity set. Its name in the database is not one."""
        view = await self._reports.view(name)
        if view.short_name != name:
            raise NotFound(f"There is no entity set {name!r}; write {view.short_name}.")
        return view

    async def _rows(self, view: View, asked: Options, question: Question, begun: Place, size: int) -> list[Row]:
        """The rows of the page, and one more if others follow."""
        limit = size + 1 if asked.top is None else min(size + 1, max(asked.top - begun.rows, 0))
        if limit == 0:
            return []
        if asked.token is None:
            return await self._reports.rows(view, replace(question, skip=asked.skip, limit=limit))
        return await self._reports.rows(view, replace(question, after=begun.position, limit=limit))

    def _format(self) -> Format:
        accepted = self._request.headers.getlist("accept")
        return json_format(self._options.get(options.FORMAT), ",".join(accepted) if accepted else None)

    async def _json(self, body: dict[str, Any], form: Format) -> Response:
        return await self._response(answers.encoded(body, form), form.media_type)

    async def _response(self, body: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
        sent = {**VERSION, **_VARY, **(headers or {})}
        accepts = "gzip" in self._request.headers.get("accept-encoding", "")
        if accepts and len(body) >= COMPRESSED_BYTES_MIN:
            body = await to_thread.run_sync(compressed, body)
            sent["Content-Encoding"] = "gzip"
        # Given as a header, it is sent as it is; a media type gets the character set that JSON does not have.
        return Response(body, HTTPStatus.OK, {**sent, "Content-Type": media_type})


def _with_key(view: View, columns: Sequence[Column]) -> Sequence[Column]:
    """The columns, and the key, which the address of an entity needs."""
    return columns if any(column.name == KEY for column in columns) else [view.column(KEY), *columns]


def _context(address: str, form: Format) -> dict[str, Any]:
    return {} if form.metadata == "none" else {"@odata.context": address}
