"""The database: one writer that nobody waits for in vain, and steps that make what is declared."""

import sqlite3
import threading
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from eikona.adapters.database.database import Database
from eikona.adapters.database.tables import metadata
from eikona.domain.account import Account, Role, Standing
from eikona.domain.errors import NotFoundError, StoreError


def account(number: int) -> Account:
    name = f"name{number}"
    return Account(name, name, f"{name}@b.c", "hash", Role.USER, Standing.ACTIVE, number)


@pytest.fixture
def database(tmp_path):
    made = Database(tmp_path / "server.db")
    yield made
    made.close()


def test_the_steps_make_the_tables_that_are_declared(database, tmp_path):
    with create_engine(f"sqlite:///{tmp_path / 'server.db'}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opens_again_and_refuses_a_newer_one(database, tmp_path):
    database.write(lambda records: records.accounts.add(account(1)))
    database.close()
    again = Database(tmp_path / "server.db")
    assert again.read(lambda records: records.accounts.get("name1")) == account(1)
    again.close()
    with sqlite3.connect(tmp_path / "server.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer"):
        Database(tmp_path / "server.db")


def test_work_that_fails_leaves_no_trace_and_takes_nothing_else_with_it(database):
    started, go_on = threading.Event(), threading.Event()

    def first(records):
        started.set()
        go_on.wait(10)
        records.accounts.add(account(0))

    def fails(records):
        records.accounts.add(account(1))
        raise KeyError("on purpose")

    errors = []

    def failing():
        with pytest.raises(KeyError) as caught:
            database.write(fails)
        errors.append(caught.value)

    works = [
        lambda: database.write(first),
        failing,
        lambda: database.write(lambda records: records.accounts.add(account(2))),
    ]
    threads = [threading.Thread(target=work) for work in works]
    threads[0].start()
    started.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(errors) == 1
    found = [
        database.read(lambda records, n=n: records.accounts.find(f"name{n}")) for n in range(3)
    ]
    assert found == [account(0), None, account(2)]


def test_many_threads_and_a_second_process_write_without_being_turned_away(database, tmp_path):
    other = sqlite3.connect(tmp_path / "server.db", timeout=30, isolation_level=None)
    database.write(lambda records: records.accounts.add(account(0)))

    def count_up():
        for _ in range(25):
            database.write(
                lambda records: records.accounts.put(
                    replace(
                        one := records.accounts.get("name0"), created_at_ms=one.created_at_ms + 1
                    )
                )
            )

    threads = [threading.Thread(target=count_up) for _ in range(16)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE accounts SET created_at_ms = created_at_ms + 1000")
        other.execute("COMMIT")
    for thread in threads:
        thread.join(60)
    other.close()
    kept = database.read(lambda records: records.accounts.get("name0"))
    assert kept.created_at_ms == 16 * 25 + 20 * 1000


def test_readers_cannot_write_and_see_one_state(database):
    database.write(lambda records: records.accounts.add(account(0)))

    def twice(records):
        before = records.accounts.get("name0")
        database.write(lambda other: other.accounts.put(replace(before, name="changed")))
        return before, records.accounts.get("name0")

    before, after = database.read(twice)
    assert before == after
    assert database.read(lambda records: records.accounts.get("name0")).name == "changed"
    with pytest.raises(StoreError, match="readonly"):
        database.read(lambda records: records.accounts.add(account(1)))


def test_names_are_unique_but_for_those_of_the_deleted(database):
    database.write(lambda records: records.accounts.add(account(0)))
    with pytest.raises(Exception, match="UNIQUE"):
        database.write(lambda records: records.accounts.add(replace(account(0), id="other")))
    for number in (1, 2):
        gone = replace(account(number), name="", email="", standing=Standing.DELETED)
        database.write(lambda records, gone=gone: records.accounts.add(gone))
    with pytest.raises(NotFoundError):
        database.write(lambda records: records.accounts.put(account(3)))


def test_after_closing_work_is_refused_rather_than_forgotten(database):
    database.close()
    with pytest.raises(StoreError):
        database.write(lambda records: records.accounts.add(account(0)))
