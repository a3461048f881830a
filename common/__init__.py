"""Leaf helpers every other part may use: XML, text, dates."""
