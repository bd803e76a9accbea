"""What a schema is: its objects, their states, how they depend on each other, and how they are read."""
