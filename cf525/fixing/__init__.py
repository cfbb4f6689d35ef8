"""Making a stop-gap at Cloudflare: predicting it, carrying it out, keeping its journal.

The hands of ``cf525.changes``, which says what is to be done and decides nothing by itself here:
this room sends, writes files and looks at the edge.
"""
