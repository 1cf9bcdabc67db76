# Copyright 2026 the pants-tflite authors.
# Licensed under the Apache License, Version 2.0 (see LICENSE).
"""Times models against each other: each in a process of its own, called in turn.

Whatever else the machine does slows all of them, and so hardly changes their ratio.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from pants_tflite.sandbox.evaluation import time_model
from pants_tflite.sandbox.evaluation.time_model_protocol import TimeModelRequest
from pants_tflite.sandbox.evaluation.time_models_protocol import TimeModelsRequest, TimingReport
from pants_tflite.sandbox.harness import run, write_report
from pants_tflite.sandbox.interpreter.litert_interpreter import interpreter_library
from pants_tflite.sandbox.tflite.model_reader import read_model

# Of a process that ended without an answer, and without saying so.
FAILED_EXIT_CODE = 1
# Long enough for the clock, and short enough that the others run under the same load.
_SECONDS_OF_TURN = 0.02
_MOST_CALLS = 2000
_FEWEST_ROUNDS, _MOST_ROUNDS = 5, 61


class TimedProcess:
    """The process of one model."""

    def __init__(self, request: TimeModelRequest, number: int) -> None:
        path = Path(f"model_{number}.json")
        path.write_bytes(request.render())
        self._process = subprocess.Popen(
            [sys.executable, "-m", time_model.__name__, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> TimedProcess:
        return self

    def time(self, calls: int) -> float:
        """The seconds of a call, as the mean of so many. Ends this process, too, if that one died."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(f"{calls}\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = process.stdout.readline()
        if not answer:
            self._end_as(process.wait())
        return float(answer) / calls

    def kill(self) -> None:
        self._process.kill()

    def _end_as(self, exit_code: int) -> NoReturn:
        """Ends this process in the way of that one: it has reported what is wrong."""
        # A shell says of a signal the same.
        sys.exit(128 - exit_code if exit_code < 0 else exit_code or FAILED_EXIT_CODE)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()
        # Some models crash an interpreter not before it frees them.
        if error is None and self._process.returncode != 0:
            self._end_as(self._process.returncode)


def time_in_turn(processes: list[TimedProcess], max_seconds: float) -> list[list[float]]:
    """The seconds of a call, for each round and model. Who is first changes from round to round."""
    calls = []
    for process in processes:
        single = min(process.time(1), process.time(1))
        calls.append(max(1, min(_MOST_CALLS, math.ceil(_SECONDS_OF_TURN / max(single, 1e-7)))))
    first = [process.time(count) for process, count in zip(processes, calls)]
    seconds = sum(time * count for time, count in zip(first, calls))
    rounds = max(_FEWEST_ROUNDS, min(_MOST_ROUNDS, int(max_seconds / max(seconds, 1e-7))))
    results = []
    for number in range(rounds):
        order = list(range(len(processes)))
        times = dict.fromkeys(order, 0.0)
        for index in order if number % 2 == 0 else order[::-1]:
            times[index] = processes[index].time(calls[index])
        results.append([times[index] for index in order])
    return results


def main(request: TimeModelsRequest) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                TimedProcess(
                    TimeModelRequest(
                        model=model,
                        dataset=request.dataset,
                        dataset_field=request.dataset_field,
                        signature=request.signature,
                    ),
                    number,
                )
            )
            for number, model in enumerate(request.models)
        ]
        rounds = time_in_turn(processes, request.max_seconds)
    ratio = None
    if len(request.models) > 1:
        ratio = statistics.median(times[0] / times[1] for times in rounds)
    write_report(
        TimingReport(
            median_seconds=tuple(map(statistics.median, zip(*rounds))),
            ratio=ratio,
            rounds=len(rounds),
            tools=interpreter_library(read_model(Path(request.models[0].model))).tools,
        )
    )


if __name__ == "__main__":
    run(main, TimeModelsRequest)
