"""Somebody logs in: right passwords begin a session, wrong ones lock further ones out for a while.

Wrong passwords count twice: against one account from one network, where few are enough, and against
one account from everywhere, where many are: so nobody is locked out by somebody else's guesses
alone, and guesses from many networks come to an end too.
"""

import hashlib
import ipaddress
from dataclasses import dataclass, field, replace

from eikona.domain.account import Account, Standing
from eikona.domain.errors import LockedOutError, WrongCredentialsError
from eikona.domain.session import LoginFailures, RefreshToken, Session
from eikona.services.accounts.names import same_password
from eikona.services.accounts.ports import AccessTokens, Claims, Clock, Passwords
from eikona.services.audit_log import note
from eikona.services.identifiers import digest_of, new_id, new_secret
from eikona.services.store.records import Records, Store

NARROW_FREE = 5  # wrong passwords from one network before the first wait
WIDE_FREE = 50  # from everywhere
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 3600
FORGOTTEN_S = 24 * 3600  # after the last wrong password
SESSIONS_MOST = 50  # of one account; the one unused longest ends
AGENT_MOST = 200  # characters that are kept
_IPV6_PREFIX = 64  # what one subscriber has


@dataclass(frozen=True, slots=True)
class LogIn:
    """What somebody says.

    Attributes:
        login: name or e-mail address.
        password: as it was typed.
        network: address of whoever asks.
        agent: what the client calls itself.
    """

    login: str
    password: str = field(repr=False)
    network: str
    agent: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What keeps somebody logged in.

    Attributes:
        account: who it is.
        session: id.
        access: token for calls.
        access_s: seconds that it is good for.
        refresh: token that can be used once, for the next two.
        refresh_s: seconds that it is good for.
    """

    account: Account
    session: str
    access: str = field(repr=False)
    access_s: int
    refresh: str = field(repr=False)
    refresh_s: int


def log_in(
    command: LogIn,
    *,
    store: Store,
    passwords: Passwords,
    tokens: AccessTokens,
    clock: Clock,
    session_s: int,
) -> Tokens:
    """Begin a session.

    Raises:
        WrongCredentialsError: there is no such account, or it has another password.
        LockedOutError: there were too many wrong passwords.
    """
    now = clock()
    login = command.login.strip()
    account = store.read(lambda records: _account(records, login))
    names = _counted_as(account, login, command.network)
    store.read(lambda records: _check_not_locked(records, names, now))
    kept = "" if account is None else account.password
    password = same_password(command.password)
    if not passwords.verify(kept, password) or account is None:
        store.write(lambda records: _count(records, names, now))
        raise WrongCredentialsError("name and password do not belong together")
    fresh = passwords.hash(password) if passwords.is_outdated(kept) else kept

    def begin(records: Records) -> Tokens:
        there = records.accounts.get(account.id)
        if there.password != kept or there.standing is Standing.DELETED:
            raise WrongCredentialsError("the password was changed meanwhile")
        records.failures.remove(names[0])
        if fresh != kept:
            records.accounts.put(replace(there, password=fresh))
        _make_room(records, there.id, now)
        return begin_session(
            records,
            there,
            command.network,
            command.agent,
            tokens=tokens,
            now_ms=now,
            session_s=session_s,
        )

    return store.write(begin)


def begin_session(
    records: Records,
    account: Account,
    network: str,
    agent: str,
    *,
    tokens: AccessTokens,
    now_ms: int,
    session_s: int,
) -> Tokens:
    """Begin a session and return its first tokens."""
    session = Session(
        id=new_id(),
        account=account.id,
        agent=agent[:AGENT_MOST],
        network=network,
        created_at_ms=now_ms,
        used_at_ms=now_ms,
        expires_at_ms=now_ms + 1000 * session_s,
    )
    records.sessions.add(session)
    note(records, at_ms=now_ms, actor=account.id, action="session.begun", subject=session.id)
    return next_tokens(records, account, session, tokens=tokens, session_s=session_s)


def next_tokens(
    records: Records, account: Account, session: Session, *, tokens: AccessTokens, session_s: int
) -> Tokens:
    """Return new tokens of a session."""
    refresh = new_secret()
    records.refresh_tokens.add(RefreshToken(digest_of(refresh), session.id))
    access, access_s = tokens.issue(Claims(account.id, session.id))
    return Tokens(account, session.id, access, access_s, refresh, session_s)


def _account(records: Records, login: str) -> Account | None:
    if "@" in login:
        return records.accounts.with_email(login)
    return records.accounts.named(login.lower())


def _counted_as(account: Account | None, login: str, network: str) -> tuple[str, str]:
    who = f"unknown {login.casefold()}" if account is None else account.id
    return _digest(who, _subscriber(network)), _digest(who, "everywhere")


def _digest(who: str, where: str) -> str:
    return hashlib.sha256(f"{who}\0{where}".encode()).hexdigest()


def _subscriber(network: str) -> str:
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return network
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))


def _check_not_locked(records: Records, names: tuple[str, str], now_ms: int) -> None:
    for name in names:
        known = records.failures.find(name)
        if known is not None and now_ms < known.locked_until_ms:
            raise LockedOutError(
                "too many wrong passwords: wait, or reset the password",
                retry_after_s=(known.locked_until_ms - now_ms) / 1000,
            )


def _count(records: Records, names: tuple[str, str], now_ms: int) -> None:
    for name, free in zip(names, (NARROW_FREE, WIDE_FREE), strict=True):
        known = records.failures.find(name)
        is_old = known is None or now_ms - known.last_at_ms > 1000 * FORGOTTEN_S
        count = 1 if known is None or is_old else known.count + 1
        wait_s = 0
        if count >= free:
            wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S << min(count - free, 10))
        records.failures.keep(LoginFailures(name, count, now_ms, now_ms + 1000 * wait_s))


def _make_room(records: Records, account: str, now_ms: int) -> None:
    for session in records.sessions.of(account)[SESSIONS_MOST - 1 :]:
        records.sessions.put(replace(session, ended_at_ms=now_ms))
