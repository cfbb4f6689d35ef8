"""Ctrl-C in the middle of a job that has gathered something: that is worth more than nothing."""

import asyncio


def end_cancellation() -> None:
    """Let the cancellation that was just caught end here, so that what is known is still told."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
