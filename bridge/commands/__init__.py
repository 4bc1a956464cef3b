"""WAYS IN FOR THE OPERATOR: the command line, one file per noun. Parse, call one service, say what came of it."""
