"""GraphQL over HTTP, server-sent events, multipart responses and graphql-transport-ws."""

from gateway.graphql.endpoint import GraphQLEndpoint

__all__ = ["GraphQLEndpoint"]
