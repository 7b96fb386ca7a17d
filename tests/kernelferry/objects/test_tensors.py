"""Claims about PyTorch's tensors; where torch is installed, which it is not by default: it weighs three gigabytes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("torch")

_spec = importlib.util.spec_from_file_location("roundtrip", Path(__file__).with_name("roundtrip.py"))
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
round_trip = _module.round_trip

CASES = {
    "tensors that share memory go on sharing it": (
        """
        import torch
        a, s = torch.arange(100000.), torch.ones(3)
        b, c, held, t = a[2:5], a.view(2, -1), [a], s[1:]
        """,
        "a[3] = -5\ns[1] = 9\nassert b[1] == c[0, 3] == -5 and held[0] is a and t.tolist() == [9, 1]",
    ),
    "parameters keep their gradients, and their optimiser": (
        """
        import torch
        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.one = torch.nn.Linear(3, 3)
                self.tied = self.one.weight
            def forward(self, x): return self.one(x)
        net = Net()
        optimiser = torch.optim.Adam(net.parameters())
        net(torch.ones(2, 3)).sum().backward()
        grad = net.one.weight.grad.tolist()
        """,
        """
        weight = net.one.weight
        assert weight is net.tied is optimiser.param_groups[0]['params'][0] and weight.grad.tolist() == grad
        optimiser.step()
        """,
    ),
    "generators go on where they were, and other types and empty tensors are what they were": (
        """
        import torch
        g = torch.Generator().manual_seed(3)
        torch.rand(2, generator=g)
        copy = g.get_state()
        half, empty = torch.tensor([1, 2], dtype=torch.bfloat16), torch.empty(0)
        """,
        """
        assert g.get_state().equal(copy) and half.dtype is torch.bfloat16 and half.tolist() == [1, 2]
        assert not len(empty)
        """,
    ),
}


@pytest.mark.parametrize("claim", CASES)
def test_after_the_move(claim: str, tmp_path: Path) -> None:
    round_trip(tmp_path, *CASES[claim])


def test_a_result_that_would_be_cut_off_from_its_graph_is_refused(tmp_path: Path) -> None:
    cell = "import torch\nleaf = torch.ones(2, requires_grad=True)\nresult = leaf * 2"
    round_trip(tmp_path, cell, "assert leaf.requires_grad", fails="autograd graph")
