"""The options that commands share, in groups: what each means, and what it becomes.

One file a subject: ``where`` (addresses, network, way), ``judging`` (certificates, visitor),
``looking`` (closer, elsewhere, kept), ``account``, ``output``, and ``audit`` for that command.
"""
