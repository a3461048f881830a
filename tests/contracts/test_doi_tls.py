"""TLS on the way to an agency: what fails while connecting is an outage, what fails later may be about the DOI."""

import os
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from identifiers.connectors import connector
from identifiers.connectors.port import AgencyOutOfReach, AgencyUnavailable, DOIRefused, with_doi
from tests.contracts.test_doi_connectors import settings_for
from tests.doi_agencies import PREFIX, Tiny, document, injecting

DOI = f"{PREFIX}/dspace-7"
METADATA = with_doi(document(), DOI)
URL = "https://repo.example.org/handle/123456789/7"


@pytest.fixture
def certificate(tmp_path):
    """A file with a certificate for localhost that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    path, name = tmp_path / "certificate.pem", x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + signed.public_bytes(pem))
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def tls_agency(tls, certificate):
    """An agency with that certificate; yields its injector, its port and the certificate."""
    with injecting(Tiny(), tls=tls) as (injector, host):
        yield injector, host.rpartition(":")[2], certificate


@pytest.mark.parametrize("kind", ["mds", "rest"])
def test_a_certificate_that_nobody_vouches_for_stops_the_run_before_anything_is_sent(kind, tls_agency):
    injector, port, _ = tls_agency
    made = connector(settings_for(kind, f"localhost:{port}", DATACITE_SCHEME="https"))
    with pytest.raises(AgencyOutOfReach, match="certificate"):
        made.register(DOI, METADATA, URL)
    assert not injector.requests


@pytest.mark.parametrize("kind", ["mds", "rest"])
def test_a_certificate_that_the_system_trusts_is_accepted_for_its_own_host_only(kind, tls_agency, monkeypatch):
    _, port, certificate = tls_agency
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    made = connector(settings_for(kind, f"localhost:{port}", DATACITE_SCHEME="https"))
    made.register(DOI, METADATA, URL)
    assert made.is_registered(DOI)
    with pytest.raises(AgencyUnavailable, match="certificate"):
        connector(settings_for(kind, f"127.0.0.1:{port}", DATACITE_SCHEME="https")).is_registered(DOI)


def bad_record(line):
    """Read the request, and answer with what was not encrypted with the keys of this connection."""
    line.recv(1 << 16)
    os.write(line.fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32)


def too_large(line):
    """Refuse what is too large without reading it, as a proxy does."""
    line.recv(1000)
    line.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with suppress(OSError):
        line.unwrap()


@pytest.mark.parametrize("kind", ["mds", "rest"])
@pytest.mark.parametrize(("answer", "size"), [(bad_record, 0), (too_large, 8 << 20)])
def test_tls_that_breaks_after_the_request_was_sent_may_be_about_this_doi(
    tls, certificate, monkeypatch, kind, answer, size
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with tls.wrap_socket(listener.accept()[0], server_side=True) as line:
            answer(line)

    thread = threading.Thread(target=serve)
    thread.start()
    made = connector(settings_for(kind, f"localhost:{listener.getsockname()[1]}", DATACITE_SCHEME="https"))
    with pytest.raises((AgencyUnavailable, DOIRefused)) as caught:  # the refusal, where it arrives nevertheless
        made.register(DOI, METADATA + " " * size, URL)
    thread.join(10)
    listener.close()
    assert not isinstance(caught.value, AgencyOutOfReach), "the others are told"


def test_a_server_that_hangs_up_before_there_is_tls_stops_the_run():
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: listener.accept()[0].close())
    thread.start()
    made = connector(settings_for("rest", f"localhost:{listener.getsockname()[1]}", DATACITE_SCHEME="https"))
    with pytest.raises(AgencyOutOfReach):
        made.register(DOI, METADATA, URL)
    thread.join(10)
    listener.close()
