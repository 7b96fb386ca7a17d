"""Claims about what a cluster can be asked to be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2e.cluster import spec
from e2e.cluster.errors import ClusterError
from e2e.cluster.spec import StoreKind, make_spec, spec_from_dict


@given(nodes=st.integers(1, spec.MAX_NODES), store=st.sampled_from(StoreKind))
def test_a_spec_comes_back_from_json_as_it_was(nodes: int, store: StoreKind) -> None:
    made = make_spec(nodes=nodes, labels=["node-a:pool=spot"], taints=["node-a:gone=soon:NoExecute"], store=store)
    assert spec_from_dict(json.loads(json.dumps(made.to_dict()))) == made


def test_no_two_members_share_a_name_an_address_or_a_pod_subnet() -> None:
    nodes = make_spec(nodes=spec.MAX_NODES).nodes
    assert len({node.name for node in nodes}) == len(nodes)
    assert len({node.address for node in nodes} | {spec.HOST_ADDRESS, spec.STORE_ADDRESS}) == len(nodes) + 2
    for node in nodes:
        assert not any(node.pod_subnet.overlaps(other.pod_subnet) for other in nodes if other is not node)
        assert not node.pod_subnet.overlaps(spec.NETWORK)


@pytest.mark.parametrize("nodes", [0, 5])
def test_a_number_of_nodes_out_of_range_is_refused(nodes: int) -> None:
    with pytest.raises(ClusterError, match=f"1 to 4, not {nodes}"):
        make_spec(nodes=nodes)


@pytest.mark.parametrize("label", ["node-c:a=b", "a=b", "node-a:a", "node-a:=b", ""])
def test_a_label_that_does_not_read_is_refused(label: str) -> None:
    with pytest.raises(ClusterError, match="--label takes NODE:"):
        make_spec(labels=[label])


@pytest.mark.parametrize("taint", ["node-a:a=b", "node-a:a=b:Never", "node-a::NoSchedule", "node-z:a:NoSchedule"])
def test_a_taint_that_does_not_read_is_refused(taint: str) -> None:
    with pytest.raises(ClusterError, match="--taint takes NODE:"):
        make_spec(taints=[taint])


def test_an_unknown_node_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ClusterError, match="no node 'node-x'; the cluster has node-a, node-b"):
        make_spec().node("node-x")
