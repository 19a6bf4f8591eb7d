"""How the results of a batch are sent: put together, framed, and in few pieces."""

import pytest
from strawberry.types import ExecutionResult
from websockets.frames import Frame, Opcode

from gateway.graphql.encoding import encoded
from gateway.graphql.payload import of_field, payload
from gateway.graphql.pieces import PIECE_BYTES, pieces
from gateway.websocket_protocol import frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_a_message_is_framed_as_websockets_frames_it(size: int) -> None:
    text = b"x" * size
    assert frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)


@pytest.mark.parametrize("value", [None, {"code": "é", "sequence": 1}])
def test_the_payload_of_one_field_is_as_that_of_a_result(value: object) -> None:
    result = ExecutionResult(data={"outcome": value}, errors=None)
    assert of_field("outcome", [encoded(value)] * 2) == [encoded(payload(result))] * 2


def test_a_piece_ends_with_the_part_that_fills_it() -> None:
    parts = [b"a" * (PIECE_BYTES - 1), b"b", b"c" * 3 * PIECE_BYTES, b"", b"d"]
    assert list(pieces(parts)) == [parts[:2], parts[2:3], parts[3:]]
    assert list(pieces([])) == []
