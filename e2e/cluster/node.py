"""A node: a machine made of a network namespace, a mount namespace, a host name and a control group.

In it run a real containerd, kubelet and kube-proxy on their default paths: `/run`, `/var/lib` and `/var/log` are the
node's own, so two nodes never meet and the machine below keeps no trace. The mount namespace is held by one idle
process; when the node's control group is killed, its mounts go with it, as on a power cut. Only two folders live
longer: the image store, a cache across clusters, and the logs of its pods.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from e2e.cluster import archive, cgroups, files, network, nodeconfig, paths
from e2e.cluster.errors import ClusterError
from e2e.cluster.images import Image
from e2e.cluster.layout import Layout
from e2e.cluster.pki import Pki
from e2e.cluster.process import Component, Processes
from e2e.cluster.progress import step
from e2e.cluster.shell import run, succeeds
from e2e.cluster.spec import NodeSpec

_READY = "/run/kernel-ferry-ready"
_ASK = ("curl", "--noproxy", "*", "--max-time", "2", "-fsS")
_UNSHARE = ("unshare", "--mount", "--uts", "--propagation", "private")

# Sources are bound aside first: they may lie below the very folders that are covered next.
_SETUP = f"""
set -e
hostname "$1"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/from/state /run/from/images /run/from/kubelet /run/from/pods {nodeconfig.CNI_FOLDER}
mount --bind "$2" /run/from/state
mount --bind "$3" /run/from/images
mount --bind "$4" /run/from/kubelet
mount --bind "$5" /run/from/pods
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /var/log
mkdir -p "$2" /var/lib/containerd /var/lib/kubelet /var/log/pods
mount --bind /run/from/state "$2"
mount --bind /run/from/images /var/lib/containerd
mount --bind /run/from/kubelet /var/lib/kubelet
mount --bind /run/from/pods /var/log/pods
cp "$6" {nodeconfig.CNI_FOLDER}/10-kernel-ferry.conflist
# Volumes that the kubelet mounts must show up in containers.
mount --make-rshared /
touch {_READY}
exec sleep infinity
"""


class Node:
    """One node of the running cluster."""

    def __init__(self, node: NodeSpec, layout: Layout, processes: Processes, pki: Pki) -> None:
        """Describe a node; nothing is started."""
        self.spec = node
        self._layout = layout
        self._processes = processes
        self._pki = pki
        self._folder = layout.state / "nodes" / node.name

    @property
    def name(self) -> str:
        """The node's Kubernetes name."""
        return self.spec.name

    @property
    def is_on(self) -> bool:
        """Whether its machine runs."""
        return self._processes.pid(f"machine-{self.name}") is not None

    def component_names(self) -> tuple[str, ...]:
        """Return the names of its components, in the order they start."""
        return tuple(f"{what}-{self.name}" for what in ("machine", "containerd", "kubelet", "kube-proxy"))

    def image_store(self) -> Path:
        """Return the folder of its containerd; a cache, kept when the cluster goes."""
        return paths.cache() / "containerd" / self.name

    def start_runtime(self, peers: tuple[NodeSpec, ...]) -> bool:
        """Wire the node, start its machine and containerd; say whether the containerd is a fresh one."""
        if not self._processes.runs(self._machine()):
            # Without its machine a node's containers are strays: the next one would give their addresses away again.
            self.power_off()
        network.ensure_member(self.name, self.spec.address, peers)
        cgroups.create(self.name)
        for folder in (self._folder / "kubelet", self.image_store(), self._layout.pod_logs(self.name)):
            folder.mkdir(parents=True, exist_ok=True)
        nodeconfig.write(self._folder, self.spec, self._pki)
        self._processes.ensure(self._machine())
        return self._processes.ensure(self._containerd())

    def start_kubelet(self, kubelet: Path) -> None:
        """Start the kubelet; images must be there before."""
        self._processes.ensure(self._kubelet(kubelet))

    def start_proxy(self, kube_proxy: Path) -> None:
        """Start kube-proxy, which makes Services reachable from the node's pods."""
        self._processes.ensure(self._kube_proxy(kube_proxy))

    def drop_stale_containers(self, peers: tuple[NodeSpec, ...]) -> None:
        """Forget the containers that a containerd remembers from before a power cut; its images stay."""
        if cgroups.pod_pids(self.name):
            return  # only containerd itself was away: they run on
        ctr = ("ctr", "--namespace", "k8s.io")
        stale = self.run_inside(*ctr, "containers", "list", "--quiet").split()
        for name in stale:
            self.run_inside(*ctr, "containers", "delete", name)
        if stale:
            # It read them all when it started.
            self._processes.stop(f"containerd-{self.name}")
            self.start_runtime(peers)

    def load(self, image: Image) -> None:
        """Put an image into the node's store, unless it is there."""
        loaded = self._loaded()
        if loaded.get(image.reference) == image.id:
            return
        ctr = ("ctr", "--namespace", "k8s.io")
        scratch = paths.scratch()
        scratch.mkdir(parents=True, exist_ok=True)
        with step(f"loading {image.name} into {self.name}"), tempfile.TemporaryDirectory(dir=scratch) as folder:
            # containerd reads every byte of an archive, also of layers it has; without them it takes no time.
            present = self.run_inside(*ctr, "content", "list", "--quiet").split()
            thin = Path(folder, image.archive.name)
            archive.without(image.archive, set(present), thin)
            self.run_inside(*ctr, "images", "import", str(thin))
        if image.reference in loaded:
            # The runtime keeps a name of its own for every image, and with it the replaced one's layers.
            self.run_inside(*ctr, "images", "remove", f"sha256:{loaded[image.reference]}")
        files.write(self._loaded_file(), json.dumps({**loaded, image.reference: image.id}))

    def _loaded_file(self) -> Path:
        return self.image_store() / "kernel-ferry-images.json"

    def _loaded(self) -> dict[str, str]:
        file = self._loaded_file()
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def power_off(self) -> None:
        """End all at once: daemons, containers, mounts, wires. Disks (images, volumes) stay."""
        cgroups.remove(self.name)
        for name in self.component_names():
            self._processes.stop(name)
        network.remove_member(self.name)

    def run_inside(self, *argv: str, timeout: float | None = None) -> str:
        """Run a program on the node, as an administrator logged in there would."""
        return run([*self._enter(), *argv], timeout=timeout)

    def _enter(self) -> tuple[str, ...]:
        holder = self._processes.pid(f"machine-{self.name}")
        if holder is None:
            msg = f"{self.name} is off; `start-node {self.name}` powers it on"
            raise ClusterError(msg)
        return ("nsenter", "--target", str(holder), "--mount", "--uts", "--net", "--")

    def _component(self, what: str, argv: tuple[str, ...], check: tuple[str, ...], config: Path) -> Component:
        return Component(
            name=f"{what}-{self.name}",
            argv=argv,
            ready=lambda: self.is_on and succeeds([*self._enter(), *check]),
            files=(config,),
            enter=(*cgroups.enter(self.name), *self._enter()),
        )

    def _machine(self) -> Component:
        values = (self.name, self._layout.state, self.image_store(), self._folder / "kubelet")
        script = ("sh", "-c", _SETUP, "machine", *map(str, values))
        script += (str(self._layout.pod_logs(self.name)), str(self._folder / "cni.json"))
        name = f"machine-{self.name}"
        return Component(
            name=name,
            argv=("sleep", "infinity"),
            ready=lambda: self.is_on and succeeds([*self._enter(), "test", "-e", _READY]),
            enter=(*cgroups.enter(self.name), *network.inside(self.name), *_UNSHARE, *script),
        )

    def _containerd(self) -> Component:
        config = self._folder / "containerd.toml"
        argv = ("containerd", "--config", str(config))
        return self._component("containerd", argv, ("ctr", "version"), config)

    def _kubelet(self, program: Path) -> Component:
        config = self._folder / "kubelet.yaml"
        labels = ",".join(f"{key}={value}" for key, value in self.spec.labels.items())
        argv = (
            str(program),
            f"--config={config}",
            f"--kubeconfig={self._pki.kubeconfig(self.name)}",
            f"--hostname-override={self.name}",
            f"--node-ip={self.spec.address}",
            f"--node-labels={labels}",
        )
        check = (*_ASK, "http://127.0.0.1:10248/healthz")
        return self._component("kubelet", argv, check, config)

    def _kube_proxy(self, program: Path) -> Component:
        config = self._folder / "kube-proxy.yaml"
        argv = (str(program), f"--config={config}", f"--hostname-override={self.name}")
        check = (*_ASK, "http://127.0.0.1:10249/healthz")
        return self._component("kube-proxy", argv, check, config)
