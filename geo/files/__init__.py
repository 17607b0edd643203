"""Readers and writers of the files that cities bring and take away."""
