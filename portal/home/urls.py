from django.urls import path

from portal.home import notices, views

urlpatterns = [
    path("", views.home, name="home"),
    path("points/", views.my_points, name="points"),
    path("learning/", views.learning, name="learning"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("notices/<int:pk>/", notices.notice_open, name="notice"),
    path("me/", views.me, name="me"),
    path("work/", views.work, name="work"),
    path("work/lectures/", views.my_lectures, name="my_lectures"),
    path("text-size/", views.text_size, name="text_size"),
]
