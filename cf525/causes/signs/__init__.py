"""What a server, a greeting, an offer, an alert or a log line gives away. Causes read the signs."""
