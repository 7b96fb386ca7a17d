"""The cluster as a whole: brings what should run into being, and takes it away again.

`up` is level-based: it looks at each part, leaves it alone when it is as it should be, and makes it so when it is not.
The same path serves a first start, a second `up`, and the repair of what a killed run left behind.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.cluster import (
    binaries,
    cgroups,
    controlplane,
    files,
    images,
    layout,
    network,
    packages,
    paths,
    preflight,
    process,
    store,
)
from e2e.cluster.errors import ClusterError
from e2e.cluster.kubectl import Kubectl
from e2e.cluster.node import Node
from e2e.cluster.pki import Pki
from e2e.cluster.process import Processes
from e2e.cluster.progress import say, step
from e2e.cluster.spec import ClusterSpec, NodeSpec, StoreKind, make_spec, spec_from_dict

_NODES_READY_S = 90.0
_NO_SPEC = "no cluster is up here; `up` starts one"


class Cluster:
    """The one cluster that a machine can carry.

    It remembers nothing: all it knows it reads from the disk each time, since another process may have taken the
    cluster down and up again meanwhile.
    """

    @property
    def layout(self) -> layout.Layout:
        """The folders of the run that is up, or else of the last."""
        return layout.current()

    @property
    def pki(self) -> Pki:
        """The keys and kubeconfigs."""
        return Pki(self.layout.state / "pki")

    @property
    def processes(self) -> Processes:
        """The programs that run."""
        return Processes(self.layout.state / "processes", self.layout.logs)

    @property
    def spec(self) -> ClusterSpec:
        """What the running cluster was asked to be.

        Raises:
            ClusterError: there is none.
        """
        try:
            return spec_from_dict(json.loads(self._spec_file.read_text()))
        except FileNotFoundError as exc:
            raise ClusterError(_NO_SPEC) from exc

    @property
    def exists(self) -> bool:
        """Whether a cluster was brought up here and not yet taken down."""
        return self._spec_file.exists()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.pki.kubeconfig("admin")

    @property
    def kubectl(self) -> Kubectl:
        """The cluster's own kubectl, as administrator."""
        return Kubectl(binaries.path_of("kubectl"), self.kubeconfig)

    @property
    def store(self) -> store.Store:
        """The S3 store."""
        return store.Store(
            self.layout, self.processes, {name: binaries.path_of(name) for name in ("minio", "versitygw")}
        )

    def node(self, name: str) -> Node:
        """Return a node by its name."""
        return self._node(self.spec.node(name))

    def nodes(self) -> list[Node]:
        """Return all nodes."""
        return [self._node(node) for node in self.spec.nodes]

    def up(self, wanted: ClusterSpec | None = None) -> None:
        """Bring the cluster into being, or back into shape.

        Args:
            wanted: what it should be; None keeps a running cluster as it is, and means the default for a new one.

        Raises:
            PreflightError: the machine cannot carry it; nothing was changed.
            ClusterError: another cluster runs, or a part of this one does not start.
        """
        preflight.check_start(running=lambda name: self.processes.pid(name) is not None)
        with self._lock():
            self._check_same(wanted)
            programs, built = self.build()
            if not self.exists:
                self._clear()
                layout.start()
                files.write(self._spec_file, json.dumps((wanted or make_spec()).to_dict()))
            self._start(programs, built)

    def build(self) -> tuple[dict[str, Path], list[images.Image]]:
        """Make all that `up` needs: packages, programs, images. Takes half an hour the first time, then no time.

        Raises:
            BuildError: a program or an image does not build.
        """
        preflight.check_build()
        packages.install()
        return binaries.build(), [images.build(name) for name in images.available()]

    def down(self) -> None:
        """Take the cluster away: processes, mounts, namespaces, control groups, state. Caches and logs stay."""
        preflight.check_machine()
        with self._lock(), step("taking the cluster down"):
            self._clear()

    def load_image(self, image: images.Image) -> None:
        """Put an image into every node that runs."""
        for node in self.nodes():
            node.load(image)

    def start_node(self, name: str) -> None:
        """Power a node on, and wait until it is Ready."""
        node = self.node(name)
        self._start_node(node, [images.build(image) for image in images.available()])
        self._wait_ready([node])

    def start_store(self, kind: StoreKind | None = None) -> None:
        """Start the store; another kind than before takes the former's place, with no objects of its."""
        changed = ClusterSpec(self.spec.nodes, kind or self.spec.store)
        if changed.store != self.spec.store:
            self.store.stop()
            files.write(self._spec_file, json.dumps(changed.to_dict()))
        self.store.start(changed)

    def leftovers(self) -> list[str]:
        """Return everything of a cluster that this machine still carries; empty after `down`."""
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        found = [f"process {pid}" for pid in process.marked()]
        found += [f"mount {mount}" for mount in mounts if mount.startswith(str(paths.STATE))]
        found += [f"network {name}" for name in network.leftovers()]
        found += [f"cgroup {group}" for group in cgroups.leftovers()]
        found += [f"folder {path}" for path in (paths.STATE,) if path.exists()]
        return found

    @property
    def _spec_file(self) -> Path:
        return self.layout.state / "spec.json"

    def _node(self, node: NodeSpec) -> Node:
        return Node(node, self.layout, self.processes, self.pki)

    def _check_same(self, wanted: ClusterSpec | None) -> None:
        if self.exists and wanted is not None and wanted != self.spec:
            msg = f"a cluster with other settings is up ({len(self.spec.nodes)} nodes, store {self.spec.store.value}); "
            msg += "run `down` first, or `up` without settings to keep it"
            raise ClusterError(msg)

    def _start(self, programs: dict[str, Path], built: list[images.Image]) -> None:
        with step("control plane"):
            controlplane.issue_certificates(self.pki, self.spec)
            network.ensure_bridge()
            self._start_control_plane(programs)
        with step(f"store ({self.spec.store.value})"):
            self.store.start(self.spec)
        for node in self.nodes():
            with step(node.name):
                self._start_node(node, built)
        with step("nodes Ready"):
            self._wait_ready(self.nodes())

    def _start_control_plane(self, programs: dict[str, Path]) -> None:
        for component in controlplane.components(programs, self.pki, self.layout):
            if component.name == "coredns":
                self.kubectl("apply", "-f", str(Path(__file__).parent / "bootstrap.yaml"))
            self.processes.ensure(component)

    def _start_node(self, node: Node, built: list[images.Image]) -> None:
        if node.start_runtime(self.spec.nodes):
            node.drop_stale_containers(self.spec.nodes)
        network.ensure_host_routes(self.spec)
        for image in built:
            node.load(image)
        node.start_kubelet(binaries.path_of("kubelet"))
        node.start_proxy(binaries.path_of("kube-proxy"))

    def _wait_ready(self, nodes: list[Node]) -> None:
        names = [node.name for node in nodes]
        what = f"{', '.join(names)} Ready"
        wait_for(lambda: set(names) <= self.kubectl.ready_nodes(), what, timeout=_NODES_READY_S)
        account = ("get", "serviceaccount", "default", "--namespace", "default")
        wait_for(lambda: self.kubectl.succeeds(*account), "the default service account", timeout=30.0)

    def _clear(self) -> None:
        """End and remove all there is, recorded or not."""
        for group in cgroups.leftovers():
            cgroups.remove(group.name.removeprefix(cgroups.name_of("")))
        process.end_marked()
        network.remove_all()
        if paths.STATE.exists():
            shutil.rmtree(paths.STATE)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one command at a time change the cluster."""
        path = paths.cache() / "cluster.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("… another command changes the cluster; waiting for its end")
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def wait_for(condition: Callable[[], bool], what: str, *, timeout: float) -> None:
    """Ask again and again until a condition holds.

    Raises:
        ClusterError: it did not hold within the timeout (seconds).
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            msg = f"waited {timeout:.0f} s in vain for: {what}"
            raise ClusterError(msg)
        time.sleep(0.2)
