"""Simple Archive Format: one folder per item. Read into plans here, without Django; applied in `importexport`."""
