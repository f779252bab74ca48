"""What do we decide? State machine, agents, intents, contracts, policies. Calls no adapter inside a node."""
