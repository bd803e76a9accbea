"""Databases as a hosting platform gives them: what products refer to is there, and is nobody's to judge."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgmason.postgres.platforms import PLATFORMS
from pgmason.products.platforms import platform_of_host
from pgmason.sources import Context, Reading
from pgmason.sources.migrations import read_migrations

# A product as the Supabase documentation teaches it, written out for as many tables as asked.
TABLE = """
create table public.{name} (
    id uuid primary key default extensions.uuid_generate_v4(),
    other uuid not null default uuid_generate_v4(),
    user_id uuid not null references auth.users (id) on delete cascade default auth.uid(),
    body text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index {name}_user_id_idx on public.{name} (user_id);
alter table public.{name} enable row level security;
create policy "own rows" on public.{name} for all to authenticated
    using ((select auth.uid()) = user_id) with check (auth.uid() = user_id);
create policy "staff read" on public.{name} for select using (auth.jwt() ->> 'role' = 'staff');
grant select on public.{name} to anon;
grant select, insert, update, delete on public.{name} to authenticated;
grant all on public.{name} to service_role;
alter publication supabase_realtime add table public.{name};
"""
PROFILES = """
create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pgcrypto with schema extensions;
create table public.profiles (
    id uuid primary key references auth.users on delete cascade,
    username text unique check (char_length(username) >= 3),
    secret text default encode(extensions.gen_random_bytes(8), 'hex'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into public.profiles (id, username) values (new.id, new.raw_user_meta_data ->> 'name');
    return new;
end $$;
create trigger on_auth_user_created after insert on auth.users
    for each row execute procedure public.handle_new_user();
insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true);
create policy "own avatar" on storage.objects for insert to authenticated
    with check (bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text);
select vault.create_secret('x', 'name');
"""


@pytest.fixture
def supabase(tmp_path: Path) -> Path:
    folder = tmp_path / "supabase" / "migrations"
    folder.mkdir(parents=True)
    (folder / "20240101000000_profiles.sql").write_text(PROFILES, encoding="utf-8")
    for number, name in enumerate(("todos", "lists", "comments")):
        (folder / f"2024020{number + 1}000000_{name}.sql").write_text(TABLE.format(name=name), encoding="utf-8")
    return tmp_path


def read(folder: Path, major: int) -> Reading:
    context = Context(base=folder, root=folder, major=major)
    return read_migrations(folder / "supabase" / "migrations", context)


@pytest.mark.parametrize("major", [15, 18])
def test_a_supabase_products_own_schema_is_what_it_wrote(
    supabase: Path, major: int, servers: Callable[[int], Any]
) -> None:
    servers(major)
    reading = read(supabase, major)
    tables = {identity.name for identity, _ in reading.catalog.tables}
    assert tables == {"public.profiles", "public.todos", "public.lists", "public.comments"}
    assert not {identity.path[0] for identity in reading.catalog.objects} & {"auth", "storage", "extensions", "vault"}
    assert reading.catalog.unread == ()
    stand_ins, on_theirs = [note for note in reading.notes if not note.startswith("extension ")]
    assert stand_ins == "Supabase: its roles, schemas and functions are stand-ins"
    assert on_theirs.startswith("on tables that Supabase manages, so applied and not judged: ")
    assert on_theirs.endswith('policy storage.objects."own avatar", trigger auth.users.on_auth_user_created')
    # a later file is replayed on the template of the earlier ones, with the same search_path
    (supabase / "supabase/migrations/20240301000000_more.sql").write_text(TABLE.format(name="more"), encoding="utf-8")
    assert read(supabase, major).applied == 1


def test_a_supabase_product_gates_with_nothing_configured(supabase: Path, servers: Callable[[int], Any]) -> None:
    servers(15)
    subprocess.run(["git", "init", "-q", str(supabase)], check=True)

    def typed(*arguments: str) -> str:
        command = [sys.executable, "-m", "pgmason", *arguments]
        done = subprocess.run(command, cwd=supabase, capture_output=True, text=True, check=False, env={**os.environ})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "platform    supabase" in typed("init")
    typed("docs")
    assert typed("gate").startswith("GATE HOLDS")


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_each_platforms_roles_are_there_without_a_word(
    tmp_path: Path, platform: Any, servers: Callable[[int], Any]
) -> None:
    servers(15)
    grants = "".join(f'GRANT SELECT ON a TO "{role}";' for role in platform.roles)
    (tmp_path / "1_a.up.sql").write_text(f"CREATE TABLE a (id int);{grants}", encoding="utf-8")
    context = Context(base=tmp_path, root=tmp_path, platform=platform.name)
    reading = read_migrations(tmp_path, context)
    assert [note for note in reading.notes if "stand-in" in note] == [
        f"{platform.label}: its roles, schemas and functions are stand-ins"
    ]
    assert {grant.grantee for grants in reading.catalog.grants.values() for grant in grants} >= set(platform.roles)


@pytest.mark.parametrize(
    ("host", "platform"),
    [
        ("db.abcdefghijkl.supabase.co", "supabase"),
        ("aws-0-eu-central-1.pooler.supabase.com", "supabase"),
        ("ep-cool-darkness-123456.eu-central-1.aws.neon.tech", "neon"),
        ("shop.c9akciq32.eu-west-1.rds.amazonaws.com", "rds"),
        ("/cloudsql/project:region:instance", "cloudsql"),
        ("db.example.com", None),
        ("supabase.co.example.com", None),
    ],
)
def test_a_host_tells_its_platform(host: str, platform: str | None) -> None:
    assert platform_of_host(host) == platform
