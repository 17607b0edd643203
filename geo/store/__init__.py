"""All SQL: models, queries, sessions, migrations, and the private PostGIS cluster."""
