"""What can stop a release; each message says what, where and what to do."""

from tidemark.errors import TidemarkError


class LockError(TidemarkError):
    """Another process works on the same data root."""


class PlanError(TidemarkError):
    """A plan is unknown, superseded, or not at the step that was asked for."""


class BuildError(TidemarkError):
    """The build database could not be built; nothing was published."""


class RoomError(TidemarkError):
    """The disk has no room for a release; nothing was begun."""


class GateError(TidemarkError):
    """A critical check failed; the published release stays as it is."""


class RollbackError(TidemarkError):
    """There is no such release to go back to."""


class PublishError(TidemarkError):
    """A release could not be copied to where it is published; readers there keep the older one."""
