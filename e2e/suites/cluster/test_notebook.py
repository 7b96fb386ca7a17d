"""The notebook image: JupyterLab on a node, and a kernel there that executes what is sent from outside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.support.jupyter import JupyterServer, forwarded
from e2e.support.pods import Pod, make_pod
from e2e.support.target import Target

_TOKEN = "a-token-of-this-test"
_CELL = """
import numpy, pandas, sklearn, matplotlib
from sklearn.linear_model import LinearRegression
frame = pandas.DataFrame({'x': numpy.arange(100.0)})
frame['y'] = 3 * frame.x + 4
model = LinearRegression().fit(frame[['x']], frame.y)
print(round(model.coef_[0], 6), round(model.intercept_, 6))
"""


@pytest.fixture
def notebook(target: Target, namespace: str) -> Pod:
    env = {"JUPYTER_TOKEN": _TOKEN}
    pod = make_pod(target, namespace, "notebook", node=target.nodes[0], image="notebook", env=env, ready_port=8888)
    return pod.wait_ready()


@pytest.fixture
def server(notebook: Pod) -> Iterator[JupyterServer]:
    with forwarded(notebook, 8888) as address:
        yield JupyterServer(address, _TOKEN)


def test_jupyterlab_on_node_a_serves_its_page_and_runs_a_cell_from_outside(
    notebook: Pod, server: JupyterServer, target: Target
) -> None:
    assert notebook.read()["spec"]["nodeName"] == target.nodes[0]
    assert "jupyter-config-data" in server.page("lab")
    kernel = server.start_kernel()
    assert server.execute(kernel, "x = 41") == (1, "")
    assert server.execute(kernel, "x + 1") == (2, "42")
    assert server.execute(kernel, _CELL) == (3, "3.0 4.0\n")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        server.execute(kernel, "1 / 0")


def test_the_notebook_runs_as_jovyan_with_a_home_of_its_own(notebook: Pod) -> None:
    assert notebook.python("import os, getpass; print(os.getuid(), getpass.getuser(), os.getcwd())") == (
        "1000 jovyan /home/jovyan"
    )
    notebook.run("touch", "/home/jovyan/a-file")


@pytest.mark.own_cluster
def test_a_server_is_reached_at_its_pods_own_address(notebook: Pod) -> None:
    assert "jupyter-config-data" in JupyterServer(f"{notebook.address}:8888", _TOKEN).page("lab")


def test_a_wrong_token_is_refused(server: JupyterServer) -> None:
    with pytest.raises(RuntimeError, match="403"):
        JupyterServer(server.address, "another").start_kernel()
