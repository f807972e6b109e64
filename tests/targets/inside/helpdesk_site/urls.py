from django.urls import include, path

urlpatterns = [
    path("", include("helpdesk.urls", namespace="helpdesk")),
    path("captcha/", include("captcha.urls")),
]
