"""House style over pending migrations, one file each: off unless pgmason.toml asks, one finding a file at most."""
