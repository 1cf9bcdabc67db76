# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Maven repositories: what fetches archives from them, and how it reaches them."""

from __future__ import annotations

from pants.core.util_rules.search_paths import ExecutableSearchPathsOptionMixin
from pants.option.option_types import BoolOption, ShellStrListOption, StrListOption
from pants.option.subsystem import Subsystem
from pants.util.strutil import softwrap

# What says how the network is reached, to the library that jgo fetches with.
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
            passwords of your `settings.xml`. If not, jgo does, which comes with the backend and
            needs neither Maven nor Java.

            Defaults to False.

            Example: `use_mvn = true`.
            """
        ),
    )
    repositories = StrListOption(
        help=softwrap(
            """
            The URLs of the repositories that jgo looks for an archive in, in this order. `mvn`
            does not read this option: it asks those of your `settings.xml`.

            Defaults to none: Maven Central is asked.

            Example: `repositories = ["https://repository.example.com/maven"]`.
            """
        ),
    )

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
        network_env_vars = ShellStrListOption(
            default=list(NETWORK_VARIABLES),
            help=softwrap(
                """
                Environment variables that tell jgo how to reach the network, as `NAME` for the
                value on your machine or `NAME=value`: proxies, files with certificates, and a file
                with passwords (`NETRC`). Those of them that `[subprocess-environment].env_vars`
                gives every process need no entry here, and the certificates of
                `[GLOBAL].ca_certs_path` come before any other. The variables that are set are in
                the cache key of the download, though not of what is made of it.

                Defaults to the usual names of all these, in capitals and in lower case.

                Example: `network_env_vars = ["HTTPS_PROXY=http://proxy.example.com:3128"]`.
                """
            ),
        )
