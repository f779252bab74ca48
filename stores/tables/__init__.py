"""The canonical tables, one file per part of the company. Rows only: rules about them live in graph."""
