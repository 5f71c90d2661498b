"""How a file is refused."""

import pytest

from chainrule.errors import ModelFileError


def refused(path, function, *arguments):
    """The one sentence with which a function refuses a file."""
    with pytest.raises(ModelFileError) as caught:
        function(*arguments)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert not sentence.endswith(".")
    assert "\n" not in sentence
    return sentence
