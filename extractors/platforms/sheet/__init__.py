"""Sheets of our own: what no API gives, filled in by the operators.

`tidemark template NAME` writes an empty one. Cells above the header say when the figures were
taken and which days they cover, so that a corrected sheet supersedes an older one and a covered
day without a row is known to be empty. A blank cell is unknown; 0 is an observed zero.
"""

from extractors.core.model import Platform
from extractors.platforms.sheet.accounts import ACCOUNT_DAYS
from extractors.platforms.sheet.campaign import ACTIVITIES, COUPONS, KOL_CONTRACTS, SPEND
from extractors.platforms.sheet.community import ACTIONS, COMMUNITY_DAYS, COMPETITOR_DAYS
from extractors.platforms.sheet.content import CONTENT_CALENDAR
from extractors.platforms.sheet.live import LIVE_SESSIONS
from extractors.platforms.sheet.risk import COMPLAINTS, MENTIONS, PENALTIES, SURVEY_ANSWERS

PLATFORM = Platform(
    name="sheet",
    label_zh="运营表",
    label_en="Operation sheet",
    streams=(
        ACCOUNT_DAYS,
        LIVE_SESSIONS,
        CONTENT_CALENDAR,
        KOL_CONTRACTS,
        ACTIVITIES,
        COUPONS,
        SPEND,
        COMMUNITY_DAYS,
        ACTIONS,
        COMPETITOR_DAYS,
        MENTIONS,
        COMPLAINTS,
        PENALTIES,
        SURVEY_ANSWERS,
    ),
)
