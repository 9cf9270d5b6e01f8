"""What the server is told when it starts: environment first, then a file, then what stands here.

Names end in their unit. ``docs/settings.md`` is made from this module: ``tools/settings_page.py``.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from eikona.domain.errors import UsageError

PREFIX = "EIKONA_"
FILE_NAME = "settings.toml"
_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S


class Settings(BaseSettings):
    """All settings of the server."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data: Path = Field(description="Folder with everything that the server keeps.")
    host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Any but a loopback address is open to others.",
    )
    port: int = Field(8420, ge=0, le=65535, description="Port to listen on; 0 for a free one.")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+)?$",
        description="Where people reach the server, such as https://pictures.example; links in"
        " mails begin with it. Empty: the address that it listens on.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses of proxies, with commas between, whose word on who calls is"
        " believed. Empty: none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What is logged at least."
    )
    metrics_networks: str = Field(
        "127.0.0.0/8,::1/128", description="Networks that may read /metrics, with commas between."
    )
    requests_most: int = Field(
        200, ge=1, description="Requests at one time; more are asked to come back later."
    )

    upload_bytes_most: int = Field(
        50_000_000, ge=1000, le=50_000_000, description="Longest picture, in bytes."
    )
    body_bytes_most: int = Field(
        1_000_000, ge=1000, description="Longest body of any other request, in bytes."
    )
    disk_bytes_free_least: int = Field(
        500_000_000,
        ge=0,
        description="Room that the disk must have, in bytes; with less the server is not ready,"
        " and takes no uploads.",
    )

    quorum_preset: Literal["robust", "triple-a"] = Field(
        "robust", description="What the nodes judge by, where a quorum is made."
    )
    reference: Path | None = Field(
        None,
        description="Folder of pictures of which no copies may be published. Unset: reference, in"
        " the data folder.",
    )
    render_at_once: int = Field(
        2, ge=1, le=32, description="Processes that decode uploaded pictures."
    )
    render_s: int = Field(30, ge=1, description="Seconds that one picture may take to decode.")
    screening_at_once: int = Field(
        8, ge=1, le=64, description="Pictures before the quorum at one time."
    )

    access_token_s: int = Field(
        15 * _MINUTE_S, ge=10, le=_DAY_S, description="Seconds that an access token is good for."
    )
    session_s: int = Field(
        30 * _DAY_S, ge=60, description="Seconds after which an unused session ends."
    )
    email_token_s: int = Field(
        _DAY_S, ge=60, description="Seconds that a link to confirm an address is good for."
    )
    reset_token_s: int = Field(
        _HOUR_S, ge=60, description="Seconds that a link to reset a password is good for."
    )
    password_memory_kib: int = Field(
        65_536, ge=19_456, description="Memory that hashing a password takes, in KiB."
    )
    password_rounds: int = Field(3, ge=2, description="Rounds over that memory.")

    strikes_to_ban: int = Field(
        3, ge=1, description="Strikes in force at which an account is banned."
    )
    strike_s: int = Field(180 * _DAY_S, ge=60, description="Seconds after which a strike expires.")
    appeal_s: int = Field(
        180 * _DAY_S,
        ge=60,
        description="Seconds after a decision in which it can be appealed.",
    )
    review_lock_s: int = Field(
        15 * _MINUTE_S, ge=10, description="Seconds that a reviewer has a case to himself."
    )

    smtp_host: str = Field(
        "", description="Mail server. Empty: mail is kept in the data folder, in the folder mail."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_user: str = Field("", description="Name at the mail server; empty for none.")
    smtp_password: str = Field("", repr=False, description="Password at the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection to the mail server is kept secret."
    )
    mail_from: str = Field("Eikona <eikona@localhost>", description="Sender of mails.")

    events_kept_s: int = Field(
        30 * _DAY_S, ge=60, description="Seconds after which events are deleted."
    )
    removed_kept_s: int = Field(
        90 * _DAY_S,
        ge=0,
        description="Seconds after which the pictures of refused and removed posts are deleted;"
        " until then an appeal can be judged.",
    )

    @field_validator("data", "reference")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from, the first one that knows any deciding."""
        del dotenv_settings, file_secret_settings
        file = TomlConfigSettingsSource(settings_cls, _file(init_settings))
        return init_settings, env_settings, file

    @property
    def address(self) -> str:
        """Where people reach the server."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def database(self) -> Path:
        """Where the database is."""
        return self.data / "server.db"

    @property
    def blobs(self) -> Path:
        """Where files are."""
        return self.data / "blobs"

    @property
    def secret(self) -> Path:
        """What tokens and links are signed with."""
        return self.data / "secret.key"

    @property
    def mail(self) -> Path:
        """Where mail lies that no mail server takes."""
        return self.data / "mail"

    @property
    def quorum(self) -> Path:
        """Where the quorum is."""
        return self.data / "quorum"


def read_settings(**given: object) -> Settings:
    """Return the settings; what is given here goes before environment and file.

    Raises:
        UsageError: one of them makes no sense; the message says which.
    """
    named: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if "data" not in named and f"{PREFIX}DATA" not in os.environ:
        named["data"] = usual_data()
    try:
        return Settings(**named)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"setting {name}: {first['msg']}") from error
    except ValueError as error:
        raise UsageError(f"the settings cannot be read: {error}") from error


def usual_data() -> Path:
    """Return the folder where nothing else is said."""
    base = os.environ.get("XDG_DATA_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share"
    return root / "eikona" / "server"


def _file(given: PydanticBaseSettingsSource) -> Path:
    named = os.environ.get(f"{PREFIX}SETTINGS")
    if named:
        if not Path(named).is_file():
            raise UsageError(f"there is no file {named}: {PREFIX}SETTINGS names it")
        return Path(named)
    data = given().get("data") or os.environ.get(f"{PREFIX}DATA")
    return Path(str(data or usual_data())).expanduser() / FILE_NAME
