"""The network: pods reach pods, Services, names and the API server; the API server reaches webhooks in pods."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path

import pytest

from e2e.cluster.cluster import wait_for
from e2e.cluster.errors import CommandError
from e2e.cluster.pki import Pki
from e2e.support.pods import Pod, make_pod
from e2e.support.target import Target

_SERVE = ("python3", "-m", "http.server", "8000", "--directory", "/etc")
_FETCH = "import urllib.request as u; print(u.urlopen('http://{}/hostname', timeout=10).read().decode())"

_RESPONSE_CODE = """
import socket
server = next(line.split()[1] for line in open('/etc/resolv.conf') if line.startswith('nameserver'))
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.settimeout(5)
question = b'\\x07example\\x03org\\x00\\x00\\x01\\x00\\x01'
asker.sendto(b'\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00' + question, (server, 53))
print(asker.recv(512)[3] & 15)
"""

_API_CLIENT = """
import ssl, urllib.request
folder = '/var/run/secrets/kubernetes.io/serviceaccount/'
token = open(folder + 'token').read()
url = 'https://kubernetes.default.svc/api/v1/namespaces/' + open(folder + 'namespace').read() + '/pods'
request = urllib.request.Request(url, headers={'Authorization': 'Bearer ' + token})
tls = ssl.create_default_context(cafile=folder + 'ca.crt')
import json
print([p['metadata']['name'] for p in json.load(urllib.request.urlopen(request, context=tls, timeout=10))['items']])
"""

_WEBHOOK = """
import http.server, json, ssl
class Refuse(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        answer = {'uid': review['request']['uid'], 'allowed': False, 'status': {'message': 'the ferry says no'}}
        body = json.dumps({**review, 'response': answer}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(('', 8443), Refuse)
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain('/files/tls.crt', '/files/tls.key')
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def _pair(target: Target, namespace: str) -> tuple[Pod, Pod]:
    """Make a client and a web server on different nodes."""
    client = make_pod(target, namespace, "client", node=target.nodes[0])
    server = make_pod(target, namespace, "server", node=target.nodes[1], command=_SERVE, ready_port=8000)
    return client.wait_ready(), server.wait_ready()


def test_a_pod_reaches_a_pod_on_another_node(target: Target, namespace: str) -> None:
    client, server = _pair(target, namespace)
    assert client.python(_FETCH.format(f"{server.address}:8000")) == "server"


def test_a_service_name_resolves_and_leads_to_its_pod(target: Target, namespace: str) -> None:
    client, server = _pair(target, namespace)
    target.kubectl("expose", "pod", server.name, f"--namespace={namespace}", "--port=80", "--target-port=8000")
    for name in ("server", f"server.{namespace}", f"server.{namespace}.svc.cluster.local"):
        wait_for(partial(_answers, client, name), f"http://{name} from a pod", timeout=20.0)


def test_a_pod_on_every_node_reaches_a_pod_beside_it_through_a_service(target: Target, namespace: str) -> None:
    node = target.nodes[0]
    server = make_pod(target, namespace, "server", node=node, command=_SERVE, ready_port=8000)
    client = make_pod(target, namespace, "client", node=node).wait_ready()
    target.kubectl("expose", "pod", server.wait_ready().name, f"--namespace={namespace}", "--port=8000")
    wait_for(lambda: _answers(client, "server:8000"), "a Service whose pod is on the same node", timeout=20.0)


def test_a_name_outside_the_cluster_is_refused_and_not_asked_for_elsewhere(target: Target, namespace: str) -> None:
    if target.own is None:
        pytest.skip("how another cluster resolves other names is its own business")
    client = make_pod(target, namespace, "client").wait_ready()
    assert client.python(_RESPONSE_CODE) == "5"  # REFUSED


def test_a_pod_reaches_the_api_server_as_its_service_account(target: Target, namespace: str) -> None:
    client = make_pod(target, namespace, "client").wait_ready()
    target.kubectl(
        "create",
        "rolebinding",
        "view",
        "--clusterrole=view",
        f"--serviceaccount={namespace}:default",
        f"--namespace={namespace}",
    )
    wait_for(lambda: "['client']" in _listed(client), "the right to list pods", timeout=20.0)


def test_an_admission_webhook_named_as_a_service_is_asked_in_its_pod(
    target: Target, namespace: str, tmp_path: Path
) -> None:
    pki = Pki(tmp_path / "pki")
    pki.make_authority()
    pki.issue("tls", hosts=(f"refuse.{namespace}.svc",))
    kubectl = target.kubectl
    files = (f"--from-file={pki.crt('tls')}", f"--from-file={pki.key('tls')}", f"--from-literal=serve.py={_WEBHOOK}")
    kubectl("create", "configmap", "refuse", f"--namespace={namespace}", *files)
    command = ("python3", "/files/serve.py")
    make_pod(target, namespace, "refuse", command=command, files="refuse", ready_port=8443).wait_ready()
    kubectl("expose", "pod", "refuse", f"--namespace={namespace}", "--port=443", "--target-port=8443")
    kubectl.apply(_webhook_configuration(namespace, pki.crt("ca").read_bytes()))
    try:
        wait_for(lambda: "the ferry says no" in _refusal(target, namespace), "the webhook's refusal", timeout=30.0)
    finally:
        kubectl("delete", "validatingwebhookconfiguration", namespace)


def _answers(client: Pod, host: str) -> bool:
    try:
        return client.python(_FETCH.format(host)) == "server"
    except CommandError:
        return False


def _listed(client: Pod) -> str:
    try:
        return client.python(_API_CLIENT)
    except CommandError as exc:
        return str(exc)


def _refusal(target: Target, namespace: str) -> str:
    try:
        target.kubectl("create", "configmap", "attempt", f"--namespace={namespace}", "--dry-run=server")
    except CommandError as exc:
        return str(exc)
    return ""


def _webhook_configuration(namespace: str, authority: bytes) -> dict[str, object]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    webhook = {
        "name": "refuse.kernelferry.dev",
        "clientConfig": {
            "service": {"name": "refuse", "namespace": namespace},
            "caBundle": base64.b64encode(authority).decode(),
        },
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [webhook],
    }
