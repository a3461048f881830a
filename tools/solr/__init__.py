"""A real Solr for tests and developers, fetched from Maven Central (docs/solr.md)."""
