"""What do we do outside? One file per outside service. May know stores.types and nothing else of ours."""
