from django.db import migrations, models


def fill(apps, schema_editor):
    author = apps.get_model("books", "Author")
    author.objects.create(name="50% o'Neill")
    assert author.objects.count() == 1


class Migration(migrations.Migration):
    dependencies = [("books", "0001_initial")]
    operations = [
        migrations.RunPython(fill),
        migrations.AddField("book", "pages", models.PositiveIntegerField(default=1)),
        migrations.AddConstraint("book", models.UniqueConstraint(fields=["author", "title"], name="one_title")),
    ]
