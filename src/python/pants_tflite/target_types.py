# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The targets that BUILD files declare, and their fields."""

from __future__ import annotations

from typing import Optional, Union

from pants.backend.python.target_types import PythonResolveField
from pants.core.goals.package import OutputPathField
from pants.core.target_types import FileSourceField
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    AsyncFieldMixin,
    BoolField,
    Dependencies,
    DescriptionField,
    MultipleSourcesField,
    OptionalSingleSourceField,
    StringField,
    StringSequenceField,
    Tags,
    Target,
)
from pants.util.strutil import help_text

from pants_tflite.compat import EnvironmentField
from pants_tflite.errors import Mistake
from pants_tflite.fields import (
    AddressesOrNamesField,
    AddressField,
    AddressOrNameField,
    AllowedNamesField,
    ChoiceField,
    FunctionField,
    IntegerField,
    NamedAddressesField,
    NamesField,
    NumbersField,
    OptionalChoiceField,
    OptionalIntegerField,
    OptionalPositiveFloatField,
    ShapesField,
)
from pants_tflite.sandbox.constants import FLEX_PREFIX
from pants_tflite.sandbox.modes import (
    CHANNEL_TOLERANCE,
    DECISIONS_TOLERANCE,
    DEFAULT_MODE,
    IO_TYPES,
    MODE_NAMES,
    MODES,
)

_MODES_LIST = ", ".join(MODE_NAMES)
_CALIBRATED_LIST = " and ".join(mode.name for mode in MODES if mode.calibrates)
_WEIGHTS_LIST = ", ".join(mode.name for mode in MODES if mode.has_int8_weights)
_TOLERANCES_LIST = ", ".join(f"{mode.tolerance:g} for {mode.name}" for mode in MODES)
_IO_TYPES_LIST = ", ".join(
    [
        f"{IO_TYPES[0]} in every mode",
        *(
            f"{' or '.join(mode.io_types[1:])} in the mode {mode.name}"
            for mode in MODES
            if mode.io_types[1:]
        ),
    ]
)
ENGINES = ("tensorflow", "ai_edge")
LITERT, MICRO = "litert", "micro"

# -----------------------------------------------------------------------------------------------
# Fields that several targets share
# -----------------------------------------------------------------------------------------------


class OutputDirectoryField(OutputPathField):
    """Where a target of ours goes. All of them yield directories, which must not overlap."""

    help = help_text(
        """
        The directory below `dist/` that the target is packaged into.

        Defaults to the path of the BUILD file's directory, with dots in place of slashes, followed
        by `/` and the target's name.

        Example: `output_path="mobile/classifier"`.
        """
    )


class ModelOutputDirectoryField(OutputDirectoryField):
    help = help_text(
        """
        The directory below `dist/` that the model is packaged into.

        Its `golden_input.npz` is a link to a file in a directory `golden_inputs` next to this one,
        where models with the same golden input, such as most modes of a parametrized model, share it.
        Follow links when you copy a model elsewhere, as `cp -rL` does.

        Defaults to the path of the BUILD file's directory, with dots in place of slashes, followed
        by `/` and the target's name.

        Example: `output_path="mobile/classifier"`; its golden input is in `mobile/golden_inputs`.
        """
    )


class EntryPointField(FunctionField):
    alias = "entry_point"
    required = True


class InputsField(NamedAddressesField):
    alias = "inputs"
    help = help_text(
        """
        Other targets whose results the `entry_point` function reads, keyed by the name of its
        argument. Each argument receives a `pathlib.Path`: the SavedModel's directory for a
        `tf_saved_model`, `tf_saved_model_files` or `keras_file`, the `.npz` file for a
        `tflite_dataset`, the `.tflite` file for a `tflite_file`, the file itself for a `file` (also
        one with `source=http_source(…)`), and for a `files` target a copy of its BUILD file's
        directory that holds only those files.

        Defaults to no inputs.

        Example: `inputs={"features": ":features", "weights": "//3rdparty/weights:mobilenet"}` for
        `def export(features: Path, weights: Path)`.
        """
    )


class TensorFlowResolveField(PythonResolveField):
    help = help_text(
        """
        The resolve from `[python].resolves` to run in. It must hold TensorFlow if models are
        exported or converted in it. Its whole lockfile is installed, once for all targets that use
        it.

        Defaults to `[python].default_resolve`.

        Example: `resolve="tensorflow"`.
        """
    )


class ModelResolveField(TensorFlowResolveField):
    """The resolve of a target that yields a SavedModel."""


class SkipTestField(BoolField):
    alias = "skip_test"
    default = False
    help = help_text(
        """
        Whether `pants test` skips this target.

        Defaults to False.

        Example: `skip_test=True`.
        """
    )


class SeedField(IntegerField):
    alias = "seed"
    default = 0
    minimum = 0
    help = help_text(
        """
        The seed of Python's, NumPy's and TensorFlow's random number generators, set before the
        entry point's module is imported.

        Defaults to 0.

        Example: `seed=42`.
        """
    )


class NondeterministicField(StringField, AsyncFieldMixin):
    alias = "nondeterministic"
    help = help_text(
        """
        Why the target does not yield the same bytes each time, if it does not: a sentence for those who
        get a bundle. `tflite-reproduce` then lists what differs with this reason, and does not fail for
        it; the `manifest.json` of bundles has the reason for each model that the target is in.

        Defaults to none: a difference is an error of `tflite-reproduce`.

        Example: `nondeterministic="The sensor is read anew each time."`.
        """
    )

    def check(self) -> None:
        """Raises if the reason says nothing."""
        if self.value is not None and not self.value.strip():
            raise Mistake.of(
                self,
                message="the reason is empty, and those who get a bundle are to read it",
                fix="Say in a sentence why the bytes differ, or leave the field out.",
            )

    @property
    def checked(self) -> Optional[str]:
        """The reason; None if there is none. Raises if it says nothing."""
        self.check()
        return self.value


class ThreadsField(IntegerField):
    alias = "threads"
    default = 1
    help = help_text(
        """
        How many threads TensorFlow computes with. The number is fixed, never taken from the
        machine, because a different number of threads rounds differently and so trains different
        weights.

        Defaults to 1.

        Example: `threads=4` for a training that takes minutes.
        """
    )


class VerifyDatasetField(AddressField):
    alias = "verify_dataset"
    target_aliases = ("tflite_dataset",)
    help = help_text(
        """
        The address of the `tflite_dataset` whose samples verify the model.

        Defaults to the `calibration` dataset, or to seeded random samples if there is none.

        Example: `verify_dataset=":validation"`.
        """
    )


class VerifySamplesField(IntegerField):
    alias = "verify_samples"
    default = 16
    help = help_text(
        """
        How many of the first samples of the `verify_dataset` verify the model.

        Defaults to 16.

        Example: `verify_samples=100`.
        """
    )


class SkipVerificationField(StringSequenceField):
    alias = "skip_verification"
    help = help_text(
        """
        Signatures that are converted but not run to verify the model, because no samples can be had for
        them: one that restores weights from a file, for instance. `model.json` lists them.

        Defaults to none: every signature is run.

        Example: `skip_verification=["save", "restore"]`.
        """
    )


class CustomOpsField(AddressesOrNamesField):
    alias = "custom_ops"
    target_aliases = ("tflite_custom_op",)
    help = help_text(
        """
        The custom ops that the model uses, each given by the address of its `tflite_custom_op` or,
        if its kernel is not in this repository, by its name in the graph. A custom op that is in
        the model but not listed here, or listed here but not in the model, is an error.

        With their kernels the model is calibrated and verified like any other. A model with an op
        that is only named is checked for its types and op codes, but not run.

        Defaults to none.

        Example: `custom_ops=["src/cc/ops:scaled_atan"]`, or
        `custom_ops=["TFLite_Detection_PostProcess"]`.
        """
    )


class InputShapesField(ShapesField):
    alias = "input_shapes"
    help = help_text(
        """
        Shapes of the model's inputs, by name, for what the SavedModel or the file leaves unknown: a
        batch, a height, a number of steps. The first size is the batch. `None` leaves a size unknown.

        A model whose sizes are all known has no ops that compute them at run time, which GPU
        delegates refuse; they are taken out of a `.tflite` file too, which is then compared with what it
        was. An RNN needs its batch earlier, in the Keras `Input`.

        Defaults to the shapes of the SavedModel or the file.

        Example: `input_shapes={"image": [1, 96, 96, 3]}`.
        """
    )


# -----------------------------------------------------------------------------------------------
# `tflite_metadata`
# -----------------------------------------------------------------------------------------------


class MetadataField(AddressField):
    alias = "metadata"
    target_aliases = ("tflite_metadata",)
    help = help_text(
        """
        The address of a `tflite_metadata`, which is written into the model as TFLite Metadata. Label
        files are appended to the `.tflite` file, which is then a ZIP archive as well; runtimes read
        it as before. What the model contradicts, such as the number of labels, is an error.

        Defaults to none: the model has no TFLite Metadata, and its bytes do not change.

        Example: `metadata=":metadata"`.
        """
    )


class MetadataNameField(StringField):
    alias = "model_name"
    help = help_text(
        """
        The name of the model, for people and for programs that generate code from it.

        Defaults to none.

        Example: `model_name="Pets"`.
        """
    )


class MetadataDescriptionField(DescriptionField):
    """Pants' own field of all targets, whose value goes into the model here."""

    help = help_text(
        """
        What the model does and what it is for, for people.

        Defaults to none.

        Example: `description="Tells cats from dogs."`.
        """
    )


class MetadataVersionField(StringField):
    alias = "version"
    help = help_text(
        """
        The version of the model, in any form.

        Defaults to none.

        Example: `version="1.2.0"`.
        """
    )


class MetadataAuthorField(StringField):
    alias = "author"
    help = help_text(
        """
        Who made the model.

        Defaults to none.

        Example: `author="Example Ltd"`.
        """
    )


class MetadataLicenseField(StringField):
    alias = "license"
    help = help_text(
        """
        The license of the model: its name, or its text.

        Defaults to none.

        Example: `license="Apache-2.0"`.
        """
    )


class MetadataLabelsField(NamedAddressesField):
    alias = "labels"
    target_aliases = ("file",)
    help = help_text(
        """
        Label files, keyed by the names of the model's outputs. Each value is the address of a `file`
        target with one label a line, in the order of the scores in the output's last dimension.

        Defaults to none.

        Example: `labels={"scores": ":labels"}`, with `file(name="labels", source="labels.txt")` in
        the BUILD file.
        """
    )


class MetadataImageInputField(StringField):
    alias = "image_input"
    help = help_text(
        """
        The name of the model's input that takes an image, of the shape [batch, height, width,
        channels] with 3 channels (RGB) or 1 (grayscale). It must be float32 or uint8, the types that
        readers of TFLite Metadata feed.

        Defaults to the only input if `mean` and `std` are given, and otherwise to none.

        Example: `image_input="image"`.
        """
    )


class MetadataMeanField(NumbersField):
    alias = "mean"
    help = help_text(
        """
        What is subtracted from each pixel value, from 0 to 255, before it is divided by `std`: one
        number, or one for each channel. A float32 image needs it.

        Defaults to none.

        Example: `mean=[127.5]` with `std=[127.5]` for a model that takes pixels as -1 to 1.
        """
    )


class MetadataStdField(NumbersField):
    alias = "std"
    must_be_positive = True
    help = help_text(
        """
        What each pixel value is divided by after `mean` is subtracted: as many numbers as in `mean`.

        Defaults to none.

        Example: `std=[255.0]` with `mean=[0.0]` for a model that takes pixels as 0 to 1.
        """
    )


class TfLiteMetadataTarget(Target):
    alias = "tflite_metadata"
    core_fields = (
        Tags,
        MetadataDescriptionField,
        Dependencies,
        MetadataNameField,
        MetadataVersionField,
        MetadataAuthorField,
        MetadataLicenseField,
        MetadataLabelsField,
        MetadataImageInputField,
        MetadataMeanField,
        MetadataStdField,
    )
    help = help_text(
        """
        What is written into the `.tflite` file of models that name it in `metadata`, as TFLite
        Metadata: ML Kit, the Task Library and MediaPipe take labels and the normalization of images
        from it.
        """
    )


# -----------------------------------------------------------------------------------------------
# `tf_saved_model`
# -----------------------------------------------------------------------------------------------


class WorkEnvironmentField(EnvironmentField):
    help = help_text(
        """
        Where the function runs: the name that `[environments-preview.names]` has for a `remote_environment`, with more
        cores or a GPU, or for a `local_environment`. Only that runs there. What is made of the result runs where
        the target that asks for it says, on this machine by default.

        Defaults to `"__local__"`: this machine.

        Example: `environment="worker"`.
        """
    )


class SavedModelEntryPointField(EntryPointField):
    help = help_text(
        """
        The function that makes the model, as `file.py:function` (the file relative to the BUILD
        file) or `module.path:function`. It takes the `inputs` by name and returns a Keras model, a
        `tf.Module` whose `tf.function`s have an `input_signature`, a pair of a `tf.Module` and a
        dict of signatures, or the path of a SavedModel directory that it wrote.

        The file must be owned by a Python target (`python_sources`); it becomes a dependency.

        Example: `entry_point="train.py:export"`.
        """
    )


class UntrainedField(FunctionField):
    alias = "untrained"
    help = help_text(
        """
        The function that returns the model before any training, in the forms of `entry_point`: the same
        layers with the weights that they start with. With it the size, ops, arena and time of the
        converted model are known before the training: `tflite_test(untrained=True)` and
        `--tflite-report-untrained` build that model. Nothing else does, and `package` never writes it.

        Weights that are all the same, such as biases of 0, get others near them, since the converter
        would leave them out. How much quantization changes in the model is measured, and not judged.

        It receives those `inputs` that its parameters name, and no other is built. A `tf_saved_model`
        among them is untrained too, so it needs a function of its own here.

        The file must be owned by a Python target (`python_sources`); it becomes a dependency.

        Defaults to none: the model can only be had trained.

        Example: `untrained="train.py:build"`, which `train.py:export` calls too.
        """
    )


class TfSavedModelTarget(Target):
    alias = "tf_saved_model"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        SavedModelEntryPointField,
        UntrainedField,
        InputsField,
        ModelResolveField,
        SeedField,
        ThreadsField,
        NondeterministicField,
        WorkEnvironmentField,
        OutputDirectoryField,
    )
    help = help_text(
        """
        A model made by training code, exported as a canonical SavedModel: the same commit gives
        the same bytes.
        """
    )


# -----------------------------------------------------------------------------------------------
# Checked-in and downloaded models
# -----------------------------------------------------------------------------------------------


class SavedModelFilesSourcesField(MultipleSourcesField):
    alias = "sources"
    required = True
    uses_source_roots = False
    help = help_text(
        """
        The files of one SavedModel directory, relative to the BUILD file: `saved_model.pb`,
        `variables/` and, if there are any, `assets/`.

        Example: `sources=["kws_ref_model/**"]`.
        """
    )


class TfSavedModelFilesTarget(Target):
    alias = "tf_saved_model_files"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        SavedModelFilesSourcesField,
        ModelResolveField,
        EnvironmentField,
        OutputDirectoryField,
    )
    help = "A checked-in SavedModel directory."


class KerasFileSourceField(FileSourceField):
    expected_file_extensions = (".keras", ".h5", ".hdf5")
    help = help_text(
        """
        A Keras model: a file relative to the BUILD file, or an `http_source`.

        Example: `source="model.keras"`, or
        `source=http_source("https://example.org/model.h5", len=1116712, sha256="…")`.
        """
    )


class AllowCodeField(BoolField):
    alias = "allow_code"
    default = False
    help = help_text(
        """
        Whether loading the file may run code that is in it. A Lambda layer is such code: it can do
        all that the build can. A file that holds some is refused otherwise.

        Defaults to False.

        Example: `allow_code=True` for a file that you or your team wrote.
        """
    )


class KerasFileTarget(Target):
    alias = "keras_file"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        KerasFileSourceField,
        AllowCodeField,
        ModelResolveField,
        EnvironmentField,
        OutputDirectoryField,
    )
    help = help_text(
        """
        A checked-in or downloaded Keras model (`.keras` or `.h5`), exported as a SavedModel.

        A file of Keras 2 that Keras 3 cannot load is loaded by tf-keras, in an environment of the
        backend's own (`[tf-keras]`); the resolve needs no tf-keras.
        """
    )


class TfLiteFileSourceField(FileSourceField):
    expected_file_extensions = (".tflite",)
    help = help_text(
        """
        A TensorFlow Lite model: a file relative to the BUILD file, or an `http_source`.

        Example: `source="hello_world_int8.tflite"`.
        """
    )


class RuntimeField(ChoiceField):
    alias = "runtime"
    default = LITERT
    valid_choices = (LITERT, MICRO)
    help = help_text(
        """
        The runtime that verifies the model and makes its golden inputs and outputs: `litert`, or
        `micro` for a model that LiteRT refuses and TensorFlow Lite Micro runs. Such a model goes into
        a `tflite_micro_library` only, and `model.json` says why LiteRT does not run it. `micro` needs
        the backend `pants_tflite.micro`, and is an error for a model that LiteRT runs, because that
        one is verified with both.

        Defaults to litert.

        Example: `runtime="micro"`.
        """
    )


class GoldenModelField(AddressField):
    alias = "golden_model"
    target_aliases = ("tflite_file", "tflite_model")
    help = help_text(
        """
        The address of the model that the file was compiled from, such as the int8 model that Vela
        compiled for an Ethos-U NPU. Nothing here runs the file, so that its golden inputs and outputs are
        those of that model, whose inputs, outputs and signatures must be the same. It is an error if
        the file runs here.

        Defaults to none: a file that does not run here has no golden inputs and outputs.

        Example: `golden_model=":person_detect"`, with `custom_ops=["ethos-u"]`.
        """
    )


class TfLiteFileTarget(Target):
    alias = "tflite_file"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        TfLiteFileSourceField,
        CustomOpsField,
        InputShapesField,
        MetadataField,
        RuntimeField,
        GoldenModelField,
        VerifyDatasetField,
        VerifySamplesField,
        SkipVerificationField,
        EnvironmentField,
        OutputDirectoryField,
    )
    help = "A checked-in or downloaded `.tflite` model."


# -----------------------------------------------------------------------------------------------
# `tflite_dataset`
# -----------------------------------------------------------------------------------------------


class DatasetEntryPointField(EntryPointField):
    help = help_text(
        """
        The function that yields the samples, as `file.py:function` (the file relative to the BUILD
        file) or `module.path:function`. It takes the `inputs` by name and yields samples, or
        `(sample, label)` pairs. A sample is an array without the batch dimension, a list of arrays
        for a model of several inputs, in the model's own order, or a dict of arrays by input name. Text
        is a string, bytes, or an array of them. A dict may hold the inputs of several signatures;
        `signature/input` is a key for one that only this signature takes.

        The file must be owned by a Python target (`python_sources`); it becomes a dependency.

        Example: `entry_point="data.py:calibration"`.
        """
    )


class MaxSamplesField(OptionalIntegerField):
    alias = "max_samples"
    help = help_text(
        """
        How many of the first samples that the function yields to take.

        Defaults to all of them.

        Example: `max_samples=100`.
        """
    )


class SequenceField(BoolField):
    alias = "sequence"
    default = False
    help = help_text(
        """
        Whether a sample is a sequence of calls, for a model that keeps a state from call to call: the
        first dimension of each of its arrays is the calls, and the others are what one call takes
        without the batch dimension.

        A model is in the state in which it was loaded at the beginning of each sample, so it is verified
        over the whole sequence. Its golden files hold the first sample's calls in turn.

        Defaults to False: each sample is a call of its own, which no call before it influences.

        Example: `sequence=True` for samples of shape (calls, 1, 5) and a model whose input is (1, 1, 5).
        """
    )


class IncludeSamplesField(BoolField):
    alias = "include_samples"
    default = False
    help = help_text(
        """
        Whether `package` also writes the samples to `dist/`, as `dataset.npz`. `dataset.json`, which
        describes them, is always written, and other targets get the samples either way.

        Defaults to False: samples may take hundreds of megabytes, and every `package` writes them
        again.

        Example: `include_samples=True` for a dataset that is passed to `pants run` with `--input`.
        """
    )


class TfLiteDatasetTarget(Target):
    alias = "tflite_dataset"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        DatasetEntryPointField,
        InputsField,
        MaxSamplesField,
        SequenceField,
        IncludeSamplesField,
        SeedField,
        NondeterministicField,
        TensorFlowResolveField,
        WorkEnvironmentField,
        OutputDirectoryField,
    )
    help = help_text(
        """
        Samples, with or without labels, that calibrate, verify and test models: a `.npz` file with
        a fingerprint of its content.
        """
    )


# -----------------------------------------------------------------------------------------------
# `tflite_quantization`
# -----------------------------------------------------------------------------------------------


class QuantizationModeField(OptionalChoiceField):
    alias = "mode"
    valid_choices = MODE_NAMES
    help = help_text(
        f"""
        How weights and activations are stored: one of {_MODES_LIST}. The modes
        {_CALIBRATED_LIST} need a `calibration` dataset on the model.

        Defaults to {DEFAULT_MODE}, or to no mode if there is a `recipe`.

        Example: `mode="int8"`.
        """
    )


class InputTypeField(OptionalChoiceField):
    alias = "input_type"
    valid_choices = IO_TYPES
    help = help_text(
        f"""
        The type of the model's inputs: {_IO_TYPES_LIST}.

        Defaults to float32: the model quantizes its own input.

        Example: `input_type="int8"`.
        """
    )


class OutputTypeField(OptionalChoiceField):
    alias = "output_type"
    valid_choices = IO_TYPES
    help = help_text(
        f"""
        The type of the model's outputs: {_IO_TYPES_LIST}.

        Defaults to float32: the model dequantizes its own output.

        Example: `output_type="int8"`.
        """
    )


class EngineField(ChoiceField):
    alias = "engine"
    default = "tensorflow"
    valid_choices = ENGINES
    help = help_text(
        """
        What quantizes the model: `tensorflow`, the converter itself, or `ai_edge`, the AI Edge
        Quantizer, which works on the converted float model and follows a `recipe`.

        Defaults to tensorflow.

        Example: `engine="ai_edge"`.
        """
    )


class RecipeField(OptionalSingleSourceField):
    alias = "recipe"
    expected_file_extensions = (".json",)
    uses_source_roots = False
    help = help_text(
        """
        A JSON recipe for the AI Edge Quantizer: a file relative to the BUILD file. It needs
        `engine="ai_edge"`. It is a list of the quantizer's entries, or an object with the list as its
        `entries` and, as `calibration_samples`, how many of the calibration samples to use; `pants
        tflite-tune` writes one. An entry that matches no op of the model is an error.

        Defaults to the AI Edge Quantizer's own recipe for the `mode`.

        Example: `recipe="recipes/int4_weights.json"`.
        """
    )


class FloatFallbackField(BoolField, AsyncFieldMixin):
    alias = "float_fallback"
    value: bool
    default = False
    help = help_text(
        f"""
        Whether ops that cannot be quantized may compute in float32, in the modes
        {_CALIBRATED_LIST}. `model.json` lists them under `verification.float_ops`, with their
        tensors and layers. A model in which nothing could be quantized is an error all the same.

        Each such op costs a conversion of its inputs and outputs, and a device without floating
        point runs it slowly or not at all.

        Defaults to False: one op left in float32 is an error that names all of them.

        Example: `float_fallback=True`.
        """
    )


class MaxFloatOpsField(OptionalIntegerField):
    alias = "max_float_ops"
    minimum = 0
    help = help_text(
        """
        How many ops may compute in float32 at most, with `float_fallback=True`. It keeps a change
        of the model, or a new version of TensorFlow, from leaving more of them behind unseen.

        Defaults to any number.

        Example: `max_float_ops=12`.
        """
    )


class PerChannelField(BoolField, AsyncFieldMixin):
    alias = "per_channel"
    value: bool
    default = True
    help = help_text(
        f"""
        Whether the weights of a layer have a scale for each output channel, in the modes
        {_WEIGHTS_LIST}. Some older NPUs and kernels for microcontrollers take one scale a tensor
        only. It makes models smaller: an anomaly detector of fully connected layers in int8 by 7 %
        (269,248 bytes instead of 289,224), a ResNet of 8 convolutions by 8 %. It costs accuracy,
        above all in depthwise convolutions: the outputs of that ResNet had a root mean square error
        of 0.042 instead of 0.026.

        Defaults to True.

        Example: `per_channel=False`.
        """
    )


class QuantizationAwareField(BoolField, AsyncFieldMixin):
    alias = "quantization_aware"
    value: bool
    default = False
    help = help_text(
        """
        Whether the model was trained with fake quantization (QAT): the ranges come from its
        `tf.quantization.fake_quant_with_min_max_vars` and the like, and no `calibration` is needed.
        It goes with the mode int8 and the engine tensorflow.

        Defaults to False: the ranges come from the `calibration` dataset.

        Example: `quantization_aware=True`.
        """
    )


class TfLiteQuantizationTarget(Target):
    alias = "tflite_quantization"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        QuantizationModeField,
        InputTypeField,
        OutputTypeField,
        EngineField,
        RecipeField,
        FloatFallbackField,
        MaxFloatOpsField,
        PerChannelField,
        QuantizationAwareField,
    )
    help = help_text(
        """
        How a `tflite_model` is quantized, if the name of a mode does not say enough.
        """
    )


# -----------------------------------------------------------------------------------------------
# `tflite_model`
# -----------------------------------------------------------------------------------------------


class SavedModelField(AddressField):
    alias = "saved_model"
    target_aliases = ("tf_saved_model", "tf_saved_model_files", "keras_file")
    value: str
    required = True
    help = help_text(
        """
        The address of the `tf_saved_model`, `tf_saved_model_files` or `keras_file` to convert.

        Example: `saved_model=":classifier"`.
        """
    )


class QuantizationField(AddressOrNameField):
    alias = "quantization"
    target_aliases = ("tflite_quantization",)
    value: str
    default = DEFAULT_MODE
    help = help_text(
        f"""
        A mode ({_MODES_LIST}), or the address of a `tflite_quantization`.

        Defaults to {DEFAULT_MODE}.

        Example: `quantization=parametrize("float32", "int8", int8_io=":int8_io")`.
        """
    )


class CalibrationField(AddressField):
    alias = "calibration"
    target_aliases = ("tflite_dataset",)
    help = help_text(
        f"""
        The address of the `tflite_dataset` from whose samples the ranges of activations are taken.
        The modes {_CALIBRATED_LIST} need it; the others ignore it.

        Defaults to none.

        Example: `calibration=":calibration"`.
        """
    )


class SelectTfOpsField(AllowedNamesField):
    alias = "select_tf_ops"
    help = help_text(
        """
        The ops that the model may take from TensorFlow itself (Select TensorFlow ops), if
        TensorFlow Lite has none for them: a list of their names in TensorFlow, or True for any. An
        op that the model needs but the list lacks is an error, and so is one that it does not need.

        Such a model runs in TensorFlow's own interpreter, in which it is verified, and on Android
        and iOS, whose bundles then depend on a second, large library of TensorFlow's kernels.
        Archives for Linux and libraries for microcontrollers refuse it: no runtime there has them.

        Defaults to False: an op that TensorFlow Lite lacks is an error.

        Example: `select_tf_ops=["MatrixInverse"]`.
        """
    )

    @property
    def ops(self) -> Union[bool, tuple[str, ...]]:
        """The names as TensorFlow has them, sorted; op codes have `Flex` before them."""
        if isinstance(self.value, bool):
            return self.value
        return tuple(sorted({name.removeprefix(FLEX_PREFIX) for name in self.value}))


class SignaturesField(StringSequenceField):
    alias = "signatures"
    help = help_text(
        """
        The signatures of the SavedModel to convert.

        Defaults to `serving_default`, or to the only signature if there is just one.

        Example: `signatures=["encode", "decode"]`.
        """
    )


class CutInputsField(NamesField):
    alias = "inputs"
    help = help_text(
        """
        Tensors of the SavedModel that become the model's inputs, in this order. What comes before them
        is cut off: the decoding or scaling of a picture, say. Each is the name of a layer, for what
        leaves that layer, the name of an input of the signature, or that of a tensor, such as
        `detector/conv/Relu:0`. The model calls an input by the same name, with `_` for what is no
        letter or digit, and without `:0`.

        All datasets of the model have samples of these inputs. A wrong name lists those that there are.

        Defaults to the inputs of the signature.

        Example: `inputs=["features"]`.
        """
    )


class CutOutputsField(NamesField):
    alias = "outputs"
    help = help_text(
        """
        Tensors of the SavedModel that become the model's outputs, named like those in `inputs`. What
        comes after them is cut off: the non-maximum suppression of a detector, say, which a
        microcontroller's app does itself.

        The model is verified against the SavedModel that is cut at the same places, and that is first
        compared with the whole one, which runs on the same samples, or on made-up ones if inputs are cut
        off. `model.json` says where it was cut, and on how many samples both agree.

        Defaults to the outputs of the signature.

        Example: `outputs=["boxes", "scores"]`.
        """
    )


class VerifyToleranceField(OptionalPositiveFloatField):
    alias = "verify_tolerance"
    help = help_text(
        f"""
        How far an output of the converted model may be from the SavedModel's: the root mean square
        of the error, divided by the spread of the SavedModel's output, which is the root mean square of
        its values about their mean. An output that ignores its input is 1 off.

        The same number limits the parts. One channel, an index of the last dimension, may be
        {CHANNEL_TOLERANCE:g} times as far off as the whole, measured by its own spread; and
        {DECISIONS_TOLERANCE:.2g} times the number is the share of integers, of text, or of a
        classifier's clear decisions that may differ.

        Defaults to the mode's own: {_TOLERANCES_LIST}.

        Example: `verify_tolerance=0.1`.
        """
    )


class TfLiteModelTarget(Target):
    alias = "tflite_model"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        SavedModelField,
        QuantizationField,
        CalibrationField,
        CustomOpsField,
        CutInputsField,
        CutOutputsField,
        InputShapesField,
        SelectTfOpsField,
        SignaturesField,
        MetadataField,
        VerifyDatasetField,
        VerifySamplesField,
        VerifyToleranceField,
        SkipVerificationField,
        EnvironmentField,
        ModelOutputDirectoryField,
    )
    help = help_text(
        """
        A SavedModel converted to TensorFlow Lite and verified against the SavedModel on samples. It
        is packaged with a description (`model.json`) and golden inputs and outputs.
        """
    )


def target_types() -> tuple[type[Target], ...]:
    return (
        KerasFileTarget,
        TfLiteDatasetTarget,
        TfLiteFileTarget,
        TfLiteMetadataTarget,
        TfLiteModelTarget,
        TfLiteQuantizationTarget,
        TfSavedModelFilesTarget,
        TfSavedModelTarget,
    )
