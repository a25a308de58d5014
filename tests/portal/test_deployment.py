"""What `docker compose up` would start: no default secret, a health check on everything that stays up."""

import re

import yaml

from tests.sources import CODE, ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
SECRETS = {
    "SECRET_KEY",
    "FIELD_KEYS",
    "INDEX_KEY",
    "POSTGRES_PASSWORD",
    "APPLICATION_PASSWORD",
    "REDIS_PASSWORD",
}


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def test_no_secret_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    asked = re.findall(r"(?<!\$)\$\{(\w+)(:\?|:-)?", text)
    assert {name for name, how in asked if how == ":?"} == SECRETS | {"ALLOWED_HOSTS"}
    sms = {"SMS_GATEWAY_URL", "SMS_KEY_ID", "SMS_KEY_SECRET", "SMS_SIGN_NAME", "SMS_TEMPLATE_SIGN_IN"}
    sms |= {"SMS_DAILY_ALARM", "SMS_DAILY_STOP", "STAFF_PASSWORD_DAYS", "WECHAT_APP_ID", "WECHAT_SECRET"}
    assert {name for name, how in asked if how == ":-"} == {"WEB_WORKERS", "WORKERS"} | sms
    assert {how for _, how in asked} == {":?", ":-"}
    assert {
        value for name, value in example().items() if name in SECRETS | {"SMS_KEY_SECRET", "WECHAT_SECRET"}
    } == {""}


def test_every_variable_is_explained():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    read = set(re.findall(r'environ(?:\.get\(|\[)"(\w+)"', settings_and_server())) - {
        "DJANGO_SETTINGS_MODULE"
    }
    read |= set(re.findall(r'(?<!def )secret\("(\w+)"', settings_and_server())) - {"FIELD_KEY"}
    assert {name for name in read if not re.search(rf"^(# )?{name}=", text, re.MULTILINE)} == set()


def settings_and_server() -> str:
    return "".join((ROOT / "portal" / name).read_text() for name in ("settings.py", "gunicorn.py"))


def test_row_58_only_what_migrates_is_the_owner_of_the_tables():
    urls = {
        name: service["environment"]["DATABASE_URL"].split(":")[1]
        for name, service in SERVICES.items()
        if "DATABASE_URL" in (service.get("environment") or {})
    }
    assert urls == dict.fromkeys(("web", "worker", "beat"), "//portal_app") | {"migrate": "//portal"}
    told = {
        name for name, service in SERVICES.items() if "POSTGRES_PASSWORD" in str(service.get("environment"))
    }
    assert told == {"migrate", "postgres"}
    assert "grant_application portal_app" in SERVICES["migrate"]["command"][-1]


def test_what_stays_up_has_a_health_check():
    staying = {name for name, service in SERVICES.items() if service.get("restart") != "no"}
    assert staying == {"proxy", "web", "worker", "beat", "postgres", "redis"}
    assert {name for name in staying if "healthcheck" in SERVICES[name]} == staying


def test_only_the_proxy_is_reachable_from_outside():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"proxy"}
    assert {name for name, service in SERVICES.items() if "outgoing" in service["networks"]} == {"web"}
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_our_own_containers_hold_no_privilege():
    for name in ("web", "worker", "beat", "migrate"):
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["cap_drop"] == ["ALL"]
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    assert re.search(r"^USER portal$", stages[-1], re.MULTILINE)


def test_the_image_holds_every_app_and_no_secret():
    text = (ROOT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert {*CODE, "manage.py", "templates", "static", "locale", "requirements-prod.lock"} <= sources
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == let_in
    assert not re.search(r"^(ENV|ARG)[^\n]*(SECRET|KEY|PASSWORD)", text, re.MULTILINE)
    assert "--require-hashes" in text
