"""What is known of the slices to judge: how many rows the days before had."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import pyarrow as pa

from expectations.slices import USUAL_DAYS
from extractors.core.lake import Manifest, SliceRecord, WinningSlice
from extractors.core.model import JUDGED
from tidemark.clock import business_date

Day = tuple[str, date]
HISTORY = pa.schema(
    [
        ("_batch_id", pa.string()),
        ("account_key", pa.string()),
        ("dt", pa.date32()),
        ("rows", pa.int64()),
        ("quarantined", pa.int64()),
        ("usual_rows", pa.float64()),
        ("quietest_rows", pa.int64()),
        ("known_days", pa.int64()),
        ("is_first", pa.bool_()),
        ("age_days", pa.int64()),
    ]
)


def slice_history(manifests: Sequence[Manifest], current: Sequence[WinningSlice]) -> pa.Table:
    """Return one line per slice to judge, as {slices} in expectations/slices.py describes it."""
    pending = [(m, s) for m in manifests for s in m.slices if s.status in JUDGED]
    read_before = {(w.key.account_key, w.key.dt) for w in current}
    known: dict[Day, int] = {}
    for day, rows in [
        *(((s.account_key, s.dt), s.rows) for _, s in pending),
        *(((w.key.account_key, w.key.dt), w.rows) for w in current),
    ]:
        known[day] = max(known.get(day, 0), rows)
    lines = [_line(m, s, known, (s.account_key, s.dt) not in read_before) for m, s in pending]
    return pa.Table.from_pylist(lines, schema=HISTORY)


def _line(
    manifest: Manifest, record: SliceRecord, known: Mapping[Day, int], is_first: bool
) -> dict[str, Any]:
    days = [record.dt - timedelta(days=n) for n in range(1, USUAL_DAYS + 1)]
    before = [known[day] for dt in days if (day := (record.account_key, dt)) in known]
    captured_at = datetime.fromisoformat(record.captured_at or manifest.captured_at)
    return {
        "_batch_id": manifest.batch_id,
        "account_key": record.account_key,
        "dt": record.dt,
        "rows": record.rows,
        "quarantined": record.quarantined,
        "usual_rows": median(before) if before else None,
        "quietest_rows": min(before, default=None),
        "known_days": len(before),
        "is_first": is_first,
        "age_days": (business_date(captured_at) - record.dt).days,
    }
