"""The caller."""

import strawberry

from schema.info import Info
from schema.permissions import ANYONE
from storage.words import Permission


@strawberry.type(description="The caller, as the access token identifies it.", directives=[ANYONE])
class Viewer:
    name: str = strawberry.field(
        description="Name of the API key or the person; anonymous if the request has no access token."
    )
    permissions: list[Permission] = strawberry.field(description="What the caller may do.")


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="The caller of this request.")
    def viewer(self, info: Info) -> Viewer:
        context = info.context
        return Viewer(name=context.user, permissions=[word for word in Permission if word in context.permissions])
