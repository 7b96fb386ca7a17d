"""What a node's daemons are told: the configuration of containerd, its network plugin, kubelet and kube-proxy."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from e2e.cluster import cgroups, files, spec
from e2e.cluster.pki import Pki
from e2e.cluster.spec import NodeSpec

CNI_FOLDER = "/run/cni/net.d"
_PAUSE_IMAGE = "localhost/kernel-ferry/pause:dev"


def write(folder: Path, node: NodeSpec, pki: Pki) -> None:
    """Write every file a node's daemons read into a folder."""
    files.write(folder / "cni.json", _cni_config(node))
    files.write(folder / "containerd.toml", _CONTAINERD)
    files.write(folder / "resolv.conf", f"nameserver {spec.HOST_ADDRESS}\n")
    files.write(folder / "kubelet.yaml", yaml.safe_dump(_kubelet_config(folder, node, pki)))
    files.write(folder / "kube-proxy.yaml", yaml.safe_dump(_proxy_config(pki)))


def _kubelet_config(folder: Path, node: NodeSpec, pki: Pki) -> dict[str, object]:
    config: dict[str, object] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki.crt("ca"))},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki.crt(node.name)),
        "tlsPrivateKeyFile": str(pki.key(node.name)),
        "clusterDNS": [spec.HOST_ADDRESS],
        "clusterDomain": spec.DOMAIN,
        "resolvConf": str(folder / "resolv.conf"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroups.name_of(node.name)}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        # Both nodes see the whole machine's disk: only a nearly full one may evict, and images are never collected.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        # With the controller-manager's grace period of 12 s these make a dead node NotReady in less than 20 s.
        "nodeStatusUpdateFrequency": "4s",
        "nodeLeaseDurationSeconds": 12,
    }
    if node.taints:
        config["registerWithTaints"] = [_taint(text) for text in node.taints]
    return config


def _proxy_config(pki: Pki) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "clientConnection": {"kubeconfig": str(pki.kubeconfig("kube-proxy"))},
        "clusterCIDR": str(spec.POD_NETWORK),
        # Left alone: these would be settings of the whole machine.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def _taint(text: str) -> dict[str, str]:
    rest, _, effect = text.rpartition(":")
    key, _, value = rest.partition("=")
    return {"key": key, "value": value, "effect": effect}


def _cni_config(node: NodeSpec) -> str:
    ranges = [[{"subnet": str(node.pod_subnet)}]]
    plugins = [
        {
            "type": "ptp",
            "ipMasq": False,
            "ipam": {
                "type": "host-local",
                "ranges": ranges,
                "routes": [{"dst": "0.0.0.0/0"}],
                "dataDir": "/run/cni/ipam",
            },
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    return json.dumps({"cniVersion": "1.0.0", "name": "kernel-ferry", "plugins": plugins})


_CONTAINERD = f"""\
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{_PAUSE_IMAGE}"
  # A machine that withholds CAP_SYS_RESOURCE refuses negative values, and every sandbox would die of it.
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{CNI_FOLDER}"

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""
