"""Alembic's entry: migrate on the connection, and in the transaction, that it is handed."""

from alembic import context

from apportion.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite too can undo a change of tables; Alembic believes it cannot.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
