# One image for every service: the locked environment, the DAGs and the models.
FROM python:3.11.14-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 tidemark \
    && mkdir -p /var/lib/tidemark /opt/airflow/logs \
    && chown -R tidemark /var/lib/tidemark /opt/airflow

WORKDIR /opt/tidemark
COPY pyproject.toml uv.lock README.md ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir uv==0.13.9 \
    && .venv/bin/uv sync --frozen --inexact --no-dev --group server --no-install-project
COPY . .
RUN .venv/bin/uv sync --frozen --inexact --no-dev --group server

ENV PATH=/opt/tidemark/.venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow \
    TIDEMARK_HOME=/var/lib/tidemark
USER tidemark
CMD ["tidemark", "--help"]
