"""``cf525 lint``: what files alone foretell, held against the real servers and BoringSSL."""
