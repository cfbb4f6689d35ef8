"""The figures of docs/figures.md, each a ratio measured side by side in one run."""
