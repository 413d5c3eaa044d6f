"""Settings of the local Superset; every value of a real installation comes from the environment."""

import os
import secrets
from pathlib import Path

HOME = Path(os.environ["TIDEMARK_BI_HOME"])


def _secret_key() -> str:
    """Return the key of this installation, made on first use."""
    kept = HOME / "secret_key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return kept.read_text().strip()


SECRET_KEY = os.environ.get("SUPERSET_SECRET_KEY") or _secret_key()
SQLALCHEMY_DATABASE_URI = os.environ.get("SUPERSET_DATABASE_URI") or (
    f"sqlite:///{HOME / 'superset.db'}?check_same_thread=false"
)
# a release is seen by the next question: nothing that was answered is kept
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = CACHE_CONFIG
# what filters and drafts a browser holds is kept in Superset's own database
FEATURE_FLAGS = {"DASHBOARD_RBAC": False}
BABEL_DEFAULT_LOCALE = os.environ.get("SUPERSET_LANGUAGE") or "en"
LANGUAGES = {
    "en": {"flag": "us", "name": "English"},
    "zh": {"flag": "cn", "name": "中文"},
}
WTF_CSRF_ENABLED = True
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'", "'unsafe-eval'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
