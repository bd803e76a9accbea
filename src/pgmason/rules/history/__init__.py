"""The rules over a history of migrations, one file each: what its files say before any of them is run."""
