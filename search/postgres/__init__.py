"""The search port on PostgreSQL: tsvector and GIN, facet values as int[] into a table. No extension is needed."""

from search.postgres.backend import PostgresBackend

__all__ = ["PostgresBackend"]
