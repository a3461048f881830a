"""Handles and, later, DOIs. A leaf: it knows objects only by UUID and type number."""
