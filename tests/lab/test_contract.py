"""The lab's endpoints against Cloudflare's OpenAPI document, where one is at hand.

Set CF525_OPENAPI to the file. Without it there is nothing to compare with, and no case.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from cf525.lab.endpoints import ENDPOINTS, Endpoint

FILE = os.environ.get("CF525_OPENAPI", "")

BEYOND = {"/accounts/{}/cfd_tunnel/{}"}
"""Paths that a subset of the document may lack."""

SETTING = "/zones/{}/settings/{}"


def shape(path: str) -> str:
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def operations() -> dict[str, Any]:
    document = json.loads(Path(FILE).read_text("utf-8"))
    return {shape(path): item for path, item in document["paths"].items()}


if FILE:  # defined only where there is a document: no empty or skipped case

    @pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.path)
    def test_the_document_knows_the_path_and_the_query(endpoint: Endpoint) -> None:
        known = operations()
        wanted = shape(endpoint.path)
        if wanted in BEYOND or wanted == SETTING:
            return
        assert wanted in known
        parameters = {each.get("name") for each in known[wanted]["get"].get("parameters", ())}
        for key in endpoint.keys:
            assert key in parameters or key.partition(".")[0] in parameters, key


def test_the_lab_serves_what_the_product_reads() -> None:
    assert len(ENDPOINTS) > 25
    assert len({endpoint.path for endpoint in ENDPOINTS}) == len(ENDPOINTS)
