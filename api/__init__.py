"""The outermost layer: HTTP, pages and the command line."""
