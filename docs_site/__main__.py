"""python -m docs_site [folder]: build the site, by default into data/docs."""

import sys
from pathlib import Path

from docs_site.build import build_site
from tidemark.settings import PROJECT_ROOT

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT_ROOT / "data" / "docs"
    start = build_site(folder)
    print(f"open {start}; to search, serve it: python -m http.server --directory {start.parent}")
