"""Many like probes of one address: run gently, counted, and watched over time."""
