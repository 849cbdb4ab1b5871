"""Real servers for tests, out of wheels: on free loopback ports, and ended with the process that started them."""
