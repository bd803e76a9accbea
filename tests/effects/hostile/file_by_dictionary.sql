-- refused 22023,F0000
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = pg_catalog.simple, STOPWORDS = '../../../../../../../etc/passwd');
