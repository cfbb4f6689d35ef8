"""Servers of the distribution's packages on loopback, each in a process of its own.

Used to record transcripts, and by tests marked ``realserver``. Every function gives a context
manager that yields the port once the server answers, and ends the process it started.
"""

import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

JAVA_SOURCE = """
import javax.net.ssl.*; import java.io.*; import java.security.*;
public class Origin {
  public static void main(String[] a) throws Exception {
    KeyStore s = KeyStore.getInstance("PKCS12");
    s.load(new FileInputStream(a[0]), "password".toCharArray());
    KeyManagerFactory k = KeyManagerFactory.getInstance("SunX509");
    k.init(s, "password".toCharArray());
    TrustManagerFactory t = TrustManagerFactory.getInstance("SunX509"); t.init(s);
    SSLContext c = SSLContext.getInstance("TLS");
    c.init(k.getKeyManagers(), t.getTrustManagers(), null);
    SSLServerSocket l = (SSLServerSocket) c.getServerSocketFactory()
        .createServerSocket(Integer.parseInt(a[1]));
    l.setEnabledProtocols(a[2].split(","));
    if (a.length > 3) l.setEnabledCipherSuites(a[3].split(","));
    while (true) {
      try (SSLSocket x = (SSLSocket) l.accept()) {
        x.setSoTimeout(1000); x.getInputStream().read();
        x.getOutputStream().write("HTTP/1.0 204 No Content\\r\\n\\r\\n".getBytes());
      } catch (IOException e) { }
    }
  }
}
"""
JAVA_SECURITY = "jdk.tls.disabledAlgorithms=\njdk.tls.legacyAlgorithms=\n"

GO_SOURCE = """
package main

import ("crypto/tls"; "crypto/x509"; "net"; "os"; "strconv"; "time")

func main() {
    pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
    if err != nil { panic(err) }
    low, _ := strconv.Atoi(os.Args[4])
    high, _ := strconv.Atoi(os.Args[5])
    config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: uint16(low),
        MaxVersion: uint16(high), NextProtos: []string{"http/1.1"}}
    for _, each := range os.Args[6:] {
        if each == "mutual" {
            config.ClientAuth = tls.RequireAndVerifyClientCert
            config.ClientCAs = x509.NewCertPool()
            continue
        }
        suite, _ := strconv.Atoi(each)
        config.CipherSuites = append(config.CipherSuites, uint16(suite))
    }
    listener, err := net.Listen("tcp", "127.0.0.1:" + os.Args[3])
    if err != nil { panic(err) }
    for {
        raw, err := listener.Accept()
        if err != nil { return }
        raw.SetDeadline(time.Now().Add(2 * time.Second))
        connection := tls.Server(raw, config)
        if connection.Handshake() == nil {
            connection.Read(make([]byte, 1024))
            connection.Write([]byte("HTTP/1.0 204 No Content\\r\\n\\r\\n"))
        }
        connection.Close()
    }
}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], port: int, *, directory: Path, patience: float = 20.0
) -> Iterator[int]:
    """Start a server, wait until its port accepts, and end that very process afterwards."""
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            list(command), cwd=directory, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
    try:
        _await_port(process, port, patience)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _await_port(process: subprocess.Popen[bytes], port: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server never listened")


def nginx(directory: Path, port: int, directives: str) -> list[str]:
    """``directives`` go into one server block that already listens and names its certificate."""
    (directory / "nginx.conf").write_text(
        f"""daemon off; master_process off;
pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {directory}; proxy_temp_path {directory};
fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
{directives.replace("PORT", str(port))} }}
"""
    )
    return ["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf")]


def apache(directory: Path, port: int, directives: str) -> list[str]:
    modules = "/usr/lib/apache2/modules"
    (directory / "httpd.conf").write_text(
        f"""ServerRoot {directory}
PidFile {directory}/pid
ErrorLog {directory}/error.log
ServerName localhost
User nobody
Listen 127.0.0.1:{port}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule ssl_module {modules}/mod_ssl.so
DocumentRoot {directory}
SSLEngine on
SSLCertificateFile {directory}/chain.pem
SSLCertificateKeyFile {directory}/key.pem
{directives}
"""
    )
    return ["apache2", "-X", "-f", str(directory / "httpd.conf")]


def haproxy(directory: Path, port: int, bind: str) -> list[str]:
    (directory / "both.pem").write_bytes(
        (directory / "chain.pem").read_bytes() + (directory / "key.pem").read_bytes()
    )
    (directory / "haproxy.cfg").write_text(
        f"""global
  tune.ssl.default-dh-param 2048
defaults
  mode http
  timeout client 3s
  timeout server 3s
  timeout connect 3s
frontend f
  bind 127.0.0.1:{port} ssl crt {directory}/both.pem {bind}
  http-request return status 204
"""
    )
    return ["haproxy", "-f", str(directory / "haproxy.cfg")]


def caddy(directory: Path, port: int, name: str) -> list[str]:
    (directory / "Caddyfile").write_text(
        f"""{{
  admin off
  auto_https off
  storage file_system {directory}/caddy
}}
https://{name}:{port} {{
  bind 127.0.0.1
  tls {directory}/chain.pem {directory}/key.pem
  respond "hello" 200
}}
"""
    )
    config = str(directory / "Caddyfile")
    return ["caddy", "run", "--config", config, "--adapter", "caddyfile"]


def openssl(directory: Path, port: int, *options: str) -> list[str]:
    return [
        "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", "-cert", "leaf.pem",
        "-cert_chain", "rest.pem", "-key", "key.pem", *options,
    ]  # fmt: skip


def gnutls(directory: Path, port: int, priority: str, *options: str) -> list[str]:
    return [
        "gnutls-serv", "--http", "-p", str(port), "--x509certfile", "chain.pem",
        "--x509keyfile", "key.pem", "--priority", priority, *options,
    ]  # fmt: skip


def java(directory: Path, port: int, protocols: str, *suites: str) -> list[str]:
    (directory / "Origin.java").write_text(JAVA_SOURCE)
    (directory / "java.security").write_text(JAVA_SECURITY)
    store = str(directory / "store.p12")
    return [
        "java", f"-Djava.security.properties={directory}/java.security", "Origin.java", store,
        str(port), protocols, *([",".join(suites)] if suites else []),
    ]  # fmt: skip


def go(directory: Path, port: int, versions: tuple[int, int], *options: str) -> list[str]:
    """Builds the server first; ``options`` are suite numbers, or ``mutual``."""
    program = directory.parent / "go-origin"
    if not program.exists():
        (directory.parent / "origin.go").write_text(GO_SOURCE)
        subprocess.run(
            ["go", "build", "-o", str(program), str(directory.parent / "origin.go")],
            check=True,
            cwd=directory.parent,
        )
    low, high = map(str, versions)
    return [str(program), "chain.pem", "key.pem", str(port), low, high, *options]
