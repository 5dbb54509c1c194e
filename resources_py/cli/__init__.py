"""The command ``resources-py``: show, convert, check and resolve resources without writing code.

It needs the extra ``cli``: ``pip install 'resources-py[cli]'``. Each command is a module of ``commands``, each family
of formats one of ``formats``. Other programs should use the package, not this.
"""
