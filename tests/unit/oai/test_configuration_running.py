"""A running provider: changed files count at once, mistakes do not stop it, stylesheets reach nothing outside."""

import contextlib
import logging
import re
import threading

import pytest
from django.utils import timezone
from lxml import etree

from oai import running
from oai.configuration import ConfigurationError
from oai.rendering import RenderingError, render, variant
from repository import changes
from repository.models import Mark
from tests import factories as make
from tests.unit.oai.conftest import look_again
from tests.unit.oai.test_configuration_mistakes import problems, replace, stylesheet

DOCUMENT = '<metadata xmlns="http://www.lyncode.com/xoai"/>'


def rendered(prefix="dim"):
    offered = running.current().contexts["request"].formats
    return render(next(f for f in offered if f.prefix == prefix), None, DOCUMENT)


def write_dim(folder, name):
    (folder / "metadataFormats" / "dim.xsl").write_text(stylesheet(f"<xsl:template match='/'><{name}/></xsl:template>"))
    look_again()


def test_a_changed_stylesheet_counts_without_a_restart(own_folder):
    write_dim(own_folder, "before")
    assert rendered() == "<before/>"
    write_dim(own_folder, "afterwards")
    assert rendered() == "<afterwards/>"


def test_a_changed_import_counts_without_a_restart(own_folder):
    (own_folder / "metadataFormats" / "dim.xsl").write_text(stylesheet("<xsl:import href='../common/part.xsl'/>"))
    (own_folder / "common").mkdir()
    seen = set()
    for name in ("before", "afterwards"):
        body = f"<xsl:template match='/'><{name}/></xsl:template>"
        (own_folder / "common" / "part.xsl").write_text(stylesheet(body))
        look_again()
        assert rendered() == f"<{name}/>"
        dim = next(f for f in running.current().contexts["request"].formats if f.prefix == "dim")
        seen.add(variant(dim, None))
    assert len(seen) == 2


def test_a_changed_stylesheet_counts_in_every_thread(own_folder):
    write_dim(own_folder, "before")
    made, go_on, results = threading.Event(), threading.Event(), []

    def work():
        results.append(rendered())
        made.set()
        go_on.wait(10)
        results.append(rendered())

    thread = threading.Thread(target=work)
    thread.start()
    made.wait(10)
    write_dim(own_folder, "afterwards")
    go_on.set()
    thread.join(10)
    assert results == ["<before/>", "<afterwards/>"]


def test_a_changed_file_counts_after_a_second_and_costs_nothing_until_then(own_folder, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(running.time, "monotonic", lambda: clock[0])
    look_again()
    before = running.current()
    replace(own_folder / "xoai.xml", 'maxListRecordsSize="100"', 'maxListRecordsSize="7"')
    clock[0] += 0.9
    assert running.current() is before
    clock[0] += 0.2
    assert running.current().max_records == 7


def test_a_mistake_keeps_the_last_good_one_and_is_logged_once(own_folder, caplog):
    good = running.current()
    replace(own_folder / "xoai.xml", 'ref="driverSet"', 'ref="none"')
    with caplog.at_level(logging.ERROR, "oai.running"):
        for _ in range(3):
            look_again()
            assert running.current() is good
    assert len(caplog.records) == 1
    assert "no Set of id 'none'" in caplog.text
    replace(own_folder / "xoai.xml", 'ref="none"', 'ref="driverSet"')
    look_again()
    assert [s.spec for s in running.current().contexts["driver"].sets] == ["driver"]


def test_a_stylesheet_with_a_mistake_goes_on_working_as_it_was(own_folder):
    write_dim(own_folder, "before")
    assert rendered() == "<before/>"
    path = own_folder / "metadataFormats" / "dim.xsl"
    for wrong in ("<half", stylesheet("<xsl:vlaue-of/>")):
        path.write_text(wrong)
        look_again()
        assert rendered() == "<before/>"
    path.unlink()
    look_again()
    threads = [threading.Thread(target=lambda: results.append(rendered())) for _ in range(2)]
    results: list[str] = []
    for thread in threads:  # that never compiled it before
        thread.start()
    for thread in threads:
        thread.join(10)
    assert results == ["<before/>"] * 2


def test_without_any_good_one_there_is_an_error_until_it_is_put_right(own_folder):
    replace(own_folder / "xoai.xml", 'ref="driverSet"', 'ref="none"')
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="no Set of id 'none'"):
            running.current()
    replace(own_folder / "xoai.xml", 'ref="none"', 'ref="driverSet"')
    look_again()
    assert running.current()


def unknown_set(folder):
    replace(folder / "xoai.xml", 'ref="driverSet"', 'ref="none"')
    return "no Set of id 'none'"


def failing_stylesheet(folder):
    body = "<xsl:template match='/'><xsl:message terminate='yes'>never</xsl:message></xsl:template>"
    (folder / "metadataFormats" / "dim.xsl").write_text(stylesheet(body))
    return "tried on a simple record, for /oai/request"


@pytest.fixture(params=[unknown_set, failing_stylesheet])
def started_with_a_mistake(request, own_folder):
    """A mistake that was there before this process: what the log must say of it, and how it is put right."""
    was = {path: path.read_text() for path in (own_folder / "xoai.xml", own_folder / "metadataFormats" / "dim.xsl")}

    def put_right():
        for path, text in was.items():
            path.write_text(text)
        look_again()

    return request.param(own_folder), put_right


@pytest.mark.django_db
def test_a_worker_that_starts_with_a_mistake_leaves_marks_as_they_are(started_with_a_mistake, caplog):
    said, put_right = started_with_a_mistake
    item = make.item()
    assert changes.run_all("oai", now=timezone.now) == 0
    mark = Mark.objects.get(consumer="oai", object_id=item.pk)
    assert (mark.attempts, mark.error, mark.due <= timezone.now()) == (0, "", True)
    assert said in caplog.text
    put_right()
    assert changes.run_all("oai", now=timezone.now) == 1


# --- The sandbox ---


def make_dim(folder, body, attributes=""):
    (folder / "metadataFormats" / "dim.xsl").write_text(stylesheet(body, attributes))
    look_again()


@pytest.mark.parametrize("address", ["{secret}", "file://{secret}", "http://localhost:9/", "ftp://localhost:9/"])
def test_no_file_and_no_network_is_read_however_it_is_asked(own_folder, address):
    """What the check at load does not see, the sandbox refuses."""
    secret = own_folder.parent / "secret.xml"
    secret.write_text("<secret>hidden</secret>")
    name = address.format(secret=secret)
    body = (
        f"<xsl:variable name='f' select=\"concat('docu', &quot;ment('{name}')&quot;)\"/>"
        "<xsl:template match='/'><a><xsl:copy-of select='dyn:evaluate($f)'/></a></xsl:template>"
    )
    make_dim(own_folder, body, ' xmlns:dyn="http://exslt.org/dynamic"')
    with pytest.raises(ConfigurationError, match=r"dim\.xsl.* denied"):
        rendered()


@pytest.mark.parametrize(
    ("element", "namespace"),
    [
        ("exsl:document", 'xmlns:exsl="http://exslt.org/common" extension-element-prefixes="exsl"'),
        ("xsl:document", ""),
        ("saxon:output", 'xmlns:saxon="http://icl.com/saxon" extension-element-prefixes="saxon"'),
        ("xalan:write", 'xmlns:xalan="org.apache.xalan.xslt.extensions.Redirect" extension-element-prefixes="xalan"'),
    ],
)
def test_no_file_is_written(own_folder, element, namespace):
    target = own_folder.parent / "made" / "new.xml"
    target.parent.mkdir()
    writing = f"<{element} href='{target}' file='{target}' method='xml'><b/></{element}>"
    body = f"<xsl:template match='/'><a>{writing}</a></xsl:template>"
    make_dim(own_folder, body, f" {namespace}")
    with contextlib.suppress(ConfigurationError, RenderingError):
        rendered()
    assert list(target.parent.iterdir()) == []


def test_a_stylesheet_without_end_is_stopped(own_folder):
    make_dim(own_folder, "<xsl:template match='/' name='a'><b><xsl:call-template name='a'/></b></xsl:template>")
    with pytest.raises(ConfigurationError, match=r"dim\.xsl"):
        rendered()


def test_a_billion_laughs_are_refused_in_every_file(own_folder):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>\n'
    (own_folder / "metadataFormats" / "dim.xsl").write_text(bomb + stylesheet("<!-- -->&l9;"))
    assert "metadataFormats/dim.xsl:1: " in problems(own_folder)[0]
    (own_folder / "metadataFormats" / "dim.xsl").write_text(stylesheet("<xsl:import href='part.xsl'/>"))
    (own_folder / "metadataFormats" / "part.xsl").write_text(bomb + stylesheet("&l9;"))
    assert "metadataFormats/part.xsl:1: " in problems(own_folder)[0]


def test_a_link_out_of_the_folder_is_refused(own_folder):
    outside = own_folder.parent / "outside.xsl"
    outside.write_text(stylesheet(""))
    path = own_folder / "metadataFormats" / "dim.xsl"
    path.unlink()
    path.symlink_to(outside)
    assert "there is no file" in problems(own_folder)[0]


def test_what_makes_no_single_element_is_no_record(own_folder):
    make_dim(own_folder, "<xsl:template match='/'><a/><b/></xsl:template>")
    with pytest.raises(ConfigurationError, match=r"dim.xsl: makes more than one element"):
        rendered()
    make_dim(own_folder, "<xsl:template match='/'>text</xsl:template>")
    with pytest.raises(RenderingError, match=r"dim.xsl: makes nothing"):
        rendered()


def test_the_name_of_a_variant_follows_format_transformer_and_their_bytes(own_folder):
    contexts = running.current().contexts
    plain, driver = (contexts[name].formats[0] for name in ("request", "driver"))
    transformer = contexts["driver"].transformer
    assert re.fullmatch(r"oaidc@[0-9a-f]{12}", variant(plain, None))
    assert re.fullmatch(r"oaidc\+driverTransformer@[0-9a-f]{12}", variant(driver, transformer))
    assert etree.fromstring(render(driver, transformer, DOCUMENT)).tag.endswith("}dc")
    replace(own_folder / "vocabularies.xsl", "en:eng", "en:ENG")
    look_again()
    changed = running.current().contexts["driver"]
    assert variant(changed.formats[0], None) == variant(plain, None)
    assert variant(changed.formats[0], changed.transformer) != variant(driver, transformer)


@pytest.mark.django_db
def test_a_provider_started_with_mistakes_asks_harvesters_to_come_back(started_with_a_mistake, client, caplog):
    said, put_right = started_with_a_mistake
    for address in ("/oai/request?verb=Identify", "/oai/openaire4?verb=Identify", "/oai/"):
        response = client.get(address)
        assert response.status_code == 503
        assert response["Retry-After"].isdigit()
    assert caplog.text.count(said) == 1
    put_right()
    assert client.get("/oai/request?verb=Identify").status_code == 200
