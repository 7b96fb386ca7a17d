"""The store: reached from pods, as a user with few rights; stopped, slowed, and replaced by another implementation."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

import minio
import pytest
import urllib3

from e2e.cluster import faults, store
from e2e.cluster.cluster import Cluster
from e2e.cluster.spec import StoreKind
from e2e.support.pods import make_pod
from e2e.support.target import Target

_ROUND_TRIP = """
import faulthandler, io, os, minio
faulthandler.dump_traceback_later(30, exit=True)  # where it hangs is what one wants to know
host = os.environ['S3_ENDPOINT'].removeprefix('http://')
keys = os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SECRET_ACCESS_KEY']
client = minio.Minio(host, *keys, secure=False, region=os.environ.get('S3_REGION', 'us-east-1'))
data = os.urandom(9_000_000)
client.put_object(os.environ['S3_BUCKET'], 'from-a-pod', io.BytesIO(data), len(data))
same = client.get_object(os.environ['S3_BUCKET'], 'from-a-pod').read() == data
client.remove_object(os.environ['S3_BUCKET'], 'from-a-pod')
print('same' if same else 'different')
"""


def _round_trip(target: Target, namespace: str) -> str:
    pod = make_pod(target, namespace, "client", node=target.nodes[1], env=target.store()).wait_ready()
    return pod.python(_ROUND_TRIP)


def test_a_pod_puts_and_gets_an_object(target: Target, namespace: str) -> None:
    if not target.store():
        pytest.skip("the environment names a cluster, but no store (S3_ENDPOINT, …)")
    assert _round_trip(target, namespace) == "same"


@pytest.fixture(params=list(StoreKind), ids=lambda kind: kind.value)
def access(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[store.Access]:
    """Run each implementation in turn; the one that was there comes back afterwards."""
    before = cluster.spec.store
    cluster.start_store(request.param)
    yield cluster.store.access()
    cluster.start_store(before)


@pytest.mark.own_cluster
def test_both_implementations_serve_pods(access: store.Access, target: Target, namespace: str) -> None:
    assert access.bucket == target.store()["S3_BUCKET"]
    assert _round_trip(target, namespace) == "same"


@pytest.mark.own_cluster
def test_the_restricted_user_may_use_the_bucket_and_nothing_else(access: store.Access) -> None:
    store.check(access)
    root, user = access.root(), access.user()
    if not root.bucket_exists("private"):
        root.make_bucket("private")
    root.put_object("private", "secret", io.BytesIO(b"secret"), 6)
    for attempt in (
        lambda: user.get_object("private", "secret"),
        lambda: user.put_object("private", "mine", io.BytesIO(b""), 0),
        lambda: user.make_bucket("mine"),
        lambda: user.delete_bucket_policy(access.bucket),
        lambda: user.remove_bucket("private"),
    ):
        with pytest.raises(minio.S3Error) as refused:
            attempt()
        assert refused.value.code == "AccessDenied"


@pytest.mark.own_cluster
def test_a_second_write_on_condition_of_none_is_refused(access: store.Access) -> None:
    url = access.user().presigned_put_object(access.bucket, "commit.json")
    first, second = (
        urllib3.request("PUT", url, body=body, headers={"If-None-Match": "*"}) for body in (b"first", b"second")
    )
    assert (first.status, second.status) == (200, 412)
    assert access.user().get_object(access.bucket, "commit.json").read() == b"first"
    access.user().remove_object(access.bucket, "commit.json")


@pytest.mark.own_cluster
def test_a_stopped_store_refuses_and_a_started_one_has_its_objects(cluster: Cluster) -> None:
    access = cluster.store.access()
    access.user().put_object(access.bucket, "kept", io.BytesIO(b"kept"), 4)
    faults.stop_store(cluster)
    with pytest.raises(urllib3.exceptions.HTTPError):
        access.user().get_object(access.bucket, "kept")
    cluster.start_store()
    assert access.user().get_object(access.bucket, "kept").read() == b"kept"


@pytest.mark.own_cluster
def test_a_slowed_store_takes_as_long_as_its_rate_says(cluster: Cluster) -> None:
    access = cluster.store.access()
    data = bytes(2_000_000)
    faults.slow_store(cluster, "8mbit")
    try:
        started = time.monotonic()
        access.user().put_object(access.bucket, "slow", io.BytesIO(data), len(data))
        put = time.monotonic() - started
        access.user().get_object(access.bucket, "slow").read()
        got = time.monotonic() - started - put
    finally:
        faults.slow_store(cluster, None)
    # At a megabyte a second; the first 64 KiB pass at once. The upper bound only says that it did pass.
    assert 1.7 < put < 20
    assert 1.7 < got < 20
