# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`tflite_android_library` and its fields."""

from __future__ import annotations

from pants.engine.target import (
    AsyncFieldMixin,
    BoolField,
    IntField,
    StringField,
    StringSequenceField,
    Target,
)
from pants.util.strutil import help_text

from pants_tflite.bundles.fields import COMMON_BUNDLE_FIELDS, BundleGoldenField
from pants_tflite.fields import AddressField

ABIS = ("arm64-v8a", "armeabi-v7a", "x86", "x86_64")
# The lowest API level that TensorFlow Lite's own library takes.
LOWEST_MIN_SDK = 19
# The lowest that native code is built for: what it calls is there since Android 5.0.
LOWEST_NATIVE_MIN_SDK = 21
# What runs models on a device, if nothing else is said. Google's engineers read 16 KB pages in its
# libraries (LiteRT's issues 8 and 4286 on GitHub); it cannot be fetched where this was made.
DEFAULT_RUNTIME = "com.google.ai.edge.litert:litert:1.4.0"
# The same for models with custom ops: in its library the function that takes them was seen.
CUSTOM_OPS_RUNTIME = "org.tensorflow:tensorflow-lite:2.16.1"
# The last of which Maven Central has both TensorFlow Lite and TensorFlow's kernels for it.
SELECT_TF_OPS_VERSION = "2.14.0"


class AndroidPackageField(StringField, AsyncFieldMixin):
    alias = "package"
    value: str
    required = True
    help = help_text(
        """
        The library's Java package, which is also its namespace: two or more identifiers separated
        by dots. No other library in an app may have the same one, so no other target here may. Its
        models are in the folder of this name among an app's assets.

        Example: `package="org.example.catsvsdogs"`.
        """
    )


class AndroidAbisField(StringSequenceField, AsyncFieldMixin):
    alias = "abis"
    value: tuple[str, ...]
    default = ABIS
    help = help_text(
        f"""
        The ABIs that the kernels of custom ops are built for: any of {', '.join(ABIS)}. Models are
        not native code and run on all of them, so without custom ops the field only shows in the
        manifest.

        Defaults to all four.

        Example: `abis=["arm64-v8a", "x86_64"]`.
        """
    )


class MinSdkField(IntField, AsyncFieldMixin):
    alias = "min_sdk"
    value: int
    default = 24
    help = help_text(
        f"""
        The lowest Android API level that an app with the library can be installed on. It is at
        least {LOWEST_MIN_SDK}, which TensorFlow Lite needs, or {LOWEST_NATIVE_MIN_SDK} if a model
        has custom ops. Their kernels are built for this level.

        Defaults to 24.

        Example: `min_sdk=26`.
        """
    )


class MavenGroupField(StringField, AsyncFieldMixin):
    alias = "group"
    help = help_text(
        """
        The Maven group that the library is published in.

        Defaults to the `package`.

        Example: `group="org.example"`.
        """
    )


class MavenArtifactField(StringField, AsyncFieldMixin):
    alias = "artifact"
    help = help_text(
        """
        The Maven artifact that the library is published as.

        Defaults to the names of the BUILD file's directory and of the target with a `-` between
        them, such as `cats_vs_dogs-android`.

        Example: `artifact="cats-vs-dogs"`.
        """
    )


class MavenRuntimeField(StringField, AsyncFieldMixin):
    alias = "runtime"
    help = help_text(
        f"""
        The library that runs the models on the device, as Maven coordinates
        `group:artifact:version`: the `.pom` depends on it, so that an app receives it along with
        the models. `runtime=""` depends on none, for an app that brings its own.

        Google Play refuses apps for Android 15 and newer whose 64-bit libraries are not aligned for
        pages of 16 KB. Those of org.tensorflow:tensorflow-lite are aligned for 4 KB up to 2.16.1,
        the last release on Maven Central: `package` warns of it. See `runtime_aar`.

        Defaults to {DEFAULT_RUNTIME}, which is in Google's own Maven repository; to
        {CUSTOM_OPS_RUNTIME} if a model has custom ops; and to version {SELECT_TF_OPS_VERSION} of
        that if one has `select_tf_ops`.

        Example: `runtime="{CUSTOM_OPS_RUNTIME}"`.
        """
    )


class RuntimeAarField(AddressField):
    alias = "runtime_aar"
    target_aliases = ("file",)
    help = help_text(
        """
        The address of a `file` that is the `.aar` of `runtime`. `package` reads in it how the
        libraries for 64-bit processors are aligned, and warns if Google Play would refuse them.

        Defaults to none: `package` then only warns of releases whose libraries were measured before.

        Example: `runtime_aar=":litert"`, with `file(name="litert", source=http_source(
        "https://example.org/litert-1.4.0.aar", len=…, sha256="…"))` in the BUILD file.
        """
    )


class SelectTfOpsRuntimeField(StringField, AsyncFieldMixin):
    alias = "select_tf_ops_runtime"
    help = help_text(
        f"""
        The library with TensorFlow's own kernels, as Maven coordinates `group:artifact:version`. The
        `.pom` depends on it if a model has `select_tf_ops`, and without one the field has no effect.
        It must be of the same version as `runtime`.

        Defaults to org.tensorflow:tensorflow-lite-select-tf-ops of the version of `runtime`. If
        `runtime` is left out too, both are of the version {SELECT_TF_OPS_VERSION}, the last of which
        Maven Central has both. A `runtime` other than org.tensorflow:tensorflow-lite has no default.

        Example: `select_tf_ops_runtime="org.example:my-select-tf-ops:2.16.1"`.
        """
    )


class RuntimeLibraryField(StringField, AsyncFieldMixin):
    alias = "runtime_library"
    value: str
    default = "libtensorflowlite_jni.so"
    help = help_text(
        """
        The shared library with TensorFlow Lite's C API that an app with custom ops runs its models
        with. The library of the kernels adds them to it, and has it loaded along with itself. It
        must export `TfLiteInterpreterOptionsAddCustomOp`. Without custom ops the field has no
        effect.

        Defaults to libtensorflowlite_jni.so, which `org.tensorflow:tensorflow-lite` brings, as does
        version 1 of `com.google.ai.edge.litert:litert`.

        Example: `runtime_library="libtensorflowlite_c.so"` for a TensorFlow Lite that the app
        builds itself.
        """
    )


class JavaApiField(BoolField):
    alias = "java_api"
    default = False
    help = help_text(
        """
        Whether the library has a class `Model` in its `package`. The class has a constant for each
        model with its name, size, sha256, input and output tensors, and methods that map the model
        into memory and read its labels. It needs JDK 9 or newer and an `android.jar`: see
        `android_jar`.

        Defaults to False: there is no class, and no JDK is needed.

        Example: `java_api=True`.
        """
    )


class AndroidJarField(AddressField):
    alias = "android_jar"
    target_aliases = ("file",)
    help = help_text(
        """
        The address of a `file` with the Android classes that `java_api` is compiled against: an SDK
        platform's `android.jar`, or Robolectric's `android-all`.

        Defaults to the `android.jar` of the Android SDK: see `[android-sdk]`.

        Example: `android_jar="//3rdparty/android:android_jar"`, with `file(name="android_jar",
        source=http_source("https://example.org/android.jar", len=…, sha256="…"))` in that BUILD
        file.
        """
    )


class TfLiteAndroidLibraryTarget(Target):
    alias = "tflite_android_library"
    core_fields = (
        *COMMON_BUNDLE_FIELDS,
        AndroidPackageField,
        AndroidAbisField,
        MinSdkField,
        MavenGroupField,
        MavenArtifactField,
        MavenRuntimeField,
        RuntimeAarField,
        SelectTfOpsRuntimeField,
        RuntimeLibraryField,
        JavaApiField,
        AndroidJarField,
        BundleGoldenField,
    )
    help = help_text(
        """
        An Android library (`.aar`) with models as assets that can be mapped into memory, and a
        Maven repository that holds it. If models have custom ops, it includes their kernels: a
        shared library for each ABI, with a C function that adds them to an interpreter's options.
        """
    )
