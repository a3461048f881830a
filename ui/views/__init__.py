"""Pages, one module per family."""
