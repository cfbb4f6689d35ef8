"""Series: statistics, what an order of failures proves, and gentleness."""
