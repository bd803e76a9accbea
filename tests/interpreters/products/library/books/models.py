from django.db import models


class Author(models.Model):
    name = models.TextField(db_index=True)


class Book(models.Model):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.PROTECT)
    pages = models.PositiveIntegerField(default=1)
