"""The command ``resources-py``: look at, convert, check and resolve resources without writing code.

It needs the extra ``cli``: ``pip install 'resources-py[cli]'``. Each command is a module of its name; what they share
is in the modules that begin with an underscore. Nothing here is for other programs to import: they have the package.
"""
