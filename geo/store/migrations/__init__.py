"""Migrations of the tables, run by :mod:`geo.store.migrate`."""
