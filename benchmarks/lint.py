"""``lint``: an nginx tree of 10,000 lines with 500 sites, read and judged for one name."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Figure, figure
from cf525.conclusion.configuration import conclude_configuration
from cf525.diagnosis.judge import Judge
from cf525.jobs.lint import Lint, Linter
from cf525.lab.ca import Authority
from cf525.pki import TrustStore
from cf525.reading.sources import of_paths
from cf525.servers.registry import recognised

SITES = 500
SITE = """server {{
    listen 443 ssl;
    listen [::]:443 ssl;
    # the site of customer {number}
    server_name s{number}.example.com www.s{number}.example.com;
    ssl_certificate {folder}/s{number}.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    root /var/www/s{number};
    index index.html index.php;
    access_log /var/log/nginx/s{number}.log combined;
    location / {{
        try_files $uri $uri/ =404;
    }}
    location ~ \\.php$ {{
        fastcgi_pass unix:/run/php/s{number}.sock;
    }}
    add_header X-Content-Type-Options "nosniff" always;
    gzip on;
}}
"""


def figures() -> Iterator[Figure]:
    """CPU time, certificates and all, in this process."""
    authority = Authority().intermediate()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sites").mkdir()
        lines = 0
        for number in range(SITES):
            issued = authority.issue(f"s{number}.example.com", f"www.s{number}.example.com")
            (folder / f"s{number}.pem").write_bytes(issued.chain_pem)
            text = SITE.format(number=number, folder=folder)
            (folder / "sites" / f"s{number}.conf").write_text(text)
            lines += text.count("\n")
        (folder / "key.pem").write_bytes(issued.key_pem)
        main = folder / "nginx.conf"
        main.write_text(f"events {{}}\nhttp {{\n    include {folder}/sites/*.conf;\n}}\n")
        assert lines >= 10_000, lines
        assert authority.parent is not None
        judge = Judge(trust=TrustStore.of(authority.parent.der))
        job = Lint(host=f"www.s{SITES - 1}.example.com", paths=(str(main),))
        before = time.process_time()
        linter = Linter(job, of_paths(job.paths, "", None), judge)
        report = conclude_configuration(linter.read())
        took = time.process_time() - before
        assert report.edge_status == "ok", report.summary
        yield figure("lint of 10,000 lines of nginx with 500 sites (CPU)", took)
    blank = "tls:\n" + "\t \n" * 20_000
    before = time.process_time()
    assert recognised(blank) == ""
    yield figure("20,000 blank lines recognised as nothing (CPU)", time.process_time() - before)
