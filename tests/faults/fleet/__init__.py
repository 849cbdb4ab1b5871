"""Many processes over one database, killed at random while many people text: what is promised must hold by query.

1. `roles` starts PostgreSQL, Valkey and the hub's roles apart, kills one of them every few seconds and starts it again.
2. `balance` stands before the web processes as a load balancer would: one address, whoever is alive behind it.
3. `people` text, book, move, cancel, opt out and in again, and send each text until the hub says that it took it.
4. `promises` reads the database in the end and holds it against what the carrier saw and the people were told.

    python -m tests.faults.fleet --people 500 --texts 10000 --seconds 120
"""
