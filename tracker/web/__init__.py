"""The evaluators' desk: each page parses, calls one service and shows."""
