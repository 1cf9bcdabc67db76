# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Android libraries: read, linked, signed, resolved and run by tools that others wrote."""

from __future__ import annotations

import os
import platform
import re
import shutil
import struct
import uuid
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Callable, Mapping, Sequence

import pytest

from tests.workspace import Workspace, run_tool

FOLDER = Path(__file__).with_name("android")
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
MODEL = (FOLDER / "three_classes.tflite").read_bytes()
# State and integers.
REPLAYED = ("accumulator", "sine_int8")
LABELS = "Käse\nBrot\n\U0001f408\n"
BUILD = """\
tflite_file(name="three_classes", source="three_classes.tflite")
tflite_file(name="unlabelled", source="three_classes.tflite")
file(name="labels", source="labels.txt")
file(name="no_android_jar", source="no_android.jar")

tflite_android_library(
    name="plain",
    models=[":three_classes"],
    package="org.example.plain",
    version="1.2.0",
    runtime="org.tensorflow:tensorflow-lite:2.16.1",
    abis=["x86_64", "arm64-v8a"],
    labels={"three_classes": ":labels"},
)

tflite_android_library(
    name="java",
    models=[":three_classes", ":unlabelled"],
    package="org.example.java",
    artifact="m-plain",
    labels={"three_classes": ":labels"},
    java_api=True,
    golden=True,
)

tflite_file(name="accumulator", source="accumulator.tflite")
tflite_file(name="sine_int8", source="sine_int8.tflite")
tflite_android_library(
    name="replayed",
    models=[":accumulator", ":sine_int8"],
    package="org.example.replayed",
    java_api=True,
    golden=True,
)

tflite_android_library(
    name="wrong_jar",
    models=[":three_classes"],
    package="org.example.wrong",
    java_api=True,
    android_jar=":no_android_jar",
)
"""
# A zip without any entry.
NO_ANDROID_JAR = b"PK\x05\x06" + bytes(18)
FILES: Mapping[str, str | bytes] = {
    "m/BUILD": BUILD,
    "m/labels.txt": LABELS,
    "m/no_android.jar": NO_ANDROID_JAR,
    "m/three_classes.tflite": MODEL,
    **{
        f"m/{name}.tflite": Path(__file__).with_name(f"{name}.tflite").read_bytes()
        for name in REPLAYED
    },
}
PLAIN_AAR = "m/plain/m-plain-1.2.0.aar"
JAVA_AAR = "m/java/m-plain-0.1.0.aar"
NATIVE_LIBRARY = "libtensorflowlite_jni.so"
COMPILED_AGAINST = "android-all-5.0.2_r3-robolectric-r0.jar"
ASSET = "assets/org.example.plain/three_classes.tflite"
POM = "m/plain/maven/org/example/plain/m-plain/1.2.0/m-plain-1.2.0.pom"


def needs(*commands: str, package: str) -> pytest.MarkDecorator:
    missing = [command for command in commands if shutil.which(command) is None]
    return pytest.mark.skipif(
        bool(missing), reason=f"needs {', '.join(missing)} (Debian: {package})"
    )


needs_jdk = needs("java", "javac", package="default-jdk-headless")
needs_maven = needs("mvn", package="maven")
needs_sdk_tools = needs("aapt2", "zipalign", "apksigner", package="aapt, zipalign, apksigner")
needs_framework = pytest.mark.skipif(
    not FRAMEWORK.exists(), reason="needs Android's resources (Debian: android-framework-res)"
)


@pytest.fixture(scope="module")
def workspace(new_workspace: Callable[..., Workspace]) -> Workspace:
    workspace = new_workspace(FILES)
    workspace.succeed("package", "m:plain")
    return workspace


@pytest.fixture(scope="module")
def aar(workspace: Workspace) -> Path:
    return workspace.folder / "dist" / PLAIN_AAR


def content_offset(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Where the content begins: after a local header whose extra field the directory lacks."""
    assert archive.fp is not None
    archive.fp.seek(entry.header_offset)
    header = archive.fp.read(30)
    name_length, extra_length = header[26:28], header[28:30]
    lengths = (int.from_bytes(length, "little") for length in (name_length, extra_length))
    return entry.header_offset + len(header) + sum(lengths)


def test_the_archive_is_an_android_library(aar: Path) -> None:
    with zipfile.ZipFile(aar) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "AndroidManifest.xml",
            "META-INF/com/android/build/gradle/aar-metadata.properties",
            "R.txt",
            "assets/org.example.plain/manifest.json",
            "assets/org.example.plain/three_classes.json",
            "assets/org.example.plain/three_classes.labels.txt",
            ASSET,
            "classes.jar",
            "proguard.txt",
        ]
        model = archive.getinfo(ASSET)
        assert archive.read(model) == MODEL
        assert model.compress_type == zipfile.ZIP_STORED
        assert content_offset(archive, model) % 16 == 0
        assert archive.read("assets/org.example.plain/three_classes.labels.txt").decode() == LABELS


def test_the_manifest_lists_what_is_there(workspace: Workspace, aar: Path) -> None:
    manifest = workspace.json("m/plain/manifest.json")
    with zipfile.ZipFile(aar) as archive:
        within = archive.read("assets/org.example.plain/manifest.json")
        files = {
            name: sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if not name.endswith("/manifest.json")
        }
    assert within == (workspace.folder / "dist/m/plain/manifest.json").read_bytes()
    assert {file["path"]: file["sha256"] for file in manifest["files"]} == files
    assert manifest["kind"] == "tflite_android_library"
    assert (manifest["name"], manifest["version"]) == ("m-plain", "1.2.0")
    assert manifest["platforms"] == ["arm64-v8a", "x86_64"]
    (model,) = manifest["models"]
    assert (model["file"], model["sha256"]) == (ASSET, sha256(MODEL).hexdigest())


@needs("unzip", package="unzip")
def test_unzip_takes_the_archive(aar: Path) -> None:
    assert "No errors detected" in run_tool("unzip", "-t", aar)


@needs_jdk
def test_the_jar_without_classes_is_one(aar: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(aar) as archive:
        jar = archive.extract("classes.jar", tmp_path)
    assert run_tool("jar", "tf", jar).split() == ["META-INF/MANIFEST.MF"]


def test_a_changed_label_builds_the_bundle_only(workspace: Workspace) -> None:
    before = workspace.dist_hashes()
    workspace.write({"m/labels.txt": LABELS.replace("Brot", f"Brot {uuid.uuid4().hex}")})
    assert workspace.succeed("package", "m:plain").steps == [
        "Write m-plain-1.2.0.aar of m:plain",
        "Write the checksums of org.example.plain:m-plain:1.2.0",
    ]
    assert workspace.dist_hashes()[PLAIN_AAR] != before[PLAIN_AAR]
    workspace.write(FILES)
    workspace.succeed("package", "m:plain")
    assert workspace.dist_hashes() == before


@pytest.fixture(scope="module")
def jars(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an app depends on that takes the library from its repository; by Maven, in one run."""
    if shutil.which("mvn") is None:
        pytest.skip("needs mvn (Debian: maven)")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    # Only for these tests, so that no library of an earlier run is taken for this one's.
    local_repository = caches / "pants-tflite-tests" / "maven"
    shutil.rmtree(local_repository / "org/example", ignore_errors=True)
    folder = tmp_path_factory.mktemp("jars")
    run_tool(
        *("mvn", "--batch-mode", "--quiet", "--file", FOLDER / "pom.xml"),
        f"-Dmaven.repo.local={local_repository}",
        f"-Dlibrary.repository={(workspace.folder / 'dist/m/plain/maven').as_uri()}",
        f"-DoutputDirectory={folder}",
        "dependency:copy-dependencies",
        "dependency:copy",
    )
    for library in folder.glob("*.aar"):
        with zipfile.ZipFile(library) as archive:
            (folder / f"{library.stem}.jar").write_bytes(archive.read("classes.jar"))
    runtime = folder / "runtime"
    with zipfile.ZipFile(runtime / "tensorflow-lite-2.6.0.aar") as archive:
        archive.extract("classes.jar", runtime)
    with zipfile.ZipFile(runtime / "tflite-native-cpu-2.6.2-linux-x86_64.jar") as archive:
        (runtime / NATIVE_LIBRARY).write_bytes(archive.read(f"native/lib/{NATIVE_LIBRARY}"))
    return folder


def test_two_libraries_of_one_artifact_name_share_no_asset(aar: Path, java_aar: Path) -> None:
    assets: list[str] = []
    for library in (aar, java_aar):
        with zipfile.ZipFile(library) as archive:
            assets += [name for name in archive.namelist() if name.startswith("assets/")]
    assert len(set(assets)) == len(assets) == 4 + 6 + 4


def test_a_runtime_that_google_play_refuses_is_told_of(workspace: Workspace, jars: Path) -> None:
    """The table of measured releases is right: the file itself, called otherwise, says the same."""
    warning = "are aligned for pages of 4 KB. Google Play wants 16 KB"
    library = """
file(name="aar", source="runtime.aar")
tflite_android_library(
    name="unknown", models=[":three_classes"], package="org.example.unknown", {fields}
)
"""
    release = (jars / "tensorflow-lite-2.16.1.aar").read_bytes()
    for fields, what in (
        (
            'runtime="org.tensorflow:tensorflow-lite:2.16.1"',
            "org.tensorflow:tensorflow-lite:2.16.1",
        ),
        ('runtime="org.example:own:1.0", runtime_aar=":aar"', ":aar"),
    ):
        build = BUILD + library.format(fields=fields)
        workspace.write({"m/BUILD": build, "m/runtime.aar": release})
        stderr = workspace.succeed("package", "m:unknown").stderr
        assert f"the 64-bit libraries of {what} {warning}" in stderr
    workspace.write({"m/BUILD": BUILD + library.format(fields='runtime=""')})
    assert warning not in workspace.succeed("package", "m:unknown").stderr
    (pom,) = (workspace.folder / "dist/m/unknown/maven").rglob("*.pom")
    assert "<dependency>" not in pom.read_text()
    workspace.write(FILES)


@needs_maven
def test_maven_takes_the_library_and_its_runtime(jars: Path, aar: Path) -> None:
    assert (jars / "m-plain-1.2.0.aar").read_bytes() == aar.read_bytes()
    assert (jars / "tensorflow-lite-2.16.1.aar").exists()


@pytest.fixture(scope="module")
def android_home(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Android SDK of one platform, whose classes are Robolectric's."""
    home = tmp_path_factory.mktemp("sdk")
    platform = home / "platforms" / "android-21"
    platform.mkdir(parents=True)
    (platform / "android.jar").symlink_to(jars / COMPILED_AGAINST)
    return home


@pytest.fixture(scope="module")
def java_aar(workspace: Workspace, android_home: Path) -> Path:
    if shutil.which("javac") is None:
        pytest.skip("needs javac (Debian: default-jdk-headless)")
    built = workspace.pants("package", "m:java", env={"ANDROID_HOME": str(android_home)})
    assert built.exit_code == 0, built.stderr
    assert workspace.json("m/java/manifest.json")["tools"].keys() == {"javac"}
    return workspace.folder / "dist" / JAVA_AAR


def test_another_directory_and_empty_caches_give_the_same_bytes(
    workspace: Workspace,
    java_aar: Path,
    android_home: Path,
    new_workspace: Callable[..., Workspace],
    tmp_path: Path,
) -> None:
    other = new_workspace(FILES)
    built = other.pants(
        *("package", "m:plain", "m:java"),
        env={"ANDROID_HOME": str(android_home), "PANTS_LOCAL_STORE_DIR": str(tmp_path / "store")},
    )
    assert built.exit_code == 0, built.stderr
    assert "Compile the Java API of m:java" in built.steps
    # Other tests package more.
    both = {
        path: value
        for path, value in workspace.dist_hashes().items()
        if path.startswith(("m/plain/", "m/java/"))
    }
    assert both and other.dist_hashes() == both


@needs_jdk
def test_a_jar_without_android(workspace: Workspace) -> None:
    error = workspace.fail("package", "m:wrong_jar")
    assert "m:wrong_jar, field `android_jar` = ':no_android_jar': the Java API does not" in error
    assert "package android.content.res does not exist" in error


def unpack(aar: Path, folder: Path) -> Path:
    with zipfile.ZipFile(aar) as archive:
        archive.extractall(folder)
    return folder


def link_app(library: Path, manifest: Path, folder: Path) -> Path:
    """An APK with the unpacked library's assets, aligned."""
    linked, aligned = folder / "linked.apk", folder / "app.apk"
    run_tool(
        *("aapt2", "link", "-I", FRAMEWORK, "--manifest", manifest),
        *("-A", library / "assets", "-0", ".tflite", "-o", linked),
    )
    run_tool("zipalign", "-f", "4", linked, aligned)
    return aligned


@needs_sdk_tools
@needs_framework
def test_an_app_links_aligns_and_signs(aar: Path, tmp_path: Path) -> None:
    library = unpack(aar, tmp_path / "library")
    run_tool(
        "aapt2",
        "link",
        "-I",
        FRAMEWORK,
        "--manifest",
        library / "AndroidManifest.xml",
        *("-o", tmp_path / "library.apk"),
    )
    app = link_app(library, FOLDER / "AndroidManifest.xml", tmp_path)
    run_tool("zipalign", "-c", "4", app)
    with zipfile.ZipFile(app) as archive:
        assert archive.getinfo(ASSET).compress_type == zipfile.ZIP_STORED
        assert archive.read(ASSET) == MODEL
    key: Sequence[str | Path] = ("--ks", tmp_path / "key.jks", "--ks-pass", "pass:android")
    run_tool(
        *("keytool", "-genkeypair", "-keystore", tmp_path / "key.jks", "-storepass", "android"),
        *("-alias", "debug", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=Debug"),
    )
    run_tool("apksigner", "sign", *key, app)
    assert "Number of signers: 1" in run_tool("apksigner", "verify", "--verbose", app)


def run_in_app(
    library: Path, jars: Path, folder: Path, test: str, edits: Mapping[str, str] = {}
) -> str:
    """What JUnit says of the test class `test`, after `edits`, in an app with the unpacked `library`."""
    folder.mkdir(exist_ok=True)
    source = folder / f"{test}.java"
    text = (FOLDER / f"{test}.java").read_text()
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    source.write_text(text)
    manifest = FOLDER / "AndroidManifest.xml"
    app = link_app(library, manifest, folder)
    classes, runtime = folder / "classes", jars / "runtime"
    config = classes / "com/android/tools/test_config.properties"
    config.parent.mkdir(parents=True)
    config.write_text(
        f"android_merged_manifest={manifest}\n"
        f"android_resource_apk={app}\n"
        "android_custom_package=org.example.app\n"
    )
    run_with = sorted(jar for jar in jars.glob("*.jar") if jar.name != COMPILED_AGAINST)
    parts = (classes, library / "classes.jar", runtime / "classes.jar", *run_with)
    classpath = os.pathsep.join(map(str, parts))
    run_tool(
        *("javac", "-encoding", "UTF-8", "-nowarn", "-cp", classpath, "-d", classes),
        source,
    )
    return run_tool(
        *("java", "--add-opens=java.base/java.io=ALL-UNNAMED", "-cp", classpath),
        *("-Drobolectric.offline=true", f"-Drobolectric.dependency.dir={jars}"),
        f"-Djava.library.path={runtime}",
        *("org.junit.runner.JUnitCore", f"org.example.app.{test}"),
    )


@needs_sdk_tools
@needs_framework
def test_an_app_uses_the_java_api(java_aar: Path, jars: Path, tmp_path: Path) -> None:
    library = unpack(java_aar, tmp_path / "library")
    assert "OK (3 tests)" in run_in_app(library, jars, tmp_path / "app", "ModelTest")


def plant_another_score(golden: Path) -> None:
    """Adds 1 to the last number of the golden outputs: a score of the last call."""
    with zipfile.ZipFile(golden) as archive:
        ((name, content),) = [(name, archive.read(name)) for name in archive.namelist()]
    number = struct.unpack("<f", content[-4:])[0]
    with zipfile.ZipFile(golden, "w") as archive:
        archive.writestr(name, content[:-4] + struct.pack("<f", number + 1))


@needs_sdk_tools
@needs_framework
def test_an_app_replays_the_golden_vectors(
    workspace: Workspace, java_aar: Path, jars: Path, tmp_path: Path
) -> None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("TensorFlow Lite's native code for Java is only at hand for Linux on x86_64")
    library = unpack(java_aar, tmp_path / "library")
    folder = library / "assets/org.example.java"
    listed = workspace.json("m/java/manifest.json")["models"][0]["golden_files"]
    assert listed == {
        side: f"assets/org.example.java/three_classes.golden_{side[:-1]}.npz"
        for side in ("inputs", "outputs")
    }
    output = run_in_app(library, jars, tmp_path / "app", "ReplayTest")
    for model in ("three_classes", "unlabelled"):
        assert f"{model}: serving_default is as in the build, calls: 4\n" in output
    assert "OK (1 test)" in output
    plant_another_score(folder / "unlabelled.golden_output.npz")
    output = run_in_app(library, jars, tmp_path / "other_app", "ReplayTest")
    assert "three_classes: serving_default is as in the build, calls: 4\n" in output
    difference = r"unlabelled: serving_default, call 3: scores\[0, 2\] is (\S+), and was (\S+) in"
    (found,) = re.findall(difference, output)
    assert float(found[1]) - float(found[0]) == pytest.approx(1, abs=1e-5)
    assert output.count(" and was ") == 1


def plant_other_calls(golden: Path) -> None:
    """Swaps the outputs of the first two of several calls, which are one float each."""
    with zipfile.ZipFile(golden) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    ((name, content),) = [item for item in contents.items() if not item[0].endswith("sequence.npy")]
    header = 10 + struct.unpack("<H", content[8:10])[0]
    first, second = content[header : header + 4], content[header + 4 : header + 8]
    assert first != second
    contents[name] = content[:header] + second + first + content[header + 8 :]
    with zipfile.ZipFile(golden, "w") as archive:
        for member, data in contents.items():
            archive.writestr(member, data)


@needs_sdk_tools
@needs_framework
def test_a_state_is_replayed_and_a_runtime_that_computes_integers_wrongly_found(
    workspace: Workspace, android_home: Path, jars: Path, tmp_path: Path
) -> None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("TensorFlow Lite's native code for Java is only at hand for Linux on x86_64")
    built = workspace.pants("package", "m:replayed", env={"ANDROID_HOME": str(android_home)})
    assert built.exit_code == 0, built.stderr
    library = unpack(
        workspace.folder / "dist/m/replayed/m-replayed-0.1.0.aar", tmp_path / "library"
    )
    package = "org.example.replayed"
    edits = {"import org.example.java.": f"import {package}."}
    output = run_in_app(library, jars, tmp_path / "app", "ReplayTest", edits)
    # A state shows in the second call at the earliest.
    assert "accumulator: serving_default is as in the build, calls: 4\n" in output
    # Dense layers with a scale for each channel are newer than this native code, which takes the wrong
    # scale without a word.
    wrong = r"sine_int8: serving_default, call \d: output_0\[0, 0\] is (-?\d+), and was (-?\d+) in"
    found = re.findall(wrong, output)
    assert len(found) == 4 and len({was for _, was in found}) > 1, output
    plant_other_calls(library / f"assets/{package}/accumulator.golden_output.npz")
    edits[".getAssets())"] = ".getAssets()).setSteps(255)"
    output = run_in_app(library, jars, tmp_path / "other_app", "ReplayTest", edits)
    assert "accumulator: serving_default, call 0: total[0, 0] is " in output, output
    assert "sine_int8: serving_default is as in the build, calls: 4\n" in output, output


def test_published_models(workspace: Workspace) -> None:
    shared = os.environ.get("PANTS_TFLITE_SHARED_MODELS")
    if not shared:
        pytest.skip("PANTS_TFLITE_SHARED_MODELS names no folder of published models")
    models = (
        "hello_world_int8.tflite",
        "kws/kws_ref_model.tflite",
        "ic/pretrainedResnet_quant.tflite",
    )
    contents = {Path(model).stem.lower(): Path(shared, model).read_bytes() for model in models}
    targets = "".join(
        f'tflite_file(name="{name}", source="{name}.tflite")\n' for name in sorted(contents)
    )
    names = [f":{name}" for name in sorted(contents)]
    workspace.write(
        {
            "p/BUILD": f"{targets}tflite_android_library(\n"
            f'    name="android", models={names}, package="org.example.published"\n)\n',
            **{f"p/{name}.tflite": content for name, content in contents.items()},
        }
    )
    workspace.succeed("package", "p:android")
    with zipfile.ZipFile(workspace.folder / "dist/p/android/p-android-0.1.0.aar") as archive:
        for name, content in contents.items():
            assert archive.read(f"assets/org.example.published/{name}.tflite") == content
