"""The documentation as a site that is read offline: pages, registry, tables and dbt's lineage."""
