"""The figures of the README, each a ratio measured side by side in one run."""
