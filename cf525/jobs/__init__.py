"""What a command does, one file per thing: each returns a report and prints nothing."""
