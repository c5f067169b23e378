"""The Spiking Heidelberg Digits for tensorflow-datasets, which does not have them."""

import hashlib
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from keras_nonnormal.datasets._shd_files import (
    CLASSES,
    FILES,
    ORIGIN,
    RECORDINGS,
    read_recordings,
)

# As published beside the files. (tensorflow-datasets verifies SHA-256 only.)
MD5 = {
    "train": "d47c9825dee33347913e8ce0f2be08b0",
    "test": "3062a80ec0c5719404d5b02e166543b1",
}


class SpikingHeidelbergDigits(tfds.core.GeneratorBasedBuilder):
    """Spoken digits, German and English, as spikes of 700 channels of a cochlea.

    An example has `times` in seconds and `units`, 0 to 699, of its spikes, the `label`
    (0 to 19) and the `speaker`. Examples are in the published order.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "As published."}

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    # In the precision of the files, which decides in what step a spike
                    # at the border of two steps is counted.
                    "times": tfds.features.Tensor(shape=(None,), dtype=np.float16),
                    "units": tfds.features.Tensor(shape=(None,), dtype=np.uint16),
                    "label": tfds.features.ClassLabel(num_classes=CLASSES),
                    "speaker": tfds.features.Scalar(dtype=np.int64),
                }
            ),
            homepage="https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/",
            license="CC BY 4.0",
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        packed = dl_manager.download(
            {split: f"{ORIGIN}{file.name}.gz" for split, file in FILES.items()}
        )
        for split, path in packed.items():
            verify(Path(path), MD5[split])
        unpacked = dl_manager.extract(
            {
                split: tfds.download.Resource(
                    path=path, extract_method=tfds.download.ExtractMethod.GZIP
                )
                for split, path in packed.items()
            }
        )
        return {
            split: self._generate_examples(path, RECORDINGS[split])
            for split, path in unpacked.items()
        }

    def _generate_examples(self, path, recordings):
        data = read_recordings(path, recordings)
        for number in range(len(data)):
            yield (
                number,
                {
                    "times": data.times[number].astype(np.float16),
                    "units": data.units[number].astype(np.uint16),
                    "label": data.labels[number],
                    "speaker": data.speakers[number],
                },
            )


def verify(path: Path, md5: str) -> None:
    """Raises a one-line ValueError unless a file has that MD5."""
    with path.open("rb") as file:
        received = hashlib.file_digest(file, "md5").hexdigest()
    if received != md5:
        raise ValueError(f"Expected a download of MD5 {md5}. Received: {received}")
