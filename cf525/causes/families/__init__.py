"""One file per family of causes. Importing this package registers the whole catalogue."""

from cf525.causes.cause import CATALOGUE
from cf525.causes.families import (
    account,
    answer,
    beyond,
    certificate,
    certificate_names,
    changes,
    client_certificate,
    configuration,
    connection,
    edgeview,
    inspection,
    intermittent,
    listener,
    loaded,
    names,
    negotiation,
    own_certificate,
    renewal,
    routing,
    series,
    signing,
    unserved,
)

FAMILIES = (
    account,
    answer,
    beyond,
    certificate,
    certificate_names,
    changes,
    client_certificate,
    configuration,
    connection,
    edgeview,
    inspection,
    intermittent,
    listener,
    loaded,
    names,
    negotiation,
    own_certificate,
    renewal,
    routing,
    series,
    signing,
    unserved,
)

__all__ = ["CATALOGUE", "FAMILIES"]
