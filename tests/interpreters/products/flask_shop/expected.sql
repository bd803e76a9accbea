CREATE TABLE article (id serial PRIMARY KEY, title varchar(200) NOT NULL);
CREATE INDEX ix_article_title ON article (title);
