# innocent: secret-in-code
import os

PASSWORD = os.environ["DB_PASSWORD"]
URL = f"postgresql://app:{PASSWORD}@db.acme.io/shop"
LOCAL = "postgresql+psycopg://dev:s3cret9@127.0.0.1/dev"
PASSWORD_HASHER = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
SECRET_KEY_FILE = "/run/secrets/django_secret_key_2024"
