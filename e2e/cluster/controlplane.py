"""The control plane: etcd, API server, controller-manager, scheduler and cluster DNS, run on the machine itself."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from e2e.cluster import files, spec
from e2e.cluster.layout import Layout
from e2e.cluster.pki import Pki
from e2e.cluster.process import Component

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "coredns")
API_URL = f"https://{spec.HOST_ADDRESS}:{spec.API_PORT}"
_CONTROLLER_MANAGER_PORT = 10257
_SCHEDULER_PORT = 10259
_DNS_HEALTH_PORT = 18080

# (address, port) of every socket the control plane opens, for the check that they are free.
TCP_SOCKETS = (
    ("127.0.0.1", spec.ETCD_PORT),
    ("127.0.0.1", spec.ETCD_PEER_PORT),
    ("127.0.0.1", _CONTROLLER_MANAGER_PORT),
    ("127.0.0.1", _SCHEDULER_PORT),
    ("127.0.0.1", _DNS_HEALTH_PORT),
    (spec.HOST_ADDRESS, spec.API_PORT),
    (spec.HOST_ADDRESS, spec.DNS_PORT),
)


def issue_certificates(pki: Pki, cluster: spec.ClusterSpec) -> None:
    """Make every identity of the cluster, and the kubeconfigs of those that are clients."""
    pki.make_authority()
    service = ["kubernetes"]
    for part in ("default", "svc", *spec.DOMAIN.split(".")):
        service.append(f"{service[-1]}.{part}")
    addresses = (spec.HOST_ADDRESS, spec.API_SERVICE_ADDRESS, "127.0.0.1")
    pki.issue("kube-apiserver", hosts=(*service, *addresses))
    # The kubelet asks the API server whether its caller may; members of this group always may.
    pki.issue("kubelet-client", user="kube-apiserver", groups=("system:masters",))
    pki.issue("front-proxy")
    pki.issue("admin", groups=("system:masters",))
    for name in ("kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns"):
        pki.issue(name, user=f"system:{name}")
    for node in cluster.nodes:
        user = f"system:node:{node.name}"
        pki.issue(node.name, user=user, groups=("system:nodes",), hosts=(node.name, node.address))
    clients = ("admin", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns")
    for client in (*clients, *(node.name for node in cluster.nodes)):
        pki.write_kubeconfig(client)


def components(program: Callable[[str], Path], pki: Pki, layout: Layout) -> list[Component]:
    """Return the control plane's components in the order they have to start."""
    return [
        _etcd(program("etcd"), layout),
        _api_server(program("kube-apiserver"), pki),
        # Only after the API server is ready: it ends when a role it needs is not there yet.
        _controller_manager(program("kube-controller-manager"), pki),
        _scheduler(program("kube-scheduler"), pki),
        _coredns(program("coredns"), pki, layout),
    ]


def _etcd(program: Path, layout: Layout) -> Component:
    client = f"http://127.0.0.1:{spec.ETCD_PORT}"
    peer = f"http://127.0.0.1:{spec.ETCD_PEER_PORT}"
    flags = {
        "name": "default",
        "data-dir": layout.state / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
        # A crash of the whole machine would lose the cluster, which `up` makes anew anyway.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }
    return Component("etcd", _argv(program, flags), lambda: serves(f"{client}/health"))


def _api_server(program: Path, pki: Pki) -> Component:
    flags = {
        "etcd-servers": f"http://127.0.0.1:{spec.ETCD_PORT}",
        "bind-address": spec.HOST_ADDRESS,
        "advertise-address": spec.HOST_ADDRESS,
        "secure-port": spec.API_PORT,
        "service-cluster-ip-range": spec.SERVICE_NETWORK,
        "client-ca-file": pki.crt("ca"),
        "tls-cert-file": pki.crt("kube-apiserver"),
        "tls-private-key-file": pki.key("kube-apiserver"),
        "kubelet-client-certificate": pki.crt("kubelet-client"),
        "kubelet-client-key": pki.key("kubelet-client"),
        "kubelet-certificate-authority": pki.crt("ca"),
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-issuer": f"https://kubernetes.default.svc.{spec.DOMAIN}",
        "service-account-key-file": pki.key("service-accounts"),
        "service-account-signing-key-file": pki.key("service-accounts"),
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        # Webhooks named as a Service are called at their endpoints: no kube-proxy is needed where the API server runs.
        "enable-aggregator-routing": "true",
        "proxy-client-cert-file": pki.crt("front-proxy"),
        "proxy-client-key-file": pki.key("front-proxy"),
        "requestheader-client-ca-file": pki.crt("ca"),
        # One authority signs both kinds of clients, so this name alone separates them.
        "requestheader-allowed-names": "front-proxy",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "allow-privileged": "true",
    }
    return Component("kube-apiserver", _argv(program, flags), lambda: serves(f"{API_URL}/readyz", pki))


def _controller_manager(program: Path, pki: Pki) -> Component:
    config = pki.kubeconfig("kube-controller-manager")
    flags = {
        "kubeconfig": config,
        "authentication-kubeconfig": config,
        "authorization-kubeconfig": config,
        "bind-address": "127.0.0.1",
        "secure-port": _CONTROLLER_MANAGER_PORT,
        "cluster-signing-cert-file": pki.crt("ca"),
        "cluster-signing-key-file": pki.key("ca"),
        "root-ca-file": pki.crt("ca"),
        "service-account-private-key-file": pki.key("service-accounts"),
        "use-service-account-credentials": "true",
        "leader-elect": "false",
        # A dead node is NotReady within 20 s, where the defaults take 50 s.
        "node-monitor-period": "2s",
        "node-monitor-grace-period": "12s",
    }
    ready = f"https://127.0.0.1:{_CONTROLLER_MANAGER_PORT}/healthz"
    return Component("kube-controller-manager", _argv(program, flags), lambda: serves(ready))


def _scheduler(program: Path, pki: Pki) -> Component:
    config = pki.kubeconfig("kube-scheduler")
    flags = {
        "kubeconfig": config,
        "authentication-kubeconfig": config,
        "authorization-kubeconfig": config,
        "bind-address": "127.0.0.1",
        "secure-port": _SCHEDULER_PORT,
        "leader-elect": "false",
    }
    ready = f"https://127.0.0.1:{_SCHEDULER_PORT}/healthz"
    return Component("kube-scheduler", _argv(program, flags), lambda: serves(ready))


def _coredns(program: Path, pki: Pki, layout: Layout) -> Component:
    corefile = layout.state / "Corefile"
    # Names outside the cluster are refused at once instead of being asked for on the machine's network.
    files.write(
        corefile,
        f"{spec.DOMAIN} in-addr.arpa {{\n"
        f"    bind {spec.HOST_ADDRESS}\n"
        f"    errors\n"
        f"    ready 127.0.0.1:{_DNS_HEALTH_PORT}\n"
        f"    kubernetes {spec.DOMAIN} in-addr.arpa {{\n"
        f"        kubeconfig {pki.kubeconfig('coredns')} kernel-ferry\n"
        f"        pods verified\n"
        f"        ttl 2\n"
        f"    }}\n"
        f"}}\n",
    )
    argv = (str(program), "-conf", str(corefile), "-dns.port", str(spec.DNS_PORT))
    ready = f"http://127.0.0.1:{_DNS_HEALTH_PORT}/ready"
    return Component("coredns", argv, lambda: serves(ready), files=(corefile,))


def serves(url: str, pki: Pki | None = None) -> bool:
    """Say whether a URL answers 200.

    Args:
        url: what to ask.
        pki: where given, the server must be who it should, and the administrator's certificate is shown; without it any
            certificate will do (health ports on loopback make up their own).
    """
    try:
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_tls(pki))]
        with urllib.request.build_opener(*handlers).open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tls(pki: Pki | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki.crt("ca")) if pki else None)
    if pki:
        context.load_cert_chain(pki.crt("admin"), pki.key("admin"))
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _argv(program: Path, flags: Mapping[str, object]) -> tuple[str, ...]:
    return (str(program), *(f"--{key}={value}" for key, value in flags.items()))
