"""Rules over pending migrations, one file each: what its statements do to a product that is running."""
