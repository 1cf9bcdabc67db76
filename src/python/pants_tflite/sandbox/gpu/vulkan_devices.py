# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Asking Vulkan's loader for devices, by its C interface: the few functions and structures that it takes."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Iterator

_API_1_1 = (1 << 22) | (1 << 12)
_INSTANCE_INFO, _PROPERTIES_2, _DRIVER_PROPERTIES = 1, 1000059001, 1000196000


class _ApplicationInfo(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("version", ctypes.c_uint32),
        ("engine", ctypes.c_char_p),
        ("engine_version", ctypes.c_uint32),
        ("api_version", ctypes.c_uint32),
    ]


class _InstanceInfo(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("flags", ctypes.c_uint32),
        ("application", ctypes.POINTER(_ApplicationInfo)),
        ("layer_count", ctypes.c_uint32),
        ("layers", ctypes.c_void_p),
        ("extension_count", ctypes.c_uint32),
        ("extensions", ctypes.c_void_p),
    ]


class _DriverProperties(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("id", ctypes.c_int),
        ("name", ctypes.c_char * 256),
        ("info", ctypes.c_char * 256),
        ("conformance", ctypes.c_uint8 * 4),
    ]


class _DeviceProperties(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("api_version", ctypes.c_uint32),
        ("driver_version", ctypes.c_uint32),
        ("vendor", ctypes.c_uint32),
        ("device", ctypes.c_uint32),
        ("device_type", ctypes.c_int),
        ("name", ctypes.c_char * 256),
        # Limits and the like, which are about a quarter of this.
        ("rest", ctypes.c_uint8 * 4096),
    ]


@dataclass(frozen=True)
class VulkanDevice:
    name: str
    driver_version: str


def list_devices(loader: Any) -> Iterator[VulkanDevice]:
    """The devices that the library `loader` offers. Raises RuntimeError if it fails."""
    info = _InstanceInfo(
        kind=_INSTANCE_INFO,
        application=ctypes.pointer(_ApplicationInfo(api_version=_API_1_1)),
    )
    instance, count = ctypes.c_void_p(), ctypes.c_uint32()
    _check(loader.vkCreateInstance(ctypes.byref(info), None, ctypes.byref(instance)))
    _check(loader.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), None))
    devices = (ctypes.c_void_p * count.value)()
    _check(loader.vkEnumeratePhysicalDevices(instance, ctypes.byref(count), devices))
    for device in devices:
        driver = _DriverProperties(kind=_DRIVER_PROPERTIES)
        found = _DeviceProperties(
            kind=_PROPERTIES_2, next=ctypes.cast(ctypes.pointer(driver), ctypes.c_void_p)
        )
        loader.vkGetPhysicalDeviceProperties2(ctypes.c_void_p(device), ctypes.byref(found))
        yield VulkanDevice(
            name=found.name.decode(errors="replace"),
            driver_version=driver.info.decode(errors="replace") or _dotted(found.driver_version),
        )


def _check(result: int) -> None:
    if result != 0:
        raise RuntimeError(f"Vulkan's loader fails with {result}")


def _dotted(version: int) -> str:
    return f"{version >> 22}.{version >> 12 & 0x3FF}.{version & 0xFFF}"
