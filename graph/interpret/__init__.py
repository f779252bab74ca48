"""How a sentence becomes an Intent, offline. Reads the directory it is given, writes nothing."""
