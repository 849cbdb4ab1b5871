"""Real servers for tests, out of wheels: started on a free loopback port, ended with the process that started them."""
