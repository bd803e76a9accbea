# guilty: query-in-a-loop
from django.db import models


def authors(posts):
    for post in posts:
        yield post, Author.objects.get(pk=post.author_id)
