"""How an experiment runs: data, models, training, report."""

import contextlib
import dataclasses
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.presets import Preset
from experiments.settings import RunOptions


@dataclass(frozen=True)
class Experiment:
    """A training script, or one of the experiments of a script.

    A subclass is a family of experiments: what one publication did in several tasks.
    The methods and `data` import what they need themselves, so that wrong options are
    refused before TensorFlow is loaded.

    Args:
        name: Name of the script and of its folder under `runs/`.
        description: What `--help` says first.
        options: Class of its options.
        presets: Its presets by name; there is a `demo`.
        quick: What `--quick` allows at most.
        data: Maps options to a `keras_nonnormal.datasets.Task`.
    """

    name: str
    description: str | None
    options: type[Any]
    presets: Mapping[str, Preset]
    quick: Preset
    data: Callable[[Any], Any]

    family: ClassVar[str]
    about: ClassVar[str]  # the family in words
    example: ClassVar[str]  # flags that mean it
    # The options of which one is enough to mean it.
    marks: ClassVar[tuple[str, ...]]

    def presets_in_words(self) -> str:
        """What `--help` says of presets; empty for a list of their names."""
        return ""

    def unnamed_preset(self, given: Mapping[str, Any]) -> str:
        """The preset to start from if flags name none."""
        return "demo"

    def settings(self, preset: str, given: Mapping[str, Any]) -> Preset:
        """What a preset changes, given these flags."""
        return self.presets[preset]

    def model(self, task, options) -> Any:
        """The uncompiled `keras.Model` for a task."""
        raise NotImplementedError

    def optimizer(self, options) -> Any:
        """A new optimizer."""
        raise NotImplementedError

    def training(self, task, options) -> dict[str, Any]:
        """What else `keras_nonnormal.training.train` is told."""
        raise NotImplementedError

    def announcement(self, task, options) -> str:
        """What is said before the training."""
        raise NotImplementedError

    def fit(self, model, task, options, directory) -> Any:
        """Trains a model into a run directory; gives the `TrainingResult`."""
        from keras_nonnormal.training import train

        return train(
            model,
            task,
            directory,
            optimizer=self.optimizer(options),
            seed=options.seed,
            jit_compile=options.compiles_steps,
            tensorboard=options.writes_events,
            **self.training(task, options),
        )

    def further_tests(self, model, task, options) -> dict[str, Any]:
        """What else is tested of a trained model, for `summary.json`."""
        return {}

    def summary(self, run: "Run", task) -> dict[str, Any]:
        """The results of one training, for `summary.json`."""
        return {"start": run.options.start, **run.result.summary()}

    def published(self, options) -> Mapping[str, str]:
        """What was published, by name, and its `setting`."""
        raise NotImplementedError

    def report(self, summaries: Mapping[str, Mapping[str, Any]], options) -> str:
        """What is said after the training, given the summary of every start."""
        raise NotImplementedError

    def draw(self, runs: "list[Run]", task, path) -> None:
        """Draws the learning curves into a file."""
        raise NotImplementedError

    def finish(self, run: "Run") -> None:
        """What is left to do with a trained model."""

    def run(self, options: RunOptions) -> dict[str, Any]:
        """Trains, reports, and finishes the run directory.

        Args:
            options: The options, `out` among them.

        Returns:
            The summary that is in `summary.json`.
        """
        with contextlib.ExitStack() as held:
            return self._run(options, held)

    def _run(self, options: RunOptions, held: contextlib.ExitStack) -> dict[str, Any]:
        from keras_nonnormal.recurrence import set_jit_compile
        from keras_nonnormal.training import in_words, placed

        begun = time.perf_counter()
        set_jit_compile(options.jit is not False)
        with placed(options.device, options.strategy):
            words = in_words(options.sequences_per_step)
            task = self.data(options)
            print(self.announcement(task, options))
            if options.strategy != "none":
                print(f"{options.strategy}: {words}")
        runs = [self._train(task, options, held)]
        if (other := options.compared()) is not None:
            runs.append(self._train(task, other, held))
        directory = runs[0].directory
        self.draw(runs, task, directory.curves)
        summaries = {run.options.start: self.summary(run, task) for run in runs}
        print(self.report(summaries, options))
        print(f"\n{time.perf_counter() - begun:.0f} s; the run is in {directory.path}")
        print(f"learning curves: {directory.curves}")
        main, *others = summaries.values()
        for run in runs[1:]:
            run.directory.finish(summaries[run.options.start])
        return self.finish_run(runs[0], main, others)

    def finish_run(self, run: "Run", main, others=()) -> dict[str, Any]:
        """Writes the summary of a run, with which it is finished.

        Args:
            run: The run.
            main: What `summary` gave of it.
            others: The same of runs that it is compared with.

        Returns:
            What is in `summary.json`.
        """
        summary = {
            "experiment": self.name,
            "directory": str(run.directory.path),
            **main,
            "compared": list(others),
            "published": dict(self.published(run.options)),
        }
        run.directory.finish(summary)
        return summary

    def test(self, options: Any) -> dict[str, Any]:
        """Tests a run that was made before, and leaves it as it is.

        Args:
            options: The options of the run and of the test, `out` among them.

        Returns:
            What was tested, and the results.
        """
        raise NotImplementedError

    def config(self, options: RunOptions) -> dict[str, Any]:
        """What is needed to repeat a run, for `config.json`."""
        import keras
        import numpy
        import tensorflow

        import keras_nonnormal

        return {
            "experiment": self.name,
            "family": self.family,
            "options": {**dataclasses.asdict(options), "resume": False},
            "versions": {
                "python": platform.python_version(),
                "keras_nonnormal": keras_nonnormal.__version__,
                "keras": keras.__version__,
                "tensorflow": tensorflow.__version__,
                "numpy": numpy.__version__,
            },
            "machine": platform.platform(),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }

    def _train(self, task, options: RunOptions, held: contextlib.ExitStack) -> "Run":
        import keras

        from keras_nonnormal.training import RunDirectory, placed

        print(f"\n{options.start}:")
        directory = held.enter_context(RunDirectory(options.out))
        if not directory.finished:  # one to compare with may be, in a resumed run
            directory.claim(self.config(options), options.resume)
        keras.utils.clear_session()  # not within a strategy, of which it loses track
        keras.utils.set_random_seed(options.seed)
        with placed(options.device, options.strategy):
            model = self.model(task, options)
            result = self.fit(model, task, options, directory)
            tests = self.further_tests(model, task, options)
        run = Run(options, directory, result, tests)
        self.finish(run)
        return run


@dataclass(frozen=True)
class Run:
    """One training: its options, `RunDirectory` and `TrainingResult`, further tests."""

    options: Any
    directory: Any
    result: Any
    tests: Mapping[str, Any] = dataclasses.field(default_factory=dict)
