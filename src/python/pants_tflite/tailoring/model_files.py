# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""`pants tailor` for files of models: TensorFlow Lite's, Keras' and SavedModels."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterable, Iterator

from pants.core.goals.tailor import AllOwnedSources, PutativeTargets, PutativeTargetsRequest
from pants.engine.fs import PathGlobs
from pants.engine.unions import UnionRule

from pants_tflite.compat import (
    collect_rules,
    concurrently,
    get_digest_contents,
    implicitly,
    path_globs_to_paths,
    rule,
)
from pants_tflite.subsystems.tailoring import Tailoring
from pants_tflite.tailoring.proposals import Proposal, can_be_source, in_folder, name_proposals
from pants_tflite.target_types import (
    KerasFileSourceField,
    KerasFileTarget,
    TfLiteFileSourceField,
    TfLiteFileTarget,
    TfSavedModelFilesTarget,
)

_KERAS_FORMAT = ".keras"
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
# The attribute in which Keras writes the layers of a model; a file of weights alone has none.
_HDF5_MODEL = b"model_config"
_SAVED_MODEL = "saved_model.pb"
# What else is in the folder of a SavedModel, each there or not.
_SAVED_MODEL_PARTS = ("assets", "assets.extra", "variables")
_FINGERPRINT = "fingerprint.pb"
_BUILD_FILES = ("BUILD", "BUILD.*")


class PutativeModelFilesRequest(PutativeTargetsRequest):
    pass


@dataclass(frozen=True)
class SavedModelFolder:
    """A folder with a SavedModel, and the BUILD file and parts that are in it."""

    path: str
    build_files: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class SavedModelFolderRequest:
    path: str


@dataclass(frozen=True)
class HoldsKerasModelRequest:
    """Asks whether the HDF5 file at `path` holds a Keras model, rather than weights or other data."""

    path: str


@dataclass(frozen=True)
class HoldsKerasModel:
    value: bool


def holds_keras_model(content: bytes) -> bool:
    return content.startswith(_HDF5_MAGIC) and _HDF5_MODEL in content


def _file_proposal(target_type: type, path: str) -> Proposal:
    folder, file = os.path.split(path)
    stem, extension = os.path.splitext(file)
    return Proposal(
        target_type,
        folder=folder,
        name=stem,
        longer_name=f"{stem}_{extension[1:]}",
        fields={"source": file},
        sources=(file,),
    )


def _folder_proposal(found: SavedModelFolder) -> Proposal:
    """The target goes next to the folder, which tools write as a whole, unless it has a BUILD file."""
    parent, name = os.path.split(found.path)
    if found.build_files:
        folder = found.path
        sources = (
            _SAVED_MODEL,
            *(part if part == _FINGERPRINT else f"{part}/**" for part in found.parts),
        )
    else:
        folder, sources = parent, (f"{name}/**",)
    return Proposal(
        TfSavedModelFilesTarget,
        folder=folder,
        name=name,
        longer_name=f"{name}_saved_model",
        fields={"sources": sources},
        sources=sources,
    )


def _outside(paths: Iterable[str], folders: Iterable[str]) -> Iterator[str]:
    folders = tuple(folders)
    for path in sorted(paths):
        if not any(in_folder(path, folder) for folder in folders):
            yield path


@rule
async def read_holds_keras_model(request: HoldsKerasModelRequest) -> HoldsKerasModel:
    (file,) = await get_digest_contents(**implicitly(PathGlobs([request.path])))
    return HoldsKerasModel(holds_keras_model(file.content))


@rule
async def read_saved_model_folder(request: SavedModelFolderRequest) -> SavedModelFolder:
    found, parts = await concurrently(
        path_globs_to_paths(PathGlobs(os.path.join(request.path, name) for name in _BUILD_FILES)),
        path_globs_to_paths(
            PathGlobs(
                [
                    os.path.join(request.path, _FINGERPRINT),
                    *(os.path.join(request.path, part, "**") for part in _SAVED_MODEL_PARTS),
                ]
            )
        ),
    )
    names = {os.path.relpath(file, request.path).split(os.path.sep)[0] for file in parts.files}
    return SavedModelFolder(request.path, found.files, tuple(sorted(names)))


@rule(desc="Determine candidate targets of model files to create")
async def find_putative_model_files(
    request: PutativeModelFilesRequest, owned: AllOwnedSources, tailoring: Tailoring
) -> PutativeTargets:
    if not tailoring.tailor_model_files:
        return PutativeTargets()
    saved_models, tflite, keras = await concurrently(
        path_globs_to_paths(request.path_globs(_SAVED_MODEL)),
        path_globs_to_paths(
            request.path_globs(
                *(f"*{end}" for end in TfLiteFileSourceField.expected_file_extensions)
            )
        ),
        path_globs_to_paths(
            request.path_globs(
                *(f"*{end}" for end in KerasFileSourceField.expected_file_extensions)
            )
        ),
    )
    folders = sorted({os.path.dirname(path) for path in saved_models.files} - {""})
    found = await concurrently(
        read_saved_model_folder(SavedModelFolderRequest(path))
        for path in folders
        if os.path.join(path, _SAVED_MODEL) not in owned and can_be_source(path)
    )
    free_tflite, free_keras = (
        [path for path in _outside(set(paths.files) - set(owned), folders) if can_be_source(path)]
        for paths in (tflite, keras)
    )
    hdf5 = [path for path in free_keras if not path.endswith(_KERAS_FORMAT)]
    holds = await concurrently(
        read_holds_keras_model(HoldsKerasModelRequest(path)) for path in hdf5
    )
    no_models = {path for path, answer in zip(hdf5, holds) if not answer.value}
    return name_proposals(
        (
            *map(_folder_proposal, found),
            *(_file_proposal(TfLiteFileTarget, path) for path in free_tflite),
            *(
                _file_proposal(KerasFileTarget, path)
                for path in free_keras
                if path not in no_models
            ),
        )
    )


def rules():
    return (
        *collect_rules(),
        UnionRule(PutativeTargetsRequest, PutativeModelFilesRequest),
    )
