"""Statements that stand as they are: their names and literals are quoted in them, and nothing is bound."""

from sqlalchemy import Connection


def execute_as_written(connection: Connection, statement: str) -> None:
    """Execute the statement. The driver looks for no parameters in it, so that a name may have a percent sign."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
