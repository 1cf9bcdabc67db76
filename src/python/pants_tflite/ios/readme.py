# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""The README.md of a bundle: what is in it, and how an app uses it."""

from __future__ import annotations

from string import Template
from typing import Mapping, Sequence

from pants_tflite.ios.model_facts import ModelFacts
from pants_tflite.ios.replay import self_test_file, self_test_name
from pants_tflite.ios.settings import FrameworkSettings
from pants_tflite.ios.swift_manifest import models_folder

_README = Template(
    """\
# $name $version

$models
## With the Swift Package Manager

This folder is a package. Its product `$module` carries the models$usage
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

$runtime## With CocoaPods

`$name.podspec` is for this folder, too. It brings `$module` and the framework:

```ruby
pod "$name", :path => "path/to/this/folder"
```

To publish it, add its `author`, `homepage`, `license` and `source`.

$custom_ops$select_tf_ops$self_test## Without

Add `$name.xcframework` to the app in Xcode, with "Do Not Embed": the framework is static, so Xcode links
it into the app, and the App Store refuses an upload that has a static framework embedded. Add the models
from `$models_folder` to the app itself ("Copy Bundle Resources"):

```objc
@import $name;

const ${name}ModelInfo *model = ${name}ModelAtIndex(0);
NSURL *url = [NSBundle.mainBundle URLForResource:@(model->file) withExtension:nil];
```

An app that takes `$module` already has the models.

## Privacy

`PrivacyInfo.xcprivacy`, in the package and in each framework, says that models and their accessors do not
track, collect nothing and call nothing that Apple wants a reason for. What the app does with the results,
and TensorFlow Lite itself, is up to their own manifests$privacy_of_ops.

## What Apple's tools have not seen

The frameworks are static, compiled with zig, and neither linked nor signed by Apple's tools; no Swift
compiler has read the Swift files. Xcode links the frameworks into the app, and signs it.
"""
)
_USAGE = Template(
    """\
:

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
"""
)
_RUNTIME = """\
`TensorFlowLite` comes from the pod `TensorFlowLiteSwift`; TensorFlow has no Swift package of it:

```ruby
pod "TensorFlowLiteSwift", "~> 2.14"
```

"""
_CUSTOM_OPS = Template(
    """\
## Custom ops

TensorFlow Lite's interpreters for Swift and Objective-C take no custom ops, and refuse a model that
uses any; its C library does take them. Link it (`TensorFlowLiteC`, a pod of that name), and the product
`$name`, which has the kernels:

```swift
import $name
import $module
import TensorFlowLiteC

guard let model = TfLiteModelCreateFromFile($type.$member.url.path),
    let options = TfLiteInterpreterOptionsCreate()
else { fatalError("no model") }
${name}AddCustomOps(options)
guard let interpreter = TfLiteInterpreterCreate(model, options) else { fatalError("no interpreter") }
defer {
    TfLiteInterpreterDelete(interpreter)
    TfLiteInterpreterOptionsDelete(options)
    TfLiteModelDelete(model)
}
guard TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk else { fatalError("no tensors") }
_ = input.withUnsafeBytes {   // Data of model.inputs[0].elementType
    TfLiteTensorCopyFromBuffer(
        TfLiteInterpreterGetInputTensor(interpreter, 0), $$0.baseAddress, $$0.count)
}
guard TfLiteInterpreterInvoke(interpreter) == kTfLiteOk else { fatalError("no result") }
let tensor = TfLiteInterpreterGetOutputTensor(interpreter, 0)
var output = Data(count: TfLiteTensorByteSize(tensor))
_ = output.withUnsafeMutableBytes {
    TfLiteTensorCopyToBuffer(tensor, $$0.baseAddress, $$0.count)
}
```

C and Objective-C call the same functions.

"""
)
_SELECT_TF_OPS = """\
## TensorFlow's own kernels

Some models take ops from TensorFlow itself: $models. Their kernels are in a pod of its own, which
an app adds to that of TensorFlow Lite, of the same version:

```ruby
pod "TensorFlowLiteSwift", "~> 2.14"
pod "TensorFlowLiteSelectTfOps", "~> 2.14"
```

The linker must load the whole of it, for nothing calls it by name. In "Other Linker Flags" of the app:

```
-force_load $(SRCROOT)/Pods/TensorFlowLiteSelectTfOps/Frameworks/TensorFlowLiteSelectTfOps.framework/TensorFlowLiteSelectTfOps
```

The interpreter then finds the kernels by itself. The Swift Package Manager has no such package.

"""
_SELF_TEST = Template(
    """\
## Test it

`$file` runs each model on inputs of the build, and compares what comes out with what came out there.
The inputs and outputs are resources of `$module`. Add the file to the tests of the app, or to the app itself, with the
pod `TensorFlowLiteC`, and call it on a device:

```swift
import $module

func replay() throws {
    for result in try $test().run() where !result.isAsInTheBuild {
        fatalError("\\(result)")
    }
}
```

A result names the model, the output, the index and both values. Outputs were recorded with TensorFlow Lite's
reference kernels. Integers must be the same, and floats may be off by 0.0001 of the largest number of their output. The
faster kernels of a device may be off by some steps of a quantized output: `steps` and `tolerance` of `$test` say
how many are allowed.

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
    plain = [members[model.name] for model in models if not model.custom_ops]
    with_ops = [members[model.name] for model in models if model.custom_ops]
    return _README.substitute(
        usage=_render_part(_USAGE, settings, plain) or ', and "Custom ops" runs them.\n',
        custom_ops=_render_part(_CUSTOM_OPS, settings, with_ops),
        select_tf_ops=_render_select_tf_ops(models),
        self_test=_render_self_test(settings, models),
        runtime=_RUNTIME if plain else "",
        privacy_of_ops=", and so are the kernels of custom ops" if with_ops else "",
        models_folder=models_folder(settings),
        name=settings.name,
        version=settings.version,
        module=settings.swift_module,
        models="".join(_describe(model) for model in models),
        archive=archive,
        checksum=checksum,
    )


def _render_select_tf_ops(models: Sequence[ModelFacts]) -> str:
    """How an app gets TensorFlow's kernels; nothing if no model needs them."""
    names = ", ".join(f"`{model.name}`" for model in models if model.select_tf_ops)
    # Not a template: the linker's flag has a variable of Xcode's.
    return _SELECT_TF_OPS.replace("$models", names) if names else ""


def _render_self_test(settings: FrameworkSettings, models: Sequence[ModelFacts]) -> str:
    """How an app replays golden vectors; nothing if there are none."""
    if not any(model.golden for model in models):
        return ""
    return _SELF_TEST.substitute(
        file=self_test_file(settings),
        module=settings.swift_module,
        test=self_test_name(settings),
    )


def _describe(model: ModelFacts) -> str:
    inputs = ", ".join(f"`{tensor}`" for tensor in model.inputs) or "nothing"
    outputs = ", ".join(f"`{tensor}`" for tensor in model.outputs) or "nothing"
    ops = ", ".join(f"`{name}`" for name in model.custom_ops)
    needs = f", needs the custom ops {ops}" if ops else ""
    taken = ", ".join(f"`{name}`" for name in model.select_tf_ops)
    needs += f", takes the ops {taken} from TensorFlow" if taken else ""
    return f"- `{model.name}`, {model.bytes:,} bytes: takes {inputs}, gives {outputs}{needs}\n"


def _render_part(part: Template, settings: FrameworkSettings, members: Sequence[str]) -> str:
    """`part` for the first of `members`; nothing if there are none."""
    if not members:
        return ""
    return part.substitute(
        name=settings.name,
        module=settings.swift_module,
        type=settings.swift_type,
        member=members[0],
    )
