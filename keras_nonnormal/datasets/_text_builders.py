"""Texts for tensorflow-datasets, which does not have them in this form."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from keras_nonnormal.datasets._texts import ENWIK8, SPLITS, WIKITEXT_2, PublishedText

PIECE = 2**20


class _Text:
    """Base of the builders below: examples are pieces of 1 MiB, in order."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "As published."}

    text: PublishedText

    def _info(self: Any):
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.__doc__,
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            homepage=self.text.archive,
            license="CC BY-SA 3.0",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        folder = Path(dl_manager.download_and_extract(self.text.archive))
        files = self.text.data.files
        contents = [
            verified(folder / self.text.inside / file.name, file.sha256)
            for file in files
        ]
        return {
            split: self._generate_examples(content)
            for split, content in zip(SPLITS, self.text.split(*contents), strict=True)
        }

    def _generate_examples(self, content) -> Iterator[tuple[int, dict[str, bytes]]]:
        for number, start in enumerate(range(0, len(content), PIECE)):
            yield number, {"text": content[start : start + PIECE]}


class WikiText2(_Text, tfds.core.GeneratorBasedBuilder):
    """WikiText-2: verified articles of Wikipedia, words separated by spaces."""

    text = WIKITEXT_2


class Enwik8(_Text, tfds.core.GeneratorBasedBuilder):
    """The first 100,000,000 bytes of a dump of Wikipedia."""

    text = ENWIK8


def verified(path: Path, sha256: str | None) -> bytes:
    """The content of a file, with a one-line ValueError unless it has that SHA-256."""
    content = path.read_bytes()
    received = hashlib.sha256(content).hexdigest()
    if received != sha256:
        raise ValueError(
            f"Expected {path.name} of SHA-256 {sha256}. Received: {received}"
        )
    return content
