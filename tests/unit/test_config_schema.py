"""The JSON Schema of campaign files: current, and of one mind with the loader."""

import json

import jsonschema
import yaml

from tidemark.config.loader import load_config
from tidemark.config.schema import FILE, schema_text
from tidemark.settings import PROJECT_ROOT

CONFIG = PROJECT_ROOT / "config"


def test_the_committed_schema_is_current() -> None:
    committed = (CONFIG / FILE).read_text(encoding="utf-8")

    assert committed == schema_text(load_config(CONFIG)), "run tidemark config schema"


def test_every_campaign_file_fits_the_schema() -> None:
    schema = json.loads((CONFIG / FILE).read_text(encoding="utf-8"))
    paths = list((CONFIG / "campaigns").glob("*.yml"))

    assert paths
    for path in paths:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        content["goals"] = yaml.safe_load(path.read_text(encoding="utf-8"))["goals"]
        jsonschema.Draft202012Validator(schema).validate(content)
