"""`journal-gateway bi-role`: let a role of PostgreSQL read the views for reports, and nothing else."""

from contextlib import closing
from typing import Annotated

import typer

from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl, actor, err, out
from resolvers.bi_roles import let_role_read
from storage.database import Database
from storage.migration import migrate


def bi_role(
    name: Annotated[str, typer.Argument(help="The role, such as reports; it is created if it does not exist.")],
    database: DatabaseUrl = DEFAULT_DATABASE,
) -> None:
    """Let a PostgreSQL role read the views for reports (bi_journal_entries, ...), and nothing else.

    A new role gets a password, which is shown once. Its organisations are not limited.
    """
    with closing(Database(database)) as opened:
        migrate(opened)
        password = let_role_read(opened, name, actor=actor())
        host, port, ledger = opened.url.host, opened.url.port, opened.url.database
    if password is None:
        out.print(f"Role {name} may read the views; its password is unchanged.", soft_wrap=True)
        return
    where = f"{host or 'localhost'}{f':{port}' if port else ''}/{ledger}"
    out.print(f"Role:     {name}\nPassword: {password}\nDatabase: postgresql://{name}@{where}", soft_wrap=True)
    err.print("The password is shown only now. The role may read the views bi_* and nothing else.", soft_wrap=True)
