"""How do rows get into PostgreSQL and out of it as Arrow record batches, and how are their contents compared?"""
