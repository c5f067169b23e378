"""How a language model is trained."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from experiments.experiment import Experiment, Run
from experiments.language.options import LanguageOptions
from experiments.language.presets import NAMES
from experiments.language.report import results_table
from experiments.language.results import published
from experiments.networks.rounds import run_rounds
from experiments.options import OptionError
from experiments.settings import RunOptions

# The flags, besides those about runs, with which a run is still a demonstration.
OF_DEMO = {
    *("cell", "init", "gain", "feedback_gain", "data", "epochs", "rounds"),
    *("log_gradient_norm", "log_memory"),
}


@dataclass(frozen=True)
class LanguageModels(Experiment):
    """The experiments on language models of one publication."""

    family: ClassVar[str] = "language"
    about: ClassVar[str] = "language models of recurrent layers"
    example: ClassVar[str] = "--corpus ptb-char"
    marks: ClassVar[tuple[str, ...]] = ("corpus",)

    def presets_in_words(self):
        return NAMES

    def unnamed_preset(self, given):
        of_demo = {field.name for field in dataclasses.fields(RunOptions)}
        return "demo" if given.keys() <= of_demo | OF_DEMO else "script"

    def run(self, options: Any) -> dict[str, Any]:
        if options.rounds > 1:
            return run_rounds(self, options)
        return super().run(options)

    def model(self, task, options):
        from experiments.language.model import language_model

        return language_model(
            task.input_width,
            options.cell,
            options.emsize,
            options.nhid,
            options.layers,
            start=options.init,
            gain=options.gain,
            feedback_gain=options.feedback_gain,
            activation=options.activation,
            tied=options.tied,
            dropout_input=options.dropout_input,
            dropout_hidden=options.dropout_hidden,
            dropout_output=options.dropout_output,
            dropout_embedding=options.dropout_embedding,
            dropout_weight=options.dropout_weight,
            dropout_recurrent=options.dropout_recurrent,
            ar=options.ar,
            tar=options.tar,
            padded=options.vary_length,
            seed=options.seed,
        )

    def optimizer(self, options):
        from keras_nonnormal.optimizers import AdamTorch, AveragedSGD

        rule = AveragedSGD if options.optimizer == "sgd" else AdamTorch
        return rule(
            options.lr,
            coupled_weight_decay=options.weight_decay,
            global_clipnorm=options.clip,
        )

    def training(self, task, options) -> dict[str, Any]:
        from experiments.language.measures import Measures

        return {
            "epochs": options.epochs,
            "batch_size": options.batch,
            "keep_best": True,
            "average_window": options.average_window if options.averages else None,
            "metrics": [],
            "log_gradient_norm": options.log_gradient_norm,
            "callbacks": [
                Measures(options.spelled),
                *_drops(options),
                *_logs(task, options),
            ],
        }

    def announcement(self, task, options) -> str:
        return (
            f"{options.corpus}: {len(task.corpus.train):,} tokens, "
            f"{task.input_width:,} different; "
            f"{options.count_parameters(task.input_width):,} parameters, seed "
            f"{options.seed}; trivial loss {task.trivial_loss:.4f}"
        )

    def summary(self, run: Run, task) -> dict[str, Any]:
        from experiments.language.measures import measure

        result = run.result.summary()
        name, value = measure(run.options.spelled, result["test"]["loss"])
        return {
            "start": run.options.start,
            "parameters": run.options.count_parameters(task.input_width),
            "trivial_loss": task.trivial_loss,
            **result,
            "test": {**result["test"], name: value},
        }

    def published(self, options) -> Mapping[str, str]:
        return published(options.corpus, options.cell)

    def report(self, summaries, options) -> str:
        return results_table(summaries, self.published(options))

    def draw(self, runs: list[Run], task, path) -> None:
        from keras_nonnormal.plotting import learning_curves
        from keras_nonnormal.training.files import replacing

        spelled = runs[0].options.spelled
        figure = learning_curves(
            {run.options.start: run.result.history for run in runs},
            title=task.name,
            metric="val_bits_per_character" if spelled else "val_perplexity",
            label="bits per character" if spelled else "perplexity",
        )
        with replacing(path) as temporary:
            figure.savefig(temporary)


def text(options: LanguageOptions) -> Any:
    """The token stream that options ask for."""
    from keras_nonnormal.datasets import language_stream, load_corpus

    corpus = load_corpus(options.corpus, options.data)
    splits: dict[str, Any] = {}
    for split, columns in options.columns.items():
        tokens = getattr(corpus, split)[: getattr(options, f"{split}_size")]
        if len(tokens) < 2 * columns:
            raise OptionError(
                f"--data: expected at least two {split} tokens for each of {columns} "
                f"columns, received {len(tokens)}"
            )
        splits[split] = tokens
    corpus = dataclasses.replace(corpus, **splits)
    return language_stream(
        corpus,
        bptt=options.bptt,
        vary=options.vary_length,
        evaluation_columns=options.evaluation_columns,
        name=options.corpus.replace("-", "_"),
    )


def _drops(options) -> list[Any]:
    """The callback that divides the learning rate, if it is to be divided."""
    import keras

    if not options.lr_drops:
        return []

    def rate(epoch, _):
        return options.lr * 0.1 ** sum(epoch >= drop for drop in options.lr_drops)

    return [keras.callbacks.LearningRateScheduler(rate)]


def _logs(task, options) -> list[Any]:
    """The callback that logs how the layers remember, if that is asked for."""
    if not options.log_memory:
        return []
    from keras_nonnormal.training import MemoryMonitor, RunDirectory

    out = RunDirectory(options.out)
    events = out.tensorboard if options.writes_events else None
    # Gradients of all columns; replicas would have states of their own.
    alone = options.strategy == "none"
    text = task.evaluation_batches("validation") if alone else None
    return [MemoryMonitor(text, path=out.path / "memory.csv", log_dir=events)]
