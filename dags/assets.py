"""The assets of the installation, and which of them carry a partition key.

Keyed events never start plain asset DAGs and unkeyed events never start partitioned ones, so each
asset is one or the other; tests/contract/test_dags.py refuses a consumer of the wrong kind.
"""

from airflow.sdk import Asset, AssetWatcher

from extractors.core.registry import platforms_by_name
from tidemark.config.accounts import load_accounts
from tidemark.orchestration.inbox_trigger import InboxTrigger
from tidemark.settings import load_settings

SETTINGS = load_settings()

#: one keyed asset per platform that is read through an API; the key is the stat date
PLATFORMS = {
    name: Asset(f"{name}", uri=f"tidemark://lake/{name}")
    for name, platform in platforms_by_name().items()
    if platform.authorize is not None
}

#: the configured own accounts of each of them
ACCOUNTS = {
    name: [
        account.key
        for account in load_accounts(SETTINGS.config_dir)
        if account.platform == name and account.ownership == "own"
    ]
    for name in PLATFORMS
}

#: keyed: the days that dropped files cover
FILES = Asset("files", uri="tidemark://lake/files")

#: keyed: the day whose wait is over
DEADLINE = Asset("deadline", uri="tidemark://clock/deadline")

#: keyed: the id of the release that was published
RELEASE = Asset("release", uri="tidemark://published/release")

#: unkeyed: something lies in the inbox; the folder, not the event, is the truth
INBOX = Asset(
    "inbox",
    uri="tidemark://inbox",
    watchers=[AssetWatcher("inbox", trigger=InboxTrigger(inbox=str(SETTINGS.inbox)))],
)

KEYED = (*PLATFORMS.values(), FILES, DEADLINE, RELEASE)
UNKEYED = (INBOX,)
