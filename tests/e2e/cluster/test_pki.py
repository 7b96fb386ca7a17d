"""Claims about identities, read back by the library and checked by OpenSSL's own TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID

from e2e.cluster.pki import Pki


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    made = Pki(tmp_path / "pki")
    made.make_authority()
    return made


def test_a_client_is_a_kubernetes_user_in_its_groups(pki: Pki) -> None:
    pki.issue("node-a", user="system:node:node-a", groups=("system:nodes",))
    subject = x509.load_pem_x509_certificate(pki.crt("node-a").read_bytes()).subject
    assert [a.value for a in subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["system:node:node-a"]
    assert [a.value for a in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["system:nodes"]


def test_identities_stay_the_same_the_second_time(pki: Pki) -> None:
    pki.issue("admin")
    before = {path.name: path.read_bytes() for path in pki.folder.iterdir()}
    pki.make_authority()
    pki.issue("admin")
    assert {path.name: path.read_bytes() for path in pki.folder.iterdir()} == before


def test_only_the_owner_reads_keys_and_kubeconfigs(pki: Pki) -> None:
    pki.issue("admin")
    for path in (pki.key("ca"), pki.key("admin"), pki.write_kubeconfig("admin")):
        assert path.stat().st_mode & 0o077 == 0


def test_a_kubeconfig_needs_no_other_file(pki: Pki) -> None:
    pki.issue("admin")
    text = pki.write_kubeconfig("admin").read_text()
    assert str(pki.folder) not in text
    assert yaml.safe_load(text)["current-context"] == "kernel-ferry"


@pytest.mark.parametrize(("name", "trusted"), [("127.0.0.1", True), ("kubernetes.default.svc", True), ("other", False)])
def test_a_server_is_trusted_under_its_names_only(name: str, trusted: bool, pki: Pki) -> None:  # noqa: FBT001
    pki.issue("server", hosts=("127.0.0.1", "kubernetes.default.svc"))
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_tls.load_cert_chain(pki.crt("server"), pki.key("server"))
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=_handshake, args=(server_tls, theirs))
    server.start()
    client_tls = ssl.create_default_context(cafile=str(pki.crt("ca")))
    try:
        if trusted:
            client_tls.wrap_socket(ours, server_hostname=name).close()
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                client_tls.wrap_socket(ours, server_hostname=name)
    finally:
        ours.close()
        server.join()


def _handshake(tls: ssl.SSLContext, connection: socket.socket) -> None:
    try:
        tls.wrap_socket(connection, server_side=True).close()
    except (ssl.SSLError, OSError):
        connection.close()
