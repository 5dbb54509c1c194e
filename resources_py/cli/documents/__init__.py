"""YAML and JSON documents as trees that keep the position of each value."""
