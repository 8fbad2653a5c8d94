"""The image, the compose file and the systemd units: linted, and held to what docs/deployment.md promises. No container engine runs here;
tests/running/test_proxy.py runs the same commands behind the same Caddyfile."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cxdash.config import DEFAULTS, ROOT, variable

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
SERVICES = ("app", "respond", "db", "proxy")


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def instructions() -> list[tuple[str, str]]:
    """(word, rest) of the Dockerfile, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    found = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [(word, rest) for word, rest in found]


def test_the_dockerfile_is_linted() -> None:
    linter = shutil.which("hadolint")
    assert linter, "hadolint is among requirements-dev.txt"
    run = subprocess.run([linter, "--no-color", str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert run.returncode == 0 and not run.stdout.strip(), run.stdout


def test_the_image_runs_as_nobody_in_particular() -> None:
    found = instructions()
    last = max(i for i, (word, _rest) in enumerate(found) if word == "FROM")
    final = found[last:]
    user = next(rest for word, rest in final if word == "USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "a number, so that an orchestrator can see that it is not root"
    after = final[next(i for i, (word, _rest) in enumerate(final) if word == "USER"):]
    assert not [rest for word, rest in after if word in ("RUN", "COPY", "ADD")], "nothing is put in as that user: the code is not its own"
    assert all(re.search(r":\d+\.\d+\.\d+-", rest) for word, rest in found if word == "FROM"), "a base of a certain version"
    assert "HEALTHCHECK" in dict(final) and not [rest for word, rest in found if word == "ADD"]
    settings = " ".join(rest for word, rest in final if word == "ENV")
    assert "CXDASH_ENV=production" in settings and "CXDASH_DEMO=false" in settings and "SECRET" not in settings


def test_what_the_image_copies_exists_and_is_let_through() -> None:
    copied = [word for kind, rest in instructions() if kind == "COPY" and "--from" not in rest for word in rest.split()[:-1]]
    let = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied and all((ROOT / path).exists() for path in copied)
    assert {path.removeprefix("./") for path in copied} == let


def test_the_compose_file_follows_its_specification() -> None:
    specification = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    assert [error.message for error in jsonschema.Draft7Validator(specification).iter_errors(compose())] == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert "privileged" not in service and "network_mode" not in service and "pid" not in service
    assert not [v for v in service.get("volumes", []) if "docker.sock" in str(v)]
    assert "healthcheck" in service or name == "app"  # that one's is the image's
    assert service["image"] == "cxdash" or re.search(r":\d+\.\d+", service["image"])
    assert ("ports" in service) == (name == "proxy"), "only the proxy is reached from outside"


def test_the_database_is_reached_from_inside_only() -> None:
    found = compose()
    assert found["services"]["db"]["networks"] == ["inside"] and found["networks"]["inside"]["internal"] is True
    subnet = found["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    for name in ("app", "respond"):
        assert found["services"][name]["environment"]["CXDASH_TRUSTED_PROXIES"] == subnet


def test_no_secret_stands_in_these_files() -> None:
    named = re.compile(r"^\s*#?(\w*(?:PASSWORD|SECRET|PASSPHRASE|KEY|TOKEN))[ \t]*[:=][ \t]*(\S+)", re.M)
    for path in (ROOT / "compose.yaml", ROOT / "Dockerfile", *DEPLOY.iterdir()):
        for word, value in named.findall(path.read_text(encoding="utf-8")):
            assert value.startswith("${"), f"{path.name}: {word}"
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "deploy/cxdash.env" in ignored


def test_volumes_and_networks_are_declared_and_used() -> None:
    found = compose()
    mounted = {str(v).split(":")[0] for s in found["services"].values() for v in s.get("volumes", []) if not str(v).startswith(".")}
    assert mounted == set(found["volumes"])
    assert {n for s in found["services"].values() for n in s["networks"]} == set(found["networks"])


def test_settings_named_for_a_server_exist() -> None:
    known = {variable(name) for name in DEFAULTS}
    for path in (ROOT / "compose.yaml", ROOT / "Dockerfile", *DEPLOY.iterdir()):
        assert set(re.findall(r"CXDASH_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))) <= known, path.name


def test_the_same_commands_everywhere() -> None:
    image = json.loads(dict(instructions())["CMD"])
    unit = re.search(r"^ExecStart=/opt/cxdash/.venv/bin/(.+)$", (DEPLOY / "cxdash.service").read_text(), re.M)[1].split()
    assert [w for w in image if w != "0.0.0.0"] == [w for w in unit if w != "127.0.0.1"]  # noqa: S104
    respond = compose()["services"]["respond"]["command"]
    unit = re.search(r"^ExecStart=/opt/cxdash/.venv/bin/(.+)$", (DEPLOY / "cxdash-respond.service").read_text(), re.M)[1].split()
    assert [w for w in respond if w != "0.0.0.0"] == [w for w in unit if w != "127.0.0.1"]  # noqa: S104


def analyze(*words: str) -> str:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd-analyze on this machine")
    run = subprocess.run([tool, *words], capture_output=True, text=True)
    return run.stdout + run.stderr


def test_the_units_are_understood() -> None:
    said = analyze("verify", *map(str, [*UNITS, DEPLOY / "cxdash-backup.timer"]))
    ours = [line for line in said.splitlines() if "cxdash" in line and "is not executable" not in line]  # the programs live elsewhere
    assert not ours, ours


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_the_units_expose_little(unit: Path) -> None:
    said = analyze("security", "--offline=true", "--no-pager", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    if found is None:
        pytest.skip("this systemd-analyze cannot judge a unit that is not loaded")
    assert float(found[1]) < 2.0, said
