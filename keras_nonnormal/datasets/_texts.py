"""The published files of the texts that are free to pass on."""

from dataclasses import dataclass

from keras_nonnormal.datasets._files import VARIABLE, DataFile, DataFolder

SPLITS = ("train", "validation", "test")
OTHERWISE = (
    f"Or leave {VARIABLE} unset and connect to the internet once:\n"
    "tensorflow-datasets then downloads the text and keeps it."
)


@dataclass(frozen=True)
class PublishedText:
    """A text that can be downloaded as an archive.

    Args:
        data: Its unpacked files.
        archive: Address of the archive.
        builder: Its name in tensorflow-datasets, see `_text_builders`.
        inside: The folder of the files within the archive.
        held_out: If all is one file, how many of its last bytes are the test, and as
            many before them for validation.
    """

    data: DataFolder
    archive: str
    builder: str
    inside: str = ""
    held_out: int = 0

    def split(self, *contents: bytes) -> tuple[bytes, bytes, bytes]:
        """The three texts in the contents of the files."""
        if self.held_out:
            (text,) = contents
            ends = len(text) - 2 * self.held_out, len(text) - self.held_out
            contents = text[: ends[0]], text[ends[0] : ends[1]], text[ends[1] :]
        train, validation, test = contents
        return train, validation, test


WIKITEXT_2 = PublishedText(
    data=DataFolder(
        title="WikiText-2",
        folder="wikitext-2",
        files=(
            DataFile(
                "wiki.train.tokens",
                "9e9fa1ad55b1c2c95b08e37dd8e653f638fac2c6de904b79e813611eefbc985f",
            ),
            DataFile(
                "wiki.valid.tokens",
                "f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8",
            ),
            DataFile(
                "wiki.test.tokens",
                "d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0",
            ),
        ),
        origin="the archive wikitext-2-v1.zip at https://wikitext.smerity.com/",
        otherwise=OTHERWISE,
    ),
    archive="https://wikitext.smerity.com/wikitext-2-v1.zip",
    builder="wiki_text2",
    inside="wikitext-2",
)

ENWIK8 = PublishedText(
    data=DataFolder(
        title="enwik8",
        folder="enwik8",
        files=(
            DataFile(
                "enwik8",
                "2b49720ec4d78c3c9fabaee6e4179a5e997302b3a70029f30f2d582218c024a8",
            ),
        ),
        origin="the archive enwik8.zip at http://mattmahoney.net/dc/textdata.html",
        otherwise=OTHERWISE,
    ),
    archive="http://mattmahoney.net/dc/enwik8.zip",
    builder="enwik8",
    held_out=5_000_000,
)
