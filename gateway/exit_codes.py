"""What the command line's exit code says, beside 0 for success and 1 for an error."""

WRONG_CALL = 64
"""Invalid options and arguments: EX_USAGE of BSD's sysexits."""

LINES_REJECTED = 2


class LinesRejected(Exception):
    """Files were imported, but some of their lines were rejected, which has been reported already."""
