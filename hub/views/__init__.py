"""Views: lists of threads, their counters, and a thread as staff read it."""
