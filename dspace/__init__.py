"""DSpace: the wiring of its parts."""

__version__ = "0.1.0"
