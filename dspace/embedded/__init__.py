"""PostgreSQL and Valkey that come with DSpace, for an instance that names no servers of its own."""
