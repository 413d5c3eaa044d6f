"""52 days of real popular videos (../shared/data), served as the open platform would.

The accounts are the owners that were seen most often, and those of the videos whose counters all
read 0 on 2023-10-01. A counter can be read on the days on which it was observed.
"""

from pathlib import Path

from sandbox.world import World


def world(_shared: Path | None) -> World:
    """Return the world; its figures are a facet of Bilibili."""
    return World("bilibili_popular")
