"""Dissemination crosswalks: pure functions from an item's record to XML. No Django here (DESIGN section 2)."""
