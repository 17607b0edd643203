"""Pure domain logic: values in, values out. No SQL, HTTP, clock, files or environment."""
