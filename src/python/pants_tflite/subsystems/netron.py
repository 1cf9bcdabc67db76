# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Netron: its environment, and how the goal `netron` shows a model."""

from __future__ import annotations

from pants.engine.goal import GoalSubsystem
from pants.option.option_types import BoolOption, IntOption
from pants.util.strutil import softwrap

from pants_tflite.subsystems.locked_environment import LockedEnvironment


class Netron(GoalSubsystem, LockedEnvironment):
    name = "netron"
    help = softwrap(
        """
        Shows the graph of a model in Netron, in the browser.

        The model and Netron's page are served on this machine only, until Ctrl-C. The page reaches no
        other server: it asks for no update and sends no statistics.
        """
    )

    packages = "netron"
    runs = "the server of the model runs"

    browser = BoolOption(
        default=True,
        help=softwrap(
            """
            Whether to open the browser. Without a display the address is only printed.

            Defaults to true.

            Example: `browser = false`.
            """
        ),
    )
    port = IntOption(
        default=0,
        help=softwrap(
            """
            The port to serve the model at, on 127.0.0.1; 0 is for any that is free.

            Defaults to 0.

            Example: `port = 8080`, for a tunnel from another machine.
            """
        ),
    )
    untrained = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether to show the model before its training, for a target with `untrained`.

            Defaults to false.

            Example: `untrained = true`.
            """
        ),
    )
