"""The public contract: GraphQL types, inputs and payloads, bound to the resolvers."""
