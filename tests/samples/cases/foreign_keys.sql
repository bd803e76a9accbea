-- diamonds, trees, circles
CREATE TABLE tenant (id uuid PRIMARY KEY);
CREATE TABLE project (tenant_id uuid NOT NULL REFERENCES tenant, id uuid NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE prompt (tenant_id uuid NOT NULL REFERENCES tenant, id text NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE trace (
    tenant_id uuid NOT NULL REFERENCES tenant, id text NOT NULL, project_id uuid NOT NULL, prompt_id text,
    parent_id text, PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project, FOREIGN KEY (tenant_id, prompt_id) REFERENCES prompt,
    FOREIGN KEY (tenant_id, parent_id) REFERENCES trace
);
CREATE TABLE category (id int PRIMARY KEY, parent_id int REFERENCES category, CHECK (parent_id <> id));
CREATE TABLE chain (id int PRIMARY KEY, previous_id int UNIQUE REFERENCES chain);
CREATE TABLE strict_tree (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES strict_tree);
CREATE TABLE hen (id int PRIMARY KEY, egg_id int NOT NULL);
CREATE TABLE egg (id int PRIMARY KEY, hen_id int NOT NULL REFERENCES hen);
ALTER TABLE hen ADD FOREIGN KEY (egg_id) REFERENCES egg;
CREATE TABLE article (id int PRIMARY KEY, current_version int);
CREATE TABLE version (article_id int NOT NULL REFERENCES article, number int NOT NULL, PRIMARY KEY (article_id, number));
ALTER TABLE article ADD FOREIGN KEY (id, current_version) REFERENCES version DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE person (id int PRIMARY KEY);
CREATE TABLE employee (id int PRIMARY KEY REFERENCES person, boss int REFERENCES person, CHECK (boss <> id));
CREATE TABLE friends (a int NOT NULL REFERENCES person, b int NOT NULL REFERENCES person, PRIMARY KEY (a, b), CHECK (a <> b));
CREATE TABLE full_match (a uuid, b uuid, FOREIGN KEY (a, b) REFERENCES project MATCH FULL);
CREATE TABLE comment (
    id serial PRIMARY KEY, person_id int REFERENCES person, article_id int REFERENCES article,
    CHECK (num_nonnulls(person_id, article_id) = 1)
);
