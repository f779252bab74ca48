"""The steps of a Run, one verb each. A node reads and writes the tables and never an adapter."""
