"""Specialists: they read the tables and propose Actions or answers, and perform nothing."""
