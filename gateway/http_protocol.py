"""HTTP/1.1 on a connection, as the parser of uvicorn reads it, with what that parser leaves out."""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
"""Bytes of a request line and headers that may arrive before the last of them."""

_INVALID = "Invalid HTTP request received."
_TOO_LARGE = "The request line and headers are too large."


class HttpProtocol(HttpToolsProtocol):
    """Limits the head of a request, refuses the ones that HTTP/1.1 forbids, and ignores offers to upgrade.

    httptools has no limit for headers, accepts a request without Host, and drops the body of a request that offers an
    upgrade which this server does not have: Java's HttpClient offers HTTP/2 with its requests.
    """

    _in_head = False
    _began = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Read what has arrived."""
        self._unset_keepalive_if_required()
        self._began = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._read_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(_INVALID)
        else:
            # Where in the data the head began is not known, so that it counts from the next data on.
            if self._in_head and not self._began:
                self._head_bytes += len(data)
                if self._head_bytes > LARGEST_HEAD:
                    self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._in_head, self._began, self._head_bytes = True, True, 0

    def on_headers_complete(self) -> None:
        """The end of a head. Raises ValueError, which refuses the request."""
        self._in_head = False
        named = [value for name, value in self.headers if name == b"host"]
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        version = self.parser.get_http_version()
        if (
            version not in ("1.0", "1.1")
            or len(named) > 1
            or (version == "1.1" and not named)
            or any(value.lower() != b"chunked" for value in codings)
            or self.parser.get_method() == b"CONNECT"
        ):
            raise ValueError
        if not self._ignores_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The end of a request."""
        if not self._ignores_upgrade():
            super().on_message_complete()

    def _ignores_upgrade(self) -> bool:
        return self.parser.should_upgrade() and not self._should_upgrade()

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read the request again as if it had offered no upgrade."""
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        headers = b"".join(b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.data_received(b"%b%b\r\n%b" % (line, headers, rest))

    def _refuse(self, told: str) -> None:
        self.logger.warning(told)
        self.send_400_response(told)
