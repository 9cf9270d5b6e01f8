"""How nodes speak to etcd, as options say it; the same for a node and for those of a quorum."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eikona.apps.node.settings import EtcdAccess

AuthorityOption = Annotated[
    Path | None,
    typer.Option(
        "--etcd-authority",
        metavar="FILE",
        help="Certificate of whoever signed those of etcd's servers (PEM).",
        show_default="etcd/authority.crt in the node's folder",
    ),
]
CertificateOption = Annotated[
    Path | None,
    typer.Option(
        "--etcd-certificate",
        metavar="FILE",
        help="What the node shows to etcd (PEM).",
        show_default="etcd/client.crt in the node's folder",
    ),
]
KeyOption = Annotated[
    Path | None,
    typer.Option(
        "--etcd-key",
        metavar="FILE",
        help="The key of that certificate (PEM).",
        show_default="etcd/client.key in the node's folder",
    ),
]
UserOption = Annotated[
    str, typer.Option("--etcd-user", metavar="NAME", help="Who logs in, where etcd asks.")
]
PasswordOption = Annotated[
    Path | None,
    typer.Option(
        "--etcd-password-file",
        metavar="FILE",
        help="Holds the password of that user; others must not be able to read it.",
        show_default=False,
    ),
]


def etcd_access(
    authority: Path | None, certificate: Path | None, key: Path | None, user: str, file: Path | None
) -> "EtcdAccess":
    """Return what these options say."""
    from eikona.apps.node.settings import EtcdAccess  # noqa: PLC0415  an extra

    return EtcdAccess(
        authority=authority, certificate=certificate, key=key, user=user, password_file=file
    )


def etcd_arguments(
    authority: Path | None, certificate: Path | None, key: Path | None, user: str, file: Path | None
) -> list[str]:
    """Return these options as a node is given them."""
    told = {
        "--etcd-authority": authority,
        "--etcd-certificate": certificate,
        "--etcd-key": key,
        "--etcd-user": user or None,
        "--etcd-password-file": file,
    }
    named = ((name, one) for name, one in told.items() if one is not None)
    return [
        part
        for name, one in named
        for part in (name, str(one.absolute() if isinstance(one, Path) else one))
    ]
