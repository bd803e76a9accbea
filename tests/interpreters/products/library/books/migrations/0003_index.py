from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("books", "0002_pages")]
    operations = [AddIndexConcurrently("book", models.Index(fields=["pages"], name="books_by_pages"))]
