"""The desk: what staff do with threads, and what is done with threads for them."""
