"""The commands of ``hongge``: one module a command, imported only when it runs."""
