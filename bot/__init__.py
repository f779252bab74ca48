"""Who do we talk to? Front ends, command line, wiring. Writes only through graph.intake."""
