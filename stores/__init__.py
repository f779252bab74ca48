"""What do we know? Canonical tables, events, unit of work, projections, memory. Imports no other room."""
