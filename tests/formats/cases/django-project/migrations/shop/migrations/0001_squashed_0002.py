from django.db import migrations


class Migration(migrations.Migration):
    replaces = [("shop", "0001_initial"), ("shop", "0002_more")]
    dependencies = [("crm", "0001_initial")]
    operations = [migrations.RunPython(lambda apps, schema_editor: None, reverse_code=migrations.RunPython.noop)]
