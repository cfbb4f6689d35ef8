"""Loaded by a worker of a cluster (``dask worker --preload``): its probes leave from another
address of loopback, so that an origin can tell it from others."""

from typing import Final

from cf525.probe.transports import Direct, Factory, Loop

ADDRESS: Final = "127.0.0.2"


async def connect(_: Direct, loop: Loop, factory: Factory, host: str, port: int) -> None:
    await loop.create_connection(factory, host, port, local_addr=(ADDRESS, 0))


def dask_setup(worker: object) -> None:
    """What Dask calls as the worker starts, and nobody else."""
    del worker
    setattr(Direct, "connect", connect)  # noqa: B010
