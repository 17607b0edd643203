"""Use cases: what the service does, in the words of the people who use it."""
