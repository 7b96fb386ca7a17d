"""The S3 store of the cluster: MinIO, or versitygw as a second implementation, in a network namespace of its own.

A namespace of its own gives it an address that pods reach, and a cable that can be slowed or pulled. It has one
bucket, a root user whose credentials are made up at each start of a cluster, and a second user who may do no more
than read and write objects in that bucket: the one the project's own components are given.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import minio
import urllib3
from minio.credentials.providers import StaticProvider
from minio.minioadmin import MinioAdmin

from e2e.cluster import files, network, spec
from e2e.cluster.errors import ComponentError
from e2e.cluster.layout import Layout
from e2e.cluster.process import Component, Processes, tail
from e2e.cluster.spec import StoreKind

COMPONENT = "store"
_ENDPOINT = f"{spec.STORE_ADDRESS}:{spec.STORE_PORT}"
_REGION = "us-east-1"
_USER_RIGHTS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
_BUCKET_RIGHTS = ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads")


@dataclass(frozen=True)
class Access:
    """How to reach the store, and as whom."""

    endpoint: str
    region: str
    bucket: str
    root_key: str
    root_secret: str
    user_key: str
    user_secret: str

    def root(self) -> minio.Minio:
        """Return a client with every right."""
        return self._client(self.root_key, self.root_secret)

    def user(self) -> minio.Minio:
        """Return a client that may only read and write objects of the bucket."""
        return self._client(self.user_key, self.user_secret)

    def _client(self, key: str, secret: str) -> minio.Minio:
        return minio.Minio(
            self.endpoint, access_key=key, secret_key=secret, secure=False, region=self.region, http_client=_pool()
        )


class Store:
    """The store of the running cluster."""

    def __init__(self, layout: Layout, processes: Processes, program: Callable[[str], Path]) -> None:
        """Describe the store; nothing is started."""
        self._layout = layout
        self._processes = processes
        self._program = program

    def access(self) -> Access:
        """Return the addresses and credentials of this cluster's store, made up at the first call."""
        path = self._layout.state / "store.json"
        if not path.exists():
            names = ("root_key", "root_secret", "user_key", "user_secret")
            made = {name: secrets.token_hex(16) for name in names}
            access = Access(endpoint=_ENDPOINT, region=_REGION, bucket=spec.BUCKET, **made)
            files.write(path, json.dumps(asdict(access), indent=2), private=True)
        return Access(**json.loads(path.read_text()))

    def start(self, cluster: spec.ClusterSpec) -> None:
        """Start the store, with its bucket and its users; whichever kind ran before is stopped."""
        network.ensure_member(network.STORE, spec.STORE_ADDRESS, cluster.nodes)
        network.set_rate(network.STORE, None)
        component = self._minio() if cluster.store is StoreKind.MINIO else self._versitygw()
        self._processes.ensure(component)
        try:
            self._furnish(cluster.store)
        except (minio.error.MinioException, urllib3.exceptions.HTTPError) as exc:
            log = self._processes.log(COMPONENT)
            raise ComponentError(COMPONENT, f"has no bucket or user: {exc}", str(log), tail(log, 30)) from exc

    def stop(self) -> None:
        """Stop the store; its objects stay."""
        self._processes.stop(COMPONENT)

    def _data(self, kind: StoreKind, what: str = "data") -> Path:
        folder = self._layout.state / f"store-{kind.value}" / what
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _minio(self) -> Component:
        access = self.access()
        argv = [str(self._program("minio")), "server", "--address", f":{spec.STORE_PORT}"]
        argv += ["--console-address", ":9001", "--quiet", str(self._data(StoreKind.MINIO))]
        env = {"MINIO_ROOT_USER": access.root_key, "MINIO_ROOT_PASSWORD": access.root_secret, "MINIO_UPDATE": "off"}
        env |= {"HOME": str(self._data(StoreKind.MINIO, "home"))}
        return self._component(argv, env)

    def _versitygw(self) -> Component:
        access = self.access()
        kind = StoreKind.VERSITYGW
        argv = [str(self._program("versitygw")), "--port", f":{spec.STORE_PORT}", "--region", access.region]
        # Object attributes beside the objects: not every file system of a test machine has extended ones.
        argv += ["--iam-dir", str(self._data(kind, "iam")), "posix", "--sidecar", str(self._data(kind, "attributes"))]
        argv += [str(self._data(kind))]
        # Written as the gateway itself would: its command line takes the secret as an argument, for all to see.
        user = {"access": access.user_key, "secret": access.user_secret, "role": "user"}
        users = {"accessAccounts": {access.user_key: {**user, "userID": 0, "groupID": 0, "projectID": 0}}}
        files.write(self._data(kind, "iam") / "users.json", json.dumps(users), private=True)
        return self._component(argv, {"ROOT_ACCESS_KEY": access.root_key, "ROOT_SECRET_KEY": access.root_secret})

    def _component(self, argv: Sequence[str], env: Mapping[str, str]) -> Component:
        def ready() -> bool:
            try:
                self.access().root().list_buckets()
            except (minio.S3Error, minio.error.MinioException, urllib3.exceptions.HTTPError):
                return False
            return True

        return Component(COMPONENT, tuple(argv), ready, env=env, enter=tuple(network.inside(network.STORE)))

    def _furnish(self, kind: StoreKind) -> None:
        """Make the bucket, and give the restricted user its rights."""
        access = self.access()
        root = access.root()
        if not root.bucket_exists(access.bucket):
            root.make_bucket(access.bucket)
        if kind is StoreKind.VERSITYGW:
            root.set_bucket_policy(access.bucket, json.dumps(_policy(access, principal=access.user_key)))
            return
        credentials = StaticProvider(access.root_key, access.root_secret)
        admin = MinioAdmin(
            endpoint=access.endpoint, credentials=credentials, region=access.region, secure=False, http_client=_pool()
        )
        admin.user_add(access.user_key, access.user_secret)
        admin.policy_add(spec.BUCKET, policy=_policy(access))
        if spec.BUCKET not in admin.user_info(access.user_key):
            admin.attach_policy([spec.BUCKET], user=access.user_key)


def environment(access: Access) -> str:
    """Return how the project's own components reach the store, as lines of `NAME=value`."""
    values = {
        "S3_ENDPOINT": f"http://{access.endpoint}",
        "S3_REGION": access.region,
        "S3_BUCKET": access.bucket,
        "AWS_ACCESS_KEY_ID": access.user_key,
        "AWS_SECRET_ACCESS_KEY": access.user_secret,
    }
    return "\n".join(f"{name}={value}" for name, value in values.items())


def _pool() -> urllib3.PoolManager:
    # The library's own pool repeats a failed call for minutes; a test wants to know at once.
    return urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=30), retries=False)


def check(access: Access) -> None:
    """Write, read and remove one object as the restricted user; errors pass through."""
    client = access.user()
    client.put_object(access.bucket, "check", io.BytesIO(b"ferry"), 5)
    answer = client.get_object(access.bucket, "check")
    assert answer.read() == b"ferry"
    answer.close()
    client.remove_object(access.bucket, "check")


def _policy(access: Access, principal: str | None = None) -> dict[str, object]:
    """Return the rights of the restricted user; a bucket's own policy names the user, a user's policy does not."""
    resource = f"arn:aws:s3:::{access.bucket}"
    who = {"Principal": {"AWS": [principal]}} if principal else {}
    statements = [
        {"Effect": "Allow", "Action": list(_USER_RIGHTS), "Resource": [f"{resource}/*"], **who},
        {"Effect": "Allow", "Action": list(_BUCKET_RIGHTS), "Resource": [resource], **who},
    ]
    return {"Version": "2012-10-17", "Statement": statements}
