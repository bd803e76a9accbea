import os

SECRET_KEY = os.environ.get("SECRET_KEY", "insecure")
INSTALLED_APPS = ["django.contrib.contenttypes", "books"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "library",
        "USER": "librarian",
        "PASSWORD": os.environ.get("LIBRARY_PASSWORD", "of production"),
        "HOST": "db.example.com",
        "OPTIONS": {"sslmode": "require"},
    }
}
