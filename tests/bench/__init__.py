"""Measures the product against its floor in the same run, alternating; it reports, and never fails.

1. `clinic` makes a data folder with people, open times or queued deliveries; each round gets a copy.
2. `processes` starts every server and load generator as a process of its own, and ends it.
3. `accept`, `dispatch` and `reply` each play rounds of floor and product, and give `figures.Round`s.
4. `floors` holds the bare programs that the product is compared with; `carrier`, `senders` and `patients` are the
   world around it, made of plain protocols (`wire`) so that they cost little of the two cores.

    python -m tests.bench accept --seconds 10 --rounds 3
"""
