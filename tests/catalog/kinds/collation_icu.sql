-- needs: icu
CREATE COLLATION public.german (provider = icu, locale = 'de-DE');
CREATE COLLATION public."No Case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON COLLATION public."No Case" IS 'upper is lower';
CREATE TABLE public.words (word text COLLATE public."No Case");
CREATE DOMAIN public.word AS text COLLATE public.german;
