"""What can go wrong, by what the caller of the lab does about it."""


class LabError(Exception):
    """The lab itself went wrong, and nothing is known of the guest."""
    status = 3


class GuestFailed(LabError):
    """The guest did not get where it should; `evidence` says more."""
    status = 1

    def __init__(self, message, evidence=""):
        super().__init__(message)
        self.evidence = evidence


class UsageError(LabError):
    status = 2


class Unavailable(LabError):
    """The lab cannot run here: a test that needs it is skipped."""
    status = 77
