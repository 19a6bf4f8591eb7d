"""The servers that are measured; each module is a process of its own."""
