-- needs: 17
CREATE COLLATION public.builtin (provider = builtin, locale = 'C.UTF-8');
CREATE TYPE public.named AS (name text COLLATE public.builtin);
