"""The assembled application: HTTP, GraphiQL, feed files, and the command line."""
