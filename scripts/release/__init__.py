"""Build a release and check that it is ready: `make dist`, `make release-check`."""
