"""Holds any implementation to the vectors: the reference service over gRPC, and other programs line by line."""
