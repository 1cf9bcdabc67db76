# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The Java class `Model`, with which an app loads its models and asks about them."""

from __future__ import annotations

from typing import Iterable

from pants_tflite.bundles.contents import files_of
from pants_tflite.bundles.models import BundleModel
from pants_tflite.sandbox.tflite.inspect_model_protocol import ModelTensor

CLASS_NAME = "Model"
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# @package@ and @models@ are filled in. It keeps to Java 8 and to Android's API of level 19.
_SOURCE = """\
package @package@;

import android.content.res.AssetFileDescriptor;
import android.content.res.AssetManager;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The TensorFlow Lite models of this library. */
public enum Model {
@models@;

  /** An input or output of a model. */
  public static final class Tensor {
    private final String name;
    private final String dtype;
    private final int[] shape;
    private final float scale;
    private final int zeroPoint;

    private Tensor(String name, String dtype, int[] shape, float scale, int zeroPoint) {
      this.name = name;
      this.dtype = dtype;
      this.shape = shape;
      this.scale = scale;
      this.zeroPoint = zeroPoint;
    }

    /** Returns the tensor's name in the model's signature. */
    public String getName() {
      return name;
    }

    /** Returns the type of the elements by NumPy's name for it, such as {@code "float32"}. */
    public String getDtype() {
      return dtype;
    }

    /** Returns the dimensions: -1 for one that the model leaves open, such as that of the batch. */
    public int[] getShape() {
      return shape.clone();
    }

    /** Returns the scale of quantized elements, or 0 where the tensor is not quantized as a whole. */
    public float getScale() {
      return scale;
    }

    /** Returns the element that stands for 0, or 0 where the tensor is not quantized as a whole. */
    public int getZeroPoint() {
      return zeroPoint;
    }
  }

  private final String modelName;
  private final String assetPath;
  private final String labelsAssetPath;
  private final long sizeBytes;
  private final String sha256;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;

  Model(
      String modelName,
      String assetPath,
      String labelsAssetPath,
      long sizeBytes,
      String sha256,
      Tensor[] inputs,
      Tensor[] outputs) {
    this.modelName = modelName;
    this.assetPath = assetPath;
    this.labelsAssetPath = labelsAssetPath;
    this.sizeBytes = sizeBytes;
    this.sha256 = sha256;
    this.inputs = Collections.unmodifiableList(Arrays.asList(inputs));
    this.outputs = Collections.unmodifiableList(Arrays.asList(outputs));
  }

  /** Returns the model's name in the library. */
  public String getModelName() {
    return modelName;
  }

  /** Returns the model's path among the app's assets. */
  public String getAssetPath() {
    return assetPath;
  }

  /** Returns the size of the model. */
  public long getSizeBytes() {
    return sizeBytes;
  }

  /** Returns the sha256 of the model in lower-case hexadecimal. */
  public String getSha256() {
    return sha256;
  }

  /** Returns the inputs in the order of an interpreter's indices. */
  public List<Tensor> getInputs() {
    return inputs;
  }

  /** Returns the outputs in the order of an interpreter's indices. */
  public List<Tensor> getOutputs() {
    return outputs;
  }

  /**
   * Maps the model into memory, for an interpreter to read it from there.
   *
   * @param assets the app's assets
   * @throws IOException where the app does not have the model, or has it compressed
   */
  public MappedByteBuffer load(AssetManager assets) throws IOException {
    try (AssetFileDescriptor asset = assets.openFd(assetPath);
        FileInputStream stream = new FileInputStream(asset.getFileDescriptor())) {
      return stream
          .getChannel()
          .map(FileChannel.MapMode.READ_ONLY, asset.getStartOffset(), asset.getDeclaredLength());
    }
  }

  /**
   * Reads the labels in the order of the model's scores; none where the model has no labels.
   *
   * @param assets the app's assets
   * @throws IOException where the app does not have the labels
   */
  public List<String> readLabels(AssetManager assets) throws IOException {
    List<String> labels = new ArrayList<>();
    if (labelsAssetPath != null) {
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(assets.open(labelsAssetPath), StandardCharsets.UTF_8))) {
        for (String label = reader.readLine(); label != null; label = reader.readLine()) {
          labels.add(label);
        }
      }
    }
    return Collections.unmodifiableList(labels);
  }
}
"""


def java_string(value: str) -> str:
    """A string literal in ASCII."""
    # Java's units have two bytes: a character beyond 16 bits becomes two of them.
    units = memoryview(value.encode("utf-16-be", "surrogatepass"))
    codes = [units[index] << 8 | units[index + 1] for index in range(0, len(units), 2)]
    characters = (_ESCAPES.get(chr(code)) or _java_character(code) for code in codes)
    return f'"{"".join(characters)}"'


def _java_character(code: int) -> str:
    # A \\u escape is read before anything else: control characters would end the literal's line.
    if code < 0x20:
        return f"\\{code:03o}"
    return chr(code) if code < 0x7F else f"\\u{code:04x}"


def _java_tensor(name: str, tensor: ModelTensor) -> str:
    sizes = ", ".join("-1" if size is None else str(size) for size in tensor.shape_signature)
    quantization = tensor.quantization
    scale, zero_point = 0.0, 0
    if quantization and len(quantization.scales) == 1:
        scale, zero_point = quantization.scales[0], quantization.zero_points[0]
    return (
        f"new Tensor({java_string(name)}, {java_string(tensor.dtype)}, "
        f"new int[] {{{sizes}}}, {scale!r}f, {zero_point})"
    )


def _java_tensors(named: Iterable[tuple[str, ModelTensor]]) -> str:
    lines = "".join(f"\n        {_java_tensor(name, tensor)}," for name, tensor in named)
    return f"new Tensor[] {{{lines}\n      }}"


def _java_model(model: BundleModel, directory: str) -> str:
    files, facts = files_of(model.name, directory), model.facts
    arguments = (
        java_string(model.name),
        java_string(files.model),
        java_string(files.labels) if model.labels else "null",
        f"{facts.sizes.file}L",
        java_string(facts.sha256),
        _java_tensors(facts.named_inputs),
        _java_tensors(facts.named_outputs),
    )
    lines = ",\n".join(f"      {argument}" for argument in arguments)
    return f"  /** The model {{@code {model.name}}}. */\n  {model.name.upper()}(\n{lines})"


def render_accessors(package: str, directory: str, models: Iterable[BundleModel]) -> bytes:
    """The source of the class; the models are in the folder `directory` of the assets."""
    constants = ",\n\n".join(_java_model(model, directory) for model in models)
    return _SOURCE.replace("@package@", package).replace("@models@", constants).encode()
