"""The inbox: its page, and the calls that the page makes."""
