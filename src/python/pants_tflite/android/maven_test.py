# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from pants_tflite.android.maven import MavenCoordinates, render_metadata, render_pom

LIBRARY = MavenCoordinates("org.example", "digits", "1.2.0-rc.1")
RUNTIME = MavenCoordinates("org.tensorflow", "tensorflow-lite", "2.16.1")


def test_paths() -> None:
    assert LIBRARY.file("aar") == "digits-1.2.0-rc.1.aar"
    assert LIBRARY.path("pom") == "org/example/digits/1.2.0-rc.1/digits-1.2.0-rc.1.pom"


def _texts(element: ElementTree.Element) -> dict[str, str]:
    return {child.tag.rpartition("}")[2]: child.text or "" for child in element}


def test_pom() -> None:
    project = ElementTree.fromstring(render_pom(LIBRARY, [RUNTIME]))
    assert project.tag == "{http://maven.apache.org/POM/4.0.0}project"
    texts = _texts(project)
    assert {key: texts[key] for key in ("groupId", "artifactId", "version", "packaging")} == {
        "groupId": "org.example",
        "artifactId": "digits",
        "version": "1.2.0-rc.1",
        "packaging": "aar",
    }
    (dependency,) = project.findall(".//{*}dependency")
    assert _texts(dependency) == {
        "groupId": "org.tensorflow",
        "artifactId": "tensorflow-lite",
        "version": "2.16.1",
        "type": "aar",
        "scope": "compile",
    }


def test_metadata_has_no_time() -> None:
    metadata = ElementTree.fromstring(render_metadata(LIBRARY))
    assert _texts(metadata)["artifactId"] == "digits"
    assert [version.text for version in metadata.findall("versioning/versions/version")] == [
        "1.2.0-rc.1"
    ]
    assert metadata.find("versioning/lastUpdated") is None


def test_pom_of_a_library_with_two_runtimes() -> None:
    other = replace(RUNTIME, artifact="tensorflow-lite-select-tf-ops")
    project = ElementTree.fromstring(render_pom(LIBRARY, [RUNTIME, other]))
    dependencies = project.findall("./{*}dependencies/{*}dependency")
    assert [_texts(dependency)["artifactId"] for dependency in dependencies] == [
        "tensorflow-lite",
        "tensorflow-lite-select-tf-ops",
    ]
