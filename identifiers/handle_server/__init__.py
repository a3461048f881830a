"""A server of the Handle System: TCP, UDP and HTTP, for our own handles (docs/handle-server.md)."""
