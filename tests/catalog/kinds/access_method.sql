CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON ACCESS METHOD heap_too IS 'the same again';
CREATE FUNCTION public.handle(internal) RETURNS index_am_handler LANGUAGE internal AS 'hashhandler';
CREATE ACCESS METHOD "Hash Too" TYPE INDEX HANDLER public.handle;
CREATE OPERATOR CLASS public.hash_too_ops DEFAULT FOR TYPE integer USING "Hash Too" AS
    OPERATOR 1 =, FUNCTION 1 hashint4(integer);
CREATE TABLE public.kept (n integer) USING heap_too;
CREATE INDEX ON public.kept USING "Hash Too" (n);
