-- What a traced database is given beforehand, by a superuser: three event triggers that note what changes, and two
-- functions that tell what is noted and seen. They stand in pg_catalog, so that a product's own loops over schemas
-- and tables pass them by, and nobody but a superuser can alter, drop or shadow them.
--
-- Every name and operator below resolves in pg_catalog whatever the traced session did to its search_path: each
-- function has one of its own. Notes are rows, so what is rolled back is not told; the tables are unlogged, because a
-- publication of all tables would hold permanent ones, too.
SET allow_system_table_mods = on;

CREATE SEQUENCE pg_catalog.pgmason_tick CACHE 1;

CREATE UNLOGGED TABLE pg_catalog.pgmason_noted (
    at bigint NOT NULL, what text NOT NULL, tag text NOT NULL,
    classid oid NOT NULL, objid oid NOT NULL, objsubid int NOT NULL, kind text, names text[], args text,
    original boolean, normal boolean, member boolean
);
CREATE INDEX pgmason_noted_at ON pg_catalog.pgmason_noted (at);
REVOKE ALL ON pg_catalog.pgmason_noted FROM PUBLIC;

CREATE FUNCTION pg_catalog.pgmason_note_end() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pg_catalog.pgmason_noted
    SELECT nextval('pg_catalog.pgmason_tick'), 'end', c.command_tag, coalesce(c.classid, 0), coalesce(c.objid, 0),
           coalesce(c.objsubid, 0), c.object_type,
           CASE WHEN c.classid = 'pg_catalog.pg_type'::regclass
                THEN (SELECT ARRAY[n.nspname::text, t.typname::text] FROM pg_catalog.pg_type t
                      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = c.objid)
                ELSE a.object_names END,
           CASE WHEN c.classid = 'pg_catalog.pg_proc'::regclass
                THEN (SELECT oidvectortypes(p.proargtypes) FROM pg_catalog.pg_proc p WHERE p.oid = c.objid)
                ELSE array_to_string(a.object_args, ', ') END,
           true, false, false
    FROM pg_catalog.pg_event_trigger_ddl_commands() c
    LEFT JOIN LATERAL pg_catalog.pg_identify_object_as_address(c.classid, c.objid, c.objsubid) a ON c.objid <> 0
    WHERE NOT c.in_extension;
END $$;

CREATE FUNCTION pg_catalog.pgmason_note_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pg_catalog.pgmason_noted
    SELECT nextval('pg_catalog.pgmason_tick'), 'drop', tg_tag, d.classid, d.objid, d.objsubid, d.object_type,
           d.address_names, array_to_string(d.address_args, ', '), d.original, d.normal,
           d.object_type <> 'extension' AND bool_or(d.object_type = 'extension') OVER ()
    FROM pg_catalog.pg_event_trigger_dropped_objects() d;
END $$;

CREATE FUNCTION pg_catalog.pgmason_note_rewrite() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pg_catalog.pgmason_noted
    VALUES (nextval('pg_catalog.pgmason_tick'), 'rewrite', tg_tag, 'pg_catalog.pg_class'::regclass,
            pg_event_trigger_table_rewrite_oid(), 0, 'table', NULL, NULL, true, false, false);
END $$;

CREATE EVENT TRIGGER pgmason_note_end ON ddl_command_end EXECUTE FUNCTION pg_catalog.pgmason_note_end();
CREATE EVENT TRIGGER pgmason_note_drop ON sql_drop EXECUTE FUNCTION pg_catalog.pgmason_note_drop();
CREATE EVENT TRIGGER pgmason_note_rewrite ON table_rewrite EXECUTE FUNCTION pg_catalog.pgmason_note_rewrite();

-- What the asking session did since the note `seen`. Relations up to the OID `old` existed before its transaction
-- (OIDs are handed out upwards); `more` asks for the counters of newer ones, and for the functions that ran, too.
-- "l": [relation, [modes], filenode, sequential or index scans, rows returned, fetched, inserted, updated, deleted]
CREATE FUNCTION pg_catalog.pgmason_seen(seen bigint, old oid, more boolean) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM pg_stat_force_next_flush();
    RETURN (SELECT convert_to(json_build_object(
        'e', (SELECT json_agg(json_build_array(n.at, n.what, n.tag, n.classid::bigint, n.objid::bigint, n.objsubid,
                                               n.kind, n.names, n.args, n.original, n.normal, n.member) ORDER BY n.at)
              FROM pg_catalog.pgmason_noted n WHERE n.at > seen),
        'l', (SELECT json_agg(json_build_array(
                         h.relation::bigint, h.modes, c.relfilenode::bigint,
                         pg_stat_get_xact_numscans(h.relation), pg_stat_get_xact_tuples_returned(h.relation),
                         pg_stat_get_xact_tuples_fetched(h.relation), pg_stat_get_xact_tuples_inserted(h.relation),
                         pg_stat_get_xact_tuples_updated(h.relation), pg_stat_get_xact_tuples_deleted(h.relation)))
              FROM (SELECT l.relation, array_agg(l.mode) AS modes
                    FROM pg_catalog.pg_lock_status() l
                    WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.granted
                      AND l.relation >= 16384 AND (more OR l.relation <= old)
                    GROUP BY l.relation) h
              LEFT JOIN pg_catalog.pg_class c ON c.oid = h.relation
              LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid IS NULL OR (c.relnamespace <> 11 AND NOT starts_with(n.nspname::text, 'pg_toast'))),
        'f', CASE WHEN more THEN
             (SELECT json_agg(json_build_array(p.oid::bigint, n.nspname, p.proname, oidvectortypes(p.proargtypes),
                              pg_stat_get_xact_function_calls(p.oid), p.prosrc))
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              WHERE p.oid >= 16384 AND p.pronamespace <> 11 AND pg_stat_get_xact_function_calls(p.oid) > 0) END
    )::text, 'UTF8'));
END $$;

-- What relations and types are like now, with what belongs to them: those of the OIDs asked for and the indexes of
-- such tables; all of the database where no list is given. {enforced} is filled in for the server's major.
CREATE FUNCTION pg_catalog.pgmason_states(relations oid[], types oid[]) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    wanted oid[];
    domains oid[];
BEGIN
    IF relations IS NULL THEN
        PERFORM set_config('plan_cache_mode', 'auto', true);  -- for all of them another plan is the better one
        domains := ARRAY(SELECT y.oid FROM pg_catalog.pg_type y
                         WHERE y.oid >= 16384 AND y.typnamespace <> 11 AND y.typtype IN ('e', 'd', 'r', 'b')
                           AND y.typelem = 0 AND NOT EXISTS (
                               SELECT FROM pg_catalog.pg_depend d
                               WHERE d.classid = y.tableoid AND d.objid = y.oid AND d.deptype = 'e'));
        wanted := ARRAY(SELECT c.oid FROM pg_catalog.pg_class c
                        WHERE c.oid >= 16384 AND c.relnamespace NOT IN (11, 99) AND c.relkind <> 't');
    ELSE
        wanted := ARRAY(SELECT c.oid FROM pg_catalog.pg_class c
                        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.oid IN (SELECT unnest(relations)
                                        UNION SELECT i.indexrelid FROM pg_catalog.pg_index i
                                        WHERE i.indrelid = ANY (relations))
                          AND c.relnamespace <> 11 AND NOT starts_with(n.nspname::text, 'pg_toast')
                        UNION SELECT y.typrelid FROM pg_catalog.pg_type y WHERE y.oid = ANY (types) AND y.typtype = 'c');
        domains := ARRAY(SELECT y.oid FROM pg_catalog.pg_type y
                         WHERE y.oid = ANY (types) AND y.typtype IN ('e', 'd', 'r', 'b') AND y.typelem = 0);
    END IF;
    RETURN (SELECT convert_to(json_build_object(
        'r', (SELECT json_agg(json_build_array(c.oid::bigint, c.relkind, n.nspname, c.relname, c.relfilenode::bigint,
                  c.reltablespace::bigint, i.indrelid::bigint,
                  json_build_array(
                      pg_get_userbyid(c.relowner),
                      c.relpersistence, s.spcname, m.amname, array_to_string(c.reloptions, ', '),
                      CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'on' ELSE 'off' END,
                      c.relreplident, c.relispartition,
                      (SELECT string_agg(format('%I.%I', pn.nspname, p.relname), ', ' ORDER BY h.inhseqno)
                       FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
                       JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = c.oid),
                      i.indisvalid, i.indisready, i.indisunique, i.indisclustered,
                      CASE WHEN i.indexrelid IS NOT NULL THEN (
                          SELECT string_agg(coalesce(a.attname, '(expression)'), ', ' ORDER BY k.position)
                          FROM unnest(i.indkey) WITH ORDINALITY k(attnum, position)
                          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                          WHERE k.position <= i.indnkeyatts) END),
                  (SELECT json_agg(h.inhparent::bigint) FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid),
                  c.reltuples, (SELECT json_build_array(tn.nspname, t.relname) FROM pg_catalog.pg_class t
                                JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace WHERE t.oid = i.indrelid)))
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
              LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
              LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
              WHERE c.oid = ANY (wanted)),
        'a', (SELECT json_agg(json_build_array(a.attrelid::bigint, a.attnum, a.attname,
                  format_type(a.atttypid, a.atttypmod), a.attnotnull, coalesce(d.oid::bigint, 0), a.attidentity,
                  a.attgenerated, CASE WHEN l.collname <> 'default' THEN l.collname END, a.attstorage,
                  a.attcompression, a.attstattarget,
                  coalesce(nullif(y.typelem, 0), a.atttypid)::bigint, y.typelem <> 0, a.atttypmod))
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
              LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
              LEFT JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
              WHERE c.oid = ANY (wanted) AND c.relkind NOT IN ('i', 'I', 'S') AND a.attnum > 0
                AND NOT a.attisdropped),
        'c', (SELECT json_agg(json_build_array(k.oid::bigint, k.conrelid::bigint, k.contypid::bigint, k.contype, k.conname,
                  k.convalidated, {enforced}, k.condeferrable, k.condeferred,
                  (SELECT string_agg(a.attname, ', ' ORDER BY u.position)
                   FROM unnest(k.conkey) WITH ORDINALITY u(attnum, position)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
                  k.confrelid::bigint, k.conindid::bigint, k.connoinherit))
              FROM (SELECT * FROM pg_catalog.pg_constraint r WHERE r.conrelid = ANY (wanted)
                    UNION ALL SELECT * FROM pg_catalog.pg_constraint y
                    WHERE y.contypid = ANY (domains) AND y.contype <> 'n') k
              WHERE k.oid >= 16384 AND k.contype <> 't'),
        't', (SELECT json_agg(json_build_array(g.oid::bigint, g.tgrelid::bigint, g.tgname, g.tgenabled))
              FROM pg_catalog.pg_trigger g WHERE g.tgrelid = ANY (wanted) AND NOT g.tgisinternal),
        'p', (SELECT json_agg(json_build_array(p.oid::bigint, p.polrelid::bigint, p.polname, p.polcmd, p.polpermissive))
              FROM pg_catalog.pg_policy p WHERE p.polrelid = ANY (wanted)),
        'u', (SELECT json_agg(json_build_array(w.oid::bigint, w.ev_class::bigint, w.rulename, w.ev_enabled))
              FROM pg_catalog.pg_rewrite w WHERE w.ev_class = ANY (wanted) AND w.rulename <> '_RETURN'),
        'y', (SELECT json_agg(json_build_array(y.oid::bigint, y.typtype, n.nspname, y.typname, y.typnotnull,
                  format_type(y.typbasetype, y.typtypmod),
                  (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid)))
              FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
              WHERE y.oid = ANY (domains))
    )::text, 'UTF8'));
END $$;

-- Of constraints: the condition of a CHECK, and the columns that a foreign key references. Asked only of tables that
-- the session has locked itself, because reading an expression may lock its table.
CREATE FUNCTION pg_catalog.pgmason_conditions(constraints oid[]) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT convert_to(coalesce(json_agg(json_build_array(k.oid::bigint,
        CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END,
        (SELECT json_agg(a.attname ORDER BY u.position)
         FROM unnest(k.confkey) WITH ORDINALITY u(attnum, position)
         JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum))), '[]')::text, 'UTF8')
        FROM pg_catalog.pg_constraint k WHERE k.oid = ANY (constraints));
END $$;

-- Statements that the witness allows to run as the superuser (elevated.py). Only a superuser writes to the list; the
-- function runs a text only while exactly that text is on it, on no table of anybody else's, and not where an event
-- trigger of the product's would run along with its rights (`heard`: statements about event triggers run none). Names
-- in the text resolve as the session has it, so the function has no search_path of its own, and names nothing
-- unqualified.
CREATE UNLOGGED TABLE pg_catalog.pgmason_allowed (statement text NOT NULL, role name NOT NULL, heard boolean NOT NULL);
REVOKE ALL ON pg_catalog.pgmason_allowed FROM PUBLIC;

CREATE FUNCTION pg_catalog.pgmason_elevated(asked text, on_table oid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pgmason_allowed a
                   WHERE a.statement OPERATOR(pg_catalog.=) asked AND a.role OPERATOR(pg_catalog.=) SESSION_USER) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the statement is not one that may run with more rights';
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pgmason_allowed a
               WHERE a.heard AND a.statement OPERATOR(pg_catalog.=) asked AND a.role OPERATOR(pg_catalog.=) SESSION_USER)
       AND EXISTS (SELECT FROM pg_catalog.pg_event_trigger t
               WHERE NOT pg_catalog.starts_with(t.evtname::pg_catalog.text, 'pgmason_note_')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'an event trigger would run with more rights, too';
    END IF;
    IF on_table OPERATOR(pg_catalog.<>) 0::pg_catalog.oid AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) on_table
        AND pg_catalog.pg_has_role(SESSION_USER, c.relowner, 'MEMBER')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'must be owner of the table';
    END IF;
    EXECUTE asked;
END $$;
