"""The cluster as a whole: brings what should run into being, and takes it away again.

`up` is level-based: it looks at each part, leaves it alone when it is as it should be, and makes it so when it is not.
The same path serves a first start, a second `up`, and the repair of what a killed run left behind.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from e2e.cluster import (
    binaries,
    controlplane,
    files,
    images,
    layout,
    leftovers,
    lock,
    network,
    packages,
    preflight,
    process,
    store,
)
from e2e.cluster.errors import ClusterError, ComponentError
from e2e.cluster.kubectl import Kubectl
from e2e.cluster.node import Node
from e2e.cluster.pki import Pki
from e2e.cluster.process import Processes
from e2e.cluster.progress import step
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

    def require(self) -> None:
        """Refuse, with a sentence, when no cluster is up.

        Raises:
            ClusterError: there is none.
        """
        if not self.exists:
            raise ClusterError(_NO_SPEC)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.pki.kubeconfig("admin")

    @property
    def kubectl(self) -> Kubectl:
        """The cluster's own kubectl, as administrator."""
        return Kubectl(self.program("kubectl"), self.kubeconfig)

    @property
    def store(self) -> store.Store:
        """The S3 store."""
        return store.Store(self.layout, self.processes, self.program)

    def program(self, name: str) -> Path:
        """Return where a program is that this cluster was started with.

        Raises:
            ClusterError: there is no cluster.
        """
        try:
            return Path(json.loads(self._programs_file.read_text())[name])
        except FileNotFoundError as exc:
            raise ClusterError(_NO_SPEC) from exc

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
        preflight.check_start()
        with lock.changing():
            self._check_same(wanted)
            programs, built = self.build()
            if not self.exists:
                leftovers.clear()
                layout.start()
                files.write(self._spec_file, json.dumps((wanted or make_spec()).to_dict()))
            files.write(self._programs_file, json.dumps({name: str(path) for name, path in programs.items()}))
            self._start(built)

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
        with lock.changing(), step("taking the cluster down"):
            leftovers.clear()

    def load_image(self, image: images.Image) -> None:
        """Put an image into every node that runs; the others get it when they start."""
        with lock.changing():
            for node in self.nodes():
                if node.is_on:
                    node.load(image)

    def start_node(self, name: str) -> None:
        """Power a node on, and wait until it is Ready."""
        node = self.node(name)
        with lock.changing():
            self._start_node(node, [images.build(image) for image in images.available()])
            self._wait_ready([node])

    def start_store(self, kind: StoreKind | None = None) -> None:
        """Start the store; another kind than before takes the former's place, with objects of its own."""
        changed = ClusterSpec(self.spec.nodes, kind or self.spec.store)
        with lock.changing():
            if changed.store != self.spec.store:
                self.store.stop()
                files.write(self._spec_file, json.dumps(changed.to_dict()))
            self.store.start(changed)

    @property
    def _spec_file(self) -> Path:
        return self.layout.state / "spec.json"

    @property
    def _programs_file(self) -> Path:
        return self.layout.state / "programs.json"

    def _node(self, node: NodeSpec) -> Node:
        return Node(node, self.layout, self.processes, self.pki)

    def _check_same(self, wanted: ClusterSpec | None) -> None:
        if self.exists and wanted is not None and wanted != self.spec:
            msg = f"a cluster with other settings is up ({len(self.spec.nodes)} nodes, store {self.spec.store.value}); "
            msg += "run `down` first, or `up` without settings to keep it"
            raise ClusterError(msg)

    def _start(self, built: list[images.Image]) -> None:
        with step("control plane"):
            controlplane.issue_certificates(self.pki, self.spec)
            network.ensure_bridge()
            self._start_control_plane()
        with step(f"store ({self.spec.store.value})"):
            self.store.start(self.spec)
        for node in self.nodes():
            with step(node.name):
                self._start_node(node, built)
        with step("nodes Ready"):
            self._wait_ready(self.nodes())

    def _start_control_plane(self) -> None:
        for component in controlplane.components(self.program, self.pki, self.layout):
            if component.name == "coredns":
                self.kubectl("apply", "-f", str(Path(__file__).parent / "bootstrap.yaml"))
            self.processes.ensure(component)

    def _start_node(self, node: Node, built: list[images.Image]) -> None:
        if node.start_runtime(self.spec.nodes):
            node.drop_stale_containers(self.spec.nodes)
        network.ensure_host_routes(self.spec)
        for image in built:
            node.load(image)
        node.start_kubelet(self.program("kubelet"))
        node.start_proxy(self.program("kube-proxy"))

    def _wait_ready(self, nodes: list[Node]) -> None:
        names = {node.name for node in nodes}
        try:
            wait_for(lambda: names <= self.kubectl.ready_nodes(), "every node Ready", timeout=_NODES_READY_S)
        except ClusterError as exc:
            late = min(names - self.kubectl.ready_nodes(), default="")
            reason = f"{late} is not Ready after {_NODES_READY_S:.0f} s: {self.kubectl.why_not_ready(late)}"
            name = f"kubelet-{late}"
            log = self.processes.log(name)
            raise ComponentError(name, reason, str(log), process.tail(log, 30)) from exc
        account = ("get", "serviceaccount", "default", "--namespace", "default")
        wait_for(lambda: self.kubectl.succeeds(*account), "the default service account", timeout=30.0)


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
