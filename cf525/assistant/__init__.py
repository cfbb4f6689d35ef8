"""cf525 as the tools of an assistant, over the Model Context Protocol.

``names`` says what an assistant may be pointed at, ``answer`` what it is told and how text that an
origin wrote is kept apart from ours, ``server`` serves the tools. Nothing here changes anything.
"""
