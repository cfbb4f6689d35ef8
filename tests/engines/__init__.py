"""What other programs do with this one, carried out by those programs themselves."""
