"""A data engineer for PostgreSQL products, as software."""

__version__ = "0.1.0"
