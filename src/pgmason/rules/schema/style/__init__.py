"""House style over catalogs, one file each: off unless pgmason.toml asks, one finding for a product at most."""
