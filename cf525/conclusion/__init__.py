"""From everything that was seen of a target to its report: pure, and the last word on all of it.

``conclude`` is the one way in. What the edge says is laid beside what the direct test says
(``comparison``), the routes become one status and one sentence (``overall``), and what stays open
is named from one catalogue, each with whether it could change this very verdict (``unknowns``).
"""

from cf525.conclusion.conclude import conclude
from cf525.conclusion.seen import Seen

__all__ = ["Seen", "conclude"]
