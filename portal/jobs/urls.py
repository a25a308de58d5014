from django.urls import path

from portal.jobs import views

urlpatterns = [
    path("", views.job_list, name="job_list"),
    path("<int:pk>/", views.job_page, name="job"),
    path("<int:pk>/progress/", views.job_progress, name="job_progress"),
    path("<int:pk>/confirm/", views.confirm_job, name="job_confirm"),
    path("<int:pk>/cancel/", views.cancel_job, name="job_cancel"),
    path("<int:pk>/download/", views.download, name="job_download"),
]
