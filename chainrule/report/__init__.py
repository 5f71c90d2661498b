"""Explanations as text, JSON, HTML and notebook cells."""
