"""A file's statements and their effects: each has one, in the transaction that its runner would make of it."""

from __future__ import annotations

from change_names import named

from pgmason.effects.model import Basis, Effect, Ending, Outcome, RewriteKind
from pgmason.locks import LockMode
from pgmason.names import ObjectId
from pgmason.sources.units import Frame

TABLES = "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y')"
T = ObjectId("table", ("public", "t"))


def outcomes(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.outcome.value for effect in effects]


# Frames and transactions -----------------------------------------------------------------------------------------


def test_a_file_sent_whole_is_one_transaction_and_holds_its_locks_to_the_end(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace("ALTER TABLE t ADD c int; UPDATE t SET c = 1; CREATE INDEX ON t (c)", Frame.WHOLE)
    (transaction,) = trace.transactions
    assert transaction.ending is Ending.COMMITTED
    assert outcomes(trace.effects) == ["done"] * 3
    assert trace.effects[0].locks[T] is LockMode.ACCESS_EXCLUSIVE
    assert trace.effects[1].locks[T] is LockMode.ROW_EXCLUSIVE
    assert trace.effects[1].held[T] is LockMode.ACCESS_EXCLUSIVE
    assert trace.effects[2].lock_while(T) is LockMode.ACCESS_EXCLUSIVE
    assert (transaction.locks[T], transaction.taken_by[T]) == (LockMode.ACCESS_EXCLUSIVE, 1)
    (scan,) = trace.effects[2].scans
    assert (scan.relation, scan.under) == (T, LockMode.ACCESS_EXCLUSIVE)


def test_a_statement_that_refuses_a_block_fails_in_the_runner_s_frame_and_the_rest_is_shown_nevertheless(
    watched,
) -> None:
    watched.run(TABLES)
    trace = watched.trace("SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1", Frame.WHOLE)
    assert trace.frame_error is not None
    number, error = trace.frame_error
    assert (number, error.sqlstate) == (2, "25001")
    assert trace.failed
    assert outcomes(trace.effects) == ["done"] * 3
    concurrent = trace.effects[1]
    assert (concurrent.in_block, concurrent.basis, concurrent.waits_out_transactions) == (False, Basis.DECLARED, True)
    assert concurrent.locks == {T: LockMode.SHARE_UPDATE_EXCLUSIVE}
    assert concurrent.settings is not None
    assert concurrent.settings.lock_timeout_ms == 1000


def test_one_concurrently_alone_in_a_file_sent_whole_is_no_transaction_block(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace("CREATE INDEX CONCURRENTLY i ON t (a)", Frame.WHOLE)
    assert not trace.failed
    (effect,) = trace.effects
    assert named(effect.created) == ["index public.i"]
    assert watched.trace("DROP INDEX CONCURRENTLY i").effects[0].locks == {
        T: LockMode.SHARE_UPDATE_EXCLUSIVE,
        ObjectId("index", ("public", "i")): LockMode.SHARE_UPDATE_EXCLUSIVE,
    }


def test_a_unique_index_that_fails_concurrently_is_left_invalid_and_told(watched) -> None:
    watched.run(TABLES + "; INSERT INTO t VALUES (3, 2, 'z')")
    trace = watched.trace("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)")
    (effect,) = trace.effects
    assert effect.error is not None
    assert effect.error.sqlstate == "23505"
    assert [index.name for index in effect.invalid_indexes] == ["public.i"]
    assert [index.name for index in trace.invalid_indexes] == ["public.i"]


def test_the_statement_that_fails_ends_the_file_and_its_transaction_leaves_nothing(watched) -> None:
    trace = watched.trace("CREATE TABLE u (); SELECT 1/0; CREATE TABLE v ()", Frame.TRANSACTION)
    assert outcomes(trace.effects) == ["done", "failed", "not reached"]
    assert trace.effects[1].error is not None
    assert trace.effects[1].error.sqlstate == "22012"
    assert trace.effects[1].locks_incomplete
    assert trace.transactions[-1].ending is Ending.FAILED
    assert watched.tables() == set()


def test_statement_by_statement_what_came_before_a_failure_stays(watched) -> None:
    trace = watched.trace("CREATE TABLE u (); SELECT 1/0; CREATE TABLE v ()")
    assert [one.ending for one in trace.transactions] == [Ending.COMMITTED, Ending.FAILED]
    assert watched.tables() == {"u"}


def test_a_constraint_that_waits_for_commit_fails_the_commit(watched) -> None:
    watched.run(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)"
    )
    trace = watched.trace("BEGIN; INSERT INTO c VALUES (1); COMMIT")
    assert trace.effects[2].error is not None
    assert trace.effects[2].error.sqlstate == "23503"
    whole = watched.trace("INSERT INTO c VALUES (1); INSERT INTO c VALUES (2)", Frame.WHOLE)
    assert whole.transactions[0].commit_error is not None
    assert whole.failed


def test_commit_and_rollback_of_the_file_s_own_end_its_transactions(watched) -> None:
    trace = watched.trace(
        "CREATE TABLE a (); COMMIT; BEGIN; CREATE TABLE b (); ROLLBACK; CREATE TABLE c ()", Frame.WHOLE
    )
    assert [one.ending for one in trace.transactions] == [Ending.COMMITTED, Ending.ROLLED_BACK, Ending.COMMITTED]
    assert watched.tables() == {"a", "c"}


def test_what_a_savepoint_takes_back_is_unknown_again_and_its_locks_were_seen(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace(
        "BEGIN; SAVEPOINT s; ALTER TABLE t RENAME TO u; ROLLBACK TO s; ALTER TABLE t ADD c int; COMMIT"
    )
    assert outcomes(trace.effects) == ["done"] * 6
    assert trace.effects[2].objects[0].renamed
    assert trace.effects[4].held == {}
    assert trace.effects[4].locks == {T: LockMode.ACCESS_EXCLUSIVE}
    (transaction,) = trace.transactions
    assert transaction.taken_by[T] == 3


def test_code_that_commits_by_itself_runs_for_real_and_its_locks_are_not_claimed(watched) -> None:
    watched.run(TABLES)
    effect = watched.effect("DO $$ BEGIN FOR i IN 1..3 LOOP UPDATE t SET b = b || i; COMMIT; END LOOP; END $$")
    assert (effect.outcome, effect.basis, effect.in_block) == (Outcome.DONE, Basis.UNKNOWN, False)
    assert effect.locks_incomplete
    (rows,) = effect.rows
    assert (rows.relation, rows.updated) == (T, 6)


def test_copy_data_is_sent_and_its_rows_are_counted(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace("COPY t (id, b) FROM stdin;\n10\tten\n11\televen\n\\.\nCOPY t TO stdout;\n")
    (rows,) = trace.effects[0].rows
    assert (rows.inserted, rows.existing) == (2, True)
    assert trace.effects[1].outcome is Outcome.DONE


# What hides nothing ----------------------------------------------------------------------------------------------


def test_dynamic_sql_shows_what_it_does(watched) -> None:
    watched.run(TABLES)
    effect = watched.effect("DO $$ BEGIN EXECUTE format('ALTER TABLE %I ALTER a TYPE %s', 't', 'bigint'); END $$")
    assert effect.locks[T] is LockMode.ACCESS_EXCLUSIVE
    assert [(one.relation, one.kind) for one in effect.rewrites if one.relation == T] == [(T, RewriteKind.REWRITTEN)]
    change = effect.altered[0].change("type")
    assert change is not None
    assert (change.before, change.after) == ("integer", "bigint")


def test_a_function_s_work_is_its_caller_s_effect(watched) -> None:
    watched.run(
        TABLES + "; CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM t WHERE id = 1; END'"
    )
    effect = watched.effect("SELECT f()")
    assert effect.rows[0].deleted == 1
    assert effect.functions == ("public.f()",)


def test_a_block_that_catches_errors_makes_the_locks_incomplete(watched) -> None:
    watched.run(
        TABLES + "; CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM 1/0; RETURN NEW; EXCEPTION /* quiet */ WHEN others THEN RETURN NEW; END';"
        " CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION g()"
    )
    hidden = watched.effect("DO $$ BEGIN LOCK TABLE t; RAISE EXCEPTION 'no'; EXCEPTION WHEN others THEN NULL; END $$")
    assert hidden.locks == {}
    assert hidden.locks_incomplete
    assert watched.effect("DO $$ BEGIN RAISE NOTICE 'exception when'; END $$").locks_incomplete
    assert not watched.effect("DO $$ BEGIN NULL; /* EXCEPTION WHEN */ END $$").locks_incomplete
    through_trigger = watched.effect("UPDATE t SET a = 5")
    assert "public.g()" in (through_trigger.locks_incomplete or "")


def test_functions_and_operators_of_the_product_s_do_not_fool_the_witness(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace(
        "CREATE FUNCTION public.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE FUNCTION public.pgmason_seen(bigint, oid, boolean) RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea';"
        "CREATE FUNCTION public.never(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false';"
        "CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.never);"
        "CREATE TEMP VIEW pg_locks AS SELECT 1 AS pid; CREATE TEMP TABLE pg_class ();"
        "SET search_path = pg_temp, public, pg_catalog; SET client_encoding = 'LATIN1'; SET DateStyle = 'German';"
        'ALTER TABLE public.t ADD COLUMN "größe" int'
    )
    assert outcomes(trace.effects) == ["done"] * 10
    assert trace.effects[-1].locks == {T: LockMode.ACCESS_EXCLUSIVE}
    assert named(trace.effects[-1].created) == ['column public.t."größe"']


def test_the_watching_can_neither_be_dropped_nor_read_nor_used(watched) -> None:
    watched.run(TABLES)
    for attempt in (
        "DROP EVENT TRIGGER pgmason_note_end",
        "CREATE EVENT TRIGGER pgmason_note_more ON ddl_command_end EXECUTE FUNCTION pg_catalog.pgmason_note_end()",
        "DROP FUNCTION pg_catalog.pgmason_note_end() CASCADE",
        "DELETE FROM pg_catalog.pgmason_noted",
        "SELECT * FROM pg_catalog.pgmason_allowed",
        "SELECT pg_catalog.pgmason_elevated('ALTER ROLE CURRENT_USER SUPERUSER', 0)",
        "ALTER TABLE pg_catalog.pgmason_noted DISABLE TRIGGER ALL",
    ):
        error = watched.effect(attempt).error
        assert error is not None, attempt
        assert error.sqlstate in ("42501", "42809"), (attempt, error)


# What is told ----------------------------------------------------------------------------------------------------


def test_tables_of_the_file_s_own_make_no_noise(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace("CREATE TABLE n (id int REFERENCES t); ALTER TABLE n ADD c int; CREATE INDEX ON n (c)")
    assert trace.effects[0].locks[T] is LockMode.SHARE_ROW_EXCLUSIVE
    assert trace.effects[1].locks == {}
    assert trace.effects[1].locks_on_new == {ObjectId("table", ("public", "n")): LockMode.ACCESS_EXCLUSIVE}
    whole = watched.trace("CREATE TABLE m (id int); ALTER TABLE m ADD c int; INSERT INTO m VALUES (1)", Frame.WHOLE)
    assert all(not effect.locks and not effect.locks_on_new for effect in whole.effects)
    (rows,) = whole.effects[2].rows
    assert (rows.inserted, rows.existing) == (1, False)


def test_renames_drops_and_cascades_are_told_apart(watched) -> None:
    watched.run(TABLES + "; CREATE VIEW w AS SELECT a FROM t; CREATE TABLE c (t int REFERENCES t)")
    renamed = watched.effect("ALTER TABLE t RENAME COLUMN b TO bb").altered[0]
    assert (renamed.object.name, renamed.now and renamed.now.name) == ("public.t.b", "public.t.bb")
    dropped = watched.effect("DROP TABLE t CASCADE")
    told = {str(one.object): (one.implied, one.cascaded) for one in dropped.dropped}
    assert told["table public.t"] == (False, False)
    assert told["view public.w"] == (False, True)
    assert told["foreign key public.c.c_t_fkey"] == (False, True)
    assert told["column public.t.bb"] == (True, False)
    assert told["index public.t_pkey"] == (True, False)


def test_objects_of_other_kinds_are_told_with_their_names(watched) -> None:
    trace = watched.trace(
        "CREATE SCHEMA s; CREATE FUNCTION s.f(a integer, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; CREATE DOMAIN d AS int;"
        "ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0) NOT VALID; CREATE TYPE pair AS (x int, y int);"
        "CREATE EXTENSION pg_trgm; DROP FUNCTION s.f(integer, text); DROP EXTENSION pg_trgm"
    )
    told = [named(one for one in effect.objects if not one.implied) for effect in trace.effects]
    assert told[0] == ["schema s"]
    assert told[1] == ["function s.f(integer, text)"]
    assert told[2] == ["enum public.e"]
    assert trace.effects[3].altered[0].change("labels").after == "a, b"
    assert told[4] == ["domain public.d"]
    assert told[5] == ["domain constraint public.d.k"]
    assert [one.name for one in trace.effects[5].not_valid] == ["public.d.k"]
    assert told[6] == ["composite type public.pair"]
    assert told[7] == ["extension pg_trgm"]
    assert told[8] == ["function s.f(integer, text)"]
    assert told[9] == ["extension pg_trgm"]


def test_a_constraint_left_not_valid_is_told_until_it_is_valid(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace(
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT k;"
        "ALTER TABLE t ADD CONSTRAINT l CHECK (a > 0) NOT VALID"
    )
    assert [[one.name for one in effect.not_valid] for effect in trace.effects] == [["public.t.k"], [], ["public.t.l"]]
    assert [one.name for one in trace.not_valid] == ["public.t.l"]


def test_truncate_cluster_and_moves_of_types_are_different_rewrites(watched) -> None:
    watched.run(TABLES)
    kinds = {
        sql: {one.kind for one in watched.effect(sql).rewrites if one.relation == T}
        for sql in ("TRUNCATE t", "CLUSTER t USING t_pkey", "ALTER TABLE t SET UNLOGGED", "VACUUM FULL t")
    }
    assert kinds == {
        "TRUNCATE t": {RewriteKind.EMPTIED},
        "CLUSTER t USING t_pkey": {RewriteKind.REWRITTEN},
        "ALTER TABLE t SET UNLOGGED": {RewriteKind.REWRITTEN},
        "VACUUM FULL t": {RewriteKind.REWRITTEN},
    }


def test_settings_are_told_as_they_change_and_as_they_hold(watched) -> None:
    trace = watched.trace(
        "SET LOCAL lock_timeout = '2s'; SET statement_timeout = '1min'; SELECT set_config('search_path', 'x', false);"
        "SET ROLE NONE",
        Frame.TRANSACTION,
    )
    changed = [[(one.name, one.after) for one in effect.settings_changed] for effect in trace.effects]
    assert changed[:3] == [[("lock_timeout_ms", "2000")], [("statement_timeout_ms", "60000")], [("search_path", "x")]]
    assert changed[3] == [("role", "none")]
    assert trace.effects[3].settings is not None
    assert trace.effects[3].settings.lock_timeout_ms == 2000


def test_what_if_not_exists_skips_is_a_notice_and_no_object(watched) -> None:
    watched.run(TABLES)
    effect = watched.effect("CREATE TABLE IF NOT EXISTS t (id int)")
    assert effect.objects == ()
    assert [notice.sqlstate for notice in effect.notices] == ["42P07"]


def test_what_runs_too_long_is_ended_and_told(watched) -> None:
    trace = watched.trace("SELECT 1; SELECT pg_catalog.pg_sleep(60); SELECT 2", seconds=1.0)
    assert outcomes(trace.effects) == ["done", "failed", "not reached"]
    assert trace.effects[1].error is not None
    assert trace.effects[1].error.by_watch == "it ran longer than 1 s"
    assert not watched.trace("SELECT 1").failed


def test_a_timeout_too_short_to_be_asked_is_told_as_such(watched) -> None:
    watched.run(TABLES)
    trace = watched.trace("SET statement_timeout = 1; ALTER TABLE t ADD c int; SELECT pg_catalog.pg_sleep(1)")
    assert len(trace.effects) == 3
    assert trace.failed


def test_statements_of_the_short_list_run_with_more_rights_and_say_so(watched) -> None:
    watched.run(TABLES + "; CREATE TABLE c (t int REFERENCES t)")
    trace = watched.trace(
        "ALTER TABLE c DISABLE TRIGGER ALL; CREATE PUBLICATION p FOR ALL TABLES;"
        "CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE $x$heard$x$; END';"
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION ev(); ALTER TABLE t ADD heard int;"
        "ALTER TABLE c ENABLE TRIGGER ALL"
    )
    assert outcomes(trace.effects) == ["done"] * 5 + ["failed"]
    assert [effect.elevated is not None for effect in trace.effects] == [True, True, False, True, False, True]
    assert named(trace.effects[1].created) == ["publication p"]
    assert [notice.message for notice in trace.effects[4].notices] == ["heard"]
    # with an event trigger of the product's, nothing runs with more rights any more: it would run along
    assert trace.effects[5].error is not None
    assert trace.effects[5].error.sqlstate == "42501"
