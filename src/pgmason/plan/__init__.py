"""From two catalogs to ordered steps: what differs, and how a person is told of it."""
