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
DECLARE
    c record;
    named text[];
    told text;
BEGIN
    -- One by one: a session plans only what its own commands need, and most files have few of them.
    FOR c IN SELECT d.classid, d.objid, d.objsubid, d.command_tag, d.object_type
             FROM pg_catalog.pg_event_trigger_ddl_commands() d WHERE NOT d.in_extension LOOP
        named := NULL;
        told := NULL;
        IF c.objid <> 0 THEN
            SELECT a.object_names, array_to_string(a.object_args, ', ') INTO named, told
            FROM pg_catalog.pg_identify_object_as_address(c.classid, c.objid, c.objsubid) a;
        END IF;
        IF c.classid = 'pg_catalog.pg_type'::regclass THEN
            named := (SELECT ARRAY[n.nspname::text, t.typname::text] FROM pg_catalog.pg_type t
                      JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = c.objid);
        ELSIF c.classid = 'pg_catalog.pg_proc'::regclass THEN
            told := (SELECT oidvectortypes(p.proargtypes) FROM pg_catalog.pg_proc p WHERE p.oid = c.objid);
        END IF;
        INSERT INTO pg_catalog.pgmason_noted
        VALUES (nextval('pg_catalog.pgmason_tick'), 'end', c.command_tag, coalesce(c.classid, 0),
                coalesce(c.objid, 0), coalesce(c.objsubid, 0), c.object_type, named, told, true, false, false);
    END LOOP;
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

-- A session plans each query when it is first asked, and a file has a session of its own: so queries are small, and what
-- the catalogs cannot hold is not asked for. A catalog that no row was ever put into has no page.

-- What the asking session did since the note `seen`. Relations up to the OID `old` existed before its transaction
-- (OIDs are handed out upwards); `more` asks for the counters of newer ones, and for the functions that ran, too.
-- "l": [relation, [modes], filenode, sequential or index scans, rows returned, fetched, inserted, updated, deleted]
CREATE FUNCTION pg_catalog.pgmason_seen(seen bigint, old oid, more boolean) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    notes json;
    locks json;
    functions json;
BEGIN
    PERFORM pg_stat_force_next_flush();
    notes := (SELECT json_agg(json_build_array(n.at, n.what, n.tag, n.classid::bigint, n.objid::bigint, n.objsubid,
                                               n.kind, n.names, n.args, n.original, n.normal, n.member) ORDER BY n.at)
              FROM pg_catalog.pgmason_noted n WHERE n.at > seen);
    locks := (SELECT json_agg(json_build_array(
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
              WHERE c.oid IS NULL
                 OR (c.relnamespace <> 11 AND NOT starts_with(c.relnamespace::regnamespace::text, 'pg_toast')));
    IF more THEN
        functions := (
            SELECT json_agg(json_build_array(p.oid::bigint, n.nspname, p.proname, oidvectortypes(p.proargtypes),
                            pg_stat_get_xact_function_calls(p.oid), p.prosrc))
            FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE p.oid >= 16384 AND p.pronamespace <> 11 AND pg_stat_get_xact_function_calls(p.oid) > 0);
    END IF;
    RETURN convert_to(json_build_object('e', notes, 'l', locks, 'f', functions)::text, 'UTF8');
END $$;

-- The name of an access method, collation or tablespace that is not one of PostgreSQL's usual ones.
CREATE FUNCTION pg_catalog.pgmason_called(catalog regclass, asked oid) RETURNS name
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF catalog = 'pg_catalog.pg_am'::regclass THEN
        RETURN (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = asked);
    ELSIF catalog = 'pg_catalog.pg_collation'::regclass THEN
        RETURN (SELECT l.collname FROM pg_catalog.pg_collation l WHERE l.oid = asked AND l.collname <> 'default');
    END IF;
    RETURN (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = asked);
END $$;
REVOKE ALL ON FUNCTION pg_catalog.pgmason_called(regclass, oid) FROM PUBLIC;

-- What relations and types are like now, with what belongs to them: those of the OIDs asked for and the indexes of
-- such tables; all of the database where no list is given. {enforced} is filled in for the server's major.
-- OIDs of the usual access methods and collations are PostgreSQL's own (pg_am.dat, pg_collation.dat).
CREATE FUNCTION pg_catalog.pgmason_states(relations oid[], types oid[]) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    wanted oid[];
    domains oid[] := '{}';
    holders oid[];   -- those that have columns
    indexes oid[];
    with_triggers boolean;
    with_rules boolean;
    relation_rows json;
    index_rows json;
    parent_rows json;
    column_rows json;
    constraint_rows json;
    domain_constraint_rows json;
    trigger_rows json;
    policy_rows json;
    rule_rows json;
    type_rows json;
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
        wanted := relations
                  || ARRAY(SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid = ANY (relations));
        IF cardinality(types) > 0 THEN
            wanted := wanted || ARRAY(SELECT y.typrelid FROM pg_catalog.pg_type y
                                      WHERE y.oid = ANY (types) AND y.typtype = 'c');
            domains := ARRAY(SELECT y.oid FROM pg_catalog.pg_type y
                             WHERE y.oid = ANY (types) AND y.typtype IN ('e', 'd', 'r', 'b') AND y.typelem = 0);
        END IF;
    END IF;
    SELECT json_agg(json_build_array(c.oid::bigint, c.relkind, n.nspname, c.relname, c.relfilenode::bigint,
               c.reltablespace::bigint, pg_get_userbyid(c.relowner), c.relpersistence,
               CASE WHEN c.reltablespace <> 0 THEN pgmason_called('pg_catalog.pg_tablespace', c.reltablespace) END,
               CASE c.relam WHEN 0 THEN NULL WHEN 2 THEN 'heap' WHEN 403 THEN 'btree' WHEN 405 THEN 'hash'
                    WHEN 783 THEN 'gist' WHEN 2742 THEN 'gin' WHEN 3580 THEN 'brin' WHEN 4000 THEN 'spgist'
                    ELSE pgmason_called('pg_catalog.pg_am', c.relam) END,
               array_to_string(c.reloptions, ', '),
               CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'on' ELSE 'off' END,
               c.relreplident, c.relispartition, c.reltuples)),
           array_agg(c.oid) FILTER (WHERE c.relkind NOT IN ('i', 'I', 'S')),
           array_agg(c.oid) FILTER (WHERE c.relkind IN ('i', 'I')),
           bool_or(c.relhastriggers), bool_or(c.relhasrules)
    INTO relation_rows, holders, indexes, with_triggers, with_rules
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (wanted) AND c.relnamespace <> 11 AND NOT starts_with(n.nspname::text, 'pg_toast');
    IF indexes IS NOT NULL THEN
        index_rows := (
            SELECT json_agg(json_build_array(i.indexrelid::bigint, i.indrelid::bigint, t.relname, i.indisvalid,
                  i.indisready, i.indisunique, i.indisclustered,
                  (SELECT string_agg(coalesce(a.attname, '(expression)'), ', ' ORDER BY k.position)
                   FROM unnest(i.indkey) WITH ORDINALITY k(attnum, position)
                   LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                   WHERE k.position <= i.indnkeyatts)))
              FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
              WHERE i.indexrelid = ANY (indexes));
    END IF;
    IF relation_rows IS NOT NULL AND pg_relation_size('pg_catalog.pg_inherits') > 0 THEN
        parent_rows := (
            SELECT json_agg(json_build_array(h.inhrelid::bigint, h.inhparent::bigint,
                                               format('%I.%I', n.nspname, p.relname)) ORDER BY h.inhrelid, h.inhseqno)
              FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
              JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace WHERE h.inhrelid = ANY (wanted));
    END IF;
    IF holders IS NOT NULL THEN
        column_rows := (
            SELECT json_agg(json_build_array(a.attrelid::bigint, a.attnum, a.attname,
                  format_type(a.atttypid, a.atttypmod), a.attnotnull, coalesce(d.oid::bigint, 0), a.attidentity,
                  a.attgenerated,
                  CASE WHEN a.attcollation NOT IN (0, 100) THEN
                       pgmason_called('pg_catalog.pg_collation', a.attcollation) END,
                  a.attstorage, a.attcompression, a.attstattarget,
                  coalesce(nullif(y.typelem, 0), a.atttypid)::bigint, y.typelem <> 0, a.atttypmod))
              FROM pg_catalog.pg_attribute a
              LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
              LEFT JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
              WHERE a.attrelid = ANY (holders) AND a.attnum > 0 AND NOT a.attisdropped);
        constraint_rows := (
            SELECT json_agg(json_build_array(k.oid::bigint, k.conrelid::bigint, 0, k.contype, k.conname,
                  k.convalidated, {enforced}, k.condeferrable, k.condeferred,
                  (SELECT string_agg(a.attname, ', ' ORDER BY u.position)
                   FROM unnest(k.conkey) WITH ORDINALITY u(attnum, position)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum),
                  k.confrelid::bigint, k.conindid::bigint, k.connoinherit))
              FROM pg_catalog.pg_constraint k
              WHERE k.conrelid = ANY (holders) AND k.oid >= 16384 AND k.contype <> 't');
        IF with_triggers THEN
            trigger_rows := (
                SELECT json_agg(json_build_array(g.oid::bigint, g.tgrelid::bigint, g.tgname, g.tgenabled))
                  FROM pg_catalog.pg_trigger g WHERE g.tgrelid = ANY (holders) AND NOT g.tgisinternal);
        END IF;
        IF pg_relation_size('pg_catalog.pg_policy') > 0 THEN
            policy_rows := (
                SELECT json_agg(json_build_array(p.oid::bigint, p.polrelid::bigint, p.polname, p.polcmd,
                                                   p.polpermissive))
                  FROM pg_catalog.pg_policy p WHERE p.polrelid = ANY (holders));
        END IF;
        IF with_rules THEN
            rule_rows := (
                SELECT json_agg(json_build_array(w.oid::bigint, w.ev_class::bigint, w.rulename, w.ev_enabled))
                  FROM pg_catalog.pg_rewrite w WHERE w.ev_class = ANY (holders) AND w.rulename <> '_RETURN');
        END IF;
    END IF;
    IF cardinality(domains) > 0 THEN
        domain_constraint_rows := (
            SELECT json_agg(json_build_array(k.oid::bigint, 0, k.contypid::bigint, k.contype, k.conname,
                  k.convalidated, {enforced}, k.condeferrable, k.condeferred, NULL, 0, 0, k.connoinherit))
              FROM pg_catalog.pg_constraint k
              WHERE k.contypid = ANY (domains) AND k.oid >= 16384 AND k.contype NOT IN ('n', 't'));
        type_rows := (
            SELECT json_agg(json_build_array(y.oid::bigint, y.typtype, n.nspname, y.typname, y.typnotnull,
                  format_type(y.typbasetype, y.typtypmod),
                  (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid)))
              FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
              WHERE y.oid = ANY (domains));
    END IF;
    RETURN convert_to(json_build_object(
        'r', relation_rows, 'i', index_rows, 'h', parent_rows, 'a', column_rows, 'c', constraint_rows,
        'd', domain_constraint_rows, 't', trigger_rows, 'p', policy_rows, 'u', rule_rows, 'y', type_rows)::text, 'UTF8');
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
