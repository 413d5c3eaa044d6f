"""Measurements and long campaigns: `python -m bench [name …]`, or `make bench` for all."""
