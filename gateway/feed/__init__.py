"""Feed files of any kind (CSV, NDJSON, Parquet) as one stream of records, in flat memory."""

from gateway.feed.blocks import Block
from gateway.feed.errors import FeedError
from gateway.feed.feed import Feed, Progress, open_feed
from gateway.feed.formats import Format
from gateway.feed.records import REJECTED, Cells, Malformed, Record

__all__ = ["REJECTED", "Block", "Cells", "Feed", "FeedError", "Format", "Malformed", "Progress", "Record", "open_feed"]
