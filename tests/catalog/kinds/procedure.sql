CREATE TABLE public.journal (line text);
CREATE PROCEDURE public.nothing() LANGUAGE sql AS '';
CREATE PROCEDURE public.note(line text, INOUT counted integer DEFAULT 0)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $body$
BEGIN
    INSERT INTO public.journal VALUES (line);
    counted := counted + 1;
    COMMIT;
END
$body$;
COMMENT ON PROCEDURE public.note(text, integer) IS 'writes a line';
CREATE PROCEDURE public.note(line text) LANGUAGE sql BEGIN ATOMIC INSERT INTO public.journal VALUES (note.line); END;
CREATE PROCEDURE public.many(VARIADIC lines text[]) LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE public.giving(IN a integer, OUT b integer) LANGUAGE plpgsql AS 'BEGIN b := a; END';
COMMENT ON PROCEDURE public.giving(integer, OUT integer) IS 'gives';
