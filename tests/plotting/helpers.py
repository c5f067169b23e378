"""What the tests of figures share."""


def saved(figure, folder):
    figure.savefig(folder / "figure.png")
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    return figure


def words(legend):
    return [text.get_text() for text in legend.get_texts()]
