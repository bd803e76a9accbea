from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0002_more")]
    operations = [migrations.RunPython(lambda apps, schema_editor: None)]
