"""`/odata/`: the flat model by OData 4.0 with minimal conformance, to be read only.

`endpoint` answers a request: `resources` reads its path, `options` its query with `filters`, `formats` what its client
accepts. `metadata` describes the entity sets, `answers` writes rows, and `paging` the links to the next page.
"""

NAMESPACE = "JournalGateway"
"""The namespace of the entity types."""

PATH = "/odata/"
"""The service root."""
