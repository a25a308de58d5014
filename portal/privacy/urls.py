from django.urls import path

from portal.privacy import views

urlpatterns = [
    path("data/", views.what, name="what_is_kept"),
    path("me/data/", views.own, name="own_data"),
    path("me/data/copy/<slug:kind>/", views.copy, name="own_data_copy"),
    path("me/data/ask/", views.ask, name="own_data_ask"),
    path("me/data/ask/<int:pk>/withdraw/", views.withdraw, name="own_data_withdraw"),
    path("me/data/erase/", views.erase, name="own_data_erase"),
    path("data/erased/", views.erased, name="erased"),
]
