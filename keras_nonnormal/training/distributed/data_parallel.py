import contextlib
from typing import Any

import keras

from keras_nonnormal.training.distributed.workers import only_of_first


class DataParallel(keras.Model):
    """A model that several replicas can train on, in a `tf.distribute.Strategy`.

    Outside of a strategy it is a `keras.Model`. In one, every replica gets its share of
    a batch (see `shares`), and the update is that of the whole batch. `fit` and
    `evaluate` of Keras are put right where they are not:

    - Keras clips the gradient of each share before it adds them up, which is not the
      clipped gradient of the batch. A `train_step` is therefore to hand its gradients
      through `of_batch` before anything is done with them, and through `for_update` on
      their way to the optimizer.
    - What Keras logs of a step is the mean of what the replicas have, and with several
      workers it fails. Here it is what the metrics say of all replicas together.

    Data are `tf.data.Dataset`s; all workers see the same one.
    """

    @property
    def replicas(self) -> int:
        """How many replicas there are."""
        return self.distribute_strategy.num_replicas_in_sync

    def of_batch(self, of_share: list[Any]) -> list[Any]:
        """In a replica: sums over all replicas; None stays None."""
        if self.replicas == 1:
            return of_share
        import tensorflow as tf

        # Tensors, not slices of an embedding; copies, so that they know their device.
        there = [
            tf.identity(tf.convert_to_tensor(each))
            for each in of_share
            if each is not None
        ]
        context: Any = tf.distribute.get_replica_context()
        sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, there))
        return [None if each is None else next(sums) for each in of_share]

    def for_update(self, gradients: list[Any]) -> list[Any]:
        """In a replica: what the optimizer, which adds up, is to get of `of_batch`."""
        if self.replicas == 1:
            return gradients
        return [each if each is None else only_of_first(each) for each in gradients]

    def fit(
        self,
        x=None,
        *args,
        validation_data=None,
        validation_steps=None,
        **settings,
    ):
        """As that of `keras.Model`."""
        x, _ = self._shared(x)
        validation_data, steps = self._shared(validation_data)
        with self._scope():
            return super().fit(
                x,
                *args,
                validation_data=validation_data,
                validation_steps=steps or validation_steps,
                **settings,
            )

    def evaluate(self, x=None, *args, steps=None, **settings):
        """As that of `keras.Model`."""
        x, all_steps = self._shared(x)
        with self._scope():
            return super().evaluate(x, *args, steps=all_steps or steps, **settings)

    def make_train_function(self, force=False):
        """Called by Keras."""
        if self._distribute_strategy is None:
            super().make_train_function(force)
        elif force or self.train_function is None:
            self.train_function = self._by_all(self.train_step)

    def make_test_function(self, force=False):
        """Called by Keras."""
        if self._distribute_strategy is None:
            super().make_test_function(force)
        elif force or self.test_function is None:
            self.test_function = self._by_all(self.test_step)

    def further_results(self) -> dict[str, Any]:
        """Results of a training step besides those of an evaluation."""
        return {}

    def _scope(self):
        if self._distribute_strategy is None:
            return contextlib.nullcontext()
        return self._distribute_strategy.scope()

    def _by_all(self, step):
        """A function of an iterator: a step of every replica, and what came out."""
        import tensorflow as tf

        strategy, training = self.distribute_strategy, step == self.train_step

        def of_replica(data):
            step(data)
            return self._results_of_all(training)

        @tf.function(autograph=False)
        def run(data):
            results = strategy.run(of_replica, args=(data,))
            first = strategy.experimental_local_results
            return {name: first(value)[0] for name, value in results.items()}

        return lambda iterator: run(next(iterator))

    def _results_of_all(self, training):
        """In a replica: the results of the metrics, made of the sums over replicas."""
        variables = [v for metric in self.metrics for v in metric.variables]
        sums = self.of_batch([v.value for v in variables])
        with keras.StatelessScope(list(zip(variables, sums, strict=True))):
            results = self.get_metrics_result()
            return {**results, **self.further_results()} if training else results

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Called by Keras: creates what is left to create, before there are replicas.

        Keras's own fails on the batches of several workers.
        """
        if self._distribute_strategy is None or self.train_function is not None:
            return
        if iterator is not None:
            import tensorflow as tf

            results = self.distribute_strategy.experimental_local_results
            *_, batches = next(iter(iterator))
            data_batch = tf.nest.map_structure(lambda v: results(v)[0], next(batches))
        super()._maybe_symbolic_build(data_batch=data_batch)

    def _shared(self, batches: Any) -> tuple[Any, int | None]:
        """Batches as replicas get them, and how many there are if there is an end."""
        import tensorflow as tf

        if self._distribute_strategy is None or not isinstance(
            batches, tf.data.Dataset
        ):
            return batches, None
        strategy, count = self.distribute_strategy, int(batches.cardinality())

        def of_worker(context):
            here = strategy.num_replicas_in_sync // context.num_input_pipelines
            first = context.input_pipeline_id * here
            return shares(batches, self.replicas, range(first, first + here))

        return (
            strategy.distribute_datasets_from_function(of_worker),
            count if count > 0 else None,
        )


def shares(batches: Any, replicas: int, numbers: range) -> Any:
    """The shares that some replicas have of batches, one after the other.

    Where the size of a batch is known and there are no equal shares of it, each replica
    gets all of it: all do the same, and means over them are what they are over one.
    Else a share may be a row smaller than another, and empty.

    Args:
        batches: A `tf.data.Dataset` of tuples of tensors, rows along the first axis.
        replicas: How many there are in all.
        numbers: Which of them, counted from 0.

    Returns:
        A `tf.data.Dataset`: of every batch a tuple for each number.
    """
    import tensorflow as tf

    size = tf.nest.flatten(batches.element_spec)[0].shape[0]
    known = size is not None

    def share(number, *batch):
        if known:
            rows = share_of_rows(size, replicas)
            start = tf.cast(number, tf.int32) * (rows if rows < size else 0)
            ends = start, start + rows
        else:
            count = tf.cast(tf.shape(batch[0])[0], tf.int64)
            ends = count * number // replicas, count * (number + 1) // replicas
            rows = None
        parts = [each[slice(*ends)] for each in batch]
        return tuple(tf.ensure_shape(each, (rows, *each.shape[1:])) for each in parts)

    def of_numbers(*batch):
        each = tf.data.Dataset.range(numbers.start, numbers.stop)
        return each.map(lambda number: share(number, *batch))

    return batches.flat_map(of_numbers).prefetch(2 * len(numbers))


def share_of_rows(rows: int, replicas: int) -> int:
    """Rows that a replica gets of a batch of known size: an equal share, or all."""
    return rows if rows % replicas else rows // replicas
