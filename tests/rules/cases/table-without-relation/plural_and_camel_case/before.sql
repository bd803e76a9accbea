CREATE TABLE companies (id int PRIMARY KEY);
CREATE TABLE c (id int PRIMARY KEY, company_id int REFERENCES companies);
CREATE TABLE note (id int PRIMARY KEY, "ownerCompanyId" int);
