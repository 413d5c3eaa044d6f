"""The assets of the installation, and which of them carry a partition key.

Keyed events never start plain asset DAGs and unkeyed events never start partitioned ones, so each
asset is one or the other; tests/contract/test_dags.py refuses a consumer of the wrong kind.
"""

from airflow.sdk import Asset, AssetWatcher

from tidemark.config.accounts import pulled_accounts
from tidemark.orchestration.inbox_trigger import InboxTrigger
from tidemark.settings import load_settings

SETTINGS = load_settings()

#: the configured own accounts of each platform that is read through an API
ACCOUNTS = {
    name: [account.key for account in accounts]
    for name, accounts in pulled_accounts(SETTINGS.config_dir).items()
}

#: one keyed asset per such platform; the key is the stat date
PLATFORMS = {name: Asset(name, uri=f"tidemark://lake/{name}") for name in ACCOUNTS}

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
