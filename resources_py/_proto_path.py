"""Where the .proto files are."""

from pathlib import Path

import resourceidl


def proto_path() -> Path:
    """Return the folder to pass to protoc's ``-I``, for a .proto that imports ``resourceidl/v1/resources.proto``.

    Returns:
        A folder of the installed package.

    Example:
        >>> (proto_path() / "resourceidl/v1/resources.proto").is_file()
        True
    """
    return Path(resourceidl.__file__).parent.parent


proto_path.__module__ = "resources_py"  # the name that people import
