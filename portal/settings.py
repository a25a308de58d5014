"""Settings of the portal, in sections. The environment decides; nothing exists only in production.

PORTAL_ENV      production (default), development, demo or test
SECRET_KEY      required in production; elsewhere generated once into var/
FIELD_KEYS      field encryption keyring, newest first: "2:aes:BASE64,1:aes:BASE64" (aes or sm4)
INDEX_KEY       key of the blind indexes, base64
DATABASE_URL    absent: SQLite in var/
REDIS_URL       absent: tasks run in process, the cache is local
"""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from portal.environment import (
    BASE_DIR,
    DEBUG,
    DEMO,
    PORTAL_ENV,  # noqa: F401  read by the portal's parts
    PRODUCTION,
    TESTING,
    VAR_DIR,
    secret,
    sms_gateway,
    wechat,
)

# ── Environment ──────────────────────────────────────────────────────────────

SECRET_KEY = secret("SECRET_KEY", 48)
FIELD_KEYS = os.environ.get("FIELD_KEYS") or (
    secret("FIELD_KEYS") if PRODUCTION else "1:aes:" + secret("FIELD_KEY")
)
INDEX_KEY = secret("INDEX_KEY")

# ── Hosts and the proxy ──────────────────────────────────────────────────────

ALLOWED_HOSTS = [host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
if PRODUCTION and (not ALLOWED_HOSTS or any(host.startswith((".", "*")) for host in ALLOWED_HOSTS)):
    raise ImproperlyConfigured("ALLOWED_HOSTS must name each host in full, comma between: see .env.example.")
if not PRODUCTION:
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if PRODUCTION else []
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "1" if PRODUCTION else "0"))
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# ── Applications ─────────────────────────────────────────────────────────────

INSTALLED_APPS = [
    "portal.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "import_export",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "portal.kernel",
    "accounts",
    "parentschool",
    "training",
    "events",
    "assessment",
    "portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "events.middleware.ShortWayMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.kernel.middleware.RequestTraceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.DoorMiddleware",
    "accounts.middleware.ConsentMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "portal.context.faces",
            ],
            "builtins": ["portal.templatetags.icons"],
        },
    },
]

# ── Database, cache, tasks ───────────────────────────────────────────────────

SQLITE_OPTIONS = {
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}
# A county's pages ask for few rows each, on disks without arms: neither the default price of a random page nor
# compiling a query pays.
POSTGRES_OPTIONS = {"options": "-c random_page_cost=1.1 -c jit=off"}
DATABASE_URL = os.environ.get("DATABASE_URL", "")
DATABASE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": VAR_DIR / "portal.sqlite3",
    "OPTIONS": SQLITE_OPTIONS,
}
if DATABASE_URL:
    DATABASE = {**dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
    if "postgresql" in DATABASE["ENGINE"]:
        DATABASE["OPTIONS"] = {**POSTGRES_OPTIONS, **DATABASE.get("OPTIONS", {})}
DATABASES = {"default": DATABASE}

REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = {
    "default": (
        {
            "BACKEND": "portal.kernel.caching.SteadyRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"serializer": "portal.kernel.caching.JsonSerializer"},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

CELERY_BROKER_URL = REDIS_URL or "memory://"
# Whoever asks for a job does not wait long for a broker that is away: the row stays and is started later.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 3}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
# Without a broker a long job asked for in a page runs beside it, in a thread; tests wait for it instead.
JOBS_IN_THREAD = not REDIS_URL and not TESTING
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "night": {"task": "assessment.tasks.start_night", "schedule": crontab(hour=2, minute=10)},
    "families": {"task": "events.tasks.tell_families", "schedule": crontab(minute="*/5")},
    "expiry": {"task": "portal.tasks.expire_data", "schedule": crontab(hour=4, minute=20)},
    "jobs": {"task": "portal.kernel.tasks.tidy_jobs", "schedule": crontab(minute=17)},
    "sign_in": {"task": "accounts.tasks.tidy_sign_in", "schedule": crontab(minute=37)},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

# ── Sign-in ──────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.PhoneOrUsernameBackend",
    "accounts.backends.RoleBackend",
]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if TESTING
    else [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.ContextValidator"},
    {"NAME": "accounts.passwords.LengthLimitValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.forms.SignInForm",
    "change_password": "accounts.sign_in.forms.OwnPasswordForm",
    "set_password": "accounts.sign_in.forms.FirstPasswordForm",
}
ACCOUNT_USER_DISPLAY = str
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
# A whole school signs in from one address; wrong passwords are counted by axes, wrong codes by person.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "100/m/ip,5/300s/key"}
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "家庭教育"
MFA_TOTP_TOLERANCE = 1  # phones' clocks are half a minute off
# Staff choose a new password after so many days; 0 asks for none (docs/decisions/0052).
STAFF_PASSWORD_DAYS = int(os.environ.get("STAFF_PASSWORD_DAYS", "180"))
# Staff need a second factor everywhere but in the demo and where tests say otherwise.
STAFF_SECOND_FACTOR = not DEMO
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "accounts.sign_in.attempts.attempt_name"
AXES_CLIENT_IP_CALLABLE = "portal.kernel.middleware.client_address"
# What was typed as a name may be a phone number, and is kept nowhere.
AXES_SENSITIVE_PARAMETERS = ["username", "login", "ip_address"]
AXES_DISABLE_ACCESS_LOG = True  # the audit says who signed in
AXES_ENABLE_ADMIN = False  # accounts.admin shows attempts
AXES_VERBOSE = False
AXES_ENABLED = not TESTING

# Parents sign in by a code in a short message. Only the gateway sends any; without one the pages lead to the password.
SMS_GATEWAY, SMS_TEMPLATES = sms_gateway()
if SMS_GATEWAY["url"]:
    SMS_BACKEND = "portal.kernel.sms.gateway.GatewayBackend"
elif PRODUCTION:
    SMS_BACKEND = ""
else:
    SMS_BACKEND = (
        f"portal.kernel.sms.local.{'Memory' if TESTING else 'Console' if not DEMO else 'File'}Backend"
    )
# Messages in 24 hours: an alarm when the first mark is passed, none any more from the second on.
SMS_DAILY_BUDGET = (
    int(os.environ.get("SMS_DAILY_ALARM", "3000")),
    int(os.environ.get("SMS_DAILY_STOP", "6000")),
)
WECHAT = wechat()

# Idle and in all, in seconds: staff half an hour and twelve hours, others seven and thirty days.
SESSION_LIMITS = {"staff": (30 * 60, 12 * 3600), "others": (7 * 24 * 3600, 30 * 24 * 3600)}
SESSION_ENGINE = "accounts.sign_in.sessions"
SESSION_COOKIE_AGE = SESSION_LIMITS["others"][1]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
TEXT_SIZE_COOKIE_NAME = "text_size"  # elder mode
CHECK_IN_COOKIE_NAME = "check_in"  # that this browser scanned the code of an event
CHECK_IN_MARK_COOKIE_NAME = "mark"  # tells this browser from others for a day
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME, TEXT_SIZE_COOKIE_NAME = "__Host-language", "__Host-text_size"
    CHECK_IN_COOKIE_NAME, CHECK_IN_MARK_COOKIE_NAME = "__Host-check_in", "__Host-mark"

# ── Browser's safety ─────────────────────────────────────────────────────────

SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ── Files ────────────────────────────────────────────────────────────────────

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", VAR_DIR / "static"))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is missing
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_AUTOREFRESH = not PRODUCTION
WHITENOISE_USE_FINDERS = DEBUG or DEMO  # the demo starts without collectstatic
# Uploaded and generated files are served by views that check the scope; no URL is mapped to this folder.
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = ""
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# ── Words and dates ──────────────────────────────────────────────────────────

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["portal.formats"]

# ── API ──────────────────────────────────────────────────────────────────────

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "accounts.refusals.answer_in_api",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": None if TESTING else "600/min"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "County family education portal API",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
}

# ── Import and export ────────────────────────────────────────────────────────

IMPORT_EXPORT_USE_TRANSACTIONS = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True

# ── Logs ─────────────────────────────────────────────────────────────────────

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.kernel.logs.OneLineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO" if PRODUCTION else "WARNING"},
}

SILENCED_SYSTEM_CHECKS: list[str] = []

APP_NAME = _("Family education portal")
