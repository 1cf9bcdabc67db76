# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The README.md of a bundle: what is in it, and how an app takes it."""

from __future__ import annotations

from string import Template
from typing import Mapping, Sequence

from pants_tflite.ios.model_facts import ModelFacts
from pants_tflite.ios.settings import FrameworkSettings

_README = Template(
    """\
# $name $version

$models
## With the Swift Package Manager

This folder is a package. Its product `$module` carries the models:

```swift
import $module
import TensorFlowLite

let model = $type.$member
let interpreter = try Interpreter(modelPath: model.url.path)
try interpreter.allocateTensors()
try interpreter.copy(input, toInputAt: 0)   // Data of model.inputs[0].elementType
try interpreter.invoke()
let output = try interpreter.output(at: 0).data
```

The product `$name` is the XCFramework: the same facts for C and Objective-C. To host it in a
release instead, upload `$archive` and put into `Package.swift`

```swift
.binaryTarget(
    name: "$name",
    url: "https://example.org/$archive",
    checksum: "$checksum"
),
```

The checksum, also in `$archive.sha256`, is what `swift package compute-checksum` prints: the SHA-256.

## Without

Add `$name.xcframework` to the app in Xcode, as embedded. The models are in the framework's folder:

```objc
@import $name;

const ${name}ModelInfo *model = ${name}ModelAtIndex(0);
NSURL *framework = [NSBundle.mainBundle.privateFrameworksURL
    URLByAppendingPathComponent:@"$name.framework"];
NSURL *url = [framework URLByAppendingPathComponent:@(model->file)];
```

An app that takes `$module` already has the models, and needs no embedded framework.

## What Apple's tools have not seen

The frameworks are static, compiled with zig, and neither linked nor signed by Apple's tools; no Swift
compiler has read the Swift files. Xcode links the frameworks into the app, and signs it.
"""
)


def render_readme(
    settings: FrameworkSettings,
    models: Sequence[ModelFacts],
    members: Mapping[str, str],
    *,
    archive: str,
    checksum: str,
) -> str:
    """`members` are Swift's names of the models; `checksum` is that of the file `archive`."""
    return _README.substitute(
        name=settings.name,
        version=settings.version,
        module=settings.swift_module,
        type=settings.swift_type,
        member=members[models[0].name],
        models="".join(_describe(model) for model in models),
        archive=archive,
        checksum=checksum,
    )


def _describe(model: ModelFacts) -> str:
    inputs = ", ".join(f"`{tensor}`" for tensor in model.inputs) or "nothing"
    outputs = ", ".join(f"`{tensor}`" for tensor in model.outputs) or "nothing"
    return f"- `{model.name}`, {model.bytes:,} bytes: takes {inputs}, gives {outputs}\n"
