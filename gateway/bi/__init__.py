"""`/bi/...`: the views of the flat model as pages of JSON, and as NDJSON and CSV."""
