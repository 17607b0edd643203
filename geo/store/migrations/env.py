"""Runs migrations on the connection that the caller has opened, in the caller's transaction."""

from alembic import context

from geo.store.migrate import comparing_options

context.configure(connection=context.config.attributes["connection"], **comparing_options())
context.run_migrations()
