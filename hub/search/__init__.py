"""Search: words of sealed messages, found by keyed hashes."""
