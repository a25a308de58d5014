"""The door. Of allauth only what the portal uses: no signing up, no e-mail, no reset by e-mail. And what people are
told and asked about their personal information."""

from allauth.account import views
from django.urls import include, path

from accounts.sign_in import own, own_phone, pages, wechat
from accounts.views import consents

urlpatterns = [
    path("login/", pages.door, name="account_login"),
    path("code/", pages.code, name="account_code"),
    path("code/again/", pages.resend, name="account_resend"),
    path("who/", pages.who, name="account_who"),
    path("nobody/", pages.nobody, name="account_nobody"),
    path("own/", own.own_sign_in, name="account_own"),
    path("own/sessions/<int:pk>/end/", own.end_one, name="account_session_end"),
    path("own/sessions/end/", own.end_all, name="account_sessions_end"),
    path("own/phone/", own_phone.new_number, name="account_phone"),
    path("own/phone/code/", own_phone.new_number_code, name="account_phone_code"),
    path("wechat/", wechat.ask, name="account_wechat"),
    path("wechat/back/", wechat.back, name="account_wechat_back"),
    path("wechat/bind/", wechat.bind, name="account_wechat_bind"),
    path("wechat/unbind/", wechat.unbind, name="account_wechat_unbind"),
    path("own/proof/", own.proof, name="account_proof"),
    path("own/proof/code/", own.proof_code, name="account_proof_code"),
    path("logout/", views.logout, name="account_logout"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/set/", own.set_password, name="account_set_password"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("2fa/webauthn/add/", own.add_passkey, name="mfa_add_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
    path("privacy/", consents.privacy, name="privacy"),
    path("privacy/<slug:code>/", consents.privacy_text, name="privacy_text"),
    path("consents/", consents.own_consents, name="own_consents"),
    path("consents/ask/", consents.consent_ask, name="consent_ask"),
]
