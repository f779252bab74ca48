"""Capabilities the graph may ask for, as Protocols with their three-valued results."""
