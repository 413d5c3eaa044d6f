"""Where a release is published beside its embedded file."""
