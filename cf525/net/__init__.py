"""Every socket that is not a probe: DNS, bounded downloads, the trust list, the cache, scraping."""
