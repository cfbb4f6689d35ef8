"""The TLS server that both sides of a comparison talk to, in a process of its own."""

import asyncio
import contextlib
import multiprocessing
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from cf525.lab.ca import Authority

HOST = "www.example.com"


def _serve(pipe: Connection, folder: str) -> None:
    async def main() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(Path(folder) / "crt.pem", Path(folder) / "key.pem")
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=context, backlog=2048)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # clients reset when they have seen enough
        await reader.read(4096)
    writer.close()


@contextmanager
def tls_server() -> Iterator[int]:
    """The port of a TLS 1.3 server with an RSA 2048 certificate."""
    issued = Authority().issue(HOST, kind="rsa2048")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "crt.pem").write_bytes(issued.chain_pem)
        (Path(folder) / "key.pem").write_bytes(issued.key_pem)
        near, far = multiprocessing.Pipe()
        process = multiprocessing.Process(target=_serve, args=(far, folder), daemon=True)
        process.start()
        try:
            yield near.recv()
        finally:
            process.terminate()
            process.join(5)
