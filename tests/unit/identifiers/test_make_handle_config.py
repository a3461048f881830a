"""`make-handle-config`: what our server starts from, the registry takes, and the Handle software reads."""

import io
import json
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa
from django.core.management import CommandError, call_command

from identifiers.handle_server import folder, keys
from identifiers.handle_server.protocol import Envelope, Message, signed_bytes
from identifiers.handle_server.site import Site
from identifiers.handle_server.wire import text

Configure = Callable[[dict[str, str]], None]
PRIVATE = ("privkey.bin", "admpriv.bin")


@pytest.fixture
def where(tmp_path: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Path:
    configure({"dspace.name": 'Archive of "A"', "mail.admin": "ada@example.org", "dspace.hostname": "repo.example.org"})
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(0, 0, 0, "", ("192.0.2.17", 0))])
    return tmp_path / "new" / "handle-server"


def make(where: Path, *arguments: str) -> str:
    out = io.StringIO()
    call_command("make_handle_config", str(where), "--noinput", *arguments, stdout=out)
    return out.getvalue()


def site_of(where: Path) -> dict[str, object]:
    return json.loads((where / "siteinfo.json").read_text())


def test_it_makes_keys_that_only_their_owner_reads(where: Path) -> None:
    before = os.umask(0)
    try:
        make(where)
    finally:
        os.umask(before)

    assert stat.S_IMODE(where.stat().st_mode) == 0o700
    for name in PRIVATE:
        assert stat.S_IMODE((where / name).stat().st_mode) == 0o600
        assert keys.read(where / name).key_size == 2048


def test_it_knows_address_ports_names_and_key(where: Path, configure: Configure) -> None:
    configure({"handle.server.port": "12641", "handle.server.http-port": "18000"})
    make(where)

    site = site_of(where)
    [server] = site["servers"]
    assert server["address"] == "192.0.2.17"
    assert [(each["protocol"], each["port"]) for each in server["interfaces"]] == [
        ("TCP", 12641),
        ("UDP", 12641),
        ("HTTP", 18000),
    ]
    assert not any(each["admin"] for each in server["interfaces"])
    assert server["publicKey"]["value"]["kty"] == "RSA"
    assert site["attributes"] == [{"name": "desc", "value": 'Archive of "A" Handle Server'}]
    loaded, key = folder.load(where)
    assert loaded.to_json() == site
    assert keys.public_key(key) == (where / "pubkey.bin").read_bytes()


def test_the_registry_gets_the_site_the_key_and_whom_to_write_to(where: Path) -> None:
    said = make(where, "--contact", "Ada", "--phone", "5551", "--organization", "Example")

    with zipfile.ZipFile(where / "sitebndl.zip") as bundle:
        assert json.loads(bundle.read("siteinfo.json")) == site_of(where)
        assert Site.decode(bundle.read("siteinfo.bin")).to_json() == site_of(where)
        assert bundle.read("admpub.bin") == (where / "admpub.bin").read_bytes()
        contact = bundle.read("contactdata.dct").decode()
    for line in ('"org_name" = "Example"', '"contact_name" = "Ada"', '"contact_email" = "ada@example.org"'):
        assert line in contact
    assert "sitebndl.zip to your registry" in said


def test_the_assigned_prefix_is_set_by_a_later_call_that_keeps_keys_and_edits(
    where: Path, configure: Configure
) -> None:
    make(where)
    assert '"300:0.NA/YOUR_NAMING_AUTHORITY"' in (where / "config.dct").read_text()
    before = {path.name: path.read_bytes() for path in where.iterdir()}
    edited = (where / "config.dct").read_text().replace('"num_threads" = "15"', '"num_threads" = "99"')
    (where / "config.dct").write_text(edited)

    said = make(where, "--prefix", "10673")

    configured = (where / "config.dct").read_text()
    assert configured.count('"300:0.NA/10673"') == 2
    assert "YOUR_NAMING_AUTHORITY" not in configured
    assert '"num_threads" = "99"' in configured
    for name in (*PRIVATE, "pubkey.bin", "admpub.bin", "siteinfo.json"):
        assert (where / name).read_bytes() == before[name]
        assert name == "siteinfo.json" or name not in said
    configure({"handle.prefix": "20.500.1"})
    make(where)
    assert (where / "config.dct").read_text().count('"300:0.NA/20.500.1"') == 2


def test_prefixes_that_others_added_stay_when_ours_is_set(where: Path) -> None:
    make(where, "--prefix", "10673")
    config = where / "config.dct"
    config.write_text(config.read_text().replace('"0.NA/10673"', '"0.NA/10673"\n      "0.NA/20.500.9"'))

    make(where, "--prefix", "10674")
    make(where, "--prefix", "20.500.9")

    configured = config.read_text()
    assert configured.count('"300:0.NA/10674"') == 2
    assert '"0.NA/10674"\n      "0.NA/20.500.9"' in configured


def test_the_serial_number_grows_when_the_site_changes(where: Path) -> None:
    make(where)
    make(where)
    assert site_of(where)["serialNumber"] == 1
    make(where, "--address", "2001:db8::1")
    assert (site_of(where)["serialNumber"], site_of(where)["servers"][0]["address"]) == (2, "2001:db8::1")


def test_another_server_is_told_whom_to_ask(where: Path, configure: Configure) -> None:
    configure({"dspace.url": "https://repo.example.org"})
    make(where)
    plugin = where / "handle-dspace-plugin.cfg"
    assert "dspace.handle.endpoint1 = https://repo.example.org/handleresolver\n" in plugin.read_text()

    make(
        where,
        "--endpoint",
        "https://a.example.org/handleresolver",
        "--endpoint",
        "https://b.example.org/json/hdlresolver",
    )
    make(where)

    lines = [line for line in plugin.read_text().splitlines() if not line.startswith("#")]
    assert lines == [
        "dspace.handle.endpoint1 = https://a.example.org/handleresolver",
        "dspace.handle.endpoint2 = https://b.example.org/json/hdlresolver",
    ]
    configured = (where / "config.dct").read_text()
    assert '"storage_class" = "org.dspace.handle.MultiRemoteDSpaceRepositoryHandlePlugin"' in configured
    assert '"storage_type" = "CUSTOM"' in configured


def test_without_a_private_key_nothing_is_written_over_its_public_one(where: Path) -> None:
    make(where)
    (where / "privkey.bin").rename(where / "elsewhere.bin")

    with pytest.raises(CommandError, match=r"without privkey\.bin"):
        make(where)
    assert not (where / "privkey.bin").exists()


def test_a_full_disk_leaves_no_key_that_is_none(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", full)
        with pytest.raises(CommandError, match="No space"):
            make(where)
    assert not (where / "privkey.bin").exists()
    make(where)
    folder.load(where)


def test_it_asks_for_the_address_only_where_it_cannot_know_it_and_somebody_is_there(
    where: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure({"handle.dir": str(where)})  # where it is made when no folder is named
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "192.0.2.99")

    call_command("make_handle_config", stdout=io.StringIO())
    assert (asked, site_of(where)["servers"][0]["address"]) == ([], "192.0.2.17")

    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(0, 0, 0, "", ("127.0.0.1", 0))])
    call_command("make_handle_config", stdout=io.StringIO())
    assert (len(asked), site_of(where)["servers"][0]["address"]) == (1, "192.0.2.99")
    make(where)  # --noinput
    assert len(asked) == 1


def test_a_machine_that_only_knows_itself_is_told_so(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: [(0, 0, 0, "", ("127.0.0.1", 0))])

    assert "give --address" in make(where)
    with pytest.raises(CommandError, match="nonsense is not an IP address"):
        make(where, "--address", "nonsense")


def test_the_server_does_not_start_without_its_folder(where: Path, configure: Configure) -> None:
    configure({"handle.dir": str(where)})
    with pytest.raises(CommandError, match="run make-handle-config first"):
        call_command("start_handle_server")


def test_a_key_with_a_passphrase_is_refused(where: Path) -> None:
    make(where)
    (where / "privkey.bin").write_bytes(struct.pack(">I", 4) + b"secret")
    with pytest.raises(keys.KeyFileError, match="passphrase"):
        folder.load(where)
    (where / "privkey.bin").write_bytes(b"nonsense")
    with pytest.raises(keys.KeyFileError, match="not a private key"):
        folder.load(where)


def test_the_dsa_key_of_an_older_server_goes_on_signing(tmp_path: Path) -> None:
    made = dsa.generate_private_key(1024)
    numbers = made.private_numbers()
    group = numbers.public_numbers.parameter_numbers
    parts = [part.to_bytes(part.bit_length() // 8 + 1, "big") for part in (numbers.x, group.p, group.q, group.g)]
    (tmp_path / "privkey.bin").write_bytes(struct.pack(">I", 1) + text(b"DSA_PRIV_KEY") + b"".join(map(text, parts)))

    key = keys.read(tmp_path / "privkey.bin")

    assert keys.to_json(keys.public_key(key))["kty"] == "DSA"
    for version, name in (((2, 10), b"SHA1"), ((2, 11), b"SHA-256")):
        envelope, message = Envelope(version, 7, 0, (2, 11)), Message(1, 1, 0, b"body")
        credential = keys.sign(key, envelope, message)
        assert credential.algorithm == name
        algorithm = keys._algorithm(version, False)[0]
        made.public_key().verify(credential.signature, signed_bytes(envelope, message), algorithm)
