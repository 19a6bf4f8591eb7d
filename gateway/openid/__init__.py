"""OpenID Connect: callers with access tokens of an identity provider."""
