"""What is run inside a product's interpreter: scripts, never imported by pgmason, and free of it."""
