from django.urls import path

from assessment.views import appraisal, certificates, minimums, objections, unreached

urlpatterns = [
    path("work/minimums/", minimums.minimum_list, name="minimum_list"),
    path("work/unreached/", unreached.unreached, name="unreached"),
    path("work/unreached/export/", unreached.unreached_export, name="unreached_export"),
    path("points/objections/", objections.objections, name="objections"),
    path("points/objections/<int:pk>/", objections.objection, name="objection"),
    path("points/objections/<int:pk>/withdraw/", objections.withdraw, name="objection_withdraw"),
    path("points/line/<int:pk>/object/", objections.object_to_line, name="object"),
    path("work/appraisal/", appraisal.my_appraisals, name="work_appraisals"),
    path("work/appraisal/<int:pk>/", appraisal.work_sheet, name="work_appraisal"),
    path("work/appraisal/<int:pk>/hand-in/", appraisal.hand_in, name="work_hand_in"),
    path("work/appraisal/mark/<int:pk>/", appraisal.work_mark, name="work_mark"),
    path("appraisal/evidence/<int:pk>/", appraisal.evidence, name="evidence"),
    path("appraisal/evidence/<int:pk>/remove/", appraisal.remove_evidence, name="evidence_remove"),
    path("my/certificate/", certificates.certificate_new, name="certificate_new"),
    path("my/certificate/<int:pk>/", certificates.certificate_own, name="certificate_own"),
    path("my/certificate/<int:pk>/paper/", certificates.certificate_paper, name="certificate_paper"),
    path("certificate/<slug:code>/", certificates.certificate, name="certificate"),
]
