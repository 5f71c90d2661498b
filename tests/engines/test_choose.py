"""An engine by its name, where what it stands on is there but too old."""

from tests.processes import python

OLD = """
__version__ = "1.26.0"
def __getattr__(name):  # whatever else is asked for at import
    return object
"""
ASK = """
import sys; sys.path.insert(0, {folder!r})
import chainrule as cr
net = cr.Network([cr.Dense(2, 1)], seed=0)
print(net.engine.name, cr.check_gradients(net, [[1.0, 2.0]], [[1.0]]).passed)
try:
    cr.Network([cr.Dense(2, 1)], engine="numpy")
except cr.ChainruleError as error:
    print(error)
"""


def test_an_old_numpy_is_left_alone_and_said_where_it_is_asked_for(tmp_path):
    (tmp_path / "numpy.py").write_text(OLD)
    done = python("-W", "error", "-c", ASK.format(folder=str(tmp_path)))
    assert done.stdout.splitlines() == [
        "python True",
        'this needs NumPy 2.1 or later: pip install "chainrule[fast]" (1.26.0 is installed)',
    ]
