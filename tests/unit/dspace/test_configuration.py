"""What the configuration says, and which source has the last word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dspace.configuration import HIDDEN, Configuration, ConfigurationError

Load = Callable[..., Configuration]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a configuration from the text of its files."""

    def load(dspace: str = "", local: str | None = None, environ: dict[str, str] | None = None, **modules: str):
        (tmp_path / "modules").mkdir(exist_ok=True)
        (tmp_path / "dspace.cfg").write_text(dspace, encoding="utf-8")
        for name, text in modules.items():
            (tmp_path / "modules" / f"{name}.cfg").write_text(text, encoding="utf-8")
        if local is not None:
            (tmp_path / "local.cfg").write_text(local, encoding="utf-8")
        return Configuration.load(tmp_path, environ or {})

    return load


def test_environment_comes_before_local_cfg_before_dspace_cfg_and_its_modules(load: Load) -> None:
    configuration = load(
        "a = 1\nb = 1\nc = 1\ninclude = modules/m.cfg",
        "b = 2\nc = 2\nm.e = 2",
        {"c": "3", "m__P__f__D__g": "3"},
        m="m.d = 1\nm.e = 1\nm.f-g = 1",
    )

    values = {key: configuration.get(key) for key in ("a", "b", "c", "m.d", "m.e", "m.f-g")}
    assert values == {"a": "1", "b": "2", "c": "3", "m.d": "1", "m.e": "2", "m.f-g": "3"}


def test_a_repeated_key_is_a_list_that_local_cfg_replaces_as_a_whole(load: Load) -> None:
    configuration = load("a = 1, 2\na = 3\nb = 1\nb = 2\ninclude = modules/m.cfg", "b = 9", m="a = 4")

    assert configuration.list("a") == ["1", "2", "3", "4"]
    assert configuration.get("a") == "1"
    assert configuration.list("b") == ["9"]


def test_an_environment_value_is_taken_whole_and_split_only_into_a_list(load: Load) -> None:
    configuration = load(environ={"db__P__password": "a,b\\c", "x__P__y": "1, 2\\, 3"})

    assert configuration.get("db.password") == "a,b\\c"
    assert configuration.list("x.y") == ["1", "2, 3"]


def test_references_are_filled_in_from_wherever_their_key_is_set(load: Load) -> None:
    configuration = load(
        "dir = /a\nstore = ${dir}/store\nurl = ${base}/${dspace.ui}\ninclude = ${module_dir}/m.cfg",
        "dir = /b\nbase = http://x\npassword = ${env:PW}\nplain = $${dir} $5 ${",
        {"PW": "s3cret"},
        m="m.sub = ${store}/sub",
    )

    assert configuration.get("m.sub") == "/b/store/sub"
    assert configuration.get("url") == "http://x/xmlui"
    assert configuration.get("password") == "s3cret"
    assert configuration.get("plain") == "${dir} $5 ${"


def test_a_key_that_is_not_set_has_its_default_and_an_empty_one_is_empty(load: Load) -> None:
    configuration = load("empty =")

    assert configuration.get("nothing") is None
    assert configuration.get("nothing", "x") == "x"
    assert configuration.get("empty", "x") == ""
    assert configuration.list("nothing") == configuration.list("empty") == []
    assert configuration.int("empty", 7) == 7
    assert configuration.bool("empty", True)


@pytest.mark.parametrize("word", ["true", "yes", "on", "TRUE", "Yes"])
def test_a_switch_is_on_with_javas_words(load: Load, word: str) -> None:
    assert load(f"a = {word}").bool("a")


@pytest.mark.parametrize("word", ["false", "no", "off", "No"])
def test_a_switch_is_off_with_javas_words(load: Load, word: str) -> None:
    assert not load(f"a = {word}").bool("a", True)


@pytest.mark.parametrize(
    ("local", "message"),
    [
        ("\na = ${b}\nb = ${a}", "local.cfg:3: b: cyclic ${a}: a -> b -> a"),
        ("\na = ${a}", "local.cfg:2: a: cyclic ${a}: a -> a"),
        ("\na = x${none}", "local.cfg:2: a: unknown ${none}: no such key"),
        ("a = 1\na = \\\n ${env:NONE}", "local.cfg:2: a: unknown ${env:NONE}: no such environment variable"),
        ("\na = \\u12", "local.cfg:2: malformed escape \\u12: four hexadecimal digits must follow \\u"),
        ("\ninclude = none.cfg", "local.cfg:2: include: can't read {folder}/none.cfg: No such file or directory"),
        ("include = local.cfg", "local.cfg:1: include: {folder}/local.cfg includes itself"),
    ],
)
def test_a_mistake_is_one_line_with_its_file_and_line(load: Load, tmp_path: Path, local: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(local=local)

    assert str(caught.value) == f"{tmp_path}/{message.replace('{folder}', str(tmp_path))}"


def test_a_bad_number_switch_or_choice_is_named_with_its_line(load: Load) -> None:
    configuration = load("", "\na = 1O\nb = maybe\nsecret = hush", {"c": "x"})

    for ask, message in (
        (lambda: configuration.int("a"), "local.cfg:2: a: '1O' is not a whole number"),
        (lambda: configuration.bool("b"), "local.cfg:3: b: 'maybe' is not true or false"),
        (lambda: configuration.int("secret"), f"local.cfg:4: secret: '{HIDDEN}' is not a whole number"),
        (lambda: configuration.choice("c", ["y", "z"]), "environment variable c: c: 'x' is not one of y, z"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            ask()
        assert str(caught.value).endswith(message)


def test_files_that_can_not_be_read_are_named(load: Load, tmp_path: Path) -> None:
    (tmp_path / "local.cfg").mkdir()
    with pytest.raises(ConfigurationError, match=r"can't read .*local\.cfg: Is a directory"):
        load()
    (tmp_path / "local.cfg").rmdir()
    (tmp_path / "local.cfg").symlink_to("nowhere")
    with pytest.raises(ConfigurationError, match=r"can't read .*local\.cfg: No such file"):
        load()
    (tmp_path / "local.cfg").unlink()
    (tmp_path / "local.cfg").write_bytes(b"a = 1\nb = Universit\xe4t\n")
    with pytest.raises(ConfigurationError, match=r"local\.cfg:2: this line is not UTF-8"):
        load()


def test_the_environments_own_variables_are_no_mistake(load: Load) -> None:
    configuration = load("a = 1", environ={"PS1": "${debian_chroot:+x}"})

    assert configuration.get("a") == "1"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("db.password", "geheim", HIDDEN),
        ("sherpa.romeo.apikey", "geheim", HIDDEN),
        ("translator.api.key.google", "geheim", HIDDEN),
        ("authentication-x509.keystore.password", "geheim", HIDDEN),
        ("made.of", "x${db.password}", HIDDEN),
        ("made.of.env", "${env:MY_SECRET}", HIDDEN),
        ("db.url", "postgresql://me:geheim@host/db", f"postgresql://me:{HIDDEN}@host/db"),
        ("db.url", "jdbc:postgresql://h/db?user=me&password=geheim&ssl=true", f"jdbc:postgresql://h/db?user=me&password={HIDDEN}&ssl=true"),
        ("broker.url", "redis://:geheim@host/0", f"redis://:{HIDDEN}@host/0"),
        ("mail.extraproperties", "mail.smtp.password=geheim", f"mail.smtp.password={HIDDEN}"),
        ("db.password", "", ""),
        ("dspace.name", "Secretariat", "Secretariat"),
    ],
)  # fmt: skip
def test_secrets_are_not_shown(load: Load, key: str, value: str, shown: str) -> None:
    configuration = load("db.password = geheim", f"{key} = {value}", {"MY_SECRET": "geheim"})

    assert configuration.shown(key) == shown
    assert "geheim" not in repr(configuration) + repr(configuration.entries)


def test_what_looks_like_a_reference_in_a_password_is_not_shown(load: Load) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(local="db.password = ab${cd}ef")

    assert "cd" not in str(caught.value)
    assert "local.cfg:1: db.password" in str(caught.value)
