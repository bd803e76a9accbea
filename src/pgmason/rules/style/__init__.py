"""House style, one file each: off unless pgmason.toml asks for it, and one finding for a product at most."""
