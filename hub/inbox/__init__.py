"""The inbox: pages and calls of staff."""
