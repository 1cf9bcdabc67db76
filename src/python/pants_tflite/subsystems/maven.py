# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Maven: the user's own `mvn`, which fetches archives by their coordinates."""

from __future__ import annotations

from pants.core.util_rules.search_paths import ExecutableSearchPathsOptionMixin
from pants.option.option_types import ShellStrListOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap


class Maven(Subsystem):
    options_scope = "maven"
    help = "Maven, which fetches the archives of `tflite_runtime` targets by their coordinates."

    class EnvironmentAware(ExecutableSearchPathsOptionMixin, Subsystem.EnvironmentAware):
        executable_search_paths_help = softwrap(
            """
            The PATH value that `mvn` and what it starts are looked up in.

            Defaults to `<PATH>`.

            Example: `executable_search_paths = ["/opt/maven/bin", "<PATH>"]`.
            """
        )
        extra_env_vars = ShellStrListOption(
            default=["JAVA_HOME", "MAVEN_OPTS"],
            help=softwrap(
                """
                Environment variables that `mvn` sees, as `NAME` for the value on your machine or
                `NAME=value`. They are in the cache key of the download, though not of what is made
                of it. Java finds your home directory, and so your `settings.xml`, without `HOME`.

                Defaults to `JAVA_HOME` and `MAVEN_OPTS`.

                Example: `extra_env_vars = ["JAVA_HOME", "MAVEN_ARGS=--offline"]`.
                """
            ),
        )
