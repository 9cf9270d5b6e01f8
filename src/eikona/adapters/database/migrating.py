"""Brings a database up to this version, step by step, all of them or none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from eikona.domain.errors import StoreError

_STEPS = Path(__file__).with_name("migrations")


def migrate(connection: Connection) -> None:
    """Bring the database to the newest version.

    Raises:
        StoreError: it is of a version that this program does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head() or ""

    def steps(now: str, _context: MigrationContext) -> Sequence[Any]:
        return scripts._upgrade_revs(head, now)  # noqa: SLF001  what alembic's own upgrade does

    with connection.begin():
        now = MigrationContext.configure(connection).get_current_revision()
        if now == head:
            return
        if now is not None and now not in {one.revision for one in scripts.walk_revisions()}:
            raise StoreError(f"version {now} is newer than this program: update it")
        with EnvironmentContext(config, scripts, fn=steps) as environment:
            environment.configure(connection=connection)
            environment.run_migrations()
