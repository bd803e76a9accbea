CREATE COLLATION public.german FROM "C";
CREATE COLLATION public."Both Ways" (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
COMMENT ON COLLATION public."Both Ways" IS 'as bytes';
CREATE TABLE public.words (word text COLLATE public.german, other text COLLATE public."Both Ways");
CREATE INDEX ON public.words (word COLLATE public."Both Ways");
