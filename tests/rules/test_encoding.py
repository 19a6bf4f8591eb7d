"""JSON as it is sent: compact, in UTF-8, and for every value that an answer can hold."""

import json
from typing import Any

import orjson
import pytest

from gateway.graphql.encoding import encoded
from gateway.graphql.streams import STREAMS, Stream

TEXTS = ["plain", 'a "quote" \\ back', "\x00\x1f\x7f", "Zürich 東京 🧾", "\u2028\u2029\x85"]
NESTED: Any = []
for _ in range(400):
    NESTED = [NESTED]


@pytest.mark.parametrize("value", [*TEXTS, None, True, 0, -(1 << 63), 1 << 63, {}, [1, {"a": "b"}]], ids=ascii)
def test_a_value_is_written_compactly_in_utf_8(value: Any) -> None:
    assert json.loads(encoded({"data": value})) == {"data": value}
    assert encoded({"data": value}) == json.dumps({"data": value}, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "value", ["a\ud800b", 1 << 64, -(1 << 80), NESTED, {1: 2}], ids=lambda value: ascii(value)[:20]
)
def test_what_is_beyond_the_fast_encoder_is_written_all_the_same(value: Any) -> None:
    with pytest.raises(TypeError):
        orjson.dumps(value)
    assert encoded(value) == json.dumps(value, separators=(",", ":")).encode()


@pytest.mark.parametrize("beside", ["plain", "a\ud800b", 1 << 64], ids=ascii)
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_fragment_is_written_as_it_stands_whatever_is_beside_it(beside: object, text: str) -> None:
    part = {"text": text, "amount": "1.10", "count": 3, "none": None}
    for contents in (encoded(part), encoded(part).decode()):
        answer = {"data": {"run": orjson.Fragment(contents)}, "errors": [{"message": beside}]}
        assert json.loads(encoded(answer)) == {"data": {"run": part}, "errors": [{"message": beside}]}


@pytest.mark.parametrize("value", [object(), {"a": {1}}, [b"bytes"]], ids=["object", "set", "bytes"])
def test_what_json_cannot_hold_is_an_error(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON"):
        encoded(value)


@pytest.mark.parametrize("stream", STREAMS.values(), ids=[shape.value for shape in STREAMS])
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_streamed_part_is_one_line_for_every_client(stream: Stream, text: str) -> None:
    spread = json.dumps({"text": text}, ensure_ascii=False, indent=1).replace("\n", "\r\n").encode()
    (line,) = [line for line in stream.part(spread).decode().splitlines() if "{" in line]
    sent = json.loads(line.removeprefix("data: "))
    assert sent.get("payload", sent) == {"text": text}
