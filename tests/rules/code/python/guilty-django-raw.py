# guilty: sql-built-from-strings
from django.db import models


def named(name):
    return list(Person.objects.raw("SELECT * FROM app_person WHERE name = '%s'" % name))
