"""Scheduling: the port that the bot books by, and the calendar that the hub brings along.

1. `base` is the port: find, hold, book, move, cancel, confirm, read back. Every backend keeps its contract.
2. `local` is the embedded calendar. `names` keeps its sealed names, `free` says what is bookable.
3. `wish` turns a wish into places to look and picks what to offer, purely; `search` looks.

        Query ─► wish: cells ─► search: few open slots of each ─► wish: choose ─► Offer
        book ─► one unit of work: free? · slot · visit · audit · event · answer under its key ─► read back
"""
