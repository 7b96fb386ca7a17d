"""A real Kubernetes on one Linux machine: `python -m e2e.cluster up`, or `Cluster().up()` from a suite.

No container engine and no registry is needed, and nothing is faked: etcd, the control plane, and per node a containerd,
a kubelet and a kube-proxy, each node with a network, mounts and control group of its own. Beside it an S3 store. Every
part can be stopped, cut off or killed on purpose (`faults`).

For tests only: it trusts everyone on this machine, and keeps its keys and data in plain files that only root can read.
"""
