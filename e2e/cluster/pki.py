"""Keys, certificates and kubeconfigs of one cluster.

One certificate authority signs everything; the Kubernetes user and group of a client are its certificate's common name
and organisation. Made once per state folder, so that a second `up` finds the same identities.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from e2e.cluster import files, spec

_VALID = dt.timedelta(days=365)


@dataclass(frozen=True)
class Pki:
    """The folder that holds `NAME.crt` and `NAME.key` pairs; `ca` is the authority."""

    folder: Path

    def crt(self, name: str) -> Path:
        """Return the path of a certificate."""
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        """Return the path of a private key."""
        return self.folder / f"{name}.key"

    def kubeconfig(self, name: str) -> Path:
        """Return the path of a client's kubeconfig."""
        return self.folder / f"{name}.kubeconfig"

    def make_authority(self) -> None:
        """Make the authority and the service account signing key, unless they are there."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.crt("ca").exists():
            return
        files.write(self.key("service-accounts"), _pem(ec.generate_private_key(ec.SECP256R1())), private=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("kernel-ferry-cluster", ())
        builder = _builder(name, name, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = {field: field in ("key_cert_sign", "crl_sign", "digital_signature") for field in _KEY_USAGES}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
        files.write(self.key("ca"), _pem(key), private=True)
        # The certificate last: its presence says that the pair is whole.
        files.write(self.crt("ca"), builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, user: str = "", groups: tuple[str, ...] = (), hosts: tuple[str, ...] = ()) -> None:
        """Sign a certificate, unless it is there.

        Args:
            name: the file name, and the common name where no user is given.
            user: the Kubernetes user, for a client.
            groups: its Kubernetes groups.
            hosts: DNS names and addresses it serves under, for a server.
        """
        if self.crt(name).exists():
            return
        authority = x509.load_pem_x509_certificate(self.crt("ca").read_bytes())
        authority_key = serialization.load_pem_private_key(self.key("ca").read_bytes(), password=None)
        assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(user or name, groups), authority.subject, key.public_key())
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_host(h) for h in hosts]), critical=False)
        files.write(self.key(name), _pem(key), private=True)
        signed = builder.sign(authority_key, hashes.SHA256())
        files.write(self.crt(name), signed.public_bytes(serialization.Encoding.PEM))

    def write_kubeconfig(self, name: str) -> Path:
        """Write a kubeconfig with the files of a client embedded, so that it can be copied anywhere."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "kernel-ferry",
            "clusters": [
                {
                    "name": "kernel-ferry",
                    "cluster": {
                        "server": f"https://{spec.HOST_ADDRESS}:{spec.API_PORT}",
                        "certificate-authority-data": _base64(self.crt("ca")),
                    },
                }
            ],
            "users": [
                {
                    "name": name,
                    "user": {
                        "client-certificate-data": _base64(self.crt(name)),
                        "client-key-data": _base64(self.key(name)),
                    },
                }
            ],
            "contexts": [{"name": "kernel-ferry", "context": {"cluster": "kernel-ferry", "user": name}}],
        }
        files.write(self.kubeconfig(name), yaml.safe_dump(config).encode(), private=True)
        return self.kubeconfig(name)


_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _name(common: str, groups: tuple[str, ...]) -> x509.Name:
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    # An hour back: a node's clock may lag behind.
    builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + _VALID)
    return builder.serial_number(x509.random_serial_number())


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # Not PKCS 8: the API server reads the public half of a service account key only from this form.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
