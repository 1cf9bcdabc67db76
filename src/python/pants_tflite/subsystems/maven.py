# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Maven repositories: the client that fetches archives from them, and how it reaches them."""

from __future__ import annotations

from pants.core.util_rules.search_paths import ExecutableSearchPathsOptionMixin
from pants.option.option_types import BoolOption, ShellStrListOption, StrListOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

# Variables that tell jgo's HTTP library how to reach the network.
NETWORK_VARIABLES = (
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NETRC",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


class Maven(Subsystem):
    options_scope = "maven"
    help = "How the archives of `tflite_runtime` targets are fetched by their Maven coordinates."

    use_mvn = BoolOption(
        default=False,
        help=softwrap(
            """
            Whether the `mvn` of your machine fetches the archives, with the mirrors, proxies and
            passwords in your `settings.xml`. Otherwise jgo fetches them, which comes with the
            backend and needs neither Maven nor Java.

            Defaults to false.

            Example: `use_mvn = true`.
            """
        ),
    )
    repositories = StrListOption(
        help=softwrap(
            """
            The URLs of the repositories in which jgo looks for an archive, in this order. `mvn`
            does not read this option: it uses the repositories in your `settings.xml`.

            Defaults to none: jgo then uses Maven Central.

            Example: `repositories = ["https://repository.example.com/maven"]`.
            """
        ),
    )

    class EnvironmentAware(ExecutableSearchPathsOptionMixin, Subsystem.EnvironmentAware):
        executable_search_paths_help = softwrap(
            """
            The folders in which `mvn` and the programs that it starts are looked for. `<PATH>`
            stands for the folders in the environment variable PATH.

            Defaults to `["<PATH>"]`.

            Example: `executable_search_paths = ["/opt/maven/bin", "<PATH>"]`.
            """
        )
        extra_env_vars = ShellStrListOption(
            default=["JAVA_HOME", "MAVEN_OPTS"],
            help=softwrap(
                """
                Environment variables that `mvn` sees, as `NAME` for the value on your machine or
                `NAME=value`. They are part of the download's cache key, but not of those of the
                steps after it. Java finds your home directory, and so your `settings.xml`, without
                `HOME`.

                Defaults to `JAVA_HOME` and `MAVEN_OPTS`.

                Example: `extra_env_vars = ["JAVA_HOME", "MAVEN_ARGS=--offline"]`.
                """
            ),
        )
        network_env_vars = ShellStrListOption(
            default=list(NETWORK_VARIABLES),
            help=softwrap(
                f"""
                Environment variables that tell jgo how to reach the network, as `NAME` for the
                value on your machine or `NAME=value`: proxies, files with certificates, and a file
                with passwords (`NETRC`). Variables that `[subprocess-environment].env_vars` gives
                every process need no entry here, and the certificates of `[GLOBAL].ca_certs_path`
                come before all others. The variables that are set are part of the download's cache
                key, but not of those of the steps after it.

                Defaults to {", ".join(NETWORK_VARIABLES)}.

                Example: `network_env_vars = ["HTTPS_PROXY=http://proxy.example.com:3128"]`.
                """
            ),
        )
