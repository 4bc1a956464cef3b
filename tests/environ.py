"""Settings, of an environment that a test makes up."""

import pytest
from cryptography.fernet import Fernet

from bridge.settings import Settings, SettingsError

KEY, OTHER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()

ACCOUNT = "AC" + "0" * 32


SECRETS = {
    "DATABASE_URL", "ENCRYPTION_KEY", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "SLACK_CLIENT_SECRET",
    "SLACK_SIGNING_SECRET", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "TWILIO_API_KEY_SECRET", "TWILIO_AUTH_TOKEN",
}  # fmt: skip


OTHERS = {
    "ADDON_CURRENCY", "ADDON_PRICE_PER_MONTH", "ADDON_PRICE_PER_TEXT", "ADDON_TEXTS_INCLUDED",
    "HOST", "LOG_LEVEL", "METRICS_HOST", "METRICS_PORT", "PORT", "PUBLIC_BASE_URL", "SLACK_API_URL",
    "SLACK_CLIENT_ID", "SLACK_INBOX_CHANNEL",
    "SLACK_POSTS_PER_SECOND", "STRIPE_API_URL", "TRUSTED_PROXIES", "TWILIO_ACCOUNT_SID", "TWILIO_API_KEY_SID",
    "TWILIO_API_URL", "TWILIO_NUMBER", "TWILIO_SIGNATURES",
}  # fmt: skip


def load(**environ: str) -> Settings:
    return Settings.load({"ENCRYPTION_KEY": KEY, **environ})


def problems(*need: str, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"ENCRYPTION_KEY": KEY, **environ}, need=need)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems
