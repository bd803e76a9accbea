# innocent: query-in-a-loop
from django.db import models


def authors(names):
    found = Author.objects.filter(name__in=names).prefetch_related("posts")
    return [(author.name, [post.title for post in author.posts.all()]) for author in found]
