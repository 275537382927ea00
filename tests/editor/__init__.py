"""A minimal editor: it speaks to the YAML language server as an editor does."""
