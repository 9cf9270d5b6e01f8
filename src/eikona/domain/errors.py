"""Every error that Eikona raises, in one tree, split by what the caller can do about it.

Each class carries a stable ``code`` that the command line and the HTTP interface show; messages
say what to do.
"""

from typing import ClassVar


class EikonaError(Exception):
    """Base of every error raised on purpose."""

    code: ClassVar[str] = "error"


class UsageError(EikonaError):
    """The call itself is wrong: mend the arguments."""

    code = "wrong_usage"


class UnknownAlgorithmError(UsageError):
    """No hash algorithm has this name."""

    code = "unknown_algorithm"


class UnknownRuleError(UsageError):
    """No rule has this name, or its parameters do not parse."""

    code = "unknown_rule"


class MissingExtraError(UsageError):
    """What is asked for needs a package that is not installed: install the extra it names."""

    code = "missing_extra"


class IncomparableError(UsageError):
    """Two fingerprints share no hash of the same algorithm and version."""

    code = "incomparable"


class InvalidFingerprintError(EikonaError):
    """Stored bytes are no fingerprint that this version reads: compute it anew."""

    code = "invalid_fingerprint"


class BankExistsError(UsageError):
    """Something stands where a bank is to be made: name another path."""

    code = "bank_exists"


class EntryNotFoundError(EikonaError):
    """The bank has no entry of this name."""

    code = "entry_not_found"


class BankLacksHashError(UsageError):
    """No entry of the bank has a hash that the search needs: add the pictures with it."""

    code = "bank_lacks_hash"


class BankError(EikonaError):
    """A bank cannot be used as it is; the subclass says why."""

    code = "bank_unusable"


class BankNotFoundError(BankError):
    """Nothing exists at the bank's path."""

    code = "bank_not_found"


class NotABankError(BankError):
    """What exists at the path is no bank."""

    code = "not_a_bank"


class BankFormatError(BankError):
    """The bank needs a newer version of Eikona."""

    code = "bank_format"


class BankDamagedError(BankError):
    """A file of the bank is torn, changed or missing: verify says what, repair keeps the rest."""

    code = "bank_damaged"


class MergeFailedError(BankError):
    """The process that merges segments failed: they are merged without it."""

    code = "merge_failed"


class BankInUseError(BankError):
    """Another process is writing to the bank: wait for it."""

    code = "bank_in_use"


class BankDeniedError(BankError):
    """This user may not read the bank, or not write to it: its owner can change that."""

    code = "bank_denied"


class SystemFailedError(EikonaError):
    """The operating system refused something that is no input: the message says what."""

    code = "system_failed"


class NotPermittedError(SystemFailedError):
    """This user may not do that: mend owner and mode."""

    code = "not_permitted"


class UnwritableError(SystemFailedError):
    """A result cannot be written where it should be: mend the place, or name another."""

    code = "unwritable"


class SourceError(EikonaError):
    """The bytes could not be had: mend the path, the permissions or the file system."""

    code = "unreadable"


class SourceMissingError(SourceError):
    """Nothing exists at the path."""

    code = "file_not_found"


class PermissionDeniedError(SourceError):
    """The file or folder exists and may not be read."""

    code = "permission_denied"


class BrokenLinkError(SourceError):
    """A symbolic link points at nothing."""

    code = "broken_symlink"


class LinkLoopError(SourceError):
    """A symbolic link leads back to itself."""

    code = "symlink_loop"


class IsFolderError(SourceError):
    """A folder stands where one file is needed."""

    code = "is_a_folder"


class NotRegularFileError(SourceError):
    """A named pipe, socket or device: reading it could block for ever."""

    code = "not_a_regular_file"


class FileChangedError(SourceError):
    """The file is not the one that was looked at before: look at it again."""

    code = "file_changed"


class EmptySourceError(SourceError):
    """The file has no bytes."""

    code = "empty_file"


class InvalidImageError(EikonaError):
    """The bytes are there and cannot become a picture: get another copy of the image."""

    code = "invalid_image"


class NotAnImageError(InvalidImageError):
    """The bytes begin like no image format."""

    code = "not_an_image"


class UnsupportedFormatError(InvalidImageError):
    """An image format that this installation does not decode."""

    code = "unsupported_format"


class UnsupportedModeError(InvalidImageError):
    """A known format in a colour mode that has no defined luma."""

    code = "unsupported_colour_mode"


class TruncatedImageError(InvalidImageError):
    """The image ends before its last pixel."""

    code = "truncated_image"


class CorruptImageError(InvalidImageError):
    """The decoder rejects the bytes."""

    code = "corrupt_image"


class DecoderCrashedError(InvalidImageError):
    """The process that decoded this image died of it."""

    code = "decoder_crashed"


class LimitExceededError(InvalidImageError):
    """The image asks for more than a limit allows: raise the named limit if you trust it."""

    code = "limit_exceeded"


class TooManyBytesError(LimitExceededError):
    """The file is larger than ``max_bytes``."""

    code = "too_many_bytes"


class TooManyPixelsError(LimitExceededError):
    """The header claims more than ``max_pixels``."""

    code = "too_many_pixels"


class ImplausibleSizeError(LimitExceededError):
    """The header claims more pixels than so few bytes can hold in this format."""

    code = "implausible_size"


class TooManyFramesError(LimitExceededError):
    """The animation has more than ``max_frames`` frames."""

    code = "too_many_frames"


class AnimationTooLargeError(LimitExceededError):
    """All frames together have more than ``max_animation_pixels``."""

    code = "animation_too_large"


class DecodeTimeoutError(LimitExceededError):
    """Decoding took longer than ``decode_timeout_s``."""

    code = "decode_timeout"


class OutOfMemoryError(LimitExceededError):
    """Decoding needed more memory than the process may have."""

    code = "out_of_memory"


class InvalidOddsError(UsageError):
    """No number of false matches that one can put up with: give one above 0."""

    code = "invalid_odds"


class InvalidTableError(EikonaError):
    """A table of numbers does not hold what it should: mend the file."""

    code = "invalid_table"


class InvalidTreeError(EikonaError):
    """A file holds no decision tree that this version can judge by: train one."""

    code = "invalid_tree"


class UntrainableError(EikonaError):
    """A table does not hold what a decision tree could be trained on."""

    code = "untrainable"


class UnlabelledError(EikonaError):
    """Nothing says which original a picture was made from, or several things do."""

    code = "unlabelled"


class MissingColumnError(InvalidTableError):
    """A table has no column of a name that is needed."""

    code = "missing_column"


class QuorumError(EikonaError):
    """Something of the quorum cannot be used as it is; the subclass says what."""

    code = "quorum_error"


class InvalidSnapshotError(QuorumError):
    """A snapshot of the quorum's state is damaged, too new or another quorum's."""

    code = "invalid_snapshot"


class MalformedError(QuorumError):
    """Bytes are no command, ballot or receipt in the form that they must have."""

    code = "malformed"


class RefusedError(QuorumError):
    """The quorum understood a command and did not carry it out; the subclass says why."""

    code = "refused"


class UnknownCaseError(RefusedError):
    """The quorum knows no case of this id, or has forgotten it: its receipt tells."""

    code = "unknown_case"


class CaseConflictError(RefusedError):
    """A case of this id asks something else: make an id of its own for each."""

    code = "case_conflict"


class CaseTooOldError(RefusedError):
    """The case was made so long ago that it may have been decided and forgotten."""

    code = "case_too_old"


class TooManyCasesError(RefusedError):
    """As many cases wait as the quorum holds: send it again later."""

    code = "too_many_cases"


class UnknownNodeError(RefusedError):
    """No node of this name, or with this key, sits in the quorum."""

    code = "unknown_node"


class NodeLostError(RefusedError):
    """The node counts as lost: it may cast ballots again once the others call it returned."""

    code = "node_lost"


class OutdatedError(RefusedError):
    """What was signed is about a state that has passed: look again and sign anew."""

    code = "outdated"


class BadSignatureError(RefusedError):
    """A signature does not belong to what it stands under."""

    code = "bad_signature"


class InvalidReceiptError(QuorumError):
    """A file is no receipt that this version reads."""

    code = "invalid_receipt"


class InvalidKeyError(QuorumError):
    """A file holds no key that can be used, or may be read by others; the message says which."""

    code = "invalid_key"


class BallotBookError(QuorumError):
    """A node's record of what it signed is damaged: it must not sign until that is mended."""

    code = "ballot_book"


class MissingPackageError(QuorumError):
    """A package is not installed that this needs: install the extra that the message names."""

    code = "missing_package"


class QuorumUnavailableError(QuorumError):
    """No majority of nodes could be reached, and the command was not sent: try again later."""

    code = "quorum_unavailable"


class OutcomeUnknownError(QuorumError):
    """The command was sent, and no answer came in time: it may still be applied. Send it again."""

    code = "outcome_unknown"


class EngineStoppedError(QuorumError):
    """This node replicates nothing now; the message says why."""

    code = "engine_stopped"


class CommandTooLongError(QuorumError, UsageError):
    """A command has more bytes than an engine carries."""

    code = "command_too_long"


class UnsafeAddressError(QuorumError, UsageError):
    """An address that others can reach, or a connection that others can read: allow it by name."""

    code = "unsafe_address"


class ReplicaDamagedError(QuorumError):
    """What a node stored is not what it wrote: remove it from the quorum and add it anew."""

    code = "replica_damaged"


class ReplicaStorageError(QuorumError):
    """A node's disk lost a write: replace the disk, remove the node, add it anew."""

    code = "replica_storage"


class EtcdError(QuorumError):
    """etcd refuses or answers what makes no sense; the message says what."""

    code = "etcd_error"


class ServerError(EikonaError):
    """The server did not do what it was asked; the subclass says why."""

    code = "server_error"


class NotFoundError(ServerError):
    """Nothing of this name exists, or nothing that the caller may know of."""

    code = "not_found"


class InvalidInputError(ServerError, UsageError):
    """A field holds what cannot be used; the message says what to write instead."""

    code = "invalid_input"


class WeakPasswordError(InvalidInputError):
    """A password that others would guess: choose a longer one."""

    code = "weak_password"


class StateConflictError(ServerError):
    """It stands differently by now than the call assumes: look again."""

    code = "state_conflict"


class NameTakenError(StateConflictError):
    """Somebody has this name already: choose another."""

    code = "name_taken"


class IdempotencyConflictError(StateConflictError):
    """The idempotency key was used for another request: make a new key for each."""

    code = "idempotency_conflict"


class NotAuthenticatedError(ServerError):
    """The call says not who makes it, or no longer validly: log in, or refresh the session."""

    code = "not_authenticated"


class WrongCredentialsError(NotAuthenticatedError):
    """Name and password do not belong together."""

    code = "wrong_credentials"


class InvalidTokenError(NotAuthenticatedError):
    """A link or token is unknown, used up or too old: ask for a new one."""

    code = "invalid_token"


class ForbiddenError(ServerError):
    """The caller is known and may not do this."""

    code = "forbidden"


class EmailUnverifiedError(ForbiddenError):
    """The account's e-mail address is not confirmed: follow the link in the mail first."""

    code = "email_unverified"


class AccountBannedError(ForbiddenError):
    """The account is banned: what is left to it is its appeal, its export and its deletion."""

    code = "account_banned"


class TryLaterError(ServerError):
    """Nothing is wrong with the call but its time.

    Attributes:
        retry_after_s: seconds after which it may be made again.
    """

    code = "try_later"

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimitedError(TryLaterError):
    """The caller makes more calls than one may."""

    code = "rate_limited"


class LockedOutError(TryLaterError):
    """Too many wrong passwords: wait, or reset the password."""

    code = "locked_out"


class OverloadedError(TryLaterError):
    """The server has more to do than it can: nothing was done."""

    code = "overloaded"


class StoreError(ServerError):
    """The server's database cannot be used; the message says why."""

    code = "store_unusable"


class AuditLogError(StoreError):
    """The audit log is not as it was written: somebody has changed it; the message says where."""

    code = "audit_log"


class MailError(ServerError):
    """A mail could not be handed on: it is tried again."""

    code = "mail_failed"


class UnmarkableError(EikonaError):
    """A picture cannot be watermarked; the subclass says why."""

    code = "unmarkable"


class TooSmallToMarkError(UnmarkableError):
    """Too few pixels hold no mark that lasts: mark a larger copy."""

    code = "too_small_to_mark"


class TooPlainToMarkError(UnmarkableError):
    """Nothing in the picture hides a mark: protect it by its metadata and signature alone."""

    code = "too_plain_to_mark"


class TooLargeToMarkError(UnmarkableError):
    """More pixels than are marked: mark a smaller copy."""

    code = "too_large_to_mark"


class AlreadyMarkedError(UnmarkableError):
    """The picture holds a mark of this key already: mark the original."""

    code = "already_marked"


class WouldDestroyMarkError(UnmarkableError):
    """A mark that was to be kept would not be read any more: mark the original."""

    code = "would_destroy_mark"
